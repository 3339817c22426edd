/** The route look-up for packets that come in, as Linux makes it, reverse path filter included. */

import { INADDR_ANY, INADDR_BROADCAST, isLoopback, isMulticast, isZeronet } from "../../ip/address.ts";
import type { NetDevice } from "../../net/device.ts";
import type { Devconfs } from "./devconf.ts";
import type { Fib } from "./fib.ts";
import { Martian, type RouteLog } from "./route-log.ts";
import { leavesBy, type Route, type RouteEntry, RouteType } from "./routes.ts";

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

/** Stands for the protocol of an ARP request. */
export const NO_PACKET = -1;
/** As igmp/ has it, which stands above. */
const IPPROTO_IGMP = 2;

/** Any other value than this and 0 is loose, as in Linux. */
const RP_STRICT = 1;

/** The result of a look-up, beside the way. Its owner hands it in; it stays as it is until the owner hands it in again. */
export class InputRoute {
  /** With REFUSED: the reason. */
  refusal: Refusal = Refusal.NOT_LOCAL;
  /** With FORWARD: the route on; else null. */
  route: Route | null = null;
  /** With FORWARD: the sender is on the link by which the packet leaves again, and is to hear of the shorter way. */
  redirect = false;
  /** With REFUSED: the address that may not be there, if that is worth a line in the log. */
  martian: Martian = Martian.NONE;
  /** The source is on the link of the device that the packet came by; known with `redirect` only. */
  onLink = false;
}

/** Number of remembered ways, as a power of 2. Each has one place and gives way to another there. */
const PLACES_LOG2 = 8;
/** 2^32 divided by the golden ratio: spreads neighbouring numbers. */
const MIX = 0x9e3779b1;
/** The fields of a place. */
const DESTINATION = 0;
const SOURCE = 1;
const DEVICE = 2;
const GENERATION = 3;
const FIELDS_LOG2 = 2;

/** Looks up the ways of packets that come in. */
export class InputRouter {
  readonly #fib: Fib;
  readonly #conf: Devconfs;
  readonly #log: RouteLog;
  /** The packets to one of our addresses that were let in: destination, source, the device's index, and Fib.changes at that time. */
  readonly #known = new Int32Array(1 << (PLACES_LOG2 + FIELDS_LOG2));

  constructor(fib: Fib, conf: Devconfs, log: RouteLog) {
    this.#fib = fib;
    this.#conf = conf;
    this.#log = log;
  }

