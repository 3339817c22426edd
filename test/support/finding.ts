/** Findings of the architecture's checks: where a breach is, and how it is told. */
import type ts from "typescript";

/** One breach of the architecture, as its checks tell it. */
export interface Finding {
  /** Path from the project's root. */
  file: string;
  line: number;
  /** Tells the fault, and the way to mend it. */
  message: string;
}

/** Sorts by file and line. */
export function sorted(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
}

/** A finding as people and editors read it. */
export function formatFinding(finding: Finding): string {
  return `${finding.file}:${finding.line}: ${finding.message}`;
}

/** The line on which a node begins, counted from 1. */
export function lineOf(tree: ts.SourceFile, node: ts.Node): number {
  return tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
}
