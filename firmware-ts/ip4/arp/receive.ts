/**
 * Receives ARP packets (RFC 826 "Packet Reception", RFC 5227 2.1.1), in the order of Linux's checks:
 *
 * | packet                                      | outcome                                                        |
 * |---------------------------------------------|----------------------------------------------------------------|
 * | on a device without ARP, for another station| passed over in silence                                         |
 * | malformed, refused by a filter              | dropped                                                        |
 * | sender 0.0.0.0 asks for our address         | answered (it is being defended), nothing learned               |
 * | request for our address                     | asker learned as STALE, answered, unless a setting says no     |
 * | request for what we proxy                   | asker learned, answered, after a random delay if it was not    |
 * |                                             | sent to us alone                                               |
 * | everything else                             | corrects an entry that exists; makes one by arp_accept only    |
 *
 * Profile `strict`: where a packet would replace the address of an entry unasked, the old address is asked instead.
 */
import { DropReason } from "../../../hal/drop-reason.ts";
import { ETHERNET_HEADER, MAC_BYTES } from "../../../hal/ethernet.ts";
import { PacketType, type SkBuff } from "../../../hal/skbuff.ts";
import { isLoopback, isMulticast } from "../../ip/address.ts";
import { AddressType } from "../../ip/address-type.ts";
import { type Neighbour, SuspicionKind } from "../../neigh/entry.ts";
import { askedEverybody, challenge } from "../../neigh/machine.ts";
import { NUD_VALID, Nud } from "../../neigh/states.ts";
import type { NeighTable } from "../../neigh/table.ts";
import { UpdateFlags, update } from "../../neigh/update.ts";
import { ARPHRD_ETHER, type NetDevice } from "../../net/device.ts";
import { ETH_P_IP, highOctets, lowOctets, sameMac } from "../../net/ethernet.ts";
import type { Fib } from "../routing/fib.ts";
import { InputRoute, type InputRouter, InputWay, NO_PACKET } from "../routing/input-route.ts";
import type { ArpCounters } from "./counters.ts";
import type { ArpDefence } from "./defence.ts";
import type { ArpPolicy } from "./policy.ts";
import { ArpProxy } from "./proxy.ts";
import {
  AR_HLN,
  AR_HRD,
  AR_OP,
  AR_PLN,
  AR_PRO,
  AR_SHA,
  AR_SIP,
  AR_THA,
  AR_TIP,
  ARP_BYTES,
  ARPHRD_IEEE802,
  ARPOP_REPLY,
  ARPOP_REQUEST,
  type ArpHooks,
  type ArpSender,
} from "./wire.ts";

/** The parts of Arp that the receiver uses. */
export interface ArpParts {
  readonly table: NeighTable;
  readonly fib: Fib;
  readonly router: InputRouter;
  readonly policy: ArpPolicy;
  readonly sender: ArpSender;
  readonly defence: ArpDefence;
  /** Returns true when the link address at bytes[at..at+6) belongs to a device of ours. */
  isOurs(bytes: Uint8Array, at: number): boolean;
  counters(device: NetDevice): ArpCounters;
  /** Returns the key of an address on a device. */
  keyOf(address: number, device: NetDevice): number;
}

/** The first two words of a request for the hardware address of an IPv4 address on Ethernet. */
const ETHERNET_IPV4: number = (ARPHRD_ETHER << 16) | ETH_P_IP;
const REQUEST: number = (MAC_BYTES << 24) | (4 << 16) | ARPOP_REQUEST;
// Constants of this module's own: V8 reads an imported or exported one anew at each use (docs/datapath.md).
const BYTES = ARP_BYTES;
const ETHERNET = ARPHRD_ETHER;
const SECOND = AR_HLN;
const SHA = AR_SHA;
const SIP = AR_SIP;
const TIP = AR_TIP;
const VALID = NUD_VALID;
const { OTHERHOST } = PacketType;

