/**
 * A switch's memory of stations: for each address the port behind which it was heard last, and when (IEEE 802.1Q 8.8). A hash table with
 * open addressing, so that a look-up makes no key, and with a bound.
 */
import { MAC_BYTES } from "../../ethernet.ts";

/** Places that a table begins with; a power of two. At most half of them are taken. */
const FIRST_PLACES = 64;

/** The outcome of learn(). */
export const Learned = {
  /** It was known to be there. */
  KNOWN: 0,
  NEW: 1,
  /** It was known to be behind another port. */
  MOVED: 2,
  /** The table has no room for it. */
  FULL: 3,
} as const;
export type Learned = (typeof Learned)[keyof typeof Learned];

export interface MacEntry<Port> {
  readonly address: Uint8Array;
  readonly port: Port;
  /** Time since its last frame, ms. */
  readonly age: number;
}

export class MacTable<Port> {
  /** Most addresses kept. */
  readonly limit: number;
  /** The first two bytes of each address, and the other four. */
  #high = new Int32Array(FIRST_PLACES);
  #low = new Int32Array(FIRST_PLACES);
  #seen = new Float64Array(FIRST_PLACES);
  /** null: the place is free. */
  #ports: (Port | null)[] = new Array(FIRST_PLACES).fill(null);
  #mask = FIRST_PLACES - 1;
  #size = 0;
  /** Nothing can be too old before this time: a full table is not searched for what is not there. */
  #sweepAt = 0;
  #ageing: number;

  constructor(limit: number, ageing: number) {
    this.limit = limit;
    this.#ageing = ageing;
  }

  /** Time after which a silent station is forgotten, in ms. 0: nothing is learned. */
  get ageing(): number {
    return this.#ageing;
  }

  set ageing(ageing: number) {
    this.#ageing = ageing;
    this.#sweepAt = Number.NEGATIVE_INFINITY;
  }

  /** Number of addresses known at `now`. */
  sizeAt(now: number): number {
    this.#sweep(now);
    return this.#size;
  }

  /** Returns the port of the address at bytes[at..at+6), or null: it is unknown, or has been silent for too long. */
  find(bytes: Uint8Array, at: number, now: number): Port | null {
    const place = this.#place(highOf(bytes, at), lowOf(bytes, at));
    const port = this.#ports[place]!;
    if (port === null || now - this.#seen[place]! < this.#ageing) return port;
    this.#remove(place);
    return null;
  }

  /** Notes that the address at bytes[at..at+6) was heard behind `port`. */
  learn(bytes: Uint8Array, at: number, port: Port, now: number): Learned {
    if (this.#ageing <= 0) return Learned.KNOWN;
    const high = highOf(bytes, at);
    const low = lowOf(bytes, at);
    const place = this.#place(high, low);
    const known = this.#ports[place]!;
    if (known !== null) {
      const old = now - this.#seen[place]! >= this.#ageing;
      this.#seen[place] = now;
      this.#ports[place] = port;
      return old ? Learned.NEW : known === port ? Learned.KNOWN : Learned.MOVED;
    }
    if (this.#size >= this.limit) {
      this.#sweep(now);
      if (this.#size >= this.limit) return Learned.FULL;
    }
    if (2 * (this.#size + 1) > this.#ports.length) this.#grow();
    this.#put(this.#place(high, low), high, low, port, now);
    this.#size++;
    return Learned.NEW;
  }

  /** Forgets all that is behind a port. */
  flush(port: Port): void {
    this.#removeAll((place) => this.#ports[place] === port);
  }

  /** The addresses known at `now`, the one heard last first. */
  entries(now: number): MacEntry<Port>[] {
    this.#sweep(now);
    const entries: MacEntry<Port>[] = [];
    for (const [place, port] of this.#ports.entries()) {
      if (port === null) continue;
      const address = new Uint8Array(MAC_BYTES);
      const view = new DataView(address.buffer);
      view.setUint16(0, this.#high[place]!);
      view.setInt32(2, this.#low[place]!);
      entries.push({ address, port, age: now - this.#seen[place]! });
    }
    return entries.sort((one, other) => one.age - other.age);
  }

  /** The place of an address, or the free one where it belongs. */
  #place(high: number, low: number): number {
    let place = hash(high, low) & this.#mask;
    while (this.#ports[place] !== null && (this.#low[place] !== low || this.#high[place] !== high))
      place = (place + 1) & this.#mask;
    return place;
  }

  #put(place: number, high: number, low: number, port: Port, seen: number): void {
    this.#high[place] = high;
    this.#low[place] = low;
    this.#seen[place] = seen;
    this.#ports[place] = port;
  }

  #grow(): void {
    const [ports, highs, lows, seen] = [this.#ports, this.#high, this.#low, this.#seen];
    const places = 2 * ports.length;
    this.#high = new Int32Array(places);
    this.#low = new Int32Array(places);
    this.#seen = new Float64Array(places);
    this.#ports = new Array(places).fill(null);
    this.#mask = places - 1;
    for (const [place, port] of ports.entries()) {
      if (port === null) continue;
      const [high, low] = [highs[place]!, lows[place]!];
      this.#put(this.#place(high, low), high, low, port, seen[place]!);
    }
  }

  /** Forgets what has been silent for too long. */
  #sweep(now: number): void {
    if (now < this.#sweepAt) return;
    this.#removeAll((place) => now - this.#seen[place]! >= this.#ageing);
    let oldest = now;
    for (const [place, port] of this.#ports.entries()) if (port !== null) oldest = Math.min(oldest, this.#seen[place]!);
    this.#sweepAt = oldest + this.#ageing;
  }

  #removeAll(wanted: (place: number) => boolean): void {
    for (let place = 0; place < this.#ports.length; place++) {
      // The entry that moves into the free place is looked at, too.
      while (this.#ports[place] !== null && wanted(place)) this.#remove(place);
    }
  }

  /** Frees a place, and closes the gap for those that were put behind it because it was taken. */
  #remove(place: number): void {
    const mask = this.#mask;
    let gap = place;
    for (let next = (gap + 1) & mask; this.#ports[next] !== null; next = (next + 1) & mask) {
      const home = hash(this.#high[next]!, this.#low[next]!) & mask;
      if (((next - home) & mask) < ((next - gap) & mask)) continue;
      this.#put(gap, this.#high[next]!, this.#low[next]!, this.#ports[next]!, this.#seen[next]!);
      gap = next;
    }
    this.#ports[gap] = null;
    this.#size--;
  }
}

function highOf(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

function lowOf(bytes: Uint8Array, at: number): number {
  return (bytes[at + 2]! << 24) | (bytes[at + 3]! << 16) | (bytes[at + 4]! << 8) | bytes[at + 5]!;
}

function hash(high: number, low: number): number {
  const mixed = Math.imul(low ^ Math.imul(high, 0x85eb_ca6b), 0x9e37_79b1);
  return mixed ^ (mixed >>> 15);
}
