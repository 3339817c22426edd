/**
 * Which functions each test file calls: measured once, kept in .tap/mutate, and measured again for files whose text has changed. A source
 * that has changed meanwhile keeps its functions' names, mostly; a function that nobody knows is tried with every file that calls another
 * function of its source.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, posix } from "node:path";
import { apart, below } from "../support/files.ts";
import { scratch } from "../support/own.ts";
import { ROOT, sourcesIn } from "../support/sources.ts";
import { telling, translated } from "./functions.ts";
import { playApart, playTogether, substitute } from "./process.ts";

/** The rooms whose sources are mutated. */
export const ROOMS: readonly string[] = [
  "firmware-ts/neigh",
  "firmware-ts/ip",
  "firmware-ts/ip4",
  "firmware-ts/transport",
  "firmware-ts/net",
  "drivers",
  "hal/bridges",
];

/** The rooms of tests that are to notice, those in virtual time. */
const NOTICING: readonly string[] = [
  "test/firmware-ts/neigh/",
  "test/firmware-ts/ip/",
  "test/firmware-ts/ip4/",
  "test/firmware-ts/transport/",
  "test/firmware-ts/net/",
  "test/firmware-ts/control/methods/",
  "test/firmware-ts/control/iproute/",
  "test/drivers/",
  "test/hal/bridges/",
  "test/compliance/",
];
/** Those next to a kernel, QEMU or an emulated chip, and the rig's cases on our stack: they are asked last, a process each. */
const NOTICING_APART: RegExp =
  /^test\/(?:firmware-ts\/(?:neigh|ip|ip4|transport|net|control\/iproute)|drivers|hal\/bridges|compliance|hil-rigs\/run)\//;

/** Time of processor, in ms, of a file that is asked behind the others however near it is: those with an emulated MCU. */
const LONG = 8000;

const KEPT = join(ROOT, ".tap/mutate");

/** The functions that a test file calls, by source. */
export interface Reach {
  readonly file: string;
  readonly apart: boolean;
  /** Time of processor that it takes, in ms. */
  readonly cpu: number;
  readonly reached: ReadonlySet<string>;
}

interface Kept {
  readonly text: string;
  readonly passed: boolean;
  readonly cpu: number;
  readonly reached: readonly string[];
}

