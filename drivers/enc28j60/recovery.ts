/**
 * Brings a chip back whose bus failed, or that lost its way: opens the bus again if it went away, sets the chip up afresh, tries
 * again after a while if that did not work, from the third time on with the chip's reset and power pins, where the board holds them.
 * A bus that may damage bytes or be unplugged is waited for without end; one that is soldered on has failed when a few attempts have.
 */
import type { ChipPins } from "../../hal/chip-pins.ts";
import type { Clock } from "../../hal/clock.ts";
import type { SpiBus } from "../../hal/spi.ts";
import type { BringUp } from "./bring-up.ts";
import type { Session } from "./session.ts";
import { Waiter } from "./waiter.ts";

/** Attempts on a bus that ought not to fail. */
const ATTEMPTS = 5;
/** Attempts by command alone; what they do not bring back is reset by its pins, where it has some. */
const SOFT_ATTEMPTS = 2;
/** Between attempts, in ms: doubled each time up to the longest. */
const FIRST_DELAY = 50;
const LONGEST_DELAY = 500;
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
   * Null when the chip works again; else the reason that began it, for the repair was given up or stopped.
   * @param hard begin with the chip's pins
   */
  async run(reason: Error, hard: boolean): Promise<Error | null> {
    this.#stopped = false;
    this.count++;
    const began = this.#clock.now();
    let gone = isLost(reason);
    let delay = FIRST_DELAY;
    let carrierTold = this.#session.carrier;
    for (let attempt = 1; !this.#stopped; attempt++) {
      if (carrierTold && (gone || this.#clock.now() - began > CARRIER_PATIENCE)) {
        carrierTold = false;
        this.#session.host?.carrier(false);
      }
      const error = await this.#attempt(gone, hard || attempt > SOFT_ATTEMPTS);
      if (!error) {
        this.time += this.#clock.now() - began;
        if (this.#session.carrier !== carrierTold) this.#session.host?.carrier(this.#session.carrier);
        return null;
      }
      gone = gone || isLost(error);
      if (!this.#session.lossy && !gone && attempt >= ATTEMPTS) break;
      if (!this.#stopped) await this.#waiter.sleep(delay);
      delay = Math.min(LONGEST_DELAY, delay * 2);
    }
    return reason;
  }

  stop(): void {
    this.#stopped = true;
    this.#bringUp.abort();
    this.#waiter.done();
  }

  async #attempt(gone: boolean, hard: boolean): Promise<Error | null> {
    try {
      if (hard) await this.#pins?.reset();
      if (this.#stopped) return null;
      // A bus that was thought to be safe may have shown that it is not.
      this.#session.lossy = this.#bus.lossy;
      if (gone) {
        await this.#bus.close();
        if (this.#stopped) return null;
        await this.#bus.open();
        this.#session.line = this.#session.ownLine ?? this.#bus.interrupt;
      }
      await this.#bringUp.run();
      return null;
    } catch (error) {
      return error as Error;
    }
  }
}

/** The bus itself went away, or does not answer any more as it did: it has to be opened again. */
function isLost(error: Error): boolean {
  const code = "code" in error ? String(error.code) : "";
  return code.startsWith("PORT_") || code === "SERPROG_NO_ANSWER";
}
