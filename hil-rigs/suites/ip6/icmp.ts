/** ICMPv6 (RFC 4443): messages received, and errors sent. */
import type { Case } from "../../contract/case.ts";
import { PLANS } from "../../contract/plan.ts";
import { datagram } from "../../stage/patterns.ts";
import { type Extension, echo6, icmp6, ipv6, udp6, udp6Segment } from "../../wire/build6.ts";
import { ip6Bytes, longWord } from "../../wire/bytes.ts";
import { ALL_NODES, UNSPECIFIED } from "../../wire/hosts6.ts";
import { acquainted, type Row, row, rows, sentInShort } from "../ip/kit/answers.ts";
import { echoes, told } from "../ip/kit/messages.ts";

const { T1, T2, dut } = PLANS[6];
const DUT = dut.e0;
const WORD = [0, 1, 0, 1];
const PORT = "unreachable 4";
/** An option that has to be reported. */
const BAD: readonly Extension[] = [[60, [0, 0x9e, 4, 0, 0, 0, 0]]];
/** A datagram of ours to T1, for errors to quote. */
const QUOTE = [...ipv6({ source: DUT.ip, destination: T1.ip }, 17, udp6Segment()).subarray(14)];

const messages: readonly Row[] = [
  row("ICMP6-02", "an echo request with a wrong checksum", "RFC 4443 2.3", echo6({ sumError: 1 })),
  row("ICMP6-02/swapped", "an echo request with a checksum 256 too high", "RFC 4443 2.3", echo6({ sumError: 0x100 })),
  row(
    "ICMP6-12/code",
    "an echo request with code 1",
    "RFC 4443 4.1; kernel: not checked",
    echo6({ code: 1 }),
    "echo reply with code 1",
  ),
  row("ICMP6-12/reply", "an echo reply that nobody asked for", "RFC 4443 4.2", icmp6({}, 129, WORD)),
  ...[5, 99, 100, 101, 127].map((type) =>
    row(`ICMP6-16/${type}`, `an error of type ${type}`, "RFC 4443 2.4 a", icmp6({}, type, [0, 0, 0, 0, ...QUOTE])),
  ),
  ...[138, 139, 140, 144, 145, 160, 200, 255].map((type) =>
    row(
      `ICMP6-16/${type}`,
      `a message of type ${type}`,
      "RFC 4443 2.4 b: unknown ones are dropped silently",
      icmp6({}, type, WORD),
    ),
  ),
  ...[0, 1, 2, 3, 4, 7].map((length) =>
    row(
      `ICMP6-17/${length}`,
      `a message of ${length} bytes`,
      "RFC 4443 2.1",
      ipv6({}, 58, [128, 0, 0, 0, 0, 0, 0, 0].slice(0, length)),
    ),
  ),
];

const causes: readonly Row[] = [
  row("ICMP6-06", "a datagram to a closed port", "RFC 4443 3.1 SHOULD", udp6(), PORT),
  row(
    "ICMP6-06/broadcast-frame",
    "a datagram to a closed port in a broadcast frame",
    "RFC 4443 2.4 e.4",
    udp6({ dst: "ff:ff:ff:ff:ff:ff" }),
  ),
  row(
    "ICMP6-06/group-frame",
    "a datagram to a closed port in a frame to all nodes",
    "RFC 4443 2.4 e.4",
    udp6({ dst: "33:33:00:00:00:01" }),
  ),
  row("ICMP6-08/group", "a datagram to a closed port of all nodes", "RFC 4443 2.4 e.3", udp6({ destination: ALL_NODES })),
  row(
    "ICMP6-08/options-group",
    "a bad option to all nodes",
    "RFC 4443 2.4 e.3: this error is allowed",
    echo6({ destination: ALL_NODES, extensions: BAD }),
    "parameter problem 2 at 42",
  ),
  row("ICMP6-08/from-none", "a datagram to a closed port from ::", "RFC 4443 2.4 e.6", udp6({ source: UNSPECIFIED })),
  row("ICMP6-08/from-group", "a datagram to a closed port from a group", "RFC 4443 2.4 e.6", udp6({ source: "ff02::5" })),
  ...[1, 2, 3, 4].map((type) =>
    row(
      `ICMP6-08/error-${type}`,
      `a bad option in an error of type ${type}`,
      "RFC 4443 2.4 e.1",
      icmp6({ extensions: BAD }, type, [0, 0, 0, 0, ...QUOTE]),
    ),
  ),
  row(
    "ICMP6-08/redirect",
    "a bad option in a redirect",
    "RFC 4443 2.4 e.2",
    icmp6({ extensions: BAD, hops: 255 }, 137, [0, 0, 0, 0, ...ip6Bytes(T2.ip), ...ip6Bytes(T2.ip)]),
    "parameter problem 2 at 42",
  ),
  row(
    "ICMP6-08/reply",
    "a bad option in an echo reply",
    "RFC 4443 2.4: no error",
    icmp6({ extensions: BAD }, 129, WORD),
    "parameter problem 2 at 42",
  ),
];

const sizes: readonly Case[] = echoes("ICMP6-01", "RFC 4443 4.2 MUST", [0, 1, 2, 55, 1000, 1452], echo6, 129);

