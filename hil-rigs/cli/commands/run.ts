/** `whohas-rig run` and `whohas-rig compare`. */
import type { Command } from "commander";
import type { Case } from "../../contract/case.ts";
import type { DutKind } from "../../contract/dut.ts";
import { EXPECTATIONS } from "../../run/expectations.ts";
import type { CaseResult } from "../../run/runner.ts";
import { holdAgainst, type Versus, versusLine } from "../../run/versus.ts";
import { type AddCommand, Exit } from "../kit/exit.ts";
import { type FilterFlags, globsOf, withFilter } from "../kit/filter.ts";
import { casesOf, dutOf, severalDuts, whatToRun, whole } from "../kit/named.ts";
import { linesOf, type RunFlags, Session } from "../kit/session.ts";

export const addRun: AddCommand = (program, end) => {
  withRunFlags(program.command("run").argument("<suite...>", whatToRun()).description("run suites on one device"))
    .requiredOption("--dut <dut>", "the device")
    .action(async (suites: string[], flags: Flags & { dut: string }) => {
      const kind = dutOf(flags.dut);
      const session = new Session([kind], chosen(suites, flags), flags);
      const results = await session.play(kind);
      session.report();
      if (results.some(({ status }) => status === "failed")) end(Exit.NO);
      if (session.interrupted) end(Exit.INTERRUPTED);
    });
};

export const addCompare: AddCommand = (program, end) => {
  withRunFlags(
    program
      .command("compare")
      .argument("<suite...>", whatToRun())
      .description("run suites on several devices and print where the others differ from the first"),
  )
    .requiredOption("--duts <a,b,...>", "the devices, the reference first")
    .action(async (suites: string[], flags: Flags & { duts: string }) => {
      const kinds = severalDuts(flags.duts);
      const session = new Session(kinds, chosen(suites, flags), flags);
      const results: CaseResult[][] = [];
      for (const kind of kinds) results.push(await session.play(kind, true));
      session.report();
      const failed = results.flat().filter(({ status }) => status === "failed");
      for (const result of failed) for (const line of linesOf(result, false)) console.log(line);
      if (failed.length > 0) end(Exit.NO);
      if (session.interrupted) end(Exit.INTERRUPTED);
      else if (await differ(kinds, results, flags)) end(Exit.NO);
    });
};

type Flags = RunFlags & FilterFlags;

function chosen(suites: readonly string[], flags: Flags): Case[] {
  return casesOf(suites, globsOf(flags));
}

/** Holds each device after the first against the first, and prints what differs. Returns whether anything does. */
async function differ(
  kinds: readonly DutKind[],
  results: readonly (readonly CaseResult[])[],
  { seed }: RunFlags,
): Promise<boolean> {
  const [first, ...others] = kinds as [DutKind, ...DutKind[]];
  const found: Versus[] = [];
  for (const [at, other] of others.entries()) {
    const pair = [first, other] as const;
    const both = [results[0] as CaseResult[], results[at + 1] as CaseResult[]] as const;
    const against = await holdAgainst(pair, both, { seed, expectations: EXPECTATIONS });
    for (const one of against) tellVersus(one, pair);
    if (others.length > 1) console.log(`${other.name} against ${first.name}: ${versusLine(against)}`);
    found.push(...against);
  }
  console.log(versusLine(found));
  return found.some(({ outcome }) => outcome === "different");
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

function withRunFlags(command: Command): Command {
  return withFilter(command)
    .option("--report <dir>", "write the results: a page, data, TAP, JUnit, captures, and the evidence of what failed")
    .option("--rerun-failed", "only cases that failed in the report that is there", false)
    .option("--jobs <number>", "cases at once where time is real (16)", whole)
    .option("--seed <number>", "of what is random in our stack", whole, 1)
    .option("--verbose", "also the cases that passed", false);
}
