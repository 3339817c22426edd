/**
 * Receives neighbour solicitations and advertisements (RFC 4861 7.2.3 to 7.2.5), in the order of Linux's checks:
 *
 * | solicitation for                            | outcome                                                        |
 * |---------------------------------------------|----------------------------------------------------------------|
 * | malformed                                   | dropped                                                        |
 * | an address that is not this device's        | dropped, unless we proxy it                                    |
 * | our tentative address                       | another host's claim ends it, a question is not answered       |
 * | our address, from nobody (a claim)          | told to everybody on the link: it is being defended            |
 * | our address                                 | asker learned as STALE where it may be, and answered           |
 *
 * | advertisement of                            | outcome                                                        |
 * |---------------------------------------------|----------------------------------------------------------------|
 * | malformed                                   | dropped                                                        |
 * | our address                                 | ends a tentative one, else passed over                         |
 * | a known neighbour                           | updates its entry by the flags it carries                      |
 * | anybody else                                | passed over, unless accept_untracked_na                        |
 *
 * Profile `strict`: neither believes a link address that is a group's, nobody's or ours, and only an asked advertisement confirms.
 */
import { DropReason } from "../../../hal/drop-reason.ts";
import { MAC_BYTES } from "../../../hal/ethernet.ts";
import { PacketType, type SkBuff } from "../../../hal/skbuff.ts";
import type { Ip6 } from "../../ip/ip6.ts";
import type { Neighbour } from "../../neigh/entry.ts";
import { NeighFlags } from "../../neigh/flags.ts";
import type { ProxyEntry } from "../../neigh/proxy.ts";
import { Nud } from "../../neigh/states.ts";
import type { NeighTable } from "../../neigh/table.ts";
import { UpdateFlags, update } from "../../neigh/update.ts";
import type { NetDevice } from "../../net/device.ts";
import { sameMac } from "../../net/ethernet.ts";
import { commonBits, isMulticast6, isSolicitedNode } from "../common/address-kind.ts";
import type { Ip6Received } from "../common/received.ts";
import { IP6_DESTINATION, IP6_SOURCE } from "../header/ip6-header.ts";
import { AddressFlags, type Ip6InterfaceAddress, isSettled } from "../routing/addresses.ts";
import type { Fib6 } from "../routing/fib.ts";
import type { KnownAskers } from "./known-askers.ts";
import type { NdSender } from "./sender.ts";
import {
  NA_OVERRIDE,
  NA_ROUTER,
  NA_SOLICITED,
  ND_BYTES,
  ND_FLAGS,
  ND_TARGET,
  NdOptions,
  OPTION_CONTENTS,
  OPTION_NONCE,
  OPTION_SOURCE_LINK,
  OPTION_TARGET_LINK,
} from "./wire.ts";

const { NONE, NOT_SPECIFIED, PKT_TOO_SMALL, IPV6_NDISC_BAD_OPTIONS, IPV6_NDISC_NS_OTHERHOST } = DropReason;
const { TENTATIVE, OPTIMISTIC } = AddressFlags;
const [BYTES, TARGET, SOURCE, DESTINATION] = [ND_BYTES, ND_TARGET, IP6_SOURCE, IP6_DESTINATION];

/** States in which a question of ours is out. */
const ASKING: number = Nud.INCOMPLETE | Nud.PROBE;

/** As an asker's link address is taken. */
const LEARN: number = UpdateFlags.WEAK_OVERRIDE | UpdateFlags.OVERRIDE;

/** Values of accept_untracked_na: advertisements of everybody, and those from a subnet of the device. */
const UNTRACKED_ALL = 1;
const UNTRACKED_SUBNET = 2;

/** The parts of neighbour discovery that receiving uses. */
export interface NdParts {
  readonly fib: Fib6;
  readonly table: NeighTable;
  readonly sender: NdSender;
  readonly askers: KnownAskers;
}

/** Profile `strict`: the link address at bytes[link..link+6) can be no neighbour's. */
export function disbelieves({ policy }: NeighTable, { bytes }: SkBuff, link: number, device: NetDevice): boolean {
  if (!policy.checksSender) return false;
  if (bytes[link]! & 1 || sameMac(bytes, link, device.address, 0)) return true;
  for (let octet = 0; octet < MAC_BYTES; octet++) if (bytes[link + octet] !== 0) return false;
  return true;
}

