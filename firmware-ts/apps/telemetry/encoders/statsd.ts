/**
 * Readings as StatsD metrics (Etsy's metric types): a gauge for each sensor, `pico.thermometer:21.48|g`, and a counter of the readings,
 * `pico.seq:1|c`. A collector takes a gauge that begins with a sign for a change, so that a negative one is set to 0 first.
 */
import type { Channel, Encoder, Station } from "../contract/encoder.ts";
import { type LineWriter, linesEncoder } from "./text.ts";

export function statsdEncoder({ node, channels }: Station): Encoder {
  const names = channels.map(({ name }) => `${bucket(node)}.${bucket(name)}`);
  const write: LineWriter = ({ values }, from, to) => {
    const lines: string[] = [];
    for (let at = from; at < to; at++) {
      const value = values[at]!;
      if (Number.isFinite(value)) lines.push(metric(names[at]!, channels[at]!, value));
    }
    return lines.join("\n");
  };
  return linesEncoder(channels.length, write, false);
}

function metric(name: string, { integer }: Channel, value: number): string {
  if (integer) return `${name}:1|c`;
  const set = `${name}:${value}|g`;
  return value < 0 ? `${name}:0|g\n${set}` : set;
}

/** A part of a metric's name: a dot parts names, and colon, bar and at sign end them. */
function bucket(name: string): string {
  return name.replace(/[^\w-]/g, "_");
}
