/** The table: keys of both lengths, several namespaces, what garbage collection may take, refusals, news and changes of state. */
import t from "tap";
import type { NeighFamily } from "../../../firmware-ts/neigh/entry.ts";
import { NeighFlags } from "../../../firmware-ts/neigh/flags.ts";
import type { Transition } from "../../../firmware-ts/neigh/notify.ts";
import { Nud, nudName } from "../../../firmware-ts/neigh/states.ts";
import { UpdateFlags, update } from "../../../firmware-ts/neigh/update.ts";
import type { NetDevice } from "../../../firmware-ts/net/device.ts";
import { mac, NeighBench } from "../../support/neigh-bench.ts";

const ADMIN = UpdateFlags.ADMIN | UpdateFlags.OVERRIDE;

t.test("keys of sixteen octets: all of them count", async (t) => {
  const bench = await NeighBench.open();
  const { table, device } = bench;
  const rests = [null, { a: 1, b: 0, c: 0 }, { a: 0, b: 1, c: 0 }, { a: 0, b: 0, c: 1 }, { a: -1, b: -1, c: -1 }];
  const made = rests.map((rest) => table.create(-5, device, false, 0, rest));
  for (const rest of rests) if (rest) rest.a ^= 0x55;
  for (const rest of rests) t.equal(rest && table.find(-5, device, rest), rest && null, "the table keeps its own copy");
  for (const rest of rests) if (rest) rest.a ^= 0x55;
  t.same(
    rests.map((rest) => made.indexOf(table.find(-5, device, rest))),
    [0, 1, 2, 3, 4],
  );
  for (const entry of made) if (entry) table.remove(entry);
  t.same([table.entries, rests.map((rest) => table.find(-5, device, rest))], [0, [null, null, null, null, null]]);
});

t.test("many keys on many devices, made and removed, against a model", async (t) => {
  const bench = await NeighBench.open({}, 3);
  const { table } = bench;
  table.gc.thresh2 = table.gc.thresh3 = 1e6;
  const model = new Map<string, unknown>();
  for (let n = 0; n < 20_000; n++) {
    const key = Math.imul(n, 0x9e3779b1) % 1500;
    const device = bench.devices[n % 3] as NetDevice;
    const name = `${key} ${device.name}`;
    const known = table.find(key, device);
    if (known !== (model.get(name) ?? null)) throw new Error(`${name} is not what it was`);
    if (known && n % 2) {
      table.remove(known);
      model.delete(name);
    } else if (!known) model.set(name, table.create(key, device));
  }
  t.same([table.entries, table.list().length, table.gc.entries], [model.size, model.size, model.size]);
  const { allocs, destroys } = table.statistics;
  t.equal(allocs - destroys, model.size);
  t.equal(
    bench.devices.reduce((sum, device) => sum + table.parametersOf(device).entries, 0),
    model.size,
  );
});

t.test("all keys of a device may be one entry; a device without configuration has none", async (t) => {
  const bench = await NeighBench.open();
  const { table, device } = bench;
  bench.shared = 0;
  const entry = table.create(5, device);
  t.same([entry?.key, table.create(6, device) === entry, table.entries], [0, true, 1]);
  bench.refused = 7;
  t.same([table.create(7, device), table.refusal, table.entries], [null, "unconfigured", 1]);
});

t.test("what garbage collection counts", async (t) => {
  const bench = await NeighBench.open();
  const { table, device } = bench;
  table.create(1, device);
  table.create(2, device, true);
  table.create(3, device, true, NeighFlags.EXT_LEARNED);
  const loopback = Object.create(device, { loopback: { value: true }, ifindex: { value: 99 } }) as NetDevice;
  table.create(4, loopback);
  t.same([table.entries, table.gc.entries], [4, 1]);
  update(bench.entry(1), mac(1), 0, Nud.PERMANENT, ADMIN);
  t.equal(table.gc.entries, 0);
  update(bench.entry(1), mac(1), 0, Nud.STALE, ADMIN);
  t.equal(table.gc.entries, 1);
});

