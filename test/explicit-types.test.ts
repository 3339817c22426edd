/**
 * Every exported thing has its type written out (TypeScript's isolatedDeclarations), so that the types of the package are those that were
 * meant. tsconfig.json leaves the flag off for control/methods/ alone: there a schema is the type, and what a method takes derives from it.
 */
import t from "tap";
import { runPlainNode } from "./support/own.ts";
import { ROOT } from "./support/sources.ts";

const DERIVED = "firmware-ts/control/methods/";

t.test("no exported type is left to be inferred, but for those that schemas derive", async (t) => {
  const words = ["node_modules/tsc7/bin/tsc", "-p", "tsconfig.json", "--isolatedDeclarations", "--pretty", "false"];
  const { stdout, stderr } = runPlainNode(words, ROOT);
  const [derived, others] = [true, false].map((wanted) =>
    stdout.split("\n").filter((line) => /^\S/.test(line) && line.startsWith(DERIVED) === wanted),
  );
  t.same([others, stderr], [[], ""]);
  t.ok(
    derived?.every((line) => / error TS90\d\d: .*--isolatedDeclarations/.test(line)),
    "and nothing else is wrong there",
  );
  t.not(derived?.length, 0, "the compiler was asked");
});
