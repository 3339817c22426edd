/**
 * Reassembly of fragmented packets (RFC 8200 4.5, RFC 5722). Each packet grows in one buffer, so that one is never longer than a buffer
 * holds, which is more than the 1500 octets that every host has to take. The buffers are bounded, and so is the time.
 */
import type { Clock, Timer } from "../../hal/clock.ts";
import { DropReason } from "../../hal/drop-reason.ts";
import { HEADROOM, type SkBuff, type SkBuffPool, SLOT_BYTES } from "../../hal/skbuff.ts";
import type { Ip6 } from "../ip/ip6.ts";
import type { NetDevice } from "../net/device.ts";
import { isLinkBound } from "./common/address-kind.ts";
import type { Ip6Counters } from "./common/counters.ts";
import {
  EXTENSION_NEXT,
  FRAGMENT_HEADER,
  FRAGMENT_ID,
  FRAGMENT_MORE,
  FRAGMENT_OFFSET_FIELD,
  FRAGMENT_OFFSET_MASK,
} from "./header/extension-headers.ts";
import { IP6_HEADER, IP6_LENGTH, IP6_NEXT, trafficClassOf } from "./header/ip6-header.ts";
import type { Ip6Settings } from "./settings.ts";

/** Offsets count in units of so many octets. */
const UNIT = 8;
/** Most octets behind the IP header of a packet that is put together. */
const MOST: number = SLOT_BYTES - HEADROOM - IP6_HEADER;
/** Congestion was met on the way; the sender does not know of such marks (RFC 3168 5). */
const CE = 3;
const NOT_ECT = 0;
/** Part of a pool that fragments may hold: a flood of them leaves the rest to others. */
const SHARE = 4;

/** The fate of a fragment, besides the reasons to drop it. */
export const Piece = { WAITS: 0, COMPLETE: -1 } as const;

/** Tells the sender of a first fragment that the others did not come in time. The packet stays the caller's. */
export type LateFragments = (first: SkBuff, device: NetDevice) => void;

/** A packet of which not all fragments are there. */
class Partial {
  readonly whole: SkBuff;
  readonly source: Ip6;
  readonly destination: Ip6;
  readonly id: number;
  readonly device: NetDevice;
  readonly due: number;
  /** The first fragment, as it came, for the report that the others did not. */
  first: SkBuff | null = null;
  /** Octets behind the IP header: as many as are known of, and whether these are all. */
  length = 0;
  lastSeen = false;
  /** Octets that are there. */
  filled = 0;
  /** A bit for each ECN codepoint that a fragment had. */
  codepoints = 0;
  /** Not 0: the unit is there. */
  readonly units = new Uint8Array(Math.ceil(MOST / UNIT));

  constructor(whole: SkBuff, source: Ip6, destination: Ip6, id: number, device: NetDevice, due: number) {
    this.whole = whole;
    this.source = source;
    this.destination = destination;
    this.id = id;
    this.device = device;
    this.due = due;
  }
}

export class Fragments {
  /** The packet that the last fragment completed; its IP header is at skb.data. */
  whole: SkBuff | null = null;
  readonly #clock: Clock;
  readonly #pool: SkBuffPool;
  readonly #counters: Ip6Counters;
  readonly #settings: Ip6Settings;
  readonly #late: LateFragments;
  /** In the order in which they are given up. */
  readonly #waiting: Partial[] = [];
  readonly #timer: Timer;

  constructor(clock: Clock, pool: SkBuffPool, counters: Ip6Counters, settings: Ip6Settings, late: LateFragments) {
    this.#clock = clock;
    this.#pool = pool;
    this.#counters = counters;
    this.#settings = settings;
    this.#late = late;
    this.#timer = clock.timer(() => this.#expire());
  }

  /** Packets of which fragments wait. */
  get length(): number {
    return this.#waiting.length;
  }

