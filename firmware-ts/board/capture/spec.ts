/** The destination of a capture, as people write it: `FILE,size=10M,every=1h,keep=5`. */
import { parseDuration, parseInteger, UnitError } from "../rig/units.ts";

/** The path that stands for standard output. */
export const STANDARD_OUTPUT = "-";

export interface CaptureSpec {
  readonly path: string;
  /** A new file begins before the present one has more than so many bytes. */
  readonly size?: number;
  /** A new file begins after so many ms. */
  readonly every?: number;
  /** Files that are kept, the present one included: FILE, FILE.1, FILE.2 … */
  readonly keep: number;
}

const KEEP = 5;
const MAX_KEEP = 1000;
const FACTORS: Readonly<Record<string, number>> = { k: 1 << 10, M: 1 << 20, G: 1 << 30 };
/** Smaller files would be all headers. */
const MIN_SIZE = 4096;
/** Shortest time for one file, in ms. */
const MIN_EVERY = 1000;

const KEYS: readonly string[] = ["size", "every", "keep"];

/** @throws UnitError */
export function parseCaptureSpec(text: string): CaptureSpec {
  const words = text.split(",");
  const options = new Map<string, string>();
  for (;;) {
    const [, key, value] = /^([a-z]+)=(.*)$/.exec(words.at(-1) ?? "") ?? [];
    if (key === undefined || value === undefined || words.length === 1) break;
    if (!KEYS.includes(key)) throw new UnitError(`${key}=: there are size=, every= and keep=`);
    if (options.has(key)) throw new UnitError(`${key}= is given twice`);
    options.set(key, value);
    words.pop();
  }
  const path = words.join(",");
  if (path === "") throw new UnitError("a capture needs a file, as in c.pcapng,size=10M,keep=5");
  if (path === STANDARD_OUTPUT && options.size > 0)
    throw new UnitError("-, which is standard output, is one file: no size=, every= or keep=");
  const [size, every, keep] = KEYS.map((key) => options.get(key));
  if (keep !== undefined && size === undefined && every === undefined) {
    throw new UnitError("keep= needs size= or every=, which say when a new file begins");
  }
  return {
    path,
    ...(size === undefined ? {} : { size: parseSize(size) }),
    ...(every === undefined ? {} : { every: parseEvery(every) }),
    keep: keep === undefined ? KEEP : parseInteger(keep, 1, MAX_KEEP),
  };
}

function parseSize(text: string): number {
  const [, number, unit] = /^([1-9]\d{0,8})([kMG])$/.exec(text) ?? [];
  const size = Number(number) * (FACTORS[unit ?? ""] ?? Number.NaN);
  if (!(size >= MIN_SIZE)) throw new UnitError(`size=${text}: say a size of 4k or more, e.g. 10M or 1G`);
  return size;
}

function parseEvery(text: string): number {
  const every = parseDuration(text);
  if (every < MIN_EVERY) throw new UnitError(`every=${text}: say 1s or more`);
  return every;
}
