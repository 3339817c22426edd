/**
 * Takes messages of routers and of those who look for one (RFC 4861 6), in the order of Linux's checks:
 *
 * | advertisement                       | outcome                                                                  |
 * |-------------------------------------|--------------------------------------------------------------------------|
 * | malformed, or not from the link     | dropped                                                                  |
 * | any other                           | the sender is a neighbour and a router: STALE                            |
 * | where routers are believed          | default route, hop limit, timers, routes, prefixes and MTU as it says    |
 */
import { DropReason } from "../../../hal/drop-reason.ts";
import type { SkBuff } from "../../../hal/skbuff.ts";
import type { Ip6 } from "../../ip/ip6.ts";
import type { Neighbour } from "../../neigh/entry.ts";
import { NeighFlags } from "../../neigh/flags.ts";
import { Nud } from "../../neigh/states.ts";
import { UpdateFlags, update } from "../../neigh/update.ts";
import type { NetDevice } from "../../net/device.ts";
import { ADDRESS_BITS, isLinkLocal, prefixOf } from "../common/address-kind.ts";
import { ICMP6_HEADER } from "../common/icmp6-types.ts";
import type { Ip6Received } from "../common/received.ts";
import { IP6_MIN_MTU } from "../header/ip6-header.ts";
import { disbelieves } from "../ndisc/receive.ts";
import { NdOptions, OPTION_MTU, OPTION_PREFIX, OPTION_ROUTE, OPTION_SOURCE_LINK } from "../ndisc/wire.ts";
import type { Effective6 } from "../routing/devconf.ts";
import { RoutePreference, USER_METRIC } from "../routing/route.ts";
import {
  MTU_VALUE,
  PREFIX_ADDRESS,
  PREFIX_BYTES,
  PREFIX_FLAGS,
  PREFIX_LENGTH,
  PREFIX_PREFERRED,
  PREFIX_VALID,
  preferenceOf,
  prefixWord,
  RA_BYTES,
  RA_FLAGS,
  RA_HOPS,
  RA_LIFETIME,
  RA_REACHABLE,
  RA_RETRANS,
  ROUTE_FLAGS,
  ROUTE_LENGTH,
  ROUTE_LIFETIME,
  ROUTE_PREFIX,
} from "./advertisement-wire.ts";
import type { AutoGround } from "./ground.ts";
import { LearnedRoutes, type ToldRoute } from "./learned-routes.ts";
import { Prefixes, seconds } from "./prefixes.ts";
import { believesRouters, type RouterSolicitor } from "./solicitor.ts";
import type { TemporaryAddresses } from "./temporary.ts";

const { NONE, NOT_SPECIFIED, PKT_TOO_SMALL, IPV6_NDISC_BAD_OPTIONS } = DropReason;

/** Least times that are believed, as parts of a second: those of the kernel's timers. */
const LEAST_REACHABLE = 100;
/** A router's timers: longer ones than these many ms do not fit into the kernel's. */
const MOST_TIME = 2 ** 32;
/** gc_stale_time, in reachable times. */
const STALE_TIMES = 3;
/** A hop limit above this is none. */
const MOST_HOPS = 255;

export class Routers {
  readonly #ground: AutoGround;
  readonly #solicitor: RouterSolicitor;
  readonly #routes: LearnedRoutes;
  readonly #prefixes: Prefixes;
  readonly #options = new NdOptions();

  constructor(ground: AutoGround, solicitor: RouterSolicitor, temporary: TemporaryAddresses) {
    this.#ground = ground;
    this.#solicitor = solicitor;
    this.#routes = new LearnedRoutes(ground.fib.routes, ground.network.clock);
    this.#prefixes = new Prefixes(ground.fib, this.#routes, temporary);
  }