  /**
   * Takes a fragment whose header is at `at`; it ends at skb.tail, and its lengths were checked.
   * @returns WAITS when it was taken in, COMPLETE when `whole` has the packet: both consume the buffer; else why it is dropped
   */
  take(skb: SkBuff, at: number, source: Ip6, destination: Ip6, device: NetDevice): number {
    const { view } = skb;
    const { ip } = this.#counters;
    const field = view.getUint16(at + FRAGMENT_OFFSET_FIELD);
    const offset = field & FRAGMENT_OFFSET_MASK;
    const end = offset + skb.tail - at - FRAGMENT_HEADER;
    const id = view.getInt32(at + FRAGMENT_ID);
    const link = isLinkBound(destination) ? device : null;
    const partial = this.#find(id, source, destination, link) ?? this.#begin(id, source, destination, device);
    if (partial === null) {
      ip.reasmFails++;
      return DropReason.NOMEM;
    }
    const reason = end > MOST ? DropReason.PKT_TOO_BIG : this.#place(partial, offset, end, (field & FRAGMENT_MORE) === 0);
    if (reason === DropReason.DUP_FRAG && this.#holds(partial, offset, end)) return reason;
    if (reason !== DropReason.NONE) {
      this.#end(partial);
      ip.reasmFails++;
      return reason;
    }
    partial.codepoints |= 1 << (trafficClassOf(view, skb.network) & 3);
    copyBytes(partial.whole, HEADROOM + IP6_HEADER + offset, skb, at + FRAGMENT_HEADER, end - offset);
    if (offset === 0) partial.first = skb;
    else skb.consume();
    return partial.lastSeen && partial.filled === partial.length ? this.#complete(partial) : Piece.WAITS;
  }

  /** Gives up the packets of a device that goes down. */
  forget(device: NetDevice): void {
    for (const partial of this.#waiting.filter((one) => one.device === device)) this.#end(partial);
  }

  #find(id: number, source: Ip6, destination: Ip6, link: NetDevice | null): Partial | null {
    const waiting = this.#waiting;
    for (let at = 0; at < waiting.length; at++) {
      const one = waiting[at] as Partial;
      if (one.id !== id || one.source !== source || one.destination !== destination) continue;
      if (link === null || one.device === link) return one;
    }
    return null;
  }

  #begin(id: number, source: Ip6, destination: Ip6, device: NetDevice): Partial | null {
    const most = Math.min(this.#settings.fragHighThresh, (this.#pool.limit / SHARE) * SLOT_BYTES);
    // Each holds two buffers at most: its own, and the first fragment's.
    if ((this.#waiting.length + 1) * 2 * SLOT_BYTES > most) return null;
    const whole = this.#pool.allocate();
    if (whole === null) return null;
    const partial = new Partial(whole, source, destination, id, device, this.#clock.now() + this.#settings.fragTime);
    this.#waiting.push(partial);
    if (!this.#timer.armed) this.#timer.armAt(partial.due);
    return partial;
  }

  /** Notes the octets of a fragment. Returns DUP_FRAG when some of them are there already, NOT_SPECIFIED when lengths contradict each other. */
  #place(partial: Partial, offset: number, end: number, last: boolean): DropReason {
    const contradicts = last
      ? end < partial.length || (partial.lastSeen && end !== partial.length)
      : partial.lastSeen && end > partial.length;
    if (contradicts || end === offset) return DropReason.NOT_SPECIFIED;
    const { units } = partial;
    const upTo = Math.ceil(end / UNIT);
    for (let unit = offset / UNIT; unit < upTo; unit++) if (units[unit] !== 0) return DropReason.DUP_FRAG;
    if (last) partial.lastSeen = true;
    partial.length = Math.max(partial.length, end);
    partial.filled += end - offset;
    units.fill(1, offset / UNIT, upTo);
    return DropReason.NONE;
  }

  /** All octets of a fragment are there already: it came twice, which is no overlap. */
  #holds({ units }: Partial, offset: number, end: number): boolean {
    for (let unit = offset / UNIT; unit < Math.ceil(end / UNIT); unit++) if (units[unit] === 0) return false;
    return true;
  }

  #complete(partial: Partial): number {
    const { whole, length, codepoints } = partial;
    const first = partial.first as SkBuff;
    const { ip } = this.#counters;
    const congested = (codepoints & (1 << CE)) !== 0;
    if (congested && (codepoints & (1 << NOT_ECT)) !== 0) {
      this.#end(partial);
      ip.reasmFails++;
      return Piece.WAITS;
    }
    const at = whole.put(IP6_HEADER + length);
    copyBytes(whole, at, first, first.network, IP6_HEADER);
    whole.view.setUint16(at + IP6_LENGTH, length);
    whole.view.setUint8(at + IP6_NEXT, nextBehind(first));
    if (congested) whole.view.setUint8(at + 1, whole.view.getUint8(at + 1) | (CE << 4));
    whole.network = at;
    whole.protocol = first.protocol;
    whole.packetType = first.packetType;
    this.#leave(partial);
    first.consume();
    this.whole = whole;
    ip.reasmOKs++;
    return Piece.COMPLETE;
  }

  /** Gives a packet up with all of its fragments. */
  #end(partial: Partial): void {
    this.#leave(partial);
    partial.whole.consume();
    partial.first?.consume();
  }

  #leave(partial: Partial): void {
    this.#waiting.splice(this.#waiting.indexOf(partial), 1);
    const [next] = this.#waiting;
    if (next) this.#timer.armAt(next.due);
    else this.#timer.cancel();
  }

  #expire(): void {
    const now = this.#clock.now();
    const { ip } = this.#counters;
    for (let next = this.#waiting[0]; next && next.due <= now; next = this.#waiting[0]) {
      ip.reasmTimeout++;
      ip.reasmFails++;
      next.device.drops.count(DropReason.FRAG_REASM_TIMEOUT);
      if (next.first) this.#late(next.first, next.device);
      this.#end(next);
    }
  }
}

/** The header behind the fragment header of a first fragment, whose transport offset is there. */
function nextBehind({ view, transport }: SkBuff): number {
  return view.getUint8(transport + EXTENSION_NEXT);
}

/** Copies bytes of a packet into another one, and leaves alone what that holds already. */
function copyBytes({ bytes: to }: SkBuff, at: number, { bytes: from }: SkBuff, fromAt: number, length: number): void {
  for (let byte = 0; byte < length; byte++) to[at + byte] = from[fromAt + byte]!;
}
