/** Protocols that nobody here speaks (RFC 1122 3.2.2.1), and ICMP errors that are forbidden (RFC 1122 3.2.2). */
import type { Case } from "../../contract/case.ts";
import { echo, fragments, icmp, ipv4, udp, udpSegment } from "../../wire/build4.ts";
import { BROADCAST } from "../../wire/hosts.ts";
import { acquainted, type Row, row, rows, sentInShort } from "./kit/answers.ts";

const BODY = [1, 2, 3, 4, 5, 6, 7, 8];
const UNKNOWN = "unreachable 2";

/** Protocols for which no kernel has a module that some other namespace may have loaded. */
const unknown: readonly Row[] = [3, 8, 89, 253, 254, 255].map((protocol) =>
  row(
    `ICMP-05/${protocol}`,
    `a packet of protocol ${protocol}`,
    "RFC 1122 3.2.2.1; TC8 ICMPv4_TYPE_18; kernel",
    ipv4({}, protocol, BODY),
    UNKNOWN,
  ),
);

const PORT = "unreachable 3";
const GROUP = { destination: "224.0.0.1", dst: "01:00:5e:00:00:01" };
const ALL = { destination: "255.255.255.255", dst: BROADCAST };
const NET = { destination: "10.0.0.255", dst: BROADCAST };

/** A quoted packet, so that the error is one that could be about us. */
const QUOTE = [...ipv4({ source: "10.0.0.1", destination: "10.0.0.2" }, 17, udpSegment()).subarray(14)];

const causes: readonly Row[] = [
  row("ICMP-05/136", "a packet of UDP-Lite without a sound header", "RFC 3828; kernel", ipv4({}, 136, BODY)),
  row("ICMP-06", "a datagram to a closed port", "RFC 1122 3.2.2.1 SHOULD", udp(), PORT),
  row(
    "ICMP-06/broadcast-frame",
    "a datagram to a closed port in a broadcast frame",
    "RFC 1122 3.2.2 MUST NOT",
    udp({ dst: BROADCAST }),
  ),
  row("ICMP-08/group", "a datagram to a group", "RFC 1122 3.2.2 MUST NOT; TC8 ICMPv4_ERROR_04", udp(GROUP)),
  row("ICMP-08/all", "a datagram to everybody", "RFC 1122 3.2.2 MUST NOT", udp(ALL)),
  row("ICMP-08/net", "a datagram to everybody on the link", "RFC 1122 3.2.2 MUST NOT", udp(NET)),
  row("ICMP-08/protocol-group", "a packet of an unknown protocol to a group", "RFC 1122 3.2.2 MUST NOT", ipv4(GROUP, 253, BODY)),
  row("ICMP-08/protocol-all", "a packet of an unknown protocol to everybody", "RFC 1122 3.2.2 MUST NOT", ipv4(ALL, 253, BODY)),
  row("ICMP-08/options-all", "bad options to everybody", "RFC 1122 3.2.2 MUST NOT", echo({ ...ALL, options: [7, 2, 1, 1] })),
  row(
    "ICMP-08/later-fragment",
    "a later fragment with bad options",
    "RFC 1122 3.2.2 MUST NOT",
    ipv4({ offset: 8, options: [7, 2, 1, 1] }, 17, BODY),
  ),
  ...([3, 4, 5, 11, 12] as const).map((type) =>
    row(
      `ICMP-08/error-${type}`,
      `bad options in an ICMP error, type ${type}`,
      "RFC 1122 3.2.2 MUST NOT",
      icmp({ options: [7, 2, 1, 1] }, type, [0, 0, 0, 0, ...QUOTE]),
    ),
  ),
  row(
    "ICMP-08/reply",
    "bad options in an echo reply",
    "RFC 1122 3.2.2: no error",
    icmp({ options: [7, 2, 1, 1] }, 0, [0, 1, 0, 1]),
    "parameter problem at 21",
  ),
  row(
    "ICMP-08/type-99",
    "bad options in an ICMP message of an unknown type",
    "kernel: icmp_send, measured",
    icmp({ options: [7, 2, 1, 1] }, 99, [0, 0, 0, 0]),
  ),
  row("ICMP-08/from-zero", "a datagram to a closed port from 0.0.0.0", "RFC 1122 3.2.2 MUST NOT", udp({ source: "0.0.0.0" })),
];

const others: readonly Case[] = [
  {
    id: "ICMP-07",
    title: "an error quotes the packet from its header on, as much of it as 576 bytes allow",
    source: "RFC 1122 3.2.2, RFC 1812 4.3.2.3; kernel: icmp_send",
    async run(bench) {
      await acquainted(bench);
      for (const [size, quoted] of [
        [10, 38],
        [500, 528],
        [1400, 548],
      ] as const) {
        const frame = udp({ payload: "x".repeat(size), dport: 7 });
        await bench.say(frame);
        const error = await bench.hears("reports", { kind: "icmp", type: 3, code: 3 });
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
    id: "ICMP-09",
    title: "of a burst of thirty packets to a closed port six are reported, then one a second",
    source: "RFC 1812 4.3.2.8; kernel: icmp_ratelimit 1000, XRLIM_BURST_FACTOR 6",
    async run(bench) {
      await acquainted(bench);
      for (let n = 0; n < 30; n++) await bench.say(udp({ dport: 100 + n }));
      bench.expect("reports", await sentInShort(bench, 30), Array<string>(6).fill(PORT));
    },
  },
  {
    id: "ICMP-09/off",
    title: "with icmp_ratelimit 0 each of twenty is reported",
    source: "kernel: icmp_ratelimit",
    async run(bench) {
      await acquainted(bench);
      bench.sysctl("net.ipv4.icmp_ratelimit", 0);
      for (let n = 0; n < 20; n++) await bench.say(udp({ dport: 100 + n }));
      bench.expect("reports", await sentInShort(bench, 30), Array<string>(20).fill(PORT));
    },
  },
  {
    id: "ICMP-11",
    title: "a datagram in fragments to a closed port is reported once, with its first fragment's header",
    source: "RFC 1122 3.2.2; kernel: ip_defrag",
    async run(bench) {
      await acquainted(bench);
      await bench.say(...fragments({}, 17, udpSegment({ payload: "y".repeat(40), dport: 7 }), 24));
      bench.expect("reports", await sentInShort(bench), [PORT]);
    },
  },
];

export const protocols: readonly Case[] = [...rows([...unknown, ...causes]), ...others];
