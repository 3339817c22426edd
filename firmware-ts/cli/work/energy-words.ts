/** The result of `whohas energy` in words, as JSON and as a chart. */
import type { Chart } from "../../board/energy/chart.ts";
import { CAUSES, type Cause, type Ledger } from "../../board/energy/ledger.ts";
import type { Measured } from "../../board/energy/measured.ts";
import { PARAMETER_UNITS, type Provenance } from "../../board/energy/parameters.ts";
import type { StrategyResult, WayResult } from "../../board/energy-comparison.ts";
import { WAYS, type Way } from "../../board/energy-watch.ts";
import { formatQuantity, threeDigits } from "../../board/rig/electric.ts";
import type { Rig } from "../../board/rig/rig.ts";
import { formatDuration } from "../../board/rig/units.ts";

export interface EnergyReport {
  readonly rig: Rig;
  /** ms */
  readonly duration: number;
  readonly parameters: readonly Provenance[];
  readonly results: readonly StrategyResult[];
  readonly measured: Measured | null;
}

const WAY_WORDS: Readonly<Record<Way, string>> = {
  awake: "always awake",
  owed: "asleep once nothing is owed",
  slept: "asleep by stack.sleep()",
};
const CAUSE_WORDS: Readonly<Record<Cause, string>> = {
  sent: "sent",
  received: "received",
  resolution: "arp, nd",
  bus: "bus",
  waking: "waking",
  waiting: "waiting",
  asleep: "asleep",
};
const DAY = 86_400_000;
const YEAR_DAYS = 365.25;
/** Lives longer than this are told in years. */
const MANY_DAYS = 1000;

export function energyLines(report: EnergyReport): string[] {
  const { rig, duration, parameters, results, measured } = report;
  const lines = [`--- ${rig.name}, ${formatDuration(duration)} of virtual time, seed ${rig.seed} ---`];
  for (const way of WAYS) lines.push(...wayLines(way, results));
  lines.push("parameters");
  for (const { name, value, source } of parameters) {
    lines.push(
      `  ${name.padEnd(22)}${(value === null ? "unknown" : parameterText(name, value)).padEnd(12)}${source ?? ""}`.trimEnd(),
    );
  }
  for (const line of leftOutLines(results)) lines.push(line);
  if (measured) lines.push(...measuredLines(measured, results));
  return lines;
}

function wayLines(way: Way, results: readonly StrategyResult[]): string[] {
  const found = results.flatMap((result) => {
    const of = wayOf(result, way);
    return of ? [{ strategy: result.strategy, of }] : [];
  });
  if (found.length === 0) return [];
  const heads = ["a datagram", "a day", "battery", "arp, nd", "failed"];
  const lines = [`${WAY_WORDS[way].padEnd(29)}${heads.map((head) => head.padStart(12)).join("")}`];
  for (const { strategy, of } of found) {
    const { ledger, battery, summary } = of;
    const cells = [
      ledger.perDatagram === null ? "-" : formatQuantity(ledger.perDatagram, "J"),
      formatQuantity(ledger.perDay, "J"),
      lifeText(battery.days),
      String(resolutionFrames(of)),
      String(summary.datagrams.failed),
    ];
    lines.push(`  ${strategy.padEnd(27)}${cells.map((cell) => cell.padStart(12)).join("")}`);
  }
  lines.push(`  ${"by cause, a day".padEnd(17)}${CAUSES.map((cause) => CAUSE_WORDS[cause].padStart(10)).join("")}`);
  for (const { strategy, of } of found) {
    const cells = of.ledger.entries.map(({ joules }) => formatQuantity((joules * DAY) / of.tally.span, "J").padStart(10));
    lines.push(`    ${strategy.padEnd(15)}${cells.join("")}`);
  }
  return lines;
}

