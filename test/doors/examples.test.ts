/** The example at the head of each door runs as it stands, and prints what it says. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { format } from "node:util";
import t from "tap";
import { type Door, doors, exampleOf } from "../support/doors.ts";
import { scratch } from "../support/own.ts";
import { ROOT } from "../support/sources.ts";

/** The examples' `console`. */
interface Printer {
  log(...values: unknown[]): void;
}

const folder = scratch("doors");

const all = doors();

/** An example as a module whose default export runs it, with the doors' sources for the package. */
function moduleOf(door: Door): string {
  const { imports, body } = exampleOf(door);
  const resolved = imports.map((line) =>
    line.replace(/from "(whohas[^"]*)"/, (_, name: string) => {
      const source = all.find((each) => each.name === name)?.source;
      if (source === undefined) throw new Error(`${door.name}: its example imports ${name}, which is no door`);
      return `from "${pathToFileURL(join(ROOT, source)).href}"`;
    }),
  );
  return [...resolved, "export default async function (console) {", body, "}", ""].join("\n");
}

t.test("the doors", async (t) => {
  const names = ["", "/drivers", "/bridges", "/models", "/board", "/control", "/iproute", "/dgram", "/net", "/dns", "/rigs"].map(
    (door) => `whohas${door}`,
  );
  t.same(
    all.map(({ name }) => name),
    names,
  );
});

for (const door of all) {
  t.test(`the example of ${door.name}`, async (t) => {
    const { prints } = exampleOf(door);
    t.not(prints.length, 0, "it prints something");
    const file = join(folder, `${door.name.replace("/", "-")}.mjs`);
    writeFileSync(file, moduleOf(door));
    const { default: run } = (await import(pathToFileURL(file).href)) as { default: (console: Printer) => Promise<void> };
    const printed: string[] = [];
    await run({ log: (...values) => void printed.push(format(...values)) });
    // Lines of `ip` end with a space where it prints one.
    t.same(
      printed.map((line) => line.trimEnd()),
      prints,
    );
  });
}
