/**
 * How much of a device is on. An observer, of energy for example, hears of it by device events:
 *
 *     stack.network.onDeviceEvent((device, event) => {
 *       if (event === "asleep" || event === "awake") note(clock.now(), device.power.asleep, device.power.controller);
 *     });
 *
 * `asleep` comes when the controller is in its mode of sleep, `awake` when it begins to wake: from then on it draws what it draws awake.
 */
import type { Clock } from "../../hal/clock.ts";
import type { EthernetController } from "../../hal/ethernet.ts";
import type { DeviceReceiveMode } from "./receive-mode.ts";

/**
 * `on`: it works as ever. `listen`: it receives frames to its own address and nothing else, so that no broadcast wakes the node. `down`:
 * its chip is powered down, hears nothing and sends nothing.
 */
export type ControllerPower = "on" | "listen" | "down";

/** The device, as its power sees it. */
interface Powered {
  readonly up: boolean;
  readonly controller: EthernetController;
  readonly queued: number;
  wake(): void;
}

export class DevicePower {
  readonly #device: Powered;
  readonly #receiveMode: DeviceReceiveMode;
  readonly #tell: (event: "asleep" | "awake") => void;
  readonly #clock: Clock;
  #asleep = false;
  #controller: ControllerPower = "on";
  #wokeAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, device: Powered, receiveMode: DeviceReceiveMode, tell: (event: "asleep" | "awake") => void) {
    this.#clock = clock;
    this.#device = device;
    this.#receiveMode = receiveMode;
    this.#tell = tell;
  }

  /** The device's stack sleeps, and the processor may. */
  get asleep(): boolean {
    return this.#asleep;
  }

  /** Time since it woke last, in ms; Infinity before its first sleep, 0 while it sleeps. */
  get awakeFor(): number {
    return this.#asleep ? 0 : this.#clock.now() - this.#wokeAt;
  }

  /** How much of the controller is on. */
  get controller(): ControllerPower {
    return this.#controller;
  }

  /**
   * Puts the controller into a mode of sleep. One that has no chip to power down listens instead.
   * @returns why its chip did not fall asleep: the controller is on, and repaired or tried again as ever; null when all went well
   */
  async sleep(wanted: ControllerPower): Promise<Error | null> {
    const { controller, up } = this.#device;
    if (this.#asleep || !up) return null;
    let mode = wanted === "down" && !controller.suspend ? "listen" : wanted;
    let failure: Error | null = null;
    this.#receiveMode.narrow(mode === "listen");
    if (mode === "down") {
      await controller.suspend?.().catch((error: Error) => {
        failure = error;
        mode = "on";
      });
    }
    this.#controller = mode;
    this.#asleep = true;
    this.#tell("asleep");
    return failure;
  }

  /**
   * Wakes it; resolves when it has its link again or is known to have none. A chip that does not wake is repaired or tried again as ever,
   * which is told by the device's events.
   */
  async wake(): Promise<void> {
    if (!this.#asleep) return;
    const mode = this.#controller;
    this.#asleep = false;
    this.#controller = "on";
    this.#wokeAt = this.#clock.now();
    this.#tell("awake");
    this.#receiveMode.narrow(false);
    if (mode === "down") await this.#device.controller.resume?.().catch(() => undefined);
    // Frames that no controller took before the sleep.
    if (this.#device.queued > 0) this.#device.wake();
  }

  /** The device went down, asleep or awake: when it comes up it is awake. */
  closed(): void {
    this.#asleep = false;
    this.#controller = "on";
    this.#receiveMode.narrow(false);
  }
}
