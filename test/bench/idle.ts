/**
 * The part of the bench that is about a board's budget: whole programs as users have them, in real time, next to a Node that does nothing.
 * Read in /proc, so Linux only. All programs run at the same time: what is measured is each one's own.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { missingForNetns, VethPair } from "../support/netns.ts";
import { scratch } from "../support/own.ts";
import { ROOT } from "../support/sources.ts";

/** Until the start is over, and V8 has given back what it took: s. */
const SETTLED = 15;
/** For so long it is looked at, s. */
const WINDOW = 30;
const HOUR = 3600;
/** Linux counts processor time in /proc in hundredths of a second. */
const TICK = 0.01;

const MAIN = join(ROOT, "dist/firmware-ts/cli/main.js");

export interface IdleRow {
  readonly name: string;
  /** From the start of the process to its first datagram, ms; null where it sends none. */
  readonly first: number | null;
  /** Resident memory after the start is over, and the most it was, MiB. */
  readonly resident: number;
  readonly most: number;
  /** Times a second that one of its threads went to sleep (voluntary_ctxt_switches), and so was woken up. */
  readonly wakeUps: number;
  /** Processor time in an hour of this, s. */
  readonly hour: number;
}

/** The words of node by name; those on an interface only where namespaces can be made. */
const PROGRAMS: Readonly<Record<string, (iface: () => string) => readonly string[]>> = {
  "idle, a node that waits": () => ["-e", "setTimeout(() => {}, 1e9)"],
  "idle, enc28j60:sim, no app": () => run("sim", "--no-app", ...device("enc28j60:sim")),
  "idle, built-in bench, telemetry every 3 s": () => run("bench"),
  "idle, packet:IFACE, no app": (iface) => run("wire", "--no-app", ...device(`packet:${iface()}`)),
  "idle, packet:IFACE, telemetry every 3 s": (iface) => run("sender", ...device(`packet:${iface()}`)),
};

export const IDLES: readonly string[] = Object.keys(PROGRAMS);

function run(name: string, ...words: readonly string[]): readonly string[] {
  return [MAIN, "run", "--json", "--name", name, ...words];
}

function device(spec: string): readonly string[] {
  return ["--device", spec, "--address", "10.0.0.2/24", "--gateway", "10.0.0.1"];
}

/** Measures programs, all of them at once. @param say is told which cannot be measured, and why */
export async function measureIdle(names: readonly string[], say: (line: string) => void): Promise<IdleRow[]> {
  const missing = missingForNetns();
  const possible = names.filter((name) => missing === false || !name.includes("IFACE"));
  if (missing !== false && possible.length < names.length) say(`not on an interface: ${missing}`);
  execFileSync("npm", ["run", "--silent", "bundle"], { cwd: ROOT });
  const environment = { ...process.env, NODE_OPTIONS: "", WHOHAS_RUNTIME_DIR: scratch("idle") };
  const iface = (): string => {
    const pair = new VethPair();
    pair.far.ip("address", "add", "10.0.0.1/24", "dev", pair.farName);
    return pair.near;
  };
  return Promise.all(possible.map((name) => measure(name, PROGRAMS[name]?.(iface) ?? [], environment)));
}

async function measure(name: string, words: readonly string[], env: NodeJS.ProcessEnv): Promise<IdleRow> {
  const begun = performance.now();
  const child = spawn(process.execPath, words, { env, stdio: ["ignore", "pipe", "inherit"] });
  let first: number | null = null;
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (line.startsWith('{"event":"datagram"')) first ??= performance.now() - begun;
  });
  try {
    await sleep(SETTLED * 1000);
    const before = look(child);
    await sleep(WINDOW * 1000);
    const after = look(child);
    return {
      name,
      first,
      resident: after.resident,
      most: after.most,
      wakeUps: (after.wakeUps - before.wakeUps) / WINDOW,
      hour: ((after.time - before.time) * HOUR) / WINDOW,
    };
  } finally {
    child.kill("SIGINT");
    if (child.exitCode === null && child.signalCode === null) await once(child, "close");
  }
}

interface Look {
  readonly resident: number;
  readonly most: number;
  readonly wakeUps: number;
  readonly time: number;
}

/** Reads in /proc what a process and its threads took so far (proc(5)). */
function look({ pid }: ChildProcess): Look {
  const read = (path: string): string => readFileSync(`/proc/${pid}/${path}`, "utf8");
  const status = read("status");
  const number = (text: string, key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+)`, "m").exec(text)?.[1]);
  const threads = readdirSync(`/proc/${pid}/task`);
  const wakeUps = threads.map((thread) => number(read(`task/${thread}/status`), "voluntary_ctxt_switches"));
  // Behind the name in brackets: state is the first, utime and stime are the twelfth and the thirteenth.
  const fields = read("stat")
    .replace(/^.*\) /, "")
    .split(" ");
  return {
    resident: number(status, "VmRSS") / 1024,
    most: number(status, "VmHWM") / 1024,
    wakeUps: wakeUps.reduce((sum, count) => sum + count, 0),
    time: (Number(fields[11]) + Number(fields[12])) * TICK,
  };
}

/** A row's line of the table. */
export function idleLine({ name, first, resident, most, wakeUps, hour }: IdleRow): string {
  const start = first === null ? "" : `, first datagram after ${first.toFixed(0)} ms`;
  const memory = `${resident.toFixed(1)} MiB, at most ${most.toFixed(1)}`;
  return `${name.padEnd(46)} ${memory}; ${wakeUps.toFixed(1)} wake-ups a second; ${hour.toFixed(1)} s of processor an hour${start}`;
}
