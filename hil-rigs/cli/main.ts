#!/usr/bin/env node
/** The `whohas-rig` command. Exit codes: 0 all passed or nothing differed; 1 the opposite; 2 wrong words, or a device that is missing here. */
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { endWithOutput } from "../../firmware-ts/cli/contract/broken-output.ts";
import { HELP_STYLE } from "../../firmware-ts/cli/contract/help.ts";
import { type Case, needsOf, type Suite } from "../contract/case.ts";
import type { DutKind } from "../contract/dut.ts";
import { DUTS } from "../duts/index.ts";
import { JOBS as RANDOM_JOBS, type RandomFlags, random } from "../random/command.ts";
import { writeReport } from "../reports/evidence.ts";
import { EXPECTATIONS } from "../run/expectations.ts";
import { globMatches } from "../run/glob.ts";
import { figuresTable, measureCases, measuredTable } from "../run/measure.ts";
import { Refusal } from "../run/refusal.ts";
import { type CaseResult, runCases, staleExpectations } from "../run/runner.ts";
import { holdAgainst, type Versus, versusLine } from "../run/versus.ts";
import { MEASURED_ONLY, SUITES, VIEWS } from "../suites/index.ts";

const NAMED: readonly Suite[] = [...SUITES, ...VIEWS];

const MEASURABLE: readonly Suite[] = [...NAMED, ...MEASURED_ONLY];

const Exit = { DONE: 0, NO: 1, WORDS: 2 } as const;

interface RunFlags {
  case: string[];
  report?: string;
  jobs?: number;
  seed: number;
  verbose: boolean;
}

/** The suites that the commands take, for their help. */
const WHAT: string = `what to run: ${NAMED.map(({ name }) => name).join(", ")}`;

let exit: number = Exit.DONE;
/** Text of commander for standard error. */
let complaint = "";

function suitesOf(names: readonly string[], known: readonly Suite[]): Suite[] {
  return names.map((name) => {
    const suite = known.find((each) => each.name === name);
    if (!suite) throw new Refusal(`no suite "${name}"; there are ${known.map((each) => each.name).join(", ")}`);
    return suite;
  });
}

function casesOf(suites: readonly string[], globs: readonly string[], known: readonly Suite[] = NAMED): Case[] {
  // A case of both a suite and a view of it is played once.
  const cases = [...new Set(suitesOf(suites, known).flatMap((suite) => suite.cases))];
  if (globs.length === 0) return cases;
  const matching = cases.filter((one) => globs.some((glob) => globMatches(glob, one.id)));
  if (matching.length === 0) throw new Refusal(`no case matches ${globs.join(", ")}; "whohas-rig list" shows them`);
  return matching;
}

function dutOf(name: string): DutKind {
  const kind = DUTS.find((each) => each.name === name);
  if (!kind) throw new Refusal(`no DUT "${name}"; there are ${DUTS.map((each) => each.name).join(", ")}`);
  const missing = kind.missing();
  if (missing !== null) throw new Refusal(`${name} cannot be had here: it needs ${missing}`);
  return kind;
}

function list(suites: readonly string[]): void {
  for (const { name, title, cases } of suites.length === 0 ? SUITES : suitesOf(suites, MEASURABLE)) {
    console.log(`${name}: ${title}, ${cases.length} cases`);
    for (const one of cases) {
      const { id, title: what } = one;
      const needs = needsOf(one);
      console.log(`  ${id.padEnd(34)} ${what}${needs.length > 0 ? ` (needs ${needs.join(", ")})` : ""}`);
    }
  }
  if (suites.length > 0) return;
  console.log("parts of these suites:");
  for (const { name, title, cases } of VIEWS) console.log(`  ${name.padEnd(34)} ${title}, ${cases.length} cases`);
  console.log("devices under test:");
  for (const kind of DUTS) {
    const missing = kind.missing();
    console.log(`  ${kind.name.padEnd(34)} ${kind.description}${missing === null ? "" : `; here it lacks ${missing}`}`);
  }
}

function tell(result: CaseResult, verbose: boolean): void {
  const { case: one, status, reason, took, again } = result;
  if (again !== "" && status === "passed") console.log(`unsteady ${one.id} passed alone, but with others beside it: ${again}`);
  if (status === "passed" && !verbose) return;
  console.log(`${status.padEnd(8)} ${one.id} ${reason === "" ? one.title : reason} (${Math.round(took)} ms)`);
}

