/** Builds the tester's IPv6 frames. Every field can be given, also a wrong value; the others are right. */
import { PLANS } from "../contract/plan.ts";
import { checksum, ip6Bytes, longWord, word } from "./bytes.ts";
import { type EthernetFields, ethernet } from "./ethernet.ts";
import { groupMac, isGroup } from "./hosts6.ts";

const { T1, dut } = PLANS[6];

/** A header between the IPv6 header and its payload: its number, and its bytes behind the next header's number (RFC 8200 4). */
export type Extension = readonly [type: number, bytes: readonly number[]];

export interface Ipv6Fields extends EthernetFields {
  source?: string;
  destination?: string;
  /** Hop limit. */
  hops?: number;
  /** Traffic class. */
  tclass?: number;
  extensions?: readonly Extension[];
  version?: number;
  /** Flow label. */
  flow?: number;
  /** The field's value. Default: the payload's length. */
  payloadLength?: number;
}

const HOPS = 64;

/** An IPv6 packet with any payload. */
export function ipv6(fields: Ipv6Fields, nextHeader: number, body: readonly number[]): Uint8Array {
  const { from = T1, source = from.ip, destination = dut.e0.ip, hops = HOPS, extensions = [] } = fields;
  const { version = 6, tclass = 0, flow = 0 } = fields;
  let [next, payload] = [nextHeader, body];
  for (const [type, bytes] of [...extensions].reverse()) {
    payload = [next, ...bytes, ...payload];
    next = type;
  }
  const { payloadLength = payload.length } = fields;
  const first = version * 0x1000_0000 + (tclass << 20) + flow;
  const header = [...longWord(first), ...word(payloadLength), next, hops];
  const dst = isGroup(destination) ? groupMac(destination) : dut.e0.mac;
  return ethernet(fields, dst, 0x86dd, [...header, ...ip6Bytes(source), ...ip6Bytes(destination), ...payload]);
}

/** With the sum of the pseudo header (RFC 8200 8.1) put at `at`. */
export function summed(fields: Ipv6Fields, protocol: number, at: number, body: readonly number[]): number[] {
  const { from = T1, source = from.ip, destination = dut.e0.ip } = fields;
  const pseudo = [...ip6Bytes(source), ...ip6Bytes(destination), ...longWord(body.length), 0, 0, 0, protocol];
  const sum = checksum([...pseudo, ...body]) || 0xffff;
  return [...body.slice(0, at), ...word(sum), ...body.slice(at + 2)];
}

export interface Icmp6Fields extends Ipv6Fields {
  code?: number;
  /** Added to the right checksum. */
  sumError?: number;
}

export const ICMPV6 = 58;
const UDP = 17;

/** The bytes of an ICMPv6 message (RFC 4443 2.1). @param body those behind its checksum */
export function icmp6Message(fields: Icmp6Fields, type: number, body: readonly number[]): number[] {
  const { code = 0, sumError = 0 } = fields;
  const message = summed(fields, ICMPV6, 2, [type, code, 0, 0, ...body]);
  const sum = ((message[2]! << 8) | message[3]!) + sumError;
  return [...message.slice(0, 2), ...word(sum & 0xffff), ...message.slice(4)];
}

export function icmp6(fields: Icmp6Fields, type: number, body: readonly number[]): Uint8Array {
  return ipv6(fields, ICMPV6, icmp6Message(fields, type, body));
}

/** A fragment header (RFC 8200 4.5). @param offset in bytes */
export function fragmentHeader(offset: number, more: boolean, id = 0x4242): Extension {
  return [44, [0, ...word((offset & 0xfff8) | (more ? 1 : 0)), ...longWord(id)]];
}

/** A packet in fragments of `size` bytes of its payload, in order. */
export function fragments6(fields: Ipv6Fields, nextHeader: number, body: readonly number[], size: number): Uint8Array[] {
  const all: Uint8Array[] = [];
  for (let at = 0; at < body.length; at += size) {
    const extensions = [...(fields.extensions ?? []), fragmentHeader(at, at + size < body.length)];
    all.push(ipv6({ ...fields, extensions }, nextHeader, body.slice(at, at + size)));
  }
  return all;
}

export interface Echo6Fields extends Icmp6Fields {
  identifier?: number;
  sequence?: number;
  payload?: string;
}

/** The bytes of an echo request. */
export function echo6Message(fields: Echo6Fields = {}): number[] {
  const { identifier = 1, sequence = 1, payload = "hi" } = fields;
  return icmp6Message(fields, 128, [...word(identifier), ...word(sequence), ...new TextEncoder().encode(payload)]);
}

/** An ICMPv6 echo request. */
export function echo6(fields: Echo6Fields = {}): Uint8Array {
  return ipv6(fields, ICMPV6, echo6Message(fields));
}

export interface Udp6Fields extends Ipv6Fields {
  sport?: number;
  dport?: number;
  payload?: string;
  /** The length field's value. Default: the segment's length. */
  length?: number;
  /** The checksum field's value. Default: the right one. */
  sum?: number;
}

/** UDP header and payload. */
export function udp6Segment(fields: Udp6Fields = {}): number[] {
  const { sport = 9, dport = 9, payload = "hi", sum } = fields;
  const data = [...new TextEncoder().encode(payload)];
  const { length = 8 + data.length } = fields;
  const header = [...word(sport), ...word(dport), ...word(length), 0, 0];
  // The checksum covers as much as the length says.
  const right = summed(fields, UDP, 6, [...header, ...data.slice(0, Math.max(0, length - 8))]).slice(6, 8);
  return [...header.slice(0, 6), ...(sum === undefined ? right : word(sum)), ...data];
}

export function udp6(fields: Udp6Fields = {}): Uint8Array {
  return ipv6(fields, UDP, udp6Segment(fields));
}
