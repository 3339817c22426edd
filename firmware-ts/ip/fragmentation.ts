/**
 * Cuts packets that are longer than their way carries into fragments (RFC 791 3.2, RFC 8200 4.5). Such a packet lives until the last of its
 * pieces has left or was lost, so that its owner is told once, of the whole: sent when all were, else why the first was lost that was.
 */
import { DropReason } from "../../hal/drop-reason.ts";
import { copyPart } from "../../hal/kit/copy-frame.ts";
import { ensureChecksum } from "../../hal/kit/outgoing.ts";
import type { DropCounters, SkBuff, SkBuffOwner } from "../../hal/skbuff.ts";
import { type Fate, QUEUED } from "../neigh/machine.ts";
import type { Network } from "../net/network.ts";
import type { IpCounters } from "./counters.ts";
import { FRAGMENT_UNIT } from "./reassembly.ts";
import { truesizeOf } from "./truesize.ts";

/** The place of a packet whose fate nobody asks for. */
const NOBODY = -1;

/**
 * A family's part of the work: makes the headers of a piece, at piece.network, its own; they are a copy of the whole packet's.
 * @param offset of the piece's data, a multiple of eight
 */
export type AdaptHeaders = (piece: SkBuff, headerBytes: number, offset: number, more: boolean) => void;

/** Sends one packet, which begins with its IP header, to where it goes. */
export type Emit<To> = (piece: SkBuff, to: To) => Fate;

export class Fragmentation implements SkBuffOwner {
  readonly #network: Network;
  readonly #counters: IpCounters;
  readonly #drops: DropCounters;
  readonly #adapt: AdaptHeaders;
  /** By place: a packet under way; null where nobody waits for it any more. */
  readonly #wholes: (SkBuff | null)[] = [];
  /** Pieces whose fate is open, and one more while the packet is being cut. */
  readonly #left: number[] = [];
  readonly #reasons: DropReason[] = [];
  readonly #free: number[] = [];

  /** @param drops counts packets for which there was no memory */
  constructor(network: Network, counters: IpCounters, drops: DropCounters, adapt: AdaptHeaders) {
    this.#network = network;
    this.#counters = counters;
    this.#drops = drops;
    this.#adapt = adapt;
  }

  /**
   * Sends a packet in fragments. The first of them that is lost at once ends it. The buffer is not the caller's any more.
   * @param whole begins with the headers that each fragment has, of `headerBytes`
   * @param mtu most bytes of a fragment, its headers included
   */
  send<To>(whole: SkBuff, headerBytes: number, mtu: number, emit: Emit<To>, to: To): Fate {
    ensureChecksum(whole);
    const length = whole.length - headerBytes;
    const most = (mtu - headerBytes) & -FRAGMENT_UNIT;
    const counters = this.#counters;
    if (most <= 0) {
      counters.fragFails++;
      this.#drops.drop(whole, DropReason.PKT_TOO_BIG);
      return DropReason.PKT_TOO_BIG;
    }
    const place = this.#open(whole);
    let fate: Fate = DropReason.NONE;
    for (let offset = 0; offset < length; offset += most) {
      const more = offset + most < length;
      const piece = this.#cut(whole, place, headerBytes, offset, more ? most : length - offset);
      if (piece === null) this.#drops.count(DropReason.NOMEM);
      else this.#adapt(piece, headerBytes, offset, more);
      const own: Fate = piece === null ? DropReason.NOMEM : emit(piece, to);
      if (own !== DropReason.NONE && own !== QUEUED) {
        counters.fragFails++;
        this.#close(whole, place, own);
        return own;
      }
      counters.fragCreates++;
      if (own === QUEUED) fate = QUEUED;
    }
    counters.fragOKs++;
    this.#close(whole, place, DropReason.NONE);
    return fate;
  }

  settled({ cookie: place }: SkBuff, reason: DropReason): void {
    if (this.#reasons[place] === DropReason.NONE) this.#reasons[place] = reason;
    this.#done(place);
  }

  #open(whole: SkBuff): number {
    if (whole.owner === null) return NOBODY;
    const place = this.#free.pop() ?? this.#wholes.length;
    this.#wholes[place] = whole;
    this.#left[place] = 1;
    this.#reasons[place] = DropReason.NONE;
    return place;
  }

  /** Returns a piece of the packet behind a copy of its headers; null without memory. */
  #cut(whole: SkBuff, place: number, headerBytes: number, offset: number, length: number): SkBuff | null {
    const piece = this.#network.allocate(headerBytes + length);
    if (piece === null) return null;
    const at = piece.put(headerBytes + length);
    copyPart(piece.view, at, whole.view, whole.data, headerBytes);
    copyPart(piece.view, at + headerBytes, whole.view, whole.data + headerBytes + offset, length);
    piece.network = at;
    piece.protocol = whole.protocol;
    piece.packetType = whole.packetType;
    piece.confirm = whole.confirm;
    piece.truesize = truesizeOf(headerBytes + length);
    if (place === NOBODY) return piece;
    piece.owner = this;
    piece.cookie = place;
    this.#left[place]!++;
    return piece;
  }

  /** Ends the cutting. @param reason NONE when all pieces are on their way; else why one is not, which is the fate of the packet */
  #close(whole: SkBuff, place: number, reason: DropReason): void {
    if (place !== NOBODY) {
      if (reason !== DropReason.NONE) this.#wholes[place] = null;
      this.#done(place);
      if (reason === DropReason.NONE) return;
    }
    end(whole, reason);
  }

  #done(place: number): void {
    if (--this.#left[place]! > 0) return;
    const whole = this.#wholes[place] ?? null;
    const reason = this.#reasons[place]!;
    this.#wholes[place] = null;
    this.#free.push(place);
    if (whole !== null) end(whole, reason);
  }
}

/** Ends a packet with its fate: NONE when all of it was sent. */
function end(whole: SkBuff, reason: DropReason): void {
  if (reason === DropReason.NONE) whole.consume();
  else whole.drop(reason);
}
