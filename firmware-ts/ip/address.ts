/**
 * IPv4 addresses. Everywhere inside the stack an address is one signed 32-bit integer, network byte order read as a number
 * (192.168.10.1 is 0xc0a80a01 | 0): V8 keeps such integers in place, so that no address ever allocates. Read them from a packet with
 * DataView.getInt32, compare them with ===, mask them with &.
 */

export const INADDR_ANY = 0;
export const INADDR_BROADCAST = -1;

/** Reads a dotted quad; null when it is not exactly that (no octal, no short forms). */
export function parseIpv4(text: string): number | null {
  const parts = text.split(".");
  if (parts.length !== 4) return null;
  let address = 0;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part)) return null;
    const octet = Number(part);
    if (octet > 255) return null;
    address = (address << 8) | octet;
  }
  return address | 0;
}

export function formatIpv4(address: number): string {
  return `${(address >>> 24) & 255}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** The mask of a prefix length 0..32. */
export function prefixMask(length: number): number {
  return length === 0 ? 0 : (-1 << (32 - length)) | 0;
}

/** 224.0.0.0/4 (RFC 5771). */
export function isMulticast(address: number): boolean {
  return (address & 0xf0000000) === (0xe0000000 | 0);
}

/** 127.0.0.0/8 (RFC 1122 3.2.1.3). */
export function isLoopback(address: number): boolean {
  return address >>> 24 === 127;
}

/** 0.0.0.0. The rest of RFC 1122's "this network", 0.0.0.0/8, is unicast like any other, as in Linux since 5.3 (measured on 6.18). */
export function isZeronet(address: number): boolean {
  return address === 0;
}
