/** `neighbours.strategy` of a rig and its settings: keys, checks against each other, words. */
import * as v from "valibot";
import { CONFIRMED_DEFAULTS, type ConfirmedOptions } from "../neigh/strategies/confirmed.ts";
import { MOST } from "../neigh/strategies/frame-budget.ts";
import { STRATEGY_NAMES, type StrategyName } from "../neigh/strategies/index.ts";
import { PINNED_DEFAULTS, type PinnedOptions } from "../neigh/strategies/pinned.ts";
import type { NeighboursConfig } from "./rig/rig.ts";
import { type Draft, leaf, oneOf, ranged, shaped, table } from "./rig/schema.ts";
import { formatDuration, parseDuration, parseInteger } from "./rig/units.ts";
import type { YamlFile } from "./rig-yaml.ts";

/** In ms. */
const DAY = 86_400_000;
/** Shortest and longest time between two looks, and of a proof, in ms. */
const CHECK: readonly [number, number] = [10_000, 30 * DAY];
const WITHIN: readonly [number, number] = [1000, 30 * DAY];

export const strategyKeys: {
  readonly strategy: v.GenericSchema<unknown, StrategyName>;
  readonly pinned: v.GenericSchema<unknown, PinnedOptions>;
  readonly confirmed: v.GenericSchema<unknown, ConfirmedOptions>;
} = {
  strategy: oneOf(STRATEGY_NAMES),
  pinned: shaped(
    false,
    "{ checkEvery: 1h, framesPerDay: 240 }",
    table({
      checkEvery: v.exactOptional(ranged("1h", parseDuration, formatDuration, CHECK)),
      framesPerDay: v.exactOptional(leaf("240", (text) => parseInteger(text, 1, MOST))),
    }),
  ),
  confirmed: shaped(
    false,
    "{ within: 30m }",
    table({ within: v.exactOptional(ranged("30m", parseDuration, formatDuration, WITHIN)) }),
  ),
};

/**
 * Notes settings of a strategy that is not the rig's, and a budget that cannot do.
 * @param registers the rig has an app `registrar`
 */
export function checkStrategy(file: YamlFile, neighbours: Draft<Partial<NeighboursConfig>>, registers: boolean): void {
  const { strategy } = neighbours ?? {};
  for (const name of ["pinned", "confirmed"] as const) {
    const fits = strategy === name || (name === "pinned" && strategy === "registrar");
    if (neighbours?.[name] && !fits && !("strategy" in neighbours && strategy === undefined))
      file.note(["neighbours", name], `settings of another strategy than the rig's; say strategy: ${name}`, { key: true });
  }
  const given = neighbours && "static" in neighbours && (neighbours.static === undefined || neighbours.static.length > 0);
  if (strategy === "static" && !given)
    file.note(
      ["neighbours", "strategy"],
      "static: needs entries; say e.g. static: [{ ip: 192.168.10.1, lladdr: 02:00:5e:10:00:fe, dev: eth0 }]",
    );
  if (strategy === "registrar" && !registers)
    file.note(
      ["neighbours", "strategy"],
      'registrar: nobody registers; say e.g. apps: [{ kind: registrar, to: "192.168.10.1:7625", device: eth0, key: … }]',
    );
  const { checkEvery = PINNED_DEFAULTS.checkEvery, framesPerDay = PINNED_DEFAULTS.framesPerDay } = neighbours?.pinned ?? {};
  const needed = Math.ceil(DAY / checkEvery);
  if ((strategy === "pinned" || strategy === "registrar") && needed > framesPerDay)
    file.note(
      ["neighbours", "pinned"],
      `framesPerDay ${framesPerDay}: a look every ${formatDuration(checkEvery)} needs ${needed} for each neighbour; say more, or a longer checkEvery`,
      { key: true },
    );
}

/** Words about a strategy that is not Linux's; false for none. */
export function describeStrategy({ strategy, pinned, confirmed }: NeighboursConfig): string | false {
  switch (strategy) {
    case undefined:
    case "dynamic":
      return false;
    case "registrar":
    case "pinned": {
      const { checkEvery, framesPerDay } = { ...PINNED_DEFAULTS, ...pinned };
      return `${strategy}, looked at every ${formatDuration(checkEvery)}, at most ${framesPerDay} frames a day`;
    }
    case "confirmed":
      return `confirmed, a proof holds for ${formatDuration(confirmed?.within ?? CONFIRMED_DEFAULTS.within)}`;
    default:
      return `strategy ${strategy}`;
  }
}
