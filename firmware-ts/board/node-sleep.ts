/** The sleep of a node with all its stacks: an alarm of the board's clock ends it. */
import type { Clock, Timer } from "../../hal/clock.ts";
import type { SleepConfig, Sleeper } from "../apps/sleeper.ts";
import type { Stack } from "../stack.ts";

export class NodeSleep implements Sleeper {
  readonly #clock: Clock;
  readonly #stacks: () => readonly Stack[];
  readonly #alarm: Timer;
  #how: SleepConfig = {};
  /** It falls asleep, or sleeps. */
  #asleep = false;
  #over = false;
  #settled: Promise<unknown> = Promise.resolve();

  /** @param clock goes on while the stacks' clocks are held */
  constructor(clock: Clock, stacks: () => readonly Stack[]) {
    this.#clock = clock;
    this.#stacks = stacks;
    this.#alarm = clock.timer(() => this.#wake());
  }

  sleepUntil(time: number, how: SleepConfig): void {
    if (this.#asleep || this.#over || time <= this.#clock.now()) return;
    this.#asleep = true;
    this.#how = how;
    // Armed first: falling asleep may take as long as the sleep was to last.
    this.#alarm.armAt(time);
    this.#settled = Promise.all(this.#stacks().map((stack) => stack.sleep(how)));
  }

  /** Wakes for good; the returned promise resolves when the controllers have their links. */
  end(): Promise<unknown> {
    this.#over = true;
    this.#alarm.cancel();
    if (this.#asleep) this.#wake();
    return this.#settled;
  }

  #wake(): void {
    this.#asleep = false;
    this.#settled = Promise.all(this.#stacks().map((stack) => stack.wake(undefined, this.#how.timers)));
  }
}
