/**
 * Plays sessions of all targets in turn until time or frames are used up. The n-th session of a target depends on the seed and the
 * sessions of that target before it, never on time: a run with as many frames gives the same bytes and the same result.
 *
 * Guidance is home-made: a piece that makes a subject do something new (counters that changed together, refusals, codes of errors)
 * joins the target's corpus, from which every other piece is a mutation.
 */
import { createHash, type Hash } from "node:crypto";
import { type Random, SeededRandom } from "../../hal/random.ts";
import { mutateBytes, pick } from "./bytes.ts";
import { type Failure, failureOf, type Recording } from "./session.ts";
import type { Piece, Subject, Target } from "./target.ts";

/** New pieces that a target keeps, besides those it began with; the oldest goes. */
const CORPUS = 512;
/** Pieces between two looks at the time. */
const BREATH = 256;

export interface Plan {
  readonly seed: string;
  readonly targets: readonly Target[];
  /** Pieces that each target begins with, by the name of its corpus. */
  readonly corpus: ReadonlyMap<string, readonly Piece[]>;
  /** Most frames of all targets together. Infinity: until `until`. */
  readonly frames: number;
  /** Says when time is over; asked now and then. */
  readonly over: () => boolean;
  /** Called now and then with the rows so far. */
  readonly progress?: (rows: readonly Row[]) => void;
}

/** One line of the account. */
export interface Row {
  readonly target: string;
  sessions: number;
  inputs: number;
  frames: number;
  unaccounted: number;
  /** Exceptions and broken promises. */
  exceptions: number;
  /** Different behaviours seen. */
  behaviours: number;
  /** Taken over all pieces played, in order. */
  digest: string;
}

export interface Found {
  readonly recording: Recording;
  readonly failure: Failure;
}

/** One target's part of a run. */
class Campaign {
  readonly row: Row;
  readonly target: Target;
  /** Pieces that did something new, in the order of their discovery. */
  readonly discovered: Piece[] = [];
  found: Found | null = null;
  readonly #seed: string;
  readonly #corpus: Piece[];
  readonly #first: number;
  readonly #seen = new Set<number | string>();
  readonly #hash: Hash = createHash("sha1");

  constructor(target: Target, seed: string, corpus: readonly Piece[]) {
    this.target = target;
    this.#seed = seed;
    this.#corpus = [...corpus];
    this.#first = corpus.length;
    this.row = { target: target.name, sessions: 0, inputs: 0, frames: 0, unaccounted: 0, exceptions: 0, behaviours: 0, digest: "" };
  }

  /** Plays one session, or as much of it as there is time for. Returns the number of pieces. @param most pieces */
  async session(most: number, over: () => boolean): Promise<number> {
    const { target, row } = this;
    const seed = `${this.#seed}/${target.name}/${row.sessions++}`;
    const random = new SeededRandom(seed);
    const pieces: Piece[] = [];
    let subject: Subject | null = null;
    const failure = await failureOf(async () => {
      subject = await target.open(seed);
      const count = Math.min(target.session, most);
      for (let left = count; left > 0; left--) {
        if (left % BREATH === 0 && over()) break;
        const piece = this.#next(random);
        pieces.push(piece);
        const going = subject.play(piece);
        if (going) await going;
        this.#learn(subject, piece);
      }
      await subject.end();
    });
    row.inputs += pieces.length;
    row.frames += (subject as Subject | null)?.frames ?? 0;
    this.#hash.update(Buffer.concat(pieces)).update(`\n${pieces.length}\n`);
    if (failure) this.#fail(failure, { target: target.name, seed, pieces });
    return pieces.length;
  }

  /** The digest of everything played. Once, at the end. */
  close(): Row {
    this.row.digest = this.#hash.digest("hex").slice(0, 12);
    return this.row;
  }

  #next(random: Random): Piece {
    const { target } = this;
    if (this.#corpus.length === 0 || random.below(2) === 0) return target.make(random);
    const piece = pick(random, this.#corpus);
    return target.mutate?.(piece, random) ?? mutateBytes(piece, random);
  }

  #learn(subject: Subject, piece: Piece): void {
    const { behaviour } = subject;
    if (this.#seen.has(behaviour)) return;
    this.#seen.add(behaviour);
    this.row.behaviours++;
    this.discovered.push(piece);
    this.#corpus.push(piece);
    if (this.#corpus.length > this.#first + CORPUS) this.#corpus.splice(this.#first, 1);
  }

  #fail(failure: Failure, recording: Recording): void {
    if (failure.complaint === "unaccounted") this.row.unaccounted++;
    else this.row.exceptions++;
    this.found = { recording, failure };
  }
}

export interface Outcome {
  readonly rows: readonly Row[];
  readonly found: readonly Found[];
  /** Pieces that did something new, by target. */
  readonly discovered: ReadonlyMap<Target, readonly Piece[]>;
}

/** A target whose session ended badly plays no further one. */
export async function fuzz(plan: Plan): Promise<Outcome> {
  const campaigns = plan.targets.map((target) => new Campaign(target, plan.seed, plan.corpus.get(target.corpus) ?? []));
  const rows = campaigns.map(({ row }) => row);
  let inputs = 0;
  while (!plan.over() && inputs < plan.frames) {
    const going = campaigns.filter(({ found }) => !found);
    if (going.length === 0) break;
    // All targets play their first turn before any plays its last: a short run has something of each.
    for (let turn = 0; turn < Math.max(...going.map(({ target }) => target.turns)); turn++) {
      for (const campaign of going) {
        if (turn >= campaign.target.turns || campaign.found) continue;
        if (plan.over() || inputs >= plan.frames) break;
        inputs += await campaign.session(plan.frames - inputs, plan.over);
        plan.progress?.(rows);
      }
    }
  }
  return {
    rows: campaigns.map((campaign) => campaign.close()),
    found: campaigns.flatMap(({ found }) => (found ? [found] : [])),
    discovered: new Map(campaigns.map(({ target, discovered }) => [target, discovered])),
  };
}
