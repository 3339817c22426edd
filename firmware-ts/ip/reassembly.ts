/**
 * Reassembly of fragmented packets of either family (RFC 815, RFC 8200 4.5; of overlaps RFC 5722). Fragments wait as they came, in any
 * order, and are copied together when the last one is there. The memory that they hold is bounded, and so is the time.
 */
import type { Clock, Timer } from "../../hal/clock.ts";
import { DropReason } from "../../hal/drop-reason.ts";
import { copyFrame, copyPart } from "../../hal/kit/copy-frame.ts";
import { type SkBuff, SkBuffQueue, SLOT_BYTES } from "../../hal/skbuff.ts";
import type { NetDevice } from "../net/device.ts";
import type { Network } from "../net/network.ts";
import { INADDR_ANY, type IpAddress } from "./address.ts";
import type { IpCounters } from "./counters.ts";

/** Offsets count in units of so many octets. */
export const FRAGMENT_UNIT = 8;

/** A fragment at the greatest offset may reach beyond the longest packet, by less than a frame's length. */
const UNITS = 8448;
const WORD = 32;

/** How much of a range is there. */
export const Coverage = { NONE: 0, SOME: 1, ALL: 2 } as const;
export type Coverage = (typeof Coverage)[keyof typeof Coverage];

export class UnitMap {
  readonly #words = new Int32Array(UNITS / WORD);

  /** Bytes of memory. */
  static readonly BYTES: number = UNITS / 8;

  /** Tells how many of the octets from..to are there; `from` is a multiple of eight. */
  covers(from: number, to: number): Coverage {
    const words = this.#words;
    const end = Math.ceil(to / FRAGMENT_UNIT);
    let some = false;
    let all = true;
    for (let unit = from / FRAGMENT_UNIT; unit < end; unit = (unit | (WORD - 1)) + 1) {
      const mask = maskOf(unit, end);
      const there = words[unit >>> 5]! & mask;
      if (there !== 0) some = true;
      if (there !== mask) all = false;
    }
    return some ? (all ? Coverage.ALL : Coverage.SOME) : Coverage.NONE;
  }

  add(from: number, to: number): void {
    const end = Math.ceil(to / FRAGMENT_UNIT);
    for (let unit = from / FRAGMENT_UNIT; unit < end; unit = (unit | (WORD - 1)) + 1) {
      this.#words[unit >>> 5] = this.#words[unit >>> 5]! | maskOf(unit, end);
    }
  }

  clear(): void {
    this.#words.fill(0);
  }
}

/** The bits of unit..end in the word of `unit`. */
function maskOf(unit: number, end: number): number {
  const low = -1 << (unit & (WORD - 1));
  const last = end - (unit & -WORD);
  return last >= WORD ? low : low & ~(-1 << last);
}

/** The bits of a packet's ECN codepoints (RFC 3168 5), each at the number of its codepoint. */
const NOT_ECT = 1;
const CE = 8;
/** Part of a pool that fragments may hold: a flood of them leaves the rest to others. */
const SHARE = 4;
/** Places for packets that fragments wait for, as a power of two. */
const PLACES_LOG2 = 8;
/** Memory of a packet that is not whole, beside its fragments. */
const PARTIAL_BYTES: number = UnitMap.BYTES + 256;
/** 2^32 divided by the golden ratio: spreads neighbouring numbers. */
const MIX = 0x9e3779b1;

/** The fate of a fragment, besides the reasons to drop it. */
export const Piece = { WAITS: 0, COMPLETE: -1 } as const;

/** Bounds of what waits: the kernel's files ipfrag_high_thresh and ipfrag_time, or ip6frag_… */
export interface FragmentLimits {
  /** Bytes from which on no fragment is taken in. */
  readonly fragHighThresh: number;
  /** Milliseconds that fragments wait for the others. */
  readonly fragTime: number;
}

/** Tells the sender of a first fragment that the others did not come in time. The packet stays the caller's. */
export type LateFragments = (first: SkBuff, device: NetDevice) => void;

/** A packet of which not all fragments are there. */
class Partial {
  source: IpAddress = INADDR_ANY;
  destination: IpAddress = INADDR_ANY;
  id = 0;
  protocol = 0;
  device!: NetDevice;
  due = 0;
  /** In the order in which they came. Each has its offset as cookie, and its data at skb.data. */
  readonly pieces: SkBuffQueue = new SkBuffQueue();
  first: SkBuff | null = null;
  /** Octets behind the IP header: as many as are known of, and whether these are all. */
  length = 0;
  lastSeen = false;
  /** Octets that are there. */
  filled = 0;
  /** A bit for each ECN codepoint that a fragment had. */
  codepoints = 0;
  /** Memory that it takes. */
  bytes = 0;
  readonly units: UnitMap = new UnitMap();
  /** The next one in the same place. */
  below: Partial | null = null;
  /** Its neighbours in the order in which they are given up. */
  before: Partial | null = null;
  behind: Partial | null = null;
}

