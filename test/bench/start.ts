/**
 * The cost of a start, beside bare Node: processor time (the least of several runs, for a busy machine only adds), the most memory,
 * and files read. Measures the built package, as users have it.
 *
 *     npm run bench:start
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { doors, ROOT } from "../support/doors.ts";
import { scratch } from "../support/own.ts";

const RUNS = 9;
/** How long `whohas run` is given before its memory is read, in ms. */
const SETTLE = 6000;

const MAIN = join(ROOT, "dist/firmware-ts/cli/main.js");
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

/** The resident set of a running instance in MiB. */
async function memoryOfRun(words: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [MAIN, "run", "--quiet", ...words], { env: environment, stdio: "ignore" });
  await new Promise((resolve) => setTimeout(resolve, SETTLE));
  const [, kibibytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8")) ?? [];
  child.kill("SIGINT");
  await once(child, "close");
  return Number(kibibytes) / 1024;
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
await new Promise((resolve) => setTimeout(resolve, SETTLE));
tell("whohas neigh", await costOf([MAIN, "neigh"]));
instance.kill("SIGINT");
await once(instance, "close");
for (const { name } of doors()) tell(`import "${name}"`, await costOf(["--input-type=module", "-e", `await import("${name}")`]));

console.log("\nresident after some seconds, in MiB:");
row("whohas run", (await memoryOfRun([])).toFixed(1));
row("whohas run, no board", (await memoryOfRun(["--no-app", "--device", "enc28j60:sim", "--address", "10.0.0.1/24"])).toFixed(1));
console.log(execFileSync(process.execPath, ["--version"], { encoding: "utf8" }).trim());
