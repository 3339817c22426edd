/** Builds the tester's TCP segments, in either family. Every field can be given, also a wrong value; the others are right. */
import { type AddressPlan, type Host, PLANS } from "../contract/plan.ts";
import { ipv4 } from "./build4.ts";
import { ipv6 } from "./build6.ts";
import { checksum, ip6Bytes, ipBytes, longWord, word } from "./bytes.ts";

export interface TcpFields {
  /** Default T1. */
  from?: Host;
  source?: string;
  destination?: string;
  sport?: number;
  dport?: number;
  /** Numbers of 32 bits; higher bits are cut off. */
  seq?: number;
  ack?: number;
  /** Letters of the control bits: `S`, `SA`, `FA`, `R`. Default `A`. */
  flags?: string;
  window?: number;
  options?: readonly number[];
  payload?: string | ArrayLike<number>;
  /** Added to the right checksum. */
  sumError?: number;
  /** The header's length as its field says it, in words. Default: its length. */
  words?: number;
}

/** The control bits by letter, from the lowest. */
export const TCP_LETTERS = "FSRPAUEC";
export const TCP = 6;

export function tcp(fields: TcpFields, plan: AddressPlan = PLANS[4]): Uint8Array {
  const { from = plan.T1, sport = 4000, dport = 80, seq = 0, ack = 0, flags = "A", window = 0xffff, options = [] } = fields;
  const { source = from.ip, destination = plan.dut.e0.ip, payload = "", sumError = 0 } = fields;
  const data = typeof payload === "string" ? [...new TextEncoder().encode(payload)] : Array.from(payload);
  const padding = Array<number>((4 - (options.length % 4)) % 4).fill(0);
  const length = 20 + options.length + padding.length;
  const { words = length / 4 } = fields;
  const bits = [...flags].reduce((sum, letter) => sum | (1 << TCP_LETTERS.indexOf(letter)), 0);
  const segment = [
    ...word(sport),
    ...word(dport),
    ...longWord(seq >>> 0),
    ...longWord(ack >>> 0),
    words << 4,
    bits,
    ...word(window),
    0,
    0,
    0,
    0,
    ...options,
    ...padding,
    ...data,
  ];
  const ends = plan.family === 4 ? [...ipBytes(source), ...ipBytes(destination)] : [...ip6Bytes(source), ...ip6Bytes(destination)];
  const sum = checksum([...ends, ...longWord(segment.length), 0, 0, 0, TCP, ...segment]) + sumError;
  segment.splice(16, 2, ...word(sum & 0xffff));
  const ip = { from, source, destination };
  return plan.family === 4 ? ipv4(ip, TCP, segment) : ipv6(ip, TCP, segment);
}

/** Options of TCP (RFC 9293 3.2, RFC 7323, RFC 2018). */
export function mss(bytes: number): number[] {
  return [2, 4, ...word(bytes)];
}
export const SACK_OK: readonly number[] = [4, 2];
export function windowScale(bits: number): number[] {
  return [3, 3, bits];
}
export function timestamps(value: number, echo: number): number[] {
  return [1, 1, 8, 10, ...longWord(value), ...longWord(echo >>> 0)];
}
/** Blocks of SACK. */
export function sacks(...blocks: readonly (readonly [begin: number, end: number])[]): number[] {
  const numbers = blocks.flatMap(([begin, end]) => [...longWord(begin >>> 0), ...longWord(end >>> 0)]);
  return [1, 1, 5, 2 + numbers.length, ...numbers];
}
