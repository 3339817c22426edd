/** The judge of the frames that a stack sends: its own reading of ARP, IP of both versions, ICMP, UDP and TCP, without a line of the stack's. */

/**
 * A fault of a frame sent by 02:00:00:00:00:01, in words; null when there is none.
 * @param length counts no FCS
 * @param forwards the stack hands IPv6 packets on, any source they have: these belong to their sender, faults and all
 */
export function faultOf(bytes: Uint8Array, length: number, forwards = false): string | null {
  if (length < 60) return `a frame of ${length} bytes: not padded`;
  if (length > 1514) return `a frame of ${length} bytes: longer than the link takes`;
  if (word(bytes, 6) !== 0x0200 || word(bytes, 8) !== 0 || word(bytes, 10) !== 1) return "the source is not our station address";
  const type = word(bytes, 12);
  if (type === 0x0806) return faultOfArp(bytes);
  if (type === 0x86dd) return faultOfIp6(bytes, length, forwards);
  if (type !== 0x0800) return `type ${type.toString(16)}: the stack speaks ARP and IP`;
  return faultOfIp(bytes, length);
}

function faultOfArp(bytes: Uint8Array): string | null {
  if (word(bytes, 14) !== 1 || word(bytes, 16) !== 0x0800 || bytes[18] !== 6 || bytes[19] !== 4) return "ARP types or lengths";
  if (word(bytes, 20) !== 1 && word(bytes, 20) !== 2) return "ARP operation";
  return word(bytes, 22) === 0x0200 && word(bytes, 26) === 1 ? null : "ARP sender address is not ours";
}

/** The field of an IPv4 fragment that is 0 in a whole packet. */
const MORE_OR_OFFSET = 0x3fff;

function faultOfIp(bytes: Uint8Array, length: number): string | null {
  const header = (bytes[14]! & 15) * 4;
  const total = word(bytes, 16);
  if (bytes[14]! >> 4 !== 4 || header < 20 || total < header || total > length - 14) return "IPv4 version or lengths";
  if (sum(bytes, 14, 14 + header, 0) !== 0xffff) return "IPv4 checksum";
  if (bytes[22] === 0) return "IPv4 time to live of 0";
  for (let at = 14 + total; at < length; at++) if (bytes[at] !== 0) return "padding that is not zero";
  const at = 14 + header;
  const end = 14 + total;
  // A packet that is handed on belongs to its sender, faults and all.
  if (word(bytes, 26) !== 0x0a00 || word(bytes, 28) !== 1) return null;
  // The sum of a packet in fragments is that of all of them (test/firmware-ts/ip/fragmentation.test.ts).
  if ((word(bytes, 20) & MORE_OR_OFFSET) !== 0) return null;
  if (bytes[23] === 1) return sum(bytes, at, end, 0) === 0xffff ? null : "ICMP checksum";
  if (bytes[23] === 6) return faultOfTcp(bytes, at, end, sum(bytes, 26, 34, 6 + end - at));
  if (bytes[23] !== 17) return null;
  if (word(bytes, at + 4) !== end - at) return "UDP length";
  return sum(bytes, at, end, sum(bytes, 26, 34, 17 + end - at)) === 0xffff ? null : "UDP checksum";
}

function faultOfTcp(bytes: Uint8Array, at: number, end: number, pseudo: number): string | null {
  const header = (bytes[at + 12]! >>> 4) * 4;
  if (header < 20 || at + header > end) return "TCP header length";
  if (sum(bytes, at, end, pseudo) !== 0xffff) return "TCP checksum";
  const flags = bytes[at + 13]!;
  const handshake = (flags & 2) !== 0;
  if (handshake && (flags & 5) !== 0) return "TCP control bits";
  for (let option = at + 20; option < at + header && bytes[option] !== 0; ) {
    if (bytes[option] === 1) option++;
    else {
      const length = bytes[option + 1]!;
      if (length < 2 || option + length > at + header) return "TCP options";
      option += length;
    }
  }
  return word(bytes, at + 18) === 0 ? null : "TCP urgent pointer";
}

function faultOfIp6(bytes: Uint8Array, length: number, forwards: boolean): string | null {
  const end = 54 + word(bytes, 18);
  if (bytes[14]! >> 4 !== 6 || end > length) return "IPv6 version or length";
  if (bytes[21] === 0) return "IPv6 hop limit of 0";
  for (let at = end; at < length; at++) if (bytes[at] !== 0) return "padding that is not zero";
  if (forwards) return null;
  let at = 54;
  let next = bytes[20];
  for (; next === 0 && at < end; at += 8 + bytes[at + 1]! * 8) next = bytes[at];
  if (next !== 58 && next !== 17) return null;
  const right = sum(bytes, at, end, sum(bytes, 22, 54, next + end - at)) === 0xffff;
  if (next === 17) return right ? null : "UDP checksum over IPv6";
  const type = bytes[at]!;
  if (type >= 133 && type <= 137 && bytes[21] !== 255) return "a hop limit of neighbour discovery that is not 255";
  return right ? null : "ICMPv6 checksum";
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

/** RFC 1071, not inverted: 0xffff over what has a right checksum in it. */
function sum(bytes: Uint8Array, from: number, to: number, start: number): number {
  let total = start;
  for (let at = from; at < to; at += 2) total += (bytes[at]! << 8) | (at + 1 < to ? bytes[at + 1]! : 0);
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return total;
}
