/**
 * The apps of a running system: those that give addresses and indicators run from the beginning, firmwares from a link and an address until
 * the end of the run.
 */
import type { App, AppContext } from "../apps/app.ts";
import { appKind, appsOf, deviceOfApp } from "./apps.ts";
import type { Rig } from "./rig/rig.ts";

/** Datagrams of all apps by their fate; `queued` counts those that had to wait for an address first. */
export interface Datagrams {
  sent: number;
  queued: number;
  failed: number;
}

export class RunningApps {
  readonly #firmwares: App[] = [];
  readonly #indicators: App[] = [];
  /** Those that give a device its addresses, by its name. */
  readonly #addresses = new Map<string, App[]>();
  #started = false;

  /**
   * Makes a rig's apps and starts its indicators.
   * @param firmware whether firmwares are to run, too
   * @param sequences how far the firmwares had counted before a restart, in their order
   * @throws GpioError for a pin that cannot be what it should; apps that were started before go on until stop()
   */
  make(rig: Rig, context: Omit<AppContext, "sequence">, firmware: boolean, sequences: readonly number[] = []): void {
    for (const config of appsOf(rig)) {
      const kind = appKind(config);
      const surroundings: AppContext = { ...context, sequence: sequences[this.#firmwares.length] ?? 0 };
      if (kind.role === "indicator") {
        const app = kind.make(config, surroundings);
        this.#indicators.push(app);
        app.start();
      } else if (kind.role === "addresses") {
        const device = deviceOfApp(config) ?? "";
        this.#addresses.set(device, [...(this.#addresses.get(device) ?? []), kind.make(config, surroundings)]);
      } else if (firmware) {
        this.#firmwares.push(kind.make(config, surroundings));
      }
    }
  }

  /** How far the firmwares have counted, in their order. */
  get sequences(): readonly number[] {
    return this.#firmwares.map(({ sequence }) => sequence ?? 0);
  }

  get hasFirmware(): boolean {
    return this.#firmwares.length > 0;
  }

  /** Starts the apps that give addresses. */
  startAddresses(): void {
    for (const app of this.#addressing) app.start();
  }

  /** The device has its addresses, as far as apps give it any. */
  isSettled(device: string): boolean {
    return (this.#addresses.get(device) ?? []).every(({ settled }) => settled === true);
  }

  /** Begins once, however often it is called. */
  startFirmware(): void {
    if (this.#started) return;
    this.#started = true;
    for (const app of this.#firmwares) app.start();
  }

  stopFirmware(): void {
    for (const app of this.#firmwares) app.stop();
  }

  stop(): void {
    this.stopFirmware();
    for (const app of this.#addressing) app.stop();
    for (const app of this.#indicators) app.stop();
  }

  get datagrams(): Datagrams {
    const total: Datagrams = { sent: 0, queued: 0, failed: 0 };
    for (const { counters } of this.#firmwares) {
      total.sent += counters["sent"] ?? 0;
      total.queued += counters["queued"] ?? 0;
      total.failed += counters["failed"] ?? 0;
    }
    return total;
  }

  get #addressing(): App[] {
    return [...this.#addresses.values()].flat();
  }
}
