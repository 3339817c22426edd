/** ICMP messages received (RFC 792, RFC 1122 3.2.2). */
import type { Case } from "../../contract/case.ts";
import { datagram } from "../../stage/patterns.ts";
import { echo, icmp, ipv4 } from "../../wire/build4.ts";
import { ipBytes, longWord } from "../../wire/bytes.ts";
import { BROADCAST, DUT, T1, T2 } from "../../wire/hosts.ts";
import { acquainted, type Row, row, rows } from "./kit/answers.ts";
import { echoes, told } from "./kit/messages.ts";

const REPLY = "echo reply";
const GROUP = { destination: "224.0.0.1", dst: "01:00:5e:00:00:01" };
const ALL = { destination: "255.255.255.255", dst: BROADCAST };
const NET = { destination: "10.0.0.255", dst: BROADCAST };
const WORD = [0, 1, 0, 1];
const TIMES = [...WORD, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0];
const MANY = { icmp_echo_ignore_broadcasts: 0 };

const messages: readonly Row[] = [
  row("ICMP-02", "an echo request with a wrong checksum", "RFC 1122 3.2.2; TC8 ICMPv4_TYPE_10", echo({ icmpSumError: 1 })),
  row("ICMP-02/swapped", "an echo request with a checksum 256 too high", "RFC 1122 3.2.2", echo({ icmpSumError: 0x100 })),
  row(
    "ICMP-03/all",
    "an echo request to everybody",
    "RFC 1122 3.2.2.6 MAY discard; kernel: icmp_echo_ignore_broadcasts",
    echo(ALL),
  ),
  row("ICMP-03/net", "an echo request to everybody on the link", "RFC 1122 3.2.2.6 MAY discard", echo(NET)),
  row("ICMP-03/group", "an echo request to all hosts", "RFC 1122 3.2.2.6 MAY discard", echo(GROUP)),
  {
    ...row("ICMP-03/allowed-all", "an echo request to everybody, when it is allowed", "RFC 1122 3.2.2.6", echo(ALL), REPLY),
    settings: MANY,
  },
  {
    ...row(
      "ICMP-03/allowed-net",
      "an echo request to everybody on the link, when it is allowed",
      "RFC 1122 3.2.2.6",
      echo(NET),
      REPLY,
    ),
    settings: MANY,
  },
  {
    ...row("ICMP-03/allowed-group", "an echo request to all hosts, when it is allowed", "RFC 1122 3.2.2.6", echo(GROUP), REPLY),
    settings: MANY,
  },
  {
    ...row("ICMP-03/ignored", "an echo request, when all are ignored", "kernel: icmp_echo_ignore_all", echo()),
    settings: { icmp_echo_ignore_all: 1 },
  },
  row("ICMP-12/code", "an echo request with code 1", "RFC 792; kernel: not checked", echo({ code: 1 }), "echo reply with code 1"),
  row("ICMP-12/reply", "an echo reply that nobody asked for", "RFC 792", icmp({}, 0, WORD)),
  row("ICMP-04/plain", "a timestamp request", "RFC 1122 3.2.2.8 MAY; TC8 ICMPv4_TYPE_11", icmp({}, 13, TIMES), "timestamp reply"),
  row(
    "ICMP-04/code",
    "a timestamp request with code 1",
    "RFC 792; kernel: not checked",
    icmp({ code: 1 }, 13, TIMES),
    "timestamp reply",
  ),
  row("ICMP-04/short", "a timestamp request without a time", "RFC 792; kernel: icmp_timestamp", icmp({}, 13, WORD)),
  row(
    "ICMP-04/half",
    "a timestamp request with one time",
    "RFC 792; kernel: icmp_timestamp",
    icmp({}, 13, [...WORD, 1, 2, 3, 4]),
    "timestamp reply",
  ),
  row("ICMP-04/all", "a timestamp request to everybody", "RFC 1122 3.2.2.8", icmp(ALL, 13, TIMES)),
  row("ICMP-15/information", "an information request", "RFC 1122 3.2.2.7 SHOULD NOT", icmp({}, 15, WORD)),
  row("ICMP-15/mask", "an address mask request", "RFC 1122 3.2.2.9; RFC 6918", icmp({}, 17, [...WORD, 0, 0, 0, 0])),
  row("ICMP-15/router", "a router solicitation", "RFC 1256", icmp({}, 10, [0, 0, 0, 0])),
  ...[1, 2, 7, 19, 30, 37, 40, 44, 255].map((type) =>
    row(`ICMP-16/${type}`, `a message of type ${type}`, "RFC 1122 3.2.2: unknown types are dropped silently", icmp({}, type, WORD)),
  ),
  row(
    "ICMP-16/extended-echo",
    "an extended echo request",
    "RFC 8335; kernel: icmp_echo_enable_probe 0",
    icmp({}, 42, [...WORD, 0, 0, 0, 0]),
  ),
  ...[0, 1, 2, 3, 4, 5, 6, 7].map((length) =>
    row(
      `ICMP-17/${length}`,
      `a message of ${length} bytes`,
      "RFC 792",
      ipv4({}, 1, [8, 0, 0xf7, 0xff, 0, 0, 0, 0].slice(0, length)),
    ),
  ),
];

