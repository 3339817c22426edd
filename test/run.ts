/**
 * Runs the tests: `npm test` all of them, `npm test -- FILE…` these, `npm run test:quick` those that start no program and need no
 * right. Words that begin with `-` go to tap.
 *
 * Files that wait for real time have a process of their own; the others share a few (test/together), for starting one costs more than
 * most of them take.
 */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { constants } from "node:os";
import { join, relative, resolve } from "node:path";
import { EVIDENCE } from "./support/evidence.ts";
import { apart, shared } from "./support/files.ts";
import { removeOrphans } from "./support/orphans.ts";
import { ROOT } from "./support/sources.ts";

const words = process.argv.slice(2);
const quick = words.includes("--quick");
const options = words.filter((word) => word.startsWith("-") && word !== "--quick");
const named = words.filter((word) => !word.startsWith("-"));
const files = named.length > 0 ? named : quick ? shared({ root: false }) : mixed(shared(), apart());

/** Spreads files that compute over those that wait, so that some of each run at any time, and the end comes for all at once. */
function mixed(computing: readonly string[], waiting: readonly string[]): string[] {
  const share = Math.ceil((waiting.length * 2) / 3 / computing.length);
  return [
    ...computing.flatMap((file, at) => [file, ...waiting.slice(at * share, (at + 1) * share)]),
    ...waiting.slice(computing.length * share),
  ];
}

rmSync(EVIDENCE, { recursive: true, force: true });
for (const line of removeOrphans()) console.error(`left behind by a run that was killed, removed: ${line}`);

// The tests start programs as users have them; with coverage they start the sources, which are counted (support/own.ts).
const env = { ...process.env };
if (!quick && !options.includes("--no-disable-coverage")) {
  execFileSync("npm", ["run", "--silent", "compile"], { cwd: ROOT, stdio: "inherit" });
  env["WHOHAS_TEST_COMPILED"] = join(ROOT, "dist");
}

// The reporter tells which of them were not heard of.
env["WHOHAS_TEST_FILES"] = files
  .flatMap((file) => (existsSync(file) && file.endsWith(".test.ts") ? relative(ROOT, resolve(file)) : []))
  .join(" ");
const tap = spawn("tap", ["--disable-coverage", ...options, ...files], { stdio: "inherit", env });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => tap.kill(signal));
tap.once("exit", (code, signal) => process.exit(code ?? 128 + (signal ? constants.signals[signal] : 0)));
