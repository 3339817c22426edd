/**
 * A meter's record, as CSV: joules of a measured node. Columns are found by their names, with the unit in brackets or as the name's end:
 *
 *     #time,current,voltage,power,charge,energy            Joulescope UI: s, A, V, W, C, J
 *     current_mean(A),voltage_mean(V),energy(J)            Joulescope's examples; times as ISO 8601
 *     Timestamp (s),Main current (A),Main voltage (V)      Otii
 *
 * A column of energy counts, from its first to its last value. Without one, power is summed up over time (trapezoids), else current times
 * voltage, else current times the voltage that the caller knows. Rows whose value is missing are left out and counted.
 */
import { show } from "../rig/wording.ts";
import { isoSeconds } from "./iso-time.ts";
import { PowerSum } from "./power-sum.ts";

export interface Measured {
  readonly joules: number;
  /** From the first to the last row with a value, ms. */
  readonly span: number;
  readonly rows: number;
  /** Rows without a value. */
  readonly skipped: number;
  /** The columns that counted, as the file names them. */
  readonly columns: readonly string[];
}

/** A record that is none. The message says where and why. */
export class MeasuredError extends Error {
  readonly code: "RIG_MEASURED" = "RIG_MEASURED";

  constructor(file: string, line: number, problem: string) {
    super(`${file}:${line}: ${problem}`);
    this.name = "MeasuredError";
  }
}

type Quantity = "time" | "current" | "voltage" | "power" | "energy";

/** Units in lower case, by what they measure; the first is meant where a column names none. */
const UNITS: Readonly<Record<Quantity, Readonly<Record<string, number>>>> = {
  time: { s: 1, ms: 1e-3, us: 1e-6, µs: 1e-6 },
  current: { a: 1, ma: 1e-3, ua: 1e-6, µa: 1e-6, na: 1e-9 },
  voltage: { v: 1, mv: 1e-3 },
  power: { w: 1, mw: 1e-3, uw: 1e-6, µw: 1e-6 },
  energy: { j: 1, mj: 1e-3, uj: 1e-6, µj: 1e-6, wh: 3600, mwh: 3.6, uwh: 3.6e-3, µwh: 3.6e-3 },
};
const NAMES: readonly (readonly [Quantity, RegExp])[] = [
  ["time", /^(?:time(?:stamp)?|end time|t)\b/],
  ["current", /\bcurrent|^i$/],
  ["voltage", /\bvoltage|^v$/],
  ["power", /\bpower|^p$/],
  ["energy", /\benergy|^e$/],
];
/** Other statistics of a span than its mean. */
const NOT_THE_MEAN = /(?:^|[^a-z])(?:min|max|std|p2p|samples)(?:$|[^a-z])/;
const MOST_COLUMNS = 256;
/** Beyond this no meter measures, and sums of products of such numbers stay finite. */
const LARGEST = 1e15;
const SECOND = 1000;

interface Column {
  readonly at: number;
  readonly name: string;
  /** Size of its unit. */
  readonly scale: number;
}

interface Layout {
  readonly delimiter: string;
  readonly time: Column;
  /** One column, or current and voltage. */
  readonly values: readonly Column[];
  /** The column counts energy up. */
  readonly counts: boolean;
  /** Volts of a current alone. */
  readonly factor: number;
}

export class MeasuredReader {
  readonly #file: string;
  readonly #volts: number | null;
  #line = 0;
  #layout: Layout | null = null;
  #rows = 0;
  #skipped = 0;
  /** Seconds: of the newest row, and of the first and the newest one with a value. */
  #time = Number.NEGATIVE_INFINITY;
  #firstAt = Number.NaN;
  #newestAt = Number.NaN;
  readonly #sum = new PowerSum();
  /** Joules that the first row and the newest one count. */
  #first = Number.NaN;
  #newest = Number.NaN;

  /**
   * @param file its name, for messages
   * @param volts supply of a file that has current alone
   */
  constructor(file: string, volts: number | null = null) {
    this.#file = file;
    this.#volts = volts;
  }

  /** Takes the next line, without its end. @throws MeasuredError */
  push(text: string): void {
    this.#line++;
    const line = text.replace(/^\ufeff/, "").trim();
    if (line === "") return;
    if (this.#layout) {
      if (!line.startsWith("#")) this.#row(line, this.#layout);
      return;
    }
    this.#layout = this.#head(line);
    // Comments may stand in front of the names, and a comment may be the names.
    if (!this.#layout && !line.startsWith("#")) {
      throw this.#wrong(`${show(line)}: no names of columns; say e.g. time,current,voltage`);
    }
  }

