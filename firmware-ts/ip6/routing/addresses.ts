/** The IPv6 addresses of a namespace's devices, in the order in which Linux keeps them (RFC 4862 2). */
import type { Clock } from "../../../hal/clock.ts";
import { Scope } from "../../ip/address-type.ts";
import { InetError } from "../../ip/inet-error.ts";
import type { Ip6 } from "../../ip/ip6.ts";
import { formatIpv6 } from "../../ip/ip6-text.ts";
import { Lifetime, type Lifetimes } from "../../ip/lifetimes.ts";
import type { NetDevice } from "../../net/device.ts";
import type { Generation } from "../../net/generation.ts";
import { AddressScope, isLoopback6, isMulticast6, isUnspecified, scopeOf } from "../common/address-kind.ts";

/** Flags of an address (IFA_F_* of include/uapi/linux/if_addr.h). DEPRECATED and PERMANENT follow from its lifetimes. */
export const AddressFlags = {
  TEMPORARY: 0x01,
  /** It is used at once: nobody is asked whether it is free. */
  NODAD: 0x02,
  /** Used, with care, while the others are still asked (RFC 4429). */
  OPTIMISTIC: 0x04,
  /** Somebody else has it. */
  DADFAILED: 0x08,
  HOMEADDRESS: 0x10,
  DEPRECATED: 0x20,
  /** The others are still asked whether it is theirs: it is not used yet. */
  TENTATIVE: 0x40,
  PERMANENT: 0x80,
  MANAGETEMPADDR: 0x100,
  /** It brings no route to its prefix. */
  NOPREFIXROUTE: 0x200,
  MCAUTOJOIN: 0x400,
  STABLE_PRIVACY: 0x800,
} as const;

const { TENTATIVE, OPTIMISTIC, DADFAILED, DEPRECATED, PERMANENT } = AddressFlags;

/** One address of one device (a line of `ip -6 address`). */
export interface Ip6InterfaceAddress {
  readonly device: NetDevice;
  readonly local: Ip6;
  /** The other end of a point-to-point link; null for none. */
  readonly peer: Ip6 | null;
  readonly prefixLength: number;
  /** One of Scope, as `ip address` prints it. */
  readonly scope: number;
  /** Sum of AddressFlags, without DEPRECATED and PERMANENT. */
  readonly flags: number;
  /** The metric of the route to its prefix; 0 for the default, 256. */
  readonly metric: number;
  /** The originator (IFAPROT_* of include/uapi/linux/if_addr.h): 0 an operator, 1 loopback, 2 router's prefix, 3 link-local. */
  readonly protocol: number;
  readonly lifetime: Lifetime;
}

export interface Ip6AddressOptions {
  /** Sum of AddressFlags. Default 0; TENTATIVE is set by itself. */
  flags?: number;
  peer?: Ip6;
  metric?: number;
  protocol?: number;
  /** Default: it stays. */
  lifetimes?: Lifetimes;
}

/** The settings of an address that change while it stays. */
export type Ip6AddressChange = Pick<Ip6AddressOptions, "metric" | "lifetimes" | "flags">;

/** Only Ip6Addresses writes it. */
type Kept = { -readonly [Key in keyof Ip6InterfaceAddress]: Ip6InterfaceAddress[Key] };

const NONE: readonly Ip6InterfaceAddress[] = [];

/** The address is ours already, or is used as if it was. */
export function isUsable({ flags }: Ip6InterfaceAddress): boolean {
  return (flags & TENTATIVE) === 0 || (flags & (OPTIMISTIC | DADFAILED)) === OPTIMISTIC;
}

/** The address is ours, and nobody is asked any more: it may be the source of questions to neighbours. */
export function isSettled({ flags }: Ip6InterfaceAddress): boolean {
  return (flags & (TENTATIVE | OPTIMISTIC)) === 0;
}

/** Others are being asked whether the address is theirs, and an answer may come. */
export function isInQuestion({ device, flags }: Ip6InterfaceAddress): boolean {
  return (flags & (TENTATIVE | DADFAILED)) === TENTATIVE && device.up && device.hasCarrier;
}

/** The addresses of all devices of a namespace. */
export class Ip6Addresses {
  readonly #clock: Clock;
  readonly #devices = new Map<NetDevice, Kept[]>();
  /** Addresses by themselves. Several devices may have the same one. */
  readonly #local = new Map<Ip6, Kept[]>();
  readonly #changes: Generation;

  constructor(clock: Clock, changes: Generation) {
    this.#clock = clock;
    this.#changes = changes;
  }

