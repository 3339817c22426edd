/**
 * Finds times for the steps of a script at which no timer is near, by playing it to our stack in virtual time first: a kernel's timers
 * are late by some ms, and so are programs that run in real time, and nothing may hang on that. A step that would come while
 * something is about to happen of itself, or has just happened, is put off until it is quiet; all entries come to rest in the end.
 */
import { whohasSim } from "../duts/whohas/sim.ts";
import { Player, type Stage } from "./play.ts";
import { type Step, slot } from "./steps.ts";

/** What a delay and three probes of a kernel may be late in sum, with our own lateness, in ms. */
const AFTER = 90;
/** How late a step may be done, in ms; no more than a step's slot. */
export const LATENESS = 30;
/** As finely as we look. */
const LOOK = 10;
/** What happens this soon after a step is its own doing. */
const AT_ONCE = 1;
/** Plays at most, for one script. */
const TRIES = 150;
/** Moves of one step at most. */
const MOVES = 8;

/** A step that something was about to happen beside, so many ms after it. */
interface Move {
  earliest: number;
  offset: number;
  count: number;
}

/** When each step is due, in ms; one more at the end: when the last one's effect is looked at. */
export async function plan(script: readonly Step[], stage: Stage): Promise<number[]> {
  const times: number[] = [];
  const moves = new Map<number, Move>();
  const bench = await whohasSim.open();
  try {
    for (let tries = 0; tries < TRIES; tries++) {
      const player = new Player(bench.create(), stage);
      try {
        await player.open();
        if (await walk(player, script, times, tries < TRIES - 1 ? moves : null)) break;
      } finally {
        await player.close();
      }
    }
  } finally {
    await bench.close();
  }
  return times;
}

/**
 * Plays with the times that there are and finds those that are missing.
 * @param moves null: whatever happens, no step is moved
 * @returns false when a step was found to be in the way: the times up to it stand, and it is to come later
 */
async function walk(player: Player, script: readonly Step[], times: number[], moves: Map<number, Move> | null): Promise<boolean> {
  player.begin();
  let stir = Number.NEGATIVE_INFINITY;
  let table = player.table().join("\n");
  const to = async (time: number, quietSince: number): Promise<void> => {
    while (player.now() < time) {
      await player.until(Math.min(time, player.now() + LOOK));
      const next = player.table().join("\n");
      const changed = player.stirred || next !== table;
      table = next;
      if (player.stirred) player.look();
      if (changed && player.now() > quietSince + AT_ONCE) stir = player.now();
    }
  };
  let before = Number.NEGATIVE_INFINITY;
  for (let index = 0; index <= script.length; index++) {
    const step = script[index];
    const given = times[index];
    const last = script[index - 1];
    if (given !== undefined) await to(given, before);
    else {
      let time = Math.max(Math.max(0, before) + (last ? slot(last) : 0), moves?.get(index)?.earliest ?? 0);
      await to(time, before);
      while (stir > time - AFTER) {
        time = stir + AFTER;
        await to(time, before);
      }
      times[index] = time;
    }
    before = times[index] as number;
    if (step) await player.act(step);
    await player.until(before + AT_ONCE);
    player.look();
    table = player.table().join("\n");
    const still = stir;
    await to(before + LATENESS, before);
    const move = moves?.get(index);
    const offset = stir - before;
    // What comes along when the step is moved is its own doing.
    const own = move !== undefined && Math.abs(offset - move.offset) <= LOOK;
    if (stir > still && moves && !own && (move?.count ?? 0) < MOVES) {
      moves.set(index, { earliest: stir + AFTER, offset, count: (move?.count ?? 0) + 1 });
      times.length = index;
      return false;
    }
  }
  return true;
}
