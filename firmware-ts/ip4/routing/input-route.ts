/** Where a packet that came in goes, or that it goes nowhere: Linux's route look-up for input, reverse path filter included. */

import { INADDR_ANY, INADDR_BROADCAST, isLoopback, isMulticast, isZeronet } from "../../ip/address.ts";
import type { NetDevice } from "../../net/device.ts";
import type { Devconfs } from "./devconf.ts";
import type { Fib } from "./fib.ts";
import { type Route, RouteType } from "./routes.ts";

/** Where a packet that came in goes. */
export const InputWay = {
  /** Nowhere: its source or destination is not allowed there, or no route leads on. InputRoute.refusal says why. */
  REFUSED: 0,
  LOCAL: 1,
  BROADCAST: 2,
  /** On, by InputRoute.route. */
  FORWARD: 3,
} as const;
export type InputWay = (typeof InputWay)[keyof typeof InputWay];

/** Why a packet was refused. */
export const Refusal = {
  /** A source that may not be there. */
  SOURCE: 0,
  /** A destination that may not be there. */
  DESTINATION: 1,
  /** The way back to the source is another (RFC 3704). */
  REVERSE_PATH: 2,
  /** Not for us, and nobody forwards. */
  NOT_LOCAL: 3,
  /** To be forwarded, but there is no route. */
  NO_ROUTE: 4,
} as const;
export type Refusal = (typeof Refusal)[keyof typeof Refusal];

const RP_STRICT = 1;
const RP_LOOSE = 2;

/** What a look-up found. Its owner hands it in, and it stays as it is until the owner hands it in again. */
export class InputRoute {
  way: InputWay = InputWay.REFUSED;
  /** With REFUSED: why. */
  refusal: Refusal = Refusal.NOT_LOCAL;
  /** With FORWARD: the route on; else null. */
  route: Route | null = null;
}

export class InputRouter {
  readonly #fib: Fib;
  readonly #conf: Devconfs;

  constructor(fib: Fib, conf: Devconfs) {
    this.#fib = fib;
    this.#conf = conf;
  }

  /**
   * Looks up where a packet goes that came in on the device. Returns `found.way`.
   * @param ip an IP packet, not an ARP request put to the routes in its place
   */
  find(found: InputRoute, destination: number, source: number, device: NetDevice, ip: boolean): InputWay {
    found.route = null;
    found.way = this.#way(found, destination, source, device, ip);
    return found.way;
  }

  #way(found: InputRoute, destination: number, source: number, device: NetDevice, ip: boolean): InputWay {
    if (isMulticast(source) || source === INADDR_BROADCAST) return refuse(found, Refusal.SOURCE);
    if (destination === INADDR_BROADCAST) return this.#broadcast(found, source, device, ip);
    if (isZeronet(source)) return refuse(found, Refusal.SOURCE);
    if (isZeronet(destination)) return refuse(found, Refusal.DESTINATION);
    if (!device.loopback && !this.#conf.on(device).routeLocalnet) {
      if (isLoopback(destination)) return refuse(found, Refusal.DESTINATION);
      if (isLoopback(source)) return refuse(found, Refusal.SOURCE);
    }
    const { routes } = this.#fib;
    const local = routes.lookupLocal(destination);
    if (local?.type === RouteType.BROADCAST) return this.#broadcast(found, source, device, ip);
    if (local) return this.#sourceAllowed(found, source, device) ? InputWay.LOCAL : InputWay.REFUSED;
    if (!this.#conf.on(device).forwarding) return refuse(found, Refusal.NOT_LOCAL);
    const route = routes.lookupMain(destination);
    if (!route) return refuse(found, Refusal.NO_ROUTE);
    if (!this.#sourceAllowed(found, source, device)) return InputWay.REFUSED;
    // Linux looks closer at a source only where it may have to send it a redirect: on the way back where it came from.
    if (route.device === device && routes.lookupLocal(source)) return refuse(found, Refusal.SOURCE);
    // What is not IP leads back to where it came from only between the hosts of a private VLAN.
    if (!ip && route.device === device && !this.#conf.on(device).proxyArpPvlan) return refuse(found, Refusal.DESTINATION);
    found.route = route;
    return InputWay.FORWARD;
  }

  #broadcast(found: InputRoute, source: number, device: NetDevice, ip: boolean): InputWay {
    if (!ip) return refuse(found, Refusal.DESTINATION);
    return this.#sourceAllowed(found, source, device) ? InputWay.BROADCAST : InputWay.REFUSED;
  }

  /** The source is none of ours and, where the filter is on, packets to it would leave by this device (or by any). */
  #sourceAllowed(found: InputRoute, source: number, device: NetDevice): boolean {
    if (source === INADDR_ANY || device.loopback) return true;
    const { addresses, routes } = this.#fib;
    found.refusal = Refusal.SOURCE;
    if (addresses.isLocal(source)) return false;
    const filter = this.#conf.on(device).rpFilter;
    if (filter !== RP_STRICT && filter !== RP_LOOSE) return true;
    if (routes.lookupLocal(source)) return false;
    found.refusal = Refusal.REVERSE_PATH;
    const back = routes.lookupMain(source);
    return back !== null && (back.device === device || filter === RP_LOOSE);
  }
}

function refuse(found: InputRoute, refusal: Refusal): InputWay {
  found.refusal = refusal;
  return InputWay.REFUSED;
}
