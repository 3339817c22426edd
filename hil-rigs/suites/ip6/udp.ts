/** UDP over IPv6, received and sent (RFC 768, RFC 8200 8.1). */
import type { Case } from "../../contract/case.ts";
import { PLANS } from "../../contract/plan.ts";
import { datagram } from "../../stage/patterns.ts";
import { ipv6, type Udp6Fields, udp6, udp6Segment } from "../../wire/build6.ts";
import { ALL_NODES, DUT_LOCAL, local } from "../../wire/hosts6.ts";
import { acquainted, sentInShort } from "../ip/kit/answers.ts";
import { type Delivery, deliveries, endpoint, PORT, SENDER_PORT } from "../ip/kit/delivered.ts";

const { T1, dut } = PLANS[6];
const DUT = dut.e0;
const PORT_UNREACHABLE = "unreachable 4";
const to = (fields: Udp6Fields = {}): Udp6Fields => ({ sport: SENDER_PORT, dport: PORT, payload: "text", ...fields });
const L1 = local(T1);

const ROWS: readonly Delivery[] = [
  { id: "UDP6-02", what: "a datagram", source: "RFC 768", frame: udp6(to()), text: "text" },
  { id: "UDP6-02/empty", what: "a datagram without data", source: "RFC 768", frame: udp6(to({ payload: "" })), text: "" },
  {
    id: "UDP6-02/port-0",
    what: "a datagram from port 0",
    source: "RFC 768",
    frame: udp6(to({ sport: 0 })),
    text: "text",
    from: endpoint(T1.ip, 0),
  },
  {
    id: "UDP6-02/link-local",
    what: "a datagram between link-local addresses",
    source: "RFC 4291",
    frame: udp6(to({ from: L1, destination: DUT_LOCAL.ip })),
    text: "text",
    from: endpoint(L1.ip),
  },
  {
    id: "UDP6-03/other-port",
    what: "a datagram to another port",
    source: "RFC 4443 3.1",
    frame: udp6(to({ dport: 7001 })),
    text: null,
    sends: [PORT_UNREACHABLE],
  },
  { id: "UDP6-04", what: "a datagram with a wrong checksum", source: "RFC 8200 8.1", frame: udp6(to({ sum: 0x1234 })), text: null },
  {
    id: "UDP6-05",
    what: "a datagram without a checksum",
    source: "RFC 8200 8.1 MUST discard",
    frame: udp6(to({ sum: 0 })),
    text: null,
  },
  { id: "UDP6-07/long", what: "a length beyond the packet", source: "RFC 768", frame: udp6(to({ length: 13 })), text: null },
  { id: "UDP6-07/7", what: "a length of 7", source: "RFC 768", frame: udp6(to({ length: 7 })), text: null },
  {
    id: "UDP6-07/0",
    what: "a length of 0",
    source: "RFC 2675: that of a jumbogram; kernel takes the packet's",
    frame: udp6(to({ length: 0 })),
    text: null,
  },
  { id: "UDP6-08", what: "a length that ends within the packet", source: "RFC 768", frame: udp6(to({ length: 10 })), text: "te" },
  {
    id: "UDP6-09",
    what: "a packet too short for a header",
    source: "RFC 768",
    frame: ipv6({}, 17, udp6Segment(to()).slice(0, 7)),
    text: null,
  },
  {
    id: "UDP6-12/group",
    what: "a datagram from a group",
    source: "RFC 4291 2.7",
    frame: udp6(to({ source: "ff02::5" })),
    text: null,
  },
  { id: "UDP6-12/loopback", what: "a datagram from ::1", source: "RFC 4291 2.5.3", frame: udp6(to({ source: "::1" })), text: null },
  {
    id: "UDP6-12/none",
    what: "a datagram from ::",
    source: "RFC 4291 2.5.2; kernel: not checked",
    frame: udp6(to({ source: "::" })),
    text: "text",
    from: endpoint("::"),
  },
  {
    id: "UDP6-12/ours",
    what: "a datagram from our own address",
    source: "kernel: not checked",
    frame: udp6(to({ source: DUT.ip })),
    text: "text",
    from: endpoint(DUT.ip),
  },
  {
    id: "UDP6-13/all",
    what: "a datagram to all nodes",
    source: "RFC 4291 2.8",
    frame: udp6(to({ destination: ALL_NODES })),
    text: "text",
  },
  {
    id: "UDP6-13/no-member",
    what: "a datagram to a group that nobody has joined",
    source: "RFC 4291 2.8",
    frame: udp6(to({ destination: "ff02::99" })),
    text: null,
  },
  { id: "UDP6-14", what: "a datagram to ::1", source: "RFC 4291 2.5.3", frame: udp6(to({ destination: "::1" })), text: null },
  {
    id: "UDP6-14/other",
    what: "a datagram to another host",
    source: "RFC 8200 3",
    frame: udp6(to({ destination: "fd00::9" })),
    text: null,
  },
  {
    id: "UDP6-15/bound",
    what: "a datagram for a socket that is bound to our address",
    source: "RFC 768",
    frame: udp6(to()),
    text: "text",
    socket: { address: DUT.ip },
  },
  {
    id: "UDP6-15/bound-other",
    what: "a datagram to our link-local address, for a socket that is bound to the global one",
    source: "RFC 768",
    frame: udp6(to({ destination: DUT_LOCAL.ip })),
    text: null,
    sends: [PORT_UNREACHABLE],
    socket: { address: DUT.ip },
  },
  {
    id: "UDP6-10/options",
    what: "a datagram behind destination options",
    source: "RFC 8200 4.6",
    frame: udp6(to({ extensions: [[60, [0, 1, 4, 0, 0, 0, 0]]] })),
    text: "text",
  },
  {
    id: "UDP6-10/trailer",
    what: "a datagram with bytes behind the packet",
    source: "RFC 2464",
    frame: udp6(to({ trailer: [1, 2, 3] })),
    text: "text",
  },
];

