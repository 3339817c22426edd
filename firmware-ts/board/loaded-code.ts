/** The code of everything that a rig names: drivers, bridges, the board's pins, what asks the kernel and the name servers. */
import type { Clock } from "../../hal/clock.ts";
import type { HostNames } from "../apps/host-names.ts";
import type { Stack } from "../stack.ts";
import { loadHostNames } from "./host-names.ts";
import type { Maker } from "./kinds/part.ts";
import { type IoMaker, loadBoardIo } from "./load-board-io.ts";
import { loadDevice } from "./parts.ts";
import type { DeviceConfig, Rig } from "./rig/rig.ts";
import { loadClockIsSet } from "./wall-clock.ts";

export interface LoadedCode {
  /** In the order of the rig's devices. */
  readonly devices: readonly { readonly config: DeviceConfig; readonly make: Maker }[];
  readonly io: IoMaker;
  readonly clockIsSet: () => boolean;
  readonly names: (stack: Stack) => HostNames;
}

/** @throws ControllerError, GpioError for a part that is not there */
export async function loadCode(rig: Rig, clock: Clock): Promise<LoadedCode> {
  const loaded = Promise.all(rig.devices.map(async (config) => ({ config, make: await loadDevice(config) })));
  const [io, devices, clockIsSet, names] = await Promise.all([
    loadBoardIo(rig.board.io),
    loaded,
    loadClockIsSet(rig, clock),
    loadHostNames(rig),
  ]);
  return { io, devices, clockIsSet, names };
}
