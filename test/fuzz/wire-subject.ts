/**
 * Hostile frames over a wire that does not lie: every one of them must stand in the books, in one place. The byte in front of a frame
 * says what happens before it: time passes, we send, the packet pool runs dry, the cable is pulled.
 */
import type { Random } from "../../hal/random.ts";
import { mutateBytes, oneIn } from "./bytes.ts";
import { makeFrame } from "./frames.ts";
import { type BenchOptions, StackBench } from "./stack-bench.ts";
import { FuzzError, type Piece, type Subject } from "./target.ts";

/** Acts before a frame: which, in the low three bits of the byte in front of it; the other five say how much. */
const Before = { PASS_TIME: 1, SEND: 2, PING: 3, DRY: 4, PLUG: 5 } as const;
const KINDS = 5;
/** Longest way of what a session leaves behind, in ms: entries fail, requests time out, proxied ones are answered. */
const AFTERMATH = 60_000;
/** Frames between two looks at things that are dear to look at. */
const SELDOM = 64;
const LONGEST = 2044;
/** A driver looks for its link at intervals, in ms. */
const LINK_TIME = 2000;

export interface WireOptions extends BenchOptions {
  /** The pool may run dry before a frame. Default false. */
  readonly thirst?: boolean;
  /** Longest passing of time between two frames, in ms: a chip's driver is busy meanwhile. Default 65,536. */
  readonly patience?: number;
}

/** Makes a frame with the byte in front of it. @param often once in so many frames something happens before */
export function makeWireCase(random: Random, often: number, make: (random: Random) => Uint8Array = makeFrame): Piece {
  const frame = make(random);
  const piece = new Uint8Array(1 + frame.length);
  if (oneIn(random, often)) piece[0] = 1 + random.below(KINDS) + 8 * random.below(32);
  piece.set(frame, 1);
  return piece;
}

/** Changes the frame, not the byte in front of it. */
export function mutateWireCase(piece: Piece, random: Random): Piece {
  const frame = mutateBytes(piece.subarray(1), random, LONGEST);
  const changed = new Uint8Array(1 + frame.length);
  changed[0] = piece[0] ?? 0;
  changed.set(frame, 1);
  return changed;
}

export class WireSubject implements Subject {
  frames = 0;
  readonly #bench: StackBench;
  readonly #thirst: boolean;
  readonly #patience: number;
  #kept: number;

  private constructor(bench: StackBench, { thirst = false, patience = 65_536 }: WireOptions) {
    this.#bench = bench;
    this.#thirst = thirst;
    this.#patience = patience;
    this.#kept = bench.silicon.kept();
  }

  static async open(seed: string, options: WireOptions): Promise<WireSubject> {
    return new WireSubject(await StackBench.open(seed, options), options);
  }

  get behaviour(): number {
    return Math.imul(this.#bench.ledger.behaviour, 31) + Math.min(this.#bench.sent, 3);
  }

  play(piece: Piece): void {
    const bench = this.#bench;
    const { ledger, thirst, silicon } = bench;
    const before = piece[0] ?? 0;
    if (before !== 0) this.#before(before);
    bench.sent = 0;
    ledger.open();
    const refusals = thirst.refusals;
    thirst.dry = this.#thirst && (before & 7) === Before.DRY;
    this.frames++;
    bench.port.transmit(piece, 1, Math.max(0, piece.length - 1));
    bench.run(silicon.settle);
    thirst.dry = false;
    const came = ledger.processed;
    const total = silicon.kept();
    const kept = total - this.#kept;
    this.#kept = total;
    // The controller asks for one buffer at most; others are for what is sent about the frame.
    const lost = came === 0 && kept === 0 && thirst.refusals > refusals ? 1 : 0;
    if (came + kept + lost !== 1) {
      throw new FuzzError("unaccounted", `of 1 frame ${came} came up, ${kept} were kept by the controller, ${lost} had no buffer`);
    }
    const { fault } = ledger;
    if (fault !== null) throw new FuzzError("unaccounted", fault);
    bench.check();
    if (this.frames % SELDOM === 0) bench.checkBounds();
  }

  async end(): Promise<void> {
    const bench = this.#bench;
    bench.run(AFTERMATH);
    bench.check();
    bench.checkBounds();
    await bench.close();
  }

  #before(byte: number): void {
    const bench = this.#bench;
    const { settle } = bench.silicon;
    const amount = byte >> 3;
    switch (byte & 7) {
      case Before.PASS_TIME:
        bench.run(Math.min(this.#patience, 2 ** (amount & 15) + amount));
        break;
      case Before.SEND:
        for (let left = 1 + (amount & 3); left > 0; left--) bench.send(2 + amount);
        break;
      case Before.PING:
        bench.ping(2 + amount);
        break;
      case Before.PLUG:
        bench.port.plugged = false;
        bench.run(1);
        bench.port.plugged = true;
        bench.run(settle > 0 ? LINK_TIME : 0);
    }
    bench.run(settle);
    this.#kept = bench.silicon.kept();
  }
}