const SIZES = [0, 1, 2, 3, 55, 56, 1000, 1471, 1472];
const sizes: readonly Case[] = echoes("ICMP-01", "RFC 1122 3.2.2.6 MUST; TC8 ICMPv4_TYPE_09", SIZES, echo, 0);

/** Codes of destination unreachable about our own datagram, and the error that a socket is told. */
const UNREACHABLE: readonly (readonly [code: number, errno: string])[] = [
  [0, "ENETUNREACH"],
  [1, "EHOSTUNREACH"],
  [2, "ENOPROTOOPT"],
  [3, "ECONNREFUSED"],
  [4, "EMSGSIZE"],
  // EOPNOTSUPP has the same number.
  [5, "ENOTSUP"],
  [6, "ENETUNREACH"],
  [7, "EHOSTDOWN"],
  [8, "ENONET"],
  [9, "ENETUNREACH"],
  [10, "EHOSTUNREACH"],
  [11, "ENETUNREACH"],
  [12, "EHOSTUNREACH"],
  [13, "EHOSTUNREACH"],
  [14, "EHOSTUNREACH"],
  [15, "EHOSTUNREACH"],
];

const reported: readonly Case[] = UNREACHABLE.map(([code, errno]) =>
  told({
    id: `ICMP-10/${code}`,
    what: `destination unreachable, code ${code}`,
    source: "RFC 1122 3.2.2.1, 4.1.3.3; kernel: icmp_err_convert",
    errno,
    error: (quote) => icmp({ code }, 3, [...longWord(1400), ...quote]),
  }),
);

/** Other errors about our own datagram, and what a socket is told. */
const OTHER_ERRORS: readonly (readonly [type: number, code: number, what: string, errno: string | null])[] = [
  [4, 0, "a source quench", null],
  [5, 1, "a redirect", null],
  [11, 0, "time exceeded on the way", "EHOSTUNREACH"],
  [11, 1, "time exceeded while fragments were waited for", null],
  [11, 7, "time exceeded, code 7", "EHOSTUNREACH"],
  [12, 0, "a parameter problem", "EPROTO"],
  [12, 1, "a parameter problem, code 1", "EPROTO"],
  [6, 0, "a message of a type that there is not", null],
];

const reportedToo: readonly Case[] = OTHER_ERRORS.map(([type, code, what, errno]) =>
  told({
    id: `ICMP-10/${type}-${code}`,
    what,
    source: "RFC 1122 3.2.2.3 to 3.2.2.5; kernel: icmp_unreach, udp_err, measured",
    errno,
    error: (quote) => icmp({ code }, type, [...ipBytes(T2.ip), ...quote]),
  }),
);

/** Errors about our datagram that nobody may believe. */
const WRONG: readonly (readonly [id: string, what: string, change: (quote: number[]) => number[], sumError?: number])[] = [
  ["short", "quotes seven bytes of it", (quote) => quote.slice(0, 27)],
  ["none", "quotes nothing", () => []],
  ["port", "quotes a port that nobody has", (quote) => [...quote.slice(0, 20), 0x77, 0x77, ...quote.slice(22)]],
  ["protocol", "quotes another protocol", (quote) => [...quote.slice(0, 9), 253, ...quote.slice(10)]],
  ["sum", "has a wrong checksum", (quote) => quote, 1],
];

