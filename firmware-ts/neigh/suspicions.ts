/**
 * Frames that contradict the link address that is known of a neighbour: counted by kind, and told, not oftener than a person can read. A
 * neighbour that got a new controller looks like one whose address somebody else claims (RFC 5227 5): nobody can tell but the operator.
 */
import type { Clock } from "../../hal/clock.ts";
import { MAC_BYTES } from "../../hal/ethernet.ts";
import type { NetDevice } from "../net/device.ts";
import { highOctets, lowOctets } from "../net/ethernet.ts";
import { type Neighbour, SuspicionKind, writeOctets } from "./entry.ts";
import type { KeyRest } from "./key.ts";
import { RateLimit } from "./rate-limit.ts";

export interface Suspicion {
  readonly kind: SuspicionKind;
  readonly device: NetDevice;
  readonly key: number;
  readonly rest: KeyRest | null;
  /** The link address known so far. */
  readonly was: Uint8Array;
  /** The link address in the frame. */
  readonly claimed: Uint8Array;
  /** Suspicions since the last one that was told, of all neighbours. */
  readonly missed: number;
}

export type SuspicionListener = (suspicion: Suspicion) => void;

/** Neighbours remembered at a time. */
const SLOTS = 64;
/** A neighbour is told of once in this many ms; all of them together BURST times in INTERVAL ms, as often as the kernel logs. */
const QUIET = 10_000;
const INTERVAL = 5000;
const BURST = 10;
/** Stands for the first two octets where there is no former address. */
const NO_ADDRESS = -1;

export class Suspicions {
  /** Frames since the start. */
  changed = 0;
  flipFlops = 0;
  contradicted = 0;
  refused = 0;
  /** Hears of some, rate limited; null when nobody listens. It is called when the entry's change is complete. */
  listener: SuspicionListener | null = null;
  readonly #clock: Clock;
  readonly #limit: RateLimit;
  /** The neighbours suspected last, the address before the last change of each if there is one, and when they were told of. */
  readonly #entries: (Neighbour | null)[] = Array.from({ length: SLOTS }, () => null);
  readonly #formerHigh = new Int32Array(SLOTS);
  readonly #formerLow = new Int32Array(SLOTS);
  readonly #toldAt = new Float64Array(SLOTS);
  #next = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#limit = new RateLimit(clock, INTERVAL, BURST);
  }

  /**
   * Notes a frame that names claimed[at..at+6) as the link address of an entry.
   * @param wasHigh the address known until then, as addressHigh and addressLow of an entry
   */
  note(entry: Neighbour, kind: SuspicionKind, wasHigh: number, wasLow: number, claimed: Uint8Array, at: number): void {
    const slot = this.#slotOf(entry);
    const what = kind === SuspicionKind.CHANGED && this.#returns(slot, claimed, at) ? SuspicionKind.FLIP_FLOP : kind;
    this.#count(what);
    if (kind === SuspicionKind.CHANGED) {
      this.#formerHigh[slot] = wasHigh;
      this.#formerLow[slot] = wasLow;
    }
    if (!this.listener) return;
    const now = this.#clock.now();
    if (now - this.#toldAt[slot]! < QUIET) {
      this.#limit.missed++;
      return;
    }
    if (!this.#limit.allows()) return;
    this.#toldAt[slot] = now;
    const { device, key, rest } = entry;
    const was = new Uint8Array(MAC_BYTES);
    writeOctets(wasHigh, wasLow, was, 0);
    this.listener({
      kind: what,
      device,
      key,
      rest,
      was,
      claimed: claimed.slice(at, at + MAC_BYTES),
      missed: this.#limit.takeMissed(),
    });
  }

  #count(kind: SuspicionKind): void {
    if (kind === SuspicionKind.CHANGED) this.changed++;
    else if (kind === SuspicionKind.FLIP_FLOP) this.flipFlops++;
    else if (kind === SuspicionKind.STATIC) this.contradicted++;
    else this.refused++;
  }

  /** Finds the slot of an entry, or gives it the one that was given away longest ago. */
  #slotOf(entry: Neighbour): number {
    const known = this.#entries.indexOf(entry);
    if (known >= 0) return known;
    const slot = this.#next;
    this.#next = (slot + 1) % SLOTS;
    this.#entries[slot] = entry;
    this.#formerHigh[slot] = NO_ADDRESS;
    this.#toldAt[slot] = Number.NEGATIVE_INFINITY;
    return slot;
  }

  /** Returns true when the address is the one that the entry had before its last change. */
  #returns(slot: number, bytes: Uint8Array, at: number): boolean {
    return highOctets(bytes, at) === this.#formerHigh[slot] && lowOctets(bytes, at) === this.#formerLow[slot];
  }
}
