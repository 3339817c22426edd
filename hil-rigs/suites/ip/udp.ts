/** UDP received and sent (RFC 768, RFC 1122 4.1). */
import type { Bench } from "../../contract/bench.ts";
import type { Case } from "../../contract/case.ts";
import { asks, datagram } from "../../stage/patterns.ts";
import { echo, icmp, ipv4, type UdpFields, udp, udpSegment } from "../../wire/build4.ts";
import { BROADCAST, DUT, T1, T2 } from "../../wire/hosts.ts";
import { acquainted, inShort, sentInShort } from "./kit/answers.ts";
import { type Delivery, deliveries, got, PORT, SENDER_PORT } from "./kit/delivered.ts";

const PORT_UNREACHABLE = "unreachable 3";

const to = (fields: UdpFields = {}): UdpFields => ({ sport: SENDER_PORT, dport: PORT, payload: "text", ...fields });
const GROUP = { destination: "224.0.0.1", dst: "01:00:5e:00:00:01" };
const ALL = { destination: "255.255.255.255", dst: BROADCAST };
const NET = { destination: "10.0.0.255", dst: BROADCAST };

const ROWS: readonly Delivery[] = [
  { id: "UDP-02", what: "a datagram", source: "RFC 1122 4.1.3.5; TC8 UDP_USER_INTERFACE", frame: udp(to()), text: "text" },
  { id: "UDP-02/empty", what: "a datagram without data", source: "RFC 768", frame: udp(to({ payload: "" })), text: "" },
  {
    id: "UDP-02/port-0",
    what: "a datagram from port 0",
    source: "RFC 768: an unused source port is 0",
    frame: udp(to({ sport: 0 })),
    text: "text",
    from: `${T1.ip}:0`,
  },
  {
    id: "UDP-03/other-port",
    what: "a datagram to another port",
    source: "RFC 1122 4.1.3.1 SHOULD",
    frame: udp(to({ dport: 7001 })),
    text: null,
    sends: [PORT_UNREACHABLE],
  },
  {
    id: "UDP-03/port-0",
    what: "a datagram to port 0",
    source: "RFC 768",
    frame: udp(to({ dport: 0 })),
    text: null,
    sends: [PORT_UNREACHABLE],
  },
  {
    id: "UDP-04",
    what: "a datagram with a wrong checksum",
    source: "RFC 1122 4.1.3.4 MUST",
    frame: udp(to({ sum: 0x1234 })),
    text: null,
  },
  {
    id: "UDP-04/closed",
    what: "a datagram with a wrong checksum to a closed port",
    source: "RFC 1122 4.1.3.4 MUST",
    frame: udp(to({ sum: 0x1234, dport: 7001 })),
    text: null,
  },
  { id: "UDP-05", what: "a datagram without a checksum", source: "RFC 1122 4.1.3.4", frame: udp(to({ sum: 0 })), text: "text" },
  {
    id: "UDP-07/long",
    what: "a length beyond the packet",
    source: "RFC 768; kernel: udp_rcv",
    frame: udp(to({ length: 13, sum: 0 })),
    text: null,
  },
  { id: "UDP-07/7", what: "a length of 7", source: "RFC 768", frame: udp(to({ length: 7, sum: 0 })), text: null },
  {
    id: "UDP-07/0",
    what: "a length of 0",
    source: "RFC 768; kernel: only UDP-Lite has that",
    frame: udp(to({ length: 0, sum: 0 })),
    text: null,
  },
  {
    id: "UDP-08",
    what: "a length that ends within the packet",
    source: "RFC 768",
    frame: udp(to({ length: 10, sum: 0 })),
    text: "te",
  },
  { id: "UDP-08/8", what: "a length of 8, and data behind it", source: "RFC 768", frame: udp(to({ length: 8, sum: 0 })), text: "" },
  {
    id: "UDP-09",
    what: "a packet too short for a header",
    source: "RFC 768",
    frame: ipv4({}, 17, udpSegment(to()).slice(0, 7)),
    text: null,
  },
  { id: "UDP-09/empty", what: "a packet without anything", source: "RFC 768", frame: ipv4({}, 17, []), text: null },
  {
    id: "UDP-12/group",
    what: "a datagram from a group",
    source: "RFC 1122 4.1.3.6 MUST; gVisor",
    frame: udp(to({ source: "224.0.0.5" })),
    text: null,
  },
  {
    id: "UDP-12/all",
    what: "a datagram from 255.255.255.255",
    source: "RFC 1122 4.1.3.6 MUST",
    frame: udp(to({ source: "255.255.255.255" })),
    text: null,
  },
  {
    id: "UDP-12/net",
    what: "a datagram from the link's broadcast address, while rp_filter is off",
    source: "RFC 1122 4.1.3.6 MUST drop; kernel: delivers, measured",
    frame: udp(to({ source: "10.0.0.255" })),
    text: "text",
    from: "10.0.0.255:4000",
  },
  {
    id: "UDP-12/loopback",
    what: "a datagram from 127.0.0.1",
    source: "RFC 1122 3.2.1.3 MUST NOT",
    frame: udp(to({ source: "127.0.0.1" })),
    text: null,
  },
  {
    id: "UDP-12/ours",
    what: "a datagram from our own address",
    source: "kernel: martian source",
    frame: udp(to({ source: DUT.ip })),
    text: null,
  },
  { id: "UDP-13/all", what: "a datagram to everybody", source: "RFC 1122 4.1.3; kernel", frame: udp(to(ALL)), text: "text" },
  {
    id: "UDP-13/net",
    what: "a datagram to everybody on the link",
    source: "RFC 1122 4.1.3; kernel",
    frame: udp(to(NET)),
    text: "text",
  },
  { id: "UDP-13/group", what: "a datagram to all hosts", source: "RFC 1112; kernel: mc_all", frame: udp(to(GROUP)), text: "text" },
  {
    id: "UDP-13/no-member",
    what: "a datagram to a group that nobody has joined",
    source: "RFC 1112",
    frame: udp(to({ destination: "224.0.0.99", dst: "01:00:5e:00:00:63" })),
    text: null,
  },
  {
    id: "UDP-14",
    what: "a datagram to 127.0.0.1",
    source: "RFC 1122 3.2.1.3 MUST NOT",
    frame: udp(to({ destination: "127.0.0.1" })),
    text: null,
  },
  {
    id: "UDP-14/other",
    what: "a datagram to another host",
    source: "RFC 1122 3.2.1.3",
    frame: udp(to({ destination: "10.0.0.9" })),
    text: null,
  },
  {
    id: "UDP-15/bound",
    what: "a datagram for a socket that is bound to our address",
    source: "RFC 1122 4.1.3.5",
    frame: udp(to()),
    text: "text",
    socket: { address: DUT.ip },
  },
  {
    id: "UDP-15/bound-all",
    what: "a datagram to everybody, for a socket that is bound to our address",
    source: "kernel: udp4_lib_lookup",
    frame: udp(to(ALL)),
    text: null,
    socket: { address: DUT.ip },
  },
  {
    id: "UDP-15/broadcast-frame",
    what: "a datagram to us in a broadcast frame",
    source: "RFC 1122 3.3.6; kernel delivers",
    frame: udp(to({ dst: BROADCAST })),
    text: "text",
  },
  {
    id: "UDP-10/options",
    what: "a datagram with options in its header",
    source: "RFC 1122 4.1.3.2",
    frame: udp(to({ options: [1, 1, 1, 1] })),
    text: "text",
  },
  {
    id: "UDP-10/trailer",
    what: "a datagram with bytes behind the packet",
    source: "RFC 894",
    frame: udp(to({ trailer: [1, 2, 3] })),
    text: "text",
  },
];

