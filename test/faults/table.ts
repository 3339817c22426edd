/** The table of docs/faults.md: a heading for each kind, a row for each fault. The page around it is written by hand. */
import type { Outcome } from "./measure.ts";

/** The result of a kind; a reason where it was not played. */
export interface KindResult {
  readonly kind: string;
  readonly rows: readonly (readonly [fault: string, outcome: Outcome])[];
}

/** The table stands between these. */
const BEGIN = "<!-- npm run faults: begin -->";
const END = "<!-- npm run faults: end -->";
const HEAD = "| fault | noticed after | healed after | falsely sent, first 2 s | falsely sent, later |\n|---|---:|---:|---:|---:|";

export function section({ kind, rows }: KindResult): string {
  return [`### ${kind}`, "", HEAD, ...rows.map(([fault, outcome]) => row(fault, outcome)), ""].join("\n");
}

export function row(fault: string, { noticed, healed, falselyEarly, falselyLater }: Outcome): string {
  const untold = noticed === null ? "not told" : seconds(noticed);
  const back = healed === null ? "**never**" : healed === 0 ? "nothing lost" : seconds(healed);
  const later = falselyLater > 0 ? `**${falselyLater}**` : "0";
  return `| ${fault} | ${untold} | ${back} | ${falselyEarly} | ${later} |`;
}

function seconds(ms: number): string {
  return ms < 50 ? "at once" : `${(ms / 1000).toFixed(1)} s`;
}

/** The page with these kinds' sections in place of its own, in this order; a kind that is not in it any more goes. */
export function revised(page: string, results: readonly KindResult[], order: readonly string[]): string {
  const [before, table, after] = parts(page);
  const sections = new Map(
    table
      .split(/^(?=### )/m)
      .filter((text) => text.startsWith("### "))
      .map((text) => [text.slice(4, text.indexOf("\n")), text.trimEnd()]),
  );
  for (const result of results) sections.set(result.kind, section(result).trimEnd());
  const kept = order.flatMap((kind) => sections.get(kind) ?? []);
  return `${before}${BEGIN}\n\n${kept.join("\n\n")}\n\n${END}${after}`;
}

/** The faults of each kind that the page has rows for. */
export function rowsOf(page: string): Map<string, string[]> {
  const rows = new Map<string, string[]>();
  let faults: string[] = [];
  for (const line of parts(page)[1].split("\n")) {
    if (line.startsWith("### ")) {
      faults = [];
      rows.set(line.slice(4), faults);
    } else if (/^\| (?!fault )/.test(line)) faults.push((line.split(" | ")[0] as string).slice(2));
  }
  return rows;
}

/** The text before the table, the table, and the text behind it. @throws Error where the page has no place for one */
function parts(page: string): [string, string, string] {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`the page has no lines "${BEGIN}" and "${END}"`);
  return [page.slice(0, begin), page.slice(begin + BEGIN.length, end), page.slice(end + END.length)];
}
