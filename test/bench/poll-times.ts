/** Times of single polls, as percentiles. */
import type { NetDevice } from "../../firmware-ts/net/device.ts";
import type { Runnable } from "./measure.ts";
import { BURST } from "./wire-bench.ts";

export interface PollFigures {
  /** Microseconds of a poll that took in a whole weight of frames: what half, 99 % and 99.9 % of them do not exceed, and the longest. */
  p50: number;
  p99: number;
  p999: number;
  most: number;
  polls: number;
}

/** Times for which one poll of a device holds everything else up, from the scheduler's call to the handlers' return. */
export class PollTimes {
  readonly #device: NetDevice;

  constructor(device: NetDevice) {
    this.#device = device;
  }

  /** Runs `subject` until `polls` full ones are timed. The device is not fit for other measurements afterwards. */
  measure(subject: Runnable, polls: number): PollFigures {
    const device = this.#device;
    const times = new Float64Array(polls);
    let timed = 0;
    const poll = device.poll.bind(device);
    device.poll = (budget) => {
      const start = performance.now();
      const work = poll(budget);
      if (work === BURST && timed < polls) times[timed++] = performance.now() - start;
      return work;
    };
    while (timed < polls) subject.run(BURST * (polls - timed));
    times.sort();
    const at = (part: number): number => 1000 * times[Math.min(polls - 1, Math.floor(part * polls))]!;
    return { p50: at(0.5), p99: at(0.99), p999: at(0.999), most: at(1), polls };
  }
}
