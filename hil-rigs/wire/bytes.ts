/** Addresses and checksums as bytes. The bench has its own code for them, so that it can check the stack's. */

export function macBytes(text: string): number[] {
  const bytes = text.split(":").map((octet) => Number.parseInt(octet, 16));
  if (bytes.length !== 6 || !bytes.every((byte) => byte >= 0 && byte <= 255)) throw new Error(`"${text}" is no MAC address`);
  return bytes;
}

export function ipBytes(text: string): number[] {
  const bytes = text.split(".").map(Number);
  if (bytes.length !== 4 || !bytes.every((byte) => byte >= 0 && byte <= 255)) throw new Error(`"${text}" is no IPv4 address`);
  return bytes;
}

export function word(value: number): number[] {
  return [(value >>> 8) & 0xff, value & 0xff];
}

export function macText(bytes: Uint8Array, at: number): string {
  return [...bytes.subarray(at, at + 6)].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

export function ipText(bytes: Uint8Array, at: number): string {
  return [...bytes.subarray(at, at + 4)].join(".");
}

/** The Internet checksum (RFC 1071) over bytes in pairs. 0 if the bytes contain their correct checksum. */
export function checksum(bytes: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return 0xffff - sum;
}