function summarise(kind: DutKind, results: readonly CaseResult[], took: number): void {
  const count = (status: string): number => results.filter((result) => result.status === status).length;
  const checks = results.flatMap((result) => result.trace?.checks ?? []);
  const failed = checks.filter((check) => !check.passed).length;
  const [passed, no, expected, skipped] = ["passed", "failed", "expected", "skipped"].map(count);
  const cases = `${passed} passed, ${no} failed, ${expected} as expected, ${skipped} skipped`;
  console.log(`${kind.name}: ${cases}; ${checks.length} checks, ${failed} not ok; ${(took / 1000).toFixed(1)} s`);
  for (const { case: id, reason } of staleExpectations(results, EXPECTATIONS)) {
    console.log(`stale: ${id} passes on ${kind.name}, yet is expected not to: ${reason}`);
  }
}

async function runOn(kind: DutKind, cases: readonly Case[], flags: RunFlags, quiet = false): Promise<CaseResult[]> {
  const started = performance.now();
  const { jobs, seed, verbose } = flags;
  const results = await runCases(kind, cases, {
    ...(jobs === undefined ? {} : { jobs }),
    seed,
    expectations: EXPECTATIONS,
    onResult: (result) => {
      if (!quiet) tell(result, verbose);
    },
  });
  if (flags.report !== undefined) writeReport(flags.report, results);
  summarise(kind, results, performance.now() - started);
  if (results.some((result) => result.status === "failed")) exit = Exit.NO;
  return results;
}

/** Compares each device after the first with the first. */
async function compare(kinds: readonly DutKind[], cases: readonly Case[], flags: RunFlags): Promise<void> {
  const results: CaseResult[][] = [];
  for (const kind of kinds) results.push(await runOn(kind, cases, flags, true));
  for (const result of results.flat()) if (result.status === "failed") tell(result, false);
  const [first, ...others] = kinds as [DutKind, ...DutKind[]];
  const found: Versus[] = [];
  for (const [at, other] of others.entries()) {
    const pair = [first, other] as const;
    const both = [results[0] as CaseResult[], results[at + 1] as CaseResult[]] as const;
    const against = await holdAgainst(pair, both, { seed: flags.seed, expectations: EXPECTATIONS });
    for (const one of against) tellVersus(one, pair);
    if (others.length > 1) console.log(`${other.name} against ${first.name}: ${versusLine(against)}`);
    found.push(...against);
  }
  console.log(versusLine(found));
  if (found.some(({ outcome }) => outcome === "different")) exit = Exit.NO;
}

function tellVersus({ id, title, outcome, reason, differences }: Versus, kinds: readonly DutKind[]): void {
  if (outcome === "same") return;
  console.log(`${outcome.padEnd(9)} ${id} ${title}${reason === "" ? "" : ` (${reason})`}`);
  const width = Math.max(...kinds.map((kind) => kind.name.length));
  for (const { where, left, right } of differences) {
    console.log(`  ${where}`);
    for (const [at, text] of [left, right].entries()) {
      console.log(`    ${kinds[at]?.name.padEnd(width)} ${(text || "nothing").replaceAll("\n", "\n      ")}`);
    }
  }
}

interface MeasureFlags {
  dut: string;
  case: string[];
  runs: number;
  seed: number;
}

async function measure(suites: readonly string[], flags: MeasureFlags): Promise<void> {
  const cases = casesOf(suites, flags.case, MEASURABLE);
  const measured = await measureCases(dutOf(flags.dut), cases, flags.runs, flags.seed);
  const counted = measured.filter(({ figures }) => figures.length === 0);
  const noted = measured.filter(({ figures }) => figures.length > 0);
  if (counted.length > 0) process.stdout.write(measuredTable(counted));
  if (noted.length > 0) process.stdout.write(figuresTable(noted));
  for (const { case: one, failures } of measured) {
    if (failures.length === 0) continue;
    exit = Exit.NO;
    console.log(`${failures.length} of ${flags.runs} runs of ${one.id} failed, the first at: ${failures[0]}`);
  }
}

function twoDuts(names: string): [DutKind, DutKind] {
  const [a, b, ...more] = names.split(",");
  if (a === undefined || b === undefined || more.length > 0) throw new Refusal("--duts takes two names: linux,whohas-sim");
  return [dutOf(a), dutOf(b)];
}

