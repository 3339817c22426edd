/** Whether the board's wall clock can be believed: the kernel is asked where it can be, the year elsewhere. */
import { type Clock, VirtualClock } from "../../hal/clock.ts";
import { appsOf } from "./apps.ts";
import type { Rig } from "./rig/rig.ts";

/** 2026-01-01, in ms since 1970: a clock that tells an earlier time is older than this program, and not set. */
const WRITTEN = 1_767_225_600_000;

/** Loads nothing unless an app of the rig waits for the clock. */
export async function loadClockIsSet(rig: Rig, clock: Clock): Promise<() => boolean> {
  if (clock instanceof VirtualClock || !appsOf(rig).some(({ timestamp }) => timestamp === "wait")) return () => true;
  try {
    const { loadClockStatus } = await import("../../hal/bridges/linux/clock-status.ts");
    return await loadClockStatus();
  } catch {
    return () => clock.wallTime() >= WRITTEN;
  }
}
