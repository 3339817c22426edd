/** Ladders as text, and the changes between two runs. */
import t from "tap";
import { changesOf } from "../../../hil-rigs/reports/changes.ts";
import { ladderOf } from "../../../hil-rigs/reports/ladder.ts";
import { makeRecord } from "../../../hil-rigs/reports/make-record.ts";
import type { RecordedCase, RecordedResult, RecordedStep, RunRecord } from "../../../hil-rigs/reports/record.ts";
import { caseText } from "../../../hil-rigs/reports/text.ts";
import { FACTS, played } from "./kit.ts";

const record = makeRecord(await played(), FACTS);

t.test("a case as text: arrows for frames, changes of the table beside the frame that brought them", async (t) => {
  const text = caseText(record.cases[0] as RecordedCase);
  const lines = text.split("\n");
  t.equal(lines[0], "REP-A-01 on whohas-sim: passed");
  const ladder = lines.slice(lines.indexOf("         ms  tester   device") + 1).filter((line) => !line.includes("sysctl"));
  t.same(ladder, [
    "      0.000  │        │ $ udp send 1 to 10.0.0.2",
    "      0.000  │<───────│ who has 10.0.0.2? tell 10.0.0.1",
    "      0.000  │        │ ✓ asks",
    "      0.000  │───────>│ 10.0.0.2 is at 02:00:00:00:00:02  [10.0.0.2 dev e0 REACHABLE (02:00:00:00:00:02 probes 4)]",
    '      0.000  │<───────│ udp 10.0.0.1:4444 > 10.0.0.2:9 ttl 64 length 6 "poke 1"',
    "      0.000  │        │   10.0.0.2 dev e0 lladdr 02:00:00:00:00:02 REACHABLE probes 4",
    "      0.000  │        │ ✓ 10.0.0.2 is REACHABLE 02:00:00:00:00:02",
    "      0.000  │        │ ✓ every frame is well formed",
    "",
  ]);
});

t.test("a failed and a skipped case as text: the reason stands at the top, the failed check in its place", async (t) => {
  const failed = caseText(record.cases[1] as RecordedCase);
  t.match(failed, /\nfirst failed check: 10\.0\.0\.2 is STALE .*: expected STALE .*, got REACHABLE/);
  t.match(failed, /│ ✗ 10\.0\.0\.2 is STALE .*: expected STALE/);
  t.match(
    caseText(record.cases[3] as RecordedCase),
    /^REP-B-02 on whohas-sim: skipped\n[^\n]*\n[^\n]*\nreason: whohas-sim has no e1\n$/,
  );
});

t.test("a very long case has its beginning, its end and what failed", async (t) => {
  const results = await played();
  const trace = results[1]?.trace;
  for (let at = 0; at < 3000; at++) trace?.add("command", at, `command ${at}`);
  const result = makeRecord(results, FACTS).cases[1]?.results[0] as RecordedResult;
  t.ok(result.steps.length < 2010 && result.leftOut > 990, `${result.steps.length} steps, ${result.leftOut} left out`);
  t.equal(result.steps.at(-1)?.text, "command 2999");
  t.match(caseText({ ...(record.cases[1] as RecordedCase), results: [result] }), /\n\d+ steps in the middle are left out\n/);
});

t.test("two changes of one entry in one moment stand in two rungs; one of a timer has a rung of its own", async (t) => {
  const entry = (state: string): RecordedStep["entry"] => ({ name: "10.0.0.2 dev e0", state, lladdr: "", probes: 0 });
  const steps: RecordedStep[] = [
    { kind: "command", at: 0, text: "ip neigh del 10.0.0.2 dev e0 -> exit 0\n" },
    { kind: "event", at: 0, text: "", entry: entry("FAILED") },
    { kind: "event", at: 0, text: "", entry: entry("") },
    { kind: "event", at: 5, text: "", entry: entry("STALE") },
  ];
  const { entries, rungs } = ladderOf({ steps } as RecordedResult);
  t.same(entries, ["10.0.0.2 dev e0"]);
  t.same(
    rungs.map(({ at, way, changes }) => [at, way, changes.map(([, state]) => state)]),
    [
      [0, "operator", ["FAILED"]],
      [0, "table", [""]],
      [5, "table", ["STALE"]],
    ],
  );
});

t.test("changes between two runs: another status, a case that came, one that is gone", async (t) => {
  const later = structuredClone(record);
  const [first, second, third] = later.cases as [RecordedCase, RecordedCase, RecordedCase];
  Object.assign(first.results[0] as RecordedResult, { status: "failed", reason: "asks: …" });
  Object.assign(second.results[0] as RecordedResult, { status: "passed", reason: "" });
  third.id = "REP-C-01";
  const was: RunRecord = record;
  t.same(
    changesOf(was, later).map(({ id, was, is, reason }) => [id, was, is, reason]),
    [
      ["REP-A-01", "passed", "failed", "asks: …"],
      ["REP-A-02/x/y", "failed", "passed", ""],
      ["REP-C-01", "absent", "expected", "we like red"],
      ["REP-B-01", "expected", "absent", "we like red"],
    ],
  );
  t.same(changesOf(was, was), []);
});
