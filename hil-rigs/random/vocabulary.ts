/**
 * The words of random scripts. Each word makes one or more steps. A word is left out if one of the DUTs lacks its needs, so the vocabulary
 * grows with the stack.
 *
 * Every timer is so short that it ends before the next step (base_reachable_time_ms 8), or so long that it never ends (an hour), or the
 * guide can see it coming (guide.ts). So no result depends on a kernel's random numbers.
 */
import type { Need } from "../contract/dut.ts";
import type { Family } from "../contract/plan.ts";
import type { Step } from "./steps.ts";
import { Dice, HOUR, type Word } from "./words.ts";
import { WORDS4 } from "./words4.ts";
import { WORDS6 } from "./words6.ts";

/** Timers at the beginning of every script: net.ipvN.neigh.DEV. */
export const SETUP_TIMERS: Readonly<Record<string, number>> = {
  // 60 jiffies of 4 ms: below 63 the kernel's wheel is exact to a jiffy.
  retrans_time_ms: 240,
  base_reachable_time_ms: HOUR,
  delay_first_probe_time: 1,
  locktime: 0,
  // Else it is drawn.
  proxy_delay: 0,
};

const WORDS: Readonly<Record<Family, readonly Word[]>> = { 4: WORDS4, 6: WORDS6 };

/** Words whose needs all these DUTs satisfy. @param without names of words to leave out @param families whose words they are */
export function vocabulary(
  cans: readonly ReadonlySet<Need>[],
  without: readonly string[] = [],
  families: readonly Family[] = [4],
): Word[] {
  const has = (need: Need): boolean => cans.every((can) => can.has(need));
  const words = families.flatMap((family) => WORDS[family]);
  return words.filter((word) => word.needs.every(has) && !without.includes(word.name));
}

export const WORD_NAMES: readonly string[] = Object.values(WORDS).flatMap((words) => words.map((word) => word.name));

/** Makes the script of a seed, always the same for the same words. It has `length` steps or a few more. */
export function generate(seed: number | string, length: number, words: readonly Word[]): Step[] {
  const dice = new Dice(seed);
  const total = words.reduce((sum, word) => sum + word.weight, 0);
  const steps: Step[] = [];
  while (steps.length < length) {
    let at = (dice.below(1_000_000) / 1_000_000) * total;
    const word = words.find((each) => {
      at -= each.weight;
      return at < 0;
    });
    steps.push(...(word?.make(dice) ?? []));
  }
  return steps;
}
