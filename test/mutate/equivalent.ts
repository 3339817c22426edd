/**
 * Mutants that change nothing anybody could notice, each with the reason. They are told by their texts, not by a line number, and do not
 * count. A mutant that merely lacks a test has no place here; test/mutate/mutate.test.ts holds that each of these is still a mutant.
 */
import type { Mutant } from "./operators.ts";

export interface Equivalent {
  readonly file: string;
  /** The named function around it, where the same text stands in several. */
  readonly within?: string;
  /** As the list of survivors prints it. */
  readonly before: string;
  readonly after: string;
  readonly why: string;
}

export const EQUIVALENT: readonly Equivalent[] = [
  {
    file: "drivers/e1000/guard.ts",
    before: "#ral = 0;",
    after: "#ral = 1;",
    why: "begin() sets it before the first look",
  },
  {
    file: "drivers/e1000/guard.ts",
    before: "#rah = 0;",
    after: "#rah = 1;",
    why: "begin() sets it before the first look",
  },
];

export function isEquivalent(mutant: Mutant): boolean {
  return EQUIVALENT.some((each) => matches(each, mutant));
}

export function matches({ file, within, before, after }: Equivalent, mutant: Mutant): boolean {
  if (within !== undefined && within !== mutant.within) return false;
  return file === mutant.file && before === mutant.before && after === mutant.after;
}
