/** neigh_update() by decision: state, flags and address asked for, and what becomes of them. */
import t from "tap";
import { NeighFlags } from "../../../firmware-ts/neigh/flags.ts";
import { Nud, nudName } from "../../../firmware-ts/neigh/states.ts";
import { UpdateFlags, UpdateResult, update } from "../../../firmware-ts/neigh/update.ts";
import { mac, NeighBench } from "../../support/neigh-bench.ts";

const F = UpdateFlags;
const ADMIN = F.ADMIN | F.OVERRIDE;
const WEAK = F.WEAK_OVERRIDE;

interface Row {
  from: keyof typeof Nud;
  /** Last octet of the address offered; none if absent. The entry has 2. */
  to?: number;
  wanted: keyof typeof Nud;
  flags?: number;
  /** State and address afterwards, `*` if it was told. */
  gives: string;
}

const ROWS: Row[] = [
  // A frame: the same address.
  { from: "STALE", to: 2, wanted: "REACHABLE", gives: "REACHABLE 2 *" },
  { from: "REACHABLE", to: 2, wanted: "STALE", gives: "REACHABLE 2" },
  { from: "DELAY", to: 2, wanted: "STALE", gives: "DELAY 2" },
  { from: "PROBE", to: 2, wanted: "STALE", flags: F.OVERRIDE, gives: "PROBE 2" },
  { from: "PROBE", wanted: "REACHABLE", gives: "REACHABLE 2 *" },
  { from: "FAILED", to: 2, wanted: "STALE", gives: "STALE 2 *" },
  { from: "NONE", to: 9, wanted: "STALE", gives: "STALE 9 *" },
  { from: "INCOMPLETE", to: 9, wanted: "REACHABLE", gives: "REACHABLE 9 *" },
  // A frame: another address.
  { from: "STALE", to: 9, wanted: "REACHABLE", gives: "STALE 2" },
  { from: "STALE", to: 9, wanted: "REACHABLE", flags: F.OVERRIDE, gives: "REACHABLE 9 *" },
  { from: "REACHABLE", to: 9, wanted: "STALE", flags: F.OVERRIDE, gives: "STALE 9 *" },
  { from: "REACHABLE", to: 9, wanted: "REACHABLE", flags: WEAK, gives: "STALE 2 *" },
  { from: "STALE", to: 9, wanted: "REACHABLE", flags: WEAK, gives: "STALE 2" },
  { from: "DELAY", to: 9, wanted: "REACHABLE", flags: WEAK, gives: "DELAY 2" },
  { from: "REACHABLE", to: 9, wanted: "REACHABLE", flags: WEAK | F.OVERRIDE, gives: "REACHABLE 9 *" },
  // Nobody but an operator.
  { from: "PERMANENT", to: 9, wanted: "REACHABLE", flags: F.OVERRIDE, gives: "PERMANENT 2 !1" },
  { from: "NOARP", to: 9, wanted: "STALE", flags: F.OVERRIDE, gives: "NOARP 2 !1" },
  { from: "PERMANENT", to: 9, wanted: "STALE", flags: ADMIN, gives: "STALE 9 *" },
  { from: "PERMANENT", to: 9, wanted: "STALE", flags: F.ADMIN, gives: "PERMANENT 2" },
  { from: "PERMANENT", to: 9, wanted: "STALE", flags: F.ADMIN | WEAK, gives: "STALE 2 *" },
  { from: "REACHABLE", to: 2, wanted: "STALE", flags: ADMIN, gives: "STALE 2 *" },
  // Without an address.
  { from: "NONE", wanted: "STALE", flags: ADMIN, gives: "NONE 0 !2" },
  { from: "INCOMPLETE", wanted: "PERMANENT", flags: ADMIN, gives: "INCOMPLETE 0 !2" },
  { from: "STALE", wanted: "PERMANENT", flags: ADMIN, gives: "PERMANENT 2 *" },
  // States that make no use of one.
  { from: "STALE", to: 9, wanted: "FAILED", flags: ADMIN, gives: "FAILED 2 *" },
  { from: "FAILED", wanted: "NONE", flags: ADMIN, gives: "NONE 0" },
  { from: "NONE", wanted: "FAILED", flags: ADMIN, gives: "FAILED 0" },
  { from: "NONE", to: 9, wanted: "INCOMPLETE", flags: ADMIN, gives: "INCOMPLETE 0" },
  { from: "INCOMPLETE", wanted: "NONE", flags: ADMIN, gives: "NONE 0" },
  { from: "INCOMPLETE", wanted: "FAILED", flags: ADMIN, gives: "FAILED 0 *" },
  { from: "PROBE", wanted: "FAILED", flags: ADMIN, gives: "FAILED 2 *" },
  { from: "PERMANENT", wanted: "NONE", flags: ADMIN, gives: "NONE 2 *" },
  // Nothing but the start of a resolution: state and address do not count.
  { from: "PERMANENT", to: 9, wanted: "REACHABLE", flags: ADMIN | F.USE, gives: "NONE 2" },
  { from: "REACHABLE", to: 9, wanted: "PERMANENT", flags: ADMIN | F.USE, gives: "REACHABLE 2" },
  { from: "STALE", wanted: "NONE", flags: ADMIN | F.MANAGED, gives: "STALE 2 *" },
  // Flags of a control plane.
  { from: "STALE", wanted: "STALE", flags: ADMIN | F.EXT_LEARNED, gives: "STALE 2 *" },
  { from: "FAILED", wanted: "NONE", flags: ADMIN | F.EXT_LEARNED, gives: "NONE 0" },
];