export class ArpReceiver {
  readonly hooks: ArpHooks;
  readonly #parts: ArpParts;
  readonly #proxy: ArpProxy;
  /** The way that a packet from the asker to the target of the request at hand would take. */
  readonly #route = new InputRoute();
  /** The profile has no question to a sender whose address is known already. */
  readonly #trusting: boolean;
  /** Receives a request for a proxied address that has waited, to answer it at once. */
  readonly #again = (skb: SkBuff, device: NetDevice): void => this.#take(skb, device, true);

  /** @param hooks the filters of incoming packets */
  constructor(parts: ArpParts, hooks: ArpHooks) {
    this.hooks = hooks;
    this.#parts = parts;
    this.#proxy = new ArpProxy(parts.fib.conf, parts.table.proxies);
    const { checksSender, defends, trafficConfirms } = parts.table.policy;
    this.#trusting = !checksSender && !defends && !trafficConfirms;
  }

  /** Takes a packet whose data begins with the ARP header. The buffer is not the caller's any more. */
  receive(skb: SkBuff, device: NetDevice): void {
    if (device.noArp || skb.packetType === OTHERHOST) {
      this.#parts.counters(device).passedOver++;
      skb.consume();
      return;
    }
    if (this.#trusting === true && this.hooks.none && this.#answerKnown(skb, device)) {
      skb.consume();
      return;
    }
    const reason = this.#check(skb, device);
    if (reason === DropReason.NONE) this.#take(skb, device, false);
    else device.drops.drop(skb, reason);
  }

