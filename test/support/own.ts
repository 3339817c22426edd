/**
 * Things of a test process that outlive it if nobody cares: folders, interfaces, namespaces, programs. Each carries the process's id in
 * its name and goes with the process, however that ends; what SIGKILL leaves behind, the next run removes (orphans.ts).
 */
import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ROOT } from "./sources.ts";

const LOADER = new URL("../../firmware-ts/cli/dev.mjs", import.meta.url).href;

/** Interface names have 15 characters at most: `wh`, the process's id to the base of 36 (5 characters at most), and 8 to spare. */
export const PREFIX: string = `wh${process.pid.toString(36)}-`;

/** Beginning of the folders in which test processes keep their files: `whohas-test-PID`, PID to the base of 36. */
export const SCRATCH = "whohas-test-";

/** All that this process keeps in files; for other users, who may not look into it, folders whose names begin so and go on with `-`. */
export const scratchFolder: string = join(tmpdir(), `${SCRATCH}${process.pid.toString(36)}`);
let made = 0;

process.once("exit", () => rmSync(scratchFolder, { recursive: true, force: true }));

/** Makes an empty folder, mode 0700, that is gone when the process ends. */
export function scratch(name: string): string {
  const path = join(scratchFolder, `${name}${made++}`);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return path;
}

/** util-linux's program is there. */
export const SETPRIV: boolean = (process.env["PATH"] ?? "").split(":").some((path) => existsSync(`${path}/setpriv`));

/**
 * In front of a program: tap puts its book-keeping of source files into every Node, a quarter of a second each. Only coverage needs it,
 * and another user may not write it down.
 */
export const PLAIN: readonly string[] = ["env", "-u", "NODE_OPTIONS"];
const COVERAGE = process.env["_TAPJS_PROCESSINFO_COVERAGE_"] !== "0";
const GUARDED = SETPRIV ? ["setpriv", "--pdeathsig", "KILL", "--"] : [];

/**
 * The command line of Node with a TypeScript file, as it stands, and its words.
 * @param translated false for JavaScript
 */
export function nodeCommand(script: URL, words: readonly string[] = [], translated = true): [string, string[]] {
  return [process.execPath, [...(translated ? ["--import", LOADER] : []), fileURLToPath(script), ...words]];
}

/** Where test/run.ts had everything compiled. It starts in less than half the time. Not with coverage, which counts the sources. */
const COMPILED = process.env["WHOHAS_TEST_COMPILED"];

/** The command line of one of the project's programs as users have it: compiled where that was done, else its source. */
export function programCommand(script: URL, words: readonly string[] = []): [string, string[]] {
  if (COMPILED === undefined) return nodeCommand(script, words);
  return [process.execPath, [join(COMPILED, relative(ROOT, fileURLToPath(script)).replace(/ts$/, "js")), ...words]];
}

/**
 * The address of the module that a source became that a bundled command imports: what runs when the command is evaluated anew. null
 * where nothing was compiled.
 */
export function compiledChunk(source: URL): string | null {
  if (COMPILED === undefined) return null;
  const bundle = join(COMPILED, relative(ROOT, fileURLToPath(source)).replace(/ts$/, "js"));
  const [, chunk] = new RegExp(`import\\("\\./(${basename(bundle, ".js")}-\\w+\\.js)"\\)`).exec(readFileSync(bundle, "utf8")) ?? [];
  if (chunk === undefined) throw new Error(`${bundle} imports no ${basename(bundle)}`);
  return pathToFileURL(join(dirname(bundle), chunk)).href;
}

/**
 * Starts a program that the kernel kills when this process ends, in whatever way (prctl(2) PR_SET_PDEATHSIG). The program is replaced
 * by none that has rights of its own, for that takes the bond away.
 */
export function bound(program: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
  const plain = COVERAGE && options.uid === undefined ? [] : PLAIN;
  const [first, ...rest] = [...plain, ...GUARDED, program, ...args];
  return spawn(first as string, rest, options);
}

/** The end of a program: what it printed, and its exit code, null when a signal ended it. */
export interface Ended {
  stdout: string;
  stderr: string;
  code: number | null;
}

/** Runs Node to its end without tap's book-keeping, which the compiler's loader does not bear. */
export function runPlainNode(args: readonly string[], cwd: string): Ended {
  const [env = "env", ...unset] = PLAIN;
  const { status, stdout, stderr } = spawnSync(env, [...unset, process.execPath, ...args], { cwd, encoding: "utf8" });
  return { code: status, stdout, stderr };
}

/** A program whose input and output are ours. */
export interface PipedChild extends ChildProcess {
  stdin: Writable;
  stdout: Readable;
}

/** Starts Node with a TypeScript file, its input and output ours; what it complains of is on our standard error unless `stdio` says else. */
export function startNode(script: URL, words: readonly string[], options: SpawnOptions = {}): PipedChild {
  return bound(...nodeCommand(script, words), { stdio: ["pipe", "pipe", "inherit"], ...options }) as PipedChild;
}
