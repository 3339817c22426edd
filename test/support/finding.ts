/** One breach of the architecture, as its checks tell it. */
export interface Finding {
  /** Path from the project's root. */
  file: string;
  line: number;
  /** Tells the fault, and the way to mend it. */
  message: string;
}

/** By file and line. */
export function sorted(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
}

/** A finding as people and editors read it. */
export function formatFinding(finding: Finding): string {
  return `${finding.file}:${finding.line}: ${finding.message}`;
}