export class NdReceiver {
  readonly #parts: NdParts;
  readonly #options = new NdOptions();
  readonly #again = (packet: SkBuff, device: NetDevice): void => {
    const { interner } = this.#parts.fib;
    const source = interner.read(packet.view, packet.network + SOURCE);
    const destination = interner.read(packet.view, packet.network + DESTINATION);
    const reason = this.solicitation(packet, device, source, destination, true);
    if (reason !== NONE) device.drops.drop(packet, reason);
  };

  constructor(parts: NdParts) {
    this.#parts = parts;
  }

  /**
   * Takes a solicitation at skb.data. Returns NONE when the buffer was consumed.
   * @param waited it has been in the proxy queue
   */
  solicitation(skb: SkBuff, device: NetDevice, source: Ip6, destination: Ip6, waited: boolean): DropReason {
    const { view, data: at, tail } = skb;
    if (tail - at < BYTES) return PKT_TOO_SMALL;
    const { fib } = this.#parts;
    const { interner, known, addresses } = fib;
    const target = interner.read(view, at + TARGET);
    const claim = source === known.unspecified;
    if (isMulticast6(target) || (claim && !isSolicitedNode(destination))) return NOT_SPECIFIED;
    const options = this.#options;
    if (!options.parse(view, at + BYTES, tail)) return IPV6_NDISC_BAD_OPTIONS;
    const link = options.linkAddress(OPTION_SOURCE_LINK);
    if (link < 0 || (link > 0 && (claim || disbelieves(this.#parts.table, skb, link, device)))) return NOT_SPECIFIED;
    const own = addresses.on(device, target);
    if (own !== null && !isSettled(own)) {
      if (claim) {
        if (!this.#isOurNonce(skb, own)) this.#parts.fib.claimed(own, skb);
        return NOT_SPECIFIED;
      }
      if ((own.flags & OPTIMISTIC) === 0) return NOT_SPECIFIED;
    }
    const anycast = own === null && fib.isAnycast(target, device);
    const proxied = own === null && !anycast ? this.#proxied(device, target) : null;
    if (own === null && proxied === null && !anycast) return IPV6_NDISC_NS_OTHERHOST;
    const toMany = isMulticast6(destination);
    if (own === null && toMany && !waited && skb.packetType !== PacketType.HOST) {
      if (this.#parts.table.parametersOf(device).proxyDelay !== 0) {
        this.#parts.table.proxyQueue.enqueue(skb, device, this.#again);
        return NONE;
      }
    }
    const flags = proxied === null ? this.#ownFlags(device) : (proxied.flags & NeighFlags.ROUTER) === 0 ? 0 : NA_ROUTER;
    if (claim) {
      this.#tell(device, own, target, known.allNodes, null, flags | (own === null ? 0 : NA_OVERRIDE), true);
    } else {
      const asker = this.#learn(skb, device, source, link, toMany);
      const override = own !== null && toMany ? NA_OVERRIDE : 0;
      if (asker !== null) this.#tell(device, own, target, source, asker, flags | NA_SOLICITED | override, toMany);
      if (asker !== null && own !== null && link > 0) this.#remember(device, own, source, destination, asker, flags | override);
    }
    skb.consume();
    return NONE;
  }

  /** Takes an advertisement at skb.data. Returns NONE when the buffer was consumed. */
  advertisement(skb: SkBuff, { source, destination, device }: Ip6Received): DropReason {
    const { view, bytes, data: at, tail } = skb;
    if (tail - at < BYTES) return PKT_TOO_SMALL;
    const { fib, table } = this.#parts;
    const target = fib.interner.read(view, at + TARGET);
    const flags = view.getInt32(at + ND_FLAGS);
    const solicited = (flags & NA_SOLICITED) !== 0;
    if (isMulticast6(target) || (solicited && isMulticast6(destination))) return NOT_SPECIFIED;
    if (!solicited && fib.conf.on(device).dropsUnsolicitedNa) return NOT_SPECIFIED;
    const options = this.#options;
    if (!options.parse(view, at + BYTES, tail)) return IPV6_NDISC_BAD_OPTIONS;
    const link = options.linkAddress(OPTION_TARGET_LINK);
    if (link < 0 || (link > 0 && disbelieves(this.#parts.table, skb, link, device))) return NOT_SPECIFIED;
    const own = fib.addresses.on(device, target);
    if (own !== null) {
      if (own.flags & TENTATIVE) fib.claimed(own, skb);
      return NOT_SPECIFIED;
    }
    let entry = table.lookup(target.d, device, target);
    let state: Nud = solicited ? Nud.REACHABLE : Nud.STALE;
    if (entry === null && link > 0 && this.#tracks(device, source)) {
      entry = table.create(target.d, device, device.loopback, 0, target);
      state = Nud.STALE;
    } else if (entry !== null && table.policy.onlyAskedConfirms && (entry.nudState & ASKING) === 0) state = Nud.STALE;
    if (entry !== null && entry.nudState !== Nud.FAILED && !this.#isOurProxying(skb, device, link, target)) {
      const was = entry.flags;
      const override = flags & NA_OVERRIDE ? UpdateFlags.OVERRIDE : 0;
      const router = flags & NA_ROUTER ? UpdateFlags.ISROUTER : 0;
      const how = UpdateFlags.WEAK_OVERRIDE | UpdateFlags.OVERRIDE_ISROUTER | override | router;
      update(entry, link > 0 ? bytes : null, link, state, how);
      if (was & ~entry.flags & NeighFlags.ROUTER) this.#noRouter(source);
    }
    skb.consume();
    return NONE;
  }

  /** Makes or updates the entry of an asker. Returns null when it is not known and may not be: then there is no answer either. */
  #learn(skb: SkBuff, device: NetDevice, source: Ip6, link: number, toMany: boolean): Neighbour | null {
    const { table } = this.#parts;
    if (toMany) table.statistics.rcvProbesMcast++;
    else table.statistics.rcvProbesUcast++;
    let entry: Neighbour | null = table.lookup(source.d, device, source);
    if (entry === null && (!toMany || link > 0)) entry = table.create(source.d, device, device.loopback, 0, source);
    if (entry !== null) update(entry, link > 0 ? skb.bytes : null, link, Nud.STALE, LEARN);
    return entry;
  }

  /** Answers from the target where it is ours, else from the best address. @param entry that of the asker, if there is one */
  #tell(
    device: NetDevice,
    own: Ip6InterfaceAddress | null,
    target: Ip6,
    to: Ip6,
    entry: Neighbour | null,
    flags: number,
    link: boolean,
  ): void {
    const { fib, sender } = this.#parts;
    if (own !== null) {
      const sure = own.flags & OPTIMISTIC ? flags & ~NA_OVERRIDE : flags;
      sender.advertise(device, target, to, own.local, sure, link || fib.conf.on(device).forcesTllao, entry);
      return;
    }
    const source = fib.sourceOn(device, to);
    if (source !== null) sender.advertise(device, target, to, source, flags, link, entry);
  }

  /** Notes an asker whose next question may be answered on the short way. */
  #remember(device: NetDevice, own: Ip6InterfaceAddress, source: Ip6, destination: Ip6, entry: Neighbour, flags: number): void {
    if (!isSettled(own)) return;
    const link = isMulticast6(destination) || this.#parts.fib.conf.on(device).forcesTllao;
    this.#parts.askers.remember(device, source, destination, own.local, entry, flags | NA_SOLICITED, link);
  }

  #ownFlags(device: NetDevice): number {
    return this.#parts.fib.conf.on(device).forwarding === 0 ? 0 : NA_ROUTER;
  }

  /** Returns the entry by which we answer for somebody else's address; null when we do not. */
  #proxied(device: NetDevice, target: Ip6): ProxyEntry | null {
    const { conf } = this.#parts.fib;
    const { forwarding, proxies } = conf.on(device);
    if (forwarding === 0 || !proxies) return null;
    return this.#parts.table.proxies.find(target.d, device, target);
  }

  /** The claim is our own, which the link has brought back (RFC 7527). */
  #isOurNonce(skb: SkBuff, own: Ip6InterfaceAddress): boolean {
    const at = this.#options.find(OPTION_NONCE);
    if (at === 0) return false;
    return this.#parts.fib.isOurNonce(own, skb.bytes, at + OPTION_CONTENTS, this.#options.lengthAt(at) - OPTION_CONTENTS);
  }

  /** accept_untracked_na: a router believes the advertisement of a host that it did not ask for (RFC 9131). */
  #tracks(device: NetDevice, source: Ip6): boolean {
    const { conf, addresses } = this.#parts.fib;
    const { forwarding, untrackedNa } = conf.on(device);
    if (forwarding === 0) return false;
    if (untrackedNa !== UNTRACKED_SUBNET) return untrackedNa === UNTRACKED_ALL;
    return addresses.of(device).some(({ local, prefixLength }) => commonBits(local, source) >= prefixLength);
  }

  /** The advertisement is one of ours, for an address that we proxy. */
  #isOurProxying(skb: SkBuff, device: NetDevice, link: number, target: Ip6): boolean {
    const { fib, table } = this.#parts;
    const { all } = fib.conf;
    if (link <= 0 || all.forwarding === 0 || all.proxyNdp === 0) return false;
    return sameMac(skb.bytes, link, device.address, 0) && table.proxies.find(target.d, device, target) !== null;
  }

  /** A router is none any more: the default routes that it told of go (RFC 4861 7.2.5). */
  #noRouter(gateway: Ip6): void {
    const { routes } = this.#parts.fib;
    routes.removeAll((route) => route.gateway === gateway && route.protocol === "ra" && route.prefixLength === 0);
  }
}
