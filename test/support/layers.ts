/**
 * The project's architecture as something that can be checked: who may import whom, and what each layer may not touch.
 * Works on file names and texts alone, so the checker itself can be tried on sources that exist only in memory.
 *
 * It reads syntax, not types: a local variable named `console` counts as the global one. Name it otherwise.
 */
import { isBuiltin } from "node:module";
import { posix } from "node:path";
import ts from "typescript";
import { fileCircles, folderCircles } from "./circles.ts";
import { type Finding, lineOf, sorted } from "./finding.ts";
import { bypasses } from "./lists.ts";
import { sharedNames } from "./names.ts";

/** Layers from the ground up: each may import itself and what stands before it. */
export const LAYERS: readonly string[] = ["hal", "drivers", "firmware-ts", "hil-rigs"];
/** Sockets for programs that are written for Node: it knows Node's events and streams, and nothing that a browser runs knows it. */
const SOCKETS = "sockets";
/** Rooms of firmware-ts from the ground up: each may import itself and what stands before it. */
const ROOMS: readonly string[] = [
  "net",
  "neigh",
  "ip",
  "ip4",
  "ip6",
  "transport",
  "snapshot",
  SOCKETS,
  "control",
  "apps",
  "board",
  "cli",
];
/** Rooms of one family each, which do not know of each other; nor do those rooms know them that work with either. */
const FAMILIES: readonly string[] = ["ip4", "ip6"];
const FAMILY_BLIND: readonly string[] = [...FAMILIES, "transport", SOCKETS];
const BOARD = ROOMS.indexOf("board");
/** Doors of the package besides firmware-ts/index.ts: each loads its whole room, so that nobody inside comes in by one. */
const DOORS: readonly string[] = [
  "drivers/index.ts",
  "hal/bridges/index.ts",
  "hal/simulated/index.ts",
  "firmware-ts/board/index.ts",
  "firmware-ts/control/index.ts",
  "firmware-ts/control/iproute/index.ts",
  "firmware-ts/sockets/dgram/index.ts",
  "firmware-ts/sockets/net/index.ts",
  "firmware-ts/sockets/dns/index.ts",
  "hil-rigs/index.ts",
];
/** Rooms of hal, and those that each may import besides itself; "" are the contracts, files directly in hal/. */
const HAL_ROOMS: Readonly<Record<string, readonly string[]>> = {
  "": [],
  kit: [""],
  simulated: ["", "kit"],
  bridges: ["", "kit"],
};
/** Rooms of hil-rigs, and those that each may import besides itself. The door, directly in hil-rigs/, may import all. */
const RIG_ROOMS: Readonly<Record<string, readonly string[]>> = {
  contract: [],
  wire: ["contract"],
  stage: ["contract", "wire"],
  duts: ["contract", "wire"],
  suites: ["contract", "wire", "stage"],
  run: ["contract", "wire", "stage"],
  reports: ["contract", "wire", "stage", "run"],
  random: ["contract", "wire", "stage", "duts", "run"],
  cli: ["contract", "wire", "stage", "duts", "suites", "run", "reports", "random"],
};
/**
 * Rooms that run in a browser as they are: a folder with all below it, a folder's own files as `folder/.`, or one file. The exceptions
 * in them are made for johnny-five, which needs Node anyway.
 */
const BROWSER: readonly string[] = [
  "hal/.",
  "hal/kit",
  "hal/simulated",
  ...ROOMS.slice(0, ROOMS.indexOf("apps"))
    .filter((room) => room !== SOCKETS)
    .map((room) => `firmware-ts/${room}`),
  "firmware-ts/families.ts",
  "firmware-ts/stack.ts",
  "firmware-ts/stack-counters.ts",
  "firmware-ts/stack-power.ts",
];
const NODE_ONLY: readonly string[] = ["hal/simulated/io.ts", "hal/simulated/io-source.ts", "hal/simulated/board-io.ts"];
/** Globals that Node has and a browser does not. hal/event-loop.ts looks which of the two it has. */
const NODE_GLOBALS: readonly string[] = [
  "process",
  "Buffer",
  "setImmediate",
  "clearImmediate",
  "global",
  "__dirname",
  "__filename",
];

/** The place of a file of ours, as far as the rules care. */
interface Place {
  layer: string;
  /** Second part of the path: a driver, a room of firmware-ts, a folder of hal. "" for a file directly in its layer. */
  room: string;
}

