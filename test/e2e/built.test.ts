/** The command as the package has it, bundled: it runs, loads no johnny-five for a simulated board, and its stack traces name the sources. */
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { scratch } from "../support/own.ts";
import { ROOT } from "../support/sources.ts";

const { NODE_OPTIONS: _, ...plain } = process.env;
const env = { ...plain, WHOHAS_RUNTIME_DIR: scratch("built-run") };
const home = scratch("built");
const folder = join(home, "dist/firmware-ts/cli");
const MAIN = join(folder, "main.js");

copyFileSync(join(ROOT, "package.json"), join(home, "package.json"));
symlinkSync(join(ROOT, "node_modules"), join(home, "node_modules"));
execFileSync("npm", ["run", "--silent", "bundle", "--", `--outdir=${folder}`], { cwd: ROOT, env });

/** Runs the command to its end, with a module before it. */
function run(before: string, ...words: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const hook = `data:text/javascript,${encodeURIComponent(before)}`;
  return spawnSync(process.execPath, ["--import", hook, MAIN, ...words], { env, encoding: "utf8" });
}

t.test("it knows its version and its commands", async (t) => {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  t.equal(run("", "--version").stdout, `${version}\n`);
  t.match(run("", "help").stdout, /run \[options\]/);
  t.match(run("", "-i", "nobody", "neigh"), { status: 3, stderr: /nobody/ });
});

t.test("an hour of the built-in bench; johnny-five stays where it is", async (t) => {
  const tell = `
    import { createRequire } from "node:module";
    process.on("exit", () => console.error(Object.keys(createRequire("/").cache).join("\\n")));
  `;
  const { status, stdout, stderr } = run(tell, "run", "--virtual-time", "--duration", "1h", "--quiet");
  t.equal(status, 0, stderr);
  t.match(stdout, /datagrams +1200 sent, 0 failed/);
  t.match(stderr, /commander/, "packages are loaded from where they are");
  t.notMatch(stderr, /johnny-five|serialport|koffi|yaml/);
});

t.test("a stack trace names files and lines of the sources", async (t) => {
  const { status, stderr } = run("Math.imul = undefined;", "run", "--virtual-time", "--duration", "1h");
  t.equal(status, 1);
  t.match(stderr, /^TypeError: Math.imul is not a function\n {4}at fnv1a \(.*\/hal\/random\.ts:\d+:\d+\)\n/);
  t.match(stderr, /firmware-ts\/board\/system\.ts:\d+:\d+\)\n(.*\n)*.*firmware-ts\/cli\/work\/running\.ts:\d+:\d+\)/);
  t.match(stderr, /node_modules\/commander\/lib\/command\.js:\d+:\d+/, "a package's as they are");
  const [, line = "0"] = /random\.ts:(\d+):/.exec(stderr) ?? [];
  const source = readFileSync(join(ROOT, "hal/random.ts"), "utf8").split("\n");
  t.match(source[Number(line) - 1], /Math\.imul\(/, "that line");
});
