/**
 * Repairs a chip that lost its set-up, or whose bus failed: opens the bus again if it went away, sets the chip up afresh, and tries again
 * after a while if that did not work, from the third time on with the chip's reset and power pins, where the board has them. It goes on
 * while the device is open, ever more rarely, because nobody stands beside a board in the field. It reports a failure after the first
 * few attempts.
 */
import type { ChipPins } from "../../hal/chip-pins.ts";
import type { Clock } from "../../hal/clock.ts";
import type { SpiBus } from "../../hal/spi.ts";
import type { BringUp } from "./bring-up.ts";
import type { Session } from "./session.ts";
import { Waiter } from "./waiter.ts";

/** Attempts in a row until a failure is told: less than a second on a bus that is quick. */
const ATTEMPTS = 5;
/** Attempts by command alone; what they do not bring back is reset by its pins, where it has some. */
const SOFT_ATTEMPTS = 2;
/** Between attempts, in ms: doubled each time up to the longest. */
const FIRST_DELAY = 50;
const LONGEST_DELAY = 500;
/** Likewise once the failure was told. With the longest set-up after it, a chip that is back works again within a minute. */
const FIRST_LATER_DELAY = 1000;
const LONGEST_LATER_DELAY = 55_000;
/** A bus that is away for longer than this, in ms, has failed; until then somebody may be moving a plug. */
const GONE_PATIENCE = 3000;
/** A repair that takes longer than this is a link that went away, in ms. */
const CARRIER_PATIENCE = 3000;

export class Recovery {
  /** Repairs that were needed, and their whole time in ms. */
  count = 0;
  time = 0;
  readonly #bus: SpiBus;
  readonly #session: Session;
  readonly #bringUp: BringUp;
  readonly #pins: ChipPins | null;
  readonly #clock: Clock;
  readonly #waiter: Waiter;
  #stopped = false;

  constructor(bus: SpiBus, clock: Clock, session: Session, bringUp: BringUp, pins: ChipPins | null) {
    this.#bus = bus;
    this.#clock = clock;
    this.#session = session;
    this.#bringUp = bringUp;
    this.#pins = pins;
    this.#waiter = new Waiter(clock);
  }

  /**
   * True when the chip works again; false when the repair was stopped.
   * @param hard begin with the chip's pins
   * @param failed called once, when the first attempts have not helped, with what the last one met
   */
  async run(reason: Error, hard: boolean, failed: (error: Error) => void): Promise<boolean> {
    this.#stopped = false;
    this.count++;
    const began = this.#clock.now();
    let reopen = isLost(reason);
    let unanswered = 0;
    let delay = FIRST_DELAY;
    let told = false;
    let carrierTold = this.#session.carrier;
    for (let attempt = 1; !this.#stopped; attempt++) {
      if (carrierTold && (reopen || this.#clock.now() - began > CARRIER_PATIENCE)) {
        carrierTold = false;
        this.#session.host?.carrier(false);
      }
      const error = await this.#attempt(reopen, hard || attempt > SOFT_ATTEMPTS);
      if (this.#stopped) break;
      if (!error) {
        const { host, health, carrier } = this.#session;
        this.time += this.#clock.now() - began;
        health.repairs++;
        if (carrier !== carrierTold) host?.carrier(carrier);
        return true;
      }
      const gone = isLost(error);
      reopen ||= gone;
      // A bus that damages bytes may be the whole trouble, and is over it soon; a chip that it cannot find again and again is gone.
      const bus = gone || (this.#session.lossy && !isSilent(error));
      unanswered = bus ? 0 : unanswered + 1;
      const away = gone && this.#clock.now() - began > GONE_PATIENCE;
      if (!told && (unanswered >= ATTEMPTS || away)) {
        told = true;
        if (carrierTold) this.#session.host?.carrier(false);
        carrierTold = false;
        failed(error);
        delay = FIRST_LATER_DELAY;
      }
      // Somebody plugs the bus in again, and expects it to work.
      await this.#waiter.sleep(bus ? Math.min(delay, LONGEST_DELAY) : delay);
      delay = Math.min(told ? LONGEST_LATER_DELAY : LONGEST_DELAY, delay * 2);
    }
    return false;
  }

  stop(): void {
    this.#stopped = true;
    this.#bringUp.abort();
    this.#waiter.done();
  }

  async #attempt(reopen: boolean, hard: boolean): Promise<Error | null> {
    try {
      if (hard) await this.#pins?.reset();
      if (this.#stopped) return null;
      // A bus that was thought to be safe may have shown that it is not.
      this.#session.judge(this.#bus);
      if (reopen) {
        await this.#bus.close();
        if (this.#stopped) return null;
        await this.#bus.open();
        this.#session.judge(this.#bus);
      }
      await this.#bringUp.run();
      return null;
    } catch (error) {
      return error as Error;
    }
  }
}

/** A chip does not answer on a bus that works. */
export function isSilent(error: Error): boolean {
  return "code" in error && error.code === "ENC28J60_NOT_FOUND";
}

/** The bus itself went away, or does not answer any more as it did: it has to be opened again. */
function isLost(error: Error): boolean {
  const code = "code" in error ? String(error.code) : "";
  return code.startsWith("PORT_") || code === "SERPROG_NO_ANSWER";
}
