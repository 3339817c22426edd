/**
 * The cost of a start, beside bare Node: processor time (the least of several runs, for a busy machine only adds), the most memory,
 * and the memory of running instances. Measures the built package, as users have it.
 *
 *     npm run bench:start
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { doors } from "../support/doors.ts";
import { missingForNetns } from "../support/netns.ts";
import { scratch } from "../support/own.ts";
import { ifaceToHost, MAIN, memoryOf, onDevice } from "./programs.ts";

const RUNS = 9;
/** How long an instance is given until it answers, in ms. */
const SETTLE = 3000;
/** When the memory of a running program is read, in s. */
const MOMENTS: readonly number[] = [5, 20, 55];

const environment = { ...process.env, NODE_OPTIONS: "", WHOHAS_RUNTIME_DIR: scratch("start") };

/** Prints, at its end, what the process took. */
const METER = `data:text/javascript,${encodeURIComponent(`
  process.on("exit", () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    process.stderr.write("\\nmeter " + [(userCPUTime + systemCPUTime) / 1000, maxRSS / 1024].join(" "));
  });
`)}`;

interface Cost {
  /** Processor time in ms. */
  readonly time: number;
  /** Largest resident set in MiB. */
  readonly memory: number;
}

async function costOf(words: readonly string[]): Promise<Cost> {
  const costs: Cost[] = [];
  for (let run = 0; run < RUNS; run++) {
    const child = spawn(process.execPath, ["--import", METER, ...words], { env: environment, stdio: ["ignore", "ignore", "pipe"] });
    let text = "";
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    await once(child, "close");
    const [, time, memory] = /meter ([\d.]+) ([\d.]+)/.exec(text) ?? [];
    costs.push({ time: Number(time), memory: Number(memory) });
  }
  return costs.reduce((least, cost) => (cost.time < least.time ? cost : least));
}

/** Memory of a running process, in MiB: resident at each of the moments, and the most that was. */
interface Resident {
  readonly now: readonly number[];
  readonly most: number;
}

/** Looks at a program's memory as its user does, in /proc. @param words of node */
async function residentOf(words: readonly string[]): Promise<Resident> {
  const child = spawn(process.execPath, words, { env: environment, stdio: "ignore" });
  const now: number[] = [];
  let passed = 0;
  for (const moment of MOMENTS) {
    await sleep((moment - passed) * 1000);
    passed = moment;
    now.push(memoryOf(child.pid).resident);
  }
  const { most } = memoryOf(child.pid);
  child.kill("SIGINT");
  await once(child, "close");
  return { now, most };
}

/** The programs whose memory is told: an instance on an interface only where namespaces can be made. */
function residents(): Record<string, readonly string[]> {
  const run = (...words: readonly string[]): string[] => [MAIN, "run", "--duration", "60s", ...words];
  const programs = {
    node: ["-e", "setTimeout(() => {}, 60000)"],
    "whohas run": run("--name", "bench"),
    "whohas run --device enc28j60:sim": run("--name", "sim", ...onDevice("enc28j60:sim")),
  };
  const missing = missingForNetns();
  if (missing !== false) {
    console.log(`without an interface: ${missing}`);
    return programs;
  }
  return {
    ...programs,
    "whohas run --device packet:IFACE": run("--name", "wire", ...onDevice(`packet:${ifaceToHost()}`)),
  };
}

function row(name: string, ...figures: readonly string[]): void {
  console.log(name.padEnd(40) + figures.map((figure) => figure.padStart(14)).join(""));
}

row("", "ms processor", "over bare", "MiB at most");
const bare = await costOf(["-e", "0"]);
const tell = (name: string, { time, memory }: Cost): void =>
  row(name, time.toFixed(0), (time - bare.time).toFixed(0), memory.toFixed(1));
tell("node", bare);
tell("whohas --version", await costOf([MAIN, "--version"]));
const instance = spawn(process.execPath, [MAIN, "run", "--quiet"], { env: environment, stdio: "ignore" });
await sleep(SETTLE);
tell("whohas neigh", await costOf([MAIN, "neigh"]));
instance.kill("SIGINT");
await once(instance, "close");
for (const { name } of doors()) tell(`import "${name}"`, await costOf(["--input-type=module", "-e", `await import("${name}")`]));

console.log("\nresident memory in MiB:");
row("", ...MOMENTS.map((moment) => `after ${moment} s`), "at most");
// At the same time: a process's resident set does not depend on its neighbours.
const told = Object.entries(residents()).map(async ([name, words]) => ({ name, ...(await residentOf(words)) }));
for (const { name, now, most } of await Promise.all(told)) row(name, ...[...now, most].map((figure) => figure.toFixed(1)));
console.log(execFileSync(process.execPath, ["--version"], { encoding: "utf8" }).trim());
