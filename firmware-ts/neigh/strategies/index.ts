/** The strategies by name: to add one, write its file and add its line here. */
import type { NeighStrategy } from "../entry.ts";
import { type ConfirmedOptions, ConfirmedStrategy } from "./confirmed.ts";
import { PiggybackStrategy } from "./piggyback.ts";
import { type PinnedOptions, PinnedStrategy } from "./pinned.ts";

/** Settings of those strategies that have some. */
export interface StrategySettings {
  readonly pinned?: PinnedOptions;
  readonly confirmed?: ConfirmedOptions;
}

export type StrategyName = "dynamic" | "static" | "pinned" | "confirmed" | "piggyback" | "registrar";

/** `dynamic` is Linux's way, and so is `static`, where somebody has given every neighbour a static entry. */
const STRATEGIES: Readonly<Record<StrategyName, (settings: StrategySettings) => NeighStrategy | null>> = {
  dynamic: () => null,
  static: () => null,
  pinned: ({ pinned }) => new PinnedStrategy(pinned),
  confirmed: ({ confirmed }) => new ConfirmedStrategy(confirmed),
  piggyback: () => new PiggybackStrategy(),
  /** The app `registrar` tells it the gateway's address. */
  registrar: ({ pinned }) => new PinnedStrategy(pinned, "registrar"),
};

export const STRATEGY_NAMES: readonly StrategyName[] = Object.keys(STRATEGIES) as StrategyName[];

/**
 * Makes a strategy for a stack: `new Stack({ …, neighbours: { strategy } })`. Null stands for Linux's way.
 * @throws RangeError when a setting is out of its range
 */
export function makeStrategy(name: StrategyName, settings: StrategySettings = {}): NeighStrategy | null {
  return STRATEGIES[name](settings);
}
