/**
 * Frames in a switch on their way out. A frame is kept once, however many ports it leaves by: ports that are through with it at the same
 * instant share a departure, and stations read the one copy.
 */
import type { Clock, Task, Timer } from "../../clock.ts";
import { copyFrameByWords } from "../../kit/copy-frame.ts";
import { PacketView, packetSlot } from "../../packet-memory.ts";
import { SLOT_BYTES } from "../../skbuff.ts";
import { NEXT_TURN, type SwitchPort } from "./switch-port.ts";

/** Stations that a frame is delivered to in one turn of the event loop. */
const STATIONS_PER_TURN = 32;

/** A frame in the switch's memory. */
export class StoredFrame {
  /** As large as packet memory, so that frames are copied from and to it whole. */
  readonly bytes: Uint8Array = packetSlot(SLOT_BYTES, this);
  readonly view: PacketView = new PacketView(this.bytes);
  length = 0;
  /** Departures that will read it, and whoever is at work with it now. */
  holders = 0;
}

class Departure {
  frame: StoredFrame | null = null;
  due = 0;
  readonly ports: SwitchPort[] = [];
  /** The life of each port's link at the time. */
  readonly lives: number[] = [];
  count = 0;
  /** Ports that it has left by. */
  done = 0;
  readonly timer: Timer;
  next: Departure | null = null;

  constructor(clock: Clock, leave: (departure: Departure) => void) {
    this.timer = clock.timer(() => leave(this));
  }
}

export class Departures {
  readonly #clock: Clock;
  readonly #task: Task;
  readonly #leave = (departure: Departure): void => this.#begin(departure);
  readonly #frames: StoredFrame[] = [];
  readonly #spare: Departure[] = [];
  /** Those whose time has come, in order. */
  #first: Departure | null = null;
  #last: Departure | null = null;
  /** The one that was made last. */
  #newest: Departure | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#task = clock.task(() => this.#deliver());
  }

  /** Stores a frame. The caller holds it until release(). */
  store(bytes: Uint8Array, at: number, length: number, view: DataView | null): StoredFrame {
    const frame = this.#frames.pop() ?? new StoredFrame();
    copyFrameByWords(frame.bytes, frame.view, 0, bytes, view, at, length);
    frame.length = length;
    frame.holders = 1;
    return frame;
  }

  release(frame: StoredFrame): void {
    if (--frame.holders === 0) this.#frames.push(frame);
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
    departure.done = 0;
    departure.next = null;
    frame.holders++;
    this.#newest = departure;
    if (due !== NEXT_TURN) departure.timer.armAt(due);
    else {
      this.#queue(departure);
      this.#task.schedule();
    }
    return departure;
  }

  #queue(departure: Departure): void {
    if (this.#last) this.#last.next = departure;
    else this.#first = departure;
    this.#last = departure;
  }

  /** The time of a departure has come. */
  #begin(departure: Departure): void {
    const waiting = this.#first !== null;
    this.#queue(departure);
    if (!waiting) this.#deliver();
  }

  /**
   * Delivers to some stations. The others have to wait for the next turn: those that have the frame take it in meanwhile, while all that
   * they need for it is at hand in the processor's caches.
   */
  #deliver(): void {
    const end = this.#last;
    let left = STATIONS_PER_TURN;
    try {
      for (let departure = this.#first; departure !== null && left > 0; departure = this.#first) {
        left = this.#deliverOne(departure, left);
        if (departure.done < departure.count) break;
        this.#finish(departure);
        // Answers of stations leave with the next turn.
        if (departure === end) break;
      }
    } finally {
      if (this.#first !== null) this.#task.schedule();
    }
  }

  /** Returns how many stations are left to this turn. */
  #deliverOne(departure: Departure, stations: number): number {
    const frame = departure.frame as StoredFrame;
    let left = stations;
    while (departure.done < departure.count && left > 0) {
      const port = departure.ports[departure.done] as SwitchPort;
      const life = departure.lives[departure.done];
      // Counted before: a station that throws is not tried again, and takes the frame from no other.
      departure.done++;
      if (port.life !== life) continue;
      left--;
      port.depart(frame.bytes, frame.length, frame.view);
    }
    return left;
  }

  /** Takes the first departure off the queue. */
  #finish(departure: Departure): void {
    this.#first = departure.next;
    if (this.#first === null) this.#last = null;
    if (this.#newest === departure) this.#newest = null;
    this.release(departure.frame as StoredFrame);
    departure.frame = null;
    this.#spare.push(departure);
  }
}