  /** All addresses, device by device, each in the order of of(). */
  get list(): readonly Ip6InterfaceAddress[] {
    return [...this.#devices.values()].flat();
  }

  /** The addresses of a device: the wider scope first, and of one scope the newer first. */
  of(device: NetDevice): readonly Ip6InterfaceAddress[] {
    return this.#devices.get(device) ?? NONE;
  }

  /**
   * Gives a device an address, which is tentative unless its flags say that nobody is asked.
   * @throws InetError ADDRESS_INVALID, ADDRESS_EXISTS, LIFETIME_INVALID
   */
  add(device: NetDevice, local: Ip6, prefixLength: number, options: Ip6AddressOptions = {}): Ip6InterfaceAddress {
    if (isMulticast6(local) || isUnspecified(local))
      throw new InetError("ADDRESS_INVALID", `${formatIpv6(local)} is nobody's address`);
    if (isLoopback6(local) && !device.loopback) {
      throw new InetError("ADDRESS_INVALID", `${formatIpv6(local)} is an address of the loopback device`, "LOOPBACK");
    }
    if (this.on(device, local)) throw new InetError("ADDRESS_EXISTS", `${device.name} has ${formatIpv6(local)} already`);
    const lifetime = new Lifetime(this.#clock, options.lifetimes);
    const { flags = 0, peer = null, metric = 0, protocol = 0 } = options;
    this.#changes.next();
    const made: Kept = {
      device,
      local,
      peer,
      prefixLength,
      scope: shownScope(local),
      flags: flags | TENTATIVE,
      metric,
      protocol,
      lifetime,
    };
    const addresses = this.#devices.get(device) ?? [];
    const scope = scopeOf(local);
    const at = addresses.findIndex((other) => scope >= scopeOf(other.local));
    addresses.splice(at < 0 ? addresses.length : at, 0, made);
    this.#devices.set(device, addresses);
    const known = this.#local.get(local);
    if (known) known.push(made);
    else this.#local.set(local, [made]);
    return made;
  }

  /** Gives an address other lifetimes, another metric and other flags. @throws InetError LIFETIME_INVALID */
  change(address: Ip6InterfaceAddress, { lifetimes, metric = 0, flags = address.flags }: Ip6AddressChange): void {
    const kept: Kept = address;
    kept.lifetime = new Lifetime(this.#clock, lifetimes);
    kept.metric = metric;
    this.flag(address, flags);
  }

  /** Gives an address these flags. */
  flag(address: Ip6InterfaceAddress, flags: number): void {
    const kept: Kept = address;
    kept.flags = flags;
    this.#changes.next();
  }

  /** The flags of an address as an operator sees them. */
  shownFlags({ flags, lifetime }: Ip6InterfaceAddress): number {
    return flags | (lifetime.dynamic ? 0 : PERMANENT) | (lifetime.deprecated ? DEPRECATED : 0);
  }

  /** Takes an address off its device. Returns false when it is not there. */
  remove(address: Ip6InterfaceAddress): boolean {
    const addresses = this.#devices.get(address.device);
    const at = addresses?.indexOf(address) ?? -1;
    if (!addresses || at < 0) return false;
    this.#changes.next();
    addresses.splice(at, 1);
    if (addresses.length === 0) this.#devices.delete(address.device);
    const same = this.#local.get(address.local) as Ip6InterfaceAddress[];
    same.splice(same.indexOf(address), 1);
    if (same.length === 0) this.#local.delete(address.local);
    return true;
  }

  /** Finds a device's address by itself, whatever its state. */
  on(device: NetDevice, local: Ip6): Ip6InterfaceAddress | null {
    const same = this.#local.get(local);
    if (same === undefined) return null;
    for (let at = 0; at < same.length; at++) if (same[at]!.device === device) return same[at]!;
    return null;
  }

  /** A device has the address, be it still asked for or lost. @param device null: any device */
  has(local: Ip6, device: NetDevice | null): boolean {
    return device ? this.on(device, local) !== null : this.#local.has(local);
  }

  /** Finds an address that is ours already, on any device. */
  find(local: Ip6): Ip6InterfaceAddress | undefined {
    return this.#local.get(local)?.find(isUsable);
  }

  /** Returns the device's link-local address that is ours for good; null while there is none. */
  linkLocal(device: NetDevice): Ip6 | null {
    const addresses = this.of(device);
    for (let at = addresses.length - 1; at >= 0; at--) {
      const own = addresses[at] as Ip6InterfaceAddress;
      if (scopeOf(own.local) !== AddressScope.LINK) break;
      if (isSettled(own)) return own.local;
    }
    return null;
  }
}

/** The scope of an address as `ip address` prints it. */
function shownScope(address: Ip6): number {
  if (isLoopback6(address)) return Scope.HOST;
  switch (scopeOf(address)) {
    case AddressScope.LINK:
      return Scope.LINK;
    case AddressScope.SITE:
      return Scope.SITE;
    default:
      return Scope.GLOBAL;
  }
}
