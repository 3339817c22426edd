/** Lifetimes of addresses: after the preferred one an address is deprecated, after the valid one it goes. Whole seconds, as the kernel counts. */

import type { Clock, Timer } from "../../hal/clock.ts";
import { InetError } from "./inet-error.ts";

/** How long an address lasts from now on. */
export interface Lifetimes {
  /** Seconds until it is removed. Default: it stays. */
  valid?: number;
  /** Seconds until it is deprecated, at most `valid`. Default: never. */
  preferred?: number;
}

const MS = 1000;

/** The lifetimes that an address was given last. */
export class Lifetime {
  readonly #valid: number;
  readonly #preferred: number;
  readonly #clock: Clock;
  readonly #since: number;

  /** @throws InetError LIFETIME_INVALID */
  constructor(clock: Clock, { valid = Number.POSITIVE_INFINITY, preferred = Number.POSITIVE_INFINITY }: Lifetimes = {}) {
    if (valid <= 0) throw new InetError("LIFETIME_INVALID", "valid_lft is zero");
    if (preferred > valid) throw new InetError("LIFETIME_INVALID", "preferred_lft is greater than valid_lft");
    this.#valid = valid;
    this.#preferred = preferred;
    this.#clock = clock;
    this.#since = clock.now();
  }

  /** It ends some day. */
  get dynamic(): boolean {
    return this.#valid !== Number.POSITIVE_INFINITY;
  }

  /** The preferred lifetime is over. That of an address which stays never ends, as in the kernel, but may be 0 from the start. */
  get deprecated(): boolean {
    return this.#preferred === 0 || (this.dynamic && this.preferredLeft === 0);
  }

  /** Seconds until it is removed; Infinity for never. */
  get validLeft(): number {
    return this.#left(this.#valid);
  }

  /** Seconds until it is deprecated; Infinity for never. */
  get preferredLeft(): number {
    return this.dynamic ? this.#left(this.#preferred) : Number.POSITIVE_INFINITY;
  }

  /** When it is removed, in the clock's milliseconds. */
  get expires(): number {
    return this.#since + this.#valid * MS;
  }

  #left(seconds: number): number {
    return Math.max(0, seconds - Math.floor((this.#clock.now() - this.#since) / MS));
  }
}

/** An address with lifetimes. */
interface Lasting {
  readonly lifetime: Lifetime;
}

/** Wakes up for each address whose time is over. */
export class Expiry<Address extends Lasting> {
  readonly #clock: Clock;
  readonly #timer: Timer;
  readonly #dynamic = new Set<Address>();

  /** @param expire removes an address, and tells so with forget() */
  constructor(clock: Clock, expire: (address: Address) => void) {
    this.#clock = clock;
    this.#timer = clock.timer(() => {
      const now = this.#clock.now();
      // A primary address may take others of these along.
      for (const address of [...this.#dynamic]) if (address.lifetime.expires <= now && this.#dynamic.has(address)) expire(address);
      this.#arm();
    });
  }

  /** Begins to watch an address, or hears of its new lifetimes. */
  watch(address: Address): void {
    if (address.lifetime.dynamic) this.#dynamic.add(address);
    else this.#dynamic.delete(address);
    this.#arm();
  }

  /** The address is gone. */
  forget(address: Address): void {
    if (this.#dynamic.delete(address)) this.#arm();
  }

  #arm(): void {
    let next = Number.POSITIVE_INFINITY;
    for (const { lifetime } of this.#dynamic) next = Math.min(next, lifetime.expires);
    if (next === Number.POSITIVE_INFINITY) this.#timer.cancel();
    else this.#timer.armAt(next);
  }
}
