/** The apps of a running system: indicators show from the beginning, firmwares run from a link until the end of the run. */
import type { App, AppContext } from "../apps/app.ts";
import { appKind, appsOf } from "./apps.ts";
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

  /**
   * Makes a rig's apps and starts its indicators.
   * @param firmware whether firmwares are to run, too
   * @throws GpioError for a pin that cannot be what it should; apps that were started before go on until stop()
   */
  make(rig: Rig, context: AppContext, firmware: boolean): void {
    for (const config of appsOf(rig)) {
      const kind = appKind(config);
      if (kind.role === "indicator") {
        const app = kind.make(config, context);
        this.#indicators.push(app);
        app.start();
      } else if (firmware) {
        this.#firmwares.push(kind.make(config, context));
      }
    }
  }

  get hasFirmware(): boolean {
    return this.#firmwares.length > 0;
  }

  startFirmware(): void {
    for (const app of this.#firmwares) app.start();
  }

  stopFirmware(): void {
    for (const app of this.#firmwares) app.stop();
  }

  stop(): void {
    this.stopFirmware();
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
}
