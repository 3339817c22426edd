/** Neighbours: entries by state, the frames that ask and answer for them, and what those cost for each datagram. */
import { ICMP6_NEIGHBOUR_ADVERTISEMENT, ICMP6_NEIGHBOUR_SOLICITATION } from "../../ip6/common/icmp6-types.ts";
import type { Ipv6 } from "../../ip6/ipv6.ts";
import { nudName } from "../../neigh/states.ts";
import type { NeighTable } from "../../neigh/table.ts";
import type { Stack } from "../../stack.ts";
import type { Family, Sample } from "./exposition.ts";
import { type Metrics, neighbourTables, within } from "./ground.ts";

export const neighbourMetrics: Metrics = ({ stacks }) => {
  const tables = neighbourTables(stacks);
  const counts = (value: (table: NeighTable) => number): Sample[] =>
    tables.map(([family, table]) => ({ labels: { family }, value: value(table) }));
  return [
    {
      name: "whohas_neighbours",
      type: "gauge",
      help: "Entries of the neighbour table by state.",
      samples: tables.flatMap(byState),
    },
    counter(
      "neighbour_resolution_failures",
      "Neighbours that did not answer.",
      counts(({ statistics }) => statistics.resFailed),
    ),
    counter(
      "neighbour_discards",
      "Packets pushed out of a full waiting queue.",
      counts(({ statistics }) => statistics.unresolvedDiscards),
    ),
    counter(
      "neighbour_table_fulls",
      "Entries refused because the table was full.",
      counts(({ statistics }) => statistics.tableFulls),
    ),
    counter("arp_frames", "ARP frames by kind.", stacks.flatMap(arpFrames)),
    counter("nd_messages", "Messages of neighbour discovery by kind.", stacks.flatMap(ndMessages)),
    {
      name: "whohas_arp_frames_per_1000_datagrams",
      type: "gauge",
      help: "ARP frames sent for each 1000 UDP datagrams sent over IPv4, by cause: resolution (the address was not known), verification (it was old), answer (others asked).",
      samples: costs(stacks.map(([, stack]) => arpCost(stack))),
    },
    {
      name: "whohas_nd_messages_per_1000_datagrams",
      type: "gauge",
      help: "Messages of neighbour discovery sent for each 1000 UDP datagrams sent over IPv6, by cause, as those of ARP.",
      samples: costs(stacks.flatMap(([, { ip6 }]) => (ip6 ? [ndCost(ip6)] : []))),
    },
  ];
};

function counter(name: string, help: string, samples: readonly Sample[]): Family {
  return { name: `whohas_${name}`, type: "counter", help, samples };
}

/** States that no entry has are 0: a graph begins before the first one. */
const STATES = ["incomplete", "reachable", "stale", "delay", "probe", "failed", "noarp", "permanent"];

function byState([family, table]: readonly [string, NeighTable]): Sample[] {
  const counts = new Map(STATES.map((state) => [state, 0]));
  table.forEach(({ nudState }) => {
    const state = nudName(nudState).toLowerCase();
    const count = counts.get(state);
    if (count !== undefined) counts.set(state, count + 1);
  });
  return [...counts].map(([state, value]) => ({ labels: { family, state }, value }));
}

/** Fields of the counters by the kind that each counts. */
const ARP_KINDS = {
  request_broadcast: "requestsBroadcast",
  request_unicast: "requestsUnicast",
  reply_sent: "repliesSent",
  request_received: "requestsReceived",
  reply_received: "repliesReceived",
} as const;

function arpFrames([netns, stack]: readonly [string, Stack]): Sample[] {
  const devices = stack.devices.filter(({ loopback }) => !loopback);
  return devices.flatMap((device) => {
    const counters = stack.neighbours(4).counters(device);
    return Object.entries(ARP_KINDS).map(([kind, field]) => ({
      labels: within(netns, { device: device.name, kind }),
      value: counters[field],
    }));
  });
}

function ndMessages([netns, { ip6 }]: readonly [string, Stack]): Sample[] {
  if (!ip6) return [];
  const { nd, icmp } = ip6.counters;
  const kinds: Readonly<Record<string, number>> = {
    solicitation_multicast: nd.solicitsMulticast,
    solicitation_unicast: nd.solicitsUnicast,
    advertisement_sent: icmp.outType[ICMP6_NEIGHBOUR_ADVERTISEMENT]!,
    solicitation_received: icmp.inType[ICMP6_NEIGHBOUR_SOLICITATION]!,
    advertisement_received: icmp.inType[ICMP6_NEIGHBOUR_ADVERTISEMENT]!,
  };
  return Object.entries(kinds).map(([kind, value]) => ({ labels: within(netns, { kind }), value }));
}

/** Frames sent by cause, and the datagrams of the same family. */
interface Cost {
  datagrams: number;
  resolution: number;
  verification: number;
  answer: number;
}

function arpCost(stack: Stack): Cost {
  const cost = { datagrams: stack.ip.counters.udp.outDatagrams, resolution: 0, verification: 0, answer: 0 };
  for (const device of stack.devices) {
    const { requestsBroadcast, requestsUnicast, repliesSent } = stack.neighbours(4).counters(device);
    cost.resolution += requestsBroadcast;
    cost.verification += requestsUnicast;
    cost.answer += repliesSent;
  }
  return cost;
}

function ndCost({ counters: { udp, nd, icmp } }: Ipv6): Cost {
  return {
    datagrams: udp.outDatagrams,
    resolution: nd.solicitsMulticast,
    verification: nd.solicitsUnicast,
    answer: icmp.outType[ICMP6_NEIGHBOUR_ADVERTISEMENT]!,
  };
}

/** None before the first datagram. */
function costs(stacks: readonly Cost[]): Sample[] {
  const sum = (field: keyof Cost): number => stacks.reduce((total, cost) => total + cost[field], 0);
  const datagrams = sum("datagrams");
  if (datagrams === 0) return [];
  return (["resolution", "verification", "answer"] as const).map((cause) => ({
    labels: { cause },
    value: (1000 * sum(cause)) / datagrams,
  }));
}
