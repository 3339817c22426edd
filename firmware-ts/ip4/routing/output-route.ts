/**
 * The way of packets of ours to a destination: route, source address, next hop and its entry. It is looked up for the first packet and
 * kept for those that follow, until an address, a route or a device changes (the kernel keeps its dst_entry for that).
 */

import { DropReason } from "../../../hal/drop-reason.ts";
import { INADDR_ANY, INADDR_BROADCAST, type Ip4, isMulticast } from "../../ip/address.ts";
import { HeaderTemplate } from "../../ip/header-template.ts";
import type { Ip6 } from "../../ip/ip6.ts";
import { asksLink, isUndivided, type Way } from "../../ip/layer.ts";
import { failureOf } from "../../ip/route-type.ts";
import type { NetDevice } from "../../net/device.ts";
import type { Generation } from "../../net/generation.ts";
import { FRAGMENT_DF, IP_HEADER, IP_MOST } from "../header/ip-header.ts";
import type { Fib } from "./fib.ts";
import type { PathException } from "./path-exceptions.ts";
import { mtuOf, onLinkOf, type Route, RouteType } from "./routes.ts";

// Constants of this module's own: V8 reads an imported or exported one anew at each use (docs/datapath.md).
const [HEADER, DF] = [IP_HEADER, FRAGMENT_DF];
const { LOCAL } = RouteType;

/** Number of remembered ways of answers, as a power of 2. Each has one place, by its destination, and gives way to another there. */
const PLACES_LOG2 = 10;

/** The way of packets to one destination. Fields that every packet's sending reads stand first, side by side in memory. */
export class Ip4Way extends HeaderTemplate implements Way {
  /** Fib.changes at the time of the look-up. */
  routed = -1;
  /** The exception that routers have told of; null when they have told of none. */
  path: PathException | null = null;
  /** The route, or null when there is none. */
  route: Route | null = null;
  /** One of several default routes: it is kept until its gateway fails. */
  chosen = false;
  toOurselves = false;
  /** The sum of what stays the same in `header`; and the protocol for which the count of identifications was found. */
  headerSum = 0;
  protocol = -1;
  identification = 0;
  readonly destination: Ip4;
  /** The source address: the one that was asked for, else the best for the route. */
  source: Ip4 = INADDR_ANY;
  /** The packets go to a group or to everybody on the link, so that no answer proves a neighbour to be there. */
  toMany = false;
  /** The address of the neighbour that gets the packets. */
  nextHop = 0;
  /** The neighbour of IPv6 that gets them instead; null for none. */
  nextHop6: Ip6 | null = null;
  /** The source address that was asked for; INADDR_ANY for none. */
  readonly asked: Ip4;
  failure: DropReason = DropReason.IP_OUTNOROUTES;
  readonly toGroup: boolean;
  /** The only device by which it may lead; null for any. */
  readonly device: NetDevice | null;

  constructor(destination: Ip4, asked: Ip4, device: NetDevice | null = null) {
    super();
    this.destination = destination;
    this.asked = asked;
    this.device = device;
    this.toGroup = isMulticast(destination);
  }

  /** Draws from the route what packets need of it. */
  describe(): void {
    const { route, path, source, destination } = this;
    this.straight = false;
    this.addressSum = (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff);
    this.offloadsChecksum = route !== null && !this.toOurselves && route.device.txChecksum;
    if (route === null) {
      this.room = -1;
      return;
    }
    const mtu = route.type === LOCAL ? IP_MOST : mtuOf(route);
    this.room = (path !== null && path.mtu < mtu && !asksLink(this.manner) ? path.mtu : mtu) - HEADER;
  }

  /** Routers are not to fragment what is sent by it, unless the operator or one of them has asked for it. */
  get fragment(): number {
    const { path, route, manner } = this;
    if (manner.discovery !== "want") return isUndivided(manner) ? DF : 0;
    return route?.mtuLock === true || path?.locked === true ? 0 : DF;
  }
}

/** Looks up the ways of packets of ours. */
export class OutputRouter {
  readonly #fib: Fib;
  readonly #changes: Generation;
  readonly #places = new Array<Ip4Way | null>(1 << PLACES_LOG2).fill(null);

  /** @param changes all that a way rests on, neighbours and devices included */
  constructor(fib: Fib, changes: Generation) {
    this.#fib = fib;
    this.#changes = changes;
  }

  /** Looks the way up anew if anything it rests on has changed. */
  refresh(way: Ip4Way): void {
    if (way.generation !== this.#changes.count || way.path !== null || way.chosen) this.#renew(way);
  }

  /**
   * Returns the way of an answer, for callers that keep no destination. It is remembered until another one needs its place.
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

  #renew(way: Ip4Way): void {
    const { path } = way;
    const { count } = this.#changes;
    const lapsed = (path !== null && path.left <= 0) || (way.chosen && this.#fib.isLost(way.route));
    if (way.generation === count && !lapsed) return;
    if (way.routed !== this.#fib.changes.count || lapsed) this.#find(way);
    way.describe();
    way.generation = count;
  }

  #find(way: Ip4Way): void {
    const { destination, asked, device } = way;
    const { addresses, routes, changes } = this.#fib;
    const toGroup = isToMany(destination);
    const found = routes.lookup(destination, device) ?? this.#onLink(destination, device);
    let route = found && this.#fib.hopOf(found, INADDR_ANY, destination, device);
    const source = asked || (route ? this.#fib.sourceBy(route, destination) : INADDR_ANY);
    if (toGroup && device === null && source !== INADDR_ANY && (asked !== INADDR_ANY || route)) {
      // A packet to everybody or to a group leaves by the device of its source address.
      const own = addresses.find(source);
      route = (own && routes.lookup(source & own.mask, own.device)) ?? route;
    }
    way.route = route;
    way.failure = route ? DropReason.NONE : failureOf(routes.match(destination, device));
    way.path = route && this.#fib.paths.find(destination, route);
    way.source = source as Ip4;
    way.toOurselves = route?.type === RouteType.LOCAL && !toGroup;
    // Broadcast and multicast are for the link itself, whatever gateway the route has.
    way.toMany = route?.type === RouteType.BROADCAST || toGroup;
    way.nextHop = way.toMany ? destination : way.path?.gateway || route?.hop || destination;
    way.nextHop6 = way.toMany || route === null ? null : route.gateway6;
    way.neighbour = null;
    way.chosen = found !== null && this.#fib.isChoice(found);
    way.routed = changes.count;
  }

  /** As in Linux, all that no route knows of is on the link of a device that is named. */
  #onLink(destination: Ip4, device: NetDevice | null): Route | null {
    if (device === null || !device.up || this.#fib.routes.match(destination, device) !== null) return null;
    return onLinkOf(device);
  }
}

/** Returns true for a group, and for everybody on the link. */
function isToMany(destination: number): boolean {
  return destination === INADDR_BROADCAST || isMulticast(destination);
}

/** 2^32 divided by the golden ratio: spreads neighbouring numbers. */
const MIX = 0x9e3779b1;