t.test("state, address and news", async (t) => {
  for (const { from, to, wanted, flags = 0, gives } of ROWS) {
    const bench = await NeighBench.open();
    const empty = from === "NONE" || from === "INCOMPLETE" || from === "FAILED";
    const entry = bench.entry();
    update(entry, empty ? null : mac(2), 0, Nud[from], ADMIN);
    bench.take();
    const result = update(entry, to === undefined ? null : mac(to), 0, Nud[wanted], flags);
    const told = bench.take().length;
    const said = `${bench.state()} ${entry.address[5]}${told === 1 ? " *" : told ? ` ${told} news` : ""}${result ? ` !${result}` : ""}`;
    t.equal(said, gives, `${from} <- ${to ?? "-"} ${wanted} ${flags.toString(16)}`);
  }
});

t.test("time stamps", async (t) => {
  const rows: [from: Nud, to: number, wanted: Nud, flags: number, confirmed: string, updated: string][] = [
    [Nud.STALE, 2, Nud.REACHABLE, 0, "now", "now"],
    [Nud.STALE, 9, Nud.REACHABLE, 0, "now", "-"],
    [Nud.REACHABLE, 2, Nud.REACHABLE, 0, "now", "-"],
    [Nud.REACHABLE, 2, Nud.STALE, 0, "-", "-"],
    [Nud.STALE, 9, Nud.STALE, F.OVERRIDE, "unproved", "now"],
    [Nud.REACHABLE, 9, Nud.REACHABLE, F.OVERRIDE, "now", "now"],
    [Nud.PERMANENT, 9, Nud.REACHABLE, F.OVERRIDE, "-", "-"],
    [Nud.REACHABLE, 9, Nud.STALE, WEAK, "-", "now"],
  ];
  for (const [from, to, wanted, flags, confirmed, updated] of rows) {
    const bench = await NeighBench.open();
    const entry = bench.make(from);
    const before = entry.confirmed;
    bench.run(700);
    update(entry, mac(to), 0, wanted, flags);
    const stamp =
      entry.confirmed === 700 ? "now" : entry.confirmed === 700 - 60_000 ? "unproved" : entry.confirmed === before ? "-" : "?";
    t.same([stamp, entry.updated === 700 ? "now" : "-"], [confirmed, updated], `${from} ${to} ${wanted} ${flags}`);
  }
});

t.test(
  "time of use: an update that starts the timer counts as one up to the time it confirms, and never turns it back",
  async (t) => {
    const bench = await NeighBench.open();
    const answered = bench.make(Nud.STALE, 2);
    const asked = bench.make(Nud.REACHABLE, 3);
    bench.run(700);
    update(answered, null, 0, Nud.REACHABLE, 0);
    t.same([answered.used, answered.confirmed], [700, 700], "an answer");
    bench.send(3);
    bench.run(300);
    update(asked, null, 0, Nud.DELAY, ADMIN);
    t.same([asked.used, asked.confirmed], [700, 0], "an operator's wish confirms nothing");
    bench.run(200);
    update(answered, null, 0, Nud.REACHABLE, 0);
    t.same([answered.used, answered.confirmed], [700, 1200], "no change of state, no use");
  },
);

