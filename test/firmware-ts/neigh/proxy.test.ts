/** Proxy entries: whom they match, when they go; and the queue of requests that wait for their answer. */
import t from "tap";
import { ProxyQueue } from "../../../firmware-ts/neigh/proxy-queue.ts";
import type { NetDevice } from "../../../firmware-ts/net/device.ts";
import { DropReason } from "../../../hal/drop-reason.ts";
import { DropCounters, type SkBuff } from "../../../hal/skbuff.ts";
import { NeighBench } from "../../support/neigh-bench.ts";

const OTHER = { initial: false };

/** e0 and e1 in the initial namespace, e2 in another. */
async function three(options = {}): Promise<{ bench: NeighBench; e0: NetDevice; e1: NetDevice; e2: NetDevice }> {
  const bench = await NeighBench.open(options, 3);
  const [e0, e1, e2] = bench.devices as [NetDevice, NetDevice, NetDevice];
  bench.table.attach(e2, { namespace: OTHER });
  return { bench, e0, e1, e2 };
}

t.test("a match: key, namespace, and the device or none", async (t) => {
  const { bench, e0, e1, e2 } = await three();
  const { proxies } = bench.table;
  const found = (key: number): boolean[] => [e0, e1, e2].map((device) => proxies.find(key, device) !== null);
  proxies.add(5, e0);
  t.same(
    [found(5), found(6)],
    [
      [true, false, false],
      [false, false, false],
    ],
  );
  proxies.add(6, null);
  t.same(found(6), [true, true, false]);
  proxies.add(7, null, { namespace: OTHER });
  t.same(found(7), [false, false, true]);
  t.equal(proxies.delete(6, e0), false, "none of exactly this device");
  t.equal(proxies.delete(6, null, { namespace: OTHER }), false);
  t.equal(proxies.delete(6, null), true);
  t.same([found(6), proxies.size], [[false, false, false], 2]);
  t.equal(proxies.list(OTHER).length, 1);
});

t.test("added again: flags and permanence are new, the protocol if one is named", async (t) => {
  const { bench, e0 } = await three();
  const { proxies } = bench.table;
  const entry = proxies.add(5, e0, { flags: 8, protocol: 4, permanent: true });
  t.equal(proxies.add(5, e0, { flags: 0x88 }), entry);
  t.match(entry, { flags: 0x88, protocol: 4, permanent: false });
  t.equal(proxies.size, 1);
});

t.test("shown by bucket, the newest first in each", async (t) => {
  const { bench, e0 } = await three();
  const { proxies } = bench.table;
  // 10.0.0.N: all octets folded together, then the two halves of what is left.
  for (const n of [1, 2, 0x10, 0x20]) proxies.add((10 << 24) | n, e0);
  t.same(
    proxies.list().map(({ key }) => key & 0xff),
    [0x20, 2, 0x10, 1].sort((a, b) => fold(a) - fold(b) || [0x20, 0x10, 2, 1].indexOf(a) - [0x20, 0x10, 2, 1].indexOf(b)),
  );
});

function fold(octet: number): number {
  const folded = 10 ^ octet;
  return (folded ^ (folded >> 4)) & 15;
}

t.test("a device that goes down loses its own; one that loses its carrier those that are not permanent", async (t) => {
  const { bench, e0, e1 } = await three();
  const { table } = bench;
  table.proxies.add(5, e0, { permanent: true });
  table.proxies.add(6, e0);
  table.proxies.add(7, e1);
  table.proxies.add(8, null);
  const keys = (): number[] =>
    table.proxies
      .list()
      .map(({ key }) => key)
      .sort();
  table.ifdown(e0, true);
  t.same(keys(), [5, 7, 8]);
  table.flushDevice(e0, false);
  t.same(keys(), [5, 7, 8], "a change of address leaves them");
  table.ifdown(e0, false);
  t.same(keys(), [7, 8]);
});

t.test("flushed: those that are meant go, in the order in which they are shown, and the size is right", async (t) => {
  const { bench, e0, e1 } = await three();
  const { proxies } = bench.table;
  for (let key = 0; key < 100; key++) proxies.add(key, key % 3 === 0 ? e0 : key % 3 === 1 ? e1 : null);
  const shown = proxies.list().filter(({ device }) => device === e1);
  t.same(
    proxies.flush(({ device }) => device === e1),
    shown,
  );
  t.same([proxies.size, proxies.list().length, proxies.find(1, e1), proxies.get(3, e0)?.key], [67, 67, null, 3]);
  t.same([proxies.flush(() => false), proxies.size], [[], 67]);
  t.equal(proxies.flush(() => true).length, 67);
  t.equal(proxies.size, 0);
});

