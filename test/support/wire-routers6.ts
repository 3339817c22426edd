/** Messages of routers for tests: queries for listeners (RFC 3810, RFC 2710) and advertisements (RFC 4861), built without the stack's code. */
import { mac, T1 } from "./wire-format.ts";
import { type Icmp6Fields, icmp6, icmp6Message, ip6, ip6Frame, PEER_LL } from "./wire-format6.ts";

export interface MldFields extends Icmp6Fields {
  /** Default: all groups. */
  group?: string;
  /** Maximum response delay, in ms. Default 1000. */
  delay?: number;
  robustness?: number;
  /** Seconds between two queries. */
  interval?: number;
  sources?: string[];
  /** Bytes behind a message of version 1. */
  behind?: number[];
  /** The hop-by-hop header; empty for none. */
  alert?: number[];
}

/** A hop-by-hop header with a router alert. */
const ALERT = [58, 0, 5, 2, 0, 0, 1, 0];

function word(value: number): number[] {
  return [(value >> 8) & 0xff, value & 0xff];
}

function behindAlert(fields: MldFields, type: number, body: number[]): Uint8Array {
  const { alert = ALERT } = fields;
  const message = icmp6Message(fields, type, body);
  return ip6Frame({ hops: 1, ...fields }, alert.length > 0 ? 0 : 58, [...alert, ...message]);
}

function mld1Body({ group = "::", delay = 1000 }: MldFields): number[] {
  return [...word(delay), 0, 0, ...ip6(group)];
}

function ends({ group }: MldFields): { source: string; destination: string } {
  return { source: PEER_LL, destination: group ?? "ff02::1" };
}

/** A query of version 1. */
export function mldQuery1(fields: MldFields = {}): Uint8Array {
  return behindAlert({ ...ends(fields), ...fields }, 130, [...mld1Body(fields), ...(fields.behind ?? [])]);
}

/** A query of version 2. */
export function mldQuery(fields: MldFields = {}): Uint8Array {
  const { robustness = 2, interval = 125, sources = [] } = fields;
  const back = [robustness, interval, ...word(sources.length), ...sources.flatMap((source) => ip6(source))];
  return behindAlert({ ...ends(fields), ...fields }, 130, [...mld1Body(fields), ...back]);
}

/** The report of another listener, of version 1. */
export function mldReport1(group: string, fields: MldFields = {}): Uint8Array {
  return behindAlert({ ...ends({ group }), group, delay: 0, ...fields }, 131, mld1Body({ group, delay: 0 }));
}

function long(value: number): number[] {
  return [...word(value >>> 16), ...word(value & 0xffff)];
}

export interface RaFields extends Icmp6Fields {
  /** The hop limit that it tells of. Default 64. */
  limit?: number;
  flags?: number;
  /** Seconds. Default 1800. */
  lifetime?: number;
  /** Milliseconds. */
  reachable?: number;
  retrans?: number;
  /** The router's link address; null for none. Default the frame's. */
  link?: string | null;
  options?: number[];
}

/** An advertisement of the tester as router, to all nodes. */
export function ra(fields: RaFields = {}): Uint8Array {
  const { limit = 64, flags = 0, lifetime = 1800, reachable = 0, retrans = 0, options = [] } = fields;
  const link = fields.link === undefined ? (fields.from ?? T1) : fields.link;
  const slla = link === null ? [] : [1, 1, ...mac(link)];
  const body = [limit, flags, ...word(lifetime), ...long(reachable), ...long(retrans), ...slla, ...options];
  return icmp6({ hops: 255, destination: "ff02::1", ...fields }, 134, body);
}

/** A host's question for routers. */
export function rs(fields: Icmp6Fields & { link?: string | null } = {}): Uint8Array {
  const { link = T1 } = fields;
  const slla = link === null ? [] : [1, 1, ...mac(link)];
  return icmp6({ hops: 255, destination: "ff02::2", ...fields }, 133, [0, 0, 0, 0, ...slla]);
}

export interface RedirectFields extends Icmp6Fields {
  /** The better next hop. Default the destination. */
  target?: string;
  /** The destination that it is about. */
  about: string;
  /** The link address of the next hop; null for none. */
  link?: string | null;
  options?: number[];
}

/** A router's word that there is a better next hop. */
export function redirect(fields: RedirectFields): Uint8Array {
  const { about, target = about, link = T1, options = [] } = fields;
  const tlla = link === null ? [] : [2, 1, ...mac(link)];
  return icmp6({ hops: 255, ...fields }, 137, [0, 0, 0, 0, ...ip6(target), ...ip6(about), ...tlla, ...options]);
}

/** A redirected header option that quotes a frame's packet. */
export function quoted(frame: Uint8Array): number[] {
  const packet = Array.from(frame.subarray(14));
  while (packet.length % 8 !== 0) packet.push(0);
  return [4, packet.length / 8 + 1, 0, 0, 0, 0, 0, 0, ...packet];
}

export interface PrefixFields {
  length?: number;
  /** Default on the link and for addresses. */
  flags?: number;
  /** Seconds. */
  valid?: number;
  preferred?: number;
}

/** A prefix information option. */
export function pio(prefix: string, fields: PrefixFields = {}): number[] {
  const { length = 64, flags = 0xc0, valid = 3600, preferred = 1800 } = fields;
  return [3, 4, length, flags, ...long(valid), ...long(preferred), 0, 0, 0, 0, ...ip6(prefix)];
}

/** A route information option of so many units. */
export function rio(prefix: string, length: number, lifetime: number, preference: number, units: number): number[] {
  return [24, units, length, preference << 3, ...long(lifetime), ...ip6(prefix).slice(0, 8 * (units - 1))];
}

export function mtuOption(mtu: number): number[] {
  return [5, 1, 0, 0, ...long(mtu)];
}
