/**
 * Runs the tests: `npm test` all of them, `npm test -- FILE…` these, `npm run test:quick` those that start no program and need no
 * right. Words that begin with `-` go to tap.
 *
 * Files that wait for real time have a process of their own; the others share a few (test/together), for starting one costs more than
 * most of them take.
 */
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { constants } from "node:os";
import { EVIDENCE } from "./support/evidence.ts";
import { apart, shared } from "./support/files.ts";
import { removeOrphans } from "./support/orphans.ts";

const words = process.argv.slice(2);
const quick = words.includes("--quick");
const options = words.filter((word) => word.startsWith("-") && word !== "--quick");
const named = words.filter((word) => !word.startsWith("-"));
const files = named.length > 0 ? named : quick ? shared() : [...apart(), ...shared()];

rmSync(EVIDENCE, { recursive: true, force: true });
for (const line of removeOrphans()) console.error(`left behind by a run that was killed, removed: ${line}`);

const tap = spawn("tap", ["--disable-coverage", ...options, ...files], { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => tap.kill(signal));
tap.once("exit", (code, signal) => process.exit(code ?? 128 + (signal ? constants.signals[signal] : 0)));
