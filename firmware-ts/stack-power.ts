/** The sleep of a stack: it comes to rest, its controllers are powered down or narrowed, and it wakes as one that knows its neighbours. */
import type { Clock } from "../hal/clock.ts";
import { HeldClock } from "../hal/held-clock.ts";
import type { NeighSleep, SleepTimers } from "./neigh/sleep.ts";
import type { NetDevice } from "./net/device.ts";
import type { ControllerPower } from "./net/device-power.ts";
import { StackError } from "./net/stack-error.ts";

export interface SleepOptions {
  /** The controllers' mode meanwhile. Default `down`. */
  controller?: ControllerPower;
  /**
   * Longest wait in ms for what is under way: an address that is asked for, a probe, frames in a queue, whoever keeps the stack awake.
   * Default 4000: resolution by Linux's settings takes 3 s. What is not over by then is dropped and counted.
   */
  patience?: number;
  /**
   * A neighbour that is to be probed soon is probed before the sleep if its last proof is older, in ms; else the probe is put off.
   * Default an hour. 0: each time. Infinity: never, so that a neighbour that was replaced is noticed only by its own frames.
   */
  confirmEvery?: number;
}

/** The report of a stack that went to sleep. */
export interface SleepReport {
  /** How long it took, in ms. */
  readonly took: number;
  /** Packets that waited for an address in vain; each is counted as NEIGH_FAILED. */
  readonly dropped: number;
  /** Neighbours whose probe was put off. */
  readonly putOff: number;
  /** Frames that no controller took within `patience`: they stay queued and go out after the wake. */
  readonly kept: number;
  /** Each controller's mode by the name of its device; `error` where its chip did not do as it was told, and is on. */
  readonly devices: Readonly<Record<string, { readonly controller: ControllerPower; readonly error: Error | null }>>;
}

const PATIENCE = 4000;
const CONFIRM_EVERY = 3_600_000;
/** Between two looks at whether all is quiet, in ms: answers come soon or take long. */
const FIRST_LOOK = 1;
const LAST_LOOK = 64;

/** The stack, as its power sees it. */
export interface SleepingStack {
  readonly clock: Clock;
  readonly devices: readonly NetDevice[];
  /** Those of each family's table. */
  readonly sleeps: readonly NeighSleep[];
}

export class StackPower {
  readonly #stack: SleepingStack;
  readonly #busy = new Set<() => boolean>();
  #falling: Promise<SleepReport> | null = null;
  #waking: Promise<void> | null = null;
  #asleepAt: number | null = null;

  constructor(stack: SleepingStack) {
    this.#stack = stack;
  }

  /** It sleeps: sleep() has answered and wake() was not called. */
  get asleep(): boolean {
    return this.#asleepAt !== null;
  }

  /**
   * Keeps the stack from falling asleep for as long as `busy` says so, and for `patience` at most: an answer is expected. The returned
   * function ends it.
   */
  keepAwake(busy: () => boolean): () => void {
    this.#busy.add(busy);
    return () => this.#busy.delete(busy);
  }

  async sleep(options: SleepOptions): Promise<SleepReport> {
    const { patience = PATIENCE, confirmEvery = CONFIRM_EVERY } = options;
    if (!(patience >= 0) || !(confirmEvery >= 0))
      throw new StackError("SLEEP_INVALID", "EINVAL", "patience and confirmEvery are times in ms, 0 or more");
    await this.#waking;
    this.#falling ??= this.#fall(options.controller ?? "down", patience, confirmEvery);
    return this.#falling;
  }

  /** Throws nothing: a chip that does not wake is its device's failure, which is told and repaired. */
  async wake(elapsed: number | undefined, timers: SleepTimers): Promise<void> {
    if (elapsed !== undefined && !(elapsed >= 0 && Number.isFinite(elapsed)))
      throw new StackError("SLEEP_INVALID", "EINVAL", "elapsed is a time in ms, 0 or more");
    if (this.#falling && this.#asleepAt === null) await this.#falling;
    if (this.#asleepAt === null) return this.#waking ?? undefined;
    const { clock, devices, sleeps } = this.#stack;
    const slept = elapsed ?? clock.now() - this.#asleepAt;
    this.#asleepAt = null;
    this.#falling = null;
    for (const each of sleeps) each.rise(timers, slept);
    if (clock instanceof HeldClock) clock.release();
    const waking = Promise.all(devices.map((device) => device.power.wake())).then(() => {
      this.#waking = null;
    });
    this.#waking = waking;
    return waking;
  }

  async #fall(controller: ControllerPower, patience: number, confirmEvery: number): Promise<SleepReport> {
    const { clock, sleeps } = this.#stack;
    const devices = this.#stack.devices.filter(({ loopback, up }) => up && !loopback);
    const began = clock.now();
    let putOff = 0;
    for (let look = FIRST_LOOK; ; look = Math.min(2 * look, LAST_LOOK)) {
      for (const each of sleeps) putOff += each.prepare(confirmEvery);
      const left = began + patience - clock.now();
      if (left <= 0 || this.#quiet) break;
      await pause(clock, Math.min(look, left));
    }
    let dropped = 0;
    for (const each of sleeps) dropped += each.fall();
    const modes: [string, SleepReport["devices"][string]][] = [];
    for (const device of devices) {
      const error = await device.power.sleep(controller);
      modes.push([device.name, { controller: device.power.controller, error }]);
    }
    const kept = devices.reduce((sum, { queued }) => sum + queued, 0);
    if (clock instanceof HeldClock) clock.hold();
    this.#asleepAt = clock.now();
    return { took: this.#asleepAt - began, dropped, putOff, kept, devices: Object.fromEntries(modes) };
  }

  get #quiet(): boolean {
    const { devices, sleeps } = this.#stack;
    if (sleeps.some(({ asked }) => asked > 0) || devices.some(({ queued }) => queued > 0)) return false;
    for (const busy of this.#busy) if (busy()) return false;
    return true;
  }
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.timer(resolve).arm(ms));
}
