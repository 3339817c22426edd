/** A device's health: its failures, its driver's doubts and repairs, and the age of its chip's last proof of life. */
import type { Clock } from "../../hal/clock.ts";
import type { EthernetController } from "../../hal/ethernet.ts";

/** The state of a device's health at one moment; times in ms. */
export interface HealthReport {
  /** Times that it stopped working. */
  failures: number;
  /** Times that it came back. */
  recoveries: number;
  /** Attempts to bring it back since it last failed. */
  attempts: number;
  /** Since when it does not work; null while it does. */
  failedFor: number | null;
  /** Readings of the chip that the driver did not believe; null where there is no chip to watch, as the next two. */
  suspicions: number | null;
  /** Times that a set-up which the chip had lost was made anew. */
  repairs: number | null;
  /** Since the chip's last proof of life; null before the first, too. */
  sinceProof: number | null;
}

export class DeviceHealth {
  /**
   * A controller that fails is closed and opened again until it works, unless it heals by itself. False: it is given up, and closed;
   * only an operator brings it back, with `ip link set DEV down` and `up`.
   */
  retries = true;
  /** The reason for which the device does not work; null while it does. */
  error: Error | null = null;
  /** The fault that the last repair was for. */
  repaired = "";
  /** Length of the failure that ended last, in ms. */
  outage = 0;
  readonly #clock: Clock;
  readonly #controller: EthernetController;
  readonly #attempts: () => number;
  #failures = 0;
  #recoveries = 0;
  #failedAt = 0;

  /** @param attempts how often it was tried since it last failed */
  constructor(clock: Clock, controller: EthernetController, attempts: () => number) {
    this.#clock = clock;
    this.#controller = controller;
    this.#attempts = attempts;
  }

  /** It failed and is not tried again. */
  get givenUp(): boolean {
    return this.error !== null && !this.retries;
  }

  /** It does not work. True when that is news, and not another word on a failure that is known. */
  fail(error: Error): boolean {
    const news = this.error === null;
    this.error = error;
    if (!news) return false;
    this.#failures++;
    this.#failedAt = this.#clock.now();
    return true;
  }

  /** It works. True when that is news. */
  recover(): boolean {
    if (this.error === null) return false;
    this.error = null;
    this.#recoveries++;
    this.outage = this.#clock.now() - this.#failedAt;
    return true;
  }

  report(): HealthReport {
    const { health } = this.#controller;
    const now = this.#clock.now();
    return {
      failures: this.#failures,
      recoveries: this.#recoveries,
      attempts: this.#attempts(),
      failedFor: this.error === null ? null : now - this.#failedAt,
      suspicions: health?.suspicions ?? null,
      repairs: health?.repairs ?? null,
      sinceProof: health?.provenAt == null ? null : now - health.provenAt,
    };
  }
}