interface Reference {
  line: number;
  /** As written; null when it is computed. */
  specifier: string | null;
  /** Loaded by address (`new URL("./worker.ts", import.meta.url)`) and not imported. */
  byAddress: boolean;
}

/** Checks `sources`, texts by path from the project's root, against every rule; findings by file and line. */
export function checkArchitecture(sources: ReadonlyMap<string, string>): Finding[] {
  const findings: Finding[] = [];
  const graph = new Map<string, Map<string, number>>();
  const trees: ts.SourceFile[] = [];
  for (const [file, text] of sources) {
    const tree = ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true, ts.ScriptKind.TS);
    trees.push(tree);
    const edges = new Map<string, number>();
    graph.set(file, edges);
    for (const reference of references(tree)) {
      const { line, specifier } = reference;
      const place = placeOf(file);
      if (specifier === null) {
        if (!opensFiles(place)) findings.push({ file, line, message: `imports a computed name; ${FILES}` });
        continue;
      }
      const target = resolve(file, specifier);
      if (target === null) {
        const message = forbiddenModule(place, specifier) ?? (runsInBrowser(file) ? nodeModule(specifier) : null);
        if (message) findings.push({ file, line, message });
        continue;
      }
      const message = forbiddenArrow(file, target) ?? (runsInBrowser(file) ? nodeFile(target) : null);
      if (message) findings.push({ file, line, message });
      if (!reference.byAddress && sources.has(target) && !edges.has(target)) edges.set(target, line);
    }
    findings.push(...forbiddenGlobals(tree, runsInBrowser(file)));
  }
  findings.push(...fileCircles(graph), ...folderCircles(graph), ...sharedNames(trees), ...bypasses(trees, DOORS));
  return sorted(findings);
}

function placeOf(file: string): Place {
  const parts = file.split("/");
  return { layer: parts[0] as string, room: parts.length > 2 ? (parts[1] as string) : "" };
}

/** hal 0, drivers 1, firmware-ts 2 plus a fraction for its room, hil-rigs 3. A file directly in firmware-ts stands beside board/. */
function rankOf(place: Place): number {
  const layer = LAYERS.indexOf(place.layer);
  if (place.layer !== "firmware-ts") return layer;
  return layer + (place.room === "" ? BOARD : ROOMS.indexOf(place.room)) / ROOMS.length;
}

const BOARD_RANK: number = rankOf({ layer: "firmware-ts", room: "board" });
const CLI_RANK: number = rankOf({ layer: "firmware-ts", room: "cli" });

/** The path of the file that a specifier means, or null when it is not one of ours. */
function resolve(file: string, specifier: string): string | null {
  if (specifier === "whohas") return "firmware-ts/index.ts";
  if (!specifier.startsWith(".")) return null;
  return posix.join(posix.dirname(file), specifier).replace(/\.js$/, ".ts");
}

function forbiddenArrow(file: string, target: string): string | null {
  const from = placeOf(file);
  const to = placeOf(target);
  if (DOORS.includes(target)) return `imports ${target}, a door for users; import from the file where the thing is made`;
  if (!LAYERS.includes(to.layer)) return `imports ${target}; nothing may import what lies outside ${LAYERS.join(", ")}`;
  if (from.layer === "firmware-ts" && from.room !== "" && !ROOMS.includes(from.room))
    return `firmware-ts/${from.room}/ is no room of the house; put the file into one of ${ROOMS.join(", ")}, or give the room its place in the order`;
  if (LAYERS.indexOf(to.layer) > LAYERS.indexOf(from.layer))
    return `imports ${target}; ${from.layer} may import ${LAYERS.slice(0, LAYERS.indexOf(from.layer) + 1).join(", ")} only: arrows point down`;
  if (from.layer === "hal") return forbiddenInHal(from, to, target);
  if (from.layer === "hil-rigs" && to.layer === "hil-rigs") return forbiddenInRigs(from, to, target);
  if (from.layer === "drivers" && to.layer === "drivers" && from.room !== to.room && file !== "drivers/index.ts")
    return `imports ${target}; a driver never imports another: what two share belongs in hal/`;
  if (from.layer === "drivers" && to.layer === "hal" && to.room === "simulated")
    return `imports ${target}; a driver does not know that its hardware may be simulated`;
  if (from.layer !== "firmware-ts") return null;
  if (to.layer === "drivers" && from.room !== "board") return `imports ${target}; only firmware-ts/board/ may choose a driver`;
  if (to.layer !== "firmware-ts") return null;
  return forbiddenRoom(from, to, target);
}

