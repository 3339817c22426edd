/**
 * Plays a script to two DUTs side by side and stops at the first difference. Each step is done to both at the same moment, however late. A
 * DUT in virtual time is brought up to the other's time before each look and each step, so that a busy machine makes no difference. The
 * guide, which plays along, decides when a step is done.
 */
import { type Mismatch, mismatchAt } from "./differ.ts";
import { type Guide, MANAGED_PERIOD } from "./guide.ts";
import type { Player, Seen } from "./play.ts";
import { type Step, slot } from "./steps.ts";

/** A step is put off by at most this time, in ms. */
const PATIENCE = 60_000;
/** The look after the last step comes this much later than its slot's end, in ms, for frames on their way. */
const LAST_LOOK = 25;
/** A timer this soon after a step's end may have fired before the step on one of the DUTs, in ms. */
const CLOSE = 5;
/** If the process wakes up later than LATE, the kernel's timers may be late, too. That counts for BUSY. In ms. */
const LATE = 15;
const BUSY = 1000;

export interface Cast {
  left: Player;
  right: Player;
  guide: Guide;
  /** Times of the machine's looks at managed entries, in ms of performance.now(); null: no DUT is in real time. */
  managed: readonly number[] | null;
}

export interface Played {
  mismatch: Mismatch | null;
  /** A difference proves nothing, because something happened too close to a step or came from outside. */
  doubtful: boolean;
}

export function lockstep(cast: Cast, script: readonly Step[]): Promise<Played> {
  return new Lockstep(cast, script).play();
}

class Lockstep {
  readonly #cast: Cast;
  readonly #script: readonly Step[];
  readonly #real: readonly Player[];
  readonly #virtual: readonly Player[];
  /** performance.now() at the beginning of the script. */
  #origin = 0;
  #heard = 0;
  /** The time when no DUT is in real time. */
  #time = 0;
  #doubtful = false;
  /** Time at which the machine last was too busy to do something in time. */
  #busy = Number.NEGATIVE_INFINITY;

  constructor(cast: Cast, script: readonly Step[]) {
    this.#cast = cast;
    this.#script = script;
    const both = [cast.left, cast.right];
    this.#real = both.filter((player) => player.realTime);
    this.#virtual = both.filter((player) => !player.realTime);
  }

  async play(): Promise<Played> {
    const { left, right, guide, managed } = this.#cast;
    for (const player of [left, right, guide.player]) await player.settle();
    for (const player of [left, right]) player.begin();
    guide.begin();
    this.#origin = performance.now();
    this.#heard = managed?.length ?? 0;
    guide.managed(managed ? (managed.at(-1) ?? this.#origin) - this.#origin : 0);
    let mismatch: Mismatch | null = null;
    let earliest = 0;
    let answers = ["", ""];
    for (let index = 0; ; index++) {
      const step = this.#script[index];
      await this.#quiet(step ?? null, step ? earliest : earliest + LAST_LOOK);
      const last = this.#script[index - 1];
      const [one, other] = [this.#look(left, answers[0]), this.#look(right, answers[1])];
      if (last) mismatch = mismatchAt(index - 1, last, one, other, guide.ownOnly);
      if (left.disturbed || right.disturbed || guide.deaf || guide.stirs(this.#now() + CLOSE)) this.#doubtful = true;
      if (mismatch || !step) break;
      earliest = this.#now() + slot(step);
      answers = await this.#act(step);
    }
    return { mismatch, doubtful: this.#doubtful || this.#now() - this.#busy < BUSY };
  }

  #look(player: Player, answer = ""): Seen & { answer: string } {
    return { answer, ...player.look() };
  }

  #now(): number {
    return this.#real[0]?.now() ?? this.#time;
  }

  /** Lets time pass until the step may be done. */
  async #quiet(step: Step | null, earliest: number): Promise<void> {
    const { guide } = this.#cast;
    const limit = earliest + PATIENCE;
    for (let wake = this.#now(); ; ) {
      await this.#sleep(wake);
      const now = this.#now();
      await this.#follow(now);
      wake = guide.quiet(step, earliest);
      if (wake <= now) return;
      if (now <= limit) continue;
      this.#doubtful = true;
      return;
    }
  }

  async #sleep(until: number): Promise<void> {
    this.#time = Math.max(this.#time, until);
    for (const player of this.#real) await player.until(until);
    const now = this.#now();
    if (now - until > LATE) this.#busy = now;
  }

  /** Brings the DUTs in virtual time up to `now`, with the machine's looks at managed entries on the way. */
  async #follow(now: number): Promise<void> {
    const { guide } = this.#cast;
    for (const time of this.#ticks(now)) {
      await guide.until(time);
      for (const player of this.#virtual) await player.until(time);
      for (const player of [...this.#real, ...this.#virtual]) player.managed();
      guide.managed(time);
    }
    await guide.until(now);
    for (const player of this.#virtual) await player.until(now);
  }

  #ticks(now: number): number[] {
    const { managed } = this.#cast;
    const times: number[] = [];
    if (managed) {
      for (; this.#heard < managed.length; this.#heard++) times.push(managed[this.#heard]! - this.#origin);
    } else {
      for (; (this.#heard + 1) * MANAGED_PERIOD <= now; this.#heard++) times.push((this.#heard + 1) * MANAGED_PERIOD);
    }
    return times.filter((time) => time <= now);
  }

  /** Does the step to both and returns their answers. */
  async #act(step: Step): Promise<string[]> {
    const { left, right, guide } = this.#cast;
    const before = this.#now();
    const answers = new Map<Player, string>();
    for (const player of this.#real) answers.set(player, await player.act(step));
    const after = this.#now();
    // A command takes a moment. A timer within it makes the result doubtful.
    await this.#follow(after);
    if (guide.stirredSince(before) || guide.stirs(after + CLOSE)) this.#doubtful = true;
    for (const player of this.#virtual) answers.set(player, await player.act(step));
    await guide.act(step);
    return [answers.get(left) ?? "", answers.get(right) ?? ""];
  }
}
