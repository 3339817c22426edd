/** One breach of the architecture, as its checks tell it. */
export interface Finding {
  /** Path from the project's root. */
  file: string;
  line: number;
  /** What is wrong there, and what would be right. */
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
