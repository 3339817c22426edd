/**
 * Runs TypeScript as it stands, for development and tests: `node --import ./firmware-ts/cli/dev.mjs FILE.ts`, or `npm run dev`.
 *
 * A load hook of Node's that translates with ts-node (by swc, without checking types: tsconfig.json says so) and keeps what came of it
 * under node_modules/.cache, a file for each source. A source that has not changed costs one read, and neither ts-node nor swc is loaded:
 * `whohas --help` takes 0.3 s of processor where translating anew takes 0.9 s.
 * The package and `npm start` run compiled JavaScript.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { register } from "node:module";
import { relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { isMainThread } from "node:worker_threads";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = `${root}node_modules/.cache/whohas-dev/`;

// Node evaluates this file a second time in the thread of its hooks.
if (isMainThread) {
  // Stack traces name the lines of the TypeScript.
  process.setSourceMapsEnabled(true);
  register(import.meta.url);
}

/** The translation depends on the source, the settings, and the versions that package.json pins. */
let settings;
let service;

export async function load(url, context, next) {
  const [address] = url.split("?");
  if (!address.startsWith("file:") || !address.endsWith(".ts")) return next(url, context);
  const path = fileURLToPath(address);
  const text = readFileSync(path, "utf8");
  settings ??= [readFileSync(`${root}tsconfig.json`), readFileSync(`${root}package.json`)].join();
  const key = `\n// ${createHash("sha1").update([settings, path, text].join("\0")).digest("hex")}`;
  const kept = folder + relative(root, path).split(sep).join("+");
  let source = read(kept);
  if (!source?.endsWith(key)) {
    service ??= (await import("ts-node")).default.create({ cwd: root, project: `${root}tsconfig.json` });
    source = service.compile(text, path) + key;
    keep(kept, source);
  }
  return { format: "module", source, shortCircuit: true };
}

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** Written whole or not at all, for others may be reading. A folder that cannot be written to costs time, not the run. */
function keep(path, source) {
  try {
    mkdirSync(folder, { recursive: true });
    const draft = `${path}.${process.pid}`;
    writeFileSync(draft, source);
    renameSync(draft, path);
  } catch {}
}
