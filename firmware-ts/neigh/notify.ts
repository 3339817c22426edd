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

export class Notifier {
  #listeners: readonly NeighListener[] = [];
  #watchers: readonly TransitionListener[] = [];

  /** Adds a listener; the returned function removes it. */
  onChange(listener: NeighListener): () => void {
    this.#listeners = [...this.#listeners, listener];
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== listener);
    };
  }

  /** Adds a watcher; the returned function removes it. */
  onTransition(watcher: TransitionListener): () => void {
    this.#watchers = [...this.#watchers, watcher];
    return () => {
      this.#watchers = this.#watchers.filter((other) => other !== watcher);
    };
  }

  changed(entry: Neighbour, event: NeighEvent, pid: number): void {
    // A sender that heard of its packet's fate may have removed the entry in the midst of its change.
    if (entry.dead && event !== "deleted") return;
    for (const listener of this.#listeners) listener(entry, event, pid);
  }

  moved(entry: Neighbour, from: Nud | null, to: Nud | null, cause: Cause): void {
    // This is the send path, and as a rule nobody watches.
    if (this.#watchers.length === 0 || from === to) return;
    const transition = { entry, from, to, cause };
    for (const watcher of this.#watchers) watcher(transition);
  }
}
