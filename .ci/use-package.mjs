/**
 * Uses the packed package as its users do: unpacks the tarball in the folder named, imports and requires every door, and runs the
 * example at the head of each, runs the command, and compiles user.mts. Dependencies are those of the project, in whose folder it lies.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

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
for (const [path, target] of Object.entries(exports)) {
  if (typeof target === "string") continue;
  const door = `whohas${path.slice(1)}`;
  if (Object.keys(require(door)).length === 0) wrong.push(`require("${door}") gives nothing`);
  const [, comment = ""] = /^\/\*\*\n(.*?)\*\//s.exec(readFileSync(join(home, target.default), "utf8")) ?? [];
  const lines = comment.split("\n").flatMap((line) => /^ \* {5}(.*)$/.exec(line)?.slice(1) ?? []);
  const expected = lines.flatMap((line) => /\/\/ prints: (.*)$/.exec(line)?.slice(1) ?? []).join("\n");
  const file = join(folder, `${path.replace(/\W/g, "") || "whohas"}.mjs`);
  writeFileSync(file, lines.join("\n"));
  const output = execFileSync(process.execPath, ["--no-warnings", file], { encoding: "utf8", timeout: 60_000 });
  const printed = output.trimEnd().split("\n").map((line) => line.trimEnd()).join("\n");
  if (printed !== expected) wrong.push(`the example of ${door} printed\n${printed}\nand not\n${expected}`);
}
const printed = execFileSync(process.execPath, [join(home, bin.whohas), "--version"], { encoding: "utf8", timeout: 60_000 });
if (printed !== `${version}\n`) wrong.push(`whohas --version printed ${printed} and not ${version}`);
copyFileSync(new URL("user.mts", import.meta.url), join(folder, "user.mts"));
const compiler = [new URL("../node_modules/tsc7/bin/tsc", import.meta.url).pathname, "--ignoreConfig", "--noEmit", "--strict"];
const settings = ["--module", "nodenext", "--target", "es2023", "--lib", "es2023,dom", "--types", ""];
try {
  execFileSync(process.execPath, [...compiler, ...settings, "user.mts"], { cwd: folder, encoding: "utf8" });
} catch ({ stdout }) {
  wrong.push(`user.mts does not compile:\n${stdout}`);
}
for (const each of wrong) console.error(each);
if (wrong.length > 0) process.exit(1);
console.log(`${Object.keys(exports).length - 1} doors imported and required, each example ran, the command runs, user.mts compiles`);