/** Within hal. */
function forbiddenInHal(from: Place, to: Place, target: string): string | null {
  const below = HAL_ROOMS[from.room];
  if (below === undefined) return `hal/${from.room}/ is no room of hal; put the file into one of kit, simulated, bridges`;
  if (from.room === to.room || below.includes(to.room)) return null;
  const allowed =
    from.room === ""
      ? "a contract imports contracts only"
      : `hal/${from.room}/ imports the contracts${below.includes("kit") ? " and hal/kit/" : ""} only`;
  return `imports ${target}; ${allowed}: what two rooms share is a contract`;
}

/** Within hil-rigs. */
function forbiddenInRigs(from: Place, to: Place, target: string): string | null {
  const below = RIG_ROOMS[from.room];
  if (!below || from.room === to.room || below.includes(to.room)) return null;
  const allowed = below.length === 0 ? "nothing above it" : `${below.join(", ")} only`;
  return `imports ${target}; hil-rigs/${from.room}/ imports ${allowed}`;
}

/** Within firmware-ts. */
function forbiddenRoom(from: Place, to: Place, target: string): string | null {
  const order = [...ROOMS].reverse().join(" -> ");
  if (to.room === "cli" && from.room !== "cli") return `imports ${target}; nothing may import cli/ (${order})`;
  if (from.room === "") return null;
  if (to.room === "") {
    // index.ts is for users; whatever else stands there (the Stack) is for those that are handed one.
    if (target === "firmware-ts/index.ts" ? from.room !== "cli" : ROOMS.indexOf(from.room) < ROOMS.indexOf("control"))
      return `imports ${target}; ${from.room}/ stands below it: import from the room where the thing is made`;
    return null;
  }
  if (FAMILIES.includes(to.room) && FAMILY_BLIND.includes(from.room) && from.room !== to.room)
    return `imports ${target}; ${from.room}/ knows no ${to.room}/: what families have in common is a contract in ip/`;
  if (ROOMS.indexOf(to.room) > ROOMS.indexOf(from.room))
    return `imports ${target}; ${from.room}/ stands below ${to.room}/ (${order}): hand it in from above through an interface of ${from.room}/`;
  return null;
}

/** Modules of Node that bring in by another name what forbiddenGlobals() forbids. */
function forbiddenModule(place: Place, specifier: string): string | null {
  if (place.layer === "hil-rigs") return null;
  const name = specifier.replace(/^node:/, "");
  if (["timers", "timers/promises", "perf_hooks"].includes(name)) return `imports ${specifier}; ${TIME}`;
  if (["console", "readline", "readline/promises"].includes(name) && rankOf(place) < CLI_RANK)
    return `imports ${specifier}; ${PRINTING}`;
  if (["fs", "fs/promises"].includes(name) && !opensFiles(place)) return `imports ${specifier}; ${FILES}`;
  if (name === "process") return `imports ${specifier}; use the global process, which this check can see`;
  return null;
}

/** The file must run in a browser. */
function runsInBrowser(file: string): boolean {
  return BROWSER.some((room) => hasFile(room, file)) && !NODE_ONLY.includes(file);
}

/** A room, written as in {@link BROWSER}, has this file. */
function hasFile(room: string, file: string): boolean {
  if (room.endsWith("/.")) return posix.dirname(file) === room.slice(0, -2);
  return file === room || file.startsWith(`${room}/`);
}

function nodeModule(specifier: string): string | null {
  return isBuiltin(specifier) ? `imports ${specifier}; ${IN_BROWSER}` : null;
}

function nodeFile(target: string): string | null {
  return runsInBrowser(target) ? null : `imports ${target}, which needs Node; ${IN_BROWSER}`;
}

const IN_BROWSER = "this room runs in a browser: take what Node gives through an interface that is handed in";
const TIME = "take the time from the Clock that was handed in (only hal/system-clock.ts knows another)";
const CHANCE = "take randomness from the Random that was handed in, so that a run can be repeated from its seed";
const PRINTING = "only firmware-ts/cli/ prints: return it, or tell the log that was handed in";
const FILES = "below firmware-ts/board/ only drivers/ and hal/bridges/ open files or read the environment: take it as an option";

function opensFiles(place: Place): boolean {
  return rankOf(place) >= BOARD_RANK || place.layer === "drivers" || (place.layer === "hal" && place.room === "bridges");
}

