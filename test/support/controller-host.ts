/**
 * A ControllerHost for tests of drivers: a minimal NAPI loop on clock tasks that keeps what it is handed and notes every breach of
 * the contract by the driver, such as a frame handed up outside a poll, beyond the budget or after close().
 */
import type { Clock, Task } from "../../hal/clock.ts";
import { DropReason } from "../../hal/drop-reason.ts";
import { type ControllerHost, type EthernetController, POLL_PENDING } from "../../hal/ethernet.ts";
import { DropCounters, type SkBuff, type SkBuffOwner, SkBuffPool, SkBuffQueue } from "../../hal/skbuff.ts";

export interface FakeHostOptions {
  /** Default 64. */
  budget?: number;
  /** Packets in the pool. Default 4096. */
  pool?: number;
  /** Keep copies of what was received, and the work of each poll. Without, a frame received allocates nothing. Default true. */
  keep?: boolean;
  /** Selects the frames whose copies are kept. Default all. */
  keepOnly?: (frame: Uint8Array) => boolean;
}

interface Waiter {
  done: () => boolean;
  resolve: () => void;
}

export class FakeHost implements ControllerHost, SkBuffOwner {
  readonly pool: SkBuffPool;
  readonly drops: DropCounters = new DropCounters();
  budget: number;
  /** Called with each frame, besides keeping a copy; the packet is consumed afterwards. */
  onFrame: ((skb: SkBuff) => void) | null = null;
  /** Called by wake(), after the frames that waited here were offered. */
  onWake: (() => void) | null = null;
  /** Called by complete(), just before it gives its answer. */
  onComplete: (() => void) | null = null;
  /** complete() says no until this is set again. */
  mayComplete = true;

  /** Frames received, in order. */
  readonly frames: Uint8Array[] = [];
  /** The fate of each frame sent, by its cookie. */
  readonly settlements: DropReason[] = [];
  readonly carriers: boolean[] = [];
  readonly errors: Error[] = [];
  /** The findings whenever the chip had lost its set-up. */
  readonly repairs: string[] = [];
  /** Work of each poll that ended. */
  readonly polls: number[] = [];
  /** Breaches of the contract by the driver. */
  readonly breaches: string[] = [];
  /** Frames received, of which copies may not have been kept. */
  received = 0;
  schedules = 0;
  completions = 0;
  wakes = 0;

  readonly #keep: boolean;
  readonly #keepOnly: ((frame: Uint8Array) => boolean) | null;
  readonly #task: Task;
  readonly #queue = new SkBuffQueue();
  #waiters: Waiter[] = [];
  #controller: EthernetController | null = null;
  #up = false;
  /** The controller's close() has returned: it has nothing to say any more. */
  #closed = false;
  #cookie = 0;
  #scheduled = false;
  #missed = false;
  /** A poll is under way; a pending one has returned already. */
  #polling = false;
  #pending = false;
  /** Frames handed up in it. */
  #inPoll = 0;

  constructor(clock: Clock, options: FakeHostOptions = {}) {
    this.pool = new SkBuffPool({ limit: options.pool ?? 4096 });
    this.budget = options.budget ?? 64;
    this.#keep = options.keep ?? true;
    this.#keepOnly = options.keepOnly ?? null;
    this.#task = clock.task(() => this.#poll());
  }

  /** Frames that wait for the controller. */
  get queued(): number {
    return this.#queue.length;
  }

  /** Goes up, then opens the controller: its first call may come before open() has returned. */
  open(controller: EthernetController): Promise<void> {
    this.#controller = controller;
    this.#up = true;
    this.#closed = false;
    return controller.open(this);
  }

