/**
 * The part of the bench that is about a board's budget: whole programs as users have them, in real time, next to a Node that does nothing.
 * Read in /proc, so Linux only. All programs run at the same time: what is measured is each one's own.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { missingForNetns } from "../support/netns.ts";
import { scratch } from "../support/own.ts";
import { ROOT } from "../support/sources.ts";
import { ifaceToHost, MAIN, type Memory, memoryOf, onDevice, statusNumber } from "./programs.ts";

/** Until the start is over, and V8 has given back what it took: s. */
const SETTLED = 15;
/** For so long it is looked at, s. */
const WINDOW = 30;
const HOUR = 3600;
/** Linux counts processor time in /proc in hundredths of a second. */
const TICK = 0.01;

/** Memory: after the start is over. */
export interface IdleRow extends Memory {
  readonly name: string;
  /** From the start of the process to its first datagram, ms; null where it sends none. */
  readonly first: number | null;
  /** Times a second that one of its threads went to sleep (voluntary_ctxt_switches), and so was woken up. */
  readonly wakeUps: number;
  /** Processor time in an hour of this, s. */
  readonly hour: number;
}

/** The words of node by name; those on an interface only where namespaces can be made. */
const PROGRAMS: Readonly<Record<string, () => readonly string[]>> = {
  "idle, a node that waits": () => ["-e", "setTimeout(() => {}, 1e9)"],
  "idle, enc28j60:sim, no app": () => run("sim", "--no-app", ...onDevice("enc28j60:sim")),
  "idle, built-in bench, telemetry every 3 s": () => run("bench"),
  "idle, packet:IFACE, no app": () => run("wire", "--no-app", ...onDevice(`packet:${ifaceToHost()}`)),
  "idle, packet:IFACE, telemetry every 3 s": () => run("sender", ...onDevice(`packet:${ifaceToHost()}`)),
};

export const IDLES: readonly string[] = Object.keys(PROGRAMS);

function run(name: string, ...words: readonly string[]): readonly string[] {
  return [MAIN, "run", "--json", "--name", name, ...words];
}

/** Measures programs, all of them at once. @param say is told which cannot be measured, and why */
export async function measureIdle(names: readonly string[], say: (line: string) => void): Promise<IdleRow[]> {
  const missing = missingForNetns();
  const possible = names.filter((name) => missing === false || !name.includes("IFACE"));
  if (missing !== false && possible.length < names.length) say(`not on an interface: ${missing}`);
  execFileSync("npm", ["run", "--silent", "bundle"], { cwd: ROOT });
  const environment = { ...process.env, NODE_OPTIONS: "", WHOHAS_RUNTIME_DIR: scratch("idle") };
  return Promise.all(possible.map((name) => measure(name, PROGRAMS[name]?.() ?? [], environment)));
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

interface Look extends Memory {
  readonly wakeUps: number;
  readonly time: number;
}

/** Reads in /proc what a process and its threads took so far (proc(5)). */
function look({ pid }: ChildProcess): Look {
  const read = (path: string): string => readFileSync(`/proc/${pid}/${path}`, "utf8");
  const threads = readdirSync(`/proc/${pid}/task`);
  const wakeUps = threads.map((thread) => statusNumber(read(`task/${thread}/status`), "voluntary_ctxt_switches"));
  // Behind the name in brackets: state is the first, utime and stime are the twelfth and the thirteenth.
  const fields = read("stat")
    .replace(/^.*\) /, "")
    .split(" ");
  return {
    ...memoryOf(pid),
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
