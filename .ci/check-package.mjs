/**
 * Reads the output of `npm pack --dry-run --json` and makes sure that the package holds what its users need and nothing of ours
 * that they do not: every `bin` and `exports` target of package.json is in it, with types, and what README.md names for its readers; no
 * test, bench or source file is, and no source map but those of the bundled command. Commands alone may be executed.
 */
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";

const [pack] = JSON.parse(await text(process.stdin));
const { bin, exports } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const files = new Set(pack.files.map((file) => file.path));

// Pages, rig files and firmware that README.md names; `test/` and the rest of the tree it names for those who work on it.
const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const named = [...readme.matchAll(/(?<![\w/.-])(?:node_modules\/whohas\/)?((?:docs|hal|test)\/[\w./-]+\.(?:md|svg|yaml|hex|c))\b/g)].map(([, path]) => path);

const targets = Object.values(exports).flatMap((each) => (typeof each === "string" ? [each] : Object.values(each)));
const needed = ["package.json", "README.md", "LICENSE", "CHANGELOG.md", ...Object.values(bin), ...targets, ...named];
const missing = needed.map((path) => path.replace(/^\.\//, "")).filter((path) => !files.has(path));
const unwanted = [...files].filter((path) => /^test\/(?!fixtures\/rigs\/)|\.test\.|^dist\/test|(?<!\.d)\.ts$|^dist\/(?!firmware-ts\/cli\/).*\.map$/.test(path));
const commands = new Set(Object.values(bin));
const executable = pack.files.filter(({ path, mode }) => (mode & 0o111) !== 0 && !commands.has(path)).map(({ path }) => path);

for (const path of missing) console.error(`the package lacks ${path}: is it built, and named by "files" in package.json?`);
for (const path of unwanted) console.error(`the package holds ${path}: take it out of "files" in package.json`);
for (const path of executable) console.error(`the package has ${path} as a program: take its execute bits away`);
if (missing.length + unwanted.length + executable.length > 0) process.exit(1);
console.log(`${pack.filename}: ${files.size} files, ${Math.round(pack.size / 1024)} KiB packed, ${Math.round(pack.unpackedSize / 1024)} KiB unpacked`);
