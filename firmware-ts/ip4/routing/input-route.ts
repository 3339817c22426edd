/** The route look-up for packets that come in, as Linux makes it, reverse path filter included. */

import { INADDR_ANY, INADDR_BROADCAST, isLoopback, isMulticast, isZeronet } from "../../ip/address.ts";
import type { NetDevice } from "../../net/device.ts";
import type { Devconfs } from "./devconf.ts";
import type { Fib } from "./fib.ts";
import { leavesBy, nextHopOf, type Route, type RouteEntry, RouteType } from "./routes.ts";

/** The way of a packet that came in. */
export const InputWay = {
  /** Nowhere: its source or destination is not allowed there, or no route leads on. InputRoute.refusal says why. */
  REFUSED: 0,
  LOCAL: 1,
  BROADCAST: 2,
  /** On, by InputRoute.route. */
  FORWARD: 3,
} as const;
export type InputWay = (typeof InputWay)[keyof typeof InputWay];

/** The reason for which a packet was refused. */
export const Refusal = {
  /** The source address is not allowed there. */
  SOURCE: 0,
  /** The destination address is not allowed there. */
  DESTINATION: 1,
  /** The way back to the source is another one (RFC 3704). */
  REVERSE_PATH: 2,
  /** The packet is not for us, and the device does not forward. */
  NOT_LOCAL: 3,
  /** The packet is to be forwarded, but there is no route. */
  NO_ROUTE: 4,
  /** A route says that packets to the destination are refused, and how. */
  BLACKHOLE: 5,
  UNREACHABLE: 6,
  PROHIBIT: 7,
} as const;
export type Refusal = (typeof Refusal)[keyof typeof Refusal];

/** The upper octets of groups that no router hands on: 224.0.0/24 (RFC 5771 4). */
const LINK_GROUPS = 0xe00000;

const RP_STRICT = 1;
const RP_LOOSE = 2;

/** The result of a look-up, beside the way. Its owner hands it in; it stays as it is until the owner hands it in again. */
export class InputRoute {
  /** With REFUSED: the reason. */
  refusal: Refusal = Refusal.NOT_LOCAL;
  /** With FORWARD: the route on; else null. */
  route: Route | null = null;
}

/** Looks up the ways of packets that come in. */
export class InputRouter {
  readonly #fib: Fib;
  readonly #conf: Devconfs;

  constructor(fib: Fib, conf: Devconfs) {
    this.#fib = fib;
    this.#conf = conf;
  }

  /**
   * Looks up the way of a packet that came in on the device.
   * @param ip true for an IP packet, false for an ARP request that stands for one
   */
  find(found: InputRoute, destination: number, source: number, device: NetDevice, ip: boolean): InputWay {
    found.route = null;
    if (isMulticast(source) || source === INADDR_BROADCAST) return refuse(found, Refusal.SOURCE);
    if (ip && isMulticast(destination)) return this.#group(found, destination, source, device);
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
    const entry = routes.match(destination);
    if (entry === null || entry.device === null) return refuse(found, refusalOf(entry));
    const route = nextHopOf(entry as Route, source, destination);
    if (!this.#sourceAllowed(found, source, device)) return InputWay.REFUSED;
    // Linux looks closer at a source only if it may have to send it a redirect: when the packet leaves by the device it came from.
    if (route.device === device && routes.lookupLocal(source)) return refuse(found, Refusal.SOURCE);
    // An ARP request leads back to the device it came from only between the hosts of a private VLAN.
    if (!ip && route.device === device && !this.#conf.on(device).proxyArpPvlan) return refuse(found, Refusal.DESTINATION);
    found.route = route;
    return InputWay.FORWARD;
  }

  /** A packet to a group that the device has joined. Without a source it may come from the link alone. */
  #group(found: InputRoute, destination: number, source: number, device: NetDevice): InputWay {
    const { routeLocalnet } = this.#conf.on(device);
    if (source === INADDR_ANY ? destination >>> 8 !== LINK_GROUPS : isZeronet(source)) return refuse(found, Refusal.SOURCE);
    if (isLoopback(source) && !routeLocalnet) return refuse(found, Refusal.SOURCE);
    return this.#sourceAllowed(found, source, device) ? InputWay.BROADCAST : InputWay.REFUSED;
  }

  #broadcast(found: InputRoute, source: number, device: NetDevice, ip: boolean): InputWay {
    if (!ip) return refuse(found, Refusal.DESTINATION);
    return this.#sourceAllowed(found, source, device) ? InputWay.BROADCAST : InputWay.REFUSED;
  }

  /** Returns true when the source is none of ours and, with the filter on, packets to it leave by this device (loose: by any). */
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
    return back !== null && (leavesBy(back, device) || filter === RP_LOOSE);
  }
}

/** Returns how packets are refused by this entry. */
function refusalOf(entry: RouteEntry | null): Refusal {
  switch (entry?.type) {
    case RouteType.BLACKHOLE:
      return Refusal.BLACKHOLE;
    case RouteType.UNREACHABLE:
      return Refusal.UNREACHABLE;
    case RouteType.PROHIBIT:
      return Refusal.PROHIBIT;
    default:
      return Refusal.NO_ROUTE;
  }
}

function refuse(found: InputRoute, refusal: Refusal): InputWay {
  found.refusal = refusal;
  return InputWay.REFUSED;
}
