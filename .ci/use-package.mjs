/**
 * Uses the packed package as its users do: unpacks the tarball in the folder named, imports and requires every door, and runs the
 * example at the head of each, also past the compiler, as strict TypeScript, runs the command, and compiles user.mts. Dependencies are those
 * of the project, in whose folder it lies.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const folder = resolve(process.argv[2] ?? ".");
const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz"));
const home = join(folder, "node_modules/whohas");
mkdirSync(home, { recursive: true });
execFileSync("tar", ["-xzf", join(folder, tarball), "-C", home, "--strip-components=1"]);

// Without a scope of its own, `whohas` would be the project itself.
writeFileSync(join(folder, "package.json"), '{ "name": "user", "private": true }');

const { bin, exports, version } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
const require = createRequire(join(folder, "user.cjs"));
const wrong = [];

/** Compiles files in the folder. */
function compile(what, ...words) {
  const tsc = fileURLToPath(new URL("../node_modules/tsc7/bin/tsc", import.meta.url));
  const options = ["--ignoreConfig", "--noEmit", "--strict", "--target", "es2023", "--module", "nodenext", "--moduleDetection", "force"];
  const { status, stdout } = spawnSync(process.execPath, [tsc, ...options, ...words], { cwd: folder, encoding: "utf8" });
  if (status !== 0) wrong.push(`${what}:\n${stdout}`);
}

const examples = [];
for (const [path, target] of Object.entries(exports)) {
  if (typeof target === "string") continue;
  const door = `whohas${path.slice(1)}`;
  if (Object.keys(require(door)).length === 0) wrong.push(`require("${door}") gives nothing`);
  const [, comment = ""] = /^\/\*\*\n(.*?)\*\//s.exec(readFileSync(join(home, target.default), "utf8")) ?? [];
  const lines = comment.split("\n").flatMap((line) => /^ \* {5}(.*)$/.exec(line)?.slice(1) ?? []);
  const expected = lines.flatMap((line) => /\/\/ prints: (.*)$/.exec(line)?.slice(1) ?? []).join("\n");
  const file = join(folder, `${path.replace(/\W/g, "") || "whohas"}.mjs`);
  writeFileSync(file, lines.join("\n"));
  examples.push(file.replace(/mjs$/, "mts"));
  writeFileSync(examples.at(-1), lines.join("\n"));
  const output = execFileSync(process.execPath, ["--no-warnings", file], { encoding: "utf8", timeout: 60_000 });
  const printed = output.trimEnd().split("\n").map((line) => line.trimEnd()).join("\n");
  if (printed !== expected) wrong.push(`the example of ${door} printed\n${printed}\nand not\n${expected}`);
}
compile("the examples as TypeScript", "--types", "node", ...examples);
const printed = execFileSync(process.execPath, [join(home, bin.whohas), "--version"], { encoding: "utf8", timeout: 60_000 });
if (printed !== `${version}\n`) wrong.push(`whohas --version printed ${printed} and not ${version}`);
// Doors that need nothing of Node: nor do their types.
const plain = join(folder, "plain.mts");
writeFileSync(plain, ["whohas", "whohas/models", "whohas/control", "whohas/iproute"].map((door) => `export * from "${door}";`).join("\n"));
copyFileSync(new URL("user.mts", import.meta.url), join(folder, "user.mts"));
compile("types without those of Node", "--types", "", "--lib", "es2023,dom", plain, "user.mts");
for (const each of wrong) console.error(each);
if (wrong.length > 0) process.exit(1);
console.log(`${Object.keys(exports).length - 1} doors imported and required, each example compiled and run, the command runs, user.mts compiles`);
