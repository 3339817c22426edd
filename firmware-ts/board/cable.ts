/**
 * Two controllers back to back: each sends the frames that the other receives, buffer for buffer, without a copy or a look at them. A
 * side that cannot send as fast as the other receives makes the other wait, so that a kernel's queue holds the frames that a slow chip
 * cannot take.
 */
import type { Clock } from "../../hal/clock.ts";
import { DropReason } from "../../hal/drop-reason.ts";
import { type ControllerHost, type EthernetController, POLL_PENDING } from "../../hal/ethernet.ts";
import { PollLoop } from "../../hal/kit/poll-loop.ts";
import { DropCounters, type SkBuff, SkBuffPool, SkBuffQueue } from "../../hal/skbuff.ts";

/** Frames received from one side that wait for the other. */
const QUEUE = 64;
/** Frames taken from one side before the rest of the process has its turn. */
const BUDGET = 32;
const POOL = 1024;

/** Hears of events at one end. */
export interface EndListener {
  carrier(up: boolean): void;
  failed(error: Error): void;
}

/** One end: the host of one controller. */
export class CableEnd implements ControllerHost {
  readonly controller: EthernetController;
  readonly pool: SkBuffPool;
  readonly drops: DropCounters = new DropCounters();
  readonly #listener: EndListener;
  readonly #loop: PollLoop;
  readonly #waiting = new SkBuffQueue();
  #other!: CableEnd;
  #open = false;
  /** A poll is due, and put off until the other side has sent its queue. */
  #stalled = false;

  /** Both ends of one cable. */
  static pair(
    clock: Clock,
    one: EthernetController,
    other: EthernetController,
    listeners: readonly [EndListener, EndListener],
  ): [CableEnd, CableEnd] {
    const pool = new SkBuffPool({ limit: POOL });
    const ends: [CableEnd, CableEnd] = [
      new CableEnd(clock, one, pool, listeners[0]),
      new CableEnd(clock, other, pool, listeners[1]),
    ];
    ends[0].#other = ends[1];
    ends[1].#other = ends[0];
    return ends;
  }

  private constructor(clock: Clock, controller: EthernetController, pool: SkBuffPool, listener: EndListener) {
    this.controller = controller;
    this.pool = pool;
    this.#listener = listener;
    this.#loop = new PollLoop(clock, () => this.#poll());
  }

  /** @throws ControllerError whatever the controller's open() throws */
  async open(): Promise<void> {
    this.#open = true;
    this.#loop.start();
    try {
      await this.controller.open(this);
    } catch (error) {
      this.#open = false;
      throw error;
    }
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    this.#loop.stop();
    for (let skb = this.#waiting.dequeue(); skb; skb = this.#waiting.dequeue()) this.drops.drop(skb, DropReason.QUEUE_PURGE);
    await this.controller.close();
  }

  schedule(): boolean {
    return this.#loop.schedule();
  }

  receive(skb: SkBuff): void {
    this.#other.#take(skb);
  }

  complete(_work: number): boolean {
    return this.#loop.complete();
  }

  polled(_work: number): void {
    this.#loop.again();
  }

  wake(): void {
    for (let skb = this.#waiting.dequeue(); skb; skb = this.#waiting.dequeue()) {
      if (this.controller.transmit(skb)) continue;
      this.#waiting.requeue(skb);
      break;
    }
    if (this.#waiting.length < QUEUE / 2) this.#other.#resume();
  }

  carrier(up: boolean): void {
    if (this.#open) this.#listener.carrier(up);
  }

  failed(error: Error): void {
    if (this.#open) this.#listener.failed(error);
  }

  /** A frame from the other end. */
  #take(skb: SkBuff): void {
    if (!this.#open) this.drops.drop(skb, DropReason.DEV_READY);
    else if (this.#waiting.length === 0 && this.controller.transmit(skb)) return;
    else if (this.#waiting.length >= QUEUE) this.drops.drop(skb, DropReason.QDISC_DROP);
    else this.#waiting.enqueue(skb);
  }

  #resume(): void {
    if (!this.#stalled) return;
    this.#stalled = false;
    this.#loop.again();
  }

  #poll(): number {
    const room = QUEUE - this.#other.#waiting.length;
    if (room > 0) return this.controller.poll(Math.min(BUDGET, room));
    this.#stalled = true;
    return POLL_PENDING;
  }
}
