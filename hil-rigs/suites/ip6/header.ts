/** The IPv6 header of packets that come in, and the frame around it (RFC 8200 3, RFC 4291). An echo request is the probe. */
import type { Case } from "../../contract/case.ts";
import { PLANS } from "../../contract/plan.ts";
import { type Echo6Fields, echo6, udp6 } from "../../wire/build6.ts";
import { ALL_NODES, ALL_ROUTERS, DUT_LOCAL, local, solicitedNode } from "../../wire/hosts6.ts";
import { acquainted, type Row, row, rows } from "../ip/kit/answers.ts";

const { T1, T2, dut } = PLANS[6];
const DUT = dut.e0;
const L1 = local(T1);
const REPLY = "echo reply";
/** Said of packets to others also by one that does not forward, where it has no route for them. */
const NO_ROUTE = "unreachable 0";
/** An echo request of two bytes: behind the header ten. */
const PAYLOAD = 10;
const BROADCAST = "ff:ff:ff:ff:ff:ff";

function probe(id: string, what: string, source: string, fields: Echo6Fields, ...sends: string[]): Row {
  return row(id, `an echo request with ${what}`, source, echo6(fields), ...sends);
}

const plain: readonly Row[] = [
  row("IP6-01", "an echo request", "RFC 4443 4.2", echo6(), REPLY),
  ...[0, 4, 5, 7, 15].map((version) =>
    probe(`IP6-02/${version}`, `version ${version}`, "RFC 8200 3; kernel: ip6_rcv_core", { version }),
  ),
  probe("IP6-03/short", "a payload length that ends within the message", "RFC 8200 3", { payloadLength: PAYLOAD - 1 }),
  probe("IP6-03/0", "a payload length of 0", "RFC 8200 3; RFC 2675 not spoken", { payloadLength: 0 }),
  probe("IP6-03/long", "a payload length beyond the frame", "RFC 8200 3", { payloadLength: PAYLOAD + 1 }),
  probe("IP6-03/65535", "a payload length of 65535", "RFC 8200 3", { payloadLength: 0xffff }),
  ...[0, 1, 2, 255].map((hops) =>
    probe(`IP6-04/${hops}`, `hop limit ${hops}`, "RFC 8200 3: a destination takes any", { hops }, REPLY),
  ),
  probe("IP6-05/1", "one byte behind the packet", "RFC 2464", { trailer: [0xff] }, REPLY),
  probe("IP6-05/padding", "Ethernet's padding behind the packet", "RFC 2464", { trailer: Array<number>(16).fill(0) }, REPLY),
  probe(
    "IP6-05/garbage",
    "a thousand bytes of garbage behind the packet",
    "RFC 2464",
    { trailer: Array<number>(1000).fill(0xa5) },
    REPLY,
  ),
  probe("IP6-06", "a flow label", "RFC 6437", { flow: 0xabcde }, REPLY),
];

const stations: readonly Row[] = [
  probe("IP6-21/broadcast", "our address in a broadcast frame", "kernel delivers", { dst: BROADCAST }, REPLY),
  probe(
    "IP6-21/group",
    "our address in a frame to all nodes",
    "kernel: drop_unicast_in_l2_multicast 0",
    { dst: "33:33:00:00:00:01" },
    REPLY,
  ),
  probe("IP6-22/other", "our address in a frame to another station", "kernel: PACKET_OTHERHOST", { dst: "02:00:00:00:00:99" }),
  probe("IP6-22/from-group", "a group as the frame's sender", "kernel: not checked", { src: "33:33:00:00:00:05" }, REPLY),
  probe("IP6-22/from-us", "our own station as the frame's sender", "kernel: not checked", { src: DUT.mac }, REPLY),
  probe("IP6-23/ipv4", "the ethertype of IPv4", "RFC 2464 3", { ethertype: 0x0800 }),
  probe("IP6-23/swapped", "the ethertype 0xdd86", "RFC 2464 3", { ethertype: 0xdd86 }),
];

/** Addresses that a packet may come from: answers go to T1, who is the router. */
const SOURCES: readonly (readonly [source: string, ...sends: string[]])[] = [
  ["::", REPLY],
  ["::1"],
  ["::2", REPLY],
  [DUT.ip],
  ["fd00::", "asks for fd00::"],
  ["ff02::1"],
  ["ff0e::5"],
  ["fec0::7", REPLY],
  ["2001:db8::7", REPLY],
  ["::ffff:a00:2", REPLY],
  ["::a00:2", REPLY],
  ["100::7", REPLY],
];

const sources: readonly Row[] = SOURCES.map(([source, ...sends]) => ({
  ...probe(
    `IP6-07/${source}`,
    `the source ${source}, while there is a default route`,
    "RFC 4291 2.5, 2.7; kernel: ip6_rcv_core, measured",
    { source },
    ...sends,
  ),
  fromAnywhere: true,
}));

const DESTINATIONS: readonly (readonly [destination: string, ...sends: string[]])[] = [
  [DUT_LOCAL.ip, REPLY],
  ["fd00::9"],
  ["2001:db8::7", NO_ROUTE],
  ["::", NO_ROUTE],
  ["::1"],
  ["fd00::"],
  [ALL_NODES, REPLY],
  ["ff01::1"],
  ["ff00::1"],
  ["ff03::1"],
  ["ff05::1"],
  ["ff0e::1"],
  [ALL_ROUTERS],
  [solicitedNode(DUT.ip), REPLY],
  [solicitedNode(T2.ip)],
  ["::ffff:a00:1", NO_ROUTE],
];

