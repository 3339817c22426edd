/** InfluxDB line protocol (v2 reference): `measurement,tag=value field=1.5,other=2i 1767225603000000000`. */

export interface Field {
  name: string;
  value: number;
  /** Written with a trailing i. */
  integer?: boolean;
}

export type LineProtocolErrorCode =
  | "MEASUREMENT_INVALID"
  | "TAG_INVALID"
  | "TAG_TWICE"
  | "FIELD_INVALID"
  | "FIELD_TWICE"
  | "FIELD_MISSING"
  | "INTEGER_RANGE"
  | "TIME_RANGE";

/** A point that a collector would drop, or take for another one. */
export class LineProtocolError extends RangeError {
  readonly code: LineProtocolErrorCode;

  constructor(code: LineProtocolErrorCode, message: string) {
    super(message);
    this.name = "LineProtocolError";
    this.code = code;
  }
}

/** Integers are int64. The largest one is no double: a double is below 2 ** 63 or beyond the range. */
const INTEGER_END = 2 ** 63;
/** Times are ns in an int64, of which InfluxDB keeps the outermost values for itself: in whole ms, up to this on both sides of 1970. */
const LAST_MS = 9_223_372_036_854;
/** Collectors take a tag or a field of this name for the point's time, and drop it or the point. */
const TIME = "time";

/**
 * One point. Fields that are not finite numbers are left out, and tags without a value, as the protocol has no way to write them. Control
 * characters become spaces, and integers lose their fraction.
 * @param time ms since 1970-01-01 UTC; written in ns
 * @throws LineProtocolError when no field is a finite number, a name is empty or not allowed, two tags or two fields have one name, an
 *   integer is beyond int64, or the time in ns is
 */
export function linePoint(
  measurement: string,
  tags: Readonly<Record<string, string>>,
  fields: readonly Field[],
  time: number,
): string {
  const values = fields.map(({ value }) => value);
  return new PointSeries(measurement, tags, fields).point(values, time);
}

/** Points that differ in their values and times: measurement, tags and names of fields are checked and escaped once. */
export class PointSeries {
  readonly #measurement: string;
  /** All of a line in front of its fields. */
  readonly #head: string;
  readonly #fields: readonly { readonly name: string; readonly key: string; readonly integer: boolean }[];

  /** @throws LineProtocolError when a name is empty or not allowed, or two tags or two fields have one name */
  constructor(measurement: string, tags: Readonly<Record<string, string>>, fields: readonly Omit<Field, "value">[]) {
    this.#measurement = measurement;
    let head = measured(measurement);
    const tagged = new Set<string>();
    for (const [name, value] of Object.entries(tags)) {
      const key = named("TAG_INVALID", "tag", measurement, name);
      once(tagged, key, "TAG_TWICE", () => `a point of ${shown(measurement)} has the tag ${shown(name)} twice`);
      const written = escaped(value, /[,= ]/g);
      if (written !== "") head += `,${key}=${written}`;
    }
    this.#head = head;
    const taken = new Set<string>();
    this.#fields = fields.map(({ name, integer = false }) => {
      const key = named("FIELD_INVALID", "field", measurement, name);
      once(taken, key, "FIELD_TWICE", () => `a point of ${shown(measurement)} has the field ${shown(name)} twice`);
      return { name, key, integer };
    });
  }

  /**
   * Writes a point, as linePoint() does.
   * @param values of the fields, in their order
   * @param time ms since 1970-01-01 UTC; null: none, the collector's time of arrival stands in
   * @param from the first field written, and `to` the one behind the last
   * @throws LineProtocolError when no value is a finite number, an integer is beyond int64, or the time in ns is
   */
  point(values: readonly number[], time: number | null, from = 0, to: number = this.#fields.length): string {
    let line = this.#head;
    let mark = " ";
    for (let at = from; at < to; at++) {
      const value = values[at]!;
      if (!Number.isFinite(value)) continue;
      const { name, key, integer } = this.#fields[at]!;
      line += `${mark}${key}=${integer ? wholeNumber(name, value) : value}`;
      mark = ",";
    }
    if (mark === " ") {
      throw new LineProtocolError("FIELD_MISSING", `a point of ${shown(this.#measurement)} needs a field with a finite number`);
    }
    return time === null ? line : `${line} ${nanoseconds(time)}`;
  }
}

function measured(measurement: string): string {
  const name = escaped(measurement, /[, ]/g);
  if (name === "") throw new LineProtocolError("MEASUREMENT_INVALID", "a point needs the name of a measurement");
  if (name.startsWith("#")) {
    throw new LineProtocolError(
      "MEASUREMENT_INVALID",
      `the measurement ${shown(measurement)} begins with #: collectors skip the line as a comment`,
    );
  }
  return name;
}

function named(code: "TAG_INVALID" | "FIELD_INVALID", what: string, measurement: string, name: string): string {
  const written = escaped(name, /[,= ]/g);
  if (written === "") throw new LineProtocolError(code, `a ${what} of ${shown(measurement)} has no name`);
  if (written === TIME) {
    throw new LineProtocolError(
      code,
      `a ${what} of ${shown(measurement)} is called ${TIME}: collectors take that for the point's time`,
    );
  }
  return written;
}

function once(names: Set<string>, name: string, code: "TAG_TWICE" | "FIELD_TWICE", message: () => string): void {
  if (names.has(name)) throw new LineProtocolError(code, message());
  names.add(name);
}

/** Every digit: a number of more than 53 bits is printed rounded, and may leave the range. */
function wholeNumber(name: string, value: number): string {
  const whole = Math.trunc(value);
  if (Number.isSafeInteger(whole)) return `${whole}i`;
  if (whole < -INTEGER_END || whole >= INTEGER_END) {
    throw new LineProtocolError("INTEGER_RANGE", `the field ${shown(name)} is ${value}, beyond the integers of 64 bits`);
  }
  return `${BigInt(whole)}i`;
}

function nanoseconds(time: number): string {
  const ms = Math.round(time);
  // Asked so that NaN is refused, too.
  if (!(Math.abs(ms) <= LAST_MS)) {
    throw new LineProtocolError("TIME_RANGE", `the time ${time} ms is not between the years 1677 and 2262`);
  }
  return ms === 0 ? "0" : `${ms}000000`;
}

/** A name as a message says it. */
function shown(name: string): string {
  return /^[\w.-]+$/.test(name) ? name : JSON.stringify(name);
}

function escaped(text: string, special: RegExp): string {
  // A backslash at the end would escape what follows, and there is no way to write one there.
  return text
    .replace(/\p{Cc}/gu, " ")
    .replace(/\\+$/, "")
    .replace(special, "\\$&");
}
