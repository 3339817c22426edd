/** Runs the audit now and then, on buses that may damage bytes. */
import type { Clock } from "../../hal/clock.ts";
import type { Timer } from "../../hal/timer.ts";
import type { Audit } from "./audit.ts";
import type { CommandList } from "./command-list.ts";
import type { LinkMonitor } from "./link.ts";
import type { BusUser, Session } from "./session.ts";

/** From one round to the next, in ms. A chip that was left deaf by a damaged command is set right within this time and the set-up's. */
const ROUND = 1000;

export class Checkup implements BusUser {
  readonly #session: Session;
  readonly #audit: Audit;
  readonly #link: LinkMonitor;
  readonly #timer: Timer;
  readonly #confused: (reason: Error) => void;
  #waiting = false;
  /** Batches of this round still to come, and the time between two of them, in ms. */
  #left = 0;
  #step = ROUND;

  /** @param confused called with what was found; @param ready called when this part is due */
  constructor(
    session: Session,
    audit: Audit,
    link: LinkMonitor,
    clock: Clock,
    confused: (reason: Error) => void,
    ready: () => void,
  ) {
    this.#session = session;
    this.#audit = audit;
    this.#link = link;
    this.#confused = confused;
    this.#timer = clock.timer(() => {
      this.#waiting = true;
      ready();
    });
  }

  get due(): boolean {
    return this.#waiting && !this.#link.looking;
  }

  start(): void {
    this.stop();
    if (!this.#session.lossy) return;
    this.#left = this.#audit.begin();
    this.#step = ROUND / this.#left;
    this.#timer.arm(this.#step);
  }

  stop(): void {
    this.#waiting = false;
    this.#timer.cancel();
  }

  prepare(commands: CommandList): void {
    this.#waiting = false;
    if (this.#left === 0) this.#left = this.#audit.begin();
    this.#left--;
    this.#audit.prepare(commands);
  }

  finish(commands: CommandList): void {
    const wrong = this.#audit.wrong(commands);
    if (wrong === null) this.#timer.arm(this.#step);
    else this.#confused(wrong);
  }
}