  /** @throws MeasuredError for less than two rows */
  end(): Measured {
    const layout = this.#layout;
    if (!layout) throw this.#wrong("no names of columns; say e.g. time,current,voltage");
    const span = (this.#newestAt - this.#firstAt) * SECOND;
    if (!(span > 0)) throw this.#wrong("less than two rows with a value and of different times: nothing was measured");
    const columns = [layout.time, ...layout.values].map(({ name }) => name);
    const joules = layout.counts ? this.#newest - this.#first : this.#sum.joules;
    return { joules, span, rows: this.#rows, skipped: this.#skipped, columns };
  }

  /** Null for a line that names no time, or nothing that could be summed up. */
  #head(line: string): Layout | null {
    const delimiter = [";", "\t", ","].find((mark) => line.includes(mark)) ?? ",";
    const names = line
      .replace(/^#/, "")
      .split(delimiter)
      .map((name) => name.trim().replace(/^"(.*)"$/, "$1"));
    if (names.length > MOST_COLUMNS) throw this.#wrong(`more than ${MOST_COLUMNS} columns`);
    const find = (wanted: Quantity): Column | null => this.#find(names, wanted);
    const time = find("time");
    if (!time) return null;
    const [energy, power, current, voltage] = [find("energy"), find("power"), find("current"), find("voltage")];
    const common = { delimiter, time, counts: false, factor: 1 };
    if (energy) return { ...common, values: [energy], counts: true };
    if (power) return { ...common, values: [power] };
    if (!current) return null;
    if (voltage) return { ...common, values: [current, voltage] };
    if (this.#volts === null) throw this.#wrong("current without voltage: say the supply's, as in --volts 3.6V");
    return { ...common, values: [current], factor: this.#volts };
  }

  #find(names: readonly string[], wanted: Quantity): Column | null {
    const [, form] = NAMES.find(([quantity]) => quantity === wanted) as (typeof NAMES)[number];
    const found = names.flatMap((name, at) => {
      const [, bare = "", unit = ""] = /^(.*?)\s*[([]([^)\]]*)[)\]]$/.exec(name) ?? /^(.*)_([a-zA-Zµ]{1,3})$/.exec(name) ?? [];
      const words = (bare || name).toLowerCase();
      if (!form.test(words.replaceAll("_", " ").trim()) || NOT_THE_MEAN.test(words)) return [];
      const units = UNITS[wanted];
      const known = unit.toLowerCase();
      // The unit of times in ISO 8601 is a word of its own.
      if (unit !== "" && !Object.hasOwn(units, known) && known !== "iso") return [];
      return [{ at, name, scale: units[known] ?? 1 }];
    });
    // Otii records several inputs; the main one is the supply.
    const chosen = found.length > 1 ? found.filter(({ name }) => /^main\b/i.test(name)) : found;
    if (found.length > 1 && chosen.length !== 1) {
      const list = found.map(({ name }) => show(name)).join(", ");
      throw this.#wrong(`several columns of ${wanted} (${list}): leave one in the file`);
    }
    return chosen[0] ?? null;
  }

  #row(line: string, layout: Layout): void {
    const cells = line.split(layout.delimiter);
    const time = this.#timeOf(cells[layout.time.at] ?? "", layout);
    if (time < this.#time) throw this.#wrong(`the time goes back, from ${this.#time} s to ${time} s`);
    this.#time = time;
    this.#rows++;
    let value = layout.factor;
    for (const { at, scale } of layout.values) value *= numberOf(cells[at] ?? "", layout) * scale;
    if (!Number.isFinite(value)) {
      this.#skipped++;
      return;
    }
    if (Number.isNaN(this.#firstAt)) this.#firstAt = time;
    this.#newestAt = time;
    if (layout.counts) this.#count(value);
    else this.#sum.add(value, time);
  }

  #count(joules: number): void {
    if (joules < this.#newest) throw this.#wrong(`the counted energy goes back, from ${this.#newest} J to ${joules} J`);
    if (Number.isNaN(this.#first)) this.#first = joules;
    this.#newest = joules;
  }

  /** In s. */
  #timeOf(cell: string, layout: Layout): number {
    const number = numberOf(cell, layout);
    if (!Number.isNaN(number)) return number * layout.time.scale;
    const text = cell.trim().replace(/^"(.*)"$/, "$1");
    const seconds = isoSeconds(text);
    if (seconds === null) throw this.#wrong(`${show(text)}: not a time; say seconds, or e.g. 2026-04-12T02:31:06.295`);
    return seconds;
  }

  #wrong(problem: string): MeasuredError {
    return new MeasuredError(this.#file, this.#line, problem);
  }
}

/** NaN for what is no number, or none that a meter could mean. Where a semicolon separates the columns a comma may be the decimal point. */
function numberOf(cell: string, { delimiter }: Layout): number {
  const text = cell.trim().replace(/^"(.*)"$/, "$1");
  const point = delimiter === "," ? text : text.replace(",", ".");
  if (!/^[+-]?(?:\d{1,20}(?:\.\d{0,20})?|\.\d{1,20})(?:[eE][+-]?\d{1,3})?$/.test(point)) return Number.NaN;
  const number = Number(point);
  return Math.abs(number) <= LARGEST ? number : Number.NaN;
}
