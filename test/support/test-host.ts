/** A ControllerHost for tests: polls on clock tasks as the stack does, and keeps what it is told. */
import type { Clock, Task } from "../../hal/clock.ts";
import { type ControllerHost, type EthernetController, POLL_PENDING } from "../../hal/ethernet.ts";
import { DropCounters, type SkBuff, SkBuffPool } from "../../hal/skbuff.ts";

export class TestHost implements ControllerHost {
  readonly pool: SkBuffPool;
  readonly drops: DropCounters = new DropCounters();
  readonly budget: number;
  /** Called with each frame; the packet is consumed afterwards. */
  onFrame: (skb: SkBuff) => void = () => {};
  onWake: () => void = () => {};
  frames = 0;
  /** complete() says no until this is set again. */
  mayComplete = true;
  polls = 0;
  schedules = 0;
  wakes = 0;
  carriers: boolean[] = [];
  errors: Error[] = [];
  #controller: EthernetController | null = null;
  #due = false;
  readonly #task: Task;
  #waiters: { done: () => boolean; resolve: () => void }[] = [];

  constructor(clock: Clock, budget = 64, poolLimit = 8192) {
    this.budget = budget;
    this.pool = new SkBuffPool({ limit: poolLimit });
    this.#task = clock.task(() => this.#poll());
  }

  async open(controller: EthernetController): Promise<void> {
    this.#controller = controller;
    await controller.open(this);
  }

  async close(): Promise<void> {
    const controller = this.#controller;
    this.#controller = null;
    this.#due = false;
    await controller?.close();
  }

  schedule(): boolean {
    this.schedules++;
    if (this.#due) return false;
    this.#due = true;
    this.#task.schedule();
    return true;
  }

  receive(skb: SkBuff): void {
    this.frames++;
    this.onFrame(skb);
    skb.consume();
    this.#changed();
  }

  complete(_work: number): boolean {
    if (!this.mayComplete) return false;
    this.#due = false;
    return true;
  }

  polled(_work: number): void {
    if (this.#due) this.#task.schedule();
  }

  wake(): void {
    this.wakes++;
    this.onWake();
    this.#changed();
  }

  carrier(up: boolean): void {
    this.carriers.push(up);
    this.#changed();
  }

  failed(error: Error): void {
    this.errors.push(error);
    this.#changed();
  }

  /** An empty packet with these bytes in it. */
  packet(bytes: ArrayLike<number>): SkBuff {
    const skb = this.pool.allocate();
    if (!skb) throw new Error("the test's pool is empty");
    const at = skb.put(bytes.length);
    for (let i = 0; i < bytes.length; i++) skb.bytes[at + i] = bytes[i] as number;
    return skb;
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

  #poll(): void {
    if (!this.#controller) return;
    this.polls++;
    const work = this.#controller.poll(this.budget);
    if (work !== POLL_PENDING) this.polled(work);
  }

  #changed(): void {
    if (this.#waiters.length === 0) return;
    const ready = this.#waiters.filter((waiter) => waiter.done());
    this.#waiters = this.#waiters.filter((waiter) => !ready.includes(waiter));
    for (const waiter of ready) waiter.resolve();
  }
}
