/** Forwarded packets for a host that does not answer: which are reported to their sender (RFC 1122 3.2.2, RFC 1812 4.3.2.7). Measured. */
import type { Bench } from "../../../contract/bench.ts";
import type { Case } from "../../../contract/case.ts";
import { PLANS } from "../../../contract/plan.ts";
import { asks } from "../../../stage/patterns.ts";
import { udp } from "../../../wire/build4.ts";
import { checksum, word } from "../../../wire/bytes.ts";
import { DUT, type Host, T1 } from "../../../wire/hosts.ts";
import { untilFailed } from "../kit/setup.ts";
import { FAR, ROUTER } from "../kit/topologies.ts";

const E1: Host = PLANS[4].dut.e1;

const TCP = 6;
const ICMP = 1;
const MORE_FRAGMENTS = 0x2000;

interface Packet {
  protocol?: number;
  /** Flags and offset, in 8 bytes. */
  fragment?: number;
  tos?: number;
  /** Options of the IP header. */
  options?: readonly number[];
  body?: readonly number[];
  ttl?: number;
}

/** A packet from FAR to T1, in a frame to us. */
function packet({
  protocol = 17,
  fragment = 0,
  tos = 0,
  options = [],
  body = Array<number>(16).fill(0),
  ttl = 64,
}: Packet): Uint8Array {
  const plain = udp({ from: FAR, dst: E1.mac, destination: T1.ip });
  const length = 20 + options.length;
  const header = [0x40 | (length / 4), tos, ...word(length + body.length), ...word(7), ...word(fragment), ttl, protocol, 0, 0];
  header.push(...plain.subarray(26, 34), ...options);
  header.splice(10, 2, ...word(checksum(header)));
  return Uint8Array.from([...plain.subarray(0, 14), ...header, ...body]);
}

function icmp(type: number, code = 0): Packet {
  const body = [type, code, 0, 0, ...Array<number>(32).fill(0)];
  body.splice(2, 2, ...word(checksum(body)));
  return { protocol: ICMP, body };
}

const CLASSES: readonly (readonly [id: string, what: string, packet: Packet, reported: boolean])[] = [
  ["udp", "a UDP datagram", {}, true],
  ["tcp", "a TCP segment", { protocol: TCP, body: [...Array<number>(12).fill(0), 0x50, 2, ...Array<number>(6).fill(0)] }, true],
  ["protocol-99", "a packet of protocol 99", { protocol: 99 }, true],
  ["first-fragment", "a first fragment", { fragment: MORE_FRAGMENTS }, true],
  ["later-fragment", "a later fragment", { fragment: MORE_FRAGMENTS | 2 }, false],
  ["last-fragment", "the last fragment", { fragment: 2 }, false],
  ["echo-reply", "an echo reply", icmp(0), true],
  ["unreachable", "an ICMP destination unreachable", icmp(3, 1), false],
  ["quench", "an ICMP source quench", icmp(4), false],
  ["redirect", "an ICMP redirect", icmp(5), false],
  ["echo", "an echo request", icmp(8), true],
  ["time-exceeded", "an ICMP time exceeded", icmp(11), false],
  ["parameter", "an ICMP parameter problem", icmp(12), false],
  ["timestamp", "a timestamp request", icmp(13), true],
  ["mask-reply", "an address mask reply", icmp(18), true],
  ...[1, 2, 6, 7, 9, 10].map((type) => [`type-${type}`, `an ICMP message of type ${type}`, icmp(type), false] as const),
  ...[14, 15, 16, 17].map((type) => [`type-${type}`, `an ICMP message of type ${type}`, icmp(type), true] as const),
  ["type-19", "an ICMP message of type 19", icmp(19), false],
  ["type-42", "an ICMP message of type 42", icmp(42), false],
];

/** One request, and failure soon after it. */
function hasty(bench: Bench): void {
  bench.param("mcast_solicit", 1);
  bench.param("retrans_time_ms", 30);
}

const UNREACHABLE = { kind: "icmp", type: 3, code: 1 } as const;

const classes: readonly Case[] = CLASSES.map(([id, what, fields, reported]) => ({
  id: `ARP-G-43/${id}`,
  title: `${what} for a host that does not answer is ${reported ? "" : "not "}reported to its sender`,
  source: "RFC 1122 3.2.2; kernel: icmp_send, measured",
  topology: ROUTER,
  async run(bench) {
    hasty(bench);
    await bench.sayOn("p1", packet(fields));
    await bench.hears("asks", asks(T1.ip));
    if (reported) await bench.hears("reports", UNREACHABLE, { port: "p1", within: 300 });
    await untilFailed(bench);
    await bench.silence(reported ? "once" : "reports nothing", 20);
  },
}));

/** TOS of the packet and of its report, which has the precedence internetwork control and the packet's own delay bits. */
const TOS: readonly (readonly [tos: number, reported: number])[] = [
  [0x00, 0xc0],
  [0x10, 0xd0],
  [0x1c, 0xdc],
  [0xff, 0xde],
];

const precedence: readonly Case[] = TOS.map(([tos, reported]) => ({
  id: `ARP-G-44/tos-${tos}`,
  title: `the report of a packet with TOS ${tos} has TOS ${reported}`,
  source: "RFC 1812 4.3.2.5; kernel, measured",
  topology: ROUTER,
  async run(bench) {
    hasty(bench);
    await bench.sayOn("p1", packet({ tos }));
    const error = await bench.hears("reports", UNREACHABLE, { port: "p1", within: 300 });
    bench.expect("its TOS", error.tos, reported);
  },
}));

const others: readonly Case[] = [
  {
    id: "ARP-G-45",
    title: "a report quotes as much of the packet as fits 576 bytes",
    source: "RFC 1812 4.3.2.3; kernel, measured",
    topology: ROUTER,
    async run(bench) {
      hasty(bench);
      await bench.sayOn("p1", packet({ body: Array<number>(1000).fill(0x5a) }));
      const error = await bench.hears("reports", UNREACHABLE, { port: "p1", within: 300 });
      bench.expect("frame and quotation", [error.length, error.quoted.length], [590, 548]);
      bench.expect("with the time to live as it was to be sent", error.quoted[8], 63);
      bench.expect("from and to", [error.source, error.destination, error.dst], [E1.ip, FAR.ip, FAR.mac]);
    },
  },
  {
    id: "ARP-G-46",
    title: "a packet whose time to live ends with us is reported as such, and nobody is asked for",
    source: "RFC 1812 5.3.1; kernel",
    topology: ROUTER,
    async run(bench) {
      hasty(bench);
      await bench.sayOn("p1", packet({ ttl: 1 }));
      await bench.hears("reports", { kind: "icmp", type: 11, code: 0 }, { port: "p1" });
      await bench.silence("nobody is asked for", 20);
      await bench.expectState(T1.ip, "-");
    },
  },
  {
    id: "ARP-G-47",
    title: "a forwarded packet of the host that it is for is asked about in our name, whoever sent it",
    source: "kernel: arp_announce 0 takes a source that is ours alone, measured",
    topology: ROUTER,
    async run(bench) {
      hasty(bench);
      bench.param("mcast_solicit", 3);
      await bench.sayOn("p1", packet({}));
      for (let n = 0; n < 3; n++) {
        const ask = await bench.hears(`request ${n + 1}`, asks(T1.ip));
        bench.expect("in the name of", ask.spa, DUT.ip);
      }
    },
  },
];

export const forwarding: readonly Case[] = [...classes, ...precedence, ...others];
