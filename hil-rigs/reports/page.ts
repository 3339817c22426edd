/**
 * The report as one HTML file that works from disk: what passed on which device, and the ladder of each case. The ladders are in it
 * compressed; page/report.js draws the one that is opened. Without a script the table is there all the same.
 */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { escapeMarkup } from "../../firmware-ts/control/markup.ts";
import { ladderOf } from "./ladder.ts";
import type { RecordedCase, RecordedResult, RunRecord } from "./record.ts";
import { leftOut } from "./text.ts";

type Status = RecordedResult["status"];

/** Sign and word of each status: a colour alone does not tell. */
const SIGNS: Readonly<Record<Status, string>> = { passed: "✓", failed: "✗", expected: "≈", skipped: "–" };
const STATUSES: readonly Status[] = ["passed", "failed", "expected", "skipped"];

export function page(record: RunRecord): string {
  const read = (name: string): string => readFileSync(new URL(`page/${name}`, import.meta.url), "utf8");
  const title = `whohas-rig: ${record.words.join(" ")}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeMarkup(title)}</title>
<style>${read("report.css")}</style>
</head>
<body>
<header>
<h1>${escapeMarkup(title)}</h1>
<p>${escapeMarkup(facts(record))}</p>
${record.interrupted ? '<p class="failed">The run was interrupted: cases that were not played are missing.</p>' : ""}
</header>
<main>
<section aria-labelledby="summary"><h2 id="summary">Summary</h2>
${summary(record)}
</section>
<section aria-labelledby="cases"><h2 id="cases">Cases</h2>
<form id="filter" role="search">
<label>Search <input id="words" type="search" placeholder="id, title or source"></label>
<label>Show <select id="status"><option value="">all</option><option value="failed">failed</option>
<option value="expected">failed as expected</option><option value="skipped">skipped</option><option value="passed">passed</option></select></label>
<output id="count"></output>
</form>
<noscript><p>Ladders and the search need JavaScript; text ladders come with <code>whohas-rig show DIR CASE</code>.</p></noscript>
<table id="list"><thead><tr><th scope="col">case</th>${record.devices.map(({ name }) => `<th scope="col">${escapeMarkup(name)}</th>`).join("")}<th scope="col">expected behaviour</th></tr></thead>
<tbody>
${sorted(record.cases).map(row(record)).join("\n")}
</tbody></table>
</section>
</main>
<script type="application/octet-stream" id="ladders">${ladders(record)}</script>
<script>${read("report.js")}</script>
</body>
</html>
`;
}

function facts({ started, took, seed, host, tool }: RunRecord): string {
  return `${tool} on ${host}; ${started.replace("T", " ").replace(/\.\d+Z$/, " UTC")}, ${(took / 1000).toFixed(1)} s, seed ${seed}`;
}

/** Cases that failed come first. */
function sorted(cases: readonly RecordedCase[]): RecordedCase[] {
  const failed = ({ results }: RecordedCase): boolean => results.some(({ status }) => status === "failed");
  return [...cases.filter(failed), ...cases.filter((one) => !failed(one))];
}

/** A row for each group of cases (`ARP-G`), and for each device how many have which status. */
function summary({ cases, devices }: RunRecord): string {
  const groups = new Map<string, RecordedCase[]>();
  for (const one of cases) {
    const group = /^[A-Z\d]+(?:-[A-Z]+)?/.exec(one.id)?.[0] ?? one.id;
    groups.set(group, [...(groups.get(group) ?? []), one]);
  }
  const cell = (of: readonly RecordedCase[], device: string): string => {
    const results = of.flatMap((one) => one.results.filter((result) => result.device === device));
    const counts = STATUSES.map((status) => [status, results.filter((result) => result.status === status).length] as const);
    const told = counts.filter(([, count]) => count > 0);
    return `<td>${told.map(([status, count]) => `<span class="${status}">${SIGNS[status]}&nbsp;${count}&nbsp;${status}</span>`).join(" ")}</td>`;
  };
  const line = (name: string, of: readonly RecordedCase[]): string =>
    `<tr><th scope="row">${escapeMarkup(name)}</th>${devices.map((device) => cell(of, device.name)).join("")}</tr>`;
  const heads = devices.map(
    ({ name, description }) => `<th scope="col">${escapeMarkup(name)}<br><small>${escapeMarkup(description)}</small></th>`,
  );
  return `<table class="summary"><thead><tr><th scope="col">group</th>${heads.join("")}</tr></thead>
<tbody>${[...groups].map(([name, of]) => line(name, of)).join("")}</tbody><tfoot>${line("all", cases)}</tfoot></table>`;
}

function row({ devices }: RunRecord): (one: RecordedCase) => string {
  return ({ id, title, results }) => {
    const cells = devices.map(({ name }) => {
      const status = results.find(({ device }) => device === name)?.status;
      return status
        ? `<td class="${status}" title="${status}">${SIGNS[status]}<span class="word"> ${status}</span></td>`
        : "<td></td>";
    });
    return `<tr data-id="${escapeMarkup(id)}"><th scope="row"><button type="button">${escapeMarkup(id)}</button></th>${cells.join("")}<td>${escapeMarkup(title)}</td></tr>`;
  };
}

/** Everything that the opened case shows, as JSON by the case's id, compressed, in base64. */
function ladders({ cases }: RunRecord): string {
  const shown = cases.map(({ id, source, results }) => [
    id,
    {
      source,
      results: results.map((result) => ({
        device: result.device,
        status: result.status,
        reason: result.reason,
        notes: [
          ...(result.again === "" ? [] : [`Played again, because with others beside it: ${result.again}`]),
          ...(result.leftOut === 0 ? [] : [leftOut(result.leftOut)]),
        ],
        ...ladderOf(result),
      })),
    },
  ]);
  return gzipSync(JSON.stringify(Object.fromEntries(shown))).toString("base64");
}
