/** `npm run fuzz`: plays hostile input to all targets, says what came of it, and writes what ended badly to a file. */
import { mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { ROOT } from "../support/sources.ts";
import { keep, readCorpus } from "./corpus.ts";
import { type Found, fuzz, type Row } from "./fuzzer.ts";
import { progressLine, table } from "./report.ts";
import { catchStrays, load, replay, save, shrink } from "./session.ts";
import type { Target } from "./target.ts";
import { TARGETS } from "./targets/index.ts";

interface Options {
  minutes: number;
  frames: number;
  seed: string;
  target: Target[];
  replay?: string;
  keep: boolean;
}

const FINDINGS = join(ROOT, ".tap", "fuzz");
const LINE_EVERY = 1000;

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("a number above 0, please");
  return value;
}

function targetNamed(text: string, before: Target[]): Target[] {
  return [...before, find(text)];
}

function find(name: string): Target {
  const target = TARGETS.find((one) => one.name === name);
  if (target) return target;
  throw new InvalidArgumentError(`no target ${name}; there are ${TARGETS.map((one) => one.name).join(", ")}`);
}

async function playAgain(path: string): Promise<number> {
  const recording = load(path);
  const failure = await replay(find(recording.target), recording);
  console.log(failure ? `${failure.complaint}: ${failure.message}` : `${recording.pieces.length} inputs played, nothing was wrong`);
  return failure ? 1 : 0;
}

async function write({ recording, failure }: Found): Promise<void> {
  const shorter = await shrink(find(recording.target), recording, failure);
  mkdirSync(FINDINGS, { recursive: true });
  const path = join(FINDINGS, `${recording.seed.replace(/[^\w.-]+/g, "-")}.json`);
  save(path, shorter, failure);
  const where = relative(process.cwd(), path);
  console.log(`${recording.target}: ${failure.complaint}: ${failure.message}`);
  console.log(`  ${shorter.pieces.length} inputs do it: npm run fuzz -- --replay ${where}`);
}

async function run({ minutes, frames, seed, target, keep: keeps }: Options): Promise<number> {
  const started = Date.now();
  const end = started + minutes * 60_000;
  let told = started;
  const progress = (rows: readonly Row[]): void => {
    if (!process.stdout.isTTY || Date.now() - told < LINE_EVERY) return;
    told = Date.now();
    process.stdout.write(`\r${progressLine(rows, (told - started) / 1000)}\x1b[K`);
  };
  const over = (): boolean => Date.now() >= end;
  const targets = target.length > 0 ? target : TARGETS;
  const outcome = await fuzz({ seed, targets, corpus: readCorpus(), frames, over, progress });
  const seconds = (Date.now() - started) / 1000;
  if (process.stdout.isTTY) process.stdout.write("\r\x1b[K");
  for (const line of table(outcome.rows)) console.log(line);
  console.log(`seed ${seed}: ${progressLine(outcome.rows, seconds)}`);
  for (const found of outcome.found) await write(found);
  if (keeps) for (const [one, pieces] of outcome.discovered) console.log(`${one.name}: ${keep(one.corpus, pieces)} inputs kept`);
  return outcome.found.length > 0 ? 1 : 0;
}

const command = new Command("fuzz")
  .description("plays hostile input to the stack, its drivers, chip models, bridges and readers, in virtual time")
  .option("--minutes <n>", "time, in minutes of this machine; with --frames no less than that many", positive)
  .option("--frames <n>", "inputs of all targets together: the same number gives the same run", positive)
  .option("--seed <s>", "where everything random comes from", "1")
  .option("--target <name>", "one of the targets; may be given several times (default: all)", targetNamed, [])
  .option("--replay <file>", "plays a file that an earlier run has written")
  .option("--keep", "adds inputs that did something new to the corpus", false);
command.parse();
const given = command.opts<Partial<Options>>();
const stop = catchStrays();
const frames = given.frames ?? Number.POSITIVE_INFINITY;
const minutes = given.minutes ?? (given.frames === undefined ? 2 : Number.POSITIVE_INFINITY);
const { seed = "1", target = [], keep: keeps = false } = given;
process.exitCode = given.replay ? await playAgain(given.replay) : await run({ minutes, frames, seed, target, keep: keeps });
stop();
