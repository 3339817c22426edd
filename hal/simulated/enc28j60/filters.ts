/** The ENC28J60's receive filters: unicast, pattern, Magic Packet, hash table, multicast, broadcast. */
import { crcRegister } from "../../kit/fcs.ts";
import { isBroadcast } from "../../kit/receive-filter.ts";
import type { Errata } from "./errata.ts";
import { internetChecksum } from "./internet-checksum.ts";
import {
  ANDOR,
  BCEN,
  CRCEN,
  EHT0,
  EPMCSL,
  EPMM0,
  EPMOL,
  ERXFCON,
  HTEN,
  MAADR,
  MCEN,
  MPEN,
  PMEN,
  type RegisterFile,
  UCEN,
} from "./registers.ts";

const PATTERN_WINDOW = 64;
const HEADER = 14;
const MAGIC_SYNC = 6;
const MAGIC_REPEATS = 16;

/** The filters that choose by content; CRCEN holds for each frame besides. */
const CHOICES = UCEN | PMEN | MPEN | HTEN | MCEN | BCEN;

/** Tells whether the receive filters let a frame in (section 8). `fcs` is the check sequence behind its bytes. */
export function accepts(
  registers: RegisterFile,
  errata: Errata,
  bytes: Uint8Array,
  length: number,
  fcs: number,
  fcsOk: boolean,
): boolean {
  const config = registers.get(ERXFCON);
  if ((config & CRCEN) !== 0 && !fcsOk) return false;
  if ((config & CHOICES) === 0) return true;
  const all = (config & ANDOR) !== 0;
  // With OR the first match decides, with AND the first miss.
  for (let filter = UCEN; filter !== 0; filter >>= 1) {
    if ((config & CHOICES & filter) === 0) continue;
    // Erratum 18: the pattern filter sees a match where there is none.
    const match = matches(filter, registers, bytes, length, fcs) || (filter === PMEN && errata.strikes(18));
    if (match !== all) return !all;
  }
  return all;
}

function matches(filter: number, registers: RegisterFile, bytes: Uint8Array, length: number, fcs: number): boolean {
  switch (filter) {
    case UCEN:
      return isStation(registers, bytes, 0);
    case PMEN:
      return matchesPattern(registers, bytes, length, fcs);
    case MPEN:
      return isStation(registers, bytes, 0) && hasMagic(registers, bytes, length);
    case HTEN: {
      const index = hashIndex(bytes);
      return registers.has(EHT0 + (index >> 3), 1 << (index & 7));
    }
    case MCEN:
      return (bytes[0]! & 1) !== 0;
    default:
      return isBroadcast(bytes, 0);
  }
}

/** Tells whether the address at bytes[at] is the station's. */
export function isStation(registers: RegisterFile, bytes: Uint8Array, at: number): boolean {
  for (let octet = 0; octet < 6; octet++) if (bytes[at + octet] !== registers.get(MAADR[octet]!)) return false;
  return true;
}

/** Six FFh, then the station address sixteen times, anywhere in the data field (section 8.3). */
function hasMagic(registers: RegisterFile, bytes: Uint8Array, length: number): boolean {
  const last = length - MAGIC_SYNC - 6 * MAGIC_REPEATS;
  for (let at = HEADER; at <= last; at++) if (isBroadcast(bytes, at) && hasRepeats(registers, bytes, at + MAGIC_SYNC)) return true;
  return false;
}

function hasRepeats(registers: RegisterFile, bytes: Uint8Array, at: number): boolean {
  for (let repeat = 0; repeat < MAGIC_REPEATS; repeat++) if (!isStation(registers, bytes, at + 6 * repeat)) return false;
  return true;
}

/**
 * The Internet checksum (RFC 1071) of the selected bytes, packed together and filled up with a zero byte, against EPMCS. A window
 * that reaches beyond the end of the FCS never matches (section 8.2).
 */
function matchesPattern(registers: RegisterFile, bytes: Uint8Array, length: number, fcs: number): boolean {
  const offset = registers.word(EPMOL);
  if (offset + PATTERN_WINDOW > length + 4) return false;
  let sum = 0;
  let high = true;
  for (let at = 0; at < PATTERN_WINDOW; at++) {
    if (!registers.has(EPMM0 + (at >> 3), 1 << (at & 7))) continue;
    const where = offset + at;
    const byte = where < length ? bytes[where]! : (fcs >>> (8 * (where - length))) & 0xff;
    sum += high ? byte << 8 : byte;
    high = !high;
  }
  return internetChecksum(sum) === registers.word(EPMCSL);
}

/**
 * Bit of the hash table that a destination address selects (section 8.4): bits 28..23 of the CRC register as the generator is
 * written, most significant bit first, without the final inversion. In the reflected register those are bits 3..8, turned round.
 */
export function hashIndex(bytes: Uint8Array): number {
  const remainder = crcRegister(bytes, 0, 6);
  let index = 0;
  for (let bit = 3; bit <= 8; bit++) index = (index << 1) | ((remainder >>> bit) & 1);
  return index;
}
