/** The report's page in a real browser, from disk. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import t from "tap";
import { makeRecord } from "../../../hil-rigs/reports/make-record.ts";
import { page } from "../../../hil-rigs/reports/page.ts";
import { writeReport } from "../../../hil-rigs/reports/write.ts";
import { missingPrograms } from "../../support/netns.ts";
import { scratch } from "../../support/own.ts";
import { FACTS, ODD, played } from "./kit.ts";

const results = await played();

/** The document after its script ran, and what the browser logged. */
function opened(url: string): { dom: string; log: string } {
  const words = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--enable-logging=stderr",
    "--virtual-time-budget=5000",
    "--dump-dom",
  ];
  const profile = `--user-data-dir=${scratch("browser")}`;
  const { stdout, stderr } = spawnSync("chromium", [...words, profile, url], { encoding: "utf8", timeout: 120_000 });
  return { dom: stdout, log: stderr };
}

t.test(
  "without its script the page has the summary and all cases, those that failed first; texts of devices stay texts",
  async (t) => {
    const html = page(makeRecord(results, FACTS));
    t.match(
      html,
      /<th scope="row">REP-A<\/th><td><span class="passed">✓&nbsp;1&nbsp;passed<\/span> <span class="failed">✗&nbsp;1&nbsp;failed/,
    );
    t.match(html, /<tr data-id="REP-A-02\/x\/y">.*\n<tr data-id="REP-A-01">/);
    t.equal(html.includes(ODD), false, "escaped");
    t.match(html, /5 &lt; 6 &amp; &quot;7&quot; &gt;/);
    t.notMatch(html, /src=|href=|@import|url\(/, "everything is in the file");
    t.match(page(makeRecord(results, { ...FACTS, interrupted: true })), /The run was interrupted/);
  },
);

t.test("in a browser the first failed case is open, with its ladder", { skip: missingPrograms("chromium") }, async (t) => {
  const folder = scratch("page");
  writeReport(folder, results, FACTS);
  const file = pathToFileURL(join(folder, "report.html")).href;
  const failed = opened(file);
  t.notMatch(failed.log, /CONSOLE/, "nothing is logged");
  t.match(failed.dom, /<figcaption class="failed">whohas-sim: failed<\/figcaption>/);
  t.match(failed.dom, /class="rung wrong deciding"/);
  t.match(failed.dom, /<g class="band nud-reachable">/);
  t.match(failed.dom, /who has 10\.0\.0\.2\? tell 10\.0\.0\.1/);
  const named = opened(`${file}#REP-A-01`);
  t.match(named.dom, /<figcaption class="passed">/, "the case that the address names");
  t.notMatch(named.dom, /<figcaption class="failed">/);
});
