/**
 * A run of a simulated rig in virtual time that can be forked: the same past, and another future.
 *
 *     const run = await SimulatedRun.start(rig);
 *     await run.until(3_600_000);
 *     const twin = await run.fork();                  // or run.fork(1_800_000): as it was after half an hour
 *     twin.act((system) => {
 *       system.stack.devices[1].setArp(false);
 *     });
 *     await Promise.all([run.until(7_200_000), twin.until(7_200_000)]);
 *     run.history.firstDifference(twin.history);      // at which frame, and when, their ways part
 *
 * Timers are closures, and nobody can copy those: a fork is a replay. It makes the rig anew from its seed and does what was done to the
 * run, at the same times. Its history has to come to the same bytes, or fork() refuses it.
 */
import { createHash } from "node:crypto";
import { VirtualClock } from "../../hal/clock.ts";
import { ControllerError } from "../../hal/ethernet.ts";
import { needsRealTime } from "./needs-real-time.ts";
import type { Rig } from "./rig/rig.ts";
import { System, startSystem } from "./system.ts";

/** Something that is done to a run. It may use nothing but the system: a fork does it again, to another one. */
export type RunAction = (system: System) => void;

/** Where two histories part. */
export interface RunDifference {
  /** The number of the frame, from 0, or of frames that both have in common where one has no more. */
  readonly frame: number;
  /** Its time in ms, in the one history and in the other; null where that has no more. */
  readonly times: readonly [number | null, number | null];
}

/** The history of a run: each frame of each stack, both ways, with its time. */
export class RunHistory {
  readonly #hash = createHash("sha256");
  /** The time of each frame, and a short digest of all up to it. */
  readonly #times: number[] = [];
  readonly #marks: number[] = [];
  readonly #stamp = new DataView(new ArrayBuffer(9));
  #mark = 0;

  /** Number of frames. */
  get length(): number {
    return this.#times.length;
  }

  /** SHA-256 of everything so far: times, directions and bytes. */
  get digest(): string {
    return this.#hash.copy().digest("hex");
  }

  /** Notes a frame. */
  add(time: number, outgoing: boolean, frame: Uint8Array): void {
    this.#stamp.setFloat64(0, time);
    this.#stamp.setUint8(8, outgoing ? 1 : 0);
    const stamp = new Uint8Array(this.#stamp.buffer);
    this.#hash.update(stamp).update(frame);
    this.#mark = fnv(fnv(this.#mark, stamp), frame);
    this.#times.push(time);
    this.#marks.push(this.#mark);
  }

  /** Finds the first frame that is not the same in both; null where they are the same to the end. */
  firstDifference(other: RunHistory): RunDifference | null {
    const [mine, its] = [this.#marks, other.#marks];
    let frame = 0;
    while (frame < mine.length && frame < its.length && mine[frame] === its[frame]) frame++;
    if (frame === mine.length && frame === its.length) return null;
    return { frame, times: [this.#times[frame] ?? null, other.#times[frame] ?? null] };
  }
}

/** FNV-1a, which goes on from where it was. */
function fnv(from: number, bytes: Uint8Array): number {
  let hash = from ^ 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
}

interface Done {
  readonly time: number;
  readonly action: RunAction;
}

export class SimulatedRun {
  readonly rig: Rig;
  readonly system: System;
  readonly history: RunHistory = new RunHistory();
  readonly #clock: VirtualClock;
  readonly #done: Done[] = [];

  /**
   * Makes a rig's system and starts it.
   * @throws ControllerError RUN_NOT_SIMULATED for a rig with anything real in it; what System.start() throws
   */
  static async start(rig: Rig): Promise<SimulatedRun> {
    const obstacle = needsRealTime(rig);
    if (obstacle !== null) throw new ControllerError("RUN_NOT_SIMULATED", `a run that can be forked is simulated, but ${obstacle}`);
    const clock = new VirtualClock();
    const run = new SimulatedRun(rig, clock, await System.make(rig, { clock }));
    await startSystem(run.system);
    return run;
  }

  private constructor(rig: Rig, clock: VirtualClock, system: System) {
    this.rig = rig;
    this.system = system;
    this.#clock = clock;
    for (const { network } of [system.stack, ...system.namespaces.values()])
      network.tap((skb, _device, outgoing) => {
        this.history.add(clock.now(), outgoing, skb.bytes.subarray(skb.data, skb.tail));
      });
  }

  /** Virtual time since the rig was made, in ms. */
  get time(): number {
    return this.#clock.now();
  }

  /** Lets time pass until then; a time that has passed already does nothing. */
  async until(time: number): Promise<void> {
    if (time > this.time) await this.#clock.advance(time - this.time);
  }

  /** Does something to the system now, and in each fork of this moment and later ones. */
  act(action: RunAction): void {
    this.#done.push({ time: this.time, action });
    action(this.system);
  }

  /**
   * Makes a run with the same past. It takes as long as that past took.
   * @param time the moment to fork at, in ms; default now
   * @throws ControllerError RUN_DIVERGED: something in the rig or in an action is not by the seed alone
   */
  async fork(time: number = this.time): Promise<SimulatedRun> {
    const twin = await SimulatedRun.start(this.rig);
    for (const { time: then, action } of this.#done) {
      if (then > time) break;
      await twin.until(then);
      twin.act(action);
    }
    await twin.until(time);
    const parted = this.history.firstDifference(twin.history);
    // The later part of this run is not the fork's yet.
    if (parted === null || (parted.frame === twin.history.length && (parted.times[0] ?? 0) >= time)) return twin;
    await twin.close();
    const at = `frame ${parted.frame} at ${parted.times[0] ?? parted.times[1]} ms`;
    throw new ControllerError("RUN_DIVERGED", `the replay is not the run: ${at} is another; an action may use only the system`);
  }

  /** Stops the system. */
  async close(): Promise<void> {
    let stopped = false;
    const stopping = this.system.stop().finally(() => {
      stopped = true;
    });
    stopping.catch(() => undefined);
    while (!stopped) await this.#clock.advance(1);
    await stopping;
  }
}
