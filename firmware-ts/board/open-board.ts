/** A board in one call: devices by their SPECs, addresses and a gateway in, a running stack out. */
import { type Clock, SystemClock } from "../../hal/clock.ts";
import type { ProfileName } from "../neigh/profile.ts";
import type { NetDevice } from "../net/device.ts";
import type { Stack } from "../stack.ts";
import { DeviceSpecError } from "./device-spec.ts";
import { rigFor } from "./run-options.ts";
import { System, startSystem } from "./system.ts";

export interface BoardOptions {
  /** One device or several, each a SPEC as `whohas run --device` takes it: `enc28j60:serprog:/dev/ttyACM0`, `eth1=packet:veth0`. */
  readonly device: string | readonly string[];
  /**
   * An address with the length of its prefix, `192.168.10.10/24`; of each family one for each device, in their order. `dhcp` and
   * `link-local` stand for one that the device gets by itself: `addressed` tells when it has it.
   */
  readonly address?: string | readonly string[];
  /** Next hop of the default route. */
  readonly gateway?: string;
  /** The seed of everything random. Default 1. */
  readonly seed?: number;
  /** The behaviour of the neighbour table. Default `linux`. */
  readonly profile?: ProfileName;
  /** Default: a SystemClock of the board's own, which ends with it. A VirtualClock is advanced until the board is up. */
  readonly clock?: Clock;
}

/** A board that is up. */
export class Board {
  readonly stack: Stack;
  readonly clock: Clock;
  readonly system: System;
  readonly #own: SystemClock | null;

  constructor(system: System, own: SystemClock | null) {
    this.system = system;
    this.stack = system.stack;
    this.clock = system.clock;
    this.#own = own;
  }

  /** Resolves when one device has its addresses, or when the board was closed before; at once where nothing is waited for. */
  get addressed(): Promise<void> {
    return this.system.addressed;
  }

  /** The devices in the order of their SPECs, without `lo`. */
  get devices(): readonly NetDevice[] {
    return this.stack.devices.filter(({ loopback }) => !loopback);
  }

  /** Closes the devices and lets the process end. Safe to call twice. */
  async close(): Promise<void> {
    await this.system.stop();
    this.#own?.stop();
  }
}

/**
 * Opens the devices, gives them their addresses, and sets the default route. A device that fails later heals by itself.
 * @throws DeviceSpecError, UnitError for wrong words; ControllerError for a device that cannot be opened; InetError
 */
export async function openBoard(options: BoardOptions): Promise<Board> {
  const { gateway, seed, profile } = options;
  const devices = listOf(options.device);
  if (devices.length === 0) throw new DeviceSpecError("", "no device; say e.g. enc28j60:sim");
  const rig = await rigFor({
    devices,
    addresses: listOf(options.address),
    app: false,
    ...(gateway !== undefined && { gateway }),
    ...(seed !== undefined && { seed }),
    ...(profile !== undefined && { profile }),
  });
  const own = options.clock ? null : new SystemClock();
  try {
    const system = await System.make(rig, { clock: options.clock ?? (own as SystemClock) });
    await startSystem(system);
    return new Board(system, own);
  } catch (error) {
    own?.stop();
    throw error;
  }
}

function listOf(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === "string" ? [value] : value;
}
