/** The sleep of a whole node, as an app asks for it. */
import { SLEEP_TIMERS, type SleepTimers } from "../neigh/sleep.ts";
import type { ControllerPower } from "../net/device-power.ts";
import type { SleepOptions } from "../stack-power.ts";
import type { OptionShape } from "./options.ts";

/** How a node sleeps. */
export interface SleepConfig extends SleepOptions {
  /** The meaning of the sleep for the neighbours' times. Default `elapse`. */
  readonly timers?: SleepTimers;
}

export interface Sleeper {
  /**
   * Puts the node to sleep until the clock's `time`, in ms: its stacks, with the timers of all apps. What comes due meanwhile is due when it
   * wakes. Nothing happens where the time has come, or the node sleeps already.
   */
  sleepUntil(time: number, how: SleepConfig): void;
}

const CONTROLLERS: readonly ControllerPower[] = ["down", "listen", "on"];
const DAY = 86_400_000;

/** Its keys in a rig file. */
export const SLEEP_OPTIONS: Readonly<Record<keyof SleepConfig, OptionShape>> = {
  controller: { is: "word", words: CONTROLLERS },
  timers: { is: "word", words: SLEEP_TIMERS },
  patience: { is: "duration", example: "4s", min: 0, max: DAY },
  confirmEvery: { is: "duration", example: "1h", min: 0, max: 365 * DAY },
};