/** The DUT's datagram, by its size: how it is sent. */
async function sends(bench: Bench, size: number): Promise<string[]> {
  bench.expect("send", bench.socket({ port: PORT }).send(new Uint8Array(size), T1.ip, 9), "ok");
  return sentInShort(bench);
}

const others: readonly Case[] = [
  {
    id: "UDP-01",
    title: "a port that a program opens is open at once, and closed before",
    source: "TC8 UDP_USER_INTERFACE_01",
    async run(bench) {
      await acquainted(bench);
      await bench.say(udp(to()));
      await bench.hears("closed", { kind: "icmp", type: 3, code: 3 });
      const socket = bench.socket({ port: PORT });
      await bench.say(udp(to()));
      await bench.silence("open", 10);
      bench.expect("delivered", got(socket), [`${T1.ip}:4000 text`]);
    },
  },
  {
    id: "UDP-06",
    title: "a checksum that comes out as 0 is sent as 0xffff",
    source: "RFC 768",
    async run(bench) {
      await acquainted(bench);
      // Pseudo header 10.0.0.1, 10.0.0.2, 17, 10; header 7000, 9, 10; so the two bytes of data make the sum 0xffff.
      const data = 0xffff - (0x0a00 + 1 + 0x0a00 + 2 + 17 + 10 + PORT + 9 + 10);
      bench.socket({ port: PORT }).send(Uint8Array.of(data >> 8, data & 0xff), T1.ip, 9);
      const sent = await bench.hears("sent", datagram(T1.ip));
      bench.expect("checksum", [...sent.bytes.subarray(40, 42)], [0xff, 0xff]);
    },
  },
  {
    id: "UDP-11",
    title: "a datagram of ours: TTL, no options, don't fragment, its source and a checksum",
    source: "RFC 1122 4.1.3.4; kernel: ip_no_pmtu_disc 0",
    async run(bench) {
      await acquainted(bench);
      bench.expect("one frame", await sends(bench, 10), ["udp to 9"]);
      const sent = bench.frames.find((frame) => frame.kind === "udp");
      bench.expect("header length, flags", [sent?.bytes[14], sent && sent.bytes[20]! >> 5], [0x45, 2]);
      bench.expect("TTL, source", sent?.kind === "udp" ? [sent.ttl, sent.source] : [], [64, DUT.ip]);
    },
  },
  {
    id: "UDP-17/1472",
    title: "a datagram of 1472 bytes is one frame",
    source: "RFC 894",
    async run(bench) {
      await acquainted(bench);
      bench.expect("frames", await sends(bench, 1472), ["udp to 9"]);
      bench.expect("length", bench.frames[0]?.length, 1514);
    },
  },
  {
    id: "UDP-17/1473",
    title: "a datagram of 1473 bytes is two fragments",
    source: "RFC 1122 3.3.3; kernel: ip_fragment",
    async run(bench) {
      await acquainted(bench);
      bench.expect("frames", await sends(bench, 1473), ["fragment at 0", "fragment at 1480"]);
    },
  },
  {
    id: "UDP-17/65507",
    title: "a datagram of 65,507 bytes is 45 fragments of one identification, without DF",
    source: "RFC 1122 3.3.3; kernel: ip_fragment",
    async run(bench) {
      await acquainted(bench);
      const offsets = Array.from({ length: 45 }, (_, n) => `fragment at ${n * 1480}`);
      bench.expect("frames", await sends(bench, 65_507), offsets);
      const headers = new Set(bench.frames.map(({ bytes }) => `${bytes.subarray(18, 20)} ${bytes[20]! & 0x40}`));
      bench.expect("identifications, DF", headers.size, 1);
      bench.expect("DF", bench.frames[0]!.bytes[20]! & 0x40, 0);
    },
  },
  {
    id: "UDP-17/pmtu",
    title: "fragmentation needed, 600: the next datagram of 1000 bytes is in fragments without DF",
    source: "RFC 1191 6.3; kernel: ip_append_data, measured",
    async run(bench) {
      await acquainted(bench);
      const socket = bench.socket({ port: 5000 });
      socket.send(new Uint8Array(1000), T1.ip, 9);
      const sent = await bench.hears("sent", datagram(T1.ip));
      await bench.say(icmp({ code: 4 }, 3, [0, 0, 2, 88, ...sent.bytes.subarray(14, 14 + 28)]));
      await bench.sleep(10);
      socket.send(new Uint8Array(1000), T1.ip, 9);
      const frames = await bench.heard(15);
      bench.expect("frames", frames.map(inShort), ["fragment at 0", "fragment at 576"]);
      bench.expect(
        "DF",
        frames.map(({ bytes }) => bytes[20]! & 0x40),
        [0, 0],
      );
    },
  },
  {
    id: "UDP-17/65508",
    title: "a datagram of 65,508 bytes is refused",
    source: "RFC 768; kernel",
    async run(bench) {
      await acquainted(bench);
      bench.expect("send", bench.socket().send(new Uint8Array(65_508), T1.ip, 9), "EMSGSIZE");
      await bench.silence("nothing is sent", 10);
    },
  },
  {
    id: "UDP-18",
    title: "a datagram from an address that its socket chose: the request for its next hop has that address, too",
    source: "RFC 1122 4.1.3.5; kernel: arp_solicit with arp_announce 0",
    needs: ["address-admin"],
    async run(bench) {
      await bench.must("address add 10.0.0.11/24 dev e0");
      bench.socket({ address: "10.0.0.11" }).send(new Uint8Array(2), T1.ip, 9);
      const ask = await bench.hears("asks", asks(T1.ip));
      bench.expect("from", ask.spa, "10.0.0.11");
    },
  },
  {
    id: "UDP-19",
    title: "a send to port 0 is refused, one to a broadcast address goes to everybody",
    source: "kernel: udp_sendmsg",
    async run(bench) {
      await acquainted(bench);
      bench.expect("port 0", bench.socket().send(new Uint8Array(2), T1.ip, 0), "EINVAL");
      bench.socket({ port: PORT }).send(new Uint8Array(2), "10.0.0.255", 9);
      await bench.hears("to everybody", datagram("10.0.0.255", { dst: BROADCAST }));
    },
  },
  {
    id: "UDP-20",
    title: "datagrams of two senders come in their order, each with its sender",
    source: "RFC 1122 4.1.3.5",
    async run(bench) {
      await acquainted(bench);
      const socket = bench.socket({ port: PORT });
      await bench.say(udp(to({ payload: "1" })), udp(to({ from: T2, payload: "2" })), udp(to({ payload: "3", sport: 4001 })));
      await bench.say(echo());
      await bench.hears("and an echo is answered", { kind: "icmp", type: 0 });
      bench.expect("received", got(socket), [`${T1.ip}:4000 1`, `${T2.ip}:4000 2`, `${T1.ip}:4001 3`]);
    },
  },
];

export const udps: readonly Case[] = [...deliveries(ROWS), ...others];
