/** The 82540EM's receive filters: exact addresses, hash table, broadcast, VLAN. */
import { isBroadcast } from "../../kit/receive-filter.ts";
import type { Quirks } from "./quirks.ts";
import * as R from "./registers.ts";

/** The type/length field. */
export function typeOf(bytes: Uint8Array): number {
  return (bytes[12]! << 8) | bytes[13]!;
}

/** Verdicts of the filters. HASHED: the hash table alone let the frame in, and may have meant another address. */
export const REJECTED = 0;
export const ACCEPTED = 1;
export const HASHED = 2;

/** Address and VLAN filters (section 3.2.1): both have to let a frame in. */
export function filter(registers: R.RegisterFile, quirks: Readonly<Quirks>, bytes: Uint8Array): number {
  const control = registers.get(R.RCTL);
  if ((control & R.RCTL_VFE) !== 0 && typeOf(bytes) === registers.get(R.VET)) {
    const tag = (bytes[14]! << 8) | bytes[15]!;
    const canonical = (tag & 0x1000) !== 0;
    if ((control & R.RCTL_CFIEN) !== 0 && canonical !== ((control & R.RCTL_CFI) !== 0)) return REJECTED;
    const id = tag & 0xfff;
    if (!registers.has(R.VFTA + 4 * (id >> 5), 1 << (id & 31))) return REJECTED;
  }
  const group = (bytes[0]! & 1) !== 0;
  if ((control & (group ? R.RCTL_MPE : R.RCTL_UPE)) !== 0) return ACCEPTED;
  if ((control & R.RCTL_BAM) !== 0 && isBroadcast(bytes, 0)) return ACCEPTED;
  if (isListed(registers, bytes)) return ACCEPTED;
  const hashed = (group || quirks.hashesUnicast) && isHashed(registers, bytes, (control >> R.RCTL_MO_SHIFT) & 3);
  return hashed ? HASHED : REJECTED;
}

/** One of the exact addresses; the first octet on the wire is the lowest byte of RAL. */
function isListed(registers: R.RegisterFile, bytes: Uint8Array): boolean {
  const low = bytes[0]! | (bytes[1]! << 8) | (bytes[2]! << 16) | (bytes[3]! << 24) | 0;
  const high = bytes[4]! | (bytes[5]! << 8);
  for (let entry = 0; entry < 8 * R.ADDRESSES; entry += 8) {
    const upper = registers.get(R.RAH + entry);
    if ((upper & R.RAH_AV) !== 0 && (upper & 0xffff) === high && (registers.get(R.RAL + entry) | 0) === low) return true;
  }
  return false;
}

/** Takes twelve bits out of the last two octets, as MO selects: bits 47:36, 46:35, 45:34 or 43:32 of the address (table 13-67). */
export function hashOf(bytes: Uint8Array, offset: number): number {
  const shift = offset === 3 ? 0 : 4 - offset;
  return ((bytes[4]! | (bytes[5]! << 8)) >> shift) & 0xfff;
}

function isHashed(registers: R.RegisterFile, bytes: Uint8Array, offset: number): boolean {
  const hash = hashOf(bytes, offset);
  return registers.has(R.MTA + 4 * (hash >> 5), 1 << (hash & 31));
}
