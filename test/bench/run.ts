/**
 * `npm run bench [-- [--json] [--gate] [--against REF] [--profile] [WORD]…]`: what the frame path costs in processor time, each subject in a process
 * of its own and next to a floor of bare copies and checksums (floor.ts), some next to lwIP, too (lwip/lwip.c); and what a neighbour
 * table of a million entries costs, next to the kernel's (table-report.ts). With words, only the subjects with all of them in their name.
 *
 * --gate: ends with 1 when a subject's ratio to lwIP, a simulation's time or a growth is short of its gate (gates.ts, simulations.ts,
 * growth.ts). --against: no floor and no lwIP but another commit, by turns (against.ts). --profile: where the time goes, instead of how
 * much it is (profile.ts). No test asserts a time: a figure is to be read, next to the machine it was taken on. Allocations have a test,
 * test/firmware-ts/allocation.test.ts.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runAgainst } from "./against.ts";
import { CONNECTIONS, type ConnectionsRow, connectionsLine, measureConnections } from "./connections.ts";
import { type Figures, measure } from "./figures.ts";
import { isShort, verdict } from "./gates.ts";
import { GROWTHS, type GrowthRow, growthLine, measureGrowth } from "./growth.ts";
import { IDLES, type IdleRow, idleLine, measureIdle } from "./idle.ts";
import { buildLwip, lwipVersion, missingForLwip } from "./lwip/lwip.ts";
import type { PollFigures } from "./poll-times.ts";
import { PROFILES_OF, profileOf } from "./profile.ts";
import { measureSimulation, meetsGate, SIMULATIONS, type SimulationRow, simulationLine } from "./simulations.ts";
import { SUBJECTS } from "./subjects.ts";
import { reportTable, TABLE_SUBJECT, type TableReport, tableLines } from "./table-report.ts";

const NOT_MEASURED: readonly string[] = [
  "the event loop: virtual time, so no setImmediate() and no wake-up (Node allocates for each; a burst of frames shares one)",
  "a real wire or bus; AF_PACKET (test/drivers/packet/packet.bench.ts, as root), serprog, spidev",
  "latency under load, several sockets at once",
  "lwIP's timers, its thread and its lock: one thread without them is the fastest way to call it",
];

const { values, positionals: words } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean" }, gate: { type: "boolean" }, against: { type: "string" }, profile: { type: "boolean" } },
});
const json = values.json === true;
const wanted = (name: string): boolean => words.every((word) => name.includes(word));
const names = Object.keys(SUBJECTS).filter(wanted);
const simulations = Object.keys(SIMULATIONS).filter(wanted);
const growths = Object.keys(GROWTHS).filter(wanted);
const idles = IDLES.filter(wanted);
const programs = CONNECTIONS.filter(wanted);
if (names.length + simulations.length + growths.length + idles.length + programs.length === 0 && !wanted(TABLE_SUBJECT)) {
  const all = [
    ...Object.keys(SUBJECTS),
    ...Object.keys(SIMULATIONS),
    ...Object.keys(GROWTHS),
    ...IDLES,
    ...CONNECTIONS,
    TABLE_SUBJECT,
  ].join("; ");
  console.error(`bench: no subject has "${words.join(" ")}" in its name; there are: ${all}`);
  process.exit(2);
}

if (values.profile) {
  for (const name of PROFILES_OF.filter(wanted)) console.log(profileOf(name));
  process.exit();
}
if (values.against !== undefined) {
  await runAgainst(values.against, names);
  process.exit();
}

const machine = { cpu: cpus()[0]?.model.trim() ?? "unknown", cores: cpus().length, load: loadavg()[0] ?? 0, node: process.version };
const measured: Figures[] = [];
if (!json) {
  console.log(
    `${machine.cpu}, ${machine.cores} cores, load ${machine.load.toFixed(1)} at start; node ${machine.node}, V8 ${process.versions.v8}`,
  );
  if (names.length > 0)
    console.log(row(["subject", "ns/op", "min..max", "ops/s", "B/op", "floor ns", "ratio", "spi transactions, bytes/op; poll us"]));
}
let table: TableReport | null = null;
const simulated: SimulationRow[] = [];
const grown: GrowthRow[] = [];
const idle: IdleRow[] = [];
const connections: ConnectionsRow[] = [];
const missing = missingForLwip();
const directory = mkdtempSync(join(tmpdir(), "whohas-bench-"));
let lwip = missing === null ? "" : `not there: it needs ${missing}`;
try {
  if (missing === null) {
    buildLwip(directory);
    lwip = lwipVersion(directory);
  }
  for (const name of names) {
    const figures = await measure(name, missing === null ? ["--lwip", directory] : []);
    measured.push(figures);
    if (json) continue;
    console.log(row(cells(figures)));
    if (figures.hasLwip) console.log(missing === null ? row(lwipCells(figures)) : `  lwIP is ${lwip}`);
  }
  if (wanted(TABLE_SUBJECT)) table = reportTable(directory);
  for (const name of growths) grown.push(measureGrowth(name));
  for (const name of simulations) simulated.push(measureSimulation(name));
  for (const name of programs) connections.push(measureConnections(name));
  if (idles.length > 0) idle.push(...(await measureIdle(idles, (line) => console.error(`bench: ${line}`))));
} finally {
  rmSync(directory, { recursive: true, force: true });
}
if (json) {
  console.log(
    JSON.stringify(
      {
        machine,
        lwip,
        subjects: measured,
        table,
        simulations: simulated,
        growth: grown,
        connections,
        idle,
        notMeasured: NOT_MEASURED,
      },
      null,
      2,
    ),
  );
} else {
  if (measured.length > 0) explain(measured);
  if (table) showTable(table);
  for (const each of grown) console.log(growthLine(each));
  for (const each of simulated) console.log(simulationLine(each));
  for (const each of connections) console.log(connectionsLine(each));
  for (const each of idle) console.log(idleLine(each));
}
const short = [
  ...measured.filter(({ name, timing }) => timing?.reference && isShort(name, timing.reference.ratio)),
  ...simulated.filter((each) => !meetsGate(each)),
  ...grown.filter((each) => each.short),
].map(({ name }) => name);
if (values.gate && missing !== null && measured.length > 0) {
  console.error(`bench: the gates are ratios to lwIP, which is not there: it needs ${missing}`);
  process.exitCode = 2;
} else if (values.gate && short.length > 0) {
  console.error(`bench: ${short.length} short of the gate: ${short.join("; ")}`);
  process.exitCode = 1;
}

function cells({ name, timing, allocation, busLoad, polls }: Figures): string[] {
  if (!timing) return [name];
  const { nanoseconds, fastest, slowest, floorNanoseconds, ratio } = timing;
  return [
    name,
    nanoseconds.toFixed(0),
    `${fastest.toFixed(0)}..${slowest.toFixed(0)}`,
    (1e9 / nanoseconds).toFixed(0),
    allocation.collected ? "gc ran" : allocation.bytes.toFixed(2),
    floorNanoseconds.toFixed(0),
    `${ratio.toFixed(1)}x`,
    busLoad ? `${busLoad.transactions.toFixed(2)}, ${busLoad.bytes.toFixed(1)}` : polls ? percentiles(polls) : "",
  ];
}

function percentiles({ p50, p99, p999 }: PollFigures): string {
  return `${p50.toFixed(1)}, ${p99.toFixed(1)}, ${p999.toFixed(1)}`;
}

/** The row below a subject's: lwIP at the same work. */
function lwipCells({ name, timing, lwipBytes }: Figures): string[] {
  if (!timing?.reference) return [];
  const { nanoseconds, fastest, slowest, ratio, leastRatio } = timing.reference;
  const range = `${fastest.toFixed(0)}..${slowest.toFixed(0)}`;
  const bytes = (lwipBytes ?? 0).toFixed(2);
  return [
    "  lwIP",
    nanoseconds.toFixed(0),
    range,
    (1e9 / nanoseconds).toFixed(0),
    bytes,
    "",
    "",
    `ours takes ${ratio.toFixed(2)}x, least ${leastRatio.toFixed(2)}x`,
    verdict(name, ratio),
  ];
}

