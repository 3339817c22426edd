/** The architecture holds on the tree as it is, and its checker finds each kind of breach in sources made up for the purpose. */
import t, { type Test } from "tap";
import { formatFinding } from "./support/finding.ts";
import { checkArchitecture, LAYERS } from "./support/layers.ts";
import { checkProse } from "./support/prose.ts";
import { ROOT, sourcesIn } from "./support/sources.ts";

/** Findings for made-up sources, as text. */
function findings(sources: Record<string, string>): string[] {
  return checkArchitecture(new Map(Object.entries(sources))).map(formatFinding);
}

/** Asserts that there is exactly one finding, that it points at `where` and says `what`. */
function finds(t: Test, sources: Record<string, string>, where: string, what: RegExp): void {
  const found = findings(sources);
  t.equal(found.length, 1, `one finding at ${where}: ${found.join("\n") || "none"}`);
  t.ok(found[0]?.startsWith(`${where}: `), `${found[0]} is at ${where}`);
  t.match(found[0] ?? "", what);
}

t.test("the tree as it is", async (t) => {
  const sources = sourcesIn(ROOT, LAYERS);
  t.ok(sources.has("hal/clock.ts"), "the sources were found");
  for (const finding of checkArchitecture(sources)) t.fail(formatFinding(finding));
  for (const finding of checkProse(sourcesIn(ROOT, [...LAYERS, "test"]))) t.fail(formatFinding(finding));
});

t.test("what is allowed is not complained of", async (t) => {
  t.same(
    findings({
      "hal/system-clock.ts": `setTimeout(() => Date.now() + performance.now(), 1);`,
      "hal/bridges/serprog.ts": `import { openSync } from "node:fs"; import type { C } from "../system-clock.ts"; openSync(process.env["X"]!, "r");`,
      "drivers/tap/tap.ts": `import "../../hal/system-clock.ts"; import "./device.ts"; import { constants } from "node:fs";`,
      "drivers/tap/device.ts": `export {};`,
      "firmware-ts/net/net-device.ts": `import "../../hal/system-clock.ts"; socket.setTimeout(5); const o = { console: 1, Date: 2 }; o.console; o.Date;`,
      "firmware-ts/neigh/table.ts": `import "../net/net-device.ts"; export type At = Date; /* console.log */ export const s = "Math.random()";`,
      "firmware-ts/stack.ts": `import "./neigh/table.ts";`,
      "firmware-ts/system.ts": `import "./stack.ts"; import "./apps/telemetry.ts";`,
      "firmware-ts/apps/telemetry.ts": `import "../neigh/table.ts";`,
      "firmware-ts/board/build.ts": `import "../../drivers/tap/tap.ts"; import "../stack.ts"; import "node:fs"; process.env["HOME"]; import(name);`,
      "firmware-ts/index.ts": `export * from "./stack.ts"; export * from "./system.ts"; export * from "./board/build.ts";`,
      "firmware-ts/cli/main.ts": `import "../index.ts"; import "../net/net-device.ts"; console.log(1); process.stdout.write("");`,
      "hil-rigs/run.ts": `import "whohas"; import "../drivers/tap/tap.ts"; console.log(Date.now()); setTimeout(f, 1);`,
    }),
    [],
  );
});

t.test("an arrow that points up is found, however the import is written", async (t) => {
  const ways = {
    static: `import { a } from "../firmware-ts/net/a.ts";`,
    "side effect": `import "../firmware-ts/net/a.ts";`,
    "type only": `import type { A } from "../firmware-ts/net/a.ts";`,
    "re-export": `export * from "../firmware-ts/net/a.ts";`,
    "type re-export": `export type { A } from "../firmware-ts/net/a.ts";`,
    dynamic: `const a = await import("../firmware-ts/net/a.ts");`,
    "import type": `export let a: import("../firmware-ts/net/a.ts").A;`,
    require: `const a = require("../firmware-ts/net/a.ts");`,
    worker: `new Worker(new URL("../firmware-ts/net/a.ts", import.meta.url));`,
    "emitted name": `import "../firmware-ts/net/a.js";`,
  };
  for (const [way, line] of Object.entries(ways)) {
    await t.test(way, async (t) =>
      finds(t, { "hal/x.ts": `\n${line}` }, "hal/x.ts:2", /hal may import hal only: arrows point down/),
    );
  }
});

