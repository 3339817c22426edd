/**
 * A load hook of Node's that gives other JavaScript for some of the sources, from the folder in MUTATE_SUBSTITUTES: the working tree is
 * never touched. `node --import ./firmware-ts/cli/dev.mjs --import ./test/mutate/hook.mjs FILE.ts`.
 *
 * With MUTATE_REACHED the process writes down there which functions were called, where the substitutes tell (functions.ts).
 */
import { appendFileSync, readFileSync } from "node:fs";
import { register } from "node:module";
import { relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { isMainThread } from "node:worker_threads";

const root = fileURLToPath(new URL("../../", import.meta.url));
const { MUTATE_SUBSTITUTES: folder, MUTATE_REACHED: report } = process.env;

// Node evaluates this file a second time in the thread of its hooks.
if (isMainThread) {
  register(import.meta.url);
  if (report) {
    globalThis.__reached = new Set();
    let before = 0;
    // An entry for each of several files that share the process (play.ts), or at the end for the one that it plays.
    globalThis.__report = (file, passed) => {
      const { user, system } = process.cpuUsage();
      const cpu = Math.ceil((user + system - before) / 1000);
      before = user + system;
      appendFileSync(report, `${JSON.stringify({ file, passed, cpu, reached: [...globalThis.__reached] })}\n`);
      globalThis.__reached.clear();
    };
    process.once("exit", (code) => globalThis.__report(relative(root, process.argv[1]), code === 0));
  }
}

export async function load(url, context, next) {
  const [address] = url.split("?");
  const source = address.startsWith("file:") && address.endsWith(".ts") ? substitute(fileURLToPath(address)) : null;
  return source === null ? next(url, context) : { format: "module", source, shortCircuit: true };
}

function substitute(path) {
  try {
    return readFileSync(`${folder}/${relative(root, path).split(sep).join("+")}.js`, "utf8");
  } catch {
    return null;
  }
}
