/**
 * Uses the packed package as its users do: installs the tarball of the folder named into empty folders, with no compiler on the PATH,
 * and there looks at the tree that npm made, runs the commands, imports and requires every door, runs the example at the head of
 * each, and compiles programs that use them with old and new TypeScript.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";

/** Most packages in a consumer's tree, whohas among them. */
const MOST_PACKAGES = 60;
/** Types of Node that the doors need, and the compilers that read them; the newest is the project's own. */
const NODE_TYPES = "@types/node@20.19.43";
const COMPILERS = { "typescript-5.4": "npm:typescript@5.4.5", "typescript-5.9": "npm:typescript@5.9.3" };
const RESOLUTIONS = [{ module: "node16" }, { module: "nodenext" }, { module: "esnext", moduleResolution: "bundler" }];

const packed = resolve(process.argv[2] ?? ".");
const tarball = join(packed, readdirSync(packed).find((name) => name.endsWith(".tgz")));
// Not below the project, whose packages would be found there.
const folder = mkdtempSync(join(tmpdir(), "whohas-package-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
const here = new URL(".", import.meta.url).pathname;
const wrong = [];

/** A folder with npm and what it runs, and no compiler. */
const tools = join(folder, "path");
mkdirSync(tools);
for (const name of ["node", "npm", "sh"]) symlinkSync(name === "node" ? process.execPath : found(name), join(tools, name));
const env = { ...process.env, PATH: tools, NO_COLOR: "1", WHOHAS_RUNTIME_DIR: join(folder, "run") };

function found(name) {
  for (const path of (process.env.PATH ?? "").split(delimiter)) {
    try {
      if (readdirSync(path).includes(name)) return join(path, name);
    } catch {
      // A folder of the PATH that is not there.
    }
  }
  throw new Error(`no ${name} on the PATH`);
}

/** Runs a program in a consumer's folder, to its end. */
function run(cwd, program, ...args) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, env, encoding: "utf8", timeout: 120_000 });
  return { status, text: `${stdout}${stderr}${error?.message ?? ""}` };
}

function consumer(name, ...flags) {
  const home = join(folder, name);
  mkdirSync(home);
  writeFileSync(join(home, "package.json"), `{ "name": "${name}", "private": true }`);
  const { status, text } = run(home, "npm", "install", "--no-audit", "--no-fund", ...flags, tarball);
  if (status !== 0) throw new Error(`npm install ${flags.join(" ")} fails without a compiler:\n${text}`);
  return home;
}

/** Expects a command of the package to end with `status` and to print `pattern`. */
function expect(home, line, status, pattern) {
  const [program, ...args] = line.split(" ");
  const { status: ended, text } = run(home, join("node_modules/.bin", program), ...args);
  if (ended !== status || !pattern.test(text)) wrong.push(`"${line}" in ${home} ended with ${ended} and printed\n${text}`);
}

// The tree.
const home = consumer("consumer");
const packages = Object.keys(JSON.parse(readFileSync(join(home, "node_modules/.package-lock.json"), "utf8")).packages);
const named = (name) => packages.filter((path) => path.endsWith(`node_modules/${name}`)).length;
if (packages.length > MOST_PACKAGES) wrong.push(`${packages.length} packages in a consumer's tree; ${MOST_PACKAGES} at most`);
if (named("serialport") !== 1) wrong.push(`${named("serialport")} serialports in a consumer's tree`);
for (const name of ["typescript", "johnny-five", "firmata-io", "avr8js"]) {
  if (named(name) > 0) wrong.push(`${name} is in a consumer's tree; it is for those who ask for it`);
}

// The commands.
const { version } = JSON.parse(readFileSync(join(here, "../package.json"), "utf8"));
const firmata = "board: { io: firmata:/dev/null }\ndevices: { eth0: { driver: enc28j60, bus: { kind: sim }, addresses: [10.0.0.1/24] } }\n";
writeFileSync(join(home, "firmata.yaml"), firmata);
const rig = "node_modules/whohas/test/fixtures/rigs/static-gateway.yaml";
expect(home, "whohas --version", 0, new RegExp(`^${version.replaceAll(".", "\\.")}\n$`));
expect(home, "whohas run --virtual-time --duration 1m", 0, /^datagrams {5}20 sent, 0 failed/m);
expect(home, `whohas run ${rig} --virtual-time --duration 1m`, 0, /^arp requests {2}0 broadcast, 0 unicast sent/m);
expect(home, "whohas run firmata.yaml --no-app", 1, /^whohas: .* run: npm install johnny-five firmata-io\n$/);
expect(home, "whohas bridge-sim --tcp 0 --firmware uno", 1, /^whohas: .* run: npm install avr8js\n$/);
expect(home, "whohas-rig run arp --dut whohas-sim --case ARP-G-01", 0, /^whohas-sim: 1 passed, 0 failed/m);
const native = run(home, "node", "-e", 'import("koffi").then(() => import("serialport")).then(({ SerialPort }) => new SerialPort({ path: "/", baudRate: 9600, autoOpen: false }))');
if (native.status !== 0) wrong.push(`koffi and serialport do not load without a compiler:\n${native.text}`);
const small = consumer("consumer-without-optional", "--omit=optional", "--ignore-scripts");
expect(small, "whohas run --virtual-time --duration 1m", 0, /^datagrams {5}20 sent, 0 failed/m);
if (process.platform === "linux") {
  expect(small, "whohas run --no-app --device packet:lo --address 10.0.0.1/24", 1, /^whohas: .* run: npm install koffi\n$/m);
}

