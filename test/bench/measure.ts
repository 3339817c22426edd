/** Processor time and memory of one operation, measured so that a figure can be believed: see each function. */
import { GCProfiler, getHeapStatistics } from "node:v8";

/** Bytes an operation; less than this is the runtime's own, and another round would not tell more. */
const NOISE = 0.02;

/** Something that can be done any number of times. */
export interface Runnable {
  run(count: number): void;
}

export interface Timing {
  /** Nanoseconds of processor time that an operation takes, median of the rounds; and the fastest and slowest round's. */
  nanoseconds: number;
  fastest: number;
  slowest: number;
  /** The same of the reference. */
  floorNanoseconds: number;
  /** Median of the ratios of the rounds, each to the reference run next to it. */
  ratio: number;
  /** Figures of another program that does the same, by turns with it; null where there is none. */
  reference: Reference | null;
  rounds: number;
  /** Operations a round. */
  samples: number;
}

export interface Reference {
  nanoseconds: number;
  fastest: number;
  slowest: number;
  /** Median of the subject's ratios to it, round by round; and the subject's fastest round to the reference's. */
  ratio: number;
  leastRatio: number;
}

export interface Allocation {
  /** Bytes an operation takes from the heap; lowest of the rounds, for what else the runtime does can only add. */
  bytes: number;
  /** Garbage was collected in every round: `bytes` is 0 and means nothing. */
  collected: boolean;
  samples: number;
  rounds: number;
}

/**
 * Times subject and reference by turns, so that a machine that grows hot or busy slows both. Each round takes about `roundTime` ms.
 * @param reference runs another program for about as long; returns the nanoseconds that it found an operation to take
 */
export function time(
  subject: Runnable,
  floor: Runnable,
  rounds: number,
  roundTime: number,
  reference: (() => number) | null = null,
): Timing {
  const samples = calibrate(subject, roundTime);
  const floorSamples = calibrate(floor, roundTime);
  const own: number[] = [];
  const base: number[] = [];
  const other: number[] = [];
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round++) {
    // The order changes, too.
    const before = round % 2 === 0 ? perOperation(floor, floorSamples) : 0;
    const taken = perOperation(subject, samples);
    const bare = before || perOperation(floor, floorSamples);
    own.push(taken);
    base.push(bare);
    ratios.push(taken / bare);
    if (reference) other.push(reference());
  }
  return {
    nanoseconds: median(own),
    fastest: Math.min(...own),
    slowest: Math.max(...own),
    floorNanoseconds: median(base),
    ratio: median(ratios),
    reference: reference && {
      nanoseconds: median(other),
      fastest: Math.min(...other),
      slowest: Math.max(...other),
      ratio: median(own.map((taken, round) => taken / other[round]!)),
      leastRatio: Math.min(...own) / Math.min(...other),
    },
    rounds,
    samples,
  };
}

/** Finds the number of operations that fill a round, and warms up on the way: the optimizing compiler has had a full round's worth before. */
function calibrate(what: Runnable, roundTime: number): number {
  let count = 64;
  for (;;) {
    // The shorter of two: one that another program held up fills a round with next to nothing.
    const taken = Math.min(perOperation(what, count), perOperation(what, count)) * count;
    if (taken >= roundTime * 1e6) return count;
    count *= 2;
  }
}

/** Processor time, of all threads: on a busy machine the wall's says more about the other programs. In ns an operation. */
function perOperation(what: Runnable, count: number): number {
  const before = process.cpuUsage();
  what.run(count);
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / count;
}

/**
 * Growth of the heap over `samples` operations. The process must run with --expose-gc and a new space large enough that no scavenge
 * comes between; whether one came is known, not hoped for. What measuring itself allocates is measured and taken off.
 */
export function allocation(subject: Runnable, samples: number, rounds: number): Allocation {
  if (!globalThis.gc) throw new Error("memory can be measured under node --expose-gc only");
  let lowest = Number.POSITIVE_INFINITY;
  let round = 0;
  while (round < rounds && lowest > NOISE) {
    const { bytes, collections } = grown(subject, samples);
    if (collections === 0) lowest = Math.min(lowest, Math.max(0, bytes - grown(nothing, samples).bytes) / samples);
    round++;
  }
  const collected = lowest === Number.POSITIVE_INFINITY;
  return { bytes: collected ? 0 : lowest, collected, samples, rounds: round };
}

const nothing: Runnable = { run: () => {} };

function grown(what: Runnable, samples: number): { bytes: number; collections: number } {
  globalThis.gc?.();
  const profiler = new GCProfiler();
  profiler.start();
  const before = getHeapStatistics().used_heap_size;
  what.run(samples);
  const after = getHeapStatistics().used_heap_size;
  return { bytes: after - before, collections: profiler.stop().statistics.length };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
