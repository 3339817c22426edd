/**
 * Gets a frame onto the line: gaps between frames, pauses that the partner asks for, and in half duplex deferral, collisions and
 * back-off (DS39662 sections 6.5 and 7.1, IEEE 802.3 clause 4.2.3.2).
 */
import type { Clock, Task, Timer } from "../../clock.ts";
import type { Random } from "../../random.ts";
import type { Carrier, CarrierUser } from "../carrier.ts";
import type { ChipContext } from "./context.ts";
import type { Errata } from "./errata.ts";
import {
  BPEN,
  DEFER,
  FULDPX,
  MABBIPG,
  MACLCON1,
  MACLCON2,
  MACON3,
  MACON4,
  MAIPGH,
  MAIPGL,
  NOBKOFF,
  type RegisterFile,
} from "./registers.ts";

/** Preamble and start delimiter, in bytes. */
const PREAMBLE = 8;
const JAM = 4;
/** Slot time, and quantum of a pause: 512 bit times. */
const SLOT = 64;
/** A MAC that does not defer without end gives up after 24,288 bit times (register 6-3). */
const DEFER_LIMIT = 3036;
/** Range of back-off stops growing at 2^10 slots. */
const BACK_OFF_LIMIT = 10;
/** The gap registers leave out some nibbles: 3 in full duplex, 6 in half (registers 6-4 to 6-6). */
const FULL_GAP = 3;
const HALF_GAP = 6;
/** Where a link pulse may be mistaken for a collision: anywhere within the longest frame's time, in bytes (erratum 13). */
const LONGEST = 1526;

const State = { IDLE: 0, WAITING: 1, GAP: 2, TALKING: 3, JAMMING: 4, BACK_OFF: 5 } as const;
type State = (typeof State)[keyof typeof State];

/** How an attempt to send ended. */
export const Outcome = { SENT: 0, LATE_COLLISION: 1, EXCESSIVE_COLLISIONS: 2, EXCESSIVE_DEFER: 3 } as const;
export type Outcome = (typeof Outcome)[keyof typeof Outcome];

export class LineAccess implements CarrierUser {
  /** Collisions of the frame at hand. */
  collisions = 0;
  deferred = false;
  onDone: ((outcome: Outcome) => void) | null = null;
  /** The frame has begun to go out and will be out in so many ms, jam or collision apart; for the LEDs. */
  onTalk: ((duration: number) => void) | null = null;
  onCollision: (() => void) | null = null;
  readonly #clock: Clock;
  readonly #registers: RegisterFile;
  readonly #carrier: Carrier;
  readonly #errata: Errata;
  readonly #random: Random;
  /** ms for each byte on the line. */
  readonly #byteTime: number;
  readonly #timer: Timer;
  readonly #task: Task;
  #state: State = State.IDLE;
  #bytes = 0;
  #began = 0;
  #gapBegan = 0;
  #asked = 0;
  #late = false;
  #pressing = false;
  /** The timer stands for a link pulse, not for the end of the frame. */
  #pulse = false;
  /** Times: our last frame ended, the wire fell silent, and the end of the pause that the partner asked for. */
  #sentAt = Number.NEGATIVE_INFINITY;
  #idleAt = Number.NEGATIVE_INFINITY;
  #pausedUntil = Number.NEGATIVE_INFINITY;

  constructor({ clock, registers, errata, byteTime }: ChipContext, carrier: Carrier, random: Random) {
    this.#clock = clock;
    this.#registers = registers;
    this.#carrier = carrier;
    this.#errata = errata;
    this.#random = random;
    this.#byteTime = byteTime;
    this.#timer = clock.timer(() => this.#timeUp());
    this.#task = clock.task(() => this.#endAtOnce());
    carrier.attach(this);
  }

  get fullDuplex(): boolean {
    return this.#registers.has(MACON3, FULDPX);
  }

  /** Another station is on the wire. */
  get receiving(): boolean {
    return this.#byteTime > 0 && this.#carrier.heard(this);
  }

  get colliding(): boolean {
    return this.#state === State.JAMMING;
  }

  /** Back pressure is on: whatever others send meets our preamble. */
  get pressing(): boolean {
    return this.#pressing;
  }

  /** A frame of `bytes`, FCS included, wants to go out. */
  request(bytes: number): void {
    this.#bytes = bytes;
    this.collisions = 0;
    this.deferred = false;
    this.#asked = this.#clock.now();
    this.#contend();
  }

