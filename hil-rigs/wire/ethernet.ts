/** Builds the Ethernet header of the tester's frames, for every protocol. */
import { macBytes, word } from "./bytes.ts";
import { type Host, T1 } from "./hosts.ts";

export interface EthernetFields {
  /** The sender: default for src, sha and spa (ARP), or src and source address (IP). Default T1. */
  from?: Host;
  dst?: string;
  src?: string;
  ethertype?: number;
  /** Bytes behind the payload: padding or garbage. */
  trailer?: Uint8Array | number[];
  /** Number of bytes of the frame that are sent. */
  cut?: number;
}

export function ethernet(fields: EthernetFields, dst: string, ethertype: number, payload: readonly number[]): Uint8Array {
  const { from = T1, trailer = [], cut } = fields;
  const src = macBytes(fields.src ?? from.mac);
  const bytes = [...macBytes(fields.dst ?? dst), ...src, ...word(fields.ethertype ?? ethertype), ...payload, ...trailer];
  return Uint8Array.from(cut === undefined ? bytes : bytes.slice(0, cut));
}
