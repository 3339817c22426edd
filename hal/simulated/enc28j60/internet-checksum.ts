/** The chip's last step of a checksum (RFC 1071): adds in the carries of a sum of 16-bit words, then takes the ones' complement. */
export function internetChecksum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + (folded >>> 16);
  return ~folded & 0xffff;
}
