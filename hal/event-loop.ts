/**
 * The event loop: its next turn, by setImmediate() where there is one, as in Node, elsewhere by a MessageChannel; and the moment before
 * that at which promises have settled, where the runtime tells it.
 */

export interface Runnable {
  run(): void;
}

export interface EventLoop {
  /** Runs `task` after the code at hand has returned and promises have settled; tasks run in the order in which they came. */
  enqueue(task: Runnable): void;
  /**
   * Runs `task` when no promise job is left to run. Node does it without a turn of the event loop, at a fraction of its cost: neither
   * timers nor input and output have their turn. Elsewhere it is the next turn.
   */
  afterPromises(task: Runnable): void;
}

export function eventLoop(): EventLoop {
  return typeof setImmediate === "function" && typeof globalThis.process?.nextTick === "function" ? NODE : new MessageLoop();
}

const NODE: EventLoop = {
  enqueue: (task) => {
    setImmediate(run, task);
  },
  // Called from a promise job, as VirtualClock does: Node runs ticks once the queue of promise jobs is empty.
  afterPromises: (task) => {
    process.nextTick(run, task);
  },
};

function run(task: Runnable): void {
  task.run();
}

/** Tasks that run in turns: a task that is added while a turn runs waits for the next one. */
export class Turns {
  #waiting: Runnable[] = [];
  #running: Runnable[] = [];

  /** Number of tasks that wait for the next turn. */
  get waiting(): number {
    return this.#waiting.length;
  }

  add(task: Runnable): void {
    this.#waiting.push(task);
  }

  /** Runs the tasks that wait now. Those behind one that throws come first in the next turn. */
  run(): void {
    const batch = this.#waiting;
    this.#waiting = this.#running;
    this.#running = batch;
    try {
      for (let task = batch.shift(); task; task = batch.shift()) task.run();
    } finally {
      if (batch.length > 0) this.#waiting.unshift(...batch.splice(0));
    }
  }
}

/** Sends itself a message for each turn. A browser delays nested timeouts by 4 ms, and messages not at all. */
class MessageLoop implements EventLoop {
  readonly #turns = new Turns();
  readonly #port: { postMessage(message: unknown): void };

  constructor() {
    const { port1, port2 } = new MessageChannel();
    // As a browser has it; @types/node knows the port's other interface only.
    Object.assign(port1, { onmessage: () => this.#turn() });
    this.#port = port2;
  }

  enqueue(task: Runnable): void {
    this.#turns.add(task);
    if (this.#turns.waiting === 1) this.#port.postMessage(null);
  }

  afterPromises(task: Runnable): void {
    this.enqueue(task);
  }

  #turn(): void {
    try {
      this.#turns.run();
    } catch (error) {
      // A task that throws does not take the others with it.
      if (this.#turns.waiting > 0) this.#port.postMessage(null);
      throw error;
    }
  }
}
