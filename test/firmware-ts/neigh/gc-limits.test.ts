/** Forced collection with thresholds at their edges: each row was played to the kernel, Linux 6.18, with these very thresholds. */
import t from "tap";
import { Nud, nudName } from "../../../firmware-ts/neigh/states.ts";
import { UpdateFlags, update } from "../../../firmware-ts/neigh/update.ts";
import { NeighBench } from "../../support/neigh-bench.ts";

const MAC = Uint8Array.of(2, 0, 0, 0, 0, 7);
const STATES = { S: Nud.STALE, F: Nud.FAILED, R: Nud.REACHABLE, N: Nud.NONE, I: Nud.INCOMPLETE, O: Nud.NOARP } as const;

interface Row {
  name: string;
  /** Entries in the order they are made, a letter of STATES each. */
  has: string;
  /** They are older than five seconds, as is the last forced run. */
  old?: boolean;
  thresh2: number;
  thresh3: number;
  /** Entries left after each one that is made then, the new ones included; `!` before them: refused. */
  outcomes: string[];
}

const ROWS: readonly Row[] = [
  { name: "below thresh2 only the oldest is looked at: young", has: "SFF", thresh2: 512, thresh3: 0, outcomes: ["!SFF"] },
  {
    name: "below thresh2 only the oldest is looked at: failed",
    has: "FFS",
    thresh2: 512,
    thresh3: 0,
    outcomes: ["FSS", "SSS", "!SSS"],
  },
  { name: "an entry whose timer runs is passed over", has: "RFF", thresh2: 512, thresh3: 0, outcomes: ["RFS"] },
  { name: "both 0: all that may go goes", has: "FFSF", thresh2: 0, thresh3: 0, outcomes: ["SS", "!SS"] },
  { name: "both 0 and nothing there", has: "", thresh2: 0, thresh3: 0, outcomes: ["!"] },
  { name: "young ones stay", has: "SSSSSSS", thresh2: 2, thresh3: 4, outcomes: ["!SSSSSSS"] },
  {
    name: "old ones go down to thresh2 with the new one",
    has: "SSSSSSS",
    old: true,
    thresh2: 2,
    thresh3: 100,
    outcomes: ["SS", "SSS"],
  },
  { name: "at thresh2 one goes", has: "FFFFFFF", old: true, thresh2: 7, thresh3: 100, outcomes: ["FFFFFFS"] },
  { name: "one above thresh2 two go", has: "FFFFFFF", old: true, thresh2: 6, thresh3: 100, outcomes: ["FFFFFS"] },
  {
    name: "thresh3 below thresh2: one makes room for one",
    has: "FFFFFFF",
    old: true,
    thresh2: 20,
    thresh3: 7,
    outcomes: ["FFFFFFS"],
  },
  { name: "NOARP goes at any age, NONE and a hand-made INCOMPLETE do not", has: "NIO", thresh2: 0, thresh3: 0, outcomes: ["NIS"] },
  { name: "old NONE and INCOMPLETE go", has: "NI", old: true, thresh2: 0, thresh3: 0, outcomes: ["S"] },
];

function make(bench: NeighBench, key: number, letter: string): boolean {
  const entry = bench.table.create(key, bench.device);
  if (!entry) return false;
  const state = STATES[letter as keyof typeof STATES];
  if (state !== Nud.NONE) update(entry, MAC, 0, state, UpdateFlags.ADMIN | UpdateFlags.OVERRIDE);
  return true;
}

for (const { name, has, old = false, thresh2, thresh3, outcomes } of ROWS) {
  t.test(`thresh2 ${thresh2}, thresh3 ${thresh3}, entries "${has}": ${name}`, async (t) => {
    const bench = await NeighBench.open();
    const { table } = bench;
    table.parametersOf(bench.device).reachableTime = 60_000;
    for (const [n, letter] of [...has].entries()) make(bench, 10_001 + n, letter);
    if (old) bench.run(5300);
    table.gc.thresh2 = thresh2;
    table.gc.thresh3 = thresh3;
    const left = (): string =>
      table
        .list()
        .sort((one, other) => one.key - other.key)
        .map((entry) => (entry.nudState === Nud.NOARP ? "O" : (nudName(entry.nudState) || "N").charAt(0)))
        .join("");
    for (const [n, want] of outcomes.entries()) {
      const made = make(bench, 20_001 + n, "S");
      t.equal(`${made ? "" : "!"}${left()}`, want);
    }
    t.ok(table.create(30_000, bench.device, true), "a static entry always goes in");
    t.equal(table.statistics.tableFulls, outcomes.filter((want) => want.startsWith("!")).length);
  });
}

t.test("a run that finds nothing counts as one: above thresh2 the next is five seconds later", async (t) => {
  const bench = await NeighBench.open();
  const { table } = bench;
  for (let n = 1; n <= 7; n++) make(bench, n, "S");
  table.gc.thresh2 = 2;
  table.gc.thresh3 = 7;
  t.notOk(make(bench, 8, "S"));
  t.equal(table.statistics.forcedGcRuns, 1);
  table.gc.thresh3 = 8;
  t.ok(make(bench, 8, "S"));
  t.equal(table.statistics.forcedGcRuns, 1);
});