/** The first column to the left, all others to the right. */
function row(texts: readonly string[]): string {
  const widths = [46, 7, 14, 9, 7, 9, 7, 34, 26];
  const padded = texts.map((text, at) => (at === 0 ? text.padEnd(widths[at] ?? 0) : text.padStart(widths[at] ?? 0)));
  return padded.join(" ").trimEnd();
}

function explain(all: readonly Figures[]): void {
  const rounds = all[0]?.timing?.rounds ?? 0;
  const samples = all.map(({ timing }) => timing?.samples ?? 0);
  console.log(`
An op is one datagram or one answered request; there and back: two datagrams. ns/op: processor time of all threads, median of ${rounds} rounds of
${Math.min(...samples)} to ${Math.max(...samples)} ops, subject and floor by turns, after warm-up; ratio: median of the rounds' ratios, least: of the fastest rounds.
B/op: growth of the heap over ${all[0]?.allocation.samples} ops during which no garbage was collected.
Poll: p50, p99 and p99.9 of ${all.find(({ polls }) => polls)?.polls?.polls ?? 0} polls that took in 64 frames each, up to the handlers' return.
floor: the same bytes copied as often, the same checksums taken, and nothing else.
lwIP ${lwip}${missing === null ? ": C, gcc -O2, Debian's library; B/op: what it asks malloc() for and frees. Its table holds ten neighbours." : "."}
Not measured:`);
  for (const what of NOT_MEASURED) console.log(`- ${what}`);
}

function showTable(report: TableReport): void {
  const widths = [40, 14, 4, 12, 14];
  console.log("");
  for (const texts of tableLines(report)) {
    const padded = texts.map((text, at) => (at === 0 ? text.padEnd(widths[at] ?? 0) : text.padStart(widths[at] ?? 0)));
    console.log(padded.join(" ").trimEnd());
  }
  console.log(`
Of two processes, one before and one after ip's; ratios to the worse. Processor time: all threads, the collector's too. Memory: heap and
typed arrays; of the kernel, growth of its slabs. ip reads text and sends a message for each entry; ours is called.`);
}
