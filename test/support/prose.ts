/**
 * The words in the sources: every file begins with a comment that says what it is for, and a comment begins with its subject, not with
 * a clause that stands for one.
 */
import { type Finding, sorted } from "./finding.ts";

/** A block comment, or a line comment together with the lines of it that follow. */
const COMMENT = /\/\*[\s\S]*?\*\/|(?<![^\s;,{}()])\/\/ [^\n]*(?:\n[ \t]*\/\/ [^\n]*)*/g;
const CLAUSE = /^(What|Who|Whoever|Whatever|Whichever|Of)\b/;

/** Checks `sources`, texts by path from the project's root; findings by file and line. */
export function checkProse(sources: ReadonlyMap<string, string>): Finding[] {
  const findings: Finding[] = [];
  for (const [file, text] of sources) {
    if (!hasHead(text)) {
      findings.push({ file, line: 1, message: "has no head comment: begin with one to three lines that say what the file is for" });
    }
    for (const match of text.matchAll(COMMENT)) {
      const words = wordsOf(match[0]);
      const clause = CLAUSE.exec(words)?.[0];
      if (clause === undefined || isQuestion(words)) continue;
      const line = text.slice(0, match.index).split("\n").length;
      findings.push({ file, line, message: `a comment begins with "${clause}": begin with the subject, then an active verb` });
    }
  }
  return sorted(findings);
}

function hasHead(text: string): boolean {
  return /^(#![^\n]*\n)?\s*(\/\*|\/\/)/.test(text);
}

/** The text of a comment without its marks. */
function wordsOf(comment: string): string {
  return comment
    .replace(/^\/\*+|\*\/$/g, "")
    .replace(/^\s*(\*|\/\/)?[ \t]*/gm, "")
    .trim();
}

function isQuestion(words: string): boolean {
  return /^[^.!]*\?/.test(words);
}
