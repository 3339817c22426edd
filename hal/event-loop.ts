/** The next turn of the event loop: by setImmediate() where there is one, as in Node, elsewhere by a MessageChannel. */

export interface Runnable {
  run(): void;
}

export interface EventLoop {
  /** Runs `task` after the code at hand has returned and promises have settled; tasks run in the order in which they came. */
  enqueue(task: Runnable): void;
}

export function eventLoop(): EventLoop {
  return typeof setImmediate === "function" ? IMMEDIATES : new MessageLoop();
}

const IMMEDIATES: EventLoop = {
  enqueue: (task) => {
    setImmediate(run, task);
  },
};

function run(task: Runnable): void {
  task.run();
}

/** Sends itself a message for each turn. A browser delays nested timeouts by 4 ms, and messages not at all. */
class MessageLoop implements EventLoop {
  #waiting: Runnable[] = [];
  #running: Runnable[] = [];
  readonly #port: { postMessage(message: unknown): void };

  constructor() {
    const { port1, port2 } = new MessageChannel();
    // As a browser has it; @types/node knows the port's other interface only.
    Object.assign(port1, { onmessage: () => this.#turn() });
    this.#port = port2;
  }

  enqueue(task: Runnable): void {
    this.#waiting.push(task);
    if (this.#waiting.length === 1) this.#port.postMessage(null);
  }

  /** Runs what waits now; what comes meanwhile waits for the next turn. */
  #turn(): void {
    const batch = this.#waiting;
    this.#waiting = this.#running;
    this.#running = batch;
    try {
      for (let task = batch.shift(); task; task = batch.shift()) task.run();
    } finally {
      // A task that throws does not take the others with it.
      if (batch.length > 0) {
        this.#waiting.unshift(...batch.splice(0));
        this.#port.postMessage(null);
      }
    }
  }
}
