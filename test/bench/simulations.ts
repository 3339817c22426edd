/**
 * The part of the bench that is about simulated networks: the processor time of whole runs in virtual time, each in a process of its own,
 * the least and the median of several. The time to load the code is not counted.
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { benchRig } from "../../firmware-ts/board/bench.ts";
import { Field } from "../../firmware-ts/board/field.ts";
import { System, startSystem } from "../../firmware-ts/board/system.ts";
import { VirtualClock } from "../../hal/clock.ts";

const HOUR = 3_600_000;
const ROUNDS = 3;
const LIMIT = 600_000;
/** Virtual time between two turns of the event loop, ms, as `whohas sim` has it. */
const SLICE = 1000;

interface Simulation {
  /** Seconds of processor time that it may take, and those that are aimed at. */
  readonly gate: number;
  readonly aim: number;
  /** Runs it. Returns the number of datagrams that it sent. */
  readonly run: () => Promise<number>;
}

/** One run: seconds of processor time, of all threads. */
export interface SimulationRun {
  readonly seconds: number;
  readonly datagrams: number;
}

export interface SimulationRow {
  readonly name: string;
  readonly least: number;
  readonly median: number;
  readonly datagrams: number;
  readonly gate: number;
  readonly aim: number;
}

export const SIMULATIONS: Readonly<Record<string, Simulation>> = {
  "simulation, 24 h of telemetry, enc28j60 model": { gate: 1, aim: 0.3, run: day },
  "simulation, 1000 hosts, 1 h": { gate: 10, aim: 3, run: field },
};

/** As `whohas run --virtual-time --duration 24h --quiet`: a reading every 3 s. */
async function day(): Promise<number> {
  const clock = new VirtualClock();
  const silent = { ready: () => {}, device: () => {}, datagram: () => {} };
  const system = await System.make(benchRig(), { clock, duration: 24 * HOUR, listener: silent });
  await startSystem(system);
  await clock.advance(system.deadline - clock.now());
  const { datagrams } = system.summary();
  await system.stop();
  return datagrams.sent;
}

/** As `whohas sim --hosts 1000 --duration 1h`: a reading of each every 10 s. */
async function field(): Promise<number> {
  const clock = new VirtualClock();
  const made = await Field.open({ clock, hosts: 1000, interval: 10_000, seed: 1, profile: "linux", staticGateway: false });
  while (clock.now() < HOUR) {
    clock.advanceSync(SLICE);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { datagrams } = made.report();
  await made.close();
  return datagrams.sent;
}

/** Runs a simulation in this process. */
export async function runSimulation(name: string): Promise<SimulationRun> {
  const simulation = SIMULATIONS[name];
  if (!simulation) throw new RangeError(`no simulation "${name}"; there are: ${Object.keys(SIMULATIONS).join("; ")}`);
  const before = process.cpuUsage();
  const datagrams = await simulation.run();
  const { user, system } = process.cpuUsage(before);
  return { seconds: (user + system) / 1e6, datagrams };
}

/** Measures a simulation, each round in a process of its own. */
export function measureSimulation(name: string): SimulationRow {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const child = fileURLToPath(new URL("./simulation-child.ts", import.meta.url));
  const runs = Array.from({ length: ROUNDS }, () => {
    const words = ["--import", "./firmware-ts/cli/dev.mjs", child, name];
    return JSON.parse(execFileSync(process.execPath, words, { cwd: root, encoding: "utf8", timeout: LIMIT })) as SimulationRun;
  }).sort((one, other) => one.seconds - other.seconds);
  const { gate, aim } = SIMULATIONS[name] as Simulation;
  const [first] = runs as [SimulationRun];
  return {
    name,
    least: first.seconds,
    median: (runs[ROUNDS >> 1] as SimulationRun).seconds,
    datagrams: first.datagrams,
    gate,
    aim,
  };
}

/** The least round is what counts: the others tell how busy the machine is. */
export function meetsGate({ least, gate }: SimulationRow): boolean {
  return least <= gate;
}

/** A row's line of the table. */
export function simulationLine(row: SimulationRow): string {
  const { name, least, median, datagrams, gate, aim } = row;
  const each = ((least / datagrams) * 1e6).toFixed(1);
  const verdict = meetsGate(row) ? (least <= aim ? "as aimed at" : `within the gate; the aim is ${aim} s`) : "short of the gate";
  return `${name.padEnd(46)} ${least.toFixed(2)} s, median ${median.toFixed(2)}; ${each} us a datagram; gate ${gate} s: ${verdict}`;
}
