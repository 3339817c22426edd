/**
 * The end of a program that shares its process with a stack. The stack's devices and timers keep the event loop alive, so Node's own
 * 'beforeExit' does not come: what else is there is looked at from time to time, as process.getActiveResourcesInfo() tells it.
 */
import { type Clock, SystemClock } from "../../../hal/clock.ts";
import type { Holds } from "../../sockets/ground.ts";

/** ms between two looks. */
const LOOK = 20;

/** How many there are of each kind. */
type Census = ReadonlyMap<string, number>;

function census(): Census {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

export class ProgramEnd {
  readonly #clock: Clock & { stop(): void } = new SystemClock();
  readonly #holds: Holds;
  #before: Census = new Map();

  constructor(holds: Holds) {
    this.#holds = holds;
  }

  /** Notes what is there without the program. */
  async note(): Promise<void> {
    await this.#turn();
    this.#before = census();
  }

  /** Resolves once the program waits for nothing any more, two looks in a row. */
  async idle(): Promise<void> {
    for (let quiet = 0; quiet < 2; ) {
      await this.#turn();
      quiet = this.quiet ? quiet + 1 : 0;
    }
  }

  /** The program waits for nothing now. */
  get quiet(): boolean {
    return this.#holds.count === 0 && [...census()].every(([kind, count]) => count <= (this.#before.get(kind) ?? 0));
  }

  /** A timer that has just fired still counts as one. */
  #turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.timer(() => setImmediate(() => setImmediate(resolve))).arm(LOOK);
    });
  }

  stop(): void {
    this.#clock.stop();
  }
}
