/** The IPv4 addresses of a namespace's devices, in the order in which Linux keeps them. */

import { formatIpv4, prefixMask } from "../../ip/address.ts";
import type { NetDevice } from "../../net/device.ts";
import { StackError } from "../../net/stack-error.ts";
import { Scope } from "../arp/inet.ts";

/** One address of one device (a line of `ip address`). */
export interface InterfaceAddress {
  readonly device: NetDevice;
  readonly local: number;
  readonly prefixLength: number;
  readonly mask: number;
  /** All-ones host part unless told otherwise; 0 where the prefix has no room for one (31 and 32, RFC 3021). */
  readonly broadcast: number;
  /** Not the first of its subnet on its device. */
  readonly secondary: boolean;
  /** One of Scope. */
  readonly scope: number;
  /** What `ip address` prints last: the device's name, or one beginning with it. */
  readonly label: string;
}

export interface AddressOptions {
  /** One of Scope; default global, and host within 127/8. */
  scope?: number;
  label?: string;
  broadcast?: number;
}

/** An address, a route or a socket cannot be as asked. */
export class InetError extends StackError {
  constructor(code: InetErrorCode, message: string, detail = "") {
    super(code, ERRNOS[code], message, detail);
    this.name = "InetError";
  }
}

/** The errno that Linux has for each. */
const ERRNOS = {
  ADDRESS_EXISTS: "EEXIST",
  ADDRESS_IN_USE: "EADDRINUSE",
  ADDRESS_INVALID: "EINVAL",
  ADDRESS_MISSING: "EADDRNOTAVAIL",
  ADDRESS_NOT_AVAILABLE: "EADDRNOTAVAIL",
  DEVICE_DOWN: "ENETDOWN",
  LLADDR_INVALID: "EINVAL",
  PORT_INVALID: "EINVAL",
  ROUTE_EXISTS: "EEXIST",
  ROUTE_INVALID: "EINVAL",
  ROUTE_MISSING: "ESRCH",
  ROUTE_NOT_THERE: "ENOENT",
  ROUTE_UNREACHABLE: "ENETUNREACH",
  SCOPE_INVALID: "EINVAL",
  SOURCE_INVALID: "EINVAL",
} as const;

export type InetErrorCode = keyof typeof ERRNOS;

const NONE: readonly InterfaceAddress[] = [];

export class Addresses {
  readonly #devices = new Map<NetDevice, InterfaceAddress[]>();
  /** Addresses by their number, as often as they were given. */
  readonly #local = new Map<number, InterfaceAddress[]>();

  #changes = 0;

  /** Grows with every change, for those who remember answers. */
  get changes(): number {
    return this.#changes;
  }

