/** Two DUTs that play the same scripts, several at once where time is real. */
import { setTimeout as sleep } from "node:timers/promises";
import type { DutKind, DutRack } from "../contract/dut.ts";
import type { Family } from "../contract/plan.ts";
import type { Mismatch } from "./differ.ts";
import { Guide } from "./guide.ts";
import { type Cast, lockstep, type Played } from "./lockstep.ts";
import { Player, type PlayerSetup } from "./play.ts";
import type { Step } from "./steps.ts";

export interface Outcome {
  script: readonly Step[];
  mismatch: Mismatch | null;
  /** The mismatch proves nothing: see Played.doubtful. */
  doubtful: boolean;
}

export interface PlayOptions {
  /** Called after each wave. Returns whether another one follows. */
  onWave?: (outcomes: Outcome[]) => boolean;
  /** Plays half as many scripts at once. */
  calm?: boolean;
}

/** Number of repetitions of a doubtful script, and the first pause before one, in ms; each pause is longer than the last. */
const RETRIES = 4;
const PAUSE = 1000;
/** Longest wait for others to leave room in the table, and the time between two looks, in ms. */
const PATIENCE = 120_000;
const LOOK = 500;
/** Wait for the first look at managed entries, in ms. A kernel looks every 5.12 s. */
const FIRST_LOOK = 12_000;

export class Pair {
  readonly kinds: readonly [DutKind, DutKind];
  readonly setup: PlayerSetup;
  /** Scripts played again because of a doubtful mismatch. */
  replays = 0;
  readonly #jobs: number;
  #racks: DutRack[] = [];
  /** Times of the machine's looks at managed entries; null when no DUT is in real time. */
  #managed: number[] | null = null;

  /** @param jobs scripts at once where time is real */
  constructor(kinds: readonly [DutKind, DutKind], seed: number, jobs: number, families: readonly Family[] = [4]) {
    this.kinds = kinds;
    this.#jobs = jobs;
    const both = (need: "e1" | "socket-errors"): boolean => kinds.every((kind) => kind.can.has(need));
    this.setup = { devices: both("e1") ? ["e0", "e1"] : ["e0"], families, errors: both("socket-errors"), seed };
  }

  /** Call it before the first run(), and close() in any case. */
  async open(): Promise<void> {
    for (const kind of this.kinds) this.#racks.push(await kind.open());
    const watching = this.#racks.find((rack) => rack.watchManaged);
    if (!watching?.watchManaged) return;
    const times: number[] = [];
    this.#managed = times;
    let first = (): void => {};
    const once = new Promise<void>((resolve) => {
      first = resolve;
    });
    await watching.watchManaged((time) => {
      times.push(time);
      first();
    });
    const patience = setTimeout(first, FIRST_LOOK);
    await once;
    clearTimeout(patience);
  }

  async close(): Promise<void> {
    for (const rack of this.#racks.splice(0)) await rack.close();
    this.#managed = null;
  }

  /** Plays each script to both, in waves. */
  async run(scripts: readonly (readonly Step[])[], options: PlayOptions = {}): Promise<Outcome[]> {
    const { onWave = () => true, calm = false } = options;
    const size = Math.max(1, calm ? Math.ceil(this.#jobs / 2) : this.#jobs);
    const outcomes: Outcome[] = [];
    for (let at = 0; at < scripts.length; at += size) {
      const wave = await this.#wave(scripts.slice(at, at + size));
      for (let tries = 0; tries < RETRIES && wave.some((outcome) => outcome.doubtful); tries++) {
        await sleep(PAUSE * 2 ** tries);
        await this.#again(wave);
      }
      outcomes.push(...wave);
      if (!onWave(wave)) break;
    }
    return outcomes;
  }

  async #again(wave: Outcome[]): Promise<void> {
    this.replays += wave.filter((outcome) => outcome.doubtful).length;
    const doubtful = wave.filter((outcome) => outcome.doubtful);
    const better = await this.#wave(doubtful.map(({ script }) => script));
    for (const [index, outcome] of doubtful.entries()) Object.assign(outcome, better[index]);
  }

  async #wave(scripts: readonly (readonly Step[])[]): Promise<Outcome[]> {
    const end = performance.now() + PATIENCE;
    while (this.#racks.some((rack) => rack.crowded?.()) && performance.now() < end) await sleep(LOOK);
    const casts: Cast[] = [];
    const opened: Player[] = [];
    try {
      for (const _ of scripts) {
        const cast = this.#cast();
        for (const player of [cast.left, cast.right, cast.guide.player]) {
          opened.push(player);
          await player.open();
        }
        casts.push(cast);
      }
      const plays = casts.map((cast, index) => () => lockstep(cast, scripts[index] ?? []));
      const played: Played[] = [];
      if (this.kinds.some((kind) => kind.realTime)) played.push(...(await Promise.all(plays.map((one) => one()))));
      else for (const one of plays) played.push(await one());
      return played.map(({ mismatch, doubtful }, index) => {
        return { script: scripts[index] ?? [], mismatch, doubtful: doubtful && mismatch !== null };
      });
    } finally {
      for (const player of opened) await player.close();
    }
  }

  #cast(): Cast {
    const [left, right] = this.#racks;
    if (!left || !right) throw new Error("the pair is not open");
    const [one, other] = this.kinds;
    return {
      left: new Player(left.create(), this.setup, one.realTime),
      right: new Player(right.create(), this.setup, other.realTime),
      guide: new Guide(this.setup),
      managed: this.#managed,
    };
  }
}