const SIZES: readonly (readonly [size: number, result: string, ...frames: string[]])[] = [
  [1452, "ok", "udp to 9"],
  [1453, "ok", "fragment at 0", "fragment at 1448"],
  [65_527, "ok", ...Array.from({ length: 46 }, (_, n) => `fragment at ${n * 1448}`)],
  [65_528, "EMSGSIZE"],
];

const sizes: readonly Case[] = SIZES.map(([size, result, ...frames]) => ({
  id: `UDP6-17/${size}`,
  title: `a datagram of ${size} bytes: ${result}, ${frames.length} frames`,
  source: "RFC 8200 5; kernel: ip6_fragment",
  async run(bench) {
    await acquainted(bench);
    bench.expect("send", bench.socket({ port: PORT }).send(new Uint8Array(size), T1.ip, 9), result);
    bench.expect("frames", await sentInShort(bench, 30), frames);
  },
}));

const others: readonly Case[] = [
  {
    id: "UDP6-06",
    title: "a checksum that comes out as 0 is sent as 0xffff",
    source: "RFC 8200 8.1 MUST",
    async run(bench) {
      await acquainted(bench);
      // Pseudo header fd00::1, fd00::2, 10, 17; header 7000, 9, 10; so the two bytes of data make the sum 0xffff.
      let sum = 0xfd00 + 1 + 0xfd00 + 2 + 10 + 17 + PORT + 9 + 10;
      while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
      const data = 0xffff - sum;
      bench.socket({ port: PORT }).send(Uint8Array.of(data >> 8, data & 0xff), T1.ip, 9);
      const sent = await bench.hears("sent", datagram(T1.ip));
      bench.expect("checksum", [...sent.bytes.subarray(60, 62)], [0xff, 0xff]);
    },
  },
  {
    id: "UDP6-11",
    title: "a datagram of ours: hop limit, source, no extension headers",
    source: "RFC 8200 3; kernel",
    async run(bench) {
      await acquainted(bench);
      bench.socket({ port: PORT }).send(new Uint8Array(10), T1.ip, 9);
      const sent = await bench.hears("sent", datagram(T1.ip));
      bench.expect("hop limit, source, length", [sent.ttl, sent.source, sent.length], [64, DUT.ip, 72]);
    },
  },
  {
    id: "UDP6-19",
    title: "a send to port 0 is refused",
    source: "kernel: udpv6_sendmsg",
    async run(bench) {
      await acquainted(bench);
      bench.expect("send", bench.socket().send(new Uint8Array(2), T1.ip, 0), "EINVAL");
      await bench.silence("nothing is sent", 10);
    },
  },
];

export const udps: readonly Case[] = [...deliveries(ROWS), ...sizes, ...others];
