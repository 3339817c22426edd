/** Whether a rig can run in virtual time. */
import { busKind } from "./kinds/lookup.ts";
import type { Rig } from "./rig/rig.ts";

/** The part of a rig that waits for the real world, so that the rig cannot run in virtual time; null if there is none. */
export function needsRealTime(rig: Rig): string | null {
  for (const device of rig.devices) {
    const obstacle = busKind(device.bus).realTime(device.bus, device);
    if (obstacle !== null) return obstacle;
  }
  return rig.board.io === "none" || rig.board.io === "simulated" ? null : `the board's pins are ${rig.board.io}`;
}