t.test("periodic: what it takes of each kind, from gc_thresh1 on", async (t) => {
  const bench = await NeighBench.open();
  const { table } = bench;
  table.gc.thresh1 = 1;
  const kinds: [state: Nud, flags: number, taken: boolean][] = [
    [Nud.NONE, 0, true],
    [Nud.STALE, 0, true],
    [Nud.FAILED, 0, true],
    [Nud.NOARP, 0, true],
    [Nud.INCOMPLETE, 0, false],
    [Nud.PERMANENT, 0, false],
    [Nud.STALE, UpdateFlags.EXT_LEARNED, false],
    [Nud.STALE, UpdateFlags.EXT_VALIDATED, false],
  ];
  for (const [at, [state, flags]] of kinds.entries()) {
    const entry = bench.make(state, at);
    if (flags) update(entry, mac(at), 0, state, ADMIN | flags);
  }
  bench.take();
  bench.run(15_000);
  t.same(bench.take(), ["15000 deleted 2 FAILED"], "that one at once");
  bench.run(60_000);
  t.same(
    kinds.map((_, at) => table.find(at, bench.device) === null),
    kinds.map(([, , taken]) => taken),
  );
  t.same(
    bench.take().sort(),
    ["0 NONE", "1 STALE", "3 NOARP"].map((what) => `60000 deleted ${what}`),
  );
});

t.test("forced: multicast goes at any age; a young one does not; the log is limited", async (t) => {
  const bench = await NeighBench.open();
  const { table, device } = bench;
  const lines: string[] = [];
  table.overflow.sink = (line) => lines.push(line);
  table.gc.thresh2 = table.gc.thresh3 = 3;
  for (const key of [224, 1, 2]) table.create(key, device);
  for (const key of [1, 2]) update(bench.entry(key), mac(key), 0, Nud.STALE, ADMIN);
  bench.run(4000);
  t.ok(table.create(3, device));
  t.equal(table.find(224, device), null);
  for (let n = 0; n < 15; n++) t.equal(table.create(100 + n, device), null);
  t.same(
    [table.refusal, table.statistics.tableFulls, lines.length, lines[0]],
    ["full", 15, 1, "neighbour: arp_cache: neighbor table overflow!"],
  );
  bench.run(999);
  t.equal(table.create(200, device), null);
  t.equal(lines.length, 1, "once a second");
  bench.run(1);
  t.equal(table.create(200, device), null);
  t.same(lines.slice(1), ["net_ratelimit: 15 callbacks suppressed", lines[0]], "and what was not said is counted");
  t.equal(table.statistics.tableFulls, 17);
  bench.run(1);
  t.ok(table.create(4, device), "those of 5 s ago have gone");
});

t.test("namespaces share the table and its limits; lists, flushes and settings are their own", async (t) => {
  const bench = await NeighBench.open({}, 2);
  const { table } = bench;
  const [mine, theirs] = bench.devices as [NetDevice, NetDevice];
  const other = { initial: false };
  const heard: string[] = [];
  table.attach(theirs, { namespace: other, family: familyOf(heard, bench) });
  bench.send(2, mine);
  bench.send(2, theirs);
  t.same([bench.take(), heard], [["0 ask 2 all"], ["asked 2"]], "each asks through its own");
  t.same([table.entries, table.list(other).length, table.list(table.namespace).length], [2, 1, 1]);
  table.gc.thresh2 = table.gc.thresh3 = 2;
  bench.run(10_000);
  bench.take();
  t.ok(table.create(9, theirs), "takes the other namespace's failed one");
  t.equal(table.find(2, mine), null);
  t.match(bench.take(), ["10000 deleted 2 FAILED probes 6"]);
  table.detach(theirs);
  t.same([table.list(other).length, table.entries], [0, 0]);
});