  /** Goes down before its controller is closed, as a device does: polls no more, and drops what comes or waits. */
  async close(): Promise<void> {
    this.#up = false;
    this.#scheduled = this.#missed = this.#polling = this.#pending = false;
    for (let skb = this.#queue.dequeue(); skb; skb = this.#queue.dequeue()) skb.drop(DropReason.QUEUE_PURGE);
    await this.#controller?.close();
    this.#closed = !this.#up;
  }

  /** An empty packet with these bytes in it. */
  packet(bytes: ArrayLike<number>, headroom?: number): SkBuff {
    const skb = this.pool.allocate();
    if (!skb) throw new Error("the test's packet pool is empty");
    if (headroom !== undefined) skb.data = skb.tail = headroom;
    skb.bytes.set(bytes, skb.put(bytes.length));
    return skb;
  }

  /**
   * Sends a copy of these bytes now or when the controller takes them; returns the index into {@link settlements}.
   * @param prepare what else to say of the packet
   */
  send(bytes: ArrayLike<number>, headroom?: number, prepare?: (skb: SkBuff) => void): number {
    const skb = this.packet(bytes, headroom);
    prepare?.(skb);
    skb.owner = this;
    skb.cookie = this.#cookie++;
    const { cookie } = skb;
    if (this.#queue.length > 0 || !this.#controller?.transmit(skb)) this.#queue.enqueue(skb);
    return cookie;
  }

  /** Resolves when `done` holds, looked at after every event; rejects after `limit` ms of real time. */
  until(done: () => boolean, what: string, limit = 5000): Promise<void> {
    if (done()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timeout = setTimeout(() => reject(new Error(`no ${what} within ${limit} ms`)), limit);
      this.#waiters.push({
        done,
        resolve: () => {
          clearTimeout(timeout);
          resolve();
        },
      });
    });
  }

  settled(skb: SkBuff, reason: DropReason): void {
    if (this.settlements[skb.cookie] !== undefined) this.breaches.push(`frame ${skb.cookie} settled twice`);
    this.settlements[skb.cookie] = reason;
    this.#changed();
  }

  schedule(): boolean {
    this.#called("schedule()");
    this.schedules++;
    if (!this.#up) return false;
    if (this.#scheduled) {
      this.#missed = true;
      return false;
    }
    this.#scheduled = true;
    this.#task.schedule();
    return true;
  }

  receive(skb: SkBuff): void {
    this.#called("receive()");
    if (!this.#up) {
      this.drops.drop(skb, DropReason.DEV_READY);
      return;
    }
    if (!this.#polling) this.breaches.push("receive() outside a poll");
    if (++this.#inPoll > this.budget) this.breaches.push(`${this.#inPoll} frames with a budget of ${this.budget}`);
    this.received++;
    if (this.#keep) {
      const frame = skb.contents().slice();
      if (this.#keepOnly?.(frame) ?? true) this.frames.push(frame);
    }
    this.onFrame?.(skb);
    skb.consume();
    this.#changed();
  }

  complete(work: number): boolean {
    if (!this.#up) return false;
    if (!this.#polling) this.breaches.push("complete() outside a poll");
    if (work >= this.budget) this.breaches.push("complete() with the budget used up");
    this.completions++;
    this.onComplete?.();
    if (this.#missed || !this.mayComplete) {
      this.#missed = false;
      return false;
    }
    this.#scheduled = false;
    return true;
  }

  polled(work: number): void {
    this.#called("polled()");
    if (!this.#up) return;
    if (!this.#pending) this.breaches.push("polled() though no poll was pending");
    this.#pending = false;
    this.#ended(work);
  }

  wake(): void {
    this.#called("wake()");
    this.wakes++;
    this.#drain();
    this.onWake?.();
    this.#changed();
  }

  carrier(up: boolean): void {
    this.#called("carrier()");
    this.carriers.push(up);
    this.#changed();
  }

  failed(error: Error): void {
    this.#called("failed()");
    this.errors.push(error);
    this.#changed();
  }

  repaired(what: string): void {
    this.#called("repaired()");
    this.repairs.push(what);
  }

  /** Not of complete(): a poll that finds nothing may end with it at any time. */
  #called(what: string): void {
    if (this.#closed) this.breaches.push(`${what} after close()`);
  }

  #drain(): void {
    for (let skb = this.#queue.dequeue(); skb; skb = this.#queue.dequeue()) {
      if (this.#controller?.transmit(skb)) continue;
      this.#queue.requeue(skb);
      return;
    }
  }

  #poll(): void {
    if (!this.#controller || !this.#up || !this.#scheduled) return;
    if (this.#polling) this.breaches.push("polled again before the poll under way had ended");
    this.#polling = true;
    this.#missed = false;
    this.#inPoll = 0;
    const work = this.#controller.poll(this.budget);
    if (work === POLL_PENDING) this.#pending = true;
    else this.#ended(work);
  }

  #ended(work: number): void {
    this.#polling = false;
    if (this.#keep) this.polls.push(work);
    if (work < this.#inPoll) this.breaches.push(`a poll handed up ${this.#inPoll} frames and reported ${work}`);
    if (this.#scheduled) this.#task.schedule();
  }

  #changed(): void {
    if (this.#waiters.length === 0) return;
    const ready = this.#waiters.filter((waiter) => waiter.done());
    this.#waiters = this.#waiters.filter((waiter) => !ready.includes(waiter));
    for (const waiter of ready) waiter.resolve();
  }
}