function forbiddenGlobals(tree: ts.SourceFile, inBrowser: boolean): Finding[] {
  const findings: Finding[] = [];
  const file = tree.fileName;
  const place = placeOf(file);
  if (place.layer === "hil-rigs") return findings;
  const visit = (node: ts.Node): void => {
    const name = globalName(node);
    if (name !== null) {
      const message = forbiddenGlobal(file, place, name) ?? (inBrowser ? nodeGlobal(file, name) : null);
      if (message) {
        findings.push({ file, line: lineOf(tree, node), message: `uses ${name}; ${message}` });
        return;
      }
    }
    if (!ts.isTypeNode(node)) ts.forEachChild(node, visit);
  };
  visit(tree);
  return findings;
}

function forbiddenGlobal(file: string, place: Place, name: string): string | null {
  const [object, member] = name.split(".");
  if (file !== "hal/system-clock.ts") {
    if (["setTimeout", "setInterval", "Date", "performance"].includes(object as string)) return TIME;
    if (["process.hrtime", "process.uptime", "AbortSignal.timeout"].includes(name)) return TIME;
  }
  if (name === "Math.random") return CHANCE;
  if (object === "crypto" && /^(random|getRandomValues)/.test(member ?? "") && rankOf(place) < BOARD_RANK) return CHANCE;
  if ((object === "console" || name === "process.stdout" || name === "process.stderr") && rankOf(place) < CLI_RANK) return PRINTING;
  if (name === "process.env" && !opensFiles(place)) return FILES;
  return null;
}

function nodeGlobal(file: string, name: string): string | null {
  if (file === "hal/event-loop.ts" && ["setImmediate", "process.nextTick", "process"].includes(name)) return null;
  return NODE_GLOBALS.includes(name.split(".")[0] as string) ? IN_BROWSER : null;
}

/** `console` or `process.env` when the node reads a global by that name, without a leading `globalThis.`; else null. */
function globalName(node: ts.Node): string | null {
  if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.name)) {
    const object = node.expression;
    if (ts.isIdentifier(object))
      return ["globalThis", "global"].includes(object.text) ? node.name.text : `${object.text}.${node.name.text}`;
    const outer = globalName(object);
    return outer === null || outer.includes(".") ? null : `${outer}.${node.name.text}`;
  }
  // `const { env } = process` reads process.env.
  if (ts.isBindingElement(node)) {
    const declaration = node.parent.parent;
    const key = node.propertyName ?? node.name;
    if (
      ts.isVariableDeclaration(declaration) &&
      declaration.initializer &&
      ts.isIdentifier(declaration.initializer) &&
      ts.isIdentifier(key)
    )
      return `${declaration.initializer.text}.${key.text}`;
  }
  if (!ts.isIdentifier(node)) return null;
  const parent = node.parent;
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) return null;
  if (ts.isImportSpecifier(parent)) return null;
  // The names taken out of it count, see above.
  if (ts.isVariableDeclaration(parent) && parent.initializer === node && ts.isObjectBindingPattern(parent.name)) return null;
  if ("name" in parent && parent.name === node && !ts.isShorthandPropertyAssignment(parent)) return null;
  return node.text;
}

/** Every way in which a file names another module. */
function references(tree: ts.SourceFile): Reference[] {
  const found: Reference[] = [];
  const add = (node: ts.Node, name: ts.Node | undefined, byAddress = false): void => {
    const specifier = name && ts.isStringLiteralLike(name) ? name.text : null;
    found.push({ line: lineOf(tree, node), specifier, byAddress });
  };
  // A worker's script is code of ours; other files reached by address (package.json, fixtures) are data.
  const addScript = (node: ts.Node, name: ts.Node | undefined): void => {
    if (name && ts.isStringLiteralLike(name) && /\.[jt]s$/.test(name.text)) add(node, name, true);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node, node.moduleSpecifier);
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier) add(node, node.moduleSpecifier);
    else if (ts.isImportTypeNode(node)) add(node, ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined);
    else if (ts.isExternalModuleReference(node)) add(node, node.expression);
    else if (
      ts.isCallExpression(node) &&
      (node.expression.kind === ts.SyntaxKind.ImportKeyword || isNamed(node.expression, "require"))
    )
      add(node, node.arguments[0]);
    else if (
      ts.isNewExpression(node) &&
      isNamed(node.expression, "URL") &&
      node.arguments?.[1]?.getText(tree) === "import.meta.url"
    )
      addScript(node, node.arguments[0]);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

function isNamed(node: ts.Node, name: string): boolean {
  return ts.isIdentifier(node) && node.text === name;
}
