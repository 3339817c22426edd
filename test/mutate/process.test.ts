/** A mutant in a process: the tests see it, the working tree does not, and a process without an end is ended. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { scratch } from "../support/own.ts";
import { ROOT } from "../support/sources.ts";
import { telling, translated } from "./functions.ts";
import { judge, playTogether, substitute, Verdict } from "./process.ts";

const FILE = "firmware-ts/ip/checksum.ts";
const TESTS = ["test/firmware-ts/ip/checksum.test.ts"];
const text = readFileSync(join(ROOT, FILE), "utf8");

function folderWith(code: string): string {
  const folder = scratch("substitutes");
  substitute(folder, FILE, translated(FILE, code));
  return folder;
}

t.test("unchanged: passed; changed: failed, together and apart", async (t) => {
  t.equal(await judge(TESTS, true, folderWith(text), 60), Verdict.PASSED);
  const changed = text.replace("& 0xffff", "& 0xfffe");
  t.not(changed, text);
  for (const together of [true, false]) t.equal(await judge(TESTS, together, folderWith(changed), 60), Verdict.FAILED);
  t.equal(readFileSync(join(ROOT, FILE), "utf8"), text);
});

t.test("an endless loop is ended by the time of processor that it takes", async (t) => {
  t.equal(await judge(TESTS, true, folderWith(`${text}\nfor (;;);`), 3), Verdict.TIMED_OUT);
});

t.test("what a test file reaches is reported, with its cost", async (t) => {
  const [line = "{}"] = await playTogether(TESTS, folderWith(telling(FILE, text)));
  const { file, passed, cpu, reached } = JSON.parse(line) as { file: string; passed: boolean; cpu: number; reached: string[] };
  t.same([file, passed, cpu > 0], [TESTS[0], true, true]);
  t.ok(reached.includes(`${FILE}#finish`), `${reached}`);
});
