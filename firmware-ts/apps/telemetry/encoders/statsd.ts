/**
 * Readings as StatsD metrics (Etsy's metric types): a gauge for each value, `pico.thermometer:21.48|g`, and a counter of the readings,
 * `pico.seq:1|c`. A collector takes a gauge that begins with a sign for a change, so that a negative one is set to 0 first. StatsD itself
 * has no tags; collectors have two ways to write them.
 */
import type { Channel, Encoder, Station, Tags } from "../contract/encoder.ts";
import { distinct } from "./distinct.ts";
import { type LineWriter, linesEncoder } from "./text.ts";

/** `datadog`: `|#site:barn` behind the metric (DogStatsD); `influxdb`: `,site=barn` behind its name (Telegraf). */
export type StatsdTags = "datadog" | "influxdb";

/** @param style of tags; without it they are left out */
export function statsdEncoder({ node, channels, tags = {} }: Station, style?: StatsdTags): Encoder {
  const front = style === "influxdb" ? tagged(tags, ",", "=", ",") : "";
  const back = style === "datadog" ? tagged(tags, "|#", ":", ",") : "";
  const names = distinct(channels.map(({ name }) => bucket(name))).map((name) => `${bucket(node)}.${name}${front}`);
  const write: LineWriter = ({ values }, from, to) => {
    const lines: string[] = [];
    for (let at = from; at < to; at++) {
      const value = values[at]!;
      if (Number.isFinite(value)) lines.push(metric(names[at]!, channels[at]!, value, back));
    }
    return lines.join("\n");
  };
  return linesEncoder(channels.length, write, false);
}

function metric(name: string, { counts }: Channel, value: number, back: string): string {
  if (counts) return `${name}:1|c${back}`;
  const set = `${name}:${value}|g${back}`;
  return value < 0 ? `${name}:0|g${back}\n${set}` : set;
}

function tagged(tags: Tags, first: string, between: string, next: string): string {
  const words = Object.entries(tags).map(([key, value]) => `${word(key)}${between}${word(value)}`);
  return words.length > 0 ? first + words.join(next) : "";
}

/** A part of a metric's name: a dot parts names, and colon, bar and at sign end them. */
function bucket(name: string): string {
  return name.replace(/[^\w-]/g, "_");
}

/** A tag's key or value: none of the marks of either way of writing, and no white space. */
function word(text: string): string {
  return text.replace(/[\s\p{Cc},=:|#@]/gu, "_");
}
