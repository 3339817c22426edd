/** Messages about groups between routers and hosts (RFC 3376, RFC 3810), built and read without the stack's code. */
import { checksum, type Ipv4Fields, ip, ipv4Frame } from "./wire-format.ts";
import { text6 } from "./wire-format6.ts";

export interface IgmpFields extends Ipv4Fields {
  /** Default a query. */
  igmpType?: number;
  /** 0.0.0.0: all groups. */
  group?: string;
  /** Maximum response code, in tenths of a second. */
  code?: number;
  robustness?: number;
  /** Seconds between two queries. */
  interval?: number;
  sources?: string[];
  igmpSum?: number;
  /** Bytes behind the message. */
  behind?: number[];
}

const ALERT = [0x94, 4, 0, 0];

function word(value: number): number[] {
  return [value >> 8, value & 0xff];
}

/** A message of versions 1 and 2: a query, unless told otherwise. */
export function igmp2(fields: IgmpFields = {}): Uint8Array {
  return igmp(fields, []);
}

/** A query of version 3. */
export function igmpQuery(fields: IgmpFields = {}): Uint8Array {
  const { robustness = 2, interval = 125, sources = [] } = fields;
  return igmp(fields, [robustness, interval, ...word(sources.length), ...sources.flatMap(ip)]);
}

function igmp(fields: IgmpFields, back: number[]): Uint8Array {
  const { igmpType = 0x11, group = "0.0.0.0", code = 1, behind = [] } = fields;
  const destination = fields.destination ?? (group === "0.0.0.0" ? "224.0.0.1" : group);
  const [, b = 0, c = 0, d = 0] = ip(destination);
  const to = fields.to ?? `01:00:5e:${[b & 0x7f, c, d].map((octet) => octet.toString(16).padStart(2, "0")).join(":")}`;
  const message = [igmpType, code, 0, 0, ...ip(group), ...back, ...behind];
  message.splice(2, 2, ...word(fields.igmpSum ?? checksum(message)));
  return ipv4Frame({ ttl: 1, options: ALERT, ...fields, destination, to }, 2, message);
}

/** The solicited-node group of the station under test, which is not spoken of. */
const OWN_GROUP = "ff02::1:ff00:1";

/**
 * Returns what a frame tells routers, null for any other: `4 239.1.2.3, 5 239.1.2.4 {10.0.0.5}` for the records of a report of IGMPv3 or
 * MLDv2, `v2 report 239.1.2.3`, `v1 done ff05::99` for those of old versions; with what is wrong with it behind.
 */
export function groupLine(frame: Uint8Array): string | null {
  const type = (frame[12]! << 8) | frame[13]!;
  if (type === 0x0800 && frame[23] === 2) return igmpLine(frame);
  if (type !== 0x86dd || frame[20] !== 0) return null;
  const length = (frame[18]! << 8) | frame[19]!;
  const message = frame.subarray(62, 54 + length);
  const kind = { 131: "v1 report", 132: "v1 done" }[message[0]!];
  if (kind === undefined) return message[0] === 143 ? records(message, 16, text6) : null;
  const group = text6(message, 8);
  return group === OWN_GROUP ? null : `${kind} ${group}`;
}

function igmpLine(frame: Uint8Array): string {
  const packet = frame.subarray(14, 14 + ((frame[16]! << 8) | frame[17]!));
  const header = packet.subarray(0, (packet[0]! & 15) * 4);
  const message = packet.subarray(header.length);
  const dotted = (bytes: Uint8Array, at: number): string => bytes.subarray(at, at + 4).join(".");
  const to = dotted(header, 16);
  const faults: string[] = [];
  if (header[1] !== 0xc0 || header[6] !== 0x40 || header[8] !== 1) faults.push("service, DF or TTL");
  if (header[4] !== 0 || header[5] !== 0) faults.push("an identification");
  if (Buffer.compare(header.subarray(20), Uint8Array.from(ALERT)) !== 0) faults.push("no router alert");
  if (checksum(header) !== 0 || checksum(message) !== 0) faults.push("checksum");
  if (dotted(header, 12) !== "10.0.0.1") faults.push(`from ${dotted(header, 12)}`);
  const kind = { 18: "v1 report", 22: "v2 report", 23: "v2 leave" }[message[0]!];
  const group = dotted(message, 4);
  const line = (kind === undefined ? records(message, 4, dotted) : `${kind} ${group}`) ?? "no records";
  const right = kind === undefined ? "224.0.0.22" : kind === "v2 leave" ? "224.0.0.2" : group;
  if (to !== right) faults.push(`to ${to}`);
  return [line, ...faults].join("; ");
}

function records(message: Uint8Array, size: number, text: (bytes: Uint8Array, at: number) => string): string | null {
  const lines: string[] = [];
  let at = 8;
  while (at < message.length) {
    const count = (message[at + 2]! << 8) | message[at + 3]!;
    const sources = Array.from({ length: count }, (_, one) => text(message, at + 4 + size * (1 + one)));
    lines.push(`${message[at]} ${text(message, at + 4)}${count > 0 ? ` {${sources.join(",")}}` : ""}`);
    at += 4 + size * (1 + count);
  }
  const right = at === message.length && lines.length === ((message[6]! << 8) | message[7]!);
  const others = lines.filter((line) => !line.endsWith(OWN_GROUP));
  return right && others.length === 0 ? null : `${others.join(", ")}${right ? "" : "; lengths"}`;
}