/** The bench's family, in another namespace. */
function familyOf(heard: string[], { keyLength, defaults }: NeighBench): NeighFamily {
  return {
    keyLength,
    defaults,
    construct: () => true,
    solicit: (entry) => heard.push(`asked ${entry.key}`),
  };
}

t.test("every change of state with its cause, those that nobody else is told too", async (t) => {
  const bench = await NeighBench.open();
  const { table } = bench;
  const seen: string[] = [];
  const name = (state: Nud | null): string => (state === null ? "-" : nudName(state) || "NONE");
  const stop = table.onTransition(({ from, to, cause }: Transition) =>
    seen.push(`${bench.clock.now()} ${name(from)}>${name(to)} ${cause}`),
  );
  bench.parameters.reachableTime = 2000;
  bench.send();
  update(bench.entry(), mac(2), 0, Nud.REACHABLE, 0);
  bench.run(2000);
  bench.run(8000);
  update(bench.entry(), mac(2), 0, Nud.PERMANENT, ADMIN);
  table.delete(bench.entry());
  t.same(seen, [
    "0 ->NONE packet",
    "0 NONE>INCOMPLETE packet",
    "0 INCOMPLETE>REACHABLE frame",
    "2000 REACHABLE>DELAY timer",
    "7000 DELAY>PROBE timer",
    "10000 PROBE>FAILED timer",
    "10000 FAILED>PERMANENT admin",
    "10000 PERMANENT>FAILED admin",
    "10000 FAILED>- admin",
  ]);
  stop();
  bench.send();
  t.equal(seen.length, 9);
  table.flushDevice(bench.device, false);
});

t.test("a listener that changes the table in the midst of a flush, and one that stops listening", async (t) => {
  const bench = await NeighBench.open();
  const { table, device } = bench;
  for (let key = 0; key < 50; key++) table.create(key, device);
  let told = 0;
  const stop = table.onChange((entry) => {
    told++;
    const next = table.find(entry.key - 1, device);
    if (next) table.remove(next);
    if (entry.key === 25) table.create(1000, device);
  });
  table.flushDevice(device, false);
  t.same([told, table.entries, table.on(device).newest?.key], [50, 1, 1000]);
  stop();
  table.close();
  t.same([told, table.entries, table.timers.armed], [50, 0, 0]);
});

t.test("closed with everything under way: nothing stays behind", async (t) => {
  const bench = await NeighBench.open();
  bench.make(Nud.REACHABLE, 3);
  bench.send();
  update(bench.entry(4), null, 0, Nud.NONE, ADMIN | UpdateFlags.MANAGED);
  bench.table.close();
  t.same([bench.table.timers.armed, bench.network.pool.inUse, bench.table.entries], [0, 0, 0]);
});

t.test("a lost carrier leaves PERMANENT and EXT_VALIDATED entries, and no others", async (t) => {
  const bench = await NeighBench.open();
  const { table, device } = bench;
  const states = [Nud.PERMANENT, Nud.NOARP, Nud.REACHABLE, Nud.STALE, Nud.FAILED];
  for (const [key, state] of states.entries()) bench.make(state, key);
  update(bench.make(Nud.STALE, 10), mac(10), 0, Nud.STALE, ADMIN | UpdateFlags.EXT_VALIDATED);
  update(bench.make(Nud.STALE, 11), mac(11), 0, Nud.STALE, ADMIN | UpdateFlags.EXT_LEARNED);
  bench.take();
  table.ifdown(device, true);
  t.same(
    bench.take(),
    ["11 STALE", "4 FAILED", "3 STALE", "2 REACHABLE", "1 NOARP"].map((what) => `0 deleted ${what}`),
    "the newest first",
  );
  t.same(
    table
      .list()
      .map(({ key }) => key)
      .sort((a, b) => a - b),
    [0, 10],
  );
});
