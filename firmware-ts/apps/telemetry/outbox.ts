/**
 * The readings that wait on the board, and their way into messages. Without a store they leave as soon as a message is full; what is lost
 * is lost. With one they wait while there is no link or the collector is not there, and go again: one message under way at a time, the
 * next attempt later after each failure, at a moment of chance, so that a fleet does not come back as one.
 */
import type { Clock, Timer } from "../../../hal/clock.ts";
import type { Random } from "../../../hal/random.ts";
import { FIRST_INTERVAL, LONGEST_INTERVAL } from "../../../hal/revival.ts";
import type { ReadingFates } from "../../control/metrics/ground.ts";
import type { SendResult } from "../../ip/send-result.ts";
import type { Cursor, Encoder, TimeScale } from "./contract/encoder.ts";
import type { Link } from "./contract/link.ts";
import type { Messages } from "./messages.ts";
import { FateCounter } from "./store/fates.ts";
import type { StoreFile } from "./store/file.ts";
import type { TakenReading } from "./store/reading.ts";

/** The bounds of a store. */
export interface StoreOptions {
  /** Readings that wait at most. */
  readonly readings: number;
  /** Those that are kept when there are more. */
  readonly keep: "oldest" | "newest";
}

export interface OutboxOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly encoder: Encoder;
  readonly link: Link;
  readonly messages: Messages;
  readonly batch: number;
  /** Messages have no times. */
  readonly timeless: boolean;
  /** Why readings have to wait for the clock; empty: they need not. */
  clockObstacle(): string;
  /** Null: what cannot be sent is lost. */
  readonly store: StoreOptions | null;
  readonly file: StoreFile | null;
  /** Over so many ms the nodes of a fleet spread their return. */
  readonly jitter: number;
  /** A device has a link. */
  hasCarrier(): boolean;
  /** A message that had to wait has left, or may not leave yet. */
  turned(): void;
}

/** Messages of readings that wait for the clock or for the collector's address where there is no store; the oldest gives way. */
const MOST_HELD = 256;
/** Bytes of the longest message. */
const LONGEST = 4096;
/** Between two messages of stored readings, in ms: a collector that was away is not flooded. */
const PACE = 20;
/** The same behind the first one after a failure: a refusal would be here by then. */
const PATIENCE = 1000;
/** A collector's word that it will never take this message. Too many requests (4.29) and a quota (0x97) pass. */
const FOR_GOOD = /^(?:COAP_4_(?!29)|MQTT_PUBACK_0x(?!97))/;

