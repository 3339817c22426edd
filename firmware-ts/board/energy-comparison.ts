/**
 * The energy of a rig's node under several strategies, each played in virtual time from the same seed:
 *
 *     const comparison = new EnergyComparison(rig, { strategies: ["dynamic", "static"], duration: 86_400_000 });
 *     for (const { strategy, ways } of await comparison.run()) console.log(strategy, ways[0].ledger.perDay);
 */
import { VirtualClock } from "../../hal/clock.ts";
import { type BatteryLife, batteryLife } from "./energy/battery.ts";
import { type Ledger, ledgerOf, type Tally } from "./energy/ledger.ts";
import { type Provenance, parametersOf, valuesOf } from "./energy/parameters.ts";
import { STRATEGY_NAMES, withStrategy } from "./energy-strategies.ts";
import { busRateOf, EnergyRigError, energyDevice, simulatedTwin } from "./energy-twin.ts";
import { EnergyWatch } from "./energy-watch.ts";
import type { Rig } from "./rig/rig.ts";
import type { Summary } from "./summary.ts";
import { System, type SystemListener, startSystem } from "./system.ts";

/** A node that is always awake, and one that sleeps whenever nothing is owed. */
export const WAYS = ["awake", "sleepy"] as const;
export type Way = (typeof WAYS)[number];

export interface WayResult {
  readonly way: Way;
  readonly tally: Tally;
  readonly ledger: Ledger;
  readonly battery: BatteryLife;
}

export interface StrategyResult {
  readonly strategy: string;
  /** In the order of WAYS. */
  readonly ways: readonly WayResult[];
  readonly summary: Summary;
}

export interface EnergyComparisonOptions {
  /** Names of STRATEGY_NAMES; all of them without. */
  readonly strategies?: readonly string[];
  /** Virtual time of each, ms. */
  readonly duration: number;
}

/** Virtual time between two looks at whether to go on, ms. */
const SLICE = 3_600_000;

export class EnergyComparison {
  /** Of the model, with their sources. */
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
  async run(onProgress?: (strategy: string, part: number) => void): Promise<readonly StrategyResult[]> {
    const results: StrategyResult[] = [];
    for (const strategy of this.#options.strategies ?? STRATEGY_NAMES) {
      const result = await this.#play(strategy, (part) => onProgress?.(strategy, part));
      if (result) results.push(result);
    }
    return results;
  }

  /** Ends run() soon. */
  stop(): void {
    this.#stopped = true;
  }

  async #play(strategy: string, onProgress: (part: number) => void): Promise<StrategyResult | null> {
    const { duration } = this.#options;
    const { name } = energyDevice(this.#twin);
    const clock = new VirtualClock();
    let watch: EnergyWatch | null = null;
    const listener: SystemListener = {
      ready: (system) => {
        watch = new EnergyWatch(system, name);
      },
      device: () => undefined,
      datagram: ({ status }) => watch?.datagram(status === "sent"),
    };
    const onSpi = (transactions: number, bytes: number): void => watch?.onSpi(transactions, bytes);
    const system = await System.make(withStrategy(this.#twin, strategy), { clock, duration, listener, onSpi });
    try {
      await startSystem(system);
      while (clock.now() < system.deadline && !this.#stopped) {
        await clock.advance(Math.min(SLICE, system.deadline - clock.now()));
        onProgress(1 - (system.deadline - clock.now()) / duration);
      }
      const tallies = (watch as EnergyWatch | null)?.tallies();
      if (this.#stopped || !tallies) return null;
      const ways = WAYS.map((way) => this.#account(way, tallies[way]));
      return { strategy, ways, summary: system.summary() };
    } finally {
      await system.stop();
    }
  }

  #account(way: Way, tally: Tally): WayResult {
    const values = valuesOf(this.parameters);
    const ledger = ledgerOf(tally, values);
    return { way, tally, ledger, battery: batteryLife(ledger.perDay, values) };
  }
}