/** Unknown parameters, each with the causes that it would have added to. */
function leftOutLines(results: readonly StrategyResult[]): string[] {
  const causes = new Map<string, Set<string>>();
  const note = (parameter: string, what: string): void => {
    causes.set(parameter, (causes.get(parameter) ?? new Set()).add(what));
  };
  for (const { ways } of results) {
    for (const { ledger, battery } of ways) {
      for (const { parameter, cause } of ledger.leftOut) note(parameter, CAUSE_WORDS[cause]);
      for (const parameter of battery.leftOut) note(parameter, "battery");
    }
  }
  return [...causes].map(([parameter, whats]) => `left out, unknown: ${parameter} (${[...whats].join("; ")})`);
}

function measuredLines({ joules, span, rows, skipped, columns }: Measured, results: readonly StrategyResult[]): string[] {
  const perDay = (joules * DAY) / span;
  const missing = skipped > 0 ? `, ${skipped} without a value` : "";
  const lines = [
    `measured: ${formatQuantity(joules, "J")} in ${formatDuration(Math.round(span))}, ${formatQuantity(perDay, "J")} a day (${rows} rows${missing}; ${columns.join(", ")})`,
  ];
  for (const result of results) {
    for (const { way, ledger } of result.ways) {
      const part = ledger.perDay > 0 ? `, measured is ${threeDigits(perDay / ledger.perDay)} times that` : "";
      lines.push(`  model, ${result.strategy}, ${WAY_WORDS[way]}: ${formatQuantity(ledger.perDay, "J")} a day${part}`);
    }
  }
  return lines;
}

export function energyJson({ rig, duration, parameters, results, measured }: EnergyReport): object {
  return {
    rig: rig.name,
    seed: rig.seed,
    duration,
    parameters,
    strategies: results.map(({ strategy, ways }) => ({
      strategy,
      ways: ways.map(({ way, tally, ledger, battery, summary: { datagrams, arp, nd, drops } }) => {
        return { way, datagrams, arp, nd, drops, tally, ...ledger, battery };
      }),
    })),
    measured: measured && { ...measured, perDay: (measured.joules * DAY) / measured.span },
  };
}

export function chartOf({ rig, duration, parameters, results }: EnergyReport): Chart {
  const panels = WAYS.map((way) => ({
    title: WAY_WORDS[way],
    bars: results.flatMap((result) => {
      const of = wayOf(result, way);
      if (!of) return [];
      const life = of.battery.days === null ? "" : `, ${lifeText(of.battery.days)}`;
      return [{ label: result.strategy, entries: of.ledger.entries, note: `${noteOf(of.ledger)}${life}` }];
    }),
  })).filter(({ bars }) => bars.length > 0);
  const said = parameters
    .filter(({ value }) => value !== null)
    .map(({ name, value }) => `${name} ${parameterText(name, value ?? 0)}`);
  const notes = [...wrapped(said, NOTE_WIDTH), ...leftOutLines(results)];
  const subtitle = `${formatDuration(duration)} of virtual time, seed ${rig.seed}; joules a day by cause`;
  return { title: `Energy of ${rig.name}, by strategy`, subtitle, span: duration, panels, notes };
}

/** Characters in a line of notes. */
const NOTE_WIDTH = 130;

function wrapped(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length + 2 <= width) lines[lines.length - 1] = `${last}, ${word}`;
    else lines.push(word);
  }
  return lines;
}

function noteOf({ perDay, perDatagram }: Ledger): string {
  const each = perDatagram === null ? "" : `, ${formatQuantity(perDatagram, "J")} a datagram`;
  return `${formatQuantity(perDay, "J")} a day${each}`;
}

function wayOf({ ways }: StrategyResult, way: Way): WayResult | undefined {
  return ways.find((one) => one.way === way);
}

function resolutionFrames({ tally: { resolution } }: WayResult): number {
  return resolution.sent.frames + resolution.received.frames;
}

function lifeText(days: number | null): string {
  if (days === null) return "-";
  return days >= MANY_DAYS ? `${threeDigits(days / YEAR_DAYS)} years` : `${threeDigits(days)} days`;
}

function parameterText(name: Provenance["name"], value: number): string {
  const unit = PARAMETER_UNITS[name];
  if (unit === "ms") return formatDuration(value);
  if (unit === "") return String(value);
  if (unit === "/year") return `${threeDigits(100 * (1 - Math.exp(-value)))} %/year`;
  return formatQuantity(value, unit);
}
