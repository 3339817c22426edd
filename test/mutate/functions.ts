/** The functions of a source by name, and the source that tells which of them are called: so a mutant is shown only to tests that reach it. */
import ts from "typescript";

/** Name of the innermost function with a name around a node, `Class.method` for one; "" where there is none. */
export function functionAround(node: ts.Node): string {
  for (let at: ts.Node | undefined = node.parent; at; at = at.parent) {
    const name = nameOf(at);
    if (name !== null) return name;
  }
  return "";
}

/** The source, each function of which tells `file#name` when it is called (hook.mjs). */
export function telling(file: string, text: string): string {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true);
  const places: [at: number, name: string][] = [];
  const visit = (node: ts.Node): void => {
    const name = nameOf(node);
    if (name !== null) places.push([bodyOf(node).getStart(source) + 1, name]);
    ts.forEachChild(node, visit);
  };
  visit(source);
  let told = text;
  for (const [at, name] of places.sort(([a], [b]) => b - a)) {
    told = `${told.slice(0, at)} globalThis.__reached?.add(${JSON.stringify(`${file}#${name}`)});${told.slice(at)}`;
  }
  return told;
}

/**
 * JavaScript, as dev.mjs would have made it.
 * @throws Error for a text that is none: a mutant that does not even load would count as noticed
 */
export function translated(file: string, text: string): string {
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true };
  const { outputText, diagnostics = [] } = ts.transpileModule(text, { fileName: file, compilerOptions, reportDiagnostics: true });
  const [wrong] = diagnostics;
  if (wrong) throw new Error(`${file}: ${ts.flattenDiagnosticMessageText(wrong.messageText, " ")}`);
  return outputText;
}

/** Name of a function with a name and a body of statements; null for any other node. */
function nameOf(node: ts.Node): string | null {
  if (!ts.isFunctionLike(node) || !("body" in node) || !node.body || !ts.isBlock(node.body as ts.Node)) return null;
  if (ts.isFunctionDeclaration(node)) return node.name?.text ?? "default";
  if (ts.isArrowFunction(node) || ts.isFunctionExpression(node)) {
    const { parent } = node;
    const named = ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent) || ts.isPropertyDeclaration(parent);
    return named ? parent.name.getText() : null;
  }
  const owner = ts.isClassLike(node.parent) ? (node.parent.name?.text ?? "") : "";
  if (ts.isConstructorDeclaration(node)) return `${owner}.constructor`;
  const accessor = ts.isGetAccessorDeclaration(node) ? "get " : ts.isSetAccessorDeclaration(node) ? "set " : "";
  return `${owner}.${accessor}${node.name?.getText() ?? ""}`;
}

function bodyOf(node: ts.Node): ts.Node {
  return (node as ts.FunctionLikeDeclaration).body as ts.Node;
}
