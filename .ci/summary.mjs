/**
 * Reads TAP on standard input while the tests run, prints a line for each test file and all that is known about each failure, and
 * writes "N passed, N failed[, N skipped]" to the file named as its argument.
 *
 * What is counted is tests and not assertions: a test is a named block (`t.test`) that holds no other, or a file without any.
 * A failure outside such a block (a file that died, a time-out) counts as one failed test. What was left out, or is marked as
 * still to do, counts as skipped and is listed with its reason.
 */
import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline";

const POINT = /^( *)(not )?ok(?: \d+)?(?: - )?(.*?)(?: # (SKIP|TODO)\b ?(.*?))?(?: # time=\S+)?(?: \{)?$/i;

const root = block("");
/** Open blocks: the whole run, a file, a test in it, … */
const open = [root];
const skips = [];
/** Indentation of the YAML that is being read, null outside of one. */
let yaml = null;
/** The last point read was a failure that nobody has told of yet. */
let tell = false;

for await (const line of createInterface({ input: process.stdin })) {
  if (yaml !== null) {
    if (line === `${yaml}...`) yaml = null;
    else if (tell) console.log(`  ${line}`);
    continue;
  }
  const start = /^( *)---$/.exec(line);
  if (start) {
    yaml = start[1];
    continue;
  }
  const subtest = /^( *)# Subtest(?:: (.*))?$/.exec(line);
  if (subtest) {
    const depth = subtest[1].length / 4;
    open.length = depth + 1;
    open[depth].holdsBlocks = true;
    open.push(block(subtest[2] ?? ""));
    continue;
  }
  const found = POINT.exec(line);
  if (found) point(found[1].length / 4, !found[2], found[3], found[4], found[5]);
  else if (line.trim() !== "" && !/^ *(\d+\.\.\d+|# time=|# \{|TAP version)/.test(line)) console.log(line);
}

const failed = root.failed + root.bareFailures;
const skipped = skips.length > 0 ? `, ${skips.length} skipped` : "";
if (skips.length > 0) console.log(`\nskipped:\n${skips.map((each) => `  ${each}`).join("\n")}`);
writeFileSync(process.argv[2], `${root.passed} passed, ${failed} failed${skipped}\n`);
// Tests that came to nothing are no success, whatever the runner says.
if (root.passed === 0 || failed > 0) process.exitCode = 1;

function block(name) {
  return { name, holdsBlocks: false, points: 0, skipped: 0, passed: 0, failed: 0, bareFailures: 0 };
}

/** One `ok` or `not ok`: an assertion, or the end of the block that is open below it. */
function point(depth, ok, name, directive, reason) {
  const ended = open[depth + 1];
  open.length = depth + 1;
  const parent = open[depth];
  const path = [...open.slice(1).map((each) => each.name), name].join(" > ");
  parent.points++;
  tell = false;
  if (directive) {
    parent.skipped++;
    skips.push(`${path}${directive.toUpperCase() === "TODO" ? " (to do)" : ""}${reason ? `: ${reason}` : ""}`);
    if (depth === 0) console.log(`skipped  ${name}${reason ? `: ${reason}` : ""}`);
    return;
  }
  if (!ended) {
    if (ok) return;
    parent.bareFailures++;
    tell = true;
  } else {
    tell = !ok && ended.failed + ended.bareFailures === 0;
    if (!ended.holdsBlocks) {
      if (!ok) ended.failed = 1;
      else if (ended.points === 0 || ended.points > ended.skipped) ended.passed = 1;
    } else ended.failed += tell ? 1 : ended.bareFailures;
    parent.passed += ended.passed;
    parent.failed += ended.failed;
    if (depth === 0) console.log(`${ok ? "ok      " : "FAILED  "} ${name}: ${ended.passed} passed${ended.failed > 0 ? `, ${ended.failed} failed` : ""}`);
  }
  if (tell) console.log(`  failure: ${path}`);
}
