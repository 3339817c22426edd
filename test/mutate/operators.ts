/**
 * The mutants of a source: each changes one expression or leaves out one call. Types, comments, and what an error or a template says stay
 * as they are: no test is to depend on the words of a message.
 */
import ts from "typescript";
import { functionAround } from "./functions.ts";

export interface Mutant {
  /** Path from the project's root. */
  readonly file: string;
  /** The text at [start, end) becomes `replacement`. */
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
  readonly line: number;
  /** The expression or statement, before and after, on one line. */
  readonly before: string;
  readonly after: string;
  /** The named function around it, as the reach of a test names it; "" for what a module does when it is loaded. */
  readonly within: string;
}

/** The other operators to be tried for one. */
const OPERATORS: ReadonlyMap<ts.SyntaxKind, readonly string[]> = new Map<ts.SyntaxKind, readonly string[]>([
  [ts.SyntaxKind.PlusToken, ["-"]],
  [ts.SyntaxKind.MinusToken, ["+"]],
  [ts.SyntaxKind.AsteriskToken, ["/"]],
  [ts.SyntaxKind.SlashToken, ["*"]],
  [ts.SyntaxKind.PercentToken, ["*"]],
  [ts.SyntaxKind.AmpersandToken, ["|"]],
  [ts.SyntaxKind.BarToken, ["&"]],
  [ts.SyntaxKind.CaretToken, ["|"]],
  [ts.SyntaxKind.LessThanLessThanToken, [">>"]],
  [ts.SyntaxKind.GreaterThanGreaterThanToken, ["<<"]],
  [ts.SyntaxKind.GreaterThanGreaterThanGreaterThanToken, [">>"]],
  [ts.SyntaxKind.PlusEqualsToken, ["-="]],
  [ts.SyntaxKind.MinusEqualsToken, ["+="]],
  [ts.SyntaxKind.BarEqualsToken, ["&="]],
  [ts.SyntaxKind.AmpersandEqualsToken, ["|="]],
  [ts.SyntaxKind.CaretEqualsToken, ["|="]],
  [ts.SyntaxKind.EqualsEqualsEqualsToken, ["!=="]],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, ["==="]],
  [ts.SyntaxKind.LessThanToken, ["<=", ">="]],
  [ts.SyntaxKind.LessThanEqualsToken, ["<", ">"]],
  [ts.SyntaxKind.GreaterThanToken, [">=", "<="]],
  [ts.SyntaxKind.GreaterThanEqualsToken, [">", "<"]],
  [ts.SyntaxKind.AmpersandAmpersandToken, ["||"]],
  [ts.SyntaxKind.BarBarToken, ["&&"]],
]);

/** Longest expression that is shown whole. */
const SHOWN = 90;

/** All mutants of a source, in the order of its text. */
export function mutantsOf(file: string, text: string): Mutant[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true);
  const found: Mutant[] = [];
  /** Notes that the text of `part` becomes `replacement`; `shown` is the expression to show it in. */
  const add = (part: ts.Node, replacement: string, shown: ts.Node = part): void => {
    const [start, end, from] = [part.getStart(source), part.getEnd(), shown.getStart(source)];
    const before = shown.getText(source);
    found.push({
      file,
      start,
      end,
      replacement,
      line: source.getLineAndCharacterOfPosition(start).line + 1,
      before: brief(before),
      after: brief(before.slice(0, start - from) + replacement + before.slice(end - from)) || "nothing",
      within: functionAround(part),
    });
  };
  const visit = (node: ts.Node): void => {
    if (isLeftAlone(node)) return;
    if (ts.isPropertyAssignment(node)) {
      visit(node.initializer);
      return;
    }
    if (ts.isBinaryExpression(node)) binary(node, add);
    else if (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) unary(node, add);
    else if (ts.isNumericLiteral(node)) add(node, neighbourOf(node.getText(source)), literalShownIn(node));
    else if (node.kind === ts.SyntaxKind.TrueKeyword) add(node, "false", literalShownIn(node));
    else if (node.kind === ts.SyntaxKind.FalseKeyword) add(node, "true", literalShownIn(node));
    else if (ts.isPropertyAccessExpression(node) && /^Math\.(?:min|max)$/.test(node.getText(source))) {
      add(node.name, node.name.text === "min" ? "max" : "min", node.parent);
    } else if (ts.isExpressionStatement(node)) {
      if (isPlainCall(node.expression)) add(node, ";");
    } else if (ts.isReturnStatement(node)) returned(node, add);
    const condition = conditionOf(node);
    if (condition && !hasOperatorOfItsOwn(condition)) add(condition, `!(${condition.getText(source)})`);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found.sort((a, b) => a.start - b.start || a.end - b.end || (a.replacement < b.replacement ? -1 : 1));
}

/** The source with the mutant in it. */
export function mutated(text: string, { start, end, replacement }: Mutant): string {
  return text.slice(0, start) + replacement + text.slice(end);
}

