/**
 * Readings as the text of a file. The first line is a JSON object with the names of the values and a sum over the rest; each other line
 * is a JSON array: the reading's number, its time in ms since 1970, and its values, null for none.
 */
import { TakenReading } from "./reading.ts";

const FORM = "whohas readings 1";

/** Bytes that a file of so many readings may have: numbers of JSON have at most 25 characters. */
export function mostBytes(readings: number, channels: number): number {
  return 4096 + readings * (channels + 2) * 26 + channels * 128;
}

/** @param epoch ms since 1970 at clock time 0 */
export function writeReadings(names: readonly string[], readings: readonly TakenReading[], epoch: number): string {
  const lines = readings.map(({ seq, at, wall, values }) =>
    JSON.stringify([seq, wall ?? Math.round(epoch + at), ...values.map((value) => (Number.isFinite(value) ? value : null))]),
  );
  const body = lines.map((line) => `${line}\n`).join("");
  return `${JSON.stringify({ form: FORM, names, readings: readings.length, sum: sumOf(body) })}\n${body}`;
}

/**
 * Reads them, and puts values in the order of `names`: one whose name is gone is left out, one that is new is missing. Of more than
 * `most` readings the newest are kept.
 * @returns the readings, or why the text is none of ours
 */
export function readReadings(text: string, names: readonly string[], most: number): readonly TakenReading[] | string {
  const end = text.indexOf("\n") + 1;
  const head = parsed(text.slice(0, end));
  if (typeof head !== "object" || head === null || Array.isArray(head)) return "its first line is not that of a store";
  const { form, names: written, readings: count, sum } = head as Record<string, unknown>;
  if (form !== FORM) return "its first line is not that of a store";
  if (!isNames(written)) return "the names of its values are no names";
  const body = text.slice(end);
  if (sumOf(body) !== sum) return "its sum is wrong: it was damaged, or changed by hand";
  const lines = body.split("\n").slice(0, -1);
  if (lines.length !== count) return `it says ${String(count)} readings and has ${lines.length}`;
  const places = names.map((name) => written.indexOf(name));
  const found: TakenReading[] = [];
  for (const [at, line] of lines.entries()) {
    const reading = readLine(line, written.length, places);
    if (reading === null) return `line ${at + 2} is no reading`;
    if (at >= lines.length - most) found.push(reading);
  }
  return found;
}

function readLine(line: string, width: number, places: readonly number[]): TakenReading | null {
  const row = parsed(line);
  if (!Array.isArray(row) || row.length !== 2 + width) return null;
  const [seq, wall, ...values] = row as unknown[];
  if (!Number.isSafeInteger(seq) || (seq as number) < 1) return null;
  if (!Number.isSafeInteger(wall) || (wall as number) < 0) return null;
  if (!values.every((value) => value === null || Number.isFinite(value))) return null;
  const ordered = places.map((place) => (place < 0 ? Number.NaN : ((values[place] as number | null) ?? Number.NaN)));
  return new TakenReading(seq as number, 0, ordered, wall as number);
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === "string") && new Set(value).size === value.length;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** FNV-1a, 32 bits, over UTF-16 code units: finds damage, and keeps nobody from making a file. */
function sumOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}
