/** Kinds and scopes of IPv6 addresses (RFC 4291 2.4 to 2.7, RFC 4007), and the addresses that each stack knows. */
import { MAC_BYTES } from "../../../hal/ethernet.ts";
import type { Ip6, Ip6Interner } from "../../ip/ip6.ts";

/** Scopes as a group's address names them (RFC 7346 2); unicast addresses have three of them. */
export const AddressScope = { INTERFACE: 1, LINK: 2, SITE: 5, GLOBAL: 14 } as const;

/** Bits of an address. */
export const ADDRESS_BITS = 128;

/** The first ten bits of fe80::/10 and fec0::/10. */
const LINK_LOCAL = 0xfe80 >>> 6;
const SITE_LOCAL = 0xfec0 >>> 6;

/** The first three words of a solicited-node group, ff02::1:ff00:0/104 (RFC 4291 2.7.1), and the octet before the target's last three. */
const SOLICITED_A = 0xff020000 | 0;
const SOLICITED_C = 1;
const SOLICITED_D = 0xff000000 | 0;
const LAST_THREE = 0x00ffffff;

/** ff00::/8. */
export function isMulticast6(address: Ip6): boolean {
  return address.a >>> 24 === 0xff;
}

export function isLinkLocal(address: Ip6): boolean {
  return address.a >>> 22 === LINK_LOCAL;
}

/** The address means another station, or another group, on each link: it needs a device beside it (RFC 4007 6). */
export function isLinkBound(address: Ip6): boolean {
  return isLinkLocal(address) || (isMulticast6(address) && scopeOf(address) <= AddressScope.LINK);
}

/** ::1. */
export function isLoopback6({ a, b, c, d }: Ip6): boolean {
  return d === 1 && (a | b | c) === 0;
}

/** ::. */
export function isUnspecified({ a, b, c, d }: Ip6): boolean {
  return (a | b | c | d) === 0;
}

/** The scope of an address: a group's own, else that of its prefix. ::1 counts as link-local (RFC 6724 3.1). */
export function scopeOf(address: Ip6): number {
  if (isMulticast6(address)) return (address.a >>> 16) & 0xf;
  if (isLinkLocal(address) || isLoopback6(address)) return AddressScope.LINK;
  return address.a >>> 22 === SITE_LOCAL ? AddressScope.SITE : AddressScope.GLOBAL;
}

/** Returns true for the group in which every owner of an address with these last three octets is. */
export function isSolicitedNode({ a, b, c, d }: Ip6): boolean {
  return a === SOLICITED_A && b === 0 && c === SOLICITED_C && d >>> 24 === SOLICITED_D >>> 24;
}

export function solicitedNodeOf(interner: Ip6Interner, { d }: Ip6): Ip6 {
  return interner.intern(SOLICITED_A, 0, SOLICITED_C, SOLICITED_D | (d & LAST_THREE));
}

/** The frames of a group go to 33:33 and its last four octets (RFC 2464 7): the first two octets of that, as highOctets() gives them. */
export const GROUP_HIGH = 0x3333;

/** The address of a group's frames. */
export function macOfGroup({ d }: Ip6): Uint8Array {
  return Uint8Array.of(GROUP_HIGH >>> 8, GROUP_HIGH & 0xff, d >>> 24, d >>> 16, d >>> 8, d);
}

/** The link-local address of a station: fe80:: and its link address as a modified EUI-64 identifier (RFC 4291 appendix A). */
export function linkLocalOf(interner: Ip6Interner, mac: Uint8Array): Ip6 {
  const [m0 = 0, m1 = 0, m2 = 0, m3 = 0, m4 = 0, m5 = 0] = mac.subarray(0, MAC_BYTES);
  const universal = m0 ^ 0x02;
  const c = (universal << 24) | (m1 << 16) | (m2 << 8) | 0xff;
  return interner.intern(0xfe800000 | 0, 0, c, (0xfe << 24) | (m3 << 16) | (m4 << 8) | m5);
}

/** Returns the address with all bits behind the prefix cleared. */
export function prefixOf(interner: Ip6Interner, { a, b, c, d }: Ip6, length: number): Ip6 {
  return interner.intern(a & wordMask(length), b & wordMask(length - 32), c & wordMask(length - 64), d & wordMask(length - 96));
}

/** The mask of a word that holds `length` bits of a prefix: none from 0 down, all from 32 up. */
export function wordMask(length: number): number {
  if (length <= 0) return 0;
  return length >= 32 ? -1 : -1 << (32 - length);
}

/** Number of leading bits that two addresses share. */
export function commonBits(one: Ip6, other: Ip6): number {
  if (one.a !== other.a) return Math.clz32(one.a ^ other.a);
  if (one.b !== other.b) return 32 + Math.clz32(one.b ^ other.b);
  if (one.c !== other.c) return 64 + Math.clz32(one.c ^ other.c);
  return 96 + Math.clz32(one.d ^ other.d);
}

/** Addresses that every stack needs (RFC 4291 2.5.2, 2.5.3, 2.7.1). */
export class KnownAddresses {
  readonly unspecified: Ip6;
  readonly loopback: Ip6;
  readonly allNodes: Ip6;
  readonly allRouters: Ip6;
  /** All nodes of the interface itself. */
  readonly interfaceNodes: Ip6;
  readonly interfaceRouters: Ip6;
  readonly siteRouters: Ip6;
  /** ff00::, the prefix of all groups; fe80::, that of all link-local addresses. */
  readonly groups: Ip6;
  readonly linkLocal: Ip6;

  constructor(interner: Ip6Interner) {
    this.unspecified = interner.intern(0, 0, 0, 0);
    this.loopback = interner.intern(0, 0, 0, 1);
    this.allNodes = interner.intern(0xff020000 | 0, 0, 0, 1);
    this.allRouters = interner.intern(0xff020000 | 0, 0, 0, 2);
    this.interfaceNodes = interner.intern(0xff010000 | 0, 0, 0, 1);
    this.interfaceRouters = interner.intern(0xff010000 | 0, 0, 0, 2);
    this.siteRouters = interner.intern(0xff050000 | 0, 0, 0, 2);
    this.groups = interner.intern(0xff000000 | 0, 0, 0, 0);
    this.linkLocal = interner.intern(0xfe800000 | 0, 0, 0, 0);
  }
}