type Add = (part: ts.Node, replacement: string, shown?: ts.Node) => void;

function isLeftAlone(node: ts.Node): boolean {
  if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return true;
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return true;
  if (ts.isThrowStatement(node) || ts.isTemplateExpression(node)) return true;
  return ts.isNewExpression(node) && node.expression.getText().endsWith("Error");
}

function binary(node: ts.BinaryExpression, add: Add): void {
  const { kind } = node.operatorToken;
  const joinsText = kind === ts.SyntaxKind.PlusToken || kind === ts.SyntaxKind.PlusEqualsToken;
  if (joinsText && (hasText(node.left) || hasText(node.right))) return;
  for (const other of OPERATORS.get(kind) ?? []) add(node.operatorToken, other, node);
}

function unary(node: ts.PrefixUnaryExpression | ts.PostfixUnaryExpression, add: Add): void {
  const operand = node.operand.getText();
  if (node.operator === ts.SyntaxKind.ExclamationToken) {
    add(node, operand);
    return;
  }
  const other =
    node.operator === ts.SyntaxKind.PlusPlusToken ? "--" : node.operator === ts.SyntaxKind.MinusMinusToken ? "++" : null;
  if (other) add(node, ts.isPrefixUnaryExpression(node) ? other + operand : operand + other);
}

/** A result that is none of the written truths: turned round, one more, or absent, as the type of the function allows. */
function returned(node: ts.ReturnStatement, add: Add): void {
  const { expression } = node;
  if (!expression || hasOperatorOfItsOwn(expression) || ts.isLiteralExpression(expression)) return;
  const around = ts.findAncestor(node, ts.isFunctionLike);
  const type = around?.type;
  if (!type) return;
  const text = expression.getText();
  if (type.kind === ts.SyntaxKind.BooleanKeyword) add(expression, `!(${text})`, node);
  if (type.kind === ts.SyntaxKind.NumberKeyword) add(expression, `(${text}) + 1`, node);
  if (!ts.isUnionTypeNode(type)) return;
  const absent = type.types.map((each) => each.getText()).find((each) => each === "null" || each === "undefined");
  if (absent && text !== absent) add(expression, absent, node);
}

/** A comparison, a logical expression, `!` or a literal, which has mutants that turn it round. */
function hasOperatorOfItsOwn(node: ts.Expression): boolean {
  if (ts.isParenthesizedExpression(node)) return hasOperatorOfItsOwn(node.expression);
  if (node.kind === ts.SyntaxKind.TrueKeyword || node.kind === ts.SyntaxKind.FalseKeyword) return true;
  if (ts.isPrefixUnaryExpression(node)) return node.operator === ts.SyntaxKind.ExclamationToken;
  if (!ts.isBinaryExpression(node)) return false;
  const { kind } = node.operatorToken;
  if (kind === ts.SyntaxKind.AmpersandAmpersandToken || kind === ts.SyntaxKind.BarBarToken) return true;
  return (OPERATORS.get(kind) ?? []).some((other) => /^[<>!=]=/.test(other) || other === ">" || other === "<");
}

function conditionOf(node: ts.Node): ts.Expression | undefined {
  if (ts.isIfStatement(node) || ts.isWhileStatement(node) || ts.isDoStatement(node)) return node.expression;
  if (ts.isConditionalExpression(node) || ts.isForStatement(node)) return node.condition;
  return undefined;
}

/** A call whose result nobody takes. A constructor cannot do without super(). */
function isPlainCall(node: ts.Expression): boolean {
  if (ts.isAwaitExpression(node) || ts.isVoidExpression(node)) return isPlainCall(node.expression);
  return ts.isCallExpression(node) && node.expression.kind !== ts.SyntaxKind.SuperKeyword;
}

function hasText(node: ts.Node): boolean {
  if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) return true;
  return ts.isBinaryExpression(node) && (hasText(node.left) || hasText(node.right));
}

/** A number one more (even ones) or one less (odd ones), in the same notation. */
function neighbourOf(text: string): string {
  const number = Number(text.replaceAll("_", ""));
  const other = number % 2 === 0 ? number + 1 : number - 1;
  return /^0x/i.test(text) ? `0x${other.toString(16)}` : String(other);
}

/** A literal says little by itself: what it stands in, unless that is long. */
function literalShownIn(node: ts.Node): ts.Node {
  const { parent } = node;
  if (ts.isPrefixUnaryExpression(parent)) return literalShownIn(parent);
  const tells = ts.isExpression(parent) || ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent);
  return (tells || ts.isPropertyDeclaration(parent) || ts.isReturnStatement(parent)) && parent.getWidth() <= SHOWN ? parent : node;
}

function brief(text: string): string {
  const line = text.replace(/\s+/g, " ").replace(/^;$/, "");
  return line.length <= SHOWN ? line : `${line.slice(0, SHOWN - 1)}…`;
}