t.test("layers", async (t) => {
  finds(t, { "drivers/tap/a.ts": `import "../e1000/b.ts";` }, "drivers/tap/a.ts:1", /a driver never imports another/);
  finds(
    t,
    { "drivers/tap/a.ts": `import "../../firmware-ts/net/b.ts";` },
    "drivers/tap/a.ts:1",
    /drivers may import hal, drivers only/,
  );
  finds(t, { "firmware-ts/apps/a.ts": `import "../../drivers/tap/b.ts";` }, "firmware-ts/apps/a.ts:1", /only firmware-ts\/board\//);
  finds(t, { "firmware-ts/cli/a.ts": `import "../../hil-rigs/b.ts";` }, "firmware-ts/cli/a.ts:1", /arrows point down/);
  t.same(findings({ "drivers/index.ts": `export * from "./tap/a.ts"; export * from "./e1000/b.ts";` }), []);
  for (const door of ["drivers/index.ts", "hal/bridges/index.ts", "firmware-ts/board/index.ts"])
    finds(t, { "firmware-ts/board/a.ts": `import "../../${door}";` }, "firmware-ts/board/a.ts:1", /a door for users/);
  finds(t, { "hil-rigs/a.ts": `import "../test/support/b.ts";` }, "hil-rigs/a.ts:1", /nothing may import what lies outside/);
  finds(t, { "drivers/tap/a.ts": `import "../../hal/simulated/b.ts";` }, "drivers/tap/a.ts:1", /does not know that its hardware/);
});

t.test("rooms of hal", async (t) => {
  const forbidden: [room: string, other: string, what: RegExp][] = [
    ["", "kit/", /a contract imports contracts only/],
    ["", "bridges/", /a contract imports contracts only/],
    ["kit/", "simulated/", /hal\/kit\/ imports the contracts only/],
    ["simulated/", "bridges/", /hal\/simulated\/ imports the contracts and hal\/kit\/ only/],
    ["bridges/", "simulated/", /hal\/bridges\/ imports the contracts and hal\/kit\/ only/],
  ];
  for (const [room, other, what] of forbidden) {
    finds(t, { [`hal/${room}a.ts`]: `import "${room === "" ? "./" : "../"}${other}b.ts";` }, `hal/${room}a.ts:1`, what);
  }
  for (const room of ["simulated", "bridges"]) {
    t.same(findings({ [`hal/${room}/x/a.ts`]: `import "../../a.ts"; import "../../kit/a.ts"; import "../b.ts";` }), [], room);
  }
  finds(t, { "hal/odd/a.ts": `import "../b.ts";` }, "hal/odd/a.ts:1", /no room of hal/);
});

t.test("rooms of hil-rigs", async (t) => {
  const forbidden: [room: string, other: string, what: RegExp][] = [
    ["contract", "wire", /hil-rigs\/contract\/ imports nothing above it/],
    ["contract", "stage", /hil-rigs\/contract\/ imports nothing above it/],
    ["wire", "stage", /hil-rigs\/wire\/ imports contract only/],
    ["suites", "duts", /hil-rigs\/suites\/ imports contract, wire, stage only/],
    ["run", "reports", /hil-rigs\/run\/ imports contract, wire, stage only/],
  ];
  for (const [room, other, what] of forbidden)
    finds(t, { [`hil-rigs/${room}/a.ts`]: `import "../${other}/b.ts";` }, `hil-rigs/${room}/a.ts:1`, what);
  for (const [room, other] of [
    ["suites/arp/state", "../../../stage"],
    ["random", "../duts/whohas"],
    ["cli", "../suites"],
  ] as const)
    t.same(findings({ [`hil-rigs/${room}/a.ts`]: `import "${other}/b.ts";` }), [], room);
});

t.test("rooms of firmware-ts", async (t) => {
  const order = ["cli", "board", "apps", "control", "ip4", "ip", "neigh", "net"];
  for (const [at, room] of order.entries()) {
    for (const other of order.slice(0, at)) {
      const file = `firmware-ts/${room}/a.ts`;
      finds(t, { [file]: `import "../${other}/b.ts";` }, `${file}:1`, other === "cli" ? /nothing may import cli/ : /stands below/);
      t.same(findings({ [`firmware-ts/${other}/a.ts`]: `import "../${room}/b.ts";` }), [], `${other} may import ${room}`);
    }
  }
  for (const [room, other] of [
    ["transport", "ip4"],
    ["transport", "ip6"],
    ["ip4", "ip6"],
    ["ip6", "ip4"],
  ]) {
    const file = `firmware-ts/${room}/a.ts`;
    finds(t, { [file]: `import type { B } from "../${other}/b.ts";` }, `${file}:1`, /a contract in ip\//);
  }
  for (const room of ["transport", "ip6"]) {
    for (const other of ["ip", "neigh", "net"]) {
      t.same(findings({ [`firmware-ts/${room}/a.ts`]: `import "../${other}/b.ts";` }), [], `${room} may import ${other}`);
      const file = `firmware-ts/${other}/a.ts`;
      finds(t, { [file]: `import "../${room}/b.ts";` }, `${file}:1`, /stands below/);
    }
    for (const other of ["cli", "board", "apps", "control"]) {
      const file = `firmware-ts/${room}/a.ts`;
      finds(t, { [file]: `import "../${other}/b.ts";` }, `${file}:1`, other === "cli" ? /nothing may import cli/ : /stands below/);
      t.same(findings({ [`firmware-ts/${other}/a.ts`]: `import "../${room}/b.ts";` }), [], `${other} may import ${room}`);
    }
  }
  finds(t, { "firmware-ts/ip4/a.ts": `import "../transport/b.ts";` }, "firmware-ts/ip4/a.ts:1", /stands below/);
  finds(t, { "firmware-ts/stack.ts": `import "./cli/main.ts";` }, "firmware-ts/stack.ts:1", /nothing may import cli/);
  finds(t, { "firmware-ts/neigh/a.ts": `import "../stack.ts";` }, "firmware-ts/neigh/a.ts:1", /stands below it/);
  finds(t, { "firmware-ts/apps/a.ts": `import "whohas";` }, "firmware-ts/apps/a.ts:1", /stands below it/);
  finds(t, { "firmware-ts/util/a.ts": `import "../net/b.ts";` }, "firmware-ts/util/a.ts:1", /no room of the house/);
});

t.test("a model's unit is not named as a driver's class", async (t) => {
  const driver = { "drivers/e1000/receiver.ts": `export class Receiver {}` };
  finds(
    t,
    { ...driver, "hal/simulated/e1000/rx.ts": `\nclass Receiver {}` },
    "hal/simulated/e1000/rx.ts:2",
    /Receiver is a class of/,
  );
  t.same(findings({ ...driver, "hal/simulated/e1000/rx.ts": `export class RxEngine {}`, "hal/kit/a.ts": `class Receiver {}` }), []);
});

t.test("circles", async (t) => {
  const far = { "hal/a.ts": `\nimport "./b.ts";`, "hal/b.ts": `import "./c.ts";`, "hal/c.ts": `import type { A } from "./a.ts";` };
  finds(t, far, "hal/a.ts:2", /hal\/a\.ts -> hal\/b\.ts -> hal\/c\.ts -> hal\/a\.ts; move what they share/);
  finds(t, { "hal/a.ts": `import "./a.ts";` }, "hal/a.ts:1", /hal\/a\.ts -> hal\/a\.ts/);
  t.same(
    findings({ "hal/a.ts": `import "./b.ts"; import "./c.ts";`, "hal/b.ts": `import "./c.ts";`, "hal/c.ts": `` }),
    [],
    "a diamond is none",
  );
});

t.test("one list for each kind of thing", async (t) => {
  const list = {
    "firmware-ts/apps/index.ts": `import { a } from "./a.ts"; export const APP_KINDS = [a];`,
    "firmware-ts/apps/a.ts": ``,
  };
  finds(
    t,
    { ...list, "firmware-ts/board/x.ts": `import { a } from "../apps/a.ts";` },
    "firmware-ts/board/x.ts:1",
    /look it up in the list/,
  );
  t.same(
    findings({ ...list, "firmware-ts/board/x.ts": `import { b, type a } from "../apps/a.ts";` }),
    [],
    "a type, or another value",
  );
  const lazy = { "firmware-ts/cli/commands/index.ts": `export const COMMANDS = { a: () => import("./a.ts") };` };
  const file = { "firmware-ts/cli/commands/a.ts": ``, "firmware-ts/cli/x.ts": `void import("./commands/a.ts");` };
  finds(t, { ...lazy, ...file }, "firmware-ts/cli/x.ts:1", /look it up in the list/);
});

t.test("circles of folders, though no two files import each other", async (t) => {
  const siblings = {
    "drivers/a/x/1.ts": `import "../y/1.ts";`,
    "drivers/a/y/1.ts": ``,
    "drivers/a/y/2.ts": `\nimport "../x/2.ts";`,
  };
  finds(t, { ...siblings, "drivers/a/x/2.ts": `` }, "drivers/a/x/1.ts:1", /drivers\/a\/x -> drivers\/a\/y -> drivers\/a\/x \(here/);
  const parent = { "hil-rigs/a/1.ts": `import "./x/1.ts";`, "hil-rigs/a/x/1.ts": ``, "hil-rigs/a/x/2.ts": `import "../2.ts";` };
  finds(t, { ...parent, "hil-rigs/a/2.ts": `` }, "hil-rigs/a/1.ts:1", /hil-rigs\/a\/ -> hil-rigs\/a\/x -> hil-rigs\/a\/;? ?/);
  const deep = {
    "hil-rigs/a/x/1.ts": `import "../../b/y/1.ts";`,
    "hil-rigs/b/y/1.ts": ``,
    "hil-rigs/b/z/1.ts": `import "../../a/w/1.ts";`,
  };
  finds(t, { ...deep, "hil-rigs/a/w/1.ts": `` }, "hil-rigs/a/x/1.ts:1", /hil-rigs\/a -> hil-rigs\/b -> hil-rigs\/a/);
  const three = { "hil-rigs/a/1.ts": `import "../b/1.ts";`, "hil-rigs/b/1.ts": ``, "hil-rigs/b/2.ts": `import "../c/1.ts";` };
  finds(
    t,
    { ...three, "hil-rigs/c/1.ts": ``, "hil-rigs/c/2.ts": `import type { A } from "../a/2.ts";`, "hil-rigs/a/2.ts": `` },
    "hil-rigs/a/1.ts:1",
    /hil-rigs\/a -> hil-rigs\/b -> hil-rigs\/c -> hil-rigs\/a/,
  );
  t.same(
    findings({ "hil-rigs/a/index.ts": `import "./x/1.ts";`, "hil-rigs/a/x/1.ts": `import "../b.ts";`, "hil-rigs/a/b.ts": `` }),
    [],
    "a door is above what it shows",
  );
  t.same(findings({ "hal/1.ts": ``, "hal/kit/1.ts": `import "../1.ts";`, "drivers/a/1.ts": `import "../../hal/kit/1.ts";` }), []);
});

t.test("breaches of several rules in several files are each told", async (t) => {
  const there = new Map([
    ["hil-rigs/a/x/1.ts", `// Who asks.\nimport "../y/1.ts";`],
    ["hil-rigs/a/y/1.ts", ``],
    ["hil-rigs/a/y/2.ts", `import "../x/2.ts";`],
    ["hil-rigs/a/x/2.ts", ``],
  ]);
  t.equal(checkArchitecture(there).length, 1);
  t.equal(checkProse(there).length, 4);
});

t.test("what runs in a browser", async (t) => {
  for (const room of ["hal", "hal/kit", "hal/simulated", "firmware-ts/neigh", "firmware-ts/ip4/arp", "firmware-ts/control"]) {
    const file = `${room}/a.ts`;
    finds(t, { [file]: `import { isIPv6 } from "node:net";` }, `${file}:1`, /imports node:net; this room runs in a browser/);
    finds(t, { [file]: `import type { EventEmitter } from "events";` }, `${file}:1`, /imports events; this room/);
    finds(t, { [file]: `setImmediate(f);` }, `${file}:1`, /uses setImmediate; this room/);
    finds(t, { [file]: `Buffer.from("a");` }, `${file}:1`, /uses Buffer\.from; this room/);
    finds(t, { [file]: `const { pid } = process;` }, `${file}:1`, /uses process\.pid; this room/);
    t.same(
      findings({ [file]: `import { x } from "avr8js"; setTimeout; queueMicrotask(f); const { process } = o; o.Buffer;` }).length,
      1,
    );
  }
  finds(
    t,
    { "firmware-ts/control/a.ts": `import "../../hal/bridges/b.ts";` },
    "firmware-ts/control/a.ts:1",
    /imports hal\/bridges\/b\.ts, which needs Node; this room/,
  );
  t.same(findings({ "hal/simulated/io.ts": `import "node:events";`, "firmware-ts/board/a.ts": `import "node:net"; Buffer;` }), []);
});

t.test("words", async (t) => {
  const words = (text: string): string[] => checkProse(new Map([["hal/a.ts", text]])).map(formatFinding);
  const one = (text: string, line: number, what: RegExp): void => {
    const found = words(text);
    t.equal(found.length, 1, `${text}: ${found.join("\n") || "none"}`);
    t.ok(found[0]?.startsWith(`hal/a.ts:${line}: `), `${found[0]} is at line ${line}`);
    t.match(found[0] ?? "", what);
  };
  // In pieces, or this file would breach the rule itself.
  const [what, who, whoever, of] = ["What", "Who", "Whoever", "Of"];
  one(`import "./b.ts";\n/** A thing. */\n`, 1, /has no head comment/);
  one(``, 1, /has no head comment/);
  one(`/** A file. */\n\n/** ${what} a thing does. */`, 3, /begins with "What": begin with the subject/);
  one(`/**\n * ${who} asks is answered.\n */`, 1, /begins with "Who"/);
  one(`// A file.\nf(); // ${whoever} calls this knows.`, 2, /begins with "Whoever"/);
  one(`// A file.\n/** ${of} those the first counts. */`, 2, /begins with "Of"/);
  one(`// A file.\nfunction f() {\n  // ${what}\n  // is on two lines.\n}`, 3, /begins with "What"/);
  for (const text of [
    `/** A file. */`,
    `#!/usr/bin/env node\n// A program.`,
    `\n/* A file, and\n * What follows in it. */`,
    `// Tells what it is,\n// Who asked, and why.`,
    `/** What is it? A question. */`,
    `/** A file. */ const url = "http://What"; // Whole`,
  ]) {
    t.same(words(text), [], text);
  }
});

t.test("what a layer may not touch", async (t) => {
  const net = "firmware-ts/net/a.ts";
  const breaches: [file: string, text: string, what: RegExp][] = [
    [net, `console.log(1);`, /uses console\.log; only firmware-ts\/cli\/ prints/],
    [net, `const log = console;`, /uses console; only/],
    [net, `globalThis.console.log(1);`, /uses console\.log; only/],
    ["firmware-ts/board/a.ts", `process.stdout.write("x");`, /uses process\.stdout; only/],
    ["drivers/tap/a.ts", `process.stderr.write("x");`, /uses process\.stderr; only/],
    ["firmware-ts/apps/a.ts", `import { readFileSync } from "node:fs";`, /imports node:fs; below firmware-ts\/board\//],
    ["hal/simulated/a.ts", `import { open } from "fs/promises";`, /imports fs\/promises; below/],
    ["firmware-ts/control/a.ts", `const dir = process.env["XDG_RUNTIME_DIR"];`, /uses process\.env; below/],
    ["firmware-ts/control/a.ts", `const { env } = process;`, /uses process\.env; below/],
    ["hal/spi.ts", `setTimeout(f, 1);`, /uses setTimeout; take the time from the Clock/],
    ["drivers/tap/a.ts", `const tick = setInterval;`, /uses setInterval; take/],
    ["firmware-ts/cli/a.ts", `const now = Date.now();`, /uses Date\.now; take/],
    ["firmware-ts/board/a.ts", `const now = new Date();`, /uses Date; take/],
    [net, `const now = globalThis.performance.now();`, /uses performance\.now; take/],
    [net, `const now = process.hrtime.bigint();`, /uses process\.hrtime; take/],
    [net, `import { setTimeout } from "node:timers/promises";`, /imports node:timers\/promises; take/],
    [net, `import { performance as p } from "node:perf_hooks";`, /imports node:perf_hooks; take/],
    ["hal/clock.ts", `Math.random();`, /uses Math\.random; take randomness from the Random/],
    [net, `crypto.randomUUID();`, /uses crypto\.randomUUID; take randomness/],
    [net, `const x = await import(name);`, /imports a computed name/],
  ];
  for (const [file, text, what] of breaches) finds(t, { [file]: `\n\n${text}` }, `${file}:3`, what);
});
