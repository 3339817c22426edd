/** Messages of lines. */
import type { Encoder, Reading, TimeScale } from "../contract/encoder.ts";
import { fill } from "./fill.ts";

const ENCODER = new TextEncoder();

/** The lines of the values from..to of one reading, without the newline behind the last. */
export type LineWriter = (reading: Reading, from: number, to: number, scale: TimeScale) => string;

/** @param ended the last line of a message ends with a newline, too */
export function linesEncoder(channels: number, write: LineWriter, ended: boolean): Encoder {
  return {
    encode(readings, cursor, into, scale) {
      let length = 0;
      fill(readings, cursor, channels, (reading, from, to) => {
        const lines = write(reading, from, to, scale);
        const text = ended ? `${lines}\n` : length > 0 ? `\n${lines}` : lines;
        const { read, written } = ENCODER.encodeInto(text, into.subarray(length));
        if (read < text.length) return false;
        length += written;
        return true;
      });
      return length;
    },
  };
}