const disbelieved: readonly Case[] = WRONG.map(([id, what, change, icmpSumError = 0]) => ({
  id: `ICMP-18/${id}`,
  title: `a port unreachable that ${what}: nobody is told`,
  source: "RFC 1122 3.2.2.1; RFC 5927; kernel: icmp_unreach",
  needs: ["socket-errors"],
  async run(bench) {
    await acquainted(bench);
    const socket = bench.socket({ port: 5000, errors: true });
    socket.send(new Uint8Array(4), T1.ip, 9);
    const sent = await bench.hears("sent", datagram(T1.ip));
    await bench.say(icmp({ code: 3, icmpSumError }, 3, [0, 0, 0, 0, ...change([...sent.bytes.subarray(14)])]));
    bench.expect("told", socket.errors(), []);
    await bench.silence("nothing is sent", 10);
  },
}));

const foreign: readonly Case[] = [
  {
    id: "ICMP-04/kept",
    title: "a timestamp reply has identifier, sequence and the first time of its request, and two times of ours that are the same",
    source: "RFC 792, RFC 1122 3.2.2.8; kernel: icmp_timestamp",
    async run(bench) {
      await acquainted(bench);
      await bench.say(icmp({}, 13, [0xab, 0xcd, 0x12, 0x34, 1, 2, 3, 4, 9, 9, 9, 9, 8, 8, 8, 8]));
      const reply = await bench.hears("answers", { kind: "icmp", type: 14, code: 0 });
      bench.expect("identifier and sequence", reply.info >>> 0, 0xabcd1234);
      const view = new DataView(reply.quoted.buffer);
      bench.expect("length, first time", [reply.quoted.length, view.getUint32(0)], [12, 0x01020304]);
      const [came, went] = [view.getUint32(4), view.getUint32(8)];
      bench.expect("ms of the day, twice", came === went && came < 86_400_000, true);
    },
  },
  {
    id: "ICMP-19",
    title: "a port unreachable that quotes a source which is not ours: a socket that is bound to no address is told",
    source: "kernel: __udp4_lib_err finds a socket by its port, measured",
    needs: ["socket-errors"],
    async run(bench) {
      await acquainted(bench);
      const socket = bench.socket({ port: 5000, errors: true });
      socket.send(new Uint8Array(4), T1.ip, 9);
      const sent = await bench.hears("sent", datagram(T1.ip));
      const quote = [...sent.bytes.subarray(14)];
      await bench.say(icmp({ code: 3 }, 3, [0, 0, 0, 0, ...quote.slice(0, 12), ...ipBytes(T2.ip), ...quote.slice(16)]));
      bench.expect("told", socket.errors(), ["ECONNREFUSED"]);
    },
  },
];

/** A redirect about a datagram to a far host, which goes by T1. */
const FAR = "192.0.2.1";
const REDIRECTS: readonly (readonly [id: string, what: string, source: string, gateway: string, heeded: boolean])[] = [
  ["router", "from the router in use", T1.ip, T2.ip, true],
  ["stranger", "from another host", T2.ip, T2.ip, false],
  ["off-link", "to a gateway that is not on the link", T1.ip, "192.168.9.9", false],
  ["us", "to ourselves", T1.ip, DUT.ip, false],
];

const redirects: readonly Case[] = REDIRECTS.map(([id, what, source, gateway, heeded]) => ({
  id: `ICMP-13/${id}`,
  title: `a redirect ${what} is ${heeded ? "heeded" : "ignored"}`,
  source: "RFC 1122 3.2.2.2; kernel: __ip_do_redirect",
  needs: ["route-admin"],
  async run(bench) {
    await acquainted(bench);
    await bench.must(`route add default via ${T1.ip} dev e0`);
    const socket = bench.socket({ port: 5000 });
    socket.send(new Uint8Array(4), FAR, 9);
    const sent = await bench.hears("by the router", datagram(FAR, { dst: T1.mac }));
    await bench.say(icmp({ source, code: 1 }, 5, [...ipBytes(gateway), ...sent.bytes.subarray(14)]));
    await bench.sleep(10);
    socket.send(new Uint8Array(4), FAR, 9);
    await bench.hears("the next one", datagram(FAR, { dst: heeded ? T2.mac : T1.mac }));
  },
}));

export const icmps: readonly Case[] = [
  ...rows(messages),
  ...sizes,
  ...reported,
  ...reportedToo,
  ...disbelieved,
  ...foreign,
  ...redirects,
];