/** The fates of the readings of a message, as bits. */
const Outcome = { NONE: 0, DONE: 1, AGAIN: 2 };

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #fates = new FateCounter();
  readonly #timer: Timer;
  readonly #cursor: Cursor = { reading: 0, channel: 0 };
  /** The oldest first. */
  #held: TakenReading[] = [];
  readonly #away = new Set<TakenReading>();
  #order = 0;
  #memory = new Uint8Array(0);
  /** As much of #memory as the last message took: most are as long as the one before. */
  #message: Uint8Array = this.#memory;
  #running = true;
  /** The last message failed: nothing leaves before the next attempt. */
  #resting = false;
  #interval = FIRST_INTERVAL;
  /** As it was before the last success. */
  #before = FIRST_INTERVAL;
  /** The last message was the first one after a failure. */
  #trying = false;
  /** Within a step whose end looks at the fates of all its readings. */
  #quiet = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#timer = options.clock.timer(() => {
      this.#resting = false;
      this.#leave();
      options.turned();
    });
  }

  /** The next message leaves in a moment. */
  get draining(): boolean {
    return this.#timer.armed && !this.#resting && this.#isFull;
  }

  get fates(): ReadingFates {
    return this.#fates.report(this.#held.length, this.#away.size);
  }

  /** Takes the readings of the run before. */
  restore(readings: readonly TakenReading[]): void {
    for (const reading of readings) {
      this.#fates.restored++;
      if (reading.values.some(Number.isFinite)) this.#hold(reading);
      // No sensor of this rig has a name that it had.
      else this.#drop(reading, "STORE_CHANGED");
    }
    if (this.#held.length > 0) this.#timer.arm(this.#options.random.next() * this.#options.jitter);
  }

  add(reading: TakenReading): void {
    this.#fates.taken++;
    if (!reading.values.some(Number.isFinite)) {
      this.#drop(reading, "NO_VALUE");
      return;
    }
    this.#hold(reading);
    this.#leave();
  }

  /** There is a link again, or the collector's address is known: what waits may leave. */
  ready(): void {
    const { store, random, jitter } = this.#options;
    if (!this.#running || this.#held.length === 0) return;
    if (!store) this.#leave();
    else {
      this.#interval = FIRST_INTERVAL;
      this.#timer.arm(random.next() * jitter);
    }
  }

  /** Sends what may leave. What has to stay is kept in the store's file, or is lost. */
  stop(): void {
    const { store, link, file, clockObstacle } = this.#options;
    this.#timer.cancel();
    if (!this.#running) return;
    const obstacle = this.#obstacle();
    if (obstacle === "") {
      if (store) while (this.#held.length > 0 && !this.#resting && this.#away.size === 0) this.#round();
      else this.#flush();
    }
    this.#timer.cancel();
    this.#running = false;
    this.#quietly(() => link.stop());
    if (!file?.save()) this.#loseAll(clockObstacle() || (store ? "STOPPED" : obstacle));
  }

  /** As Messages tells it. */
  fate(readings: readonly TakenReading[], { status, reason }: SendResult, revoked: boolean): void {
    let outcome = Outcome.NONE;
    for (const reading of readings) {
      if (status === "failed") reading.lost = reason;
      if (revoked) {
        if (reading.state !== "sent") continue;
        this.#fates.sent--;
        this.#away.add(reading);
      } else if (--reading.parts > 0) continue;
      outcome |= this.#end(reading);
    }
    // It was no success: attempts go on as if there had been none.
    if (revoked) this.#interval = Math.max(this.#interval, this.#before);
    this.#after(outcome);
  }

  /** Readings that wait or are under way, the oldest first; null while nobody knows when they were taken. */
  waiting(): readonly TakenReading[] | null {
    if (this.#options.clockObstacle() !== "") return null;
    return [...this.#away, ...this.#held].sort((one, other) => one.order - other.order);
  }

  get #isFull(): boolean {
    return this.#held.length >= this.#options.batch;
  }

  /** Why nothing may leave; empty: it may. */
  #obstacle(): string {
    const { link, clockObstacle, store, hasCarrier } = this.#options;
    const obstacle = link.obstacle || clockObstacle();
    return obstacle === "" && store && !hasCarrier() ? "NO_CARRIER" : obstacle;
  }

  #leave(): void {
    const { store, batch } = this.#options;
    if (!this.#running || !this.#isFull) return;
    if (store && (this.#timer.armed || this.#away.size > 0)) return;
    const obstacle = this.#obstacle();
    if (obstacle === "") {
      if (store) this.#round();
      else this.#flush();
    } else if (!store && this.#held.length > MOST_HELD * batch) this.#giveUp(obstacle);
  }

  /** Puts a reading where it belongs by its age. */
  #hold(reading: TakenReading): void {
    if (reading.order === 0) reading.order = ++this.#order;
    reading.state = "held";
    reading.lost = "";
    let at = this.#held.length;
    while (at > 0 && (this.#held[at - 1] as TakenReading).order > reading.order) at--;
    this.#held.splice(at, 0, reading);
    const { store, file } = this.#options;
    if (!store) return;
    if (this.#held.length > store.readings) {
      const lost = store.keep === "newest" ? this.#held.shift() : this.#held.pop();
      this.#lose([lost as TakenReading], "STORE_FULL");
    }
    file?.grown();
  }

  /** The oldest readings, a message of them, are lost before they had a message. */
  #giveUp(reason: string): void {
    this.#lose(this.#held.splice(0, this.#options.batch), reason);
  }

  #loseAll(reason: string): void {
    while (this.#held.length > 0) this.#giveUp(reason);
  }

  #lose(readings: readonly TakenReading[], reason: string): void {
    for (const reading of readings) {
      reading.parts = 1;
      reading.state = "dropped";
    }
    this.#quietly(() => this.#options.messages.giveUp(readings, reason));
  }

  #drop(reading: TakenReading, reason: string): void {
    reading.state = "dropped";
    this.#fates.drop(reason);
  }

  /** All of a reading has its fate. */
  #end(reading: TakenReading): number {
    const { store } = this.#options;
    const { lost, state } = reading;
    this.#away.delete(reading);
    if (lost === "") {
      reading.state = "sent";
      this.#fates.sent++;
      return Outcome.DONE;
    }
    if (store && state !== "dropped" && !FOR_GOOD.test(lost)) {
      this.#hold(reading);
      return Outcome.AGAIN;
    }
    this.#drop(reading, lost);
    return Outcome.DONE;
  }

  /** The next attempt comes after a while, which doubles each time. */
  #rest(): void {
    const { random, jitter } = this.#options;
    this.#resting = true;
    this.#trying = true;
    this.#timer.arm(this.#interval * (0.5 + random.next()) + random.next() * jitter);
    this.#interval = Math.min(2 * this.#interval, LONGEST_INTERVAL);
  }

  /** Sends all readings held, in as many messages as they need. */
  #flush(): void {
    const scale = this.#begin();
    while (this.#cursor.reading < this.#held.length) this.#encode(scale);
    const left = this.#held;
    this.#held = [];
    this.#release(left);
  }

  /** Sends one message; the parts of a reading that is too long for one leave together. */
  #round(): void {
    const scale = this.#begin();
    this.#quietly(() => {
      do this.#encode(scale);
      while (this.#cursor.channel > 0);
    });
    this.#release(this.#held.splice(0, this.#cursor.reading));
  }

  #begin(): TimeScale {
    const { clock, timeless } = this.#options;
    const now = clock.now();
    const epoch = clock.wallTime() - now;
    for (const reading of this.#held) if (reading.wall !== null) reading.at = reading.wall - epoch;
    this.#cursor.reading = this.#cursor.channel = 0;
    return { epoch: timeless ? Number.NaN : epoch, now };
  }

  /** Sends a message from the cursor on. */
  #encode(scale: TimeScale): void {
    const { encoder, messages, link } = this.#options;
    const cursor = this.#cursor;
    const from = cursor.reading;
    const length = encoder.encode(this.#held, cursor, this.#space(), scale);
    if (length === 0) {
      // Not even a single value fits into what the way there lets through.
      cursor.reading++;
      cursor.channel = 0;
    }
    const readings = this.#held.slice(from, cursor.channel > 0 ? cursor.reading + 1 : cursor.reading);
    for (const reading of readings) {
      this.#take(reading);
      reading.parts++;
      if (length === 0) reading.state = "dropped";
    }
    if (length !== this.#message.length) this.#message = this.#memory.subarray(0, length);
    messages.send(link, length === 0 ? null : this.#message, readings);
  }

  /** A reading goes into its first message. */
  #take(reading: TakenReading): void {
    if (reading.state !== "held") return;
    reading.state = "away";
    reading.lost = "";
    reading.parts = 1;
    this.#away.add(reading);
  }

  /** All of these readings are in messages, some of which have their fate already. */
  #release(readings: readonly TakenReading[]): void {
    let outcome = Outcome.NONE;
    for (const reading of readings) if (--reading.parts === 0) outcome |= this.#end(reading);
    this.#after(outcome);
  }

  /** Some readings have their fate. @param outcome bits of Outcome */
  #after(outcome: number): void {
    const { store, file } = this.#options;
    const again = (outcome & Outcome.AGAIN) !== 0;
    if (!store || this.#quiet) return;
    if (outcome === Outcome.DONE) {
      this.#before = this.#interval;
      this.#interval = FIRST_INTERVAL;
    }
    if (!this.#running) {
      if (!file?.save() && again) this.#loseAll("STOPPED");
    } else if (again) this.#rest();
    else if (this.#away.size === 0) {
      if (this.#held.length === 0) file?.emptied();
      else if (!this.#resting && this.#isFull && !this.#timer.armed) this.#timer.arm(this.#trying ? PATIENCE : PACE);
      this.#trying = false;
    }
  }

  /** Fates that come meanwhile are counted, and nothing follows from them yet. */
  #quietly(work: () => void): void {
    const outer = this.#quiet;
    this.#quiet = true;
    work();
    this.#quiet = outer;
  }

  /** Memory for a message, as long as one may be now. */
  #space(): Uint8Array {
    const room = Math.max(0, Math.min(LONGEST, this.#options.link.room));
    if (this.#memory.length !== room) this.#memory = this.#message = new Uint8Array(room);
    return this.#memory;
  }
}
