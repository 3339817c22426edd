/**
 * IPv6 frames for tests: built from fields and read back, without a line of the stack's own code. Every field of a built frame can be
 * given a wrong value.
 */
import { isIPv6 } from "node:net";
import { checksum, type EthernetFields, mac, T1, US } from "./wire-format.ts";

/** The stations of tests: our link-local and global address, the tester's, and the groups in which we are. */
export const OUR_LL = "fe80::ff:fe00:1";
export const OUR_IP6 = "fd00::1";
export const PEER_LL = "fe80::2";
export const PEER_IP6 = "fd00::2";

export const NS = 135;
export const NA = 136;

/** Octets of addresses by their texts: benches of a million frames speak of a few dozen. */
const known = new Map<string, readonly number[]>();

/** The sixteen octets of an address. */
export function ip6(text: string): number[] {
  const octets = known.get(text) ?? parsed(text);
  known.set(text, octets);
  return [...octets];
}

function parsed(text: string): number[] {
  if (!isIPv6(text)) throw new Error(`${text} is no IPv6 address`);
  const [front = "", back] = text.split("::");
  const words = (part: string): number[] => (part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16)));
  const [head, tail] = [words(front), words(back ?? "")];
  const groups = [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
  return groups.flatMap((group) => [group >> 8, group & 0xff]);
}

/** The text of sixteen octets, as RFC 5952 has it. */
export function text6(bytes: ArrayLike<number>, at = 0): string {
  const groups = Array.from({ length: 8 }, (_, group) => ((bytes[at + 2 * group]! << 8) | bytes[at + 2 * group + 1]!).toString(16));
  const runs = [...groups.join(":").matchAll(/(?:^|(?<=:))0(?::0)+(?=:|$)/g)].sort((one, other) => other[0].length - one[0].length);
  const [longest] = runs;
  if (!longest) return groups.join(":");
  const whole = groups.join(":");
  const before = whole.slice(0, longest.index).replace(/:$/, "");
  const after = whole.slice(longest.index + longest[0].length).replace(/^:/, "");
  return `${before}::${after}`;
}

/** ff02::1:ffXX:XXXX. */
export function solicitedNode(target: string): string {
  const octets = ip6(target);
  return text6([...ip6("ff02::1:ff00:0").slice(0, 13), ...octets.slice(13)]);
}

/** The frame address of a group. */
export function groupMac(group: string): string {
  return [
    "33",
    "33",
    ...ip6(group)
      .slice(12)
      .map((octet) => octet.toString(16).padStart(2, "0")),
  ].join(":");
}

function word(value: number): number[] {
  return [(value >> 8) & 0xff, value & 0xff];
}

export interface Ip6Fields extends EthernetFields {
  version?: number;
  tclass?: number;
  flow?: number;
  /** Payload length; default the true one. */
  length?: number;
  hops?: number;
  next?: number;
  source?: string;
  destination?: string;
}

/** A frame of the tester to us unless told otherwise; to a group's address if that is the destination. */
export function ip6Frame(fields: Ip6Fields, next: number, payload: ArrayLike<number>): Uint8Array {
  const { version = 6, tclass = 0, flow = 0, hops = 64, source = PEER_LL, destination = OUR_LL } = fields;
  const to = fields.to ?? (destination.startsWith("ff") ? groupMac(destination) : US);
  const first = [(version << 4) | (tclass >> 4), ((tclass & 15) << 4) | ((flow >> 16) & 15), ...word(flow & 0xffff)];
  const header = [
    ...first,
    ...word(fields.length ?? payload.length),
    fields.next ?? next,
    hops,
    ...ip6(source),
    ...ip6(destination),
  ];
  return Uint8Array.from([
    ...mac(to),
    ...mac(fields.from ?? T1),
    ...word(fields.type ?? 0x86dd),
    ...header,
    ...Array.from(payload),
  ]);
}

function pseudoSum(source: string, destination: string, next: number, message: number[]): number {
  return checksum([...ip6(source), ...ip6(destination), 0, 0, ...word(message.length), 0, 0, 0, next, ...message]);
}

export interface Icmp6Fields extends Ip6Fields {
  code?: number;
  icmpSum?: number;
}

