/**
 * The way of packets of ours to an IPv6 destination: route, source address, next hop and its entry. It is looked up for the first packet
 * and kept for those that follow, until an address, a route or a device changes (the kernel keeps its dst_entry for that).
 */
import { DropReason } from "../../../hal/drop-reason.ts";
import { HeaderTemplate } from "../../ip/header-template.ts";
import type { Ip6 } from "../../ip/ip6.ts";
import { asksLink, type Way } from "../../ip/layer.ts";
import { failureOf } from "../../ip/route-type.ts";
import type { NetDevice } from "../../net/device.ts";
import type { Generation } from "../../net/generation.ts";
import { LOOPBACK_MTU } from "../../net/loopback.ts";
import { isMulticast6 } from "../common/address-kind.ts";
import { IP6_HEADER } from "../header/ip6-header.ts";
import type { Fib6 } from "./fib.ts";
import type { Ip6PathException } from "./path-exceptions.ts";
import { type Ip6Route, Ip6RouteType, leadsSomewhere, mtuOfIp6 } from "./route.ts";

// Constants of this module's own: V8 reads an imported or exported one anew at each use (docs/datapath.md).
const HEADER = IP6_HEADER;
const { LOCAL } = Ip6RouteType;

/** Number of remembered ways of answers, as a power of 2. Each has one place, by its destination, and gives way to another there. */
const PLACES_LOG2 = 8;
/** Packets to groups stay on the link unless somebody asks otherwise (RFC 3493 5.2). */
const GROUP_HOPS = 1;

/** The way of packets to one destination. Fields that every packet's sending reads stand first, side by side in memory. */
export class Ip6Way extends HeaderTemplate implements Way {
  /** Fib6.changes at the time of the look-up. */
  routed = -1;
  /** The exception that routers have told of; null when they have told of none. */
  path: Ip6PathException | null = null;
  /** The route, or null when there is none. */
  route: Ip6Route | null = null;
  toOurselves = false;
  readonly destination: Ip6;
  /** The source address: the one that was asked for, else the best for the route. */
  source: Ip6;
  /** The packets go to a group, so that no answer proves a neighbour to be there. */
  toMany = false;
  /** The hop limit of packets whose sender names none. */
  hops = 0;
  /** Longest packet, in bytes, with the IP header, where no router says less. */
  mtu = 0;
  /** The address of the neighbour that gets the packets. */
  nextHop: Ip6;
  /** The flow label of the last packet, and the ports by which it was made; 0 for none. */
  label = 0;
  ports = 0;
  /** The source address that was asked for; null for none. */
  readonly asked: Ip6 | null;
  /** The only device by which it may lead; null for any. */
  readonly device: NetDevice | null;
  readonly toGroup: boolean;
  failure: DropReason = DropReason.IP_OUTNOROUTES;

  /** @param nobody the unspecified address, which the source is until the first look-up */
  constructor(destination: Ip6, asked: Ip6 | null, device: NetDevice | null, nobody: Ip6) {
    super();
    this.destination = destination;
    this.asked = asked;
    this.device = device;
    this.source = asked ?? nobody;
    this.nextHop = destination;
    this.toGroup = isMulticast6(destination);
  }

  /** Draws from the route what packets need of it. */
  describe(): void {
    const { route, path, mtu } = this;
    this.straight = false;
    this.addressSum = this.source.sum + this.destination.sum;
    this.offloadsChecksum = route !== null && !this.toOurselves && route.device.txChecksum;
    this.room = route === null ? -1 : (path !== null && path.mtu < mtu && !asksLink(this.manner) ? path.mtu : mtu) - HEADER;
  }
}

/** Longest packet by a route, in bytes: what the route and the device carry, or less if a router says so. */
export function mtuBy({ conf }: Fib6, route: Ip6Route): number {
  const { mtu } = conf.on(route.device);
  const carried = mtuOfIp6(route);
  return mtu !== 0 && mtu < carried ? mtu : carried;
}

/** Looks up the ways of packets of ours. */
export class OutputRouter6 {
  readonly #fib: Fib6;
  readonly #changes: Generation;
  readonly #nobody: Ip6;
  readonly #probe: (destination: Ip6, device: NetDevice | null) => void;
  readonly #places = new Array<Ip6Way | null>(1 << PLACES_LOG2).fill(null);

  /**
   * @param changes all that a way rests on, neighbours and devices included
   * @param probe asks the routers among which a way was chosen whether they are there, if it is time
   */
  constructor(fib: Fib6, changes: Generation, probe: (destination: Ip6, device: NetDevice | null) => void) {
    this.#fib = fib;
    this.#changes = changes;
    this.#probe = probe;
    this.#nobody = fib.known.unspecified;
  }

  make(destination: Ip6, source: Ip6 | null, device: NetDevice | null): Ip6Way {
    return new Ip6Way(destination, source === this.#nobody ? null : source, device, this.#nobody);
  }

  /** Looks the way up anew if anything it rests on has changed. */
  refresh(way: Ip6Way): void {
    if (way.generation !== this.#changes.count || way.path !== null) this.#renew(way);
  }

  /**
   * Returns the way of an answer, for callers that keep no destination. It is remembered until another one needs its place.
   * @param source the source address the packet is to have; null for the best
   * @param device the only one by which it may lead; null for any
   */
  to(destination: Ip6, source: Ip6 | null, device: NetDevice | null): Ip6Way {
    const mixed = destination.hash ^ (source === null ? 0 : source.hash);
    const place = Math.imul(mixed, 0x9e3779b1) >>> (32 - PLACES_LOG2);
    let way = this.#places[place] as Ip6Way | null;
    if (way === null || way.destination !== destination || way.asked !== source || way.device !== device) {
      way = new Ip6Way(destination, source, device, this.#nobody);
      this.#places[place] = way;
    }
    this.refresh(way);
    return way;
  }

  #renew(way: Ip6Way): void {
    const { path } = way;
    const { count } = this.#changes;
    const lapsed = path !== null && path.left <= 0;
    if (way.generation === count && !lapsed) return;
    if (way.routed !== this.#fib.changes.count || lapsed) this.#find(way);
    way.describe();
    way.generation = count;
  }

  #find(way: Ip6Way): void {
    const { destination, asked } = way;
    const { routes, changes, conf, paths } = this.#fib;
    const entry = routes.match(destination, way.device, asked === null ? 0 : asked.hash);
    const route = entry !== null && leadsSomewhere(entry) ? entry : null;
    const source = asked ?? (route && this.#fib.sourceBy(route, destination));
    way.route = route;
    way.failure = route ? DropReason.NONE : failureOf(entry);
    way.path = route && paths.find(destination, route);
    way.source = source ?? this.#nobody;
    way.label = 0;
    way.toOurselves = route?.type === LOCAL;
    way.toMany = isMulticast6(destination);
    way.hops = way.toMany ? GROUP_HOPS : route ? conf.on(route.device).hopLimit : 0;
    way.nextHop = way.toMany ? destination : (way.path?.gateway ?? route?.gateway ?? destination);
    way.mtu = way.toOurselves ? LOOPBACK_MTU : route === null ? 0 : mtuBy(this.#fib, route);
    way.neighbour = null;
    way.routed = changes.count;
    // Only now, as the answer to this look-up does not depend on it.
    if (route !== null && route.gateway !== null) this.#probe(destination, way.device);
  }
}
