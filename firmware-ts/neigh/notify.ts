/**
 * Who is told of changes. Changes that Linux announces go to onChange(), at the same moments and in the same order relative to frames
 * as its netlink messages; every change of state, those on the send path too, goes to onTransition() with what caused it.
 */
import type { Cause, Neighbour, NeighEvent } from "./entry.ts";
import type { Nud } from "./states.ts";

/** @param pid who asked for the change (an operator's port id), 0 for nobody */
export type NeighListener = (entry: Neighbour, event: NeighEvent, pid: number) => void;

/** One change of state. */
export interface Transition {
  readonly entry: Neighbour;
  /** Null: the entry was made. */
  readonly from: Nud | null;
  /** Null: it was removed. */
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

  onTransition(watcher: TransitionListener): () => void {
    this.#watchers = [...this.#watchers, watcher];
    return () => {
      this.#watchers = this.#watchers.filter((other) => other !== watcher);
    };
  }

  changed(entry: Neighbour, event: NeighEvent, pid: number): void {
    // A sender that was told of its packet's fate may have removed the entry in the midst of its change.
    if (entry.dead && event !== "deleted") return;
    for (const listener of this.#listeners) listener(entry, event, pid);
  }

  moved(entry: Neighbour, from: Nud | null, to: Nud | null, cause: Cause): void {
    // Nobody watches as a rule, and this is the send path.
    if (this.#watchers.length === 0 || from === to) return;
    const transition = { entry, from, to, cause };
    for (const watcher of this.#watchers) watcher(transition);
  }
}
