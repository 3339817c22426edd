/** Suites, cases and devices under test by the names that users type. */
import { InvalidArgumentError } from "commander";
import type { Case, Suite } from "../../contract/case.ts";
import type { DutKind } from "../../contract/dut.ts";
import { DUTS } from "../../duts/index.ts";
import { globMatches } from "../../run/glob.ts";
import { Refusal } from "../../run/refusal.ts";
import { MEASURED_ONLY, SUITES, VIEWS } from "../../suites/index.ts";

const NAMED: readonly Suite[] = [...SUITES, ...VIEWS];

export const MEASURABLE: readonly Suite[] = [...NAMED, ...MEASURED_ONLY];

/** The suites that a command takes, for its help. */
export function whatToRun(known: readonly Suite[] = NAMED): string {
  return `what to run: ${known.map(({ name }) => name).join(", ")}`;
}

export function suitesOf(names: readonly string[], known: readonly Suite[]): Suite[] {
  return names.map((name) => {
    const suite = known.find((each) => each.name === name);
    if (!suite) throw new Refusal(`no suite "${name}"; there are ${known.map((each) => each.name).join(", ")}`);
    return suite;
  });
}

export function casesOf(suites: readonly string[], globs: readonly string[], known: readonly Suite[] = NAMED): Case[] {
  // A case of both a suite and a view of it is played once.
  const cases = [...new Set(suitesOf(suites, known).flatMap((suite) => suite.cases))];
  if (globs.length === 0) return cases;
  const matching = cases.filter((one) => globs.some((glob) => globMatches(glob, one.id)));
  if (matching.length === 0) throw new Refusal(`no case matches ${globs.join(", ")}; "whohas-rig list" shows them`);
  return matching;
}

export function dutOf(name: string): DutKind {
  const kind = DUTS.find((each) => each.name === name);
  if (!kind) throw new Refusal(`no DUT "${name}"; there are ${DUTS.map((each) => each.name).join(", ")}`);
  const missing = kind.missing();
  if (missing !== null) throw new Refusal(`${name} cannot be had here: it needs ${missing}`);
  return kind;
}

export function twoDuts(names: string): [DutKind, DutKind] {
  const [a, b, ...more] = names.split(",");
  if (a === undefined || b === undefined || more.length > 0) throw new Refusal("--duts takes two names: linux,whohas-sim");
  return [dutOf(a), dutOf(b)];
}

export function severalDuts(names: string): DutKind[] {
  const kinds = names.split(",").map(dutOf);
  if (kinds.length < 2) throw new Refusal("--duts takes two names or more, the reference first: linux,whohas-sim,whohas-wire");
  return kinds;
}

/** Readers of options. */
export function whole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("say a whole number");
  return Number(text);
}

export function collect(value: string, previous: string[]): string[] {
  return [...previous, value];
}