/** An ICMPv6 message: `body` follows type, code and checksum. */
export function icmp6(fields: Icmp6Fields, type: number, body: ArrayLike<number>): Uint8Array {
  return ip6Frame(fields, 58, icmp6Message(fields, type, body));
}

export function icmp6Message(fields: Icmp6Fields, type: number, body: ArrayLike<number>): number[] {
  const { source = PEER_LL, destination = OUR_LL, code = 0 } = fields;
  const message = [type, code, 0, 0, ...Array.from(body)];
  message.splice(2, 2, ...word(fields.icmpSum ?? pseudoSum(source, destination, 58, message)));
  return message;
}

export function echo6(
  fields: Icmp6Fields & { id?: number; sequence?: number } = {},
  data: ArrayLike<number> = [],
  type = 128,
): Uint8Array {
  const { id = 1, sequence = 1 } = fields;
  return icmp6(fields, type, [...word(id), ...word(sequence), ...Array.from(data)]);
}

export interface NdFields extends Icmp6Fields {
  target?: string;
  /** The link address of the option; null for no option. */
  link?: string | null;
  /** The type of that option, and its length in units. */
  option?: number;
  units?: number;
  /** Options behind that one. */
  more?: number[];
  reserved?: number;
}

function linkOption({ link = T1, option, units = 1, more = [] }: NdFields, type: number): number[] {
  return [...(link === null ? [] : [option ?? type, units, ...mac(link)]), ...more];
}

/** A solicitation for our link-local address, to its group, with the tester's link address, unless told otherwise. */
export function ns(fields: NdFields = {}): Uint8Array {
  const { target = OUR_LL, reserved = 0 } = fields;
  const all = { hops: 255, destination: solicitedNode(target), ...fields };
  const body = [...word(reserved >>> 16), ...word(reserved & 0xffff), ...ip6(target), ...linkOption(all, 1)];
  return icmp6(all, NS, body);
}

export interface NaFields extends NdFields {
  /** Letters `R`, `S` and `O`. Default `SO`. */
  flags?: string;
}

/** An answer of the tester to us, unless told otherwise. */
export function na(fields: NaFields = {}): Uint8Array {
  const { target = fields.source ?? PEER_LL, flags = "SO" } = fields;
  const octet = (flags.includes("R") ? 0x80 : 0) | (flags.includes("S") ? 0x40 : 0) | (flags.includes("O") ? 0x20 : 0);
  return icmp6({ hops: 255, ...fields }, NA, [octet, 0, 0, 0, ...ip6(target), ...linkOption(fields, 2)]);
}

export interface Udp6Fields extends Ip6Fields {
  sport?: number;
  dport?: number;
  udpLength?: number;
  udpSum?: number;
}

export function udp6(fields: Udp6Fields, payload: ArrayLike<number> | string): Uint8Array {
  return ip6Frame(fields, 17, udp6Message(fields, payload));
}

export function udp6Message(fields: Udp6Fields, payload: ArrayLike<number> | string): number[] {
  const { sport = 4000, dport = 5000, source = PEER_LL, destination = OUR_LL } = fields;
  const data = typeof payload === "string" ? Array.from(Buffer.from(payload)) : Array.from(payload);
  const message = [...word(sport), ...word(dport), ...word(fields.udpLength ?? 8 + data.length), 0, 0, ...data];
  message.splice(6, 2, ...word(fields.udpSum ?? (pseudoSum(source, destination, 17, message) || 0xffff)));
  return message;
}

const NICKNAMES: Readonly<Record<string, string>> = { [US]: "us", [T1]: "T1", "02:00:00:00:00:77": "T2" };

function name(bytes: Uint8Array, at: number): string {
  const text = Array.from(bytes.subarray(at, at + 6), (octet) => octet.toString(16).padStart(2, "0")).join(":");
  return NICKNAMES[text] ?? text;
}