t.test("a purge takes time in proportion to the queue", async (t) => {
  const { bench, e0, e1 } = await three();
  class Nowhere extends DropCounters {
    override drop(): void {
      this.count(DropReason.NOT_SPECIFIED);
    }
  }
  const { table } = bench;
  const drops = new Nowhere();
  const queue = new ProxyQueue({ timers: table.timers, drops, now: () => table.now(), on: (device) => table.on(device) });
  const packet = bench.network.pool.allocate() as SkBuff;
  const count = 150_000;
  for (const device of [e0, e1]) table.parametersOf(device).proxyQueueLength = count;
  for (let n = 0; n < count; n++) queue.enqueue(packet, n % 2 ? e0 : e1, () => {});
  const start = performance.now();
  queue.purge(table.namespace);
  const took = performance.now() - start;
  t.ok(took < 1000, `${took} ms`);
  t.same([queue.length, drops.get(DropReason.NOT_SPECIFIED), table.on(e0).proxied, table.on(e1).proxied], [0, count, 0, 0]);
  packet.consume();
});

/** Puts `count` requests into the queue; they are written down as `time device cookie` when they come out. */
function ask(bench: NeighBench, device: NetDevice, count: number, out: string[]): SkBuff[] {
  const packets: SkBuff[] = [];
  for (let n = 0; n < count; n++) {
    const packet = bench.network.pool.allocate() as SkBuff;
    packet.cookie = n;
    packets.push(packet);
    bench.table.proxyQueue.enqueue(packet, device, (same, on) => {
      out.push(`${bench.clock.now()} ${on.name} ${same.cookie}`);
      same.consume();
    });
  }
  return packets;
}

t.test("each waits a random part of proxy_delay and is received once more; proxy_qlen and one more fit", async (t) => {
  for (const [limit, kept] of [
    [64, 65],
    [3, 4],
    [0, 1],
  ] as const) {
    const { bench, e0, e1 } = await three();
    bench.table.parametersOf(e0).proxyQueueLength = limit;
    const out: string[] = [];
    ask(bench, e0, 100, out);
    ask(bench, e1, 1, out);
    t.equal(bench.table.proxyQueue.length, kept + 1, "each device its own limit");
    t.equal(bench.table.drops.get(DropReason.NOT_SPECIFIED), 100 - kept);
    bench.run(799.999);
    const times = out.map((line) => Number(line.split(" ")[0]));
    t.same([out.length, times], [kept + 1, times.toSorted((a, b) => a - b)]);
    t.ok(kept < 60 || (Math.min(...times) < 100 && Math.max(...times) > 700), "spread");
    t.same([bench.network.pool.inUse, bench.table.proxyQueue.length, bench.table.on(e0).proxied], [0, 0, 0]);
  }
});

t.test("kernel lateness: whole jiffies, late; those of one jiffy in order of arrival", async (t) => {
  const { bench, e0 } = await three({ lateness: "kernel" });
  bench.table.parametersOf(e0).proxyDelay = 4;
  const out: string[] = [];
  ask(bench, e0, 3, out);
  bench.run(4);
  t.same(out, ["4 e0 0", "4 e0 1", "4 e0 2"]);
});

t.test("a purge of one namespace leaves the only request of another one waiting", async (t) => {
  const { bench, e0, e2 } = await three();
  const out: string[] = [];
  ask(bench, e2, 1, out);
  ask(bench, e0, 3, out);
  bench.table.proxyQueue.purge(bench.table.on(e0).namespace);
  t.equal(bench.table.proxyQueue.length, 1);
  bench.run(1000);
  t.match(out, [/ e2 0$/]);
  t.equal(bench.network.pool.inUse, 0);
});

t.test("purged with the namespace of the device that goes down; not delivered to a device that is down", async (t) => {
  const { bench, e0, e1, e2 } = await three();
  const out: string[] = [];
  for (const device of [e0, e1, e2]) ask(bench, device, 2, out);
  bench.table.ifdown(e0, false);
  t.equal(bench.table.proxyQueue.length, 2);
  await e2.close();
  bench.run(1000);
  t.same([out, bench.network.pool.inUse, bench.table.on(e2).proxied], [[], 0, 0]);
});
