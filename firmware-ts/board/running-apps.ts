/**
 * The apps of a running system: those that give addresses and indicators run from the beginning, firmwares from a link and an address until
 * the end of the run.
 */
import type { App, AppContext } from "../apps/app.ts";
import type { AppFigures, ReadingFates } from "../control/metrics/ground.ts";
import { appKind, deviceOfApp, namedApps } from "./apps.ts";
import type { Rig } from "./rig/rig.ts";

/** Datagrams by their fate; `queued` counts those that had to wait for an address first. */
export interface Datagrams {
  sent: number;
  queued: number;
  failed: number;
}

export class RunningApps {
  /** By their names in events. */
  readonly #firmwares = new Map<string, App>();
  readonly #indicators: App[] = [];
  /** Those that give a device its addresses, by its name. */
  readonly #addresses = new Map<string, App[]>();
  #started = false;

  /**
   * Makes a rig's apps and starts its indicators.
   * @param contextOf the surroundings of an app, by its name in events
   * @param firmware whether firmwares are to run, too
   * @param sequences how far the firmwares had counted before a restart, by their names
   * @throws GpioError for a pin that cannot be what it should; apps that were started before go on until stop()
   */
  make(
    rig: Rig,
    contextOf: (app: string) => Omit<AppContext, "sequence">,
    firmware: boolean,
    sequences: Readonly<Record<string, number>> = {},
  ): void {
    for (const { name, config } of namedApps(rig)) {
      const kind = appKind(config);
      const context: AppContext = { ...contextOf(name), sequence: sequences[name] ?? 0 };
      if (kind.role === "indicator") {
        const app = kind.make(config, context);
        this.#indicators.push(app);
        app.start();
      } else if (kind.role === "addresses") {
        const device = deviceOfApp(config) ?? "";
        this.#addresses.set(device, [...(this.#addresses.get(device) ?? []), kind.make(config, context)]);
      } else if (firmware) {
        this.#firmwares.set(name, kind.make(config, context));
      }
    }
  }

  /** How far the firmwares have counted, by their names. */
  get sequences(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#firmwares].map(([name, { sequence = 0 }]) => [name, sequence]));
  }

  get hasFirmware(): boolean {
    return this.#firmwares.size > 0;
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
    for (const app of this.#firmwares.values()) app.start();
  }

  stopFirmware(): void {
    for (const app of this.#firmwares.values()) app.stop();
  }

  stop(): void {
    this.stopFirmware();
    for (const app of this.#addressing) app.stop();
    for (const app of this.#indicators) app.stop();
  }

  /** The counts of all apps together, and those of each firmware by its name. */
  get datagrams(): { readonly all: Datagrams; readonly apps: Readonly<Record<string, Datagrams>> } {
    const all: Datagrams = { sent: 0, queued: 0, failed: 0 };
    const apps: Record<string, Datagrams> = {};
    for (const [name, { counters }] of this.#firmwares) {
      const { sent = 0, queued = 0, failed = 0 } = counters;
      apps[name] = { sent, queued, failed };
      all.sent += sent;
      all.queued += queued;
      all.failed += failed;
    }
    return { all, apps };
  }

  /** The fate of all readings together; null where no app takes any. */
  get readings(): ReadingFates | null {
    const all = [...this.#firmwares.values()].flatMap(({ readings }) => (readings ? [readings] : []));
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
    return [...this.#firmwares].map(([app, { counters, readings }]) => ({
      app,
      counters,
      ...(readings && { readings }),
    }));
  }

  get #addressing(): App[] {
    return [...this.#addresses.values()].flat();
  }
}