/** Errors about our own datagram, and what a socket is told. */
const ERRORS: readonly (readonly [type: number, code: number, errno: string])[] = [
  [1, 0, "ENETUNREACH"],
  [1, 1, "EACCES"],
  [1, 2, "EHOSTUNREACH"],
  [1, 3, "EHOSTUNREACH"],
  [1, 4, "ECONNREFUSED"],
  [1, 5, "EACCES"],
  [1, 6, "EACCES"],
  [1, 7, "EPROTO"],
  [2, 0, "EMSGSIZE"],
  [3, 0, "EHOSTUNREACH"],
  [3, 1, "EHOSTUNREACH"],
  [4, 0, "EPROTO"],
  [4, 1, "EPROTO"],
  [5, 0, "EPROTO"],
  [100, 0, "EPROTO"],
];

const reported: readonly Case[] = ERRORS.map(([type, code, errno]) =>
  told({
    id: `ICMP6-10/${type}-${code}`,
    what: `an error of type ${type}, code ${code}`,
    source: "RFC 4443 3; kernel: icmpv6_err_convert",
    errno,
    error: (quote) => icmp6({ code }, type, [...longWord(1400), ...quote]),
  }),
);

/** Packet too big about a datagram of ours: the value, and how the next long datagram is sent. */
const TOO_BIG: readonly (readonly [mtu: number, frames: readonly string[]])[] = [
  [1400, ["fragment at 0", "fragment at 1352"]],
  [1280, ["fragment at 0", "fragment at 1232"]],
  [1200, ["udp to 9"]],
  [1600, ["udp to 9"]],
];

const tooBig: readonly Case[] = TOO_BIG.map(([mtu, frames]) => ({
  id: `ICMP6-13/${mtu}`,
  title: `packet too big, ${mtu}: the next datagram of 1452 bytes is ${frames.length === 1 ? "whole" : "in fragments"}`,
  source: "RFC 8201 4; kernel: ip6_update_pmtu, measured",
  async run(bench) {
    await acquainted(bench);
    const socket = bench.socket({ port: 5000 });
    socket.send(new Uint8Array(1452), T1.ip, 9);
    const sent = await bench.hears("sent", datagram(T1.ip));
    await bench.say(icmp6({}, 2, [...longWord(mtu), ...sent.bytes.subarray(14, 14 + 200)]));
    await bench.sleep(10);
    socket.send(new Uint8Array(1452), T1.ip, 9);
    bench.expect("frames", await sentInShort(bench), frames);
  },
}));

const others: readonly Case[] = [
  {
    id: "ICMP6-13/echo",
    title: "packet too big about an echo reply: the next one goes in fragments",
    source: "RFC 8201 4; kernel: icmpv6_echo_reply",
    async run(bench) {
      await acquainted(bench);
      const request = echo6({ payload: "z".repeat(1400) });
      await bench.say(request);
      const reply = await bench.hears("answers", { kind: "icmp", type: 129 });
      await bench.say(icmp6({}, 2, [...longWord(1280), ...reply.bytes.subarray(14, 14 + 200)]));
      await bench.sleep(10);
      await bench.say(request);
      bench.expect("frames", await sentInShort(bench), ["fragment at 0", "fragment at 1232"]);
    },
  },
  {
    id: "ICMP6-07",
    title: "an error quotes the packet from its header on, as much of it as 1280 bytes allow",
    source: "RFC 4443 2.4 c",
    async run(bench) {
      await acquainted(bench);
      for (const [size, quoted] of [
        [10, 58],
        [1000, 1048],
        [1400, 1232],
      ] as const) {
        const frame = udp6({ payload: "x".repeat(size), dport: 7 });
        await bench.say(frame);
        const error = await bench.hears("reports", { kind: "icmp", type: 1, code: 4 });
        bench.expect(`${size} bytes: quoted`, error.quoted.length, quoted);
        bench.expect(
          "what it quotes",
          [...error.quoted].every((byte, at) => byte === frame[14 + at]),
          true,
        );
      }
    },
  },
  {
    id: "ICMP6-09",
    title: "of a burst of thirty packets to a closed port six are reported",
    source: "RFC 4443 2.4 f; kernel: icmp.ratelimit, XRLIM_BURST_FACTOR 6",
    async run(bench) {
      await acquainted(bench);
      // So long that no more become due in the case's own time.
      bench.sysctl("net.ipv6.icmp.ratelimit", 8000);
      for (let n = 0; n < 30; n++) await bench.say(udp6({ dport: 100 + n }));
      bench.expect("reports", await sentInShort(bench, 30), Array<string>(6).fill(PORT));
    },
  },
  {
    id: "ICMP6-09/off",
    title: "with icmp.ratelimit 0 each of twenty is reported",
    source: "kernel: icmp.ratelimit",
    async run(bench) {
      await acquainted(bench);
      bench.sysctl("net.ipv6.icmp.ratelimit", 0);
      for (let n = 0; n < 20; n++) await bench.say(udp6({ dport: 100 + n }));
      bench.expect("reports", await sentInShort(bench, 30), Array<string>(20).fill(PORT));
    },
  },
];

export const icmps: readonly Case[] = [...rows([...messages, ...causes]), ...sizes, ...reported, ...tooBig, ...others];
