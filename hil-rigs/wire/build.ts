/** Builds the tester's frames. Every field can be given, also a wrong value; the others are right. */
import { ipBytes, macBytes, word } from "./bytes.ts";
import { type EthernetFields, ethernet } from "./ethernet.ts";
import { BROADCAST, DUT, T1, ZERO } from "./hosts.ts";

/** RFC 826 names: h(ardware) and p(rotocol) type and length, s(ender) and t(arget) h and p address. */
export interface ArpFields extends EthernetFields {
  htype?: number;
  ptype?: number;
  hlen?: number;
  plen?: number;
  op?: number;
  sha?: string;
  spa?: string;
  tha?: string;
  tpa?: string;
}

function arp(fields: ArpFields, op: number, dst: string, tha: string): Uint8Array {
  const { from = T1 } = fields;
  const { htype = 1, ptype = 0x0800, hlen = 6, plen = 4, sha = from.mac, spa = from.ip, tpa = DUT.ip } = fields;
  return ethernet(fields, dst, 0x0806, [
    ...word(htype),
    ...word(ptype),
    hlen,
    plen,
    ...word(fields.op ?? op),
    ...macBytes(sha),
    ...ipBytes(spa),
    ...macBytes(fields.tha ?? tha),
    ...ipBytes(tpa),
  ]);
}

/** `from` asks everybody for 10.0.0.1. */
export function arpRequest(fields: ArpFields = {}): Uint8Array {
  return arp(fields, 1, BROADCAST, ZERO);
}

/** `from` tells the DUT alone where it is. */
export function arpReply(fields: ArpFields = {}): Uint8Array {
  return arp(fields, 2, DUT.mac, fields.dst ?? DUT.mac);
}

/** `from` tells everybody where it is, asking for itself (RFC 5227 section 3: an announcement). */
export function arpAnnounce(fields: ArpFields = {}): Uint8Array {
  return arp({ tpa: (fields.from ?? T1).ip, ...fields }, 1, BROADCAST, ZERO);
}

/** `from` tells everybody where it is, by an unasked answer: both hardware addresses are its own. */
export function arpAnnounceReply(fields: ArpFields = {}): Uint8Array {
  const { mac, ip } = fields.from ?? T1;
  return arp({ tpa: ip, ...fields }, 2, BROADCAST, fields.sha ?? mac);
}

/** `from` asks whether any host has `tpa`, before it takes the address for itself (RFC 5227 2.1.1): sender address 0.0.0.0. */
export function arpProbe(fields: ArpFields = {}): Uint8Array {
  return arp({ spa: "0.0.0.0", ...fields }, 1, BROADCAST, ZERO);
}
