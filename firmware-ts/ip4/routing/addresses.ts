/** The IPv4 addresses of a namespace's devices, in the order in which Linux keeps them. */

import type { Clock } from "../../../hal/clock.ts";
import { formatIpv4, isLoopback, prefixMask } from "../../ip/address.ts";
import { Scope } from "../../ip/address-type.ts";
import { InetError } from "../../ip/inet-error.ts";
import { Lifetime, type Lifetimes } from "../../ip/lifetimes.ts";
import type { NetDevice } from "../../net/device.ts";
import type { Generation } from "../../net/generation.ts";

/** One address of one device (a line of `ip address`). */
export interface InterfaceAddress {
  readonly device: NetDevice;
  readonly local: number;
  /** The address that the prefix belongs to: the peer's on a point-to-point link, else `local` (IFA_ADDRESS). */
  readonly address: number;
  readonly prefixLength: number;
  readonly mask: number;
  /** Default: the host part all ones; 0 where the prefix has no room for it (31 and 32, RFC 3021). */
  readonly broadcast: number;
  /** True when it is not the first of its subnet on its device. */
  readonly secondary: boolean;
  /** One of Scope. */
  readonly scope: number;
  /** The label that `ip address` prints last: the device's name, or one beginning with it. */
  readonly label: string;
  /** The metric of the route to its prefix. */
  readonly metric: number;
  /** It brings no route to its prefix. */
  readonly noPrefixRoute: boolean;
  readonly lifetime: Lifetime;
}

export interface AddressOptions {
  /** One of Scope. Default: global, and host within 127/8. */
  scope?: number;
  label?: string;
  broadcast?: number;
  /** The address of the other end of a point-to-point link, to which the prefix length belongs then. */
  peer?: number;
  /** The metric of the route to its prefix. Default 0. */
  metric?: number;
  /** It brings no route to its prefix. Default false. */
  noPrefixRoute?: boolean;
  /** Default: it stays. */
  lifetimes?: Lifetimes;
}

/** The settings of an address that change while it stays. */
export type AddressChange = Pick<AddressOptions, "metric" | "lifetimes">;

/** Only Addresses writes it. */
type Kept = { -readonly [Key in keyof InterfaceAddress]: InterfaceAddress[Key] };

const NONE: readonly InterfaceAddress[] = [];

/** Returns true when two addresses are of one subnet, as either sees it. */
export function sameSubnet(
  one: Pick<InterfaceAddress, "address" | "mask">,
  other: Pick<InterfaceAddress, "address" | "mask">,
): boolean {
  return one.mask === other.mask && holds(one, other.address);
}

/** Returns true when an address's subnet holds another one. */
export function holds(own: Pick<InterfaceAddress, "address" | "mask">, other: number): boolean {
  return ((own.address ^ other) & own.mask) === 0;
}

/** The addresses of all devices of a namespace. */
export class Addresses {
  readonly #clock: Clock;
  readonly #changes: Generation;
  readonly #devices = new Map<NetDevice, Kept[]>();
  /** Addresses by their number. Several devices may have the same one. */
  readonly #local = new Map<number, Kept[]>();

  constructor(clock: Clock, changes: Generation) {
    this.#clock = clock;
    this.#changes = changes;
  }

