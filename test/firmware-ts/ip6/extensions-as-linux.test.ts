/** Extension headers, in every order and with every fault, before an echo request: answered as the kernel answers them. */
import { type Ip6Fields, icmp6Message, ip6Frame, OUR_IP6, PEER_IP6 } from "../../support/wire-format6.ts";
import { type Row6, sameAnswers6 } from "./exchange.ts";

const GLOBAL = { source: PEER_IP6, destination: OUR_IP6 };
const [HOP, ROUTING, FRAGMENT, NONE, OPTIONS, ICMP, UDP] = [0, 43, 44, 59, 60, 58, 17];
const REPLY = `echo-reply id 1 seq 1 8 bytes ${OUR_IP6} > ${PEER_IP6} > T1`;

/** A header: its number, and its contents behind the next header's number and the length. */
type Header = readonly [number: number, ...contents: number[]];

/** A header of options, padded to whole units. */
function options(number: number, ...bytes: number[]): Header {
  const missing = (8 - ((bytes.length + 2) % 8)) % 8;
  const padding = missing === 0 ? [] : missing === 1 ? [0] : [1, missing - 2, ...new Array<number>(missing - 2).fill(0)];
  return [number, ...bytes, ...padding];
}

function chain(headers: readonly Header[], last: number, payload: readonly number[]): { next: number; bytes: number[] } {
  let next = last;
  let bytes = [...payload];
  for (const [number, ...contents] of [...headers].reverse()) {
    const length = number === FRAGMENT ? 0 : (contents.length + 2) / 8 - 1;
    bytes = [next, length, ...contents, ...bytes];
    next = number;
  }
  return { next, bytes };
}

/** An echo request behind these headers. */
function behind(headers: readonly Header[], fields: Ip6Fields = {}, last = ICMP): Uint8Array {
  const all = { ...GLOBAL, ...fields };
  const echo = icmp6Message({ ...GLOBAL, ...fields }, 128, [0, 1, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8]);
  const { next, bytes } = chain(headers, last, echo);
  return ip6Frame(all, next, bytes);
}

function problem(
  what: string,
  code: number,
  pointer: number,
  headers: readonly Header[],
  fields: Ip6Fields = {},
  last = ICMP,
): Row6 {
  const frame = behind(headers, fields, last);
  return [what, frame, [`icmp 4/${code} info ${pointer} ${frame.length - 14} bytes ${OUR_IP6} > ${PEER_IP6} > T1`]];
}

function fine(what: string, headers: readonly Header[], fields: Ip6Fields = {}): Row6 {
  return [what, behind(headers, fields), [REPLY]];
}

function silent(what: string, headers: readonly Header[], fields: Ip6Fields = {}, last = ICMP): Row6 {
  return [what, behind(headers, fields, last), []];
}

const PAD = options(HOP);
const DEST = options(OPTIONS);
const TO_ALL = { destination: "ff02::1" };
const many = (count: number): number[] => Array.from({ length: count }, () => [0x1e, 0]).flat();

for (const [kind, number] of [
  ["hop-by-hop", HOP],
  ["destination", OPTIONS],
] as const) {
  sameAnswers6(`${kind} options`, [
    fine("padding alone", [options(number)]),
    fine("Pad1 alone", [[number, 0, 0, 0, 0, 0, 0]]),
    fine("two units of options that are skipped", [options(number, 0x1e, 8, ...new Array<number>(8).fill(7))]),
    silent("more than seven octets of Pad1", [[number, ...new Array<number>(14).fill(0)]]),
    silent("more than seven octets of PadN", [[number, 1, 12, ...new Array<number>(12).fill(0)]]),
    fine("seven octets of padding, in two", [options(number, 0x1e, 5, 1, 2, 3, 4, 5, 1, 3, 0, 0, 0, 0, 0)]),
    silent("eight octets of padding, in two", [[number, 1, 2, 0, 0, 1, 2, 0, 0, 0x1e, 4, 0, 0, 0, 0]]),
    silent("padding with something in it", [[number, 1, 4, 0, 0, 7, 0]]),
    fine("an unknown option to skip", [options(number, 0x1e, 1, 9)]),
    silent("an unknown option to drop the packet for", [options(number, 0x5e, 1, 9)]),
    problem("an unknown option to report", 2, 42, [options(number, 0x9e, 1, 9)]),
    problem("an unknown option to report unless sent to many", 2, 42, [options(number, 0xde, 1, 9)]),
    problem("an unknown option behind others", 2, 46, [options(number, 0x1e, 2, 9, 9, 0x9e, 0)]),
    problem("to many: an unknown option to report", 2, 42, [options(number, 0x9e, 1, 9)], TO_ALL),
    silent("to many: an unknown option to report unless sent to many", [options(number, 0xde, 1, 9)], TO_ALL),
    silent("to many: an unknown option to drop the packet for", [options(number, 0x5e, 1, 9)], TO_ALL),
    fine("eight options", [options(number, ...many(8))]),
    silent("nine options", [options(number, ...many(9))]),
    silent("an option longer than the header", [[number, 0x1e, 5, 0, 0, 0, 0]]),
    silent("an option without a length", [[number, 1, 2, 0, 0, 0, 0x1e]]),
    ["longer than the packet", ip6Frame(GLOBAL, number, [ICMP, 9, 1, 4, 0, 0, 0, 0]), []],
    ["cut off", ip6Frame(GLOBAL, number, [ICMP, 0, 1, 4]), []],
    ["nothing behind", ip6Frame(GLOBAL, number, [NONE, 0, 1, 4, 0, 0, 0, 0]), []],
  ]);
}