  /**
   * Answers a request of which #check() and #take() would change nothing: its target is ours, its sender is known by the address that it
   * names, and no setting says more. Reads each field once. Returns false, and has done nothing, where anything else may follow.
   */
  #answerKnown(skb: SkBuff, device: NetDevice): boolean {
    const { view, data: at } = skb;
    if (skb.tail - at < BYTES || device.type !== ETHERNET) return false;
    if (view.getInt32(at) !== ETHERNET_IPV4 || view.getInt32(at + SECOND) !== REQUEST) return false;
    const front = view.getInt32(at + SHA);
    const middle = view.getInt32(at + SHA + 4);
    const sip = (middle << 16) | view.getUint16(at + SIP + 2);
    const tip = view.getInt32(at + TIP);
    const parts = this.#parts;
    const { fib, table } = parts;
    // The way of an IP packet from the asker: one to us alone is the same for ARP.
    if (sip === tip || !parts.router.isKnown(tip, sip, device)) return false;
    const conf = fib.conf.on(device);
    if (conf.arpIgnore !== 0 || conf.arpFilter) return false;
    const high = front >>> 16;
    const low = (front << 16) | (middle >>> 16);
    const entry = table.find(parts.keyOf(sip, device), device);
    if (entry === null || (entry.nudState & VALID) === 0 || entry.addressHigh !== high || entry.addressLow !== low) return false;
    table.statistics.lookups++;
    table.statistics.hits++;
    const counters = parts.counters(device);
    counters.requestsReceived++;
    if (parts.sender.reply(device, high, low, tip, sip)) counters.repliesSent++;
    return true;
  }

  /** Returns NONE for a well-formed ARP packet for IPv4 that no filter and no setting refuses, else the reason to drop it. */
  #check(skb: SkBuff, device: NetDevice): DropReason {
    const counters = this.#parts.counters(device);
    if (skb.length < ARP_BYTES) return invalid(counters, DropReason.PKT_TOO_SMALL);
    const { bytes, view, data: at } = skb;
    if (bytes[at + AR_HLN] !== MAC_BYTES || bytes[at + AR_PLN] !== 4) return invalid(counters, DropReason.NOT_SPECIFIED);
    if (!this.hooks.accepts(skb, device)) return DropReason.NETFILTER_DROP;
    const hardware = view.getUint16(at + AR_HRD);
    const rightType = hardware === device.type || (device.type === ARPHRD_ETHER && hardware === ARPHRD_IEEE802);
    if (!rightType || view.getUint16(at + AR_PRO) !== ETH_P_IP) return invalid(counters, DropReason.NOT_SPECIFIED);
    const op = view.getUint16(at + AR_OP);
    if (op !== ARPOP_REQUEST && op !== ARPOP_REPLY) return invalid(counters, DropReason.NOT_SPECIFIED);
    const tip = view.getInt32(at + AR_TIP);
    const { conf } = this.#parts.fib;
    const loopback = isLoopback(tip) && !conf.on(device).routeLocalnet;
    if (isMulticast(tip) || loopback) return invalid(counters, DropReason.NOT_SPECIFIED);
    if (this.#parts.table.policy.checksSender && !isStation(bytes, at + AR_SHA, device)) {
      return invalid(counters, DropReason.NOT_SPECIFIED);
    }
    if (op === ARPOP_REQUEST) counters.requestsReceived++;
    else counters.repliesReceived++;
    if (view.getInt32(at + AR_SIP) === tip && conf.on(device).dropGratuitousArp) return DropReason.NOT_SPECIFIED;
    return DropReason.NONE;
  }

  /** Handles a well-formed packet. @param waited it has been in the proxy queue */
  #take(skb: SkBuff, device: NetDevice, waited: boolean): void {
    const { view, data: at } = skb;
    const sip = view.getInt32(at + AR_SIP);
    const tip = view.getInt32(at + AR_TIP);
    const request = view.getUint16(at + AR_OP) === ARPOP_REQUEST;
    if (sip === 0) {
      if (request) this.#defend(skb, device, tip);
      skb.consume();
      return;
    }
    const { fib, router, defence } = this.#parts;
    if (defence.watches && !waited && fib.addressType(sip) === AddressType.LOCAL) {
      if (!this.#parts.isOurs(skb.bytes, at + AR_SHA)) defence.conflict(device, sip, skb.bytes, at + AR_SHA);
    }
    const way = request ? router.find(this.#route, tip, sip, device, NO_PACKET) : InputWay.REFUSED;
    if (request && way === InputWay.REFUSED) router.tell(this.#route, tip, sip, device, skb.bytes, at - ETHERNET_HEADER);
    if (way === InputWay.FORWARD && this.#proxied(skb, device, sip, tip, waited)) return;
    if (way === InputWay.LOCAL) {
      router.know(tip, sip, device);
      this.#answer(skb, device, sip, tip);
    } else this.#updateKnown(skb, device, request, sip, tip);
    skb.consume();
  }

  /** Defends our address against a host that probes for it because it wants to take it (RFC 5227 2.1.1). Nothing is learned. */
  #defend(skb: SkBuff, device: NetDevice, tip: number): void {
    const { fib, policy } = this.#parts;
    if (fib.addressType(tip) === AddressType.LOCAL && !policy.ignores(device, 0, tip)) this.#reply(skb, device, tip, 0);
  }

  /** Learns and answers the asker of one of our addresses, unless a setting says no. */
  #answer(skb: SkBuff, device: NetDevice, sip: number, tip: number): void {
    const { policy } = this.#parts;
    if (policy.ignores(device, sip, tip) || policy.filters(device, sip)) return;
    if (this.#learn(skb, device, sip)) this.#reply(skb, device, tip, sip);
  }

  /** Answers a request for an address that we forward to, if we proxy it. Returns true when the packet was answered or kept for later. */
  #proxied(skb: SkBuff, device: NetDevice, sip: number, tip: number, waited: boolean): boolean {
    const { table } = this.#parts;
    const out = this.#route.route?.device;
    if (!out || !this.#proxy.answers(device, out, sip, tip)) return false;
    this.#learn(skb, device, sip);
    if (waited || skb.packetType === PacketType.HOST || table.parametersOf(device).proxyDelay === 0) {
      this.#reply(skb, device, tip, sip);
      skb.consume();
    } else {
      table.proxyQueue.enqueue(skb, device, this.#again);
    }
    return true;
  }

  /** Makes or updates the entry of a station that asks for us: we shall want to answer it. Null when the table is full. */
  #learn(skb: SkBuff, device: NetDevice, sip: number): Neighbour | null {
    const { table } = this.#parts;
    const key = this.#parts.keyOf(sip, device);
    const entry = table.lookup(key, device) ?? table.create(key, device);
    if (!entry) return null;
    if (this.#doubts(entry, skb, false)) return entry;
    const { bytes, data: at } = skb;
    const known = table.policy.trafficConfirms && entry.valid && entry.sameAddress(bytes, at + AR_SHA);
    update(entry, bytes, at + AR_SHA, known ? Nud.REACHABLE : Nud.STALE, UpdateFlags.OVERRIDE);
    return entry;
  }

  /** Corrects an existing entry by any other packet. Makes an entry only if arp_accept says so. */
  #updateKnown(skb: SkBuff, device: NetDevice, request: boolean, sip: number, tip: number): void {
    const { table, fib, policy } = this.#parts;
    const key = this.#parts.keyOf(sip, device);
    const accept = policy.accepts(device, sip);
    let entry = table.lookup(key, device);
    if (!entry && !accept) return;
    const { bytes, data: at } = skb;
    const unicast = fib.addressType(sip) === AddressType.UNICAST;
    const announced = unicast && sip === tip && (request || sameMac(bytes, at + AR_THA, bytes, at + AR_SHA));
    if (!entry && unicast && (announced || !request)) entry = table.lookup(key, device) ?? table.create(key, device);
    if (!entry) return;
    const confirms = !request && skb.packetType === PacketType.HOST && (!table.policy.onlyAskedConfirms || this.#asked(entry, tip));
    const state = confirms ? Nud.REACHABLE : Nud.STALE;
    if (this.#doubts(entry, skb, confirms && askedEverybody(entry))) return;
    const override = announced || table.now() > entry.updated + entry.parameters.lockTime;
    update(entry, bytes, at + AR_SHA, state, override ? UpdateFlags.OVERRIDE : 0);
  }

  /**
   * Returns true when the packet names another address than the known one, and the profile wants that asked before it believes the packet.
   * @param asked the packet answers a request of ours to everybody
   */
  #doubts(entry: Neighbour, { bytes, data: at }: SkBuff, asked: boolean): boolean {
    if (!this.#parts.table.policy.asksOldAddress || asked) return false;
    if (entry.host.strategy?.guards(entry) === true) return false;
    const dynamic = entry.valid && (entry.nudState & (Nud.PERMANENT | Nud.NOARP)) === 0;
    if (!dynamic || entry.sameAddress(bytes, at + AR_SHA)) return false;
    const { host, addressHigh, addressLow } = entry;
    host.suspect(entry, SuspicionKind.REFUSED, addressHigh, addressLow, bytes, at + AR_SHA);
    challenge(entry);
    return true;
  }

  /** Returns true when a request of ours for the entry is out and the packet answers us. */
  #asked(entry: Neighbour, tip: number): boolean {
    const outstanding = (entry.nudState & (Nud.INCOMPLETE | Nud.PROBE)) !== 0;
    return outstanding && this.#parts.fib.addressType(tip) === AddressType.LOCAL;
  }

  /** Answers to the hardware address in the request, not to the frame's source, and not by way of the neighbour entry. */
  #reply(skb: SkBuff, device: NetDevice, sip: number, tip: number): void {
    const { sender } = this.#parts;
    const { bytes, data: at } = skb;
    const sent = sender.reply(device, highOctets(bytes, at + AR_SHA), lowOctets(bytes, at + AR_SHA), sip, tip);
    if (sent) this.#parts.counters(device).repliesSent++;
  }
}

/** Returns true when the address at bytes[at..at+6) can be another station's: no group's, not zero and not ours. */
function isStation(bytes: Uint8Array, at: number, device: NetDevice): boolean {
  if (bytes[at]! & 1 || sameMac(bytes, at, device.address, 0)) return false;
  for (let octet = 0; octet < MAC_BYTES; octet++) if (bytes[at + octet] !== 0) return true;
  return false;
}

/** Counts an unusable packet and returns the reason. */
function invalid(counters: ArpCounters, reason: DropReason): DropReason {
  counters.invalid++;
  return reason;
}
