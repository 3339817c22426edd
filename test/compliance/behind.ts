/** Cases in which the chip forgets what it was told, or is not read truly for a while, and the driver has to find out by itself. */
import type { Test } from "tap";
import { DropReason } from "../../hal/drop-reason.ts";
import { MAC_BYTES } from "../../hal/ethernet.ts";
import { frameOf } from "../support/enc28j60-bench.ts";
import type { ControllerBench } from "./bench.ts";

const BROADCAST = new Uint8Array(MAC_BYTES).fill(0xff);
/** From here on `sent` is true again, in ms after the fault. */
const TRUTH = 2000;
/** Longest time from the end of a fault until frames pass, in ms: a device that failed is tried once a minute at least. */
const PATIENCE = 62_000;
/** How long answers lie, in ms: too short to be told of, and long enough. */
const LIES = [200, 4000] as const;

export async function resetBehind(t: Test, bench: ControllerBench): Promise<void> {
  const traffic = new Traffic(bench);
  await traffic.until(t, "frames pass");
  bench.resetBehind?.();
  await traffic.fault(t, 0);
  t.ok((bench.controller.health?.repairs ?? 1) > 0, "it was found and repaired, not overcome by chance");
  traffic.check(t);
}

export async function lie(t: Test, bench: ControllerBench): Promise<void> {
  const traffic = new Traffic(bench);
  await traffic.until(t, "frames pass");
  for (const duration of LIES) {
    bench.lie?.(duration);
    await traffic.fault(t, duration);
  }
  traffic.check(t);
}

/** Frames both ways, one after the other, and the books of what became of them. */
export class Traffic {
  readonly #bench: ControllerBench;
  readonly #sent: { readonly frame: Uint8Array; readonly cookie: number; readonly doubtful: boolean }[] = [];
  readonly #injected = new Set<string>();
  readonly #received: number;
  #number = 0;
  #faultAt = Number.POSITIVE_INFINITY;

  constructor(bench: ControllerBench) {
    this.#bench = bench;
    this.#received = bench.host.frames.length;
  }

  /** A fault of `duration` ms has begun: traffic goes on until frames pass both ways after it. */
  async fault(t: Test, duration: number): Promise<void> {
    const { clock, host } = this.#bench;
    this.#faultAt = clock.now();
    while (clock.now() < this.#faultAt + duration) await this.#round();
    await this.until(t, `frames pass again after a fault of ${duration} ms`);
    t.ok(host.errors.length <= 1, "a failure is told once");
    t.equal(host.carriers.at(-1), true, "the link is said to be there");
    host.errors.length = 0;
    // A second fault shall not find the books of this one open.
    while (clock.now() < this.#faultAt + TRUTH) await this.#round();
    await this.until(t, "and go on passing");
    this.#faultAt = Number.POSITIVE_INFINITY;
  }

  /** Until one frame has passed in each direction. */
  async until(t: Test, what: string): Promise<void> {
    const { clock } = this.#bench;
    const began = clock.now();
    let passed = false;
    while (!passed && clock.now() - began < PATIENCE) passed = await this.#round();
    t.ok(passed, what);
  }

  /** The fate that was told of each frame was the true one. */
  check(t: Test): void {
    const { host, arrived } = this.#bench;
    const there = new Set(arrived.map(text));
    const told = this.#sent.filter(({ cookie }) => host.settlements[cookie] === DropReason.NONE);
    const lost = told.filter(({ frame, doubtful }) => !doubtful && !there.has(text(frame)));
    t.equal(lost.length, 0, `${told.length} of ${this.#sent.length} frames were said to be sent, and these were`);
    t.ok(
      this.#sent.every(({ cookie }) => host.settlements[cookie] !== undefined),
      "every sender was told",
    );
    const strange = host.frames.slice(this.#received).filter((frame) => !this.#injected.has(text(frame)));
    t.equal(strange.length, 0, "nothing came in that was not on the wire");
  }

  /** One frame each way; true when both passed. */
  async #round(): Promise<boolean> {
    const { clock, host, controller, arrived } = this.#bench;
    const number = this.#number++;
    const out = frameOf(100, number, BROADCAST, controller.address);
    const back = frameOf(100, number, controller.address);
    // Contents repeat after 256 frames: the number itself tells them apart.
    for (const frame of [out, back]) new DataView(frame.buffer).setUint32(20, number);
    const [before, had] = [arrived.length, host.frames.length];
    const since = clock.now() - this.#faultAt;
    const doubtful = since >= 0 && since < TRUTH;
    this.#sent.push({ frame: out, cookie: host.send(out), doubtful });
    this.#injected.add(text(back));
    this.#bench.inject(back);
    await this.#bench.settle();
    return (
      arrived.slice(before).some((frame) => text(frame) === text(out)) && host.frames.slice(had).map(text).includes(text(back))
    );
  }
}

function text(frame: Uint8Array): string {
  return Buffer.from(frame.buffer, frame.byteOffset, frame.length).toString("latin1");
}