sameAnswers6("known options", [
  fine("a router alert", [options(HOP, 5, 2, 0, 0)]),
  silent("a router alert that is too long", [options(HOP, 5, 3, 0, 0, 0)]),
  fine("a router alert among destination options", [options(OPTIONS, 5, 2, 0, 0)]),
  problem("a jumbo payload of nothing", 0, 44, [[HOP, 0xc2, 4, 0, 0, 0, 0]]),
  problem("a jumbo payload beside a length", 0, 42, [[HOP, 0xc2, 4, 0, 1, 0, 0]]),
  silent("a jumbo payload out of line", [[HOP, 0, 0xc2, 4, 0, 1, 0]]),
  problem("a jumbo payload among destination options", 2, 42, [[OPTIONS, 0xc2, 4, 0, 1, 0, 0]]),
]);

sameAnswers6("routing headers", [
  fine("type 0 at its end", [[ROUTING, 0, 0, 0, 0, 0, 0]]),
  problem("type 0 on its way", 0, 42, [[ROUTING, 0, 1, 0, 0, 0, 0, ...new Array<number>(16).fill(0)]]),
  fine("an unknown type at its end", [[ROUTING, 99, 0, 0, 0, 0, 0]]),
  problem("an unknown type on its way", 0, 42, [[ROUTING, 99, 1, 0, 0, 0, 0]]),
  silent("segments, at their end", [[ROUTING, 4, 0, 0, 0, 0, 0]]),
  silent("RPL, at its end", [[ROUTING, 3, 0, 0, 0, 0, 0]]),
  silent("to many", [[ROUTING, 0, 0, 0, 0, 0, 0]], TO_ALL),
  silent("in a frame to many", [[ROUTING, 0, 0, 0, 0, 0, 0]], { to: "33:33:00:00:00:01" }),
  problem("behind destination options", 0, 50, [DEST, [ROUTING, 0, 2, 0, 0, 0, 0]]),
]);

sameAnswers6("the order of headers", [
  fine("hop-by-hop, destination options", [PAD, DEST]),
  fine("destination options, routing, destination options", [DEST, [ROUTING, 0, 0, 0, 0, 0, 0], DEST]),
  fine(
    "twenty of them",
    Array.from({ length: 20 }, () => DEST),
  ),
  problem("hop-by-hop options twice", 1, 40, [PAD, PAD]),
  problem("hop-by-hop options second", 1, 40, [DEST, PAD]),
  problem("an unknown protocol behind", 1, 40, [DEST], {}, 253),
  problem("an unknown protocol behind two", 1, 48, [PAD, DEST], {}, 253),
  silent("nothing behind", [DEST], {}, NONE),
  ["a closed port behind options", behind([DEST], {}, UDP), []],
]);

sameAnswers6("a fragment that is alone", [
  fine("whole", [[FRAGMENT, 0, 0, 0, 0, 0, 7]]),
  fine("whole, with a reserved bit", [[FRAGMENT, 0, 2, 0, 0, 0, 7]]),
  fine("behind options", [PAD, DEST, [FRAGMENT, 0, 0, 0, 0, 0, 7], DEST]),
  problem("twice", 0, 48, [
    [FRAGMENT, 0, 0, 0, 0, 0, 7],
    [FRAGMENT, 0, 0, 0, 0, 0, 8],
  ]),
  ["cut off", ip6Frame(GLOBAL, FRAGMENT, [ICMP, 0, 0, 0]), []],
]);