// The doors and their examples.
const { exports } = JSON.parse(readFileSync(join(home, "node_modules/whohas/package.json"), "utf8"));
const require = createRequire(join(home, "user.cjs"));
const examples = [];
for (const [path, target] of Object.entries(exports)) {
  if (typeof target === "string") continue;
  const door = `whohas${path.slice(1)}`;
  if (Object.keys(require(door)).length === 0) wrong.push(`require("${door}") gives nothing`);
  const [, comment = ""] = /^\/\*\*\n(.*?)\*\//s.exec(readFileSync(join(home, "node_modules/whohas", target.default), "utf8")) ?? [];
  const lines = comment.split("\n").flatMap((line) => /^ \* {5}(.*)$/.exec(line)?.slice(1) ?? []);
  const expected = lines.flatMap((line) => /\/\/ prints: (.*)$/.exec(line)?.slice(1) ?? []).join("\n");
  const file = join(home, `${path.replace(/\W/g, "") || "whohas"}.mjs`);
  writeFileSync(file, lines.join("\n"));
  examples.push(`${path.replace(/\W/g, "") || "whohas"}.mts`);
  writeFileSync(join(home, examples.at(-1)), lines.join("\n"));
  const output = execFileSync(process.execPath, ["--no-warnings", file], { cwd: home, encoding: "utf8", timeout: 60_000 });
  const printed = output.trimEnd().split("\n").map((line) => line.trimEnd()).join("\n");
  if (printed !== expected) wrong.push(`the example of ${door} printed\n${printed}\nand not\n${expected}`);
}

// The types: a page's program without those of Node, and every door with them.
const compilers = join(folder, "compilers");
mkdirSync(compilers);
writeFileSync(join(compilers, "package.json"), JSON.stringify({ private: true, dependencies: COMPILERS }));
for (const [cwd, ...words] of [[compilers], [home, NODE_TYPES]]) {
  const { status, text } = run(cwd, "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", ...words);
  if (status !== 0) throw new Error(`npm install ${words.join(" ")}:\n${text}`);
}
for (const name of ["user.mts", "node.mts"]) copyFileSync(join(here, name), join(home, name));
const newest = join(here, "../node_modules/typescript");
const scripts = [...Object.keys(COMPILERS).map((name) => join(compilers, "node_modules", name)), newest].map((path) => join(path, "bin/tsc"));
function compiles(tsc, options, types, files) {
  const compilerOptions = { noEmit: true, strict: true, target: "es2022", lib: ["es2023", "dom"], types, ...options };
  writeFileSync(join(home, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  const { status, text } = run(home, "node", tsc, "-p", ".");
  if (status !== 0) wrong.push(`${tsc}, ${JSON.stringify(options)}, ${files}:\n${text.split("\n").slice(0, 20).join("\n")}`);
}
const plain = ["whohas", "whohas/models", "whohas/control", "whohas/iproute"].map((door) => `export * from "${door}";`);
writeFileSync(join(home, "plain.mts"), plain.join("\n"));
compiles(scripts.at(-1), { module: "nodenext", moduleDetection: "force" }, ["node"], examples);
for (const tsc of scripts) {
  compiles(tsc, { module: "nodenext" }, [], ["user.mts", "plain.mts"]);
  for (const options of RESOLUTIONS) compiles(tsc, options, ["node"], ["user.mts", "node.mts"]);
}

for (const each of wrong) console.error(each);
if (wrong.length > 0) process.exit(1);
const doors = Object.keys(exports).length - 1;
console.log(`${packages.length} packages installed without a compiler, ${doors} doors imported and required, each example ran`);
console.log(`types compile with ${scripts.length} compilers in ${RESOLUTIONS.length} ways of resolution`);