function severalDuts(names: string): DutKind[] {
  const kinds = names.split(",").map(dutOf);
  if (kinds.length < 2) throw new Refusal("--duts takes two names or more, the reference first: linux,whohas-sim,whohas-wire");
  return kinds;
}

function whole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("say a whole number");
  return Number(text);
}

function collect(value: string, previous: string[]): string[] {
  return [...previous, value];
}

function withRunFlags(command: Command): Command {
  return command
    .option("--case <glob>", "only cases whose id matches, * for anything; repeatable", collect, [])
    .option("--report <dir>", "write results, and the evidence of what failed")
    .option("--jobs <number>", "cases at once where time is real (16)", whole)
    .option("--seed <number>", "of what is random in our stack", whole, 1)
    .option("--verbose", "also the cases that passed", false);
}

const program: Command = new Command("whohas-rig")
  .description("The same cases against any device under test: the kernel, our stack in virtual time, our stack on a wire.")
  .exitOverride()
  .configureOutput({
    writeErr: (text) => {
      complaint += text;
    },
  })
  .configureHelp(HELP_STYLE);

program
  .command("list")
  .argument("[suite...]", "default: all of them, their parts, and the devices")
  .description("suites, their cases, devices under test")
  .action(list);

withRunFlags(program.command("run").argument("<suite...>", WHAT).description("run suites on one device"))
  .requiredOption("--dut <dut>", "the device")
  .action(async (suites: string[], flags: RunFlags & { dut: string }) => {
    await runOn(dutOf(flags.dut), casesOf(suites, flags.case), flags);
  });

withRunFlags(
  program
    .command("compare")
    .argument("<suite...>", WHAT)
    .description("run suites on several devices and print where the others differ from the first"),
)
  .requiredOption("--duts <a,b,...>", "the devices, the reference first")
  .action(async (suites: string[], flags: RunFlags & { duts: string }) => {
    await compare(severalDuts(flags.duts), casesOf(suites, flags.case), flags);
  });

program
  .command("random")
  .description("play random scripts to two devices and stop at the first difference, with the shortest script that shows it")
  .option("--duts <a,b>", "the two devices", "linux,whohas-sim")
  .option("--seed <number>", "of the first script; the others follow", whole, 1)
  .option("--scripts <number>", "scripts to play", whole, 50)
  .option("--steps <number>", "steps of each", whole, 200)
  .option("--family <4|6>", "one address family only")
  .option("--without <word>", "leave a word of the vocabulary out; repeatable", collect, [])
  .option("--replay <file|seed>", "play this script only; repeatable", collect, [])
  .option("--keep-going", "play all scripts, and show each kind of difference once", false)
  .option("--shrink <number>", "differences to make short at most", whole, 8)
  .option("--jobs <number>", "scripts at once where time is real", whole, RANDOM_JOBS)
  .option("--report <dir>", "where the scripts that differ go (whohas-random in the directory for temporary files)")
  .action(async (flags: RandomFlags & { duts: string }) => {
    exit = (await random(twoDuts(flags.duts), flags)) ? Exit.DONE : Exit.NO;
  });

program
  .command("measure")
  .argument("<suite...>", `what to run: ${MEASURABLE.map(({ name }) => name).join(", ")}`)
  .description("run cases many times on one device and print how many frames each took")
  .requiredOption("--dut <dut>", "the device")
  .option("--case <glob>", "only cases whose id matches, * for anything; repeatable", collect, [])
  .option("--runs <number>", "of each case; in real time all at once", whole, 16)
  .option("--seed <number>", "the first run's, of what is random in our stack", whole, 1)
  .action(measure);

endWithOutput();
try {
  await program.parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError) {
    exit = error.exitCode === 0 ? Exit.DONE : Exit.WORDS;
    const help = error.code === "commander.help";
    if (exit !== Exit.DONE) console.error(help ? complaint.trimEnd() : `whohas-rig: ${error.message.replace(/^error: /, "")}`);
  } else if (error instanceof Refusal) {
    exit = Exit.WORDS;
    console.error(`whohas-rig: ${error.message}`);
  } else {
    exit = Exit.NO;
    console.error(error);
  }
}
process.exitCode = exit;
