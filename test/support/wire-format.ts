/**
 * Frames for tests: built from fields and read back into plain values, without a line of the stack's own code, so that the two
 * can be held against each other. Every field of a built frame can be given a wrong value.
 */

export const BROADCAST = "ff:ff:ff:ff:ff:ff";
export const ZERO = "00:00:00:00:00:00";

export function mac(text: string): number[] {
  return text.split(":").map((octet) => Number.parseInt(octet, 16));
}

export function ip(text: string): number[] {
  return text.split(".").map(Number);
}

function word(value: number): number[] {
  return [(value >> 8) & 0xff, value & 0xff];
}

/** RFC 1071, byte by byte with the carry put back at each step. */
export function checksum(bytes: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) {
    sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    if (sum > 0xffff) sum -= 0xffff;
  }
  return 0xffff - sum;
}

export interface EthernetFields {
  to?: string;
  from?: string;
  type?: number;
}

function ethernet(fields: EthernetFields, to: string, from: string, type: number, body: number[]): Uint8Array {
  return Uint8Array.from([...mac(fields.to ?? to), ...mac(fields.from ?? from), ...word(fields.type ?? type), ...body]);
}

export interface ArpFields extends EthernetFields {
  hrd?: number;
  pro?: number;
  hln?: number;
  pln?: number;
  op?: number;
  sha?: string;
  sip?: string;
  tha?: string;
  tip?: string;
}

/** An ARP frame of 42 bytes; a request of 10.0.0.2 for 10.0.0.1 unless told otherwise. */
export function arp(fields: ArpFields = {}): Uint8Array {
  const { hrd = 1, pro = 0x0800, hln = 6, pln = 4, op = 1, sha = T1, sip = "10.0.0.2", tha = ZERO, tip = "10.0.0.1" } = fields;
  const body = [...word(hrd), ...word(pro), hln, pln, ...word(op), ...mac(sha), ...ip(sip), ...mac(tha), ...ip(tip)];
  return ethernet(fields, BROADCAST, sha, 0x0806, body);
}

/** An ARP answer to us, unicast. */
export function arpReply(fields: ArpFields = {}): Uint8Array {
  return arp({ op: 2, to: US, tha: US, ...fields });
}

export interface Ipv4Fields extends EthernetFields {
  version?: number;
  ihl?: number;
  tos?: number;
  /** Total length; default the true one. */
  length?: number;
  id?: number;
  fragment?: number;
  ttl?: number;
  protocol?: number;
  /** Header checksum; default the true one. */
  headerSum?: number;
  source?: string;
  destination?: string;
  options?: number[];
}

export function ipv4Frame(fields: Ipv4Fields, protocol: number, payload: ArrayLike<number>): Uint8Array {
  const {
    version = 4,
    options = [],
    tos = 0,
    id = 0,
    fragment = 0,
    ttl = 64,
    source = "10.0.0.2",
    destination = "10.0.0.1",
  } = fields;
  const ihl = fields.ihl ?? 5 + options.length / 4;
  const total = fields.length ?? 20 + options.length + payload.length;
  const header = [(version << 4) | ihl, tos, ...word(total), ...word(id), ...word(fragment), ttl, fields.protocol ?? protocol];
  header.push(0, 0, ...ip(source), ...ip(destination), ...options);
  header.splice(10, 2, ...word(fields.headerSum ?? checksum(header)));
  return ethernet(fields, US, T1, 0x0800, [...header, ...Array.from(payload)]);
}

export interface UdpFields extends Ipv4Fields {
  sport?: number;
  dport?: number;
  udpLength?: number;
  /** 0: none. Default the true one. */
  udpSum?: number;
}

export function udp(fields: UdpFields, payload: ArrayLike<number> | string): Uint8Array {
  const { sport = 4000, dport = 5000, source = "10.0.0.2", destination = "10.0.0.1" } = fields;
  const data = typeof payload === "string" ? Array.from(Buffer.from(payload)) : Array.from(payload);
  const length = fields.udpLength ?? 8 + data.length;
  const header = [...word(sport), ...word(dport), ...word(length)];
  const pseudo = [...ip(source), ...ip(destination), 0, 17, ...word(length)];
  const sum = fields.udpSum ?? (checksum([...pseudo, ...header, 0, 0, ...data.slice(0, length - 8)]) || 0xffff);
  return ipv4Frame(fields, 17, [...header, ...word(sum), ...data]);
}

