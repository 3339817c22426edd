/** Whether the board's wall clock can be believed: the kernel is asked where it can be, the year elsewhere. */
import { type Clock, VirtualClock } from "../../hal/clock.ts";
import { appsOf } from "./apps.ts";
import type { Rig } from "./rig/rig.ts";

/** Before this program was written: a clock that tells so is not set. */
const WRITTEN = Date.UTC(2026, 0, 1);

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
