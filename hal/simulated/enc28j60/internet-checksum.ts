/** What the chip makes of a sum of 16-bit words (RFC 1071): the carries added in, then the ones' complement. */
export function internetChecksum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + (folded >>> 16);
  return ~folded & 0xffff;
}
