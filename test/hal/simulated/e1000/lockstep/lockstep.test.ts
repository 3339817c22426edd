/**
 * Our model and QEMU's in lock-step: the same operations, drawn from a seed, on both; after each of them registers, interrupt line,
 * all of the shared memory and the frames on the wire have to be the same. deviations.ts lists the exceptions.
 *
 * A difference is told with its seed and step, and with the fewest operations that show it. LOCKSTEP_SEED=n plays that seed alone.
 */
import t from "tap";
import { skip } from "../../../bridges/qemu/bench.ts";
import { DEVIATIONS } from "./deviations.ts";
import { type Difference, describe, draw, play, shrink, Tally } from "./differ.ts";
import type { Operation } from "./operations.ts";

const OPERATIONS = 2000;
const PHASE = 400;
/** Plays that shrinking may take: each some 2 s. */
const SHRINKING = 20;
const { LOCKSTEP_SEED } = process.env;
const SEEDS: readonly number[] = LOCKSTEP_SEED ? [Number(LOCKSTEP_SEED)] : [1, 2, 3, 4, 5];

async function report(seed: number, operations: readonly Operation[], difference: Difference): Promise<string> {
  const fewest = await shrink(operations.slice(0, difference.step + 1), SHRINKING);
  const steps = fewest.map((operation) => `\n  ${describe(operation)}`).join("");
  return `seed ${seed}, step ${difference.step}, ${describe(difference.operation)}: ${difference.what}; as short as:${steps}`;
}

t.test("10,000 random operations agree", { skip }, async (t) => {
  const tally = new Tally();
  // Most of the time is spent waiting for QEMU to receive again after RCTL was written: all seeds wait together.
  const runs = SEEDS.map(async (seed) => {
    const operations = draw(seed, OPERATIONS, PHASE);
    return { seed, operations, difference: await play(operations, tally) };
  });
  for (const { seed, operations, difference } of await Promise.all(runs)) {
    if (difference) t.fail(await report(seed, operations, difference));
    else t.pass(`seed ${seed}`);
  }
  t.comment(`${tally.operations} operations: ${tally.sent} frames sent, ${tally.stored} stored, ${tally.interrupts} interrupts`);
  if (LOCKSTEP_SEED) return;
  t.equal(tally.operations, SEEDS.length * OPERATIONS);
  // The comparison is worth something: a lot happened.
  t.ok(tally.sent > 1000 && tally.stored > 800 && tally.interrupts > 300, "frames both ways, and interrupts");
});

t.test("a difference is found, told and made short", { skip }, async (t) => {
  const operations = draw(6, 20, 20);
  // A word of memory that only one of the two gets: as if a descriptor had been written back differently.
  const wrong: Operation = { kind: "spoil", at: 0x7_0000 };
  operations.splice(12, 0, wrong);
  const difference = await play(operations, new Tally());
  t.match(difference, {
    step: 12,
    operation: wrong,
    what: /^memory at 00070000 is 01000000.* in the model and 00000000.* in QEMU/,
  });
  t.strictSame(await shrink(operations, 20), [wrong], "all others were left out");
});

t.test("what is not compared has its reason", async (t) => {
  for (const { what, why } of DEVIATIONS) t.ok(what.length > 0 && why.length > 20, what);
});
