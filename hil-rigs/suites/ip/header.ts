/** The IPv4 header of packets that come in, and the frame around it (RFC 791, RFC 1122 3.2.1, RFC 1812 5). An echo request is the probe. */
import type { Case } from "../../contract/case.ts";
import { echo, type Ipv4Fields, udp } from "../../wire/build4.ts";
import { BROADCAST, DUT, T1 } from "../../wire/hosts.ts";
import { acquainted, type Row, row, rows } from "./kit/answers.ts";

const REPLY = "echo reply";
/** An echo request of two bytes: header 20, message 10. */
const LENGTH = 30;

function probe(id: string, what: string, source: string, fields: Ipv4Fields, ...sends: string[]): Row {
  return row(id, `an echo request with ${what}`, source, echo(fields), ...sends);
}

const plain: readonly Row[] = [
  row("IP-01", "an echo request", "RFC 1122 3.2.2.6", echo(), REPLY),
  ...[0, 3, 5, 6, 15].map((version) =>
    probe(`IP-02/${version}`, `version ${version}`, "RFC 1122 3.2.1.1 MUST; TC8 IPv4_VERSION_04", { version }),
  ),
  probe("IP-03/plus-1", "a header checksum one too high", "RFC 1122 3.2.1.2 MUST", { sumError: 1 }),
  probe("IP-03/minus-1", "a header checksum one too low", "RFC 1122 3.2.1.2 MUST", { sumError: -1 }),
  probe("IP-03/swapped", "a header checksum 256 too high", "RFC 1122 3.2.1.2 MUST", { sumError: 0x100 }),
  probe("IP-04/words-0", "a header of 0 words", "RFC 791", { words: 0 }),
  probe("IP-04/words-4", "a header of 4 words", "RFC 791; TC8", { words: 4 }),
  probe("IP-04/words-15", "a header of 15 words, beyond the packet", "RFC 791", { words: 15 }),
  probe("IP-04/total-0", "a total length of 0", "RFC 791", { totalLength: 0 }),
  probe("IP-04/total-19", "a total length of 19", "RFC 791", { totalLength: 19 }),
  probe("IP-04/total-20", "a total length of 20: no message", "RFC 791", { totalLength: 20 }),
  probe("IP-04/total-short", "a total length that ends within the message", "RFC 791", { totalLength: LENGTH - 1 }),
  probe("IP-04/total-long", "a total length beyond the frame", "RFC 791; kernel: ip_rcv_core", { totalLength: LENGTH + 1 }),
  probe("IP-04/total-65535", "a total length of 65535", "RFC 791", { totalLength: 0xffff }),
  ...[0, 1, 2, 255].map((ttl) => probe(`IP-08/${ttl}`, `TTL ${ttl}`, "RFC 1122 3.2.1.7 MUST NOT discard", { ttl }, REPLY)),
  probe("IP-09/1", "one byte behind the packet", "RFC 894", { trailer: [0xff] }, REPLY),
  probe("IP-09/16", "Ethernet's padding behind the packet", "RFC 894", { trailer: Array<number>(16).fill(0) }, REPLY),
  probe(
    "IP-09/garbage",
    "a thousand bytes of garbage behind the packet",
    "RFC 894",
    { trailer: Array<number>(1000).fill(0xa5) },
    REPLY,
  ),
  probe("IP-05/id-0", "identification 0", "RFC 6864", { id: 0 }, REPLY),
  probe("IP-05/dont-fragment", "the flag don't fragment", "RFC 791", { flags: 2 }, REPLY),
  probe("IP-05/reserved", "the reserved flag", "RFC 791; RFC 3514 is a joke", { flags: 4 }, REPLY),
];

const stations: readonly Row[] = [
  probe(
    "IP-21/broadcast",
    "our address in a broadcast frame",
    "RFC 1122 3.3.6 SHOULD discard; kernel delivers",
    { dst: BROADCAST },
    REPLY,
  ),
  probe("IP-21/group", "our address in a frame to a group", "RFC 1122 3.3.6; kernel delivers", { dst: "01:00:5e:00:00:05" }, REPLY),
  probe("IP-22/other", "our address in a frame to another station", "kernel: PACKET_OTHERHOST", { dst: "02:00:00:00:00:99" }),
  probe("IP-22/zero", "our address in a frame to 00:00:00:00:00:00", "kernel: PACKET_OTHERHOST", { dst: "00:00:00:00:00:00" }),
  probe(
    "IP-22/from-group",
    "a group as the frame's sender",
    "IEEE 802.3; kernel: not checked",
    { src: "01:00:5e:00:00:05" },
    REPLY,
  ),
  probe("IP-22/from-us", "our own station as the frame's sender", "kernel: not checked", { src: DUT.mac }, REPLY),
  probe("IP-23/ipv6", "the ethertype of IPv6", "RFC 894", { ethertype: 0x86dd }),
  probe("IP-23/length", "a length instead of an ethertype", "IEEE 802.3", { ethertype: LENGTH }),
  probe("IP-23/swapped", "the ethertype 0x0008", "RFC 894", { ethertype: 0x0008 }),
];

/** Addresses that no packet should come from: the answer, if there is one, goes to T1, who is the router. */
const SOURCES: readonly (readonly [source: string, ...sends: string[]])[] = [
  ["0.0.0.0"],
  ["0.0.0.1", REPLY],
  ["10.0.0.0", "asks for 10.0.0.0"],
  ["10.0.0.1"],
  ["10.0.0.255", REPLY],
  ["127.0.0.1"],
  ["169.254.1.1", REPLY],
  ["192.168.9.9", REPLY],
  ["224.0.0.5"],
  ["239.1.2.3"],
  ["240.0.0.1", REPLY],
  ["255.255.255.255"],
];

