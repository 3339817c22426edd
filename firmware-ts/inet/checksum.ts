/** The Internet checksum (RFC 1071): ones' complement sums over 16-bit words in network byte order. */

/** Adds length bytes from `at` to a running sum. An odd last byte counts as the high half of a word. */
export function sumBytes(view: DataView, at: number, length: number, sum = 0): number {
  const even = at + (length & ~1);
  let total = sum;
  for (let word = at; word < even; word += 2) total += view.getUint16(word);
  if (length & 1) total += view.getUint8(even) << 8;
  return total;
}

/** Folds a running sum and complements it: the value of a checksum field. */
export function finish(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + (folded >>> 16);
  return ~folded & 0xffff;
}

/** The part of a UDP checksum that stands for the IP header (RFC 768). */
export function sumPseudoHeader(source: number, destination: number, protocol: number, length: number): number {
  return (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff) + protocol + length;
}
