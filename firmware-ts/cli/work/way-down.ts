/**
 * The way down of a command that runs until it is told to stop. Signals, uncaught errors and an end of its own all take the same one: the
 * command closes what it opened, within a limit.
 */
import { type Clock, SystemClock, type Timer } from "../../../hal/clock.ts";
import { Exit } from "../contract/exit.ts";
import { printableError } from "./printable.ts";
import { type LostNote, Terminal } from "./terminal.ts";

/** The way down takes so long at most, in ms. */
const LIMIT = 5000;
/** Signals less than this apart count as one, in ms: timeout(1) sends its signal to the process and to its group. */
const SAME = 300;
/** Errors that are printed; an error that repeats itself fills no disk. */
const TOLD_ERRORS = 3;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** For the last line, when nothing is waited for any more, in ms. */
const LAST_WORD = 100;

type Signal = (typeof SIGNALS)[number];

export interface WayDownOptions {
  /** Nobody waits for the command, so it may wait for the reader of its output. */
  readonly patient?: boolean;
  readonly note?: LostNote;
  /** Standard output is for something else: lines go to standard error. */
  readonly aside?: boolean;
}

export class WayDown {
  readonly terminal: Terminal;
  /** Resolves when the command shall end. */
  readonly told: Promise<void>;
  readonly #clock: Clock;
  readonly #limit: Timer;
  readonly #tell: () => void;
  readonly #listeners = new Map<string, (...args: unknown[]) => void>();
  readonly #lastly: (() => void)[] = [];
  #atLimit = (): void => this.#giveUp();
  #toldAt = Number.POSITIVE_INFINITY;
  #errors = 0;

  constructor(clock: Clock, terminal: Terminal) {
    this.#clock = clock;
    this.terminal = terminal;
    this.#limit = clock.timer(() => this.#atLimit());
    let tell: () => void = () => {};
    this.told = new Promise((resolve) => {
      tell = resolve;
    });
    this.#tell = tell;
    for (const signal of SIGNALS) this.#listen(signal, () => this.#heard(signal));
    this.#listen("uncaughtException", (error: unknown) => this.#failed(error));
    this.#listen("unhandledRejection", (error: unknown) => this.#failed(error));
  }

  /** An error that nobody caught was the reason, or came on the way. */
  get failed(): boolean {
    return this.#errors > 0;
  }

  /** `work` must not wait. It is done even if the way down is cut short: at the limit, or by another signal. */
  lastly(work: () => void): void {
    this.#lastly.push(work);
  }

  /** The way down begins; from here on there is a limit. Signals begin it by themselves. */
  begin(): void {
    if (!this.#limit.armed) this.#limit.arm(LIMIT);
  }

  /** Waits for what is not worth an error if it takes too long. */
  untilLimit(work: Promise<void>): Promise<void> {
    const limit = new Promise<void>((resolve) => {
      this.#atLimit = resolve;
    });
    return Promise.race([work, limit]);
  }

  /** The way down is over. */
  release(): void {
    this.#limit.cancel();
    for (const [name, listener] of this.#listeners) process.off(name, listener);
    this.#listeners.clear();
  }

  #listen(name: string, listener: (...args: unknown[]) => void): void {
    this.#listeners.set(name, listener);
    process.on(name, listener);
  }

  #heard(signal: Signal): void {
    const again = this.#clock.now() - this.#toldAt > SAME;
    // A terminal that closes may say so twice, once by the kernel and once by its shell: nobody is in a hurry.
    if (again && signal !== "SIGHUP") {
      this.#doLast();
      const listener = this.#listeners.get(signal);
      if (listener) process.off(signal, listener);
      process.kill(process.pid, signal);
      return;
    }
    this.#goDown();
  }

  #failed(error: unknown): void {
    if (this.#errors++ < TOLD_ERRORS) {
      this.terminal.complain(`whohas: unexpected error, going down: ${printableError(error)}`);
    }
    this.#goDown();
  }

  #goDown(): void {
    this.#toldAt = Math.min(this.#toldAt, this.#clock.now());
    this.begin();
    this.#tell();
  }

  #doLast(): void {
    for (const work of this.#lastly.splice(0)) work();
  }

  #giveUp(): void {
    this.#doLast();
    this.terminal.complain(`whohas: not everything could be closed within ${LIMIT / 1000} s; it is left as it is`);
    void this.terminal.drained(LAST_WORD).finally(() => process.exit(Exit.NO));
  }
}

async function ended(terminal: Terminal): Promise<void> {
  await terminal.drained();
  terminal.complainOfLost();
  await terminal.drained();
}

/**
 * Runs a command that ends when it is told to, and returns its exit status. Its output and its end are `down`'s.
 * @throws what `body` throws
 */
export async function untilTold(body: (down: WayDown) => Promise<number>, options: WayDownOptions = {}): Promise<number> {
  // A clock of its own: an error thrown by a timer of the command stops none of these.
  const clock = new SystemClock();
  const terminal = new Terminal({ clock, ...options });
  const down = new WayDown(clock, terminal);
  try {
    const status = await body(down);
    if (options.patient) await Promise.race([terminal.drained(Number.POSITIVE_INFINITY), down.told]);
    return down.failed ? Exit.NO : status;
  } finally {
    down.begin();
    await down.untilLimit(ended(terminal));
    await terminal.close();
    down.release();
    clock.stop();
  }
}
