/** Addresses of packets that were let in a moment ago: they are for us, and will be until something changes. */
import type { Ip6 } from "../../ip/ip6.ts";
import type { NetDevice } from "../../net/device.ts";
import type { Fib6 } from "./fib.ts";

/** Number of remembered pairs, as a power of 2. Each has one place and gives way to another there. */
const PLACES_LOG2 = 8;

export class KnownWays {
  readonly #fib: Fib6;
  readonly #sources = new Array<Ip6 | null>(1 << PLACES_LOG2).fill(null);
  readonly #destinations = new Array<Ip6 | null>(1 << PLACES_LOG2).fill(null);
  readonly #devices = new Int32Array(1 << PLACES_LOG2);
  /** Fib6.generation at the time of the look-up. */
  readonly #generations = new Int32Array(1 << PLACES_LOG2);

  constructor(fib: Fib6) {
    this.#fib = fib;
  }

  has(destination: Ip6, source: Ip6, device: NetDevice): boolean {
    const at = placeOf(destination, source);
    return (
      this.#sources[at] === source &&
      this.#destinations[at] === destination &&
      this.#devices[at] === device.ifindex &&
      this.#generations[at] === (this.#fib.generation | 0)
    );
  }

  add(destination: Ip6, source: Ip6, device: NetDevice): void {
    const at = placeOf(destination, source);
    this.#sources[at] = source;
    this.#destinations[at] = destination;
    this.#devices[at] = device.ifindex;
    this.#generations[at] = this.#fib.generation;
  }
}

function placeOf(destination: Ip6, source: Ip6): number {
  return (destination.hash ^ Math.imul(source.hash, 0x9e3779b1)) >>> (32 - PLACES_LOG2);
}
