/** The second half of the addresses that a device makes for itself: by its link address (RFC 4291 appendix A), or by a secret (RFC 7217). */
import type { Random } from "../../../hal/random.ts";
import type { Ip6, Ip6Interner } from "../../ip/ip6.ts";
import type { NetDevice } from "../../net/device.ts";
import { linkLocalOf } from "../common/address-kind.ts";
import { AddressFlags } from "./addresses.ts";
import type { Ip6Devconfs } from "./devconf.ts";
import { SECRET_BYTES, StableIdentifier } from "./stable-identifier.ts";

/** addr_gen_mode (IN6_ADDR_GEN_MODE_*): no link-local address is made; with a secret that the operator gives; with one that is drawn. */
const NO_LINK_LOCAL = 1;
export const BY_SECRET = 2;
const BY_RANDOM = 3;

/** Attempts with other identifiers, when one is somebody else's (net.ipv6.idgen_retries). */
const RETRIES = 3;

/** The first words of fe80::/64. */
const LINK_LOCAL = 0xfe800000 | 0;

/** An address that a device may make for itself. */
export interface MadeAddress {
  readonly local: Ip6;
  /** STABLE_PRIVACY, or 0. */
  readonly flags: number;
}

export class Identifiers {
  readonly #conf: Ip6Devconfs;
  readonly #interner: Ip6Interner;
  readonly #random: Random;
  readonly #secrets = new Map<NetDevice | "default", Uint8Array>();
  /** Failures that the identifiers of addresses stand for. */
  readonly #failures = new WeakMap<Ip6, number>();
  readonly #stable = new StableIdentifier();

  constructor(conf: Ip6Devconfs, interner: Ip6Interner, random: Random) {
    this.#conf = conf;
    this.#interner = interner;
    this.#random = random;
  }

  /** The secret that an operator gave (stable_secret); null for none. */
  secretOf(target: NetDevice | "default"): Uint8Array | null {
    return this.#secrets.get(target) ?? null;
  }

  /** Gives a device, or all devices to come, a secret: their addresses are made with it from now on. @param secret 16 bytes, copied */
  setSecret(target: NetDevice | "default", secret: Uint8Array): void {
    this.#secrets.set(target, secret.slice(0, SECRET_BYTES));
    this.#conf.write(target, "addr_gen_mode", BY_SECRET);
  }

  /** Makes a device's link-local address; null where it has to have none. */
  linkLocal(device: NetDevice): MadeAddress | null {
    return this.#conf.on(device).addrGenMode === NO_LINK_LOCAL ? null : this.make(device, LINK_LOCAL, 0);
  }

  /** Makes a device's address behind a prefix of two words; null while it lacks the secret. */
  make(device: NetDevice, a: number, b: number): MadeAddress | null {
    const mode = this.#conf.on(device).addrGenMode;
    if (mode === BY_SECRET || mode === BY_RANDOM) return this.#makeStable(device, a, b, 0);
    const { c, d } = linkLocalOf(this.#interner, device.address);
    return { local: this.#interner.intern(a, b, c, d), flags: 0 };
  }

  /** Makes another address in the place of one that is somebody else's; null when that has been done often enough. */
  instead(device: NetDevice, taken: Ip6): MadeAddress | null {
    const failures = this.#failures.get(taken);
    if (failures === undefined || failures >= RETRIES) return null;
    return this.#makeStable(device, taken.a, taken.b, failures + 1);
  }

  /** A device is gone. */
  forget(device: NetDevice): void {
    this.#secrets.delete(device);
  }

  #makeStable(device: NetDevice, a: number, b: number, failures: number): MadeAddress | null {
    const secret = this.#secret(device);
    if (secret === null) return null;
    const stable = this.#stable;
    const count = stable.make(secret, a, b, device.controller.address, failures);
    const local = this.#interner.intern(a, b, stable.c, stable.d);
    this.#failures.set(local, count);
    return { local, flags: AddressFlags.STABLE_PRIVACY };
  }

  #secret(device: NetDevice): Uint8Array | null {
    const given = this.#secrets.get(device) ?? this.#secrets.get("default");
    if (given !== undefined || this.#conf.on(device).addrGenMode !== BY_RANDOM) return given ?? null;
    const drawn = Uint8Array.from({ length: SECRET_BYTES }, () => this.#random.below(256));
    this.#secrets.set(device, drawn);
    return drawn;
  }
}
