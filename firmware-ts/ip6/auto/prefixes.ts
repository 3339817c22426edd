/** Makes addresses with the prefixes of routers, and gives them the lifetimes that routers say (RFC 4862 5.5.3). */
import type { Ip6 } from "../../ip/ip6.ts";
import type { NetDevice } from "../../net/device.ts";
import { isLinkLocal, isMulticast6, prefixOf } from "../common/address-kind.ts";
import { AddressFlags } from "../routing/addresses.ts";
import type { Fib6 } from "../routing/fib.ts";
import { AUTONOMOUS, FOREVER, ON_LINK } from "./advertisement-wire.ts";
import type { LearnedRoutes } from "./learned-routes.ts";
import type { TemporaryAddresses } from "./temporary.ts";

/** Prefixes of this length only: the other half is the interface identifier (RFC 4291 2.5.1). */
const SLAAC_LENGTH = 64;
/** Seconds: no router that is not authenticated makes the valid lifetime of an address shorter than this (RFC 4862 5.5.3 e). */
const LEAST_VALID = 7200;
/** IFAPROT_KERNEL_RA. */
const BY_ROUTER = 2;

/** The prefix that a router tells of, read from its option. */
export interface ToldPrefix {
  readonly prefix: Ip6;
  readonly prefixLength: number;
  readonly flags: number;
  /** Seconds; FOREVER for no end. */
  readonly valid: number;
  readonly preferred: number;
}

export class Prefixes {
  readonly #fib: Fib6;
  readonly #routes: LearnedRoutes;
  readonly #temporary: TemporaryAddresses;

  constructor(fib: Fib6, routes: LearnedRoutes, temporary: TemporaryAddresses) {
    this.#fib = fib;
    this.#temporary = temporary;
    this.#routes = routes;
  }

  /** Takes a prefix. Returns false when it is one too many. @param sourceLink the router told its link address: an address may be used before all have answered */
  take(device: NetDevice, told: ToldPrefix, sourceLink: boolean): boolean {
    const { prefix, prefixLength, flags, valid, preferred } = told;
    if (isMulticast6(prefix) || isLinkLocal(prefix) || preferred > valid) return true;
    const { autoconf, acceptRaMinLft } = this.#fib.conf.on(device);
    const makesAddress = (flags & AUTONOMOUS) !== 0 && autoconf !== 0;
    if (makesAddress && valid !== 0 && valid < acceptRaMinLft) return true;
    const onLink = prefixOf(this.#fib.interner, prefix, prefixLength);
    const fits = (flags & ON_LINK) === 0 || this.#routes.tellOnLink(onLink, prefixLength, device, seconds(valid));
    if (makesAddress && prefixLength === SLAAC_LENGTH) this.#address(device, told, sourceLink);
    return fits;
  }

  #address(device: NetDevice, { prefix: { a, b }, valid, preferred }: ToldPrefix, sourceLink: boolean): void {
    const { addresses, conf } = this.#fib;
    const made = this.#fib.identifiers.make(device, a, b);
    if (!made) return;
    const { local } = made;
    const known = addresses.on(device, local);
    if (known) {
      const least = conf.on(device).raHonorPioLife !== 0 ? 0 : Math.min(known.lifetime.validLeft, LEAST_VALID);
      const lasts = Math.max(seconds(valid), least);
      if (lasts <= 0) {
        this.#fib.removeAddress(known);
        return;
      }
      const { metric } = known;
      const isPreferred = Math.min(seconds(preferred), lasts);
      this.#fib.changeAddress(known, { metric, lifetimes: { valid: lasts, preferred: isPreferred } });
      this.#temporary.told(known, lasts, isPreferred);
      return;
    }
    const { maxAddresses } = conf.on(device);
    if (valid === 0 || (maxAddresses > 0 && addresses.of(device).length >= maxAddresses)) return;
    const added = this.#fib.addAddress(device, local, SLAAC_LENGTH, {
      flags: made.flags | AddressFlags.MANAGETEMPADDR | (sourceLink && conf.on(device).optimistic ? AddressFlags.OPTIMISTIC : 0),
      protocol: BY_ROUTER,
      lifetimes: { valid: seconds(valid), preferred: seconds(preferred) },
    });
    this.#temporary.told(added, seconds(valid), seconds(preferred));
  }
}

/** A lifetime as it is reckoned with. */
export function seconds(lifetime: number): number {
  return lifetime === FOREVER ? Number.POSITIVE_INFINITY : lifetime;
}
