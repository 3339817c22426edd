/**
 * Frames in a switch on their way out. A frame is kept once, however many ports it leaves by: ports that are through with it at the same
 * instant share a departure, and stations read the one copy.
 */
import type { Clock, Task, Timer } from "../../clock.ts";
import { copyFrame } from "../../kit/copy-frame.ts";
import { SLOT_BYTES } from "../../skbuff.ts";
import { NEXT_TURN, type SwitchPort } from "./switch-port.ts";

/** A frame in the switch's memory. */
export class StoredFrame {
  /** As large as packet memory, so that frames are copied from and to it whole. */
  readonly bytes: Uint8Array = new Uint8Array(SLOT_BYTES);
  length = 0;
  /** Departures that will read it, and whoever is at work with it now. */
  holders = 0;
}

class Departure {
  frame: StoredFrame | null = null;
  due = 0;
  count = 0;
  readonly ports: SwitchPort[] = [];
  /** The life of each port's link at the time. */
  readonly lives: number[] = [];
  readonly timer: Timer;
  next: Departure | null = null;

  constructor(clock: Clock, leave: (departure: Departure) => void) {
    this.timer = clock.timer(() => leave(this));
  }
}

export class Departures {
  readonly #clock: Clock;
  readonly #task: Task;
  readonly #leave = (departure: Departure): void => this.#deliver(departure);
  readonly #frames: StoredFrame[] = [];
  readonly #spare: Departure[] = [];
  /** Those that wait for the event loop's next turn, in order. */
  #first: Departure | null = null;
  #last: Departure | null = null;
  /** The one that was made last. */
  #newest: Departure | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#task = clock.task(() => this.#leaveNow());
  }

  /** Stores a frame. The caller holds it until release(). */
  store(bytes: Uint8Array, at: number, length: number): StoredFrame {
    const frame = this.#frames.pop() ?? new StoredFrame();
    copyFrame(frame.bytes, 0, bytes, at, length);
    frame.length = length;
    frame.holders = 1;
    return frame;
  }

  release(frame: StoredFrame): void {
    if (--frame.holders > 0) return;
    this.#frames.push(frame);
    // Another frame may lie in the same memory next.
    if (this.#newest?.frame === frame) this.#newest = null;
  }

  /** Has a frame leave by a port at `due`, which may be NEXT_TURN. */
  add(frame: StoredFrame, port: SwitchPort, due: number): void {
    const newest = this.#newest;
    const departure = newest !== null && newest.frame === frame && newest.due === due ? newest : this.#make(frame, due);
    departure.ports[departure.count] = port;
    departure.lives[departure.count] = port.life;
    departure.count++;
  }

  #make(frame: StoredFrame, due: number): Departure {
    const departure = this.#spare.pop() ?? new Departure(this.#clock, this.#leave);
    departure.frame = frame;
    departure.due = due;
    departure.count = 0;
    frame.holders++;
    this.#newest = departure;
    if (due !== NEXT_TURN) departure.timer.armAt(due);
    else {
      departure.next = null;
      if (this.#last) this.#last.next = departure;
      else this.#first = departure;
      this.#last = departure;
      this.#task.schedule();
    }
    return departure;
  }

  /** Those that wait now; what stations answer leaves with the next turn. */
  #leaveNow(): void {
    let waiting = this.#first;
    const end = this.#last;
    this.#first = null;
    this.#last = null;
    try {
      while (waiting) {
        const departure = waiting;
        waiting = departure.next;
        this.#deliver(departure);
      }
    } finally {
      if (waiting) this.#putBack(waiting, end as Departure);
    }
  }

  /** A station threw: those behind it come first in the next turn. */
  #putBack(first: Departure, end: Departure): void {
    end.next = this.#first;
    this.#first = first;
    this.#last ??= end;
    this.#task.schedule();
  }

  #deliver(departure: Departure): void {
    const frame = departure.frame as StoredFrame;
    if (this.#newest === departure) this.#newest = null;
    let failure: { error: unknown } | null = null;
    for (let at = 0; at < departure.count; at++) {
      const port = departure.ports[at] as SwitchPort;
      if (port.life !== departure.lives[at]) continue;
      try {
        port.depart(frame.bytes, frame.length);
      } catch (error) {
        // The other stations get the frame all the same.
        failure ??= { error };
      }
    }
    departure.frame = null;
    this.release(frame);
    this.#spare.push(departure);
    if (failure) throw failure.error;
  }
}