/** The sources to be mutated, by path. */
export function mutable(): Map<string, string> {
  return new Map([...sourcesIn(ROOT, ROOMS)].filter(([file]) => !file.endsWith(".d.ts")).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * The reach of every test file that passes.
 * @param say is told what is measured, and which files are left out because they fail unchanged
 */
export async function measureReach(say: (line: string) => void): Promise<Reach[]> {
  mkdirSync(KEPT, { recursive: true });
  const quick = below(...NOTICING);
  const slow = apart().filter((file) => NOTICING_APART.test(file));
  const known = new Map<string, Kept>();
  for (const file of [...quick, ...slow]) {
    const kept = read(file);
    if (kept && kept.text === digest(file)) known.set(file, kept);
  }
  const missing = (files: readonly string[]): string[] => files.filter((file) => !known.has(file));
  const todo = [missing(quick), missing(slow)] as const;
  if (todo[0].length + todo[1].length > 0) {
    say(`measuring what ${todo[0].length} and, apart, ${todo[1].length} test files reach …`);
    const folder = scratch("telling");
    for (const [file, text] of mutable()) substitute(folder, file, translated(file, telling(file, text)));
    const note = (line: string): void => {
      const { file, passed, cpu, reached } = JSON.parse(line) as Kept & { file: string };
      if (!quick.includes(file) && !slow.includes(file)) return;
      const kept = { text: digest(file), passed, cpu, reached };
      known.set(file, kept);
      writeFileSync(keptAt(file), JSON.stringify(kept));
    };
    // In parts, so that what is known is kept when somebody ends this.
    for (const part of parts(todo[0], 12)) (await playTogether(part, folder)).forEach(note);
    for (const file of todo[1]) (await playApart(file, folder)).forEach(note);
    rmSync(folder, { recursive: true });
  }
  for (const file of readdirSync(KEPT))
    if (![...known.keys()].some((each) => keptAt(each).endsWith(`/${file}`))) rmSync(join(KEPT, file));
  const reaches: Reach[] = [];
  for (const [file, { passed, cpu, reached }] of known) {
    if (passed) reaches.push({ file, apart: slow.includes(file), cpu, reached: new Set([...reached, ...constantsOf(file)]) });
    else say(`left out: ${file} fails without a mutant`);
  }
  return reaches;
}

/**
 * The test files that reach a function: the nearest first, long ones behind the others, those next to a kernel last. What a module does
 * when it is loaded is reached by those that call a function of it or of a source that imports it.
 */
export function reaching(
  reaches: readonly Reach[],
  file: string,
  within: string,
  imports: Imports = importsOf(mutable()),
): Reach[] {
  const reached = (wanted: (name: string) => boolean): Reach[] => reaches.filter(({ reached }) => [...reached].some(wanted));
  const known = within === "" ? [] : reached((name) => name === `${file}#${within}`);
  const sources = within === "" ? [...importing(reaches, file, imports)] : [file];
  const found = known.length > 0 ? known : reached((name) => sources.includes(name.slice(0, name.indexOf("#"))));
  return found.sort(
    (a, b) =>
      Number(a.apart) - Number(b.apart) ||
      Number(a.cpu > LONG) - Number(b.cpu > LONG) ||
      nearness(b.file, file) - nearness(a.file, file) ||
      a.cpu - b.cpu ||
      (a.file < b.file ? -1 : 1),
  );
}

/** The sources that each source imports. */
export type Imports = ReadonlyMap<string, readonly string[]>;

export function importsOf(sources: ReadonlyMap<string, string>): Imports {
  return new Map([...sources].map(([file, text]) => [file, importedBy(file, text)]));
}

function importedBy(file: string, text: string): string[] {
  return [...text.matchAll(/ from "(\.[^"]+)"/g)].map(([, path = ""]) => posix.join(posix.dirname(file), path));
}

/** The sources that a test file imports by itself, whose constants it may know without calling anything: a name of no function for each. */
function constantsOf(file: string): string[] {
  return importedBy(file, readFileSync(join(ROOT, file), "utf8")).map((source) => `${source}#`);
}

/** The source and those that import it, through those that have no function to call. */
function importing(reaches: readonly Reach[], file: string, imports: Imports): Set<string> {
  const found = new Set([file]);
  for (const source of found) {
    const called =
      source !== file &&
      reaches.some(({ reached }) => [...reached].some((name) => name.startsWith(`${source}#`) && !name.endsWith("#")));
    if (called) continue;
    for (const [other, imported] of imports) if (imported.includes(source)) found.add(other);
  }
  return found;
}

/** Number of leading folders and names that the test's path shares with the source's; the test of the source's own name is nearest. */
function nearness(test: string, source: string): number {
  const a = test
    .replace(/^test\//, "")
    .replace(/\.test\.ts$/, "")
    .split("/");
  const b = source.replace(/\.ts$/, "").split("/");
  let shared = 0;
  while (shared < a.length && a[shared] === b[shared]) shared++;
  return shared;
}

function parts(files: readonly string[], length: number): string[][] {
  return Array.from({ length: Math.ceil(files.length / length) }, (_, at) => files.slice(at * length, (at + 1) * length));
}

function keptAt(file: string): string {
  return join(KEPT, `${file.replaceAll("/", "+")}.json`);
}

function read(file: string): Kept | null {
  try {
    return JSON.parse(readFileSync(keptAt(file), "utf8")) as Kept;
  } catch {
    return null;
  }
}

function digest(file: string): string {
  return createHash("sha1")
    .update(readFileSync(join(ROOT, file)))
    .digest("hex");
}
