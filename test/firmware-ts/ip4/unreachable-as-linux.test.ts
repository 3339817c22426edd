/** Protocols that nobody takes, and timestamp requests: answered as the kernel answers them. */
import { BROADCAST, icmp, ipv4Frame, type UdpFields } from "../../support/wire-format.ts";
import { type Row, sameAnswers } from "./exchange.ts";

function quoted(frame: Uint8Array): string {
  return Buffer.from(frame.subarray(14)).toString("hex");
}

/** A packet of a protocol, and "protocol unreachable" about it. */
function refused(protocol: number, bytes = 8, fields: UdpFields = {}): Row {
  const frame = ipv4Frame(fields, protocol, new Uint8Array(bytes));
  return [`protocol ${protocol}, ${bytes} bytes`, frame, [`icmp 3/2 00000000 tos c0 ${quoted(frame)}`]];
}

/** A packet of a protocol that is not answered. */
function silent(what: string, protocol: number, fields: UdpFields): Row {
  return [`protocol ${protocol} ${what}`, ipv4Frame(fields, protocol, new Uint8Array(8)), []];
}

const UNREACHABLE: readonly Row[] = [
  ...[0, 4, 41, 47, 50, 58, 89, 132, 253, 255].map((protocol) => refused(protocol)),
  refused(253, 0),
  refused(253, 8, { fragment: 0x4000 }),
  silent("has its taker", 2, {}),
  silent("has its taker", 6, {}),
  silent("in a broadcast frame", 253, { to: BROADCAST }),
  silent("to the subnet's broadcast address", 253, { to: BROADCAST, destination: "10.0.0.255" }),
  silent("in a broadcast frame", 2, { to: BROADCAST }),
  silent("as a later fragment", 253, { fragment: 5 }),
  silent("for another host", 253, { destination: "10.0.0.9" }),
];

sameAnswers("protocol unreachable", UNREACHABLE);

const count = (bytes: number): number[] => Array.from({ length: bytes }, (_, byte) => byte + 1);
const ANSWER = "icmp 14/0 00010001 01020304NOWNOW";

const TIMESTAMPS: readonly Row[] = [
  ["nothing behind the header", icmp({ icmpType: 13 }), []],
  ["three bytes of the first time", icmp({ icmpType: 13 }, count(3)), []],
  ["the first time alone", icmp({ icmpType: 13 }, count(4)), [ANSWER]],
  ["a byte less than three times", icmp({ icmpType: 13 }, count(11)), [ANSWER]],
  ["three times", icmp({ icmpType: 13 }, count(12)), [ANSWER]],
  ["more than that", icmp({ icmpType: 13 }, count(200)), [ANSWER]],
  ["any code", icmp({ icmpType: 13, code: 7 }, count(12)), [ANSWER]],
  ["a type of service", icmp({ icmpType: 13, tos: 0x10 }, count(12)), ["icmp 14/0 00010001 tos 10 01020304NOWNOW"]],
  ["wrong checksum", icmp({ icmpType: 13, icmpSum: 1 }, count(12)), []],
  ["to the subnet's broadcast address", icmp({ icmpType: 13, to: BROADCAST, destination: "10.0.0.255" }, count(12)), []],
  ["a reply", icmp({ icmpType: 14 }, count(12)), []],
  ["an information request", icmp({ icmpType: 15 }), []],
  ["an address mask request", icmp({ icmpType: 17 }, count(4)), []],
];

sameAnswers("timestamp", TIMESTAMPS);
