/** The files of a report, each read by a program that others wrote. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { Parser } from "tap-parser";
import { readRecord } from "../../../hil-rigs/reports/read.ts";
import { writeReport } from "../../../hil-rigs/reports/write.ts";
import { missingPrograms, run } from "../../support/netns.ts";
import { scratch } from "../../support/own.ts";
import { FACTS, ODD, played } from "./kit.ts";
import { SCHEMA } from "./schema.ts";

const folder = scratch("report");
writeReport(folder, await played(), FACTS);
const read = (...name: string[]): string => readFileSync(join(folder, ...name), "utf8");

t.test("the record is read as it was written", async (t) => {
  const record = readRecord(folder);
  t.same(record, readRecord(join(folder, "record.json")));
  t.match(record, { version: 1, started: "2026-01-02T03:04:05.000Z", took: 1235, seed: 7, interrupted: false });
  t.same(
    record.cases.map(({ results }) => results.map(({ status }) => status)),
    [["passed"], ["failed"], ["expected"], ["skipped"]],
  );
  const steps = record.cases[0]?.results[0]?.steps ?? [];
  const asked = steps.find(({ kind }) => kind === "frame");
  t.match(asked, { label: "who has 10.0.0.2? tell 10.0.0.1", text: /^p0 02:.* > ff:ff:ff:ff:ff:ff arp request/ });
  t.same(
    steps.flatMap(({ entry }) => (entry ? [[entry.name, entry.state]] : [])),
    [["10.0.0.2 dev e0", "REACHABLE"]],
  );
});

t.test("a record that is none is refused in one line that says what is wrong", async (t) => {
  const file = join(scratch("records"), "record.json");
  const refusal = (text: string): string => {
    writeFileSync(file, text);
    try {
      readRecord(file);
      return "";
    } catch (error) {
      return (error as Error).message.replace(file, "FILE");
    }
  };
  t.match(refusal("{"), /^FILE: .*JSON/);
  t.match(refusal("null"), /^FILE is a record of version unknown; this program reads version 1$/);
  t.match(refusal('{"version":2}'), /^FILE is a record of version 2; /);
  t.match(refusal('{"version":1,"tool":7}'), /^FILE: tool: .*string/);
  const { cases, ...rest } = JSON.parse(read("record.json"));
  cases[0].results[0].steps[0].at = "soon";
  t.match(refusal(JSON.stringify({ ...rest, cases })), /^FILE: cases\.0\.results\.0\.steps\.0\.at: .*number/);
  t.throws(() => readRecord(join(folder, "none")), { message: /none has no record of a run \(ENOENT\)/ });
});

t.test("docs/record.schema.json is the record's schema; npm run record-schema writes it", async (t) => {
  t.equal(readFileSync(new URL("../../../docs/record.schema.json", import.meta.url), "utf8"), SCHEMA);
});

t.test("TAP, as tap itself reads it", async (t) => {
  const results = Parser.parse(read("results.tap"));
  const asserts = results.flatMap((event) => (event[0] === "assert" ? [event[1]] : []));
  t.same(
    asserts.map(({ ok, name, todo, skip }) => ({ ok, name, todo, skip })),
    [
      { ok: true, name: "REP-A-01 on whohas-sim: a host that answers is reachable", todo: false, skip: false },
      { ok: false, name: `REP-A-02/x/y on whohas-sim: ${ODD}`, todo: false, skip: false },
      { ok: false, name: "REP-B-01 on whohas-sim: a difference that is wanted", todo: "we like red", skip: false },
      { ok: true, name: "REP-B-02 on whohas-sim: a case that cannot be played", todo: false, skip: "whohas-sim has no e1" },
    ],
  );
  t.match(asserts[1]?.diag, { message: /10\.0\.0\.2 is STALE .*expected STALE/ });
});

t.test("JUnit, as Python's XML reads it", { skip: missingPrograms("python3") }, async (t) => {
  const script = `
import json, sys, xml.etree.ElementTree as tree
suite = tree.parse(sys.argv[1]).getroot()[0]
cases = [[case.get("classname"), case.get("name"), [[each.tag, each.get("message")] for each in case]] for case in suite.iter("testcase")]
print(json.dumps({**suite.attrib, "cases": cases}))`;
  const suite = JSON.parse(execFileSync("python3", ["-c", script, join(folder, "junit.xml")], { encoding: "utf8" }));
  t.match(suite, { name: "whohas-sim", tests: "4", failures: "1", errors: "0", skipped: "2", timestamp: "2026-01-02T03:04:05" });
  t.same(suite.cases[0], ["whohas-sim.REP-A-01", "REP-A-01 a host that answers is reachable", []]);
  t.match(suite.cases[1], ["whohas-sim.REP-A-02", `REP-A-02/x/y ${ODD}`, [["failure", /is STALE/]]]);
  t.same(suite.cases[2][2], [["skipped", "fails as expected: we like red"]]);
  t.same(suite.cases[3][2], [["skipped", "whohas-sim has no e1"]]);
});

t.test("the capture, as tshark reads it: comments tell cases and changes", { skip: missingPrograms("tshark") }, async (t) => {
  const fields = ["-T", "fields", "-e", "_ws.col.Protocol", "-e", "frame.comment"];
  const lines = run("tshark", ["-r", join(folder, "whohas-sim.pcapng"), ...fields])
    .trimEnd()
    .split("\n");
  t.equal(lines.length, 6, "a request, an answer and a datagram of two cases");
  t.match(lines[0], /^ARP\tcase REP-A-01: a host that answers is reachable/);
  t.match(lines[1], /^ARP\tnew 10\.0\.0\.2 dev e0 lladdr 02:00:00:00:00:02 REACHABLE/);
  t.match(lines[2], /^UDP\t?$/);
  t.match(lines[3], /^ARP\tcase REP-A-02/);
});

t.test("the evidence of a failure, and of an expected one", async (t) => {
  const evidence = (name: string): string => read("whohas-sim", "REP-A-02", "x", "y", name);
  t.match(evidence("failure.txt"), /10\.0\.0\.2 is STALE 02:00:00:00:00:02\n {2}expected STALE .*\n {2}got {6}REACHABLE/);
  t.match(evidence("trace.txt"), /sent {4}p0 .* arp reply/);
  t.match(evidence("table.txt"), /after\n10\.0\.0\.2 dev e0 .* REACHABLE/);
  t.match(evidence("events.txt"), /^new 10\.0\.0\.2 dev e0 lladdr 02:00:00:00:00:02 REACHABLE probes \d\n$/);
  t.ok(existsSync(join(folder, "whohas-sim", "REP-B-01", "failure.txt")));
  t.notOk(existsSync(join(folder, "whohas-sim", "REP-A-01")));
});
