/** The contract of an encoder: readings in, bytes of a message out. */

/** One value of a reading. */
export interface Channel {
  /** As a collector names it: the sensor's name or kind, a number of the board's own, or `seq`. No two of a station have one name. */
  readonly name: string;
  /** As people write it: `°C`, `V`; empty for a pure number. */
  readonly unit: string;
  /** A whole number. */
  readonly integer: boolean;
  /** It counts readings up by one each, where a format can say so: `seq` of StatsD. */
  readonly counts?: true;
}

/** One reading of all channels. */
export interface Reading {
  /** Counts from 1. */
  readonly seq: number;
  /** Clock time, in ms. */
  readonly at: number;
  /** In the order of the channels; NaN: none. At least one is a number. */
  readonly values: readonly number[];
}

/** The time scale of a message. */
export interface TimeScale {
  /** Ms since 1970-01-01 UTC at clock time 0; NaN where messages have no times. */
  readonly epoch: number;
  /** Clock time of the message, in ms. */
  readonly now: number;
}

/** The place of the next value to be written: what does not fit into one message goes on in the next one. */
export interface Cursor {
  reading: number;
  channel: number;
}

export interface Encoder {
  /**
   * Writes as many values as fit, and moves the cursor behind them. A reading that fits into a message whole is never taken apart.
   * @returns the length of the message; 0 when not even one value fits
   */
  encode(readings: readonly Reading[], cursor: Cursor, into: Uint8Array, scale: TimeScale): number;
}

export type Tags = Readonly<Record<string, string>>;

/** The sender, as its messages name it. */
export interface Station {
  /** The rig's name. */
  readonly node: string;
  readonly channels: readonly Channel[];
  /** Free words about the station, by their keys: `site`: `barn`. */
  readonly tags?: Tags;
  /** Ms between readings. */
  readonly every: number;
}
