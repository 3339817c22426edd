/**
 * News of a table. onChange() has the changes that Linux announces, at the same moments and in the same order relative to frames as its
 * netlink messages. onTransition() has every change of state with its cause, those on the send path too.
 */
import type { Cause, Neighbour, NeighEvent } from "./entry.ts";
import type { Nud } from "./states.ts";

/** @param pid port id of the operator who asked for the change, 0 for nobody */
export type NeighListener = (entry: Neighbour, event: NeighEvent, pid: number) => void;

/** One change of state. */
export interface Transition {
  readonly entry: Neighbour;
  /** Null for a new entry. */
  readonly from: Nud | null;
  /** Null for an entry that was removed. */
  readonly to: Nud | null;
  readonly cause: Cause;
}

export type TransitionListener = (transition: Transition) => void;

/** Functions that are called for each piece of news. Adding and removing one costs the same however many there are. */
class Listeners<Listener> {
  readonly #held = new Set<{ readonly call: Listener }>();

  /** The same function may be added twice; the returned function removes it once. */
  add(call: Listener): () => void {
    const held = { call };
    this.#held.add(held);
    return () => this.#held.delete(held);
  }

  get size(): number {
    return this.#held.size;
  }

  [Symbol.iterator](): Iterator<{ readonly call: Listener }> {
    return this.#held.values();
  }
}

export class Notifier {
  readonly #listeners = new Listeners<NeighListener>();
  readonly #watchers = new Listeners<TransitionListener>();

  /** Adds a listener; the returned function removes it. */
  onChange(listener: NeighListener): () => void {
    return this.#listeners.add(listener);
  }

  /** Adds a watcher; the returned function removes it. */
  onTransition(watcher: TransitionListener): () => void {
    return this.#watchers.add(watcher);
  }

  changed(entry: Neighbour, event: NeighEvent, pid: number): void {
    // A sender that heard of its packet's fate may have removed the entry in the midst of its change.
    if (this.#listeners.size === 0 || (entry.dead && event !== "deleted")) return;
    for (const { call } of this.#listeners) call(entry, event, pid);
  }

  moved(entry: Neighbour, from: Nud | null, to: Nud | null, cause: Cause): void {
    // This is the send path, and as a rule nobody watches.
    if (this.#watchers.size === 0 || from === to) return;
    const transition = { entry, from, to, cause };
    for (const { call } of this.#watchers) call(transition);
  }
}
