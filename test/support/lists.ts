/** One list for each kind of thing: its entries are looked up in the list, and no second place names them. */
import { posix } from "node:path";
import ts from "typescript";
import { type Finding, lineOf } from "./finding.ts";

/** The lists of the house. docs/architecture.md says what each is for. */
const LISTS: readonly string[] = [
  "firmware-ts/families.ts",
  "firmware-ts/transport/index.ts",
  "firmware-ts/control/methods/index.ts",
  "firmware-ts/apps/index.ts",
  "firmware-ts/apps/telemetry/formats/index.ts",
  "firmware-ts/board/kinds/index.ts",
  "firmware-ts/cli/commands/index.ts",
  "hil-rigs/suites/index.ts",
  "hil-rigs/duts/index.ts",
];
/** Files that know one entry by name: a model takes the place of missing hardware; a rig's keys telemetry: and leds: are short for apps. */
const ALLOWED: readonly string[] = [
  "firmware-ts/board/parts.ts sim",
  "firmware-ts/board/rig-describe.ts telemetry",
  "firmware-ts/board/rig-describe.ts linkLeds",
  "firmware-ts/board/rig-schema.ts telemetry",
];

interface Import {
  readonly target: string;
  /** As the target exports it; `*` for all of it. */
  readonly name: string;
  readonly line: number;
}

/** One finding for each import of a list's entry by another file than the list. Doors only hand on. */
export function bypasses(trees: readonly ts.SourceFile[], doors: readonly string[]): Finding[] {
  const entries = new Map<string, string>();
  for (const tree of trees) {
    if (!LISTS.includes(tree.fileName)) continue;
    const listed = listedNames(tree);
    for (const { target, name } of importsOf(tree)) {
      if (name === "*" || listed.has(name)) entries.set(`${target} ${name}`, tree.fileName);
    }
  }
  const findings: Finding[] = [];
  for (const tree of trees) {
    const file = tree.fileName;
    if (LISTS.includes(file) || doors.includes(file)) continue;
    for (const { target, name, line } of importsOf(tree)) {
      const list = entries.get(`${target} ${name}`);
      if (list === undefined || ALLOWED.includes(`${file} ${name}`)) continue;
      findings.push({ file, line, message: `imports ${name} of ${target}, an entry of ${list}: look it up in the list` });
    }
  }
  return findings;
}

/** Names that stand in a list of the file: elements of an array, or of what is spread into an array or an object. */
function listedNames(tree: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    const elements = ts.isArrayLiteralExpression(node) ? node.elements : [];
    for (const element of elements) if (ts.isIdentifier(element)) names.add(element.text);
    const spread = ts.isSpreadElement(node) || ts.isSpreadAssignment(node) ? node.expression : null;
    if (spread && ts.isIdentifier(spread)) names.add(spread.text);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return names;
}

/** Values that a file imports from files of ours; types are nobody's entries. */
function importsOf(tree: ts.SourceFile): Import[] {
  const found: Import[] = [];
  const add = (node: ts.Node, specifier: ts.Node | undefined, name: string): void => {
    if (!specifier || !ts.isStringLiteralLike(specifier) || !specifier.text.startsWith(".")) return;
    const line = lineOf(tree, node);
    found.push({ target: posix.join(posix.dirname(tree.fileName), specifier.text), name, line });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && node.importClause && !node.importClause.isTypeOnly) {
      const named = node.importClause.namedBindings;
      if (named && ts.isNamedImports(named)) {
        for (const element of named.elements)
          if (!element.isTypeOnly) add(node, node.moduleSpecifier, (element.propertyName ?? element.name).text);
      } else if (named) add(node, node.moduleSpecifier, "*");
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) add(node, node.arguments[0], "*");
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}
