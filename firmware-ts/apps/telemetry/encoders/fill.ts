/** The filling of a message: whole readings while they fit; of one that is too long by itself, as many values as fit. */
import type { Cursor, Reading } from "../contract/encoder.ts";

/** Appends the values from..to of a reading; false when they do not fit, and the message is as it was. */
export type Append = (reading: Reading, from: number, to: number) => boolean;

/** Moves the cursor behind what was appended; false when not even one value fits. @param channels of each reading */
export function fill(readings: readonly Reading[], cursor: Cursor, channels: number, append: Append): boolean {
  let any = false;
  for (let reading = readings[cursor.reading]; reading; reading = readings[cursor.reading]) {
    if (!append(reading, cursor.channel, channels)) return any || part(reading, cursor, channels, append);
    any = true;
    cursor.reading++;
    cursor.channel = 0;
  }
  return any;
}

function part(reading: Reading, cursor: Cursor, channels: number, append: Append): boolean {
  while (cursor.channel < channels - 1 && !Number.isFinite(reading.values[cursor.channel])) cursor.channel++;
  for (let to = channels - 1; to > cursor.channel; to--) {
    if (!append(reading, cursor.channel, to)) continue;
    cursor.channel = to;
    return true;
  }
  return false;
}
