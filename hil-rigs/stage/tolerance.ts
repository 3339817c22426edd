/**
 * Tolerance for late timers, in one place. Kernel timers are never early and at least one jiffy late, because the upper levels of the timer
 * wheel are coarse: a timer fires at the end of the granule of g jiffies that holds its expiry. g is 1 for timers below 63 jiffies, 8 below
 * 504, 64 below 4032, 512 below 32,256, 4096 beyond. (Measured: with HZ=250, 1 s comes 4..32 ms late, 5 s 4..256 ms.)
 */
import type { Timing } from "../contract/dut.ts";

/** Earliest and latest time at which an event may be seen, in ms. */
export interface Window {
  from: number;
  to: number;
}

/** In ms. Real clocks are read at two ends of a cable, and jiffies and milliseconds do not begin together. */
const READING_ERROR = 2;

function granule(jiffies: number): number {
  let g = 1;
  for (let limit = 63; jiffies >= limit && g < 4096; limit *= 8) g *= 8;
  return g;
}

/** The window of an event due after `ms`. @param timers number of timers in a row, each armed when the one before it fired */
export function window(timing: Timing, ms: number, timers = 1): Window {
  if (timing.timers === "exact")
    return { from: ms - (timing.slack > 0 ? READING_ERROR : 0.001), to: ms + timing.slack * timers + 0.001 };
  const jiffy = 1000 / timing.timers;
  const each = Math.ceil(ms / timers / jiffy);
  const late = (granule(each) + 1) * jiffy * timers;
  return { from: ms - READING_ERROR, to: ms + late + jiffy + timing.slack };
}
