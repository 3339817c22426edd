/**
 * How late a timer may be, in one place. Kernel timers are never early and at least one jiffy late: they sit in a wheel whose
 * upper levels are coarse, so a timer `d` jiffies ahead fires at the end of the granule of g jiffies that its expiry lies in, where g is 1 below 63
 * jiffies, 8 below 504, 64 below 4032, 512 below 32,256, 4096 beyond. (Measured: with HZ=250, 1 s comes 4..32 ms late, 5 s 4..256 ms.)
 */
import type { Timing } from "../contract/dut.ts";

/** Latest and earliest, in ms, at which something due after `ms` may be seen. */
export interface Window {
  from: number;
  to: number;
}

/** Real clocks are read on two sides of a cable, and jiffies do not begin where our milliseconds do. */
const READING_ERROR = 2;

function granule(jiffies: number): number {
  let g = 1;
  for (let limit = 63; jiffies >= limit && g < 4096; limit *= 8) g *= 8;
  return g;
}

/** @param timers how many are behind one another: retransmissions are, each armed when the one before it fired */
export function window(timing: Timing, ms: number, timers = 1): Window {
  if (timing.timers === "exact")
    return { from: ms - (timing.slack > 0 ? READING_ERROR : 0.001), to: ms + timing.slack * timers + 0.001 };
  const jiffy = 1000 / timing.timers;
  const each = Math.ceil(ms / timers / jiffy);
  const late = (granule(each) + 1) * jiffy * timers;
  return { from: ms - READING_ERROR, to: ms + late + jiffy + timing.slack };
}