  /** Device by device, each in the order of of(). */
  get list(): readonly InterfaceAddress[] {
    return [...this.#devices.values()].flat();
  }

  /** Primary addresses, those of the narrower scope first, else in the order of their addition; then the secondary ones. */
  of(device: NetDevice): readonly InterfaceAddress[] {
    return this.#devices.get(device) ?? NONE;
  }

  /** @throws InetError ADDRESS_EXISTS; SCOPE_INVALID when the subnet is on the device with another scope */
  add(device: NetDevice, local: number, prefixLength: number, options: AddressOptions = {}): InterfaceAddress {
    const mask = prefixMask(prefixLength);
    const scope = options.scope ?? (local >>> 24 === 127 ? Scope.HOST : Scope.GLOBAL);
    const { label = device.name, broadcast = prefixLength >= 31 || device.loopback ? 0 : local | ~mask } = options;
    const addresses = this.#devices.get(device) ?? [];
    const twins = addresses.filter((other) => other.mask === mask && ((other.local ^ local) & mask) === 0);
    if (twins.some((other) => other.local === local)) {
      throw new InetError("ADDRESS_EXISTS", `${device.name} has ${formatIpv4(local)}/${prefixLength} already`);
    }
    if (twins.some((other) => other.scope !== scope)) {
      throw new InetError("SCOPE_INVALID", `${device.name} has the subnet with another scope`);
    }
    this.#changes++;
    const secondary = twins.length > 0;
    const address: InterfaceAddress = { device, local, prefixLength, mask, broadcast, secondary, scope, label };
    // Behind the last primary address that is not wider.
    const behind = secondary ? addresses.length : 1 + addresses.findLastIndex((other) => !other.secondary && scope <= other.scope);
    addresses.splice(behind, 0, address);
    this.#devices.set(device, addresses);
    const known = this.#local.get(local);
    if (known) known.push(address);
    else this.#local.set(local, [address]);
    return address;
  }

  /**
   * Takes an address off its device; with a primary one go the secondary ones of its subnet (promote_secondaries is 0).
   * Returns all that went, the one asked for last; none when it is not there.
   */
  remove(address: InterfaceAddress): InterfaceAddress[] {
    const addresses = this.#devices.get(address.device);
    if (!addresses?.includes(address)) return [];
    this.#changes++;
    const follows = (other: InterfaceAddress): boolean =>
      other.secondary && other.mask === address.mask && ((other.local ^ address.local) & address.mask) === 0;
    const gone = address.secondary ? [] : addresses.filter(follows);
    gone.push(address);
    for (const one of gone) {
      addresses.splice(addresses.indexOf(one), 1);
      const same = this.#local.get(one.local) as InterfaceAddress[];
      same.splice(same.indexOf(one), 1);
      if (same.length === 0) this.#local.delete(one.local);
    }
    if (addresses.length === 0) this.#devices.delete(address.device);
    return gone;
  }

  /** The address is one of ours: the first that was given it. */
  find(local: number): InterfaceAddress | undefined {
    return this.#local.get(local)?.[0];
  }

  isLocal(address: number): boolean {
    return this.#local.has(address);
  }

  /** The broadcast address of one of the device's subnets. */
  isBroadcast(address: number, device: NetDevice): boolean {
    const addresses = this.of(device);
    for (let at = 0; at < addresses.length; at++) {
      if ((addresses[at] as InterfaceAddress).broadcast === address && address !== 0) return true;
    }
    return false;
  }

  /** One subnet of the device holds both addresses. */
  onLink(device: NetDevice, one: number, other: number): boolean {
    const addresses = this.of(device);
    for (let at = 0; at < addresses.length; at++) {
      const own = addresses[at] as InterfaceAddress;
      if (((own.local ^ one) & own.mask) === 0 && ((own.local ^ other) & own.mask) === 0) return true;
    }
    return false;
  }

  /**
   * The address to use towards `target` on the device: the first primary one whose subnet holds it, else the first, else the first
   * of any device that is wider than link scope; 0 without any.
   * @param scope none narrower
   * @param hostAsLink addresses of host scope count as those of link scope (route_localnet)
   */
  select(device: NetDevice, target: number, scope: number = Scope.LINK, hostAsLink = false): number {
    const narrowest = hostAsLink ? Scope.LINK : Scope.HOST;
    const addresses = this.of(device);
    let first = 0;
    for (let at = 0; at < addresses.length; at++) {
      const own = addresses[at] as InterfaceAddress;
      if (own.secondary || Math.min(own.scope, narrowest) > scope) continue;
      if (target === 0 || ((own.local ^ target) & own.mask) === 0) return own.local;
      first ||= own.local;
    }
    return first || this.#selectAnywhere(scope);
  }

  #selectAnywhere(scope: number): number {
    for (const addresses of this.#devices.values())
      for (const own of addresses) if (!own.secondary && own.scope !== Scope.LINK && own.scope <= scope) return own.local;
    return 0;
  }

  /** @see ArpInet.confirms */
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
      const holdsPeer = ((own.local ^ peer) & own.mask) === 0;
      // Any address will do, if its own subnet holds the peer.
      if (local === 0 && eligible && (peer === 0 || holdsPeer)) return true;
      if (local !== 0 && own.local === local && eligible) found = true;
      if (holdsPeer && ((own.local ^ local) & own.mask) === 0) subnet = true;
    }
    return found && subnet;
  }
}
