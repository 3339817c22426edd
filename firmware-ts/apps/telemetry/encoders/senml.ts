/**
 * Readings as SenML records (RFC 8428), in CBOR or in JSON: the base name and the base time stand in the first record of a message, the
 * others have the difference. Tags are records of text at the head of each message. Without a base time, times are relative to the moment at which the message was sent (section 4.5.3).
 */
import type { Channel, Cursor, Encoder, Reading, Station, TimeScale } from "../contract/encoder.ts";
import { ByteWriter } from "./bytes.ts";
import { cborArray, cborInteger, cborMap, cborNumber, cborText } from "./cbor.ts";
import { distinct } from "./distinct.ts";
import { fill } from "./fill.ts";

/** Labels of fields in CBOR (RFC 8428 section 6, table 4). */
const LABELS = { bn: -2, bt: -3, n: 0, u: 1, v: 2, vs: 3, t: 6 } as const;

/** A SenML record: names and times in the order of the RFC's examples. */
interface SenmlRecord {
  bn?: string;
  bt?: number;
  n: string;
  u?: string;
  v?: number;
  /** Text, as a tag has it. */
  vs?: string;
  t?: number;
}

/** SenML names of units (RFC 8428 section 12.1); a unit that is not here is left out. */
const UNITS: Readonly<Record<string, string>> = { "°C": "Cel", V: "V", s: "s" };

/** One representation of records. */
interface Representation {
  /** Bytes in front of the records, at most. */
  readonly head: number;
  /** Writes one record; `first` of its message. */
  record(out: ByteWriter, record: SenmlRecord, first: boolean): void;
  /** Writes what stands around `count` records at bytes[head..end), and returns the message's length. */
  close(bytes: Uint8Array, end: number, count: number): number;
  /** Bytes behind the records. */
  readonly tail: number;
}

class SenmlEncoder implements Encoder {
  readonly #base: string;
  readonly #channels: readonly { readonly name: string; readonly unit: string | undefined }[];
  readonly #tags: readonly { readonly n: string; readonly vs: string }[];
  readonly #representation: Representation;

  constructor({ node, channels, tags = {} }: Station, representation: Representation) {
    this.#base = `${named(node)}/`;
    const keys = distinct(Object.keys(tags).map(named));
    this.#tags = Object.values(tags).map((vs, at) => ({ n: keys[at]!, vs }));
    const names = distinct(
      channels.map(({ name }) => named(name)),
      keys,
    );
    this.#channels = channels.map(({ unit }: Channel, at) => ({
      name: names[at]!,
      unit: Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined,
    }));
    this.#representation = representation;
  }

  encode(readings: readonly Reading[], cursor: Cursor, into: Uint8Array, { epoch, now }: TimeScale): number {
    const { head, tail } = this.#representation;
    if (into.length < head + tail) return 0;
    const out = new ByteWriter(into.subarray(head, into.length - tail));
    const first = readings[cursor.reading]?.at ?? now;
    const relative = Number.isNaN(epoch);
    let count = 0;
    const base = { bn: this.#base, ...(relative ? {} : { bt: seconds(epoch + first) }) };
    for (const tag of this.#tags) {
      this.#representation.record(out, count > 0 ? tag : { ...base, ...tag }, count === 0);
      count++;
    }
    if (out.full) return 0;
    const any = fill(readings, cursor, this.#channels.length, ({ at, values }, from, to) => {
      const before = out.length;
      const countBefore = count;
      const time = seconds(at - (relative ? now : first));
      for (let channel = from; channel < to; channel++) {
        const value = values[channel]!;
        if (!Number.isFinite(value)) continue;
        const { name, unit } = this.#channels[channel]!;
        const record = {
          ...(count > 0 ? {} : base),
          n: name,
          ...(unit === undefined ? {} : { u: unit }),
          v: value,
          ...(time === 0 ? {} : { t: time }),
        };
        this.#representation.record(out, record, count === 0);
        count++;
      }
      if (!out.full) return true;
      out.rewind(before);
      count = countBefore;
      return false;
    });
    return any ? this.#representation.close(into, head + out.length, count) : 0;
  }
}

/** Media type application/senml+cbor. */
export function senmlCborEncoder(station: Station): Encoder {
  return new SenmlEncoder(station, CBOR);
}

/** Media type application/senml+json. */
export function senmlJsonEncoder(station: Station): Encoder {
  return new SenmlEncoder(station, JSON_TEXT);
}

const CBOR: Representation = {
  head: 5,
  tail: 0,
  record(out, record) {
    const fields = Object.entries(record) as [keyof SenmlRecord, string | number][];
    cborMap(out, fields.length);
    for (const [key, value] of fields) {
      cborInteger(out, LABELS[key]);
      if (typeof value === "string") cborText(out, value);
      else cborNumber(out, value);
    }
  },
  close(bytes, end, count) {
    const front = new ByteWriter(bytes.subarray(0, this.head));
    cborArray(front, count);
    bytes.copyWithin(front.length, this.head, end);
    return front.length + end - this.head;
  },
};

const COMMA = 0x2c;
const JSON_TEXT: Representation = {
  head: 1,
  tail: 1,
  record(out, record, first) {
    if (!first) out.u8(COMMA);
    out.text(JSON.stringify(record));
  },
  close(bytes, end) {
    bytes[0] = 0x5b;
    bytes[end] = 0x5d;
    return end + 1;
  },
};

/** Whole milliseconds as seconds. */
function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}

/** A part of a SenML name (section 4.5.1): letters, digits and - : . / _ */
function named(text: string): string {
  const name = text.replace(/[^A-Za-z0-9:./_-]/g, "_");
  return /^[A-Za-z0-9]/.test(name) ? name : `x${name}`;
}
