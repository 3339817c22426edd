/** The neighbour machine without a protocol: requests of every kind, use without a packet, managed entries, lateness, error reports. */
import t from "tap";
import { NeighFlags } from "../../../firmware-ts/neigh/flags.ts";
import { confirm, QUEUED, use } from "../../../firmware-ts/neigh/machine.ts";
import type { NeighValues } from "../../../firmware-ts/neigh/parameters.ts";
import { Nud } from "../../../firmware-ts/neigh/states.ts";
import { UpdateFlags, update } from "../../../firmware-ts/neigh/update.ts";
import { DropReason } from "../../../hal/drop-reason.ts";
import { mac, NeighBench } from "../../support/neigh-bench.ts";

t.test("which requests, in which order: unicast, a program's, broadcast", async (t) => {
  const rows: [Partial<NeighValues>, incomplete: string, probe: string][] = [
    [{}, "0 all 1 all 2 all 3 FAILED", "0 one 1 one 2 one 3 FAILED"],
    [{ mcastReprobes: 2 }, "0 all 1 all 2 all 3 FAILED", "0 one 1 one 2 one 3 all 4 all 5 FAILED"],
    [{ appProbes: 2, mcastProbes: 1 }, "0 miss 1 miss 2 all 3 FAILED", "0 one 1 one 2 one 3 miss 4 miss 5 FAILED"],
    [
      { appProbes: 3, mcastProbes: 3 },
      "0 miss 1 miss 2 miss 3 all 4 all 5 all 6 FAILED",
      "0 one 1 one 2 one 3 miss 4 miss 5 miss 6 FAILED",
    ],
    [{ appProbes: 1, mcastProbes: 0 }, "0 miss 1 FAILED", "0 one 1 one 2 one 3 miss 4 FAILED"],
    [{ ucastProbes: 0, appProbes: 1, mcastReprobes: 1 }, "0 miss 1 all 2 all 3 all 4 FAILED", "0 miss 1 all 2 FAILED"],
    [{ ucastProbes: 0 }, "0 all 1 all 2 all 3 FAILED", "0 FAILED"],
    [{ mcastProbes: 0 }, "", "0 one 1 one 2 one 3 FAILED"],
  ];
  for (const [values, incomplete, probe] of rows) {
    const bench = await NeighBench.open();
    Object.assign(bench.parameters, values);
    const said = (): string =>
      bench
        .take()
        .map((line) => /^(\d+) (?:ask 2 (all|one)|(miss) 2|new 2 (FAILED))/.exec(line))
        .filter((match) => match !== null)
        .map(([, time, kind, miss, failed]) => `${Number(time) / 1000} ${kind ?? miss ?? failed}`)
        .join(" ");
    bench.send();
    bench.run(20_000);
    t.equal(said(), incomplete, `INCOMPLETE, ${JSON.stringify(values)}`);
    t.equal(bench.state(), "FAILED");
    const later = await NeighBench.open();
    Object.assign(later.parameters, values);
    later.make(Nud.STALE);
    later.send();
    later.run(5000);
    later.log = later.log.map((line) => line.replace(/^5000/, "0"));
    later.run(15_000);
    later.log = later.log.map((line) => line.replace(/^(\d{4,})/, (time) => `${Number(time) - 5000}`));
    bench.log = later.take();
    t.equal(said(), probe, `PROBE, ${JSON.stringify(values)}`);
  }
});

t.test("no requests allowed: FAILED without a word to anybody, the packet is dropped", async (t) => {
  const bench = await NeighBench.open();
  bench.parameters.mcastProbes = 0;
  bench.run(100);
  t.equal(bench.send(), DropReason.NEIGH_FAILED);
  const { used, updated } = bench.entry();
  t.same([bench.take(), bench.state(), used, updated], [[], "FAILED", 100, 100]);
});

t.test("use without a packet: what it starts from each state", async (t) => {
  const rows: [from: keyof typeof Nud, to: string, log: string[]][] = [
    ["NONE", "INCOMPLETE", ["50 ask 2 all nobody waits"]],
    ["FAILED", "INCOMPLETE", ["50 ask 2 all nobody waits"]],
    ["INCOMPLETE", "INCOMPLETE", []],
    ["STALE", "DELAY", []],
    ["REACHABLE", "REACHABLE", []],
    ["PERMANENT", "PERMANENT", []],
    ["NOARP", "NOARP", []],
  ];
  for (const [from, to, log] of rows) {
    const bench = await NeighBench.open();
    const entry = bench.make(Nud[from]);
    bench.run(50);
    use(entry);
    t.same([bench.state(), bench.take(), entry.used], [to, log, 50], from);
  }
});

t.test("an entry that an operator made INCOMPLETE has no timer: it waits for ever, and what answers resolves it", async (t) => {
  const bench = await NeighBench.open();
  bench.make(Nud.INCOMPLETE);
  t.equal(bench.send(), QUEUED);
  bench.run(100_000);
  t.same([bench.take(), bench.state(), bench.entry().queued], [[], "INCOMPLETE", 1]);
  update(bench.entry(), mac(2), 0, Nud.REACHABLE, 0);
  t.same(bench.take(), ["100000 out 2", "100000 new 2 REACHABLE"]);
});

t.test("made DELAY or PROBE by an operator: what follows with the next tick", async (t) => {
  const bench = await NeighBench.open({ lateness: "kernel" });
  bench.make(Nud.DELAY);
  bench.entry().confirmed = -60_000;
  bench.run(4);
  t.same([bench.take(), bench.state()], [["4 ask 2 one nobody waits", "4 new 2 PROBE probes 1"], "PROBE"]);
  bench.make(Nud.DELAY, 3);
  confirm(bench.entry(3));
  bench.run(4);
  t.same(bench.take(), ["8 new 3 REACHABLE"]);
  bench.make(Nud.PROBE, 4);
  bench.run(4);
  t.same(bench.take(), ["12 ask 4 one nobody waits"]);
});

