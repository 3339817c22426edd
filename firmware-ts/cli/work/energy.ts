/** `whohas energy`: plays a rig under several strategies in virtual time, and says what each costs in joules. */
import { writeFileSync } from "node:fs";
import { isatty } from "node:tty";
import { SystemClock } from "../../../hal/clock.ts";
import { benchRig } from "../../board/bench.ts";
import { chartSvg } from "../../board/energy/chart.ts";
import type { Measured } from "../../board/energy/measured.ts";
import { EnergyComparison } from "../../board/energy-comparison.ts";
import type { MeterSpec } from "../../board/energy-meter-spec.ts";
import { readMeasured } from "../../board/energy-record.ts";
import type { Rig } from "../../board/rig/rig.ts";
import type { StrategyName } from "../../neigh/strategies/index.ts";
import { Exit } from "../contract/exit.ts";
import { chartOf, type EnergyReport, energyJson, energyLines } from "./energy-words.ts";
import { printableJson } from "./printable.ts";
import { untilTold, type WayDown } from "./way-down.ts";

export interface EnergyOptions {
  /** Virtual time of each strategy, ms. */
  readonly duration: number;
  readonly strategies: readonly StrategyName[];
  readonly seed?: number;
  /** The picture's file. */
  readonly svg?: string;
  /** A meter's record. */
  readonly measured?: string;
  readonly volts?: number;
  /** A meter to be read now, for so long in ms. */
  readonly meter?: MeterSpec;
  readonly meterTime: number;
  readonly json: boolean;
  /** JSON on several lines. */
  readonly pretty: boolean;
}

export function energy(file: string | undefined, options: EnergyOptions): Promise<number> {
  return untilTold((down) => compare(file, options, down), { patient: true });
}

async function compare(file: string | undefined, options: EnergyOptions, down: WayDown): Promise<number> {
  const { duration, strategies, svg, json, pretty } = options;
  const { terminal } = down;
  const rig = await rigOf(file, options.seed);
  // A record that is none is told before minutes were spent.
  const measured = await measure(rig, options, down.told);
  const comparison = new EnergyComparison(rig, { strategies, duration });
  void down.told.then(() => comparison.stop());
  let told = "";
  const results = await comparison.run((strategy, part) => {
    const line = `whohas: ${strategy}, ${10 * Math.floor(10 * part)} %`;
    if (isatty(2) && line !== told) terminal.complain(line);
    told = line;
  });
  down.begin();
  const report: EnergyReport = { rig, duration, parameters: comparison.parameters, results, measured };
  if (svg !== undefined && results.length > 0) writeFileSync(svg, chartSvg(chartOf(report)));
  if (json) terminal.print(printableJson(energyJson(report), pretty));
  else for (const line of energyLines(report)) terminal.print(line);
  return results.length === strategies.length ? Exit.DONE : Exit.NO;
}

/** Null where nothing is measured. Told to stop, it ends early. */
async function measure(
  rig: Rig,
  { measured, meter, meterTime, volts }: EnergyOptions,
  told: Promise<void>,
): Promise<Measured | null> {
  if (measured !== undefined) return readMeasured(measured, volts ?? null);
  if (meter === undefined) return null;
  const clock = new SystemClock();
  const { openMeter, readMeter } = await import("../../board/energy-meter.ts");
  const opened = await openMeter(meter, rig.board.io, clock);
  try {
    return await readMeter(opened, clock, meterTime, told);
  } finally {
    await opened.close();
    clock.stop();
  }
}

async function rigOf(file: string | undefined, seed: number | undefined): Promise<Rig> {
  const rig = file === undefined ? benchRig() : await readRig(file);
  return seed === undefined ? rig : { ...rig, seed };
}

async function readRig(file: string): Promise<Rig> {
  const { readRigFile } = await import("../../board/read-rig.ts");
  return readRigFile(file, { firmware: true });
}
