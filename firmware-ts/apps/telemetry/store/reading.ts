/** A reading on its way: its values, and what has become of it so far. */
import type { Reading } from "../contract/encoder.ts";

export class TakenReading implements Reading {
  readonly seq: number;
  at: number;
  readonly values: readonly number[];
  /** Ms since 1970, of a reading from before the last restart: the clock of that run is gone, and `at` follows from this. */
  readonly wall: number | null;
  /** `held`: it waits here. `away`: it is in messages whose fate is not known. */
  state: "held" | "away" | "sent" | "dropped" = "held";
  /** Its place among all readings, the oldest first; those of the run before stand in front. */
  order = 0;
  /** Messages under way that it, or a part of it, is in; one more while not all of it is in messages. */
  parts = 0;
  /** The reason that one of them has failed; empty: none has. */
  lost = "";

  constructor(seq: number, at: number, values: readonly number[], wall: number | null = null) {
    this.seq = seq;
    this.at = at;
    this.values = values;
    this.wall = wall;
  }
}
