/** Damages to a rig file that is good, and the exact lines that its author reads. */
import { readFileSync } from "node:fs";
import t from "tap";
import { parseRig, RigError } from "../../../firmware-ts/board/rig-file.ts";

/** In bench-pico.yaml, `from` becomes `to`. */
type Damage = readonly [what: string, from: string, to: string, ...lines: string[]];

const GOOD = readFileSync(new URL("../../fixtures/rigs/bench-pico.yaml", import.meta.url), "utf8");

/** The messages of parseRig about a text, line by line; empty when there are none. */
function complaints(text: string): string[] {
  try {
    parseRig(text, "f");
    return [];
  } catch (error) {
    if (!(error instanceof RigError)) throw error;
    return error.message.split("\n");
  }
}

/** One test for each. */
export function refused(damages: readonly Damage[]): void {
  for (const [what, from, to, ...lines] of damages) {
    t.test(what, async (t) => {
      t.equal(GOOD.split(from).length, 2, `the good file has ${from} once`);
      t.strictSame(complaints(GOOD.replace(from, () => to)), lines);
    });
  }
}
