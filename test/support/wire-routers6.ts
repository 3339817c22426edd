/** Messages of routers for tests: queries for listeners (RFC 3810, RFC 2710), built from fields without a line of the stack's own code. */
import { type Icmp6Fields, icmp6Message, ip6, ip6Frame, PEER_LL } from "./wire-format6.ts";

export interface MldFields extends Icmp6Fields {
  /** Default: all groups. */
  group?: string;
  /** Maximum response delay, in ms. Default 1000. */
  delay?: number;
  robustness?: number;
  /** Seconds between two queries. */
  interval?: number;
  sources?: string[];
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
  return behindAlert({ ...ends(fields), ...fields }, 130, mld1Body(fields));
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
