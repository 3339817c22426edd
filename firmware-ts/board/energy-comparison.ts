/**
 * The energy of a rig's node under several strategies, each played in virtual time from the same seed:
 *
 *     const comparison = new EnergyComparison(rig, { strategies: ["dynamic", "static"], duration: 86_400_000 });
 *     for (const { strategy, ways } of await comparison.run()) console.log(strategy, ways[0].ledger.perDay);
 */
import { VirtualClock } from "../../hal/clock.ts";
import { STRATEGY_NAMES, type StrategyName } from "../neigh/strategies/index.ts";
import { type BatteryLife, batteryLife } from "./energy/battery.ts";
import { type Ledger, ledgerOf, type Tally } from "./energy/ledger.ts";
import { type Provenance, parametersOf, valuesOf } from "./energy/parameters.ts";
import { withoutSleep, withSleep } from "./energy-sleep.ts";
import { withStrategy } from "./energy-strategies.ts";
import { busRateOf, EnergyRigError, energyDevice, simulatedTwin } from "./energy-twin.ts";
import { EnergyWatch, type Way } from "./energy-watch.ts";
import type { Rig } from "./rig/rig.ts";
import type { Summary } from "./summary.ts";
import { System, type SystemListener, startSystem } from "./system.ts";

export interface WayResult {
  readonly way: Way;
  readonly tally: Tally;
  readonly ledger: Ledger;
  readonly battery: BatteryLife;
  /** The run that it was counted in. */
  readonly summary: Summary;
}

export interface StrategyResult {
  readonly strategy: StrategyName;
  /** In the order of WAYS; without `slept` where the telemetry waits for answers. */
  readonly ways: readonly WayResult[];
}

export interface EnergyComparisonOptions {
  /** Names of STRATEGY_NAMES; all of them without. */
  readonly strategies?: readonly StrategyName[];
  /** Virtual time of each, ms. */
  readonly duration: number;
}

/** Virtual time between two looks at whether to go on, ms. */
const SLICE = 3_600_000;

export class EnergyComparison {
  /** Parameters of the model, with their sources. */
  readonly parameters: readonly Provenance[];
  readonly #twin: Rig;
  readonly #options: EnergyComparisonOptions;
  #stopped = false;

  /** @throws EnergyRigError */
  constructor(rig: Rig, options: EnergyComparisonOptions) {
    this.#twin = simulatedTwin(rig);
    this.#options = options;
    if (!rig.telemetry && !rig.apps?.some(({ kind }) => kind === "telemetry"))
      throw new EnergyRigError(`${rig.name}: no telemetry: there is no datagram whose energy could be told`);
    const device = energyDevice(rig);
    this.parameters = parametersOf(rig.energy ?? {}, device.driver, busRateOf(device));
  }

  /** Plays the strategies one after the other. Stopped, it returns those that are complete. */
  async run(onProgress?: (strategy: StrategyName, part: number) => void): Promise<readonly StrategyResult[]> {
    const results: StrategyResult[] = [];
    const asleep = withSleep(this.#twin);
    for (const strategy of this.#options.strategies ?? STRATEGY_NAMES) {
      const tell = (part: number): void => onProgress?.(strategy, part);
      const ways = await this.#play(withoutSleep(this.#twin), strategy, ["awake", "owed"], tell);
      if (asleep) ways.push(...(await this.#play(asleep, strategy, ["slept"], tell)));
      if (!this.#stopped) results.push({ strategy, ways });
    }
    return results;
  }

  /** Ends run() soon. */
  stop(): void {
    this.#stopped = true;
  }

  /** Nothing when it was stopped. */
  async #play(rig: Rig, strategy: StrategyName, ways: readonly Way[], onProgress: (part: number) => void): Promise<WayResult[]> {
    const { duration } = this.#options;
    const { name } = energyDevice(this.#twin);
    const clock = new VirtualClock();
    let watch: EnergyWatch | null = null;
    const listener: SystemListener = {
      ready: (system) => {
        watch = new EnergyWatch(system, name);
      },
      device: (device, event) => {
        if (device.name === name) watch?.device(device, event);
      },
      datagram: ({ status }) => watch?.datagram(status === "sent"),
    };
    const onSpi = (transactions: number, bytes: number): void => watch?.onSpi(transactions, bytes);
    const system = await System.make(withStrategy(rig, strategy), { clock, duration, listener, onSpi });
    try {
      await startSystem(system);
      while (clock.now() < system.deadline && !this.#stopped) {
        await clock.advance(Math.min(SLICE, system.deadline - clock.now()));
        onProgress(1 - (system.deadline - clock.now()) / duration);
      }
      const watched = watch as EnergyWatch | null;
      if (this.#stopped || !watched) return [];
      const summary = system.summary();
      return ways.map((way) => this.#account(way, watched.tally(way), summary));
    } finally {
      await system.stop();
    }
  }

  #account(way: Way, tally: Tally, summary: Summary): WayResult {
    const values = valuesOf(this.parameters);
    const ledger = ledgerOf(tally, values);
    return { way, tally, ledger, battery: batteryLife(ledger.perDay, values), summary };
  }
}
