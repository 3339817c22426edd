/** Selects the source address of packets (RFC 6724 5), by the kernel's rules in the kernel's order. */
import type { Ip6 } from "../../ip/ip6.ts";
import type { NetDevice } from "../../net/device.ts";
import { ADDRESS_BITS, AddressScope, commonBits, isLinkLocal, isMulticast6, scopeOf, wordMask } from "../common/address-kind.ts";
import { AddressFlags, type Ip6Addresses, type Ip6InterfaceAddress, isSettled, isUsable } from "./addresses.ts";

/** The settings of the device by which a packet leaves that have a say. */
export interface SourceSettings {
  /** Not 0: an optimistic address is as good as any other. */
  readonly useOptimistic: boolean;
  /** More than 1: temporary addresses are preferred (RFC 8981). */
  readonly useTempaddr: number;
  /** Only addresses of the device count. */
  readonly useOifAddrsOnly: boolean;
}

/** A scope that is too narrow is worse than any that is wide enough. */
const TOO_NARROW = 128;

/** Labels of the policy table (RFC 6724 2.1, with Linux's additions), the longest prefix first. */
const LABELS: readonly (readonly [a: number, b: number, c: number, d: number, length: number, label: number])[] = [
  [0, 0, 0, 1, 128, 0],
  [0, 0, 0xffff, 0, 96, 4],
  [0, 0, 0, 0, 96, 3],
  [0x20010000, 0, 0, 0, 32, 6],
  [0x20010010, 0, 0, 0, 28, 7],
  [0x20020000, 0, 0, 0, 16, 2],
  [0x3ffe0000, 0, 0, 0, 16, 12],
  [0xfec00000 | 0, 0, 0, 0, 10, 11],
  [0xfc000000 | 0, 0, 0, 0, 7, 5],
];
const ANY_LABEL = 1;

function labelOf({ a, b, c, d }: Ip6): number {
  for (let at = 0; at < LABELS.length; at++) {
    const [la, lb, lc, ld, length, label] = LABELS[at]!;
    const differs = ((a ^ la) & wordMask(length)) | ((b ^ lb) & wordMask(length - 32));
    if ((differs | ((c ^ lc) & wordMask(length - 64)) | ((d ^ ld) & wordMask(length - 96))) === 0) return label;
  }
  return ANY_LABEL;
}

/** The worth of a scope: the narrowest that is wide enough is the best. */
function scopeWorth(scope: number, wanted: number): number {
  return scope >= wanted ? -scope : scope - TOO_NARROW;
}

/** Compares two candidates: more than 0 when the first is better, 0 when nothing tells them apart. */
function compare(one: Ip6InterfaceAddress, other: Ip6InterfaceAddress, target: Target): number {
  for (const rule of RULES) {
    const differs = rule(one, target) - rule(other, target);
    if (differs !== 0) return differs;
  }
  return 0;
}

interface Target {
  readonly destination: Ip6;
  readonly scope: number;
  readonly label: number;
  readonly device: NetDevice | null;
  readonly settings: SourceSettings;
}

/** The worth of a candidate by each rule, the first rule first. */
const RULES: readonly ((own: Ip6InterfaceAddress, target: Target) => number)[] = [
  // Rule 1: the same address.
  ({ local }, { destination }) => +(local === destination),
  // Rule 2: the appropriate scope.
  ({ local }, { scope }) => scopeWorth(scopeOf(local), scope),
  // Rule 3: neither deprecated nor, unless that is allowed, optimistic.
  (own, { settings }) => +(!own.lifetime.deprecated && (settings.useOptimistic || (own.flags & AddressFlags.OPTIMISTIC) === 0)),
  // Rule 4: a home address.
  ({ flags }) => +((flags & AddressFlags.HOMEADDRESS) !== 0),
  // Rule 5: one of the device by which the packet leaves.
  (own, { device }) => +(device === null || own.device === device),
  // Rule 6: the label of the destination.
  ({ local }, { label }) => +(labelOf(local) === label),
  // Rule 7: a temporary address where they are wanted, else a public one.
  ({ flags }, { settings }) => +(((flags & AddressFlags.TEMPORARY) !== 0) === settings.useTempaddr > 1),
  // Rule 8: the longest prefix in common, as far as the address's own prefix reaches.
  ({ local, prefixLength }, { destination }) =>
    local === destination ? ADDRESS_BITS : Math.min(commonBits(local, destination), prefixLength),
  // Linux's own: one that is ours for good.
  (own) => +isSettled(own),
];

/**
 * Selects the source address of packets to a destination; null when no address may be one.
 * @param device the one by which they leave
 * @param devices all devices, in their order
 */
export function selectSource(
  addresses: Ip6Addresses,
  destination: Ip6,
  device: NetDevice | null,
  devices: Iterable<NetDevice>,
  settings: SourceSettings,
): Ip6 | null {
  const scope = scopeOf(destination);
  const target: Target = { destination, scope, label: labelOf(destination), device, settings };
  const bound = isMulticast6(destination) || isLinkLocal(destination) || scope <= AddressScope.LINK || settings.useOifAddrsOnly;
  let best: Ip6InterfaceAddress | null = null;
  for (const candidates of bound && device ? [device] : devices) {
    for (const own of addresses.of(candidates)) {
      if (!isUsable(own)) continue;
      if (best === null || compare(own, best, target) > 0) best = own;
    }
  }
  return best?.local ?? null;
}
