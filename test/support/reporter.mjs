/**
 * Prints what the tests came to: tap's `reporter` (.taprc), with all of them and with a single file.
 *
 * A line for each file when it is done, each failure whole, and at the end what somebody wants to know who did not watch: what was
 * left out and why, what was repeated because the machine was busy, the slowest files, the failures once more with the place of
 * their evidence, and `N passed, N failed[, N skipped]`, which stands in .tap/counts as well.
 *
 * Counts tests and not assertions: a test is a named block (`t.test`) that holds no other, or a file without any. A failure outside
 * such a block (a file that died, a time-out) counts as one failed test.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { Transform } from "node:stream";
import { Parser } from "tap-parser";

/** Comments of tests that stand in the last lines again; test/support/steady.ts and evidence.ts write them. */
const REPEATED = /^# (machine too busy, repeated: .*)$/;
const EVIDENCE = /^# evidence: (.*)$/;

const SLOWEST = 8;
const LOST = { message: "no result: the run ended before this file did" };

export default class Reporter extends Transform {
  #root = new Block("", null);
  #parser = new Parser();
  #skipped = [];
  #repeated = [];
  #failures = [];
  #evidence = [];
  #files = [];
  #heard = new Set();
  #assertions = 0;

  constructor() {
    super();
    this.#watch(this.#parser, this.#root);
  }

  _transform(chunk, _encoding, done) {
    this.#parser.write(String(chunk));
    done();
  }

  _flush(done) {
    this.#parser.once("complete", () => {
      this.#end();
      done();
    });
    this.#parser.end();
  }

  #say(text) {
    this.push(`${text}\n`);
  }

  #watch(parser, block) {
    /** The block below whose closing point comes next. */
    let child = null;
    parser.on("child", (below) => {
      child = new Block(below.name, block);
      this.#watch(below, child);
    });
    parser.on("comment", (line) => this.#comment(line.trimEnd(), block));
    parser.on("extra", (text) => {
      if (text.trim() !== "") this.#say(text.trimEnd());
    });
    parser.on("assert", (point) => {
      const ended = child;
      child = null;
      block.points++;
      if (point.skip || point.todo) this.#left(block, point);
      else if (ended) this.#close(block, ended, point);
      else this.#assertion(block, point);
    });
  }

  #comment(line, block) {
    const repeated = REPEATED.exec(line)?.[1];
    if (repeated) {
      this.#repeated.push(`${block.path}: ${repeated}`);
      this.#say(`  ${block.path}: ${repeated}`);
    }
    const evidence = EVIDENCE.exec(line)?.[1];
    if (evidence) this.#evidence.push(evidence);
  }

  #left(block, point) {
    block.skipped++;
    const reason = [point.skip, point.todo].find((each) => typeof each === "string");
    this.#skipped.push(`${block.pathOf(point.name)}${point.todo ? " (to do)" : ""}${reason ? `: ${reason}` : ""}`);
  }

  #assertion(block, point) {
    this.#assertions++;
    if (point.ok) return;
    block.bareFailures++;
    this.#failed(block.pathOf(point.name), point.diag);
  }

  /** The closing point of a block: it passes on what its tests came to, or is a test itself. */
  #close(block, ended, point) {
    const told = ended.failed + ended.bareFailures > 0;
    if (!point.ok && !told) this.#failed(block.pathOf(point.name), point.diag);
    if (ended.holdsBlocks) ended.failed += point.ok || told ? ended.bareFailures : 1;
    else if (!point.ok) ended.failed = 1;
    else if (ended.points === 0 || ended.points > ended.skipped) ended.passed = 1;
    block.holdsBlocks = true;
    block.passed += ended.passed;
    block.failed += ended.failed;
    if (!ended.isFile) return;
    if (block.isFile) block.files++;
    const seconds = (point.time ?? 0) / 1000;
    // A file that plays others is as slow as they are.
    if (ended.files === 0) this.#files.push({ name: point.name, seconds });
    if (block === this.#root) this.#heard.add(point.name);
    const failed = ended.failed > 0 ? `, ${ended.failed} failed` : "";
    this.#say(`${point.ok ? "ok      " : "FAILED  "} ${point.name}: ${ended.passed} passed${failed} (${seconds.toFixed(1)} s)`);
  }

  #failed(path, diag) {
    this.#failures.push(path);
    this.#say(`  failure: ${path}`);
    if (diag) this.#say(yaml(diag, "    "));
  }

  #end() {
    for (const file of this.#lost()) this.#close(this.#root, new Block(file, this.#root), { name: file, ok: false, diag: LOST });
    const { passed } = this.#root;
    const failed = this.#root.failed + this.#root.bareFailures;
    this.#list("skipped:", this.#skipped);
    this.#list("the machine was too busy for:", this.#repeated);
    const slowest = this.#files.sort((a, b) => b.seconds - a.seconds).slice(0, SLOWEST);
    if (this.#files.length > 1) this.#list("slowest:", slowest.map(({ name, seconds }) => `${seconds.toFixed(1).padStart(6)} s  ${name}`));
    this.#list("failed:", this.#failures);
    this.#list("evidence of the failures:", this.#evidence);
    const skipped = this.#skipped.length > 0 ? `, ${this.#skipped.length} skipped` : "";
    const counts = `${passed} passed, ${failed} failed${skipped}`;
    this.#say(`\n${this.#assertions} assertions in ${this.#files.length} files`);
    this.#say(counts);
    mkdirSync(".tap", { recursive: true });
    writeFileSync(".tap/counts", `${counts}\n`);
    // Tests that came to nothing are no success, whatever the runner says.
    if (passed === 0) process.exitCode = 1;
  }

  /** Files that were to be run and are not heard of: after one that took too long, tap does not wait for others that run. */
  #lost() {
    return (process.env["WHOHAS_TEST_FILES"] ?? "").split(" ").filter((file) => file !== "" && !this.#heard.has(file));
  }

  #list(title, lines) {
    if (lines.length > 0) this.#say(`\n${title}\n${lines.map((line) => `  ${line}`).join("\n")}`);
  }
}

/** A block of TAP: the whole run, a file, a test in it, … */
class Block {
  holdsBlocks = false;
  /** Files that it plays. */
  files = 0;
  points = 0;
  skipped = 0;
  passed = 0;
  failed = 0;
  bareFailures = 0;

  constructor(name, parent) {
    this.name = name;
    this.parent = parent;
  }

  /** The block of a test file, whether it has a process of its own or is played by another. */
  get isFile() {
    return this.parent?.parent === null || /^test\/.*\.test\.ts$/.test(this.name);
  }

  get path() {
    return this.parent ? this.parent.pathOf(this.name) : "";
  }

  pathOf(name) {
    return [this.path, name].filter((part) => part !== "").join(" > ");
  }
}

/** tap's report of a failure, unchanged; texts of several lines stay readable. */
function yaml(diag, indent) {
  return Object.entries(diag)
    .map(([key, value]) => {
      if (typeof value === "string" && value.includes("\n")) {
        return `${indent}${key}: |\n${value.trimEnd().replace(/^/gm, `${indent}  `)}`;
      }
      if (value !== null && typeof value === "object" && !Array.isArray(value)) return `${indent}${key}:\n${yaml(value, `${indent}  `)}`;
      return `${indent}${key}: ${JSON.stringify(value)}`;
    })
    .join("\n");
}