/** A fragment that came in, as its family has read it. One is filled in again and again. */
export class Fragment {
  source: IpAddress = INADDR_ANY;
  destination: IpAddress = INADDR_ANY;
  id = 0;
  /** 0 where the identification says enough. */
  protocol = 0;
  /** The device by which it came in; where `bound` is set, fragments that came by others are none of the same packet. */
  device!: NetDevice;
  bound = false;
  /** Octets of the packet that are in front of its data; a multiple of eight. */
  offset = 0;
  more = false;
  /** ECN codepoint of its IP header. */
  codepoint = 0;
}

/** A family adds how its fragments are read, and its headers. */
export abstract class Reassembly {
  /** The packet that the last fragment completed; its IP header is at skb.data. */
  whole: SkBuff | null = null;
  readonly #clock: Clock;
  readonly #network: Network;
  readonly #counters: IpCounters;
  readonly #limits: FragmentLimits;
  readonly #late: LateFragments;
  readonly #secret: number;
  readonly #places = new Array<Partial | null>(1 << PLACES_LOG2).fill(null);
  /** Records that are free, linked by `below`. */
  #spare: Partial | null = null;
  #oldest: Partial | null = null;
  #newest: Partial | null = null;
  #bytes = 0;
  #length = 0;
  readonly #timer: Timer;

  /** @param secret a random number: nobody knows which packets share a place */
  constructor(network: Network, counters: IpCounters, limits: FragmentLimits, secret: number, late: LateFragments) {
    this.#clock = network.clock;
    this.#network = network;
    this.#counters = counters;
    this.#limits = limits;
    this.#late = late;
    this.#secret = secret;
    this.#timer = network.clock.timer(() => this.#expire());
  }

  /** Fragments that wait, each with a buffer of its own. */
  get length(): number {
    return this.#length;
  }

  /**
   * Takes a fragment in, whose data is skb.bytes[data..tail) and its IP header at skb.network.
   * @returns WAITS when it was taken in, COMPLETE when `whole` has the packet: both consume the buffer; else why it is dropped
   */
  protected takeIn(skb: SkBuff, fragment: Fragment): number {
    const { offset, more } = fragment;
    const end = offset + skb.length;
    const full = this.#bytes >= Math.min(this.#limits.fragHighThresh, (this.#network.pool.limit / SHARE) * SLOT_BYTES - SLOT_BYTES);
    const partial = full ? null : (this.#find(fragment) ?? this.#begin(fragment));
    if (partial === null) return this.#failed(DropReason.NOMEM);
    const reason = this.#place(partial, offset, end, more);
    if (reason === DropReason.DUP_FRAG) return reason;
    const kept = reason === DropReason.NONE ? this.#keep(skb) : null;
    if (kept === null) {
      this.#end(partial);
      return this.#failed(reason || DropReason.NOMEM);
    }
    kept.cookie = offset;
    partial.pieces.enqueue(kept);
    this.#length++;
    if (offset === 0) partial.first = kept;
    partial.codepoints |= 1 << fragment.codepoint;
    this.#charge(partial, kept.bytes.length);
    return partial.lastSeen && partial.filled === partial.length ? this.#complete(partial) : Piece.WAITS;
  }

  /**
   * Returns the bytes of the header that the whole packet has; -1 when the packet would be longer than one may be.
   * @param length octets behind it
   */
  protected abstract headerBytes(first: SkBuff, length: number): number;

  /**
   * Makes the header at whole.data, a copy of the first fragment's, that of the whole packet.
   * @param congested a router has marked one of its fragments (RFC 3168 5.3)
   */
  protected abstract finish(whole: SkBuff, first: SkBuff, congested: boolean): void;

  /** Gives up the packets of a device that goes down. */
  forget(device: NetDevice): void {
    for (let one = this.#oldest; one !== null; ) {
      const next = one.behind;
      if (one.device === device) this.#end(one);
      one = next;
    }
  }

  #failed(reason: DropReason): DropReason {
    this.#counters.reasmFails++;
    return reason;
  }

  /** Returns the packet, or a copy of it when a controller waits for its memory; null without memory. */
  #keep(skb: SkBuff): SkBuff | null {
    if (this.#network.mayKeep(skb)) return skb;
    const copy = this.#network.pool.allocate();
    if (copy === null) return null;
    copyFrame(copy.bytes, skb.network, skb.bytes, skb.network, skb.tail - skb.network);
    copy.data = skb.data;
    copy.tail = skb.tail;
    copy.network = skb.network;
    copy.transport = skb.transport;
    copy.protocol = skb.protocol;
    copy.packetType = skb.packetType;
    skb.consume();
    return copy;
  }