function number(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

/** The contents of an IPv6 frame in a line, as tcpdump would say it, with what is wrong with it. */
export function line6(frame: Uint8Array): string {
  const to = name(frame, 0);
  const body = frame.subarray(14);
  if (number(frame, 12) !== 0x86dd) return `type ${number(frame, 12).toString(16)} > ${to}`;
  const faults: string[] = [];
  const length = number(body, 4);
  if (body[0]! >> 4 !== 6) faults.push("version");
  if (body.length < 40 + length) faults.push("cut off");
  if (body.subarray(40 + length).some((octet) => octet !== 0)) faults.push("padding is not zero");
  const [source, destination] = [text6(body, 8), text6(body, 24)];
  const inner = body.subarray(40, 40 + length);
  const hops = body[7];
  const sum = checksum([...body.subarray(8, 40), 0, 0, ...word(length), 0, 0, 0, body[6]!, ...inner]);
  if ((body[6] === 58 || body[6] === 17) && sum !== 0) faults.push("checksum");
  const ends = `${source} > ${destination} > ${to}`;
  const text =
    body[6] === 0
      ? alertLine(body, faults)
      : body[6] === 58
        ? icmpLine(inner, hops!)
        : body[6] === 17
          ? udpLine(inner)
          : `next ${body[6]} ${length} bytes`;
  return [`${text} ${ends}`, ...faults.map((fault) => `FAULT: ${fault}`)].join(" ");
}

/** A message behind a hop-by-hop header with a router alert (RFC 2711), as all of MLD is. */
function alertLine(body: Uint8Array, faults: string[]): string {
  if (Buffer.from(body.subarray(40, 48)).toString("hex") !== "3a00050200000100") faults.push("no router alert");
  if (body[7] !== 1) faults.push(`hops ${body[7]}`);
  const inner = body.subarray(48, 40 + number(body, 4));
  if (checksum([...body.subarray(8, 40), 0, 0, ...word(inner.length), 0, 0, 0, 58, ...inner]) !== 0) faults.push("checksum");
  if (inner[0] !== 143) return `mld ${{ 130: "query", 131: "report", 132: "done" }[inner[0]!]} ${text6(inner, 8)}`;
  const records: string[] = [];
  let at = 8;
  for (; at < inner.length; at += 20 + 16 * number(inner, at + 2)) records.push(`${inner[at]} ${text6(inner, at + 4)}`);
  if (records.length !== number(inner, 6) || at !== inner.length) faults.push("records");
  return `mld2 [${records.join(", ")}]`;
}

function udpLine(inner: Uint8Array): string {
  const payload = inner.subarray(8);
  const text = payload.length <= 20 ? Buffer.from(payload).toString("latin1") : `${payload.length} bytes`;
  return `udp :${number(inner, 2)} ${text}`;
}

function icmpLine(inner: Uint8Array, hops: number): string {
  const limit = hops === 255 ? "" : ` hops ${hops}`;
  switch (inner[0]) {
    case 128:
    case 129:
      return `echo-${inner[0] === 128 ? "request" : "reply"} id ${number(inner, 4)} seq ${number(inner, 6)} ${inner.length - 8} bytes`;
    case 133:
      return `rs${options(inner.subarray(8))}${limit}`;
    case NS:
      return `who-has ${text6(inner, 8)}${options(inner.subarray(24))}${limit}`;
    case NA: {
      const flags = ["R", "S", "O"].filter((_, bit) => inner[4]! & (0x80 >> bit)).join("");
      return `na ${text6(inner, 8)} ${flags || "-"}${options(inner.subarray(24))}${limit}`;
    }
    case 137:
      return `redirect ${text6(inner, 24)} to ${text6(inner, 8)}${options(inner.subarray(40))}${limit}`;
    default:
      return `icmp ${inner[0]}/${inner[1]} info ${number(inner, 4) * 65536 + number(inner, 6)} ${inner.length - 8} bytes`;
  }
}

function options(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8 * bytes[at + 1]!) {
    if (bytes[at + 1] === 0) return `${text} BROKEN`;
    const kind = bytes[at] === 1 ? "slla" : bytes[at] === 2 ? "tlla" : `option-${bytes[at]}`;
    text += ` ${kind}${bytes[at]! <= 2 ? ` ${name(bytes, at + 2)}` : ` ${8 * bytes[at + 1]!}`}`;
  }
  return text;
}
