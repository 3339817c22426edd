/**
 * Readings as collectd's binary network protocol (collectd wiki, "Binary protocol"): parts of a type, a length and a body, in network
 * byte order. A part holds until another of its type comes: host, plugin and interval stand once in a message.
 */
import type { Channel, Encoder, Station, Tags } from "../contract/encoder.ts";
import { ByteWriter, utf8Length } from "./bytes.ts";
import { distinct } from "./distinct.ts";
import { fill } from "./fill.ts";

const Part = {
  HOST: 0x0000,
  PLUGIN: 0x0002,
  PLUGIN_INSTANCE: 0x0003,
  TYPE: 0x0004,
  TYPE_INSTANCE: 0x0005,
  VALUES: 0x0006,
  TIME_HR: 0x0008,
  INTERVAL_HR: 0x0009,
} as const;

/** The type and the length that each part begins with. */
const PART_HEADER = 4;
/** Data source type of a gauge: a double, the only one in little endian. */
const GAUGE = 1;
/** The count of values, the type of one and its 8 bytes. */
const ONE_VALUE = 2 + 1 + 8;
/** Names of 64 bytes with the NUL at their end (DATA_MAX_NAME_LEN of collectd before 5.5). */
export const MOST_NAME = 63;
const PLUGIN = "telemetry";
/** Types of collectd's types.db by unit; all others are plain gauges. */
const TYPES: Readonly<Record<string, string>> = { "°C": "temperature", V: "voltage" };

/** The largest packet that collectd takes, unless its network plugin has another MaxPacketSize. */
export const COLLECTD_PACKET = 1452;

export function collectdEncoder({ node, channels, every, tags = {} }: Station): Encoder {
  const host = named(node);
  const place = named(instanceOf(tags));
  const interval = highResolution(every);
  const names = distinct(channels.map(({ name }) => named(name)));
  const series = channels.map((channel, at) => ({ type: typeOf(channel), instance: names[at]! }));
  return {
    encode(readings, cursor, into, { epoch }) {
      const out = new ByteWriter(into);
      textPart(out, Part.HOST, host);
      textPart(out, Part.PLUGIN, PLUGIN);
      if (place !== "") textPart(out, Part.PLUGIN_INSTANCE, place);
      numberPart(out, Part.INTERVAL_HR, interval);
      let type = "";
      const any = fill(readings, cursor, channels.length, ({ at, values }, from, to) => {
        const before = out.length;
        const typeBefore = type;
        if (!Number.isNaN(epoch)) numberPart(out, Part.TIME_HR, highResolution(epoch + at));
        for (let channel = from; channel < to; channel++) {
          const value = values[channel]!;
          if (!Number.isFinite(value)) continue;
          const one = series[channel]!;
          if (one.type !== type) textPart(out, Part.TYPE, one.type);
          textPart(out, Part.TYPE_INSTANCE, one.instance);
          gaugePart(out, value);
          type = one.type;
        }
        if (!out.full) return true;
        out.rewind(before);
        type = typeBefore;
        return false;
      });
      return any ? out.length : 0;
    },
  };
}

function textPart(out: ByteWriter, part: number, text: string): void {
  out.u16(part);
  out.u16(PART_HEADER + utf8Length(text) + 1);
  out.text(text);
  out.u8(0);
}

function numberPart(out: ByteWriter, part: number, value: bigint): void {
  out.u16(part);
  out.u16(PART_HEADER + 8);
  out.u64(value);
}

function gaugePart(out: ByteWriter, value: number): void {
  out.u16(Part.VALUES);
  out.u16(PART_HEADER + ONE_VALUE);
  out.u16(1);
  out.u8(GAUGE);
  out.f64(value, true);
}

/** Units of 2^-30 s. @param ms not negative */
function highResolution(ms: number): bigint {
  return (BigInt(Math.round(ms)) << 30n) / 1000n;
}

function typeOf({ unit, integer }: Channel): string {
  if (integer) return "count";
  return (Object.hasOwn(TYPES, unit) ? TYPES[unit] : undefined) ?? "gauge";
}

/** Tags as the plugin's instance, which is the place that the protocol has: `site=barn,room=loft`. */
export function instanceOf(tags: Tags): string {
  return Object.entries(tags)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}

/** A name of collectd: a slash would part it, and it ends early. */
function named(text: string): string {
  let name = text.replace(/[\p{Cc}/]/gu, "_");
  while (utf8Length(name) > MOST_NAME) name = [...name].slice(0, -1).join("");
  return name;
}
