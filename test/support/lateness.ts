/**
 * Measures how long this process and those that it started were kept waiting for a processor: the kernel counts it for each process
 * (/proc/PID/schedstat, second field, ns). What a test saw go wrong while nobody waited is no fault of the machine's.
 *
 *     const lateness = new Lateness();
 *     …
 *     lateness.stop();   // the longest that one process was kept waiting within WINDOW, in ms
 */
import { readFileSync } from "node:fs";

/** Waits that come this close together count together, in ms; a serial bridge is given up after as long a silence. */
const WINDOW = 250;

export class Lateness {
  #worst = 0;
  readonly #before = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#look();
    // It keeps the process alive: what a test waits for need not.
    this.#timer = setInterval(() => this.#look(), WINDOW);
  }

  /** The longest wait seen so far, in ms; 0 where the kernel does not count it. */
  get worst(): number {
    this.#look();
    return this.#worst;
  }

  stop(): number {
    clearInterval(this.#timer);
    return this.worst;
  }

  #look(): void {
    const family = [String(process.pid)];
    for (const pid of family) {
      const waited = waitedFor(pid);
      if (waited === null) continue;
      this.#worst = Math.max(this.#worst, waited - (this.#before.get(pid) ?? waited));
      this.#before.set(pid, waited);
      family.push(...childrenOf(pid));
    }
  }
}

/** The time for which a process was ready to run and did not, in ms; null when it is gone, or the kernel does not count. */
function waitedFor(pid: string): number | null {
  const ns = read(`/proc/${pid}/schedstat`).split(" ")[1];
  return ns === undefined ? null : Number(ns) / 1e6;
}

function childrenOf(pid: string): string[] {
  return read(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean);
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
