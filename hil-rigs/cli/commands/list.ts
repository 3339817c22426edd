/** `whohas-rig list`: suites, cases, devices under test. */
import { needsOf } from "../../contract/case.ts";
import { DUTS } from "../../duts/index.ts";
import { SUITES, VIEWS } from "../../suites/index.ts";
import type { AddCommand } from "../kit/exit.ts";
import { MEASURABLE, suitesOf } from "../kit/named.ts";

export const addList: AddCommand = (program) => {
  program
    .command("list")
    .argument("[suite...]", "default: all of them, their parts, and the devices")
    .option("-j, --json", "as JSON", false)
    .description("suites, their cases, devices under test")
    .action((suites: string[], { json }: { json: boolean }) => {
      if (json) console.log(JSON.stringify(asJson(suites), null, 2));
      else list(suites);
    });
};

function list(suites: readonly string[]): void {
  for (const { name, title, cases } of suites.length === 0 ? SUITES : suitesOf(suites, MEASURABLE)) {
    console.log(`${name}: ${title}, ${cases.length} cases`);
    for (const one of cases) {
      const { id, title: what } = one;
      const needs = needsOf(one);
      console.log(`  ${id.padEnd(34)} ${what}${needs.length > 0 ? ` (needs ${needs.join(", ")})` : ""}`);
    }
  }
  if (suites.length > 0) return;
  console.log("parts of these suites:");
  for (const { name, title, cases } of VIEWS) console.log(`  ${name.padEnd(34)} ${title}, ${cases.length} cases`);
  console.log("devices under test:");
  for (const kind of DUTS) {
    const missing = kind.missing();
    console.log(`  ${kind.name.padEnd(34)} ${kind.description}${missing === null ? "" : `; here it lacks ${missing}`}`);
  }
}

/** The same as data: suites with their cases, and devices. */
function asJson(suites: readonly string[]): object {
  const shown = (suites.length === 0 ? [...SUITES, ...VIEWS] : suitesOf(suites, MEASURABLE)).map(({ name, title, cases }) => ({
    name,
    title,
    cases: cases.map((one) => ({ id: one.id, title: one.title, source: one.source, family: one.family ?? 4, needs: needsOf(one) })),
  }));
  const devices = DUTS.map((kind) => ({ name: kind.name, description: kind.description, missing: kind.missing() }));
  return suites.length === 0 ? { suites: shown, devices } : { suites: shown };
}
