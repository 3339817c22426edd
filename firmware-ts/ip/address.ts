/**
 * Addresses of both families. An IPv4 address is one signed 32-bit integer, network byte order read as a number (192.168.10.1 is
 * 0xc0a80a01 | 0): V8 keeps such integers in place, so that no address ever allocates. An IPv6 address is a frozen object, one for each
 * address (ip6.ts). Addresses of either family are therefore compared with `===`.
 */
import type { Ip6 } from "./ip6.ts";

declare const ip4: unique symbol;

/** An IPv4 address as an int32. The brand exists for the compiler only. Read it with readIp4(), mask it with `&`. */
export type Ip4 = number & { readonly [ip4]: true };

export type IpAddress = Ip4 | Ip6;
/** The version number in an IP header's first four bits. */
export type IpFamily = 4 | 6;

export const INADDR_ANY: Ip4 = 0 as Ip4;
export const INADDR_BROADCAST: Ip4 = -1 as Ip4;

export function familyOf(address: IpAddress): IpFamily {
  return typeof address === "number" ? 4 : 6;
}

/** Reads the four octets at `at` of a packet. */
export function readIp4(view: DataView, at: number): Ip4 {
  return view.getInt32(at) as Ip4;
}

/** Reads a dotted quad; null when the text is not exactly that (no octal, no short forms). */
export function parseIpv4(text: string): Ip4 | null {
  const parts = text.split(".");
  if (parts.length !== 4) return null;
  let address = 0;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part)) return null;
    const octet = Number(part);
    if (octet > 255) return null;
    address = (address << 8) | octet;
  }
  return (address | 0) as Ip4;
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

/** Spreads two numbers, of a flow or of addresses that lie beside each other, over 32 bits (the finalizer of MurmurHash3). */
export function spread(one: number, other: number): number {
  let mixed = one ^ Math.imul(other, 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
