/** Takes redirects (RFC 1122 3.2.2.2): a router on the link names a better gateway to one destination. */
import { INADDR_BROADCAST, type Ip4, isMulticast, isZeronet } from "../ip/address.ts";
import { AddressType } from "../ip/address-type.ts";
import { use } from "../neigh/machine.ts";
import type { NetDevice } from "../net/device.ts";
import type { Arp } from "./arp/arp.ts";
import type { Fib } from "./routing/fib.ts";
import type { Ip4Way } from "./routing/output-route.ts";
import type { RouteLog } from "./routing/route-log.ts";

/** Codes with these low three bits: for a network or a host, for one type of service or all. All mean the host, as in Linux. */
const LAST_CODE = 3;

export class Redirects {
  readonly #fib: Fib;
  readonly #arp: Arp;
  readonly #log: RouteLog;

  constructor(fib: Fib, arp: Arp, log: RouteLog) {
    this.#fib = fib;
    this.#arp = arp;
    this.#log = log;
  }

  /**
   * Believes a redirect if it comes from the gateway in use and the settings allow it. One to a neighbour that is not known only has the
   * neighbour asked for: the next one may be believed.
   * @param way that of the packet which the redirect quotes
   * @param device the one by which the redirect came
   */
  take({ route, nextHop, source, destination }: Ip4Way, code: number, reporter: Ip4, gateway: Ip4, device: NetDevice): void {
    if ((code & 7) > LAST_CODE || !route || route.gateway === 0 || nextHop !== reporter) return;
    if (gateway === reporter || !this.#allowed(gateway, reporter, device)) {
      if (this.#fib.conf.on(device).logMartians) this.#log.redirectIgnored(reporter, device, gateway, source, destination);
      return;
    }
    const entry = this.#arp.neighbour(gateway, route.device);
    if (!entry) return;
    if (entry.valid) this.#fib.paths.redirect(destination, route, gateway);
    else use(entry);
  }

  #allowed(gateway: Ip4, reporter: Ip4, device: NetDevice): boolean {
    const { acceptRedirects, sharedMedia, secureRedirects } = this.#fib.conf.on(device);
    if (!acceptRedirects || isMulticast(gateway) || gateway === INADDR_BROADCAST || isZeronet(gateway)) return false;
    if (sharedMedia) return this.#fib.addressType(gateway) === AddressType.UNICAST;
    if (!this.#fib.addresses.onLink(device, gateway, reporter)) return false;
    return !secureRedirects || this.#fib.routes.list.some((route) => route.device === device && route.gateway === gateway);
  }
}
