/** Builds a DHCP server's messages. Every field can be given, also a wrong value; the others answer the client's message. */
import type { DhcpFrame } from "../contract/frame.ts";
import type { Host } from "../contract/plan.ts";
import { type UdpFields, udp } from "./build4.ts";
import { ipBytes, longWord, macBytes, word } from "./bytes.ts";
import { BROADCAST, T1 } from "./hosts.ts";
import { DHCP_CLIENT, DHCP_SERVER, DHCP_TYPES } from "./parse-dhcp.ts";

export type DhcpOption = readonly [code: number, value: readonly number[]];

export interface DhcpFields extends Pick<UdpFields, "sum" | "cut" | "dport" | "sport"> {
  /** Default T1. */
  from?: Host;
  op?: number;
  htype?: number;
  xid?: number;
  yiaddr?: string;
  chaddr?: string;
  cookie?: number;
  /** Option 54; null leaves it out. Default: the sender's address. */
  server?: string | null;
  /** In s: the lease, T1, T2; 0 leaves the option out. */
  lease?: number;
  renewal?: number;
  rebinding?: number;
  /** Subnet mask. Default 255.255.255.0; null leaves it out. */
  mask?: string | null;
  router?: string | null;
  /** More options, behind the others. */
  options?: readonly DhcpOption[];
  /** All options but the type are in the field `file` (RFC 2132 9.3). */
  overloaded?: boolean;
  /** The bytes where options stand, instead. */
  raw?: readonly number[];
}

/** A lease that the tester's server gives. */
export const LEASED = "10.0.0.50";

const FILE = 108;
const FILE_BYTES = 128;

/** A server's answer to a client's message. It goes to the client alone, unless that asks for a broadcast, or it is a NAK. */
export function dhcpReply(request: DhcpFrame, type: "OFFER" | "ACK" | "NAK", fields: DhcpFields = {}): Uint8Array {
  const { from = T1, op = 2, htype = 1, xid = request.xid, chaddr = request.chaddr, cookie = 0x63825363 } = fields;
  const nak = type === "NAK";
  const { yiaddr = nak ? "0.0.0.0" : LEASED, server = from.ip, overloaded = false } = fields;
  const kind: DhcpOption = [53, [DHCP_TYPES.indexOf(type)]];
  const more = [
    ...(server === null ? [] : [[54, ipBytes(server)] as const]),
    ...(nak ? [] : terms(fields)),
    ...(fields.options ?? []),
  ];
  const first = overloaded ? [kind, [52, [1]] as const] : [kind, ...more];
  const options = fields.raw ?? [...first.flatMap(bytesOf), 255];
  const head = [
    op,
    htype,
    6,
    0,
    ...longWord(xid),
    ...word(0),
    ...word(request.broadcast ? 0x8000 : 0),
    ...ipBytes(request.ciaddr),
    ...ipBytes(yiaddr),
    ...Array<number>(8).fill(0),
    ...macBytes(chaddr),
    ...Array<number>(236 - 34).fill(0),
    ...longWord(cookie),
  ];
  if (overloaded) head.splice(FILE, FILE_BYTES, ...filled([...more.flatMap(bytesOf), 255], FILE_BYTES));
  const payload = filled([...head, ...options], 300);
  const known = request.ciaddr !== "0.0.0.0";
  const toAll = nak || (request.broadcast && !known);
  const destination = toAll ? "255.255.255.255" : known ? request.ciaddr : yiaddr;
  const { sport = DHCP_SERVER, dport = DHCP_CLIENT, sum, cut } = fields;
  const wrong = { ...(sum !== undefined && { sum }), ...(cut !== undefined && { cut }) };
  return udp({ from, sport, dport, destination, dst: toAll ? BROADCAST : request.src, payload, ...wrong });
}

function terms({ lease = 3600, renewal = 0, rebinding = 0, mask = "255.255.255.0", router = null }: DhcpFields): DhcpOption[] {
  const times: DhcpOption[] = [
    [51, longWord(lease)],
    [58, longWord(renewal)],
    [59, longWord(rebinding)],
  ];
  const given = times.filter((_, at) => [lease, renewal, rebinding][at]! > 0);
  if (mask !== null) given.push([1, ipBytes(mask)]);
  if (router !== null) given.push([3, ipBytes(router)]);
  return given;
}

function bytesOf([code, value]: DhcpOption): number[] {
  return [code, value.length, ...value];
}

function filled(bytes: readonly number[], length: number): number[] {
  return [...bytes, ...Array<number>(Math.max(0, length - bytes.length)).fill(0)];
}
