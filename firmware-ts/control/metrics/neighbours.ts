/** Neighbours: entries by state, the frames that ask and answer for them, and what those cost for each datagram. */
import { ICMP6_NEIGHBOUR_ADVERTISEMENT, ICMP6_NEIGHBOUR_SOLICITATION } from "../../ip6/common/icmp6-types.ts";
import { nudName } from "../../neigh/states.ts";
import type { NeighTable } from "../../neigh/table.ts";
import type { Stack } from "../../stack.ts";
import type { Family, Sample } from "./exposition.ts";
import { type Metrics, within } from "./ground.ts";

export const neighbourMetrics: Metrics = ({ stacks }) => {
  const initial = stacks[0]?.[1];
  if (!initial) return [];
  // Namespaces share their tables.
  const tables: [family: string, table: NeighTable][] = [["ipv4", initial.neighbours(4).table]];
  if (initial.ip6) tables.push(["ipv6", initial.neighbours(6).table]);
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
    counter(
      "neighbour_address_changes",
      "Frames that named another link address than the known one, and were believed.",
      counts(({ suspicions }) => suspicions.changed),
    ),
    counter("arp_frames", "ARP frames by kind.", stacks.flatMap(arpFrames)),
    counter("nd_messages", "Messages of neighbour discovery by kind.", stacks.flatMap(ndMessages)),
    {
      name: "whohas_arp_frames_per_1000_datagrams",
      type: "gauge",
      help: "ARP frames sent for each 1000 UDP datagrams sent, by cause: resolution (the address was not known), verification (it was old), answer (others asked).",
      samples: costs(stacks.map(([, stack]) => stack)),
    },
  ];
};

function counter(name: string, help: string, samples: readonly Sample[]): Family {
  return { name: `whohas_${name}`, type: "counter", help, samples };
}

/** States that no entry has are 0: a graph begins before the first one. */
const STATES = ["incomplete", "reachable", "stale", "delay", "probe", "failed", "noarp", "permanent"];

function byState([family, table]: [string, NeighTable]): Sample[] {
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

/** None before the first datagram. */
function costs(stacks: readonly Stack[]): Sample[] {
  let datagrams = 0;
  const frames = { resolution: 0, verification: 0, answer: 0 };
  for (const stack of stacks) {
    datagrams += stack.ip.counters.udp.outDatagrams;
    for (const device of stack.devices) {
      const { requestsBroadcast, requestsUnicast, repliesSent } = stack.neighbours(4).counters(device);
      frames.resolution += requestsBroadcast;
      frames.verification += requestsUnicast;
      frames.answer += repliesSent;
    }
  }
  if (datagrams === 0) return [];
  return Object.entries(frames).map(([cause, count]) => ({ labels: { cause }, value: (1000 * count) / datagrams }));
}
