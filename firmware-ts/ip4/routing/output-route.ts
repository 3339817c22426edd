/**
 * The way of packets of ours to a destination: route, source address, next hop and its entry. It is looked up for the first packet and
 * remembered for those that follow, until an address or a route changes (the kernel keeps its dst_entry for that).
 */

import { INADDR_BROADCAST, isMulticast } from "../../ip/address.ts";
import type { Neighbour } from "../../neigh/entry.ts";
import { IP_HEADER } from "../header/ip-header.ts";
import type { Fib } from "./fib.ts";
import { type Route, RouteType } from "./routes.ts";

/** Ways that are remembered, 2 to this power: each has one place, by its destination, and gives way to another there. */
const PLACES_LOG2 = 10;
/** Largest packet to ourselves: what a buffer holds, as on a wire. */
const LOCAL_MTU = 1500;

/** Valid until the next look-up: its place may be taken by another way then. */
export class OutputRoute {
  destination = 0;
  /** The source address that was asked for; 0 for none. */
  asked = 0;
  /** The route, or null where there is none. */
  route: Route | null = null;
  /** The source address: what was asked for, else the best for the route. */
  source = 0;
  /** Whose link address it takes. */
  nextHop = 0;
  /** To a group, or to everybody on the link: nobody in particular proves to be there. */
  toMany = false;
  toOurselves = false;
  /** The next hop's entry, when it was there at the last packet. Look whether it is dead. */
  neighbour: Neighbour | null = null;
  /** As the Fib had it. */
  generation = -1;

  /** The controller fills in transport checksums. Packets to ourselves reach none. */
  get offloadsChecksum(): boolean {
    const { route } = this;
    return route !== null && !this.toOurselves && route.device.txChecksum;
  }

  /** Bytes behind the IP header that go out in one packet; -1 without a route. */
  get room(): number {
    const { route } = this;
    if (!route) return -1;
    return (route.type === RouteType.LOCAL ? LOCAL_MTU : route.device.mtu) - IP_HEADER;
  }
}

export class OutputRouter {
  readonly #fib: Fib;
  readonly #places = new Array<OutputRoute | null>(1 << PLACES_LOG2).fill(null);

  constructor(fib: Fib) {
    this.#fib = fib;
  }

  /** @param source the source address the packet has or is to have; 0 for the best */
  to(destination: number, source: number): OutputRoute {
    const place = Math.imul(destination ^ Math.imul(source, MIX), MIX) >>> (32 - PLACES_LOG2);
    let way = this.#places[place] as OutputRoute | null;
    if (!way) {
      way = new OutputRoute();
      this.#places[place] = way;
    }
    if (way.destination !== destination || way.asked !== source || way.generation !== this.#fib.generation) {
      this.#find(way, destination, source);
    }
    return way;
  }

  #find(way: OutputRoute, destination: number, asked: number): void {
    const { addresses, routes, generation } = this.#fib;
    const toGroup = isToMany(destination);
    let route = routes.lookup(destination);
    const source = asked || (route ? this.#fib.sourceBy(route, destination) : 0);
    if (toGroup && source !== 0 && (asked !== 0 || route)) {
      // To everybody or a group it leaves where its source address is.
      const own = addresses.find(source);
      route = (own && routes.lookup(source & own.mask, own.device)) ?? route;
    }
    way.destination = destination;
    way.asked = asked;
    way.route = route;
    way.source = source;
    way.toOurselves = route?.type === RouteType.LOCAL && !toGroup;
    // Whatever gateway the route has: broadcast and multicast are for the link itself.
    way.toMany = route?.type === RouteType.BROADCAST || toGroup;
    way.nextHop = way.toMany ? destination : route?.gateway || destination;
    way.neighbour = null;
    way.generation = generation;
  }
}

/** A group, or everybody on the link. */
function isToMany(destination: number): boolean {
  return destination === INADDR_BROADCAST || isMulticast(destination);
}

/** 2^32 divided by the golden ratio: spreads neighbouring numbers. */
const MIX = 0x9e3779b1;
