/** `neigh.strategy`: how the neighbour tables keep their entries true, and what that has come to so far. */
import * as v from "valibot";
import type { StrategyReport } from "../../neigh/entry.ts";
import { nudName } from "../../neigh/states.ts";
import { formatMac } from "../../net/ethernet.ts";
import { keyText } from "./by-family.ts";
import { method } from "./method.ts";

const AGE = v.pipe(v.nullable(v.number()), v.description("ms since its last proof of life; null before the first"));

export const neighStrategyMethods = {
  "neigh.strategy": method({
    about:
      "The strategy of the neighbour tables (`neighbours.strategy` of a rig): its counters, the neighbours that it looks after, and the " +
      "frames that it may still send within 24 hours (null: it has no budget). `dynamic` is Linux's way and counts nothing.",
    params: {},
    result: v.object({
      name: v.string(),
      counters: v.array(v.tuple([v.string(), v.number()])),
      budgetLeft: v.nullable(v.number()),
      neighbours: v.array(
        v.object({
          dst: v.string(),
          dev: v.string(),
          lladdr: v.string(),
          state: v.string(),
          phase: v.pipe(v.string(), v.description("trusted, asked, searched or doubted")),
          proofAge: AGE,
        }),
      ),
    }),
    errors: [],
    run({ stack }) {
      const { name, counters, budgetLeft, neighbours } = stack.neighbours(4).table.strategy?.report() ?? DYNAMIC;
      return {
        name,
        counters: counters.map(([counter, value]): [string, number] => [counter, value]),
        budgetLeft,
        neighbours: neighbours.map(({ entry, phase, proofAge }) => ({
          dst: keyText(entry),
          dev: entry.device.name,
          lladdr: formatMac(entry.address),
          state: nudName(entry.nudState),
          phase,
          proofAge: proofAge === null ? null : Math.round(proofAge),
        })),
      };
    },
  }),
};

const DYNAMIC: StrategyReport = { name: "dynamic", counters: [], budgetLeft: null, neighbours: [] };
