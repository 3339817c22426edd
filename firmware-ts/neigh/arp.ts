/**
 * The Address Resolution Protocol for IPv4 over Ethernet (RFC 826, RFC 1122 2.3.2, RFC 5227 2.1.1): what is sent, what is taken in, and
 * what is learned from it. It learns as Linux does with its default settings: from whoever asks for us, and from anybody about
 * entries that exist already; never a new entry from an answer or an announcement that nobody asked for.
 */
import { DropReason } from "../../hal/drop-reason.ts";
import { ETHERNET_HEADER, MAC_BYTES } from "../../hal/ethernet.ts";
import type { Random } from "../../hal/random.ts";
import { PacketType, type SkBuff } from "../../hal/skbuff.ts";
import type { NetDevice } from "../net/device.ts";
import { BROADCAST_MAC, copyMac, ETH_P_ARP, ETH_P_IP, pushHeader, sameMac } from "../net/ethernet.ts";
import type { Network, PacketHandler } from "../net/network.ts";
import { ArpCounters } from "./arp-counters.ts";
import { AddressType, type Neighbour, type NeighFamily } from "./entry.ts";
import { probesUnicast } from "./machine.ts";
import { Nud } from "./states.ts";
import { NeighTable } from "./table.ts";
import { UpdateFlags, update } from "./update.ts";

/** Offsets in the packet, for six-byte hardware and four-byte protocol addresses (RFC 826 "Packet format"). */
const AR_HRD = 0;
const AR_PRO = 2;
const AR_HLN = 4;
const AR_PLN = 5;
const AR_OP = 6;
const AR_SHA = 8;
const AR_SIP = 14;
const AR_THA = 18;
const AR_TIP = 24;
const ARP_BYTES = 28;

/** Hardware types (IANA "ARP parameters"): Linux takes IEEE 802 for Ethernet too. */
const ARPHRD_ETHER = 1;
const ARPHRD_IEEE802 = 6;

const ARPOP_REQUEST = 1;
const ARPOP_REPLY = 2;

const IN_LOOPBACK = 127;
const ZERO_MAC = new Uint8Array(MAC_BYTES);

/** What ARP needs to know of IPv4, which stands above it. */
export interface ArpInet {
  /** What `address` is to the routes of the device. */
  addressType(address: number, device: NetDevice): AddressType;
  /** The address is one of ours, on whichever device. */
  isLocal(address: number): boolean;
  /** Our address to ask `target` from: the packet's own source where that is ours, else one chosen. 0 if there is none. */
  sourceFor(device: NetDevice, target: number, packet: SkBuff | null): number;
  /** A packet from `source` would be accepted: its source is neither ours nor impossible. */
  acceptsFrom(source: number): boolean;
  /** Sends a packet that waited for an address once more through its route. */
  resend(packet: SkBuff): void;
}

export class Arp implements NeighFamily, PacketHandler {
  readonly etherType: number = ETH_P_IP;
  readonly table: NeighTable;
  readonly #network: Network;
  readonly #inet: ArpInet;
  readonly #counters = new Map<NetDevice, ArpCounters>();

  constructor(network: Network, random: Random, inet: ArpInet) {
    this.#network = network;
    this.#inet = inet;
    this.table = new NeighTable(network.clock, random, this);
    network.handle(ETH_P_ARP, this);
    network.onDeviceEvent((device, event) => {
      if (event === "down") this.table.flushDevice(device, false);
      else if (event === "carrier-down") this.table.flushDevice(device, true);
    });
  }

  /** ARP frames of a device, by kind. */
  counters(device: NetDevice): ArpCounters {
    let counters = this.#counters.get(device);
    if (!counters) {
      counters = new ArpCounters();
      this.#counters.set(device, counters);
    }
    return counters;
  }

  construct(entry: Neighbour): void {
    entry.type = this.#inet.addressType(entry.key, entry.device);
    if (entry.type === AddressType.MULTICAST) {
      // RFC 1112 6.4: the low 23 bits of the group below 01:00:5e.
      entry.nudState = Nud.NOARP;
      entry.header.set([0x01, 0x00, 0x5e, (entry.key >>> 16) & 0x7f, (entry.key >>> 8) & 0xff, entry.key & 0xff]);
    } else if (entry.type === AddressType.BROADCAST) {
      entry.nudState = Nud.NOARP;
      entry.header.set(entry.device.broadcast);
    }
  }

  solicit(entry: Neighbour, packet: SkBuff | null): void {
    const { device, key } = entry;
    const unicast = probesUnicast(entry);
    const counters = this.counters(device);
    if (unicast) counters.requestsUnicast++;
    else counters.requestsBroadcast++;
    const source = this.#inet.sourceFor(device, key, packet);
    this.#send(device, ARPOP_REQUEST, unicast ? entry.header : BROADCAST_MAC, 0, source, ZERO_MAC, 0, key);
  }

  resend(packet: SkBuff): void {
    this.#inet.resend(packet);
  }

  receive(skb: SkBuff, device: NetDevice): void {
    const reason = this.#process(skb, device);
    if (reason === DropReason.NONE) skb.consume();
    else device.drops.drop(skb, reason);
  }

