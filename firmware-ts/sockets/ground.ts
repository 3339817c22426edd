/** The things that sockets for Node programs stand on: a stack, a way to find addresses by name, and a count of who is waited for. */
import type { Clock } from "../../hal/clock.ts";
import type { IpLayers } from "../ip/layers.ts";
import type { NetDevice } from "../net/device.ts";
import type { Udp } from "../transport/udp.ts";

/** The parts of a Stack that sockets use. */
export interface SocketStack {
  readonly clock: Clock;
  readonly layers: IpLayers;
  readonly udp: Udp;
  readonly devices: readonly NetDevice[];
}

/** An address that a name has. */
export interface FoundAddress {
  readonly address: string;
  readonly family: number;
}

/** The options of a look-up, as dns.lookup() has them. */
export interface LookupOptions {
  readonly family?: number | "IPv4" | "IPv6" | undefined;
  readonly all?: boolean | undefined;
  readonly hints?: number | undefined;
  readonly verbatim?: boolean | undefined;
}

/** Gets the answer: one address and its family, or all of them. */
export type LookupCallback = (
  error: NodeJS.ErrnoException | null,
  address?: string | readonly FoundAddress[],
  family?: number,
) => void;

/** Finds addresses by name, in the form of dns.lookup(). */
export type Lookup = (hostname: string, options: LookupOptions, callback: LookupCallback) => void;

/**
 * Counts what a program waits for: open sockets that are not unref()'d, questions under way. The stack's own timers and devices keep a
 * process alive, so that nothing else tells when a program is done.
 */
export class Holds {
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(): void {
    this.#count++;
  }

  remove(): void {
    this.#count--;
  }
}

/** One thing that is waited for or not. */
export class Hold {
  readonly #holds: Holds;
  #open = false;
  #wanted = true;

  constructor(holds: Holds) {
    this.#holds = holds;
  }

  /** The thing is there. */
  open(): void {
    this.#set(true, this.#wanted);
  }

  /** It is gone. */
  close(): void {
    this.#set(false, this.#wanted);
  }

  ref(): void {
    this.#set(this.#open, true);
  }

  unref(): void {
    this.#set(this.#open, false);
  }

  #set(open: boolean, wanted: boolean): void {
    const before = this.#open && this.#wanted;
    this.#open = open;
    this.#wanted = wanted;
    if (before === (open && wanted)) return;
    if (before) this.#holds.remove();
    else this.#holds.add();
  }
}

/** Settings of the sockets of one stack. */
export interface SocketOptions {
  /** Finds the addresses of hosts. Default: the look-up of `whohas/dns` without servers, which knows addresses and `localhost`. */
  readonly lookup?: Lookup;
  readonly holds?: Holds;
}
