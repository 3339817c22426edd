/** The IPv4 addresses of the stack's devices. */
import type { NetDevice } from "../net/device.ts";
import { prefixMask } from "./address.ts";

/** One address of one device (a line of `ip address`). */
export interface InterfaceAddress {
  readonly device: NetDevice;
  readonly local: number;
  readonly prefixLength: number;
  readonly mask: number;
  /** All-ones host part; 0 where the prefix has no room for one (31 and 32, RFC 3021). */
  readonly broadcast: number;
  /** Not the first of its subnet on its device. */
  readonly secondary: boolean;
}

/** An address or route cannot be as asked. `code` is stable. */
export class InetError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = "InetError";
    this.code = code;
  }
}

export class Addresses {
  readonly #list: InterfaceAddress[] = [];
  readonly #local = new Map<number, InterfaceAddress>();

  /** Primary addresses before secondary ones, else in the order of their addition. */
  get list(): readonly InterfaceAddress[] {
    return this.#list;
  }

  of(device: NetDevice): InterfaceAddress[] {
    return this.#list.filter((address) => address.device === device);
  }

  /** @throws InetError ADDRESS_EXISTS */
  add(device: NetDevice, local: number, prefixLength: number): InterfaceAddress {
    if (
      this.#list.some((address) => address.device === device && address.local === local && address.prefixLength === prefixLength)
    ) {
      throw new InetError("ADDRESS_EXISTS", "Address already assigned");
    }
    const mask = prefixMask(prefixLength);
    const secondary = this.#list.some(
      (address) => address.device === device && address.mask === mask && (address.local & mask) === (local & mask),
    );
    const broadcast = prefixLength >= 31 ? 0 : local | ~mask;
    const address: InterfaceAddress = { device, local, prefixLength, mask, broadcast, secondary };
    const behind = secondary ? this.#list.length : this.#list.findIndex((other) => other.secondary && other.device === device);
    this.#list.splice(behind < 0 ? this.#list.length : behind, 0, address);
    if (!this.#local.has(local)) this.#local.set(local, address);
    return address;
  }

  /** The address is one of ours. */
  find(local: number): InterfaceAddress | undefined {
    return this.#local.get(local);
  }

  isLocal(address: number): boolean {
    return this.#local.has(address);
  }

  /** The broadcast address of one of the device's subnets. */
  isBroadcast(address: number, device: NetDevice): boolean {
    for (let at = 0; at < this.#list.length; at++) {
      const own = this.#list[at] as InterfaceAddress;
      if (own.device === device && own.broadcast === address && address !== 0) return true;
    }
    return false;
  }

  /** The address to use towards `target` on the device: one that shares its subnet, else the first, else any; 0 without any. */
  select(device: NetDevice, target: number): number {
    let first = 0;
    for (let at = 0; at < this.#list.length; at++) {
      const own = this.#list[at] as InterfaceAddress;
      if (own.device !== device || own.secondary) continue;
      if (((own.local ^ target) & own.mask) === 0) return own.local;
      first ||= own.local;
    }
    return first || (this.#list[0]?.local ?? 0);
  }
}
