/**
 * Tells of chips that are not well and have not failed: doubted readings, a proof of life that does not come. Failures and repairs are
 * told when they happen; these troubles only add up.
 */
import type { Clock, Timer } from "../../hal/clock.ts";
import type { NetDevice } from "../net/device.ts";

/** Between two looks, in ms: a bus that damages one reading in fifty makes one line a minute, not hundreds. */
const EVERY = 60_000;
/** A chip that is looked after gives proof of life every second or so: older than this, in ms, it is worth a word. */
export const STALE = 10_000;

export class HealthWatch {
  readonly #devices: readonly NetDevice[];
  readonly #tell: (device: NetDevice) => void;
  readonly #timer: Timer;
  /** Doubted readings told so far, by device. */
  readonly #told: number[];

  constructor(clock: Clock, devices: readonly NetDevice[], tell: (device: NetDevice) => void) {
    this.#devices = devices;
    this.#tell = tell;
    this.#told = devices.map(() => 0);
    this.#timer = clock.timer(() => this.#look());
  }

  start(): void {
    this.#timer.arm(EVERY);
  }

  stop(): void {
    this.#timer.cancel();
  }

  #look(): void {
    this.#timer.arm(EVERY);
    for (const [at, device] of this.#devices.entries()) {
      const { suspicions, sinceProof, failedFor } = device.health.report();
      const more = (suspicions ?? 0) > this.#told[at]!;
      this.#told[at] = suspicions ?? 0;
      // Nobody asks a chip that sleeps.
      const silence = Math.min(sinceProof ?? 0, device.power.awakeFor);
      if (more || (device.up && failedFor === null && silence > STALE)) this.#tell(device);
    }
  }
}
