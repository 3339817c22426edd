/** Shortens a script as long as it shows a difference of the same kind. Tries many candidates at once. */
import { type Mismatch, onlyIn } from "./differ.ts";
import type { Outcome } from "./pair.ts";
import type { Step } from "./steps.ts";

export interface Found {
  script: readonly Step[];
  mismatch: Mismatch;
}

export type Try = (scripts: readonly (readonly Step[])[]) => Promise<Outcome[]>;

/** Most waves of candidates. */
const ROUNDS = 14;
/** No new wave after this many ms: in real time a wave takes as long as its longest script. */
const PATIENCE = 180_000;
/** Most candidates in a wave. */
const WIDTH = 24;

export async function shrink(found: Found, attempt: Try): Promise<Found> {
  let best = cut(found);
  const end = performance.now() + PATIENCE;
  for (let round = 0, pieces = 0; round < ROUNDS && best.script.length > 1 && performance.now() < end; round++) {
    const candidates = pieces === 0 ? guesses(best) : withoutPieces(best.script, pieces);
    const better = await shortest(candidates, best, attempt);
    if (better) best = better;
    // Delta debugging: tries smaller pieces when none of these can go, down to single steps.
    else if (pieces >= best.script.length) break;
    pieces = better ? Math.max(2, pieces) : Math.max(4, pieces * 3);
    pieces = Math.min(pieces, best.script.length);
    if (best.script.length <= WIDTH) pieces = best.script.length;
  }
  return best;
}

/** Cuts the steps after the difference, which have no part in it. */
function cut({ script, mismatch }: Found): Found {
  return { script: script.slice(0, mismatch.step + 1), mismatch };
}

async function shortest(candidates: readonly (readonly Step[])[], best: Found, attempt: Try): Promise<Found | null> {
  const outcomes = await attempt(candidates.filter((script) => script.length > 0 && script.length < best.script.length));
  const good = outcomes
    .flatMap(({ script, mismatch, doubtful }) =>
      mismatch && alike(mismatch, best.mismatch) && !doubtful ? [cut({ script, mismatch })] : [],
    )
    .sort((a, b) => a.script.length - b.script.length);
  return good[0] ?? null;
}

/** True if two mismatches probably have one cause: both are seen in the same way, or are about the same neighbour. */
function alike(one: Mismatch, other: Mismatch): boolean {
  if (one.channel === other.channel) return true;
  const about = addressesIn(other);
  return [...addressesIn(one)].some((address) => about.has(address));
}

/** Addresses of neighbours in the lines that only one of the two showed. */
function addressesIn(mismatch: Mismatch): Set<string> {
  const { left, right } = onlyIn(mismatch);
  const addresses = [...[...left, ...right].join(" ").matchAll(/\b(?:10\.0\.[01]\.\d+\b|(?:fd00|fe80|2001)[0-9a-f:]+)/g)].map(
    ([text]) => text,
  );
  return new Set(addresses.filter((address) => !/^(?:10\.0\.[01]\.1|fd00:[0-9:]*:1|fe80::ff:fe00:100[01])$/.test(address)));
}

/** First candidates: the last steps alone, the steps that name the neighbour of the difference, and settings. */
function guesses({ script, mismatch }: Found): (readonly Step[])[] {
  const named = addressesIn(mismatch);
  const last = script.length - 1;
  const concerns = (step: Step, index: number): boolean =>
    index === last ||
    [...named].some((address) => JSON.stringify(step).includes(`${address}"`) || JSON.stringify(step).includes(`${address} `));
  const setting = (step: Step): boolean => step.do === "sysctl" || step.do === "plug";
  const own = script.filter((step, index) => concerns(step, index));
  const ownWith = (keep: (step: Step) => boolean): readonly Step[] =>
    script.filter((step, index) => concerns(step, index) || keep(step));
  const tails = [1, 2, 3, 4, 6, 9, 14, 20, 30, 50, 80, 120].map((length) => script.slice(-length));
  const ownTails = [2, 3, 4, 6, 9].map((length) => own.slice(-length));
  return [
    ...tails,
    own,
    ...ownTails,
    ownWith(setting),
    ownWith((step) => step.do === "wait"),
    ownWith((step) => setting(step) || step.do === "wait"),
  ].slice(0, WIDTH);
}

function withoutPieces(script: readonly Step[], pieces: number): (readonly Step[])[] {
  const size = Math.ceil(script.length / pieces);
  const candidates: (readonly Step[])[] = [];
  for (let at = 0; at < script.length; at += size) candidates.push([...script.slice(0, at), ...script.slice(at + size)]);
  return candidates.slice(-WIDTH);
}