const destinations: readonly Row[] = DESTINATIONS.map(([destination, ...sends]) =>
  probe(
    `IP6-08/${destination}`,
    `the destination ${destination}`,
    "RFC 4291 2.7.1, 2.8; RFC 4443 4.2; kernel: ip6_rcv_core, measured",
    { destination },
    ...sends,
  ),
);

const settings: readonly Row[] = [
  {
    ...row("IP6-09/all", "an echo request, when all are ignored", "kernel: echo_ignore_all", echo6()),
    settings: { "icmp.echo_ignore_all": 1 },
  },
  {
    ...row(
      "IP6-09/multicast",
      "an echo request to all nodes, when those are ignored",
      "kernel: echo_ignore_multicast",
      echo6({ destination: ALL_NODES }),
    ),
    settings: { "icmp.echo_ignore_multicast": 1 },
  },
  {
    ...row(
      "IP6-09/multicast-alone",
      "an echo request to us, when those to groups are ignored",
      "kernel: echo_ignore_multicast",
      echo6(),
      REPLY,
    ),
    settings: { "icmp.echo_ignore_multicast": 1 },
  },
];

const service: readonly Case[] = [0x00, 0x04, 0x28, 0xb8, 0x01, 0x03, 0xff].map((tclass) => ({
  id: `IP6-10/${tclass.toString(16).padStart(2, "0")}`,
  title: `an echo request with traffic class 0x${tclass.toString(16)}: the class of its reply and of an error`,
  source: "kernel: icmpv6_echo_reply, icmp6_send, measured",
  async run(bench) {
    await acquainted(bench);
    await bench.say(echo6({ tclass }));
    const reply = await bench.hears("answers", { kind: "icmp", type: 129 });
    bench.expect("class", reply.tos, tclass);
    await bench.say(udp6({ tclass, dport: 7 }));
    const error = await bench.hears("reports", { kind: "icmp", type: 1, code: 4 });
    bench.expect("class of an error", error.tos, 0);
  },
}));

function tagged(vid: number, type = 0x8100): Uint8Array {
  const bytes = echo6();
  return Uint8Array.from([...bytes.subarray(0, 12), type >> 8, type & 0xff, vid >> 8, vid & 0xff, ...bytes.subarray(12)]);
}

const tags: readonly Row[] = [
  row("IP6-24/priority", "an echo request with a tag of VLAN 0", "IEEE 802.1Q", tagged(0), REPLY),
  row("IP6-24/vlan", "an echo request in VLAN 5", "IEEE 802.1Q", tagged(5)),
  row(
    "IP6-24/service",
    "an echo request with a service tag of VLAN 0",
    "IEEE 802.1ad; kernel: eth_type_vlan",
    tagged(0, 0x88a8),
    REPLY,
  ),
];

const others: readonly Case[] = [
  {
    id: "IP6-25/cut",
    title: "an echo request that ends before its header does, or within its message, wherever it ends: nothing is sent",
    source: "RFC 8200 3",
    async run(bench) {
      await acquainted(bench);
      for (let cut = 14; cut < 14 + 40 + PAYLOAD; cut++) await bench.say(echo6({ cut }));
      await bench.silence("nothing is sent");
      await bench.say(echo6());
      await bench.hears("a whole one is answered", { kind: "icmp", type: 129 });
    },
  },
  {
    id: "IP6-26",
    title: "the answer: our hop limit, and the addresses turned around",
    source: "RFC 4443 4.2; kernel: icmpv6_echo_reply",
    async run(bench) {
      await acquainted(bench);
      await bench.say(echo6({ hops: 3 }));
      const reply = await bench.hears("answers", { kind: "icmp", type: 129 });
      bench.expect("hop limit and addresses", [reply.ttl, reply.source, reply.destination, reply.dst], [64, DUT.ip, T1.ip, T1.mac]);
      bench.conf("hop_limit", 99);
      await bench.say(echo6());
      const later = await bench.hears("answers", { kind: "icmp", type: 129 });
      bench.expect("hop limit, when hop_limit says so", later.ttl, 99);
    },
  },
  {
    id: "IP6-27",
    title: "an echo request to all nodes is answered from the address that suits its sender",
    source: "RFC 4443 2.2, RFC 6724; kernel",
    async run(bench) {
      await acquainted(bench);
      await bench.must(`neigh add ${L1.ip} lladdr ${L1.mac} dev e0`);
      await bench.say(echo6({ destination: ALL_NODES }));
      const one = await bench.hears("answers", { kind: "icmp", type: 129, destination: T1.ip });
      await bench.say(echo6({ destination: ALL_NODES, from: L1 }));
      const two = await bench.hears("answers", { kind: "icmp", type: 129, destination: L1.ip });
      bench.expect("sources", [one.source, two.source], [DUT.ip, DUT_LOCAL.ip]);
    },
  },
];

export const header: readonly Case[] = [
  ...rows([...plain, ...stations, ...sources, ...destinations, ...settings, ...tags]),
  ...service,
  ...others,
];
