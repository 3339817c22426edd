/** The architecture holds on the tree as it is, and its checker finds each kind of breach in sources made up for the purpose. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import t, { type Test } from "tap";
import { checkArchitecture, formatFinding } from "./support/layers.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

function projectSources(): Map<string, string> {
  const sources = new Map<string, string>();
  for (const layer of ["hal", "drivers", "firmware-ts", "hil-rigs"]) {
    for (const entry of readdirSync(join(root, layer), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith(".ts")) continue;
      const path = join(entry.parentPath, entry.name);
      sources.set(relative(root, path).split(sep).join("/"), readFileSync(path, "utf8"));
    }
  }
  return sources;
}

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
  const sources = projectSources();
  t.ok(sources.has("hal/clock.ts"), "the sources were found");
  for (const finding of checkArchitecture(sources)) t.fail(formatFinding(finding));
});

t.test("what is allowed is not complained of", async (t) => {
  t.same(
    findings({
      "hal/clock.ts": `setTimeout(() => Date.now() + performance.now(), 1);`,
      "hal/bridges/serprog.ts": `import { openSync } from "node:fs"; import type { C } from "../clock.ts"; openSync(process.env["X"]!, "r");`,
      "drivers/tap/tap.ts": `import "../../hal/clock.ts"; import "./device.ts"; import { constants } from "node:fs";`,
      "drivers/tap/device.ts": `export {};`,
      "firmware-ts/net/net-device.ts": `import "../../hal/clock.ts"; socket.setTimeout(5); const o = { console: 1, Date: 2 }; o.console; o.Date;`,
      "firmware-ts/neigh/table.ts": `import "../net/net-device.ts"; export type At = Date; /* console.log */ export const s = "Math.random()";`,
      "firmware-ts/stack.ts": `import "./neigh/table.ts"; import "./apps/telemetry.ts";`,
      "firmware-ts/apps/telemetry.ts": `import "../neigh/table.ts";`,
      "firmware-ts/board/build.ts": `import "../../drivers/tap/tap.ts"; import "../stack.ts"; import "node:fs"; process.env["HOME"]; import(name);`,
      "firmware-ts/index.ts": `export * from "./stack.ts"; export * from "./board/build.ts";`,
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
  finds(t, { "hil-rigs/a.ts": `import "../test/support/b.ts";` }, "hil-rigs/a.ts:1", /nothing may import what lies outside/);
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
