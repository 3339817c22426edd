/**
 * Runs the tests: `npm test` all of them, `npm test -- FILE…` these, `npm run test:quick` those that start no program and need no
 * right. Words that begin with `-` go to tap.
 *
 * Files share a few processes, for starting one costs more than most of them take. Those that wait for real time run first and beside
 * each other (test/lanes); those that compute take what is left of the processor (test/together). tap takes files in the order of their
 * paths, whatever order they are given in.
 */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { constants } from "node:os";
import { join, relative, resolve } from "node:path";
import { EVIDENCE } from "./support/evidence.ts";
import { alone, lanes, shared } from "./support/files.ts";
import { removeOrphans } from "./support/orphans.ts";
import { ROOT } from "./support/sources.ts";

/** Where tap keeps its plugins put together. */
const TAP_PLUGINS = "node_modules/@tapjs/test/test-built/dist/esm/index.js";

const words = process.argv.slice(2);
const quick = words.includes("--quick");
const options = words.filter((word) => word.startsWith("-") && word !== "--quick");
const named = words.filter((word) => !word.startsWith("-"));
const files = named.length > 0 ? named : quick ? shared() : [...alone(), ...lanes(), ...shared()];

rmSync(EVIDENCE, { recursive: true, force: true });
for (const line of removeOrphans()) console.error(`left behind by a run that was killed, removed: ${line}`);

// The tests start programs as users have them; with coverage they start the sources, which are counted (support/own.ts).
const env = { ...process.env };
if (!quick && !options.includes("--no-disable-coverage")) {
  execFileSync("npm", ["run", "--silent", "compile"], { cwd: ROOT, stdio: "inherit" });
  env["WHOHAS_TEST_COMPILED"] = join(ROOT, "dist");
}

// When tap first runs it leaves out the plugins that .taprc excludes, but still starts that run's files with them: a compiler in each.
if (readFileSync(join(ROOT, TAP_PLUGINS), "utf8").includes("@tapjs/typescript")) execFileSync("tap", ["build"], { cwd: ROOT });

// The reporter tells which of them were not heard of.
env["WHOHAS_TEST_FILES"] = files
  .flatMap((file) => (existsSync(file) && file.endsWith(".test.ts") ? relative(ROOT, resolve(file)) : []))
  .join(" ");
const tap = spawn("tap", ["--disable-coverage", ...options, ...files], { stdio: "inherit", env });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => tap.kill(signal));
tap.once("exit", (code, signal) => process.exit(code ?? 128 + (signal ? constants.signals[signal] : 0)));
