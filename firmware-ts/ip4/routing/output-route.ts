/**
 * The way of packets of ours to a destination: route, source address, next hop and its entry. It is looked up for the first packet and
 * kept for those that follow, until an address, a route or a device changes (the kernel keeps its dst_entry for that).
 */

import { INADDR_ANY, INADDR_BROADCAST, type Ip4, isMulticast } from "../../ip/address.ts";
import type { Way } from "../../ip/layer.ts";
import type { Neighbour } from "../../neigh/entry.ts";
import { IP_HEADER } from "../header/ip-header.ts";
import type { Fib } from "./fib.ts";
import { type Route, RouteType } from "./routes.ts";

/** Ways of answers that are remembered, 2 to this power: each has one place, by its destination, and gives way to another there. */
const PLACES_LOG2 = 10;
/** Largest packet to ourselves: what a buffer holds, as on a wire. */
const LOCAL_MTU = 1500;

export class Ip4Way implements Way {
  readonly destination: Ip4;
  /** The source address that was asked for; INADDR_ANY for none. */
  readonly asked: Ip4;
  /** The route, or null where there is none. */
  route: Route | null = null;
  /** The source address: what was asked for, else the best for the route. */
  source: Ip4 = INADDR_ANY;
  /** Whose link address it takes. */
  nextHop = 0;
  /** To a group, or to everybody on the link: nobody in particular proves to be there. */
  toMany = false;
  toOurselves = false;
  /** The next hop's entry, when it was there at the last packet. It says itself when it is removed: look whether it is dead. */
  neighbour: Neighbour | null = null;
  /** Fib.generation when all this was looked up. */
  generation = -1;

  constructor(destination: Ip4, asked: Ip4) {
    this.destination = destination;
    this.asked = asked;
  }

  get room(): number {
    const { route } = this;
    if (!route) return -1;
    return (route.type === RouteType.LOCAL ? LOCAL_MTU : route.device.mtu) - IP_HEADER;
  }
}

export class OutputRouter {
  readonly #fib: Fib;
  readonly #places = new Array<Ip4Way | null>(1 << PLACES_LOG2).fill(null);

  constructor(fib: Fib) {
    this.#fib = fib;
  }

  /** Looks the way up anew if anything it rests on has changed. */
  refresh(way: Ip4Way): void {
    if (way.generation !== this.#fib.generation) this.#find(way);
  }

  /**
   * The way of an answer, for those who keep no destination: remembered while others with its place do not push it out.
   * @param source the source address the packet is to have; INADDR_ANY for the best
   */
  to(destination: Ip4, source: Ip4): Ip4Way {
    const place = Math.imul(destination ^ Math.imul(source, MIX), MIX) >>> (32 - PLACES_LOG2);
    let way = this.#places[place] as Ip4Way | null;
    if (way === null || way.destination !== destination || way.asked !== source) {
      way = new Ip4Way(destination, source);
      this.#places[place] = way;
    }
    this.refresh(way);
    return way;
  }

  #find(way: Ip4Way): void {
    const { destination, asked } = way;
    const { addresses, routes, generation } = this.#fib;
    const toGroup = isToMany(destination);
    let route = routes.lookup(destination);
    const source = asked || (route ? this.#fib.sourceBy(route, destination) : INADDR_ANY);
    if (toGroup && source !== INADDR_ANY && (asked !== INADDR_ANY || route)) {
      // To everybody or a group it leaves where its source address is.
      const own = addresses.find(source);
      route = (own && routes.lookup(source & own.mask, own.device)) ?? route;
    }
    way.route = route;
    way.source = source as Ip4;
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
