/** Collection keeps the table bounded under attack, and spares the entries that attack and time must not take. */
import t from "tap";
import { Nud } from "../../../firmware-ts/neigh/states.ts";
import { DropReason } from "../../../hal/drop-reason.ts";
import { Lab } from "../../support/lab.ts";
import { NeighBench } from "../../support/neigh-bench.ts";
import { arp, arpReply, T1 } from "../../support/wire-format.ts";

/** The n-th address of 10.0.0.0/8 that is neither ours nor a broadcast address. */
function nth(n: number): string {
  return `10.1.${n >> 8}.${n & 255}`;
}

async function wide(): Promise<Lab> {
  return Lab.open({ addresses: ["10.0.0.1/8"] });
}

/** Makes `count` STALE entries: as many hosts ask for us. */
function askers(lab: Lab, count: number, from = 0): void {
  for (let n = from; n < from + count; n++) lab.say(arp({ sip: nth(n) }));
  lab.take();
}

t.test("30,000 requests for third parties make no entry", async (t) => {
  const lab = await wide();
  for (let n = 0; n < 30_000; n++) {
    const frame = arp({ sip: nth(n & 0x3fff), tip: "10.0.0.7" });
    lab.port.transmit(frame, 0, frame.length);
  }
  lab.run(0);
  t.equal(lab.stack.neighbours(4).counters(lab.eth0).requestsReceived, 30_000);
  t.same([lab.stack.neighbours(4).table.entries, lab.heard(), lab.inUse], [0, [], 0]);
});

t.test("5,000 spoofed askers: never more than gc_thresh3; a static entry and one in use survive; we still work", async (t) => {
  const lab = await wide();
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  lab.poke("10.0.0.3");
  lab.say(arpReply({ sip: "10.0.0.3" }));
  const { table } = lab.stack.neighbours(4);
  let most = 0;
  for (let burst = 0; burst < 100; burst++) {
    askers(lab, 50, burst * 50);
    most = Math.max(most, table.gc.entries);
    lab.run(100);
  }
  t.ok(most <= 1024, `${most} entries`);
  t.equal(table.entries, table.gc.entries + 1, "the static entry does not count");
  t.same([lab.state("10.0.0.2"), lab.state("10.0.0.3")], ["PERMANENT", "REACHABLE"]);
  t.same([lab.poke("10.0.0.2"), lab.poke("10.0.0.3")], ["sent", "sent"]);
  lab.run(5001);
  t.equal(lab.poke("10.0.0.9"), "queued", "five seconds later there is room for a new one");
  t.ok(table.statistics.forcedGcRuns > 0);
  t.equal(lab.inUse, 1);
});

t.test("full of entries younger than five seconds: refused, counted, not answered; static ones still go in", async (t) => {
  const lab = await wide();
  askers(lab, 1024);
  const { table } = lab.stack.neighbours(4);
  t.equal(table.entries, 1024);
  lab.say(arp({ sip: "10.0.0.2" }));
  t.same([lab.heard(), lab.state(), table.statistics.tableFulls], [[], "-", 1]);
  t.equal(lab.poke(), "failed NEIGH_CREATEFAIL");
  t.same([lab.stack.ip.drops.get(DropReason.NEIGH_CREATEFAIL), table.statistics.tableFulls, lab.fates], [1, 2, []]);
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  t.equal(lab.poke(), "sent");
  t.equal(table.entries, 1025);
  lab.say(arp({ sip: "0.0.0.0" }));
  t.equal(lab.heard().length, 2, "a probe for our address is defended however full the table is");
});

t.test("forced: the oldest go first, down to gc_thresh2, young ones and those whose timer runs stay", async (t) => {
  const lab = await wide();
  askers(lab, 600);
  lab.run(1000);
  askers(lab, 200, 600);
  lab.run(4500);
  lab.poke(nth(0));
  askers(lab, 1, 800);
  const { table } = lab.stack.neighbours(4);
  t.equal(table.entries, 512, "800, less 289 to come down to 512 with the new one");
  t.same([lab.state(nth(0)), lab.state(nth(1)), lab.state(nth(289)), lab.state(nth(290))], ["DELAY", "-", "-", "STALE"]);
  t.equal(table.statistics.forcedGcRuns, 1);
  lab.run(600);
  askers(lab, 1, 801);
  t.equal(table.statistics.forcedGcRuns, 1, "not again within five seconds while below gc_thresh3");
});

