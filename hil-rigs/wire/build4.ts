/** Builds the tester's IPv4 frames. Every field can be given, also a wrong value; the others are right. */
import { checksum, ipBytes, word } from "./bytes.ts";
import { type EthernetFields, ethernet } from "./ethernet.ts";
import { DUT, T1 } from "./hosts.ts";

/** RFC 791 3.1. */
export interface Ipv4Fields extends EthernetFields {
  source?: string;
  destination?: string;
  version?: number;
  /** The header's length as its field says it, in words of four bytes. Default: its length. */
  words?: number;
  tos?: number;
  /** The field's value. Default: the packet's length. */
  totalLength?: number;
  id?: number;
  /** The three flags: reserved 4, don't fragment 2, more fragments 1. */
  flags?: number;
  /** Offset of a fragment, in bytes. */
  offset?: number;
  ttl?: number;
  /** Added to the right checksum of the header. */
  sumError?: number;
  /** Filled up to a multiple of four with zeros, which end the list. */
  options?: readonly number[];
}

/** An IPv4 packet with any payload. */
export function ipv4(fields: Ipv4Fields, protocol: number, body: readonly number[]): Uint8Array {
  const { from = T1, source = from.ip, destination = DUT.ip, ttl = 64, id = 0x4242, tos = 0, version = 4 } = fields;
  const { options = [], flags = 0, offset = 0, sumError = 0 } = fields;
  const padding = Array<number>((4 - (options.length % 4)) % 4).fill(0);
  const length = 20 + options.length + padding.length;
  const { words = length / 4, totalLength = length + body.length } = fields;
  const header = [
    (version << 4) | words,
    tos,
    ...word(totalLength),
    ...word(id),
    ...word((flags << 13) | (offset >> 3)),
    ttl,
    protocol,
    0,
    0,
    ...ipBytes(source),
    ...ipBytes(destination),
    ...options,
    ...padding,
  ];
  header.splice(10, 2, ...word((checksum(header) + sumError) & 0xffff));
  return ethernet(fields, DUT.mac, 0x0800, [...header, ...body]);
}

/** A packet in fragments of `size` bytes of its payload, in order. */
export function fragments(fields: Ipv4Fields, protocol: number, body: readonly number[], size: number): Uint8Array[] {
  const all: Uint8Array[] = [];
  for (let at = 0; at < body.length; at += size) {
    const more = at + size < body.length ? 1 : 0;
    all.push(ipv4({ ...fields, flags: more, offset: at }, protocol, body.slice(at, at + size)));
  }
  return all;
}

export interface UdpFields extends Ipv4Fields {
  sport?: number;
  dport?: number;
  payload?: string | readonly number[];
  /** The length field's value. Default: the segment's length. */
  length?: number;
  /** The checksum field's value. Default: the right one. */
  sum?: number;
}

/** UDP header and payload. */
export function udpSegment(fields: UdpFields = {}): number[] {
  const { from = T1, source = from.ip, destination = DUT.ip, sport = 9, dport = 9, payload = "hi", sum } = fields;
  const data = typeof payload === "string" ? [...new TextEncoder().encode(payload)] : payload;
  const { length = 8 + data.length } = fields;
  const segment = [...word(sport), ...word(dport), ...word(length), 0, 0, ...data];
  const pseudo = [...ipBytes(source), ...ipBytes(destination), 0, 17, ...word(length)];
  segment.splice(6, 2, ...word(sum ?? (checksum([...pseudo, ...segment]) || 0xffff)));
  return segment;
}

export function udp(fields: UdpFields = {}): Uint8Array {
  return ipv4(fields, 17, udpSegment(fields));
}

export interface IcmpFields extends Ipv4Fields {
  code?: number;
  /** Added to the right checksum of the message. */
  icmpSumError?: number;
}

/** The bytes of an ICMP message (RFC 792). @param rest those behind its checksum */
export function icmpMessage(type: number, rest: readonly number[], fields: IcmpFields = {}): number[] {
  const { code = 0, icmpSumError = 0 } = fields;
  const message = [type, code, 0, 0, ...rest];
  message.splice(2, 2, ...word((checksum(message) + icmpSumError) & 0xffff));
  return message;
}

export function icmp(fields: IcmpFields, type: number, rest: readonly number[]): Uint8Array {
  return ipv4(fields, 1, icmpMessage(type, rest, fields));
}

export interface EchoFields extends IcmpFields {
  identifier?: number;
  sequence?: number;
  payload?: string;
}

/** An echo request behind its checksum. */
export function echoRest(fields: EchoFields = {}): number[] {
  const { identifier = 1, sequence = 1, payload = "hi" } = fields;
  return [...word(identifier), ...word(sequence), ...new TextEncoder().encode(payload)];
}

/** An ICMP echo request. */
export function echo(fields: EchoFields = {}): Uint8Array {
  return icmp(fields, 8, echoRest(fields));
}
