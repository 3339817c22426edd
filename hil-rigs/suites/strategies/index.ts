/**
 * The cost of the strategies of neighbours, and the events that they bear: one-way datagrams at four paces to a gateway that stays, goes, is replaced or is
 * impersonated. `whohas-rig measure strategies --dut whohas-sim --runs 200`; docs/arp-cost.md has the table.
 */
import type { Case, Suite } from "../../contract/case.ts";
import { overIpv6 } from "../nd/kit/family.ts";
import { EVENTS } from "./events.ts";
import { INTERVALS, play, STRATEGIES } from "./play.ts";

const cases: readonly Case[] = EVENTS.flatMap((event) =>
  STRATEGIES.flatMap((strategy) =>
    INTERVALS.map(
      (seconds): Case => ({
        id: `STR-${event.name}/${strategy.name}/${seconds}-s`,
        title: `${strategy.title}, a datagram every ${seconds} s: ${event.title}`,
        source: "docs/neighbour-strategies.md",
        ...(strategy.wish ? { strategy: strategy.wish } : {}),
        timers: "kernel",
        drawn: true,
        patient: true,
        limit: Number.POSITIVE_INFINITY,
        run: (bench) => play(bench, strategy, event, seconds * 1000),
      }),
    ),
  ),
);

export const strategies: Suite = {
  name: "strategies",
  title: "strategies of neighbours: requests, losses and the time to heal",
  cases: [...cases, ...overIpv6(cases).map((one) => ({ ...one, id: one.id.replace("STR", "STR6") }))],
};