  #placeOf(source: IpAddress, id: number, protocol: number): number {
    const host = typeof source === "number" ? source : source.hash;
    const mixed = Math.imul(host ^ Math.imul(id ^ Math.imul(protocol ^ this.#secret, MIX), MIX), MIX);
    return mixed >>> (32 - PLACES_LOG2);
  }

  #find({ source, destination, id, protocol, device, bound }: Fragment): Partial | null {
    for (let one = this.#places[this.#placeOf(source, id, protocol)] as Partial | null; one !== null; one = one.below) {
      if (one.id !== id || one.protocol !== protocol || one.source !== source || one.destination !== destination) continue;
      if (!bound || one.device === device) return one;
    }
    return null;
  }

  #begin({ source, destination, id, protocol, device }: Fragment): Partial {
    const partial = this.#spare ?? new Partial();
    this.#spare = partial.below;
    partial.source = source;
    partial.destination = destination;
    partial.id = id;
    partial.protocol = protocol;
    partial.device = device;
    partial.due = this.#clock.now() + this.#limits.fragTime;
    const place = this.#placeOf(source, id, protocol);
    partial.below = this.#places[place] as Partial | null;
    this.#places[place] = partial;
    partial.before = this.#newest;
    if (this.#newest) this.#newest.behind = partial;
    else this.#oldest = partial;
    this.#newest = partial;
    this.#charge(partial, PARTIAL_BYTES);
    if (!this.#timer.armed) this.#timer.armAt(partial.due);
    return partial;
  }

  #charge(partial: Partial, bytes: number): void {
    partial.bytes += bytes;
    this.#bytes += bytes;
  }

  /** Notes the octets of a fragment. Returns DUP_FRAG when all are there already, NOT_SPECIFIED when it contradicts what is there. */
  #place(partial: Partial, offset: number, end: number, more: boolean): DropReason {
    const contradicts = more
      ? partial.lastSeen && end > partial.length
      : end < partial.length || (partial.lastSeen && end !== partial.length);
    if (contradicts || end === offset) return DropReason.NOT_SPECIFIED;
    const coverage = partial.units.covers(offset, end);
    // One that came twice is no overlap.
    if (coverage === Coverage.ALL) return DropReason.DUP_FRAG;
    if (coverage === Coverage.SOME) {
      this.#counters.reasmOverlaps++;
      return DropReason.NOT_SPECIFIED;
    }
    if (!more) partial.lastSeen = true;
    partial.length = Math.max(partial.length, end);
    partial.filled += end - offset;
    partial.units.add(offset, end);
    return DropReason.NONE;
  }

  #complete(partial: Partial): number {
    const { length, codepoints, pieces } = partial;
    const first = partial.first as SkBuff;
    const headerBytes = this.headerBytes(first, length);
    const possible = headerBytes >= 0 && ((codepoints & NOT_ECT) === 0 || codepoints === NOT_ECT);
    const whole = possible ? this.#network.allocate(headerBytes + length) : null;
    if (whole === null) {
      this.#end(partial);
      this.#counters.reasmFails++;
      return Piece.WAITS;
    }
    const at = whole.put(headerBytes + length);
    copyPart(whole.view, at, first.view, first.network, headerBytes);
    for (let piece = pieces.head; piece !== null; piece = piece.next) {
      copyPart(whole.view, at + headerBytes + piece.cookie, piece.view, piece.data, piece.length);
    }
    whole.network = at;
    whole.protocol = first.protocol;
    whole.packetType = first.packetType;
    this.finish(whole, first, (codepoints & CE) !== 0);
    this.#end(partial);
    this.whole = whole;
    this.#counters.reasmOKs++;
    return Piece.COMPLETE;
  }

  /** Gives a packet up with all of its fragments. */
  #end(partial: Partial): void {
    this.#leave(partial);
    this.#length -= partial.pieces.length;
    for (let piece = partial.pieces.dequeue(); piece !== null; piece = partial.pieces.dequeue()) piece.consume();
    this.#bytes -= partial.bytes;
    partial.bytes = 0;
    partial.first = null;
    partial.length = 0;
    partial.lastSeen = false;
    partial.filled = 0;
    partial.codepoints = 0;
    partial.units.clear();
    partial.below = this.#spare;
    this.#spare = partial;
  }

  /** Takes it out of its place and out of the order. */
  #leave(partial: Partial): void {
    const place = this.#placeOf(partial.source, partial.id, partial.protocol);
    let above: Partial | null = null;
    for (let one = this.#places[place] as Partial; one !== partial; one = one.below as Partial) above = one;
    if (above) above.below = partial.below;
    else this.#places[place] = partial.below;
    const { before, behind } = partial;
    if (before) before.behind = behind;
    else this.#oldest = behind;
    if (behind) behind.before = before;
    else this.#newest = before;
    partial.before = null;
    partial.behind = null;
    if (before) return;
    if (this.#oldest) this.#timer.armAt(this.#oldest.due);
    else this.#timer.cancel();
  }

  #expire(): void {
    const now = this.#clock.now();
    const counters = this.#counters;
    for (let next = this.#oldest; next && next.due <= now; next = this.#oldest) {
      counters.reasmTimeout++;
      counters.reasmFails++;
      next.device.drops.count(DropReason.FRAG_REASM_TIMEOUT);
      if (next.first) this.#late(next.first, next.device);
      this.#end(next);
    }
  }
}