t.test("the router flag follows where the update was not stopped", async (t) => {
  const R = F.OVERRIDE_ISROUTER;
  const rows: [from: Nud, to: number, flags: number, router: boolean, told: number][] = [
    [Nud.REACHABLE, 2, R | F.ISROUTER, true, 1],
    [Nud.REACHABLE, 2, F.ISROUTER, false, 0],
    [Nud.REACHABLE, 9, R | F.ISROUTER | WEAK, false, 1],
    [Nud.STALE, 9, R | F.ISROUTER | WEAK, false, 0],
    [Nud.STALE, 9, R | F.ISROUTER | F.OVERRIDE, true, 1],
    [Nud.PERMANENT, 2, R | F.ISROUTER, false, 0],
  ];
  for (const [from, to, flags, router, told] of rows) {
    const bench = await NeighBench.open();
    const entry = bench.make(from);
    update(entry, mac(to), 0, Nud.STALE, flags);
    t.same([(entry.flags & NeighFlags.ROUTER) !== 0, bench.take().length], [router, told]);
    if (!router) continue;
    update(entry, null, 0, Nud.STALE, R);
    t.same([entry.flags, bench.take().length], [0, 1], "and goes again");
  }
});

t.test("flags of a control plane: set to what an operator's request says, left alone by frames; lists follow", async (t) => {
  const bench = await NeighBench.open();
  const entry = bench.make(Nud.STALE);
  const { gc } = bench.table;
  const steps: [flags: number, entryFlags: number, collectable: number][] = [
    [ADMIN | F.EXT_LEARNED, NeighFlags.EXT_LEARNED, 0],
    [F.OVERRIDE, NeighFlags.EXT_LEARNED, 0],
    [ADMIN | F.EXT_VALIDATED, NeighFlags.EXT_VALIDATED, 0],
    [ADMIN, 0, 1],
    [ADMIN | F.MANAGED, NeighFlags.MANAGED, 1],
    [ADMIN, 0, 1],
  ];
  for (const [flags, entryFlags, collectable] of steps) {
    update(entry, mac(2), 0, Nud.STALE, flags);
    t.same([entry.flags, gc.entries], [entryFlags, collectable], `${flags}`);
  }
  update(entry, mac(2), 0, Nud.PERMANENT, ADMIN);
  t.equal(gc.entries, 0);
  update(entry, mac(2), 0, Nud.NONE, ADMIN | F.USE);
  t.equal(gc.entries, 1, "use takes PERMANENT away");
});

t.test("timers: a change of state stops the old one and starts its own", async (t) => {
  const bench = await NeighBench.open();
  const entry = bench.make(Nud.REACHABLE);
  t.equal(entry.timerDue, bench.parameters.reachableTime);
  update(entry, mac(2), 0, Nud.STALE, ADMIN);
  t.notOk(entry.timerArmed);
  bench.send();
  t.equal(entry.timerDue, 5000);
  update(entry, null, 0, Nud.REACHABLE, 0);
  t.equal(entry.timerDue, bench.parameters.reachableTime);
  update(entry, null, 0, Nud.PERMANENT, ADMIN);
  bench.run(1e6);
  t.equal(bench.state(), "PERMANENT");
});

t.test("a state without an address stops the timer, too", async (t) => {
  for (const from of [Nud.INCOMPLETE, Nud.REACHABLE, Nud.DELAY, Nud.PROBE]) {
    for (const to of [Nud.NONE, Nud.FAILED]) {
      const bench = await NeighBench.open();
      const entry = from === Nud.INCOMPLETE ? bench.entry() : bench.make(from);
      if (from === Nud.INCOMPLETE) bench.send();
      t.ok(entry.timerArmed, nudName(from));
      update(entry, null, 0, to, ADMIN);
      t.notOk(entry.timerArmed, `${nudName(from)} to ${nudName(to) || "NONE"}`);
    }
  }
});

t.test("an address that changes is used by the very next packet, without a slow path", async (t) => {
  const bench = await NeighBench.open();
  const entry = bench.make(Nud.REACHABLE);
  bench.send();
  bench.run(10);
  update(entry, mac(9), 0, Nud.REACHABLE, F.OVERRIDE);
  bench.take();
  bench.send();
  t.same([bench.take(), entry.used], [["10 out 9"], 0]);
});

t.test("in order: the queue, then the news; made known as what it is by then", async (t) => {
  const bench = await NeighBench.open();
  for (let n = 0; n < 2; n++) bench.send();
  bench.take();
  t.equal(update(bench.entry(), mac(2), 0, Nud.STALE, F.OVERRIDE), UpdateResult.DONE);
  t.same(bench.take(), ["0 out 2", "0 out 2", "0 new 2 DELAY probes 4"]);
});