  /**
   * Tells of the addresses of a packet that find() has just refused, where the device's log_martians asks for it.
   * @param frame offset of the frame's Ethernet header in `bytes`
   */
  tell(found: InputRoute, destination: number, source: number, device: NetDevice, bytes: Uint8Array, frame: number): void {
    if (found.martian === Martian.NONE || !this.#conf.on(device).logMartians) return;
    this.#log.martian(found.martian, destination, source, device, bytes, frame);
  }

  /**
   * Looks up the way of a packet that came in on the device.
   * @param protocol of an IP packet; NO_PACKET for an ARP request that stands for one
   */
  find(found: InputRoute, destination: number, source: number, device: NetDevice, protocol: number): InputWay {
    found.route = null;
    found.redirect = false;
    found.martian = Martian.NONE;
    if (isMulticast(source) || source === INADDR_BROADCAST) return refuseMartian(found, Refusal.SOURCE);
    const ip = protocol !== NO_PACKET;
    if (ip && isMulticast(destination)) return this.#group(found, destination, source, device, protocol);
    // A host that knows no address at all may say so of both (RFC 1122 3.3.6, the form of 4.2BSD).
    if (destination === INADDR_BROADCAST || (destination | source) === INADDR_ANY)
      return this.#broadcast(found, source, device, ip);
    if (isZeronet(source)) return refuseMartian(found, Refusal.SOURCE);
    if (isZeronet(destination)) return refuseMartian(found, Refusal.DESTINATION);
    if (!device.loopback && !this.#conf.on(device).routeLocalnet) {
      if (isLoopback(destination)) return refuseMartian(found, Refusal.DESTINATION);
      if (isLoopback(source)) return refuseMartian(found, Refusal.SOURCE);
    }
    const { routes } = this.#fib;
    const local = routes.lookupLocal(destination);
    if (local?.type === RouteType.BROADCAST) return this.#broadcast(found, source, device, ip);
    if (local) return this.#sourceAllowed(found, source, device, null) ? InputWay.LOCAL : refuseMartian(found, found.refusal);
    if (!this.#conf.on(device).forwarding) return refuse(found, Refusal.NOT_LOCAL);
    const entry = routes.match(destination);
    if (entry === null || entry.device === null) return refuse(found, refusalOf(entry));
    const route = this.#fib.hopOf(entry as Route, source, destination, null);
    if (!this.#sourceAllowed(found, source, device, route.device)) return refuseMartian(found, found.refusal);
    if (route.device === device) {
      // An ARP request leads back to the device it came from only between the hosts of a private VLAN.
      if (!ip && !this.#conf.on(device).proxyArpPvlan) return refuse(found, Refusal.DESTINATION);
      found.redirect = ip && this.#redirects(found, source, route);
    }
    found.route = route;
    return InputWay.FORWARD;
  }

  /** Tells whether find() said LOCAL of such a packet, and would again: nothing has changed since. The same holds for IP and ARP. */
  isKnown(destination: number, source: number, device: NetDevice): boolean {
    const known = this.#known;
    const at = placeOf(destination, source);
    return (
      known[at + SOURCE] === source &&
      known[at + DESTINATION] === destination &&
      known[at + DEVICE] === device.ifindex &&
      known[at + GENERATION] === (this.#fib.changes.count | 0)
    );
  }

  /** Remembers that find() said LOCAL of such a packet. */
  know(destination: number, source: number, device: NetDevice): void {
    const known = this.#known;
    const at = placeOf(destination, source);
    known[at + SOURCE] = source;
    known[at + DESTINATION] = destination;
    known[at + DEVICE] = device.ifindex;
    known[at + GENERATION] = this.#fib.changes.count;
  }

  /** A packet to a group that the device has joined. Without a source it may come from the link alone: to a group of it, or by IGMP. */
  #group(found: InputRoute, destination: number, source: number, device: NetDevice, protocol: number): InputWay {
    const { routeLocalnet } = this.#conf.on(device);
    const ofLink = destination >>> 8 === LINK_GROUPS || protocol === IPPROTO_IGMP;
    if (source === INADDR_ANY ? !ofLink : isZeronet(source)) return refuse(found, Refusal.SOURCE);
    if (isLoopback(source) && !routeLocalnet) return refuse(found, Refusal.SOURCE);
    return this.#sourceAllowed(found, source, device, null) ? InputWay.BROADCAST : InputWay.REFUSED;
  }

  #broadcast(found: InputRoute, source: number, device: NetDevice, ip: boolean): InputWay {
    if (!ip) return refuse(found, Refusal.DESTINATION);
    return this.#sourceAllowed(found, source, device, null) ? InputWay.BROADCAST : refuseMartian(found, found.refusal);
  }

  /**
   * Returns true when the source is none of ours (or may be: accept_local) and, with the filter on, packets to it leave by this device
   * (loose: by any). Linux looks closer only with the filter, and where it may have to send the source a redirect.
   * @param out the device by which the packet leaves; null when it is for us
   */
  #sourceAllowed(found: InputRoute, source: number, device: NetDevice, out: NetDevice | null): boolean {
    if (source === INADDR_ANY || device.loopback) return true;
    const { addresses, routes } = this.#fib;
    const { acceptLocal, rpFilter, sendRedirects } = this.#conf.on(device);
    found.refusal = Refusal.SOURCE;
    if (!acceptLocal && addresses.isLocal(source)) return false;
    if (rpFilter === 0 && (out !== device || !sendRedirects)) return true;
    const own = routes.lookupLocal(source);
    if (own && (own.type !== RouteType.LOCAL || !acceptLocal)) return false;
    found.refusal = Refusal.REVERSE_PATH;
    const back = own ?? routes.lookupMain(source);
    if (back !== null && leavesBy(back, device)) {
      found.onLink = back.gateway === 0 && back.gateway6 === null;
      return true;
    }
    const here = routes.lookup(source, device);
    found.onLink = here?.type === RouteType.UNICAST && here.gateway === 0 && here.gateway6 === null;
    if (rpFilter === 0) return true;
    return rpFilter !== RP_STRICT && back !== null && addresses.of(device).length > 0;
  }

  /** Returns true when the source of a packet that leaves by the device it came by could as well have sent it to the next hop. */
  #redirects({ onLink }: InputRoute, source: number, { device, gateway }: Route): boolean {
    const { sendRedirects, sharedMedia } = this.#conf.on(device);
    return sendRedirects && onLink && (sharedMedia || this.#fib.addresses.onLink(device, source, gateway || source));
  }
}

function placeOf(destination: number, source: number): number {
  return (Math.imul(source ^ Math.imul(destination, MIX), MIX) >>> (32 - PLACES_LOG2)) << FIELDS_LOG2;
}

function refuse(found: InputRoute, refusal: Refusal): InputWay {
  found.refusal = refusal;
  return InputWay.REFUSED;
}

/** Refuses addresses of which the log may tell. */
function refuseMartian(found: InputRoute, refusal: Refusal): InputWay {
  found.martian = refusal === Refusal.DESTINATION ? Martian.DESTINATION : Martian.SOURCE;
  return refuse(found, refusal);
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
