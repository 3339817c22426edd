/** Names that may not stand for two things: a unit of a chip's model and a class of a driver. */
import ts from "typescript";
import { type Finding, lineOf } from "./finding.ts";

const MODELS = "hal/simulated/";
const DRIVERS = "drivers/";

/** One finding for each class of a model that is named as a class of a driver. */
export function sharedNames(trees: readonly ts.SourceFile[]): Finding[] {
  const findings: Finding[] = [];
  const drivers = new Map<string, string>();
  for (const tree of trees) {
    if (tree.fileName.startsWith(DRIVERS)) for (const { text } of classesOf(tree)) drivers.set(text, tree.fileName);
  }
  for (const tree of trees) {
    if (!tree.fileName.startsWith(MODELS)) continue;
    for (const name of classesOf(tree)) {
      const driver = drivers.get(name.text);
      if (driver === undefined) continue;
      const line = lineOf(tree, name);
      const message = `${name.text} is a class of ${driver}, too: name a model's unit as its block of silicon is named`;
      findings.push({ file: tree.fileName, line, message });
    }
  }
  return findings;
}

function classesOf(tree: ts.SourceFile): ts.Identifier[] {
  return tree.statements.flatMap((statement) => (ts.isClassDeclaration(statement) && statement.name ? [statement.name] : []));
}