const sources: readonly Row[] = SOURCES.map(([source, ...sends]) => ({
  ...probe(
    `IP-06/${source}`,
    `the source ${source}, while rp_filter is off and there is a default route`,
    "RFC 1122 3.2.1.3; RFC 1812 5.3.7; kernel: ip_route_input_slow",
    { source },
    ...sends,
  ),
  fromAnywhere: true,
}));

/** Addresses that a packet to us may have, and that it should not have. */
const DESTINATIONS: readonly (readonly [destination: string, ...sends: string[]])[] = [
  ["0.0.0.0"],
  ["10.0.0.0"],
  ["10.0.0.9"],
  ["10.0.0.255"],
  ["127.0.0.1"],
  ["192.0.2.1"],
  ["224.0.0.1"],
  ["224.0.0.99"],
  ["240.0.0.1"],
  ["255.255.255.255"],
];

const destinations: readonly Row[] = DESTINATIONS.map(([destination, ...sends]) =>
  probe(
    `IP-07/${destination}`,
    `the destination ${destination}`,
    "RFC 1122 3.2.1.3, 3.2.2.6; kernel: ip_route_input_slow",
    { destination },
    ...sends,
  ),
);

/** Type of service: what comes back in the answer. */
const service: readonly Case[] = [0x00, 0x04, 0x1c, 0x28, 0x48, 0xb8, 0xe0, 0x01, 0x02, 0x03, 0xff].map((tos) => ({
  id: `IP-10/${tos.toString(16).padStart(2, "0")}`,
  title: `an echo request with type of service 0x${tos.toString(16)}: the reply has it as well`,
  source: "RFC 1122 3.2.2.6, RFC 1812 4.3.3.6; kernel: icmp_echo",
  async run(bench) {
    await acquainted(bench);
    await bench.say(echo({ tos }));
    const reply = await bench.hears("answers", { kind: "icmp", type: 0 });
    bench.expect("type of service", reply.tos, tos);
    await bench.say(udp({ tos, dport: 7 }));
    const error = await bench.hears("reports", { kind: "icmp", type: 3, code: 3 });
    bench.expect("of an error: internetwork control, and the packet's own but for its precedence", error.tos, 0xc0 | (tos & 0x1e));
  },
}));

function tagged(vid: number, type = 0x8100): Uint8Array {
  const bytes = echo();
  return Uint8Array.from([...bytes.subarray(0, 12), type >> 8, type & 0xff, vid >> 8, vid & 0xff, ...bytes.subarray(12)]);
}

function snap(): Uint8Array {
  const bytes = echo();
  const body = [0xaa, 0xaa, 3, 0, 0, 0, ...bytes.subarray(12)];
  return Uint8Array.from([...bytes.subarray(0, 12), 0, body.length, ...body]);
}

const tags: readonly Row[] = [
  row("IP-24/priority", "an echo request with a tag of VLAN 0", "IEEE 802.1Q", tagged(0), REPLY),
  row("IP-24/priority-7", "an echo request with a tag of VLAN 0 and priority 7", "IEEE 802.1Q", tagged(0xe000), REPLY),
  row("IP-24/vlan", "an echo request in VLAN 5", "IEEE 802.1Q", tagged(5)),
  row(
    "IP-24/service",
    "an echo request with a service tag of VLAN 0",
    "IEEE 802.1ad; kernel: eth_type_vlan",
    tagged(0, 0x88a8),
    REPLY,
  ),
  row("IP-24/old", "an echo request with a tag of type 0x9100", "not standard", tagged(0, 0x9100)),
  row("IP-24/snap", "an echo request in an IEEE 802.3 frame with SNAP", "RFC 1042 MAY; kernel does not", snap()),
];

const others: readonly Case[] = [
  {
    id: "IP-25/cut",
    title: "an echo request that ends before its header does, or within its message, wherever it ends: nothing is sent",
    source: "RFC 791",
    async run(bench) {
      await acquainted(bench);
      for (let cut = 14; cut < 14 + LENGTH; cut++) await bench.say(echo({ cut }));
      await bench.silence("nothing is sent");
      await bench.say(echo());
      await bench.hears("a whole one is answered", { kind: "icmp", type: 0 });
    },
  },
  {
    id: "IP-26",
    title: "the answer: our default TTL, no flags of the request, and an identification of its own",
    source: "RFC 1122 3.2.1.7; kernel: icmp_push_reply",
    async run(bench) {
      await acquainted(bench);
      await bench.say(echo({ ttl: 3, flags: 2, id: 0x1234 }));
      const reply = await bench.hears("answers", { kind: "icmp", type: 0 });
      bench.expect("TTL, source, destination", [reply.ttl, reply.source, reply.destination], [64, DUT.ip, T1.ip]);
      const flags = reply.bytes[20]! >> 5;
      bench.expect("flags", flags, 0);
      bench.sysctl("net.ipv4.ip_default_ttl", 99);
      await bench.say(echo());
      const later = await bench.hears("answers", { kind: "icmp", type: 0 });
      bench.expect("TTL, when ip_default_ttl says so", later.ttl, 99);
    },
  },
];

export const header: readonly Case[] = [
  ...rows([...plain, ...stations, ...sources, ...destinations, ...tags]),
  ...service,
  ...others,
];