  /** Returns NONE when the packet was taken in, whether or not anything came of it. */
  #process(skb: SkBuff, device: NetDevice): DropReason {
    const counters = this.counters(device);
    if (skb.packetType === PacketType.OTHERHOST) return DropReason.OTHERHOST;
    if (skb.length < ARP_BYTES) return this.#invalid(counters, DropReason.PKT_TOO_SMALL);
    const { bytes, view, data: at } = skb;
    if (bytes[at + AR_HLN] !== MAC_BYTES || bytes[at + AR_PLN] !== 4) return this.#invalid(counters, DropReason.NOT_SPECIFIED);
    const hardware = view.getUint16(at + AR_HRD);
    if (hardware !== ARPHRD_ETHER && hardware !== ARPHRD_IEEE802) return this.#invalid(counters, DropReason.NOT_SPECIFIED);
    if (view.getUint16(at + AR_PRO) !== ETH_P_IP) return this.#invalid(counters, DropReason.NOT_SPECIFIED);
    const op = view.getUint16(at + AR_OP);
    if (op !== ARPOP_REQUEST && op !== ARPOP_REPLY) return this.#invalid(counters, DropReason.NOT_SPECIFIED);
    const sender = view.getInt32(at + AR_SIP);
    const target = view.getInt32(at + AR_TIP);
    if (target >>> 28 === 0xe || target >>> 24 === IN_LOOPBACK) return this.#invalid(counters, DropReason.NOT_SPECIFIED);
    if (op === ARPOP_REQUEST) counters.requestsReceived++;
    else counters.repliesReceived++;

    if (op === ARPOP_REQUEST && this.#inet.isLocal(target)) {
      // A probe of a host that wants to take the address (RFC 5227 2.1.1): defended, nothing learned.
      if (sender === 0) {
        this.#reply(device, skb, target, 0);
        return DropReason.NONE;
      }
      if (this.#inet.acceptsFrom(sender)) {
        this.#learnFromRequest(skb, device, sender);
        return DropReason.NONE;
      }
    }
    if (sender !== 0) this.#updateKnown(skb, device, op, sender, target);
    return DropReason.NONE;
  }

  #invalid(counters: ArpCounters, reason: DropReason): DropReason {
    counters.invalid++;
    return reason;
  }

  /** Somebody asks for us: we shall want to answer, so the asker's address is worth an entry. */
  #learnFromRequest(skb: SkBuff, device: NetDevice, sender: number): void {
    const target = skb.view.getInt32(skb.data + AR_TIP);
    const entry = this.table.lookup(sender, device) ?? this.table.create(sender, device);
    if (!entry) return;
    update(entry, skb.bytes, skb.data + AR_SHA, Nud.STALE, UpdateFlags.OVERRIDE);
    this.#reply(device, skb, target, sender);
  }

  /** Anything else corrects an entry that exists, and never makes one. */
  #updateKnown(skb: SkBuff, device: NetDevice, op: number, sender: number, target: number): void {
    const entry = this.table.lookup(sender, device);
    if (!entry) return;
    const { bytes, data: at } = skb;
    const gratuitous =
      sender === target &&
      this.#inet.addressType(sender, device) === AddressType.UNICAST &&
      (op === ARPOP_REQUEST || sameMac(bytes, at + AR_THA, bytes, at + AR_SHA));
    const override = gratuitous || this.#network.clock.now() > entry.updated + entry.parameters.lockTime;
    const state = op === ARPOP_REPLY && skb.packetType === PacketType.HOST ? Nud.REACHABLE : Nud.STALE;
    update(entry, bytes, at + AR_SHA, state, override ? UpdateFlags.OVERRIDE : 0);
  }

  /** Answers to the hardware address in the request, not to where the frame came from, and around the neighbour entry. */
  #reply(device: NetDevice, request: SkBuff, ours: number, asker: number): void {
    this.counters(device).repliesSent++;
    const sha = request.data + AR_SHA;
    this.#send(device, ARPOP_REPLY, request.bytes, sha, ours, request.bytes, sha, asker);
  }

  #send(
    device: NetDevice,
    op: number,
    to: Uint8Array,
    toAt: number,
    senderIp: number,
    targetMac: Uint8Array,
    targetMacAt: number,
    targetIp: number,
  ): void {
    const skb = this.#network.pool.allocate();
    if (!skb) {
      device.drops.count(DropReason.NOMEM);
      return;
    }
    const at = skb.put(ARP_BYTES);
    const { bytes, view } = skb;
    view.setUint16(at + AR_HRD, ARPHRD_ETHER);
    view.setUint16(at + AR_PRO, ETH_P_IP);
    bytes[at + AR_HLN] = MAC_BYTES;
    bytes[at + AR_PLN] = 4;
    view.setUint16(at + AR_OP, op);
    copyMac(bytes, at + AR_SHA, device.address, 0);
    view.setInt32(at + AR_SIP, senderIp);
    copyMac(bytes, at + AR_THA, targetMac, targetMacAt);
    view.setInt32(at + AR_TIP, targetIp);
    pushHeader(skb, to, toAt, device.address, ETH_P_ARP);
    skb.protocol = ETH_P_ARP;
    skb.truesize = ETHERNET_HEADER + ARP_BYTES;
    device.transmit(skb);
  }
}
