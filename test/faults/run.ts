/**
 * `npm run faults [-- [--write] [WORD]…]`: does every fault to every kind of controller and bus and prints the table of docs/faults.md,
 * of the kinds with all words in their name; with --write it puts their rows into the page. About two minutes: models in virtual time,
 * what has QEMU or the kernel in it in real time. Ends with 1 where a device did not heal, or said later than two seconds after a fault
 * that something was sent which never left.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { startNode } from "../support/own.ts";
import type { FaultKind } from "./kind.ts";
import { KINDS } from "./kinds.ts";
import type { Outcome } from "./measure.ts";
import { type KindResult, revised, row, section } from "./table.ts";

const PAGE = new URL("../../docs/faults.md", import.meta.url);

const words = process.argv.slice(2).filter((word) => word !== "--write");
const kinds = KINDS.filter(({ name }) => words.every((word) => name.includes(word)));
if (kinds.length === 0) {
  console.error(
    `faults: no kind has "${words.join(" ")}" in its name; there are:\n  ${KINDS.map(({ name }) => name).join("\n  ")}`,
  );
  process.exit(2);
}
const played = kinds.filter(({ name, missing }) => {
  const what = missing();
  if (what !== false) console.error(`faults: ${name} is left out: it ${what}`);
  return what === false;
});
const slow = played.filter(({ realTime }) => realTime);
// Faults that wait for most of their time do so while the others compute.
const beside = slow.length > 0 ? inRealTime(slow) : Promise.resolve([]);
const results: KindResult[] = [];
for (const kind of played.filter(({ realTime }) => !realTime)) {
  const rows: [string, Outcome][] = [];
  for (const fault of kind.faults) rows.push([fault, await kind.play(fault)]);
  results.push({ kind: kind.name, rows });
  console.log(section({ kind: kind.name, rows }));
}
for (const result of await beside) {
  results.push(result);
  console.log(section(result));
}
if (process.argv.includes("--write"))
  writeFileSync(
    PAGE,
    revised(
      readFileSync(PAGE, "utf8"),
      results,
      KINDS.map(({ name }) => name),
    ),
  );

const broken = results.flatMap(({ kind, rows }) =>
  rows
    .filter(([, { healed, falselyLater }]) => healed === null || falselyLater > 0)
    .map(([fault, outcome]) => `${kind}: ${row(fault, outcome)}`),
);
for (const line of broken) console.error(`faults: ${line}`);
process.exitCode = broken.length > 0 ? 1 : 0;

/** @throws Error when not all of them came to an end */
async function inRealTime(some: readonly FaultKind[]): Promise<KindResult[]> {
  const child = startNode(
    new URL("./child.ts", import.meta.url),
    some.map(({ name }) => name),
  );
  const found = new Map(some.map(({ name }) => [name, [] as [string, Outcome][]]));
  for await (const line of createInterface({ input: child.stdout })) {
    const { kind, fault, outcome } = JSON.parse(line) as { kind: string; fault: string; outcome: Outcome };
    found.get(kind)?.push([fault, outcome]);
  }
  for (const { name, faults } of some) {
    const { length } = found.get(name) ?? [];
    if (length !== faults.length) throw new Error(`${name}: ${length} of ${faults.length} faults were played; see above`);
  }
  return [...found].map(([kind, rows]) => ({ kind, rows }));
}
