/**
 * Tells packets for us from others, by their addresses (RFC 4291 2.5.3, 2.7; RFC 4007 9), and remembers the addresses of those that were let
 * in a moment ago: they are for us until something changes.
 */
import { DropReason } from "../../../hal/drop-reason.ts";
import type { Ip6 } from "../../ip/ip6.ts";
import type { NetDevice } from "../../net/device.ts";
import { AddressScope, isLoopback6, isMulticast6, scopeOf } from "../common/address-kind.ts";
import type { Fib6 } from "./fib.ts";

const { NONE, IP_INHDR, IP_INADDRERRORS, IP_NOT_LOCAL, IPV6DISABLED } = DropReason;

/** Number of remembered pairs, as a power of 2. Each has one place and gives way to another there. */
const PLACES_LOG2 = 8;

export class KnownWays {
  readonly #fib: Fib6;
  readonly #sources = new Array<Ip6 | null>(1 << PLACES_LOG2).fill(null);
  readonly #destinations = new Array<Ip6 | null>(1 << PLACES_LOG2).fill(null);
  readonly #devices = new Int32Array(1 << PLACES_LOG2);
  /** Fib6.changes at the time of the look-up. */
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
      this.#generations[at] === (this.#fib.changes.count | 0)
    );
  }

  add(destination: Ip6, source: Ip6, device: NetDevice): void {
    const at = placeOf(destination, source);
    this.#sources[at] = source;
    this.#destinations[at] = destination;
    this.#devices[at] = device.ifindex;
    this.#generations[at] = this.#fib.changes.count;
  }
}

function placeOf(destination: Ip6, source: Ip6): number {
  return (destination.hash ^ Math.imul(source.hash, 0x9e3779b1)) >>> (32 - PLACES_LOG2);
}

/**
 * Returns NONE for addresses of a packet that is for us, IP_INADDRERRORS for those of one to a group, or from a source, that nobody here
 * hears, IP_NOT_LOCAL for those of one to another host, IP_INHDR for impossible ones.
 */
export function admit(fib: Fib6, source: Ip6, destination: Ip6, device: NetDevice): DropReason {
  if (!fib.isActive(device)) return IPV6DISABLED;
  if (isMulticast6(source)) return IP_INHDR;
  if (!device.loopback && (isLoopback6(source) || isLoopback6(destination))) return IP_INHDR;
  if (isMulticast6(destination)) {
    const scope = scopeOf(destination);
    if (scope === 0 || (scope === AddressScope.INTERFACE && !device.loopback)) return IP_INHDR;
    return fib.groups.hears(device, destination, source) ? NONE : IP_INADDRERRORS;
  }
  return fib.isForUs(destination, device.loopback ? null : device) ? NONE : IP_NOT_LOCAL;
}