  /** Takes an advertisement at skb.data. Returns NONE when the buffer was consumed. */
  advertisement(skb: SkBuff, { source, device }: Ip6Received): DropReason {
    const { view, data: at, tail } = skb;
    if (tail - at < RA_BYTES) return PKT_TOO_SMALL;
    if (!isLinkLocal(source)) return NOT_SPECIFIED;
    const options = this.#options;
    if (!options.parse(view, at + RA_BYTES, tail)) return IPV6_NDISC_BAD_OPTIONS;
    const conf = this.#ground.fib.conf.on(device);
    const believed = believesRouters(conf);
    if (believed) {
      this.#solicitor.end(device);
      if (!this.#takeDefault(view, at, source, device, conf)) return NOT_SPECIFIED;
      this.#takeTimers(view, at, device);
    }
    const link = options.linkAddress(OPTION_SOURCE_LINK);
    const entry = this.#entryOf(source, device);
    // As in Linux, a router whose link address cannot be read has an entry all the same, without a state.
    if (link < 0 || (link > 0 && disbelieves(this.#ground.ndisc.table, skb, link, device))) return NOT_SPECIFIED;
    this.#learn(skb, entry, link, UpdateFlags.ISROUTER);
    if (believed) this.#takeOptions(view, at + RA_BYTES, tail, source, device);
    skb.consume();
    return NONE;
  }

  /** Takes the question of a host for routers, if we are one. Returns NONE when the buffer was consumed. */
  solicitation(skb: SkBuff, { source, device }: Ip6Received): DropReason {
    const { view, data: at, tail } = skb;
    const { fib, ndisc } = this.#ground;
    if (tail - at < ICMP6_HEADER) return PKT_TOO_SMALL;
    if (fib.conf.on(device).forwarding === 0 || source === fib.known.unspecified) return NOT_SPECIFIED;
    const options = this.#options;
    if (!options.parse(view, at + ICMP6_HEADER, tail)) return IPV6_NDISC_BAD_OPTIONS;
    const link = options.linkAddress(OPTION_SOURCE_LINK);
    if (link < 0 || (link > 0 && disbelieves(ndisc.table, skb, link, device))) return NOT_SPECIFIED;
    this.#learn(skb, this.#entryOf(source, device), link, 0);
    skb.consume();
    return NONE;
  }

  #entryOf(source: Ip6, device: NetDevice): Neighbour | null {
    const { table } = this.#ground.ndisc;
    return table.lookup(source.d, device, source) ?? table.create(source.d, device, device.loopback, 0, source);
  }

  /** Updates the sender's entry. @param router ISROUTER, or 0 for a host */
  #learn(skb: SkBuff, entry: Neighbour | null, link: number, router: number): void {
    if (!entry) return;
    const how = UpdateFlags.WEAK_OVERRIDE | UpdateFlags.OVERRIDE | UpdateFlags.OVERRIDE_ISROUTER | router;
    update(entry, link > 0 ? skb.bytes : null, link, Nud.STALE, how);
  }

  /** Takes the router as default. Returns false when the whole message is to be passed over. */
  #takeDefault(view: DataView, at: number, source: Ip6, device: NetDevice, conf: Effective6): boolean {
    const { fib } = this.#ground;
    const lifetime = view.getUint16(at + RA_LIFETIME);
    if (conf.acceptRaDefrtr === 0 || (lifetime !== 0 && lifetime < conf.acceptRaMinLft) || this.#isOurs(source, device, conf))
      return true;
    const preference = this.#preference(view.getUint8(at + RA_FLAGS), conf) ?? RoutePreference.MEDIUM;
    const told = this.#told(source, device, conf, fib.known.unspecified, 0, preference);
    if (lifetime !== 0 && !this.#routes.find(told) && this.#routes.rival(told)) return false;
    const known = this.#routes.find(told) !== undefined;
    if (!this.#routes.tell(told, lifetime)) this.#tooMany(device);
    else if (!known && lifetime !== 0) {
      // Its link address may be unknown; nobody is told of it (measured on Linux 6.18).
      const entry = this.#entryOf(source, device);
      if (entry) entry.flags |= NeighFlags.ROUTER;
    }
    const hops = view.getUint8(at + RA_HOPS);
    if (conf.acceptRaMinHopLimit <= MOST_HOPS && hops !== 0) {
      if (hops >= conf.acceptRaMinHopLimit) this.#set(device, "hop_limit", hops, conf.hopLimit);
      else this.#ground.log.tell("ICMPv6: RA: Got route advertisement with lower hop_limit than minimum");
    }
    return true;
  }

  #takeTimers(view: DataView, at: number, device: NetDevice): void {
    const { table } = this.#ground.ndisc;
    const parameters = table.parametersOf(device);
    const { jiffy, minRearm } = table.lateness;
    const whole = (ms: number): number => Math.trunc(ms / jiffy) * jiffy;
    const retrans = view.getUint32(at + RA_RETRANS);
    if (retrans !== 0 && retrans < MOST_TIME) parameters.set("retransTime", Math.max(whole(retrans), minRearm));
    const reachable = view.getUint32(at + RA_REACHABLE);
    if (reachable === 0 || reachable >= MOST_TIME / STALE_TIMES) return;
    const time = Math.max(whole(reachable), LEAST_REACHABLE);
    if (time === parameters.baseReachableTime) return;
    parameters.set("baseReachableTime", time);
    parameters.set("gcStaleTime", STALE_TIMES * time);
  }

  #takeOptions(view: DataView, from: number, end: number, source: Ip6, device: NetDevice): void {
    const options = this.#options;
    const conf = this.#ground.fib.conf.on(device);
    if (conf.acceptRaRtrPref !== 0 && !this.#isOurs(source, device, conf)) {
      for (
        let at = options.next(OPTION_ROUTE, from, end);
        at !== 0;
        at = options.next(OPTION_ROUTE, at + options.lengthAt(at), end)
      ) {
        this.#takeRoute(view, at, source, device, conf);
      }
    }
    if (conf.acceptRaPinfo !== 0) {
      const link = options.find(OPTION_SOURCE_LINK) !== 0;
      for (
        let at = options.next(OPTION_PREFIX, from, end);
        at !== 0;
        at = options.next(OPTION_PREFIX, at + options.lengthAt(at), end)
      ) {
        this.#takePrefix(view, at, device, link);
      }
    }
    const at = options.find(OPTION_MTU);
    if (at === 0 || conf.acceptRaMtu === 0) return;
    const mtu = view.getUint32(at + MTU_VALUE);
    if (mtu >= IP6_MIN_MTU && mtu <= device.mtu) this.#set(device, "mtu", mtu, conf.mtu);
    else this.#ground.log.tell(`ICMPv6: RA: ${device.name}: invalid mtu: ${mtu}`);
  }

  /** Takes a route by the router (RFC 4191 2.3). */
  #takeRoute(view: DataView, at: number, source: Ip6, device: NetDevice, conf: Effective6): void {
    const { interner } = this.#ground.fib;
    const length = view.getUint8(at + ROUTE_LENGTH);
    const lifetime = view.getUint32(at + ROUTE_LIFETIME);
    const end = at + this.#options.lengthAt(at);
    const preference = preferenceOf(view.getUint8(at + ROUTE_FLAGS));
    // An option that holds less of the prefix than it says is none. Linux takes what stands behind it.
    if (length > ADDRESS_BITS || ROUTE_PREFIX + Math.ceil(length / 64) * 8 > end - at || preference === null) return;
    if ((length === 0 && conf.acceptRaDefrtr === 0) || (lifetime !== 0 && lifetime < conf.acceptRaMinLft)) return;
    if (length < conf.acceptRaRtInfoMinPlen || length > conf.acceptRaRtInfoMaxPlen) return;
    const word = (index: number): number => prefixWord(view, at + ROUTE_PREFIX, end, index);
    const prefix = prefixOf(interner, interner.intern(word(0), word(1), word(2), word(3)), length);
    if (!this.#routes.tell(this.#told(source, device, conf, prefix, length, preference), seconds(lifetime))) this.#tooMany(device);
  }

  #takePrefix(view: DataView, at: number, device: NetDevice, sourceLink: boolean): void {
    if (this.#options.lengthAt(at) < PREFIX_BYTES) return;
    const prefixLength = view.getUint8(at + PREFIX_LENGTH);
    if (prefixLength > ADDRESS_BITS) return;
    const told = {
      prefix: this.#ground.fib.interner.read(view, at + PREFIX_ADDRESS),
      prefixLength,
      flags: view.getUint8(at + PREFIX_FLAGS),
      valid: view.getUint32(at + PREFIX_VALID),
      preferred: view.getUint32(at + PREFIX_PREFERRED),
    };
    if (!this.#prefixes.take(device, told, sourceLink)) this.#tooMany(device);
  }

  #told(
    gateway: Ip6,
    device: NetDevice,
    conf: Effective6,
    destination: Ip6,
    length: number,
    preference: RoutePreference,
  ): ToldRoute {
    const metric = length === 0 ? conf.raDefrtrMetric : USER_METRIC;
    return { destination, prefixLength: length, device, gateway, metric, preference };
  }

  #preference(flags: number, { acceptRaRtrPref }: Effective6): RoutePreference | null {
    return acceptRaRtrPref === 0 ? RoutePreference.MEDIUM : preferenceOf(flags);
  }

  /** The router is this very stack, on another device. */
  #isOurs(source: Ip6, device: NetDevice, { acceptRaFromLocal }: Effective6): boolean {
    return acceptRaFromLocal === 0 && this.#ground.fib.addresses.on(device, source) !== null;
  }

  #set(device: NetDevice, key: string, value: number, was: number): void {
    if (value !== was) this.#ground.fib.conf.write(device, key, value);
  }

  #tooMany(device: NetDevice): void {
    this.#ground.log.tell(`IPv6: ${device.name}: routers tell of more routes than are kept`);
  }
}
