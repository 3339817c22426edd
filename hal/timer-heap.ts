/**
 * The armed timers of a clock, in the order in which they are due.
 *
 * All that decides the order stands in typed arrays: with some thousand timers, each part of another object, most of the time would go
 * into fetching the timers that are compared and moved.
 */
import type { Timer } from "./timer.ts";

/** Timers that a heap has room for at first; it doubles. */
const FIRST_ROOM = 16;
/** Places below each place. Four: half as many levels as with two, and the times to compare stand side by side. */
const WAYS = 4;

/**
 * Indexed min-heap of armed timers, by due time, then by arming order. Every operation is O(log n) and allocates nothing while there is
 * room. An armed timer has a number, its `slot`; it keeps that while timers change places.
 */
export class TimerHeap {
  /** By place. */
  #dues = new Float64Array(FIRST_ROOM);
  #orders = new Float64Array(FIRST_ROOM);
  /** By place: numbers of timers. Each number is there once; those behind the last place in use are free. */
  #slots = Int32Array.from({ length: FIRST_ROOM }, (_, slot) => slot);
  /** By number. */
  #places = new Int32Array(FIRST_ROOM);
  readonly #timers: (Timer | undefined)[] = [];
  #size = 0;
  #order = 0;

  /** Arms `timer` for `timer.due`, moving it if it is armed already, whatever it was due at before. */
  insert(timer: Timer): void {
    if (timer.slot < 0) this.#add(timer);
    const place = this.#places[timer.slot]!;
    this.#dues[place] = timer.due;
    this.#orders[place] = this.#order++;
    this.#sift(place);
  }

  /** Takes an armed timer out. */
  remove(timer: Timer): void {
    const { slot } = timer;
    const place = this.#places[slot]!;
    const last = --this.#size;
    timer.slot = -1;
    this.#timers[slot] = undefined;
    if (place === last) return;
    this.#put(place, this.#slots[last]!, this.#dues[last]!, this.#orders[last]!);
    this.#slots[last] = slot;
    this.#sift(place);
  }

  peek(): Timer | undefined {
    return this.#size > 0 ? this.#timers[this.#slots[0]!] : undefined;
  }

  clear(): void {
    for (const timer of this.#timers) if (timer) timer.slot = -1;
    this.#timers.length = 0;
    this.#size = 0;
  }

  /** Gives a timer a number and the last place. */
  #add(timer: Timer): void {
    if (this.#size === this.#slots.length) this.#grow();
    const slot = this.#slots[this.#size]!;
    timer.slot = slot;
    this.#timers[slot] = timer;
    this.#places[slot] = this.#size++;
  }

  /** Moves what is at a place to where it belongs. */
  #sift(place: number): void {
    const due = this.#dues[place]!;
    const order = this.#orders[place]!;
    const slot = this.#slots[place]!;
    let free = place;
    for (let above = (free - 1) >> 2; free > 0 && this.#isBefore(due, order, above); above = (free - 1) >> 2) {
      this.#move(above, free);
      free = above;
    }
    if (free === place) {
      for (let below = this.#firstBelow(free); below > 0 && !this.#isBefore(due, order, below); below = this.#firstBelow(free)) {
        this.#move(below, free);
        free = below;
      }
    }
    this.#put(free, slot, due, order);
  }

  /** Returns the place of what is due first directly below a place, or 0. */
  #firstBelow(place: number): number {
    const below = place * WAYS + 1;
    const end = Math.min(below + WAYS, this.#size);
    if (below >= end) return 0;
    const dues = this.#dues;
    let first = below;
    let due = dues[below]!;
    for (let other = below + 1; other < end; other++) {
      const its = dues[other]!;
      if (its > due || (its === due && this.#orders[other]! > this.#orders[first]!)) continue;
      first = other;
      due = its;
    }
    return first;
  }

  /** Tells whether something comes before what is at a place. No two have the same order. */
  #isBefore(due: number, order: number, place: number): boolean {
    const its = this.#dues[place]!;
    return due < its || (due === its && order < this.#orders[place]!);
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#slots[from]!, this.#dues[from]!, this.#orders[from]!);
  }

  #put(place: number, slot: number, due: number, order: number): void {
    this.#dues[place] = due;
    this.#orders[place] = order;
    this.#slots[place] = slot;
    this.#places[slot] = place;
  }

  #grow(): void {
    const room = 2 * this.#slots.length;
    const [dues, orders, slots, places] = [this.#dues, this.#orders, this.#slots, this.#places];
    this.#dues = new Float64Array(room);
    this.#orders = new Float64Array(room);
    this.#slots = Int32Array.from({ length: room }, (_, slot) => slot);
    this.#places = new Int32Array(room);
    this.#dues.set(dues);
    this.#orders.set(orders);
    this.#slots.set(slots);
    this.#places.set(places);
  }
}
