/** The run as TAP 14: a line for each case and device. */
import type { RunRecord } from "./record.ts";

export function tap(record: RunRecord): string {
  const lines: string[] = [];
  let number = 0;
  for (const { id, title, results } of record.cases) {
    for (const { device, status, reason, took } of results) {
      number++;
      const ok = status === "failed" || status === "expected" ? "not ok" : "ok";
      const directive = status === "skipped" ? ` # SKIP ${plain(reason)}` : status === "expected" ? ` # TODO ${plain(reason)}` : "";
      lines.push(`${ok} ${number} - ${plain(`${id} on ${device}: ${title}`)}${directive}`);
      if (status !== "failed") continue;
      lines.push("  ---", `  message: ${JSON.stringify(reason)}`, `  duration_ms: ${took}`, "  ...");
    }
  }
  return `${["TAP version 14", `1..${number}`, ...lines].join("\n")}\n`;
}

/** A description: `#` begins a directive and `\` an escape (TAP 14, "Escaping"). */
function plain(text: string): string {
  return text.replace(/[\\#]/g, "\\$&").replaceAll("\n", " ");
}
