/**
 * A driver whose chip, bus or line is hostile. Nothing may escape, what comes up must stand in the stack's books, buffers must come back,
 * and once nothing is attacked any more the device must answer again.
 */
import { ControllerError } from "../../hal/ethernet.ts";
import { arp, icmp } from "../support/wire-format.ts";
import { type BenchOptions, StackBench } from "./stack-bench.ts";
import { FuzzError, type Piece, type Subject } from "./target.ts";

/** Time between two attacks, in ms; after one whose first byte has the highest bit, a device that has failed may come back meanwhile. */
const PACE = 15;
const LONG_PACE = 3000;
const LONG = 0x80;
/** A controller is tried again at intervals up to 60 s; a chip that was repaired in vain is watched first. In ms. */
const RECOVERY = 400_000;
const STEP = 5000;
const FRAMES: readonly Uint8Array[] = [icmp({}, [1, 2, 3, 4]), arp(), icmp({}, new Uint8Array(600).fill(7))].map(padded);

function padded(frame: Uint8Array): Uint8Array {
  if (frame.length >= 60) return frame;
  const bytes = new Uint8Array(60);
  bytes.set(frame);
  return bytes;
}

export class ChaosSubject implements Subject {
  frames = 0;
  behaviour: number | string = 0;
  readonly #bench: StackBench;
  #signs: readonly number[];

  private constructor(bench: StackBench) {
    this.#bench = bench;
    this.#signs = this.#look();
  }

  static async open(seed: string, options: BenchOptions): Promise<ChaosSubject> {
    return new ChaosSubject(await StackBench.open(seed, options));
  }

  async play(piece: Piece): Promise<void> {
    const bench = this.#bench;
    bench.ledger.open();
    bench.silicon.attack?.(piece);
    const frame = FRAMES[this.frames % FRAMES.length] as Uint8Array;
    bench.port.transmit(frame, 0, frame.length);
    if (this.frames % 5 === 0) bench.send(2 + (this.frames % 7));
    this.frames++;
    await bench.clock.advance((piece[0] ?? 0) & LONG ? LONG_PACE : PACE);
    this.#account();
    const signs = this.#look();
    const changes = signs.map((sign, at) => (sign === this.#signs[at] ? 0 : 1)).join("");
    const { error } = bench.device;
    const code = error instanceof ControllerError ? error.code : (error?.message ?? "");
    this.behaviour = `${bench.ledger.behaviour} ${changes} ${code}`;
    this.#signs = signs;
  }

  async end(): Promise<void> {
    const bench = this.#bench;
    bench.silicon.calm?.();
    bench.ledger.open();
    const { replies } = bench;
    const asked = FRAMES[0] as Uint8Array;
    const known = FRAMES[1] as Uint8Array;
    for (let left = RECOVERY; bench.replies === replies; left -= STEP) {
      if (left <= 0) {
        throw new FuzzError(
          "promise",
          `no echo is answered ${RECOVERY / 1000} s after the last attack: ${bench.device.error?.message ?? "no error"}`,
        );
      }
      // The asker of the echo is made known first, so that the answer need not wait for it.
      for (const frame of [known, asked]) bench.port.transmit(frame, 0, frame.length);
      await bench.clock.advance(STEP);
    }
    this.#account();
    await bench.close();
  }

  #account(): void {
    const { fault } = this.#bench.ledger;
    if (fault !== null) throw new FuzzError("unaccounted", fault);
    this.#bench.check();
  }

  #look(): readonly number[] {
    const { device, silicon } = this.#bench;
    const { health, statistics } = device.controller;
    const seen = [device.error ? 1 : 0, device.hasCarrier ? 1 : 0, health?.repairs ?? 0, health?.suspicions ?? 0];
    return [...seen, statistics.rxErrors, statistics.rxCrcErrors, statistics.txErrors, ...(silicon.signs?.() ?? [])];
  }
}
