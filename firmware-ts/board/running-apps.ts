/**
 * The apps of a running system: those that give addresses and indicators run from the beginning, firmwares from a link and an address until
 * the end of the run.
 */
import type { App, AppContext, ReadingFates } from "../apps/app.ts";
import type { AppFigures } from "../control/metrics/ground.ts";
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
  /** The kinds of the firmwares, in their order. */
  readonly #kinds: string[] = [];
  readonly #indicators: App[] = [];
  /** Those that give a device its addresses, by its name. */
  readonly #addresses = new Map<string, App[]>();
  #started = false;

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
      } else if (kind.role === "addresses") {
        const device = deviceOfApp(config) ?? "";
        this.#addresses.set(device, [...(this.#addresses.get(device) ?? []), kind.make(config, context)]);
      } else if (firmware) {
        this.#firmwares.push(kind.make(config, context));
        this.#kinds.push(kind.kind);
      }
    }
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

  /** The fate of all readings together; null where no app takes any. */
  get readings(): ReadingFates | null {
    const all = this.#firmwares.flatMap(({ readings }) => (readings ? [readings] : []));
    if (all.length === 0) return null;
    const sum = (key: Exclude<keyof ReadingFates, "dropped">): number => all.reduce((total, fates) => total + fates[key], 0);
    const dropped: Record<string, number> = {};
    for (const fates of all)
      for (const [reason, count] of Object.entries(fates.dropped)) dropped[reason] = (dropped[reason] ?? 0) + count;
    return {
      taken: sum("taken"),
      restored: sum("restored"),
      sent: sum("sent"),
      stored: sum("stored"),
      underWay: sum("underWay"),
      dropped,
    };
  }

  /** Each firmware's own figures. */
  get figures(): readonly AppFigures[] {
    return this.#firmwares.map(({ counters, readings }, app) => ({
      app,
      kind: this.#kinds[app] as string,
      counters,
      ...(readings && { readings }),
    }));
  }

  get #addressing(): App[] {
    return [...this.#addresses.values()].flat();
  }
}