  /** The frame at hand is cut off, or was not sent yet and will not be. */
  cancel(): void {
    this.#timer.cancel();
    if (this.#state === State.TALKING || this.#state === State.JAMMING) this.#hush();
    this.#state = State.IDLE;
  }

  /** The partner wants `quanta` of 512 bit times without frames; 0 lifts that. A frame under way is not stopped. */
  pause(quanta: number): void {
    this.#pausedUntil = this.#clock.now() + quanta * SLOT * this.#byteTime;
    if (this.#state === State.GAP && this.fullDuplex) this.#contend();
  }

  /** Takes the line for a frame of the MAC's own as soon as it is free. Returns the time until that frame has left, in ms. */
  reserve(bytes: number): number {
    const now = this.#clock.now();
    const end = this.#state === State.TALKING ? this.#began + (this.#bytes + PREAMBLE) * this.#byteTime : now;
    this.#sentAt = Math.max(end, this.#sentAt + this.#backToBack()) + (bytes + PREAMBLE) * this.#byteTime;
    if (this.#state === State.GAP) this.#contend();
    return this.#sentAt - now;
  }

  /** Switches back pressure. */
  press(on: boolean): void {
    if (on === this.#pressing || this.#byteTime === 0) return;
    this.#pressing = on;
    if (on) this.#carrier.begin(this);
    else if (this.#state !== State.TALKING && this.#state !== State.JAMMING) this.#carrier.end(this);
  }

  collided(): void {
    if (this.#state !== State.TALKING || this.fullDuplex) return;
    const sent = (this.#clock.now() - this.#began) / this.#byteTime - PREAMBLE;
    this.#late = sent > this.#registers.get(MACLCON2);
    this.#state = State.JAMMING;
    this.#timer.arm(JAM * this.#byteTime);
    this.onCollision?.();
  }

  carrierIdle(): void {
    this.#idleAt = this.#clock.now();
    if (this.#state === State.WAITING) this.#contend();
  }

  /** Goes as soon as the rules allow. */
  #contend(): void {
    if (this.#byteTime === 0) {
      this.#state = State.TALKING;
      this.#task.schedule();
      return;
    }
    const now = this.#clock.now();
    let from = this.#sentAt + this.#backToBack();
    if (this.fullDuplex) {
      from = Math.max(from, this.#pausedUntil);
    } else if (this.#carrier.heard(this)) {
      this.deferred = true;
      this.#state = State.WAITING;
      const limit = this.#asked + DEFER_LIMIT * this.#byteTime;
      if (this.#registers.has(MACON4, DEFER)) this.#timer.cancel();
      else this.#timer.arm(Math.max(0, limit - now));
      return;
    } else {
      from = Math.max(from, this.#idleAt + this.#nibbles(this.#registers.get(MAIPGL) + HALF_GAP));
    }
    this.#gapBegan = now;
    this.#state = State.GAP;
    if (from > now) this.#timer.arm(from - now);
    else this.#launch();
  }

  #timeUp(): void {
    switch (this.#state) {
      case State.WAITING:
        this.#end(Outcome.EXCESSIVE_DEFER);
        break;
      case State.GAP:
        this.#launch();
        break;
      case State.TALKING:
        if (this.#pulse) this.collided();
        else this.#end(Outcome.SENT);
        break;
      case State.JAMMING:
        this.#jammed();
        break;
      case State.BACK_OFF:
        this.#contend();
        break;
      default:
        break;
    }
  }

  #launch(): void {
    const now = this.#clock.now();
    // A station that comes up in the first part of the gap goes first; in the rest nobody listens any more (register 6-6).
    const deaf = this.#gapBegan + this.#nibbles(this.#registers.get(MAIPGH));
    if (!this.fullDuplex && this.#carrier.heard(this, Math.min(now, deaf))) {
      this.#contend();
      return;
    }
    this.#state = State.TALKING;
    this.#began = now;
    let bytes = this.#bytes + PREAMBLE;
    const pulse = this.#linkPulse();
    this.#pulse = pulse >= 0;
    if (this.#pulse) bytes = pulse;
    this.#timer.arm(bytes * this.#byteTime);
    this.onTalk?.(bytes * this.#byteTime);
    this.#carrier.begin(this);
  }

  /** Where in this frame a link pulse of the partner's is taken for a collision; -1: nowhere (erratum 13). */
  #linkPulse(): number {
    if (this.fullDuplex || !this.#errata.strikes(13)) return -1;
    const at = this.#errata.below(13, LONGEST);
    return at < this.#bytes + PREAMBLE ? at : -1;
  }

  #jammed(): void {
    this.#hush();
    this.#state = State.IDLE;
    if (this.#late) {
      this.#end(Outcome.LATE_COLLISION);
      return;
    }
    this.collisions++;
    if (this.collisions > this.#registers.get(MACLCON1)) {
      this.#end(Outcome.EXCESSIVE_COLLISIONS);
      return;
    }
    const atOnce = this.#registers.has(MACON4, NOBKOFF) || (this.#pressing && this.#registers.has(MACON4, BPEN));
    const slots = atOnce ? 0 : this.#random.below(1 << Math.min(this.collisions, BACK_OFF_LIMIT));
    this.#state = State.BACK_OFF;
    if (slots > 0) this.#timer.arm(slots * SLOT * this.#byteTime);
    else this.#contend();
  }

  #end(outcome: Outcome): void {
    this.#timer.cancel();
    if (this.#state === State.TALKING) this.#hush();
    this.#state = State.IDLE;
    if (outcome === Outcome.SENT) this.#sentAt = Math.max(this.#sentAt, this.#clock.now());
    this.onDone?.(outcome);
  }

  /** On a line that takes no time only a link pulse can meet a frame. */
  #endAtOnce(): void {
    // A task cannot be taken back: one whose frame was cancelled comes here with nothing to do.
    if (this.#state !== State.TALKING) return;
    const late = this.#linkPulse() > this.#registers.get(MACLCON2) + PREAMBLE;
    this.#end(late ? Outcome.LATE_COLLISION : Outcome.SENT);
  }

  #hush(): void {
    if (!this.#pressing) this.#carrier.end(this);
  }

  #backToBack(): number {
    return this.#nibbles(this.#registers.get(MABBIPG) + (this.fullDuplex ? FULL_GAP : HALF_GAP));
  }

  #nibbles(count: number): number {
    return (count / 2) * this.#byteTime;
  }
}