t.test("EXT_VALIDATED: a probe that nobody answers makes it STALE, and nobody is told of a loss", async (t) => {
  const bench = await NeighBench.open();
  const entry = bench.entry();
  update(entry, mac(2), 0, Nud.STALE, UpdateFlags.ADMIN | UpdateFlags.EXT_VALIDATED);
  bench.send();
  bench.take();
  bench.run(8000);
  t.same(bench.take().slice(-1), ["8000 new 2 STALE probes 3"]);
  t.same([entry.updated, bench.table.statistics.resFailed, entry.timerArmed], [8000, 0, false]);
  const unresolved = await NeighBench.open();
  update(unresolved.entry(), null, 0, Nud.NONE, UpdateFlags.ADMIN | UpdateFlags.EXT_VALIDATED);
  unresolved.send();
  unresolved.run(3000);
  t.equal(unresolved.state(), "FAILED", "INCOMPLETE fails all the same");
});

t.test("managed: kept resolved, retried for ever; the period is that of the defaults", async (t) => {
  const bench = await NeighBench.open();
  const entry = bench.entry();
  bench.parameters.intervalProbeTime = 100;
  update(entry, null, 0, Nud.NONE, UpdateFlags.ADMIN | UpdateFlags.MANAGED);
  use(entry);
  bench.run(13_999);
  t.same(
    bench.take().filter((line) => line.includes("ask")),
    [0, 1, 2, 5.004, 6.004, 7.004, 10.004, 11.004, 12.004].map((time) => `${time * 1000} ask 2 all nobody waits`),
    "the tick's first request comes with the next jiffy",
  );
  update(entry, mac(2), 0, Nud.STALE, 0);
  bench.take();
  bench.run(2000);
  t.equal(bench.state(), "DELAY", "STALE is used at the tick");
  bench.run(5000);
  t.equal(bench.state(), "PROBE");
  t.same([entry.used, entry.flags], [20_000, NeighFlags.MANAGED]);
  update(entry, mac(2), 0, Nud.STALE, UpdateFlags.ADMIN);
  bench.take();
  bench.run(60_000);
  t.same([bench.state(), bench.take(), entry.flags], ["STALE", [], 0], "no longer managed");
  const before = bench.table.timers.armed;
  bench.table.remove(entry);
  t.equal(bench.table.timers.armed, before);
});

t.test("failure: each sender's report before its packet's drop, in order; news after all of them", async (t) => {
  const bench = await NeighBench.open();
  for (let n = 0; n < 3; n++) bench.send();
  bench.run(2999);
  bench.take();
  bench.run(1);
  t.same(bench.take(), ["3000 error 2", "3000 error 2", "3000 error 2", "3000 new 2 FAILED probes 6"]);
  t.same([bench.table.drops.get(DropReason.NEIGH_FAILED), bench.network.pool.inUse], [3, 0]);
  bench.send();
  bench.take();
  bench.table.flushDevice(bench.device, false);
  t.same(bench.take(), ["3000 deleted 2 INCOMPLETE probes 4"], "a flush reports nothing");
  bench.send();
  bench.take();
  bench.table.delete(bench.entry(), 77);
  t.same(bench.take(), ["3000 error 2", "3000 new 2 FAILED by 77 probes 4", "3000 deleted 2 FAILED probes 4"]);
});

t.test("kernel lateness at HZ=250: the times of the wire, within what was measured on Linux", async (t) => {
  for (const start of [0, 1, 3.9, 17, 101, 999]) {
    const bench = await NeighBench.open({ lateness: "kernel" });
    bench.run(start);
    bench.send();
    bench.run(4000);
    const times = bench.take().map((line) => Number(line.split(" ")[0]) - start);
    t.equal(times.length, 5, "three requests, a report, FAILED");
    const [first = 0, second = 0, third = 0, , failed = 0] = times;
    t.ok(first === 0 && second > 1000 && second <= 1036, `${second}`);
    t.ok(third > 2000 && third <= 2072, `${third}`);
    t.ok(failed > 3000 && failed <= 3108, `${failed}`);
  }
  const fast = await NeighBench.open({ lateness: "kernel" });
  fast.parameters.retransTime = 4;
  fast.send();
  fast.run(100);
  t.same(
    fast.take().map((line) => Number(line.split(" ")[0])),
    [0, 12, 24, 36, 36],
    "HZ/100 jiffies are 8 ms, and fire after 12",
  );
});

t.test("kernel lateness: the limits themselves count in, whole jiffies", async (t) => {
  const bench = await NeighBench.open({ lateness: "kernel" });
  bench.run(6.5);
  const entry = bench.make(Nud.REACHABLE);
  t.same([entry.confirmed, entry.used, entry.updated, bench.table.now()], [4, 4, 4, 4]);
  bench.parameters.reachableTime = 2000;
  const { lateness } = bench.table;
  t.same([lateness.within(2004, 2004), lateness.within(2008, 2004)], [true, false]);
});

t.test("references as netlink reports them: a running timer is one", async (t) => {
  const bench = await NeighBench.open();
  const rows: [Nud, number][] = [
    [Nud.STALE, 0],
    [Nud.REACHABLE, 1],
    [Nud.DELAY, 1],
    [Nud.PROBE, 1],
    [Nud.PERMANENT, 0],
    [Nud.FAILED, 0],
  ];
  for (const [state, references] of rows) t.equal(bench.make(state).references, references);
});
