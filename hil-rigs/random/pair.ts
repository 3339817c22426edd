/** Two DUTs that play the same scripts, several at once where time is real. */
import type { DutBench, DutKind } from "../contract/dut.ts";
import { firstMismatch, type Mismatch } from "./differ.ts";
import { LATENESS, plan } from "./plan.ts";
import { type Moment, Player, play, type Stage } from "./play.ts";
import type { Step } from "./steps.ts";

export interface Outcome {
  script: readonly Step[];
  mismatch: Mismatch | null;
  /** Up to the mismatch some step was done so late that it proves nothing. */
  late: boolean;
}

export interface PlayOptions {
  /** Hears of each wave and says whether there shall be another. */
  onWave?: (outcomes: Outcome[]) => boolean;
  /** Half as many at once. */
  calm?: boolean;
}

export class Pair {
  readonly kinds: readonly [DutKind, DutKind];
  readonly stage: Stage;
  readonly #jobs: number;

  /** @param jobs scripts at once where time is real */
  constructor(kinds: readonly [DutKind, DutKind], seed: number, jobs: number) {
    this.kinds = kinds;
    this.#jobs = jobs;
    const both = (need: "e1" | "socket-errors"): boolean => kinds.every((kind) => kind.can.has(need));
    this.stage = { second: both("e1"), errors: both("socket-errors"), seed };
  }

  /** Plays each script to both, in waves. */
  async run(scripts: readonly (readonly Step[])[], options: PlayOptions = {}): Promise<Outcome[]> {
    const { onWave = () => true, calm = false } = options;
    const size = Math.max(1, calm ? Math.ceil(this.#jobs / 2) : this.#jobs);
    const outcomes: Outcome[] = [];
    for (let at = 0; at < scripts.length; at += size) {
      const wave = await this.#wave(scripts.slice(at, at + size));
      for (let tries = 0; tries < RETRIES && wave.some((outcome) => outcome.late); tries++) await this.#again(wave);
      outcomes.push(...wave);
      if (!onWave(wave)) break;
    }
    return outcomes;
  }

  /** Plays those once more that were late, a few at once. */
  async #again(wave: Outcome[]): Promise<void> {
    const late = wave.filter((outcome) => outcome.late).slice(0, FEW);
    const better = await this.#wave(late.map(({ script }) => script));
    for (const [index, outcome] of late.entries()) Object.assign(outcome, better[index]);
  }

  async #wave(scripts: readonly (readonly Step[])[]): Promise<Outcome[]> {
    const [one, other] = this.kinds;
    const planned: number[][] = [];
    for (const script of scripts) planned.push(await plan(script, this.stage));
    // Where one keeps its own time the other does each step when that one did; so a late step is late for both.
    const [first, second] = one.realTime || !other.realTime ? [one, other] : [other, one];
    const a = await this.#play(first, scripts, planned);
    const times = second.realTime ? planned : a.map((moments, index) => actualTimes(moments, planned[index]));
    const b = await this.#play(second, scripts, times);
    return scripts.map((script, index) => {
      const [left, right] = first === one ? [a, b] : [b, a];
      const mismatch = firstMismatch(script, left[index] ?? [], right[index] ?? []);
      const punctual = [a[index], second.realTime ? b[index] : []].every((moments) => onTime(moments, planned[index], mismatch));
      return { script, mismatch, late: mismatch !== null && !punctual };
    });
  }

  async #play(kind: DutKind, scripts: readonly (readonly Step[])[], times: readonly number[][]): Promise<Moment[][]> {
    const bench: DutBench = await kind.open();
    const players = scripts.map(() => new Player(bench.create(), this.stage));
    const opened: Player[] = [];
    try {
      for (const player of players) {
        opened.push(player);
        await player.open();
      }
      const parts = players.map((player, index) => () => play(player, scripts[index] ?? [], times[index] ?? []));
      if (kind.realTime) return await Promise.all(parts.map((part) => part()));
      const moments: Moment[][] = [];
      for (const part of parts) moments.push(await part());
      return moments;
    } finally {
      for (const player of opened) await player.close();
      await bench.close();
    }
  }
}

const RETRIES = 4;
const FEW = 3;

function onTime(moments: readonly Moment[] = [], planned: readonly number[] = [], mismatch: Mismatch | null): boolean {
  const until = mismatch?.step ?? Number.POSITIVE_INFINITY;
  const late = (time: number, index: number): boolean => time - (planned[index] ?? time) > LATENESS;
  return moments.every(({ at, seen }, index) => index > until || !(late(at, index) || late(seen, index + 1)));
}

function actualTimes(moments: readonly Moment[], planned: readonly number[] = []): number[] {
  return [...moments.map(({ at }) => at), planned[moments.length] ?? 0];
}