t.test("forced: FAILED ones and broadcast addresses may go at any age", async (t) => {
  const lab = await wide();
  lab.stack.neighbours(4).table.gc.thresh2 = 10;
  lab.stack.neighbours(4).table.gc.thresh3 = 10;
  for (let n = 0; n < 5; n++) lab.poke(nth(n));
  lab.run(3000);
  lab.poke("10.255.255.255");
  askers(lab, 4, 100);
  t.equal(lab.stack.neighbours(4).table.entries, 10);
  askers(lab, 6, 200);
  t.same([lab.state(nth(0)), lab.state(nth(4)), lab.state("10.255.255.255"), lab.state(nth(100))], ["-", "-", "-", "STALE"]);
  lab.say(arp({ sip: nth(300) }));
  t.equal(lab.state(nth(300)), "-", "now all are young");
});

t.test("periodic: nothing below gc_thresh1, however old", async (t) => {
  const lab = await wide();
  askers(lab, 120);
  lab.poke("10.0.0.2");
  lab.run(24 * 3_600_000);
  t.same([lab.stack.neighbours(4).table.entries, lab.state(), lab.state(nth(0))], [121, "FAILED", "STALE"]);
});

t.test("periodic: from gc_thresh1 on, what is FAILED or unused for gc_stale_time; told once each", async (t) => {
  const lab = await wide();
  const { table } = lab.stack.neighbours(4);
  table.parametersOf(lab.eth0).reachableTime = 45_000;
  lab.run(1000);
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  askers(lab, 130);
  lab.poke("10.0.0.3");
  lab.run(4000);
  t.equal(lab.state("10.0.0.3"), "FAILED");
  lab.run(10_000);
  t.equal(lab.state("10.0.0.3"), "-", "at 15 s");
  lab.run(40_000);
  t.equal(table.entries, 131);
  lab.poke(nth(5));
  lab.say(arpReply({ sip: nth(5) }));
  lab.events.length = 0;
  lab.run(10_000);
  t.equal(table.entries, 131, "60 s after start they are unused for 59 s");
  lab.run(15_000);
  t.same([table.entries, lab.state("10.0.0.2"), lab.state(nth(5))], [2, "PERMANENT", "REACHABLE"]);
  t.same(
    [lab.events.length, new Set(lab.events).size, lab.events.every((event) => /^deleted .* STALE$/.test(event))],
    [129, 129, true],
  );
  t.ok(table.statistics.periodicGcRuns >= 5);
});

t.test("periodic: a proof of life counts as use", async (t) => {
  const lab = await wide();
  const { table } = lab.stack.neighbours(4);
  table.parametersOf(lab.eth0).reachableTime = 5000;
  lab.run(1000);
  askers(lab, 130);
  lab.run(49_000);
  lab.say(arpReply({ sip: nth(5) }));
  lab.run(5000.1);
  t.equal(lab.state(nth(5)), "STALE");
  lab.run(19_999.9);
  t.same([table.entries, lab.state(nth(5))], [1, "STALE"], "at 75 s the others, unused since 1 s, are gone");
});

t.test("the table finds every entry however large it grows, each device its own", async (t) => {
  const lab = await wide();
  askers(lab, 1000);
  t.ok([...Array(1000).keys()].every((n) => lab.state(nth(n)) === "STALE"));
  const { table } = lab.stack.neighbours(4);
  t.same([table.statistics.allocs, table.list().length, table.statistics.hashGrows], [1000, 1000, 7]);
  for (const entry of table.list()) table.remove(entry);
  t.same([table.entries, table.gc.entries, table.statistics.destroys], [0, 0, 1000]);
});

t.test("between gc_thresh2 and gc_thresh3 a forced run comes more than 5000 ms after the last one", async (t) => {
  const bench = await NeighBench.open();
  const { table, device } = bench;
  table.gc.thresh2 = 1;
  table.create(1, device);
  bench.run(5000);
  table.create(2, device);
  t.same([table.statistics.forcedGcRuns, table.entries], [0, 2], "not at 5000 ms");
  bench.run(0.5);
  table.create(3, device);
  t.same([table.statistics.forcedGcRuns, table.gc.lastFlush], [1, 5000.5]);
});

t.test("whichever entry left the list, a forced run finds all the others, the oldest first", async (t) => {
  for (const gone of [1, 2, 3]) {
    const bench = await NeighBench.open();
    const { table } = bench;
    for (const key of [1, 2, 3]) bench.make(Nud.FAILED, key);
    table.remove(bench.entry(gone));
    bench.make(Nud.FAILED, 4);
    table.gc.thresh2 = 1;
    table.gc.thresh3 = 3;
    bench.take();
    bench.entry(5);
    const others = [1, 2, 3, 4].filter((key) => key !== gone);
    t.same(
      bench.take(),
      others.map((key) => `0 deleted ${key} FAILED`),
      `without ${gone}`,
    );
    t.same([table.entries, table.gc.entries], [1, 1]);
  }
});
