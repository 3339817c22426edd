/** A path between two simulated wires that delays, loses, doubles and reorders frames as a seeded source decides. */
import type { Clock } from "../../hal/clock.ts";
import type { Random } from "../../hal/random.ts";
import type { EthernetSegment, SegmentPort } from "../../hal/simulated/segment.ts";
import type { WireStation } from "../../hal/wire.ts";

export interface PathOptions {
  /** One way, in ms. Default 1. */
  delay?: number;
  /** Probabilities, 0..1. Default 0. */
  loss?: number;
  duplication?: number;
  /** Probability that a frame comes as much later as the path delays. */
  reordering?: number;
  /** Bytes in a ms; 0 for any number. Frames wait in a queue of `queue` frames. */
  rate?: number;
  queue?: number;
}

/** A frame that crosses the path, at the time when it enters it. */
export interface Crossing {
  time: number;
  /** From the near wire to the far one. */
  outbound: boolean;
  bytes: Uint8Array;
}

export class FaultyPath {
  readonly options: Required<PathOptions>;
  readonly clock: Clock;
  /** Frames that found the queue full. */
  overflows = 0;
  /** Hears of each frame; returns false for one that is to be lost. */
  watch: ((crossing: Crossing) => boolean) | null = null;

  constructor(clock: Clock, random: Random, near: EthernetSegment, far: EthernetSegment, options: PathOptions) {
    this.clock = clock;
    this.options = { delay: 1, loss: 0, duplication: 0, reordering: 0, rate: 0, queue: 1000, ...options };
    const out = new Lane(this, true, random.fork("out"));
    const back = new Lane(this, false, random.fork("back"));
    const nearPort = near.attach("path", out);
    const farPort = far.attach("path", back);
    out.to = farPort;
    back.to = nearPort;
  }
}

/** One way of the path. */
class Lane implements WireStation {
  to: SegmentPort | null = null;
  readonly #path: FaultyPath;
  readonly #outbound: boolean;
  readonly #random: Random;
  #free = 0;
  #waiting = 0;

  constructor(path: FaultyPath, outbound: boolean, random: Random) {
    this.#path = path;
    this.#outbound = outbound;
    this.#random = random;
  }

  wireFrame(bytes: Uint8Array, length: number): void {
    const { clock, options, watch } = this.#path;
    const random = this.#random;
    const now = clock.now();
    const frame = bytes.slice(0, length);
    if (watch?.({ time: now, outbound: this.#outbound, bytes: frame }) === false) return;
    if (random.next() < options.loss) return;
    let delay = options.delay;
    if (options.rate > 0) {
      if (this.#waiting >= options.queue) {
        this.#path.overflows++;
        return;
      }
      this.#waiting++;
      this.#free = Math.max(this.#free, now) + length / options.rate;
      delay += this.#free - now;
      clock.timer(() => this.#waiting--).armAt(this.#free);
    }
    if (random.next() < options.reordering) delay += options.delay;
    const copies = random.next() < options.duplication ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) clock.timer(() => this.to?.transmit(frame, 0, length)).armAt(now + delay);
  }

  wireLink(): void {}
}