  /** All addresses, device by device, each in the order of of(). */
  get list(): readonly InterfaceAddress[] {
    return [...this.#devices.values()].flat();
  }

  /** The addresses of a device: primary ones, narrower scopes first and else in the order of addition; then secondary ones. */
  of(device: NetDevice): readonly InterfaceAddress[] {
    return this.#devices.get(device) ?? NONE;
  }

  /**
   * Gives a device an address.
   * @throws InetError ADDRESS_EXISTS; SCOPE_INVALID when the subnet is on the device with another scope; LIFETIME_INVALID
   */
  add(device: NetDevice, local: number, prefixLength: number, options: AddressOptions = {}): InterfaceAddress {
    const mask = prefixMask(prefixLength);
    const { label = device.name, peer: address = local, metric = 0, noPrefixRoute = false } = options;
    const { scope = isLoopback(local) ? Scope.HOST : Scope.GLOBAL } = options;
    const { broadcast = prefixLength >= 31 || device.loopback ? 0 : address | ~mask } = options;
    const addresses = this.#devices.get(device) ?? [];
    const twins = addresses.filter((other) => sameSubnet(other, { address, mask }));
    if (twins.some((other) => other.local === local)) {
      throw new InetError("ADDRESS_EXISTS", `${device.name} has ${formatIpv4(local)}/${prefixLength} already`);
    }
    if (twins.some((other) => other.scope !== scope)) {
      throw new InetError("SCOPE_INVALID", `${device.name} has the subnet with another scope`);
    }
    const lifetime = new Lifetime(this.#clock, options.lifetimes);
    this.#changes.next();
    const secondary = twins.length > 0;
    const prefix = { address, prefixLength, mask, broadcast };
    const made: Kept = { device, local, ...prefix, secondary, scope, label, metric, noPrefixRoute, lifetime };
    addresses.splice(secondary ? addresses.length : placeOf(made, addresses), 0, made);
    this.#devices.set(device, addresses);
    const known = this.#local.get(local);
    if (known) known.push(made);
    else this.#local.set(local, [made]);
    return made;
  }

  /** Gives an address other lifetimes and another metric. @throws InetError LIFETIME_INVALID */
  change(address: InterfaceAddress, { lifetimes, metric = 0 }: AddressChange): void {
    const kept: Kept = address;
    kept.lifetime = new Lifetime(this.#clock, lifetimes);
    kept.metric = metric;
    this.#changes.next();
  }

  /**
   * Takes an address off its device. The secondary ones of a primary address's subnet go with it, or the first of them becomes primary.
   * Returns all that went, the one asked for last; none when it is not there.
   * @param promote promote_secondaries
   */
  remove(address: InterfaceAddress, promote = false): InterfaceAddress[] {
    const addresses = this.#devices.get(address.device);
    if (!addresses?.includes(address)) return [];
    this.#changes.next();
    const follows = (other: InterfaceAddress): boolean => other.secondary && sameSubnet(other, address);
    const followers = address.secondary ? [] : addresses.filter(follows);
    const gone: InterfaceAddress[] = promote ? [address] : [...followers, address];
    for (const one of gone) {
      addresses.splice(addresses.indexOf(one), 1);
      const same = this.#local.get(one.local) as InterfaceAddress[];
      same.splice(same.indexOf(one), 1);
      if (same.length === 0) this.#local.delete(one.local);
    }
    const [heir] = followers;
    if (promote && heir) {
      heir.secondary = false;
      addresses.splice(addresses.indexOf(heir), 1);
      addresses.splice(placeOf(heir, addresses), 0, heir);
    }
    if (addresses.length === 0) this.#devices.delete(address.device);
    return gone;
  }

  /** Finds the address of a device that has this number and subnet. */
  matching(device: NetDevice, local: number, prefixLength: number, address: number = local): InterfaceAddress | undefined {
    const mask = prefixMask(prefixLength);
    return this.of(device).find((own) => own.local === local && sameSubnet(own, { address, mask }));
  }

  /** Finds one of our addresses by its number, on the device that got it first. */
  find(local: number): InterfaceAddress | undefined {
    return this.#local.get(local)?.[0];
  }

  isLocal(address: number): boolean {
    return this.#local.has(address);
  }

  /** Returns true when one subnet of the device holds both addresses. */
  onLink(device: NetDevice, one: number, other: number): boolean {
    const addresses = this.of(device);
    for (let at = 0; at < addresses.length; at++) {
      const own = addresses[at] as InterfaceAddress;
      if (holds(own, one) && holds(own, other)) return true;
    }
    return false;
  }

  /**
   * Selects our address towards `target` on the device: the first primary one whose subnet holds it, else the first, else the first one
   * of any device that is wider than link scope; 0 when there is none.
   * @param scope narrower addresses do not count
   * @param hostAsLink addresses of host scope count as those of link scope (route_localnet)
   */
  select(device: NetDevice, target: number, scope: number = Scope.LINK, hostAsLink = false): number {
    const narrowest = hostAsLink ? Scope.LINK : Scope.HOST;
    const addresses = this.of(device);
    let first = 0;
    for (let at = 0; at < addresses.length; at++) {
      const own = addresses[at] as InterfaceAddress;
      if (own.secondary || Math.min(own.scope, narrowest) > scope) continue;
      if (target === 0 || holds(own, target)) return own.local;
      first ||= own.local;
    }
    return first || this.#selectAnywhere(scope);
  }

  #selectAnywhere(scope: number): number {
    for (const addresses of this.#devices.values())
      for (const own of addresses) if (!own.secondary && own.scope !== Scope.LINK && own.scope <= scope) return own.local;
    return 0;
  }

  /**
   * Returns true when one of our addresses is `local` (0: any), on `device` (null: on any), with a scope at least as wide as `scope`, and,
   * if `peer` is not 0, a subnet of the same device holds both the peer and that address.
   * @param hostAsLink as in select()
   */
  confirms(device: NetDevice | null, peer: number, local: number, scope: number, hostAsLink: boolean): boolean {
    if (device) return this.#confirmsOn(this.of(device), peer, local, scope, hostAsLink);
    for (const addresses of this.#devices.values()) if (this.#confirmsOn(addresses, peer, local, scope, hostAsLink)) return true;
    return false;
  }

  #confirmsOn(addresses: readonly InterfaceAddress[], peer: number, local: number, scope: number, hostAsLink: boolean): boolean {
    const narrowest = hostAsLink ? Scope.LINK : Scope.HOST;
    let found = false;
    let subnet = peer === 0;
    for (let at = 0; at < addresses.length; at++) {
      const own = addresses[at] as InterfaceAddress;
      const eligible = Math.min(own.scope, narrowest) <= scope;
      const holdsPeer = holds(own, peer);
      // Any address is enough, if its own subnet holds the peer.
      if (local === 0 && eligible && (peer === 0 || holdsPeer)) return true;
      if (local !== 0 && own.local === local && eligible) found = true;
      if (holdsPeer && holds(own, local)) subnet = true;
    }
    return found && subnet;
  }
}

/** Returns the place of a primary address among others: behind the last primary one that is not wider. */
function placeOf({ scope }: InterfaceAddress, addresses: readonly InterfaceAddress[]): number {
  return 1 + addresses.findLastIndex((other) => !other.secondary && scope <= other.scope);
}
