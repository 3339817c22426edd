/** Checksums in the 82540EM: the ones' complement sum, and the verdicts on received packets. */
import { typeOf } from "./filters.ts";
import type { FrameMemory } from "./memory.ts";
import { IPOFL, TUOFL } from "./registers.ts";

/** Receive descriptor, status byte and error byte (sections 3.2.3.1 and 3.2.3.2); the errors here one byte further up. */
export const IXSM = 0x04;
const TCPCS = 0x20;
const IPCS = 0x40;
const TCPE = 0x20 << 8;
const IPE = 0x40 << 8;

const TYPE_IPV4 = 0x0800;
const TYPE_IPV6 = 0x86dd;
const IPV6_HEADER = 40;
const TCP = 6;
const UDP = 17;
/** Ethernet header, and LLC with SNAP behind it (RFC 1042): AA AA 03, an organization code of zeros, the type. */
const HEADER = 14;
const SNAP = 8;

/**
 * Ones' complement sum (RFC 1071) of a frame's bytes [at..end), on top of `sum`, folded to 16 bits.
 *
 * In the machine's own order, four halves a turn: a quarter of the time that bytes take. Such a sum has its bytes swapped when the
 * range begins at an even byte, and is right as it stands when it begins at an odd one (section 2 (B)).
 */
export function sumOf(frame: FrameMemory, at: number, end: number, sum: number): number {
  if (at >= end) return fold(sum);
  const { halves } = frame;
  const odd = (at & 1) !== 0;
  let half = at >> 1;
  const stop = end >> 1;
  let total = 0;
  if (odd) total = halves[half++]! & 0xff00;
  for (; half + 4 <= stop; half += 4) {
    total += halves[half]! + halves[half + 1]! + halves[half + 2]! + halves[half + 3]!;
  }
  for (; half < stop; half++) total += halves[half]!;
  if ((end & 1) !== 0) total += halves[stop]! & 0xff;
  total = fold(total);
  return fold((odd ? total : ((total & 0xff) << 8) | (total >> 8)) + sum);
}

function fold(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16);
  return (once & 0xffff) + (once >>> 16);
}

/**
 * Judges a received packet's checksums as the chip does (section 3.2.9). Returns status bits, and error bits one byte further up;
 * IXSM when it looked at no checksum: switched off, not IP, malformed, or a fragment.
 * @param tagged a VLAN tag stands between addresses and type
 */
export function judge(frame: FrameMemory, length: number, tagged: boolean, enabled: number): number {
  const { bytes } = frame;
  let at = tagged ? HEADER + 4 : HEADER;
  if (length < at + SNAP) return IXSM;
  let type = (bytes[at - 2]! << 8) | bytes[at - 1]!;
  if (type <= 1500 && isSnap(bytes, at)) {
    at += SNAP;
    type = (bytes[at - 2]! << 8) | bytes[at - 1]!;
  }
  let said = 0;
  if (type === TYPE_IPV4) said = judgeIpv4(frame, at, length, enabled);
  else if (type === TYPE_IPV6 && (enabled & TUOFL) !== 0) said = judgeIpv6(frame, at, length);
  return said === 0 ? IXSM : said;
}

/** The frame's type field is the tag's. */
export function isTagged(bytes: Uint8Array, vet: number): boolean {
  return typeOf(bytes) === vet;
}

function isSnap(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0xaa && bytes[at + 1] === 0xaa && bytes[at + 2] === 3 && bytes[at + 3] === 0 && bytes[at + 4] === 0;
}

function judgeIpv4(frame: FrameMemory, at: number, length: number, enabled: number): number {
  const { bytes } = frame;
  const first = bytes[at]!;
  const header = 4 * (first & 0x0f);
  if (first >> 4 !== 4 || header < 20 || at + header > length) return 0;
  let said = 0;
  if ((enabled & IPOFL) !== 0) said = sumOf(frame, at, at + header, 0) === 0xffff ? IPCS : IPCS | IPE;
  if ((enabled & TUOFL) === 0) return said;
  const total = (bytes[at + 2]! << 8) | bytes[at + 3]!;
  const fragment = ((bytes[at + 6]! << 8) | bytes[at + 7]!) & 0x3fff;
  if (fragment !== 0 || total < header || at + total > length) return said;
  const addresses = sumOf(frame, at + 12, at + 20, 0);
  return said | judgeTransport(frame, at + header, at + total, bytes[at + 9]!, addresses);
}

function judgeIpv6(frame: FrameMemory, at: number, length: number): number {
  const { bytes } = frame;
  if (bytes[at]! >> 4 !== 6 || at + IPV6_HEADER > length) return 0;
  const end = at + IPV6_HEADER + ((bytes[at + 4]! << 8) | bytes[at + 5]!);
  if (end > length) return 0;
  return judgeTransport(frame, at + IPV6_HEADER, end, bytes[at + 6]!, sumOf(frame, at + 8, at + 40, 0));
}

/** @param addresses sum of the pseudo header's addresses */
function judgeTransport(frame: FrameMemory, at: number, end: number, protocol: number, addresses: number): number {
  const { bytes } = frame;
  if (protocol !== TCP && protocol !== UDP) return 0;
  const field = at + (protocol === TCP ? 16 : 6);
  if (field + 2 > end) return 0;
  // With a UDP checksum of 0 the sender computed none (RFC 768).
  if (protocol === UDP && bytes[field] === 0 && bytes[field + 1] === 0) return 0;
  return sumOf(frame, at, end, addresses + protocol + (end - at)) === 0xffff ? TCPCS : TCPCS | TCPE;
}