export interface IcmpFields extends Ipv4Fields {
  icmpType?: number;
  code?: number;
  icmpId?: number;
  sequence?: number;
  icmpSum?: number;
}

/** An echo request of 10.0.0.2 to us unless told otherwise. */
export function icmp(fields: IcmpFields, data: ArrayLike<number> = []): Uint8Array {
  const { icmpType = 8, code = 0, icmpId = 1, sequence = 1 } = fields;
  const message = [icmpType, code, 0, 0, ...word(icmpId), ...word(sequence), ...Array.from(data)];
  message.splice(2, 2, ...word(fields.icmpSum ?? checksum(message)));
  return ipv4Frame(fields, 1, message);
}

/** The stations of every test: the stack, and the two hardware addresses that a tester may have. */
export const US = "02:00:00:00:00:01";
export const T1 = "02:00:00:00:00:02";
export const T2 = "02:00:00:00:00:77";

const NICKNAMES = new Map([
  [US, "us"],
  [T1, "T1"],
  [T2, "T2"],
  [BROADCAST, "all"],
  [ZERO, "zero"],
]);

function name(bytes: Uint8Array, at: number): string {
  const text = Array.from(bytes.subarray(at, at + 6), (octet) => octet.toString(16).padStart(2, "0")).join(":");
  return NICKNAMES.get(text) ?? text;
}

function dotted(bytes: Uint8Array, at: number): string {
  return bytes.subarray(at, at + 4).join(".");
}

function number(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

/** The contents of a frame. `line` is the part that tests usually ask for, in tcpdump's manner. */
export interface Decoded {
  line: string;
  to: string;
  from: string;
  type: number;
  /** Behind the innermost header that is known, without padding. */
  payload: Uint8Array;
  /** The faults in lengths and checksums; empty when there is none. */
  faults: string[];
}

export function decode(frame: Uint8Array): Decoded {
  const to = name(frame, 0);
  const from = name(frame, 6);
  const type = number(frame, 12);
  const body = frame.subarray(14);
  const faults: string[] = [];
  if (frame.length < 60) faults.push(`frame of ${frame.length} bytes`);
  if (type === 0x0806) return { line: `${arpLine(body)} > ${to}`, to, from, type, payload: body.subarray(28), faults };
  if (type !== 0x0800) return { line: `type ${type.toString(16)} > ${to}`, to, from, type, payload: body, faults };
  if (checksum(body.subarray(0, 20)) !== 0) faults.push("IP checksum");
  const total = number(body, 2);
  if (body.subarray(total).some((octet) => octet !== 0)) faults.push("padding is not zero");
  const source = dotted(body, 12);
  const destination = dotted(body, 16);
  const inner = body.subarray(20, total);
  if (body[9] === 17) {
    const pseudo = [...body.subarray(12, 20), 0, 17, ...word(inner.length)];
    if (number(inner, 6) === 0) faults.push("no UDP checksum");
    if (checksum([...pseudo, ...inner]) !== 0) faults.push("UDP checksum");
    if (number(inner, 4) !== inner.length) faults.push("UDP length");
    const payload = inner.subarray(8);
    const text = payload.length <= 20 ? ` ${Buffer.from(payload).toString("latin1")}` : ` ${payload.length} bytes`;
    return { line: `udp ${source} ${destination}:${number(inner, 2)}${text} > ${to}`, to, from, type, payload, faults };
  }
  if (checksum(inner) !== 0) faults.push("ICMP checksum");
  const what = inner[0] === 0 ? "echo-reply" : inner[0] === 8 ? "echo-request" : `icmp ${inner[0]}/${inner[1]}`;
  const line = `${what} ${source} ${destination} id ${number(inner, 4)} seq ${number(inner, 6)} > ${to}`;
  return { line, to, from, type, payload: inner.subarray(8), faults };
}

function arpLine(body: Uint8Array): string {
  const fixed = `${number(body, 0)} ${number(body, 2)} ${body[4]} ${body[5]}`;
  const wrong = fixed === "1 2048 6 4" ? "" : ` (${fixed})`;
  const op = number(body, 6);
  const [sha, sip, tha, tip] = [name(body, 8), dotted(body, 14), name(body, 18), dotted(body, 24)];
  if (op === 1) return `who-has ${tip} tell ${sip} ${sha}${tha === "zero" ? "" : ` tha ${tha}`}${wrong}`;
  return `reply ${sip} is-at ${sha} for ${tip} ${tha}${wrong}`;
}
