/**
 * A neighbour table of a million entries: what an entry takes, what making, finding and changing it costs, and whether a timer costs
 * more while a million others are armed. A process of its own, which prints one line of JSON (TableFigures); run.ts starts it.
 *
 *     node --expose-gc --import ./firmware-ts/cli/dev.mjs test/bench/neigh-table.bench.ts [ENTRIES]
 */
import { ARP_DEFAULTS } from "../../firmware-ts/ip4/arp/defaults.ts";
import type { NeighFamily } from "../../firmware-ts/neigh/entry.ts";
import { Nud } from "../../firmware-ts/neigh/states.ts";
import { NeighTable } from "../../firmware-ts/neigh/table.ts";
import { UpdateFlags, update } from "../../firmware-ts/neigh/update.ts";
import type { NetDevice } from "../../firmware-ts/net/device.ts";
import { Network } from "../../firmware-ts/net/network.ts";
import { WorkTimer } from "../../firmware-ts/net/timer-wheel.ts";
import { VirtualClock } from "../../hal/clock.ts";
import { SeededRandom } from "../../hal/random.ts";
import { EthernetSegment } from "../../hal/simulated/segment.ts";
import { WireNic } from "../../hal/simulated/wire-nic.ts";

/** Nanoseconds of an operation: on the wall, and of all processors, the collector's threads included. */
export interface Cost {
  wall: number;
  cpu: number;
}

export interface TableFigures {
  entries: number;
  /** Heap and typed arrays, by entry. */
  bytes: number;
  /** As `ip neigh add` does: PERMANENT, with a link address. */
  insert: Cost;
  /** Finds a random entry. */
  find: Cost;
  /** As `ip neigh replace` with another address: found and changed. */
  update: Cost;
  /** Found and made REACHABLE: its timer armed. */
  arm: Cost;
  /** One timer armed, waited for and fired, next to as many armed ones as there are entries, and next to none. */
  fireAmongMany: Cost;
  fireAlone: Cost;
}

const FIRST = 10 << 24;
const LOOKUPS = 1_000_000;
const FIRED = 400_000;
/** Timers that are armed together, a millisecond apart. */
const TOGETHER = 16;
const ROUNDS = 5;

const family: NeighFamily = { keyLength: 4, defaults: ARP_DEFAULTS, construct: () => true, solicit: () => {} };
const ADDRESSES = [Uint8Array.of(2, 0, 0, 0, 0, 2), Uint8Array.of(2, 0, 0, 0, 0, 3)] as const;

class TableBench {
  readonly clock: VirtualClock = new VirtualClock();
  readonly device: NetDevice;
  readonly table: NeighTable;

  constructor() {
    const random = new SeededRandom(1);
    // No whole number, as real time is none.
    this.clock.advanceSync(1.25);
    const nic = new WireNic(this.clock, new EthernetSegment(this.clock, random), "eth0", ADDRESSES[0]);
    this.device = new Network(this.clock).addDevice("eth0", nic);
    this.table = new NeighTable(this.clock, random, family, { lateness: "kernel" });
    const { gc } = this.table;
    gc.thresh1 = gc.thresh2 = gc.thresh3 = Number.MAX_SAFE_INTEGER;
    // Longer than the bench runs.
    this.table.parametersOf(this.device).reachableTime = 1e9;
  }

  insert(entries: number): void {
    const { table, device } = this;
    for (let n = 0; n < entries; n++) {
      const entry = table.create(FIRST + n, device, true, 0, null, "admin");
      if (entry) update(entry, ADDRESSES[0], 0, Nud.PERMANENT, UpdateFlags.ADMIN | UpdateFlags.OVERRIDE);
    }
  }

  find(entries: number): void {
    let at = 1;
    for (let n = 0; n < LOOKUPS; n++) {
      at = (Math.imul(at, 1664525) + 1013904223) >>> 0;
      if (!this.table.find(FIRST + (at % entries), this.device)) throw new Error("an entry was lost");
    }
  }

  update(entries: number, state: Nud, address: Uint8Array): void {
    for (let n = 0; n < entries; n++) {
      const entry = this.table.find(FIRST + n, this.device);
      if (entry) update(entry, address, 0, state, UpdateFlags.ADMIN | UpdateFlags.OVERRIDE);
    }
  }

  fire(): void {
    let fired = 0;
    const timers = Array.from({ length: TOGETHER }, () => new WorkTimer(() => fired++));
    for (let n = 0; n < FIRED; n += TOGETHER) {
      for (let at = 0; at < TOGETHER; at++) this.table.timers.arm(timers[at] as WorkTimer, at);
      this.clock.advanceSync(2 * TOGETHER);
    }
    if (fired !== FIRED) throw new Error(`${fired} timers of ${FIRED} fired`);
  }
}

function measureTable(entries: number): TableFigures {
  // Compiled before anything is measured.
  const small = new TableBench();
  exercise(small, entries / 20);
  const before = memory();
  const bench = new TableBench();
  const insert = cost(entries, () => bench.insert(entries));
  const bytes = (memory() - before) / entries;
  const find = cost(LOOKUPS, () => bench.find(entries));
  const changed = cost(entries, () => bench.update(entries, Nud.PERMANENT, ADDRESSES[1]));
  const arm = cost(entries, () => bench.update(entries, Nud.REACHABLE, ADDRESSES[1]));
  if (bench.table.timers.armed < entries) throw new Error(`${bench.table.timers.armed} timers are armed, not ${entries}`);
  const alone = new TableBench();
  const many: Cost[] = [];
  const none: Cost[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    many.push(cost(FIRED, () => bench.fire()));
    none.push(cost(FIRED, () => alone.fire()));
  }
  return { entries, bytes, insert, find, update: changed, arm, fireAmongMany: least(many), fireAlone: least(none) };
}

function exercise(bench: TableBench, entries: number): void {
  bench.insert(entries);
  bench.find(entries);
  bench.update(entries, Nud.PERMANENT, ADDRESSES[1]);
  bench.update(entries, Nud.REACHABLE, ADDRESSES[1]);
  bench.fire();
}

function cost(count: number, work: () => void): Cost {
  const start = process.hrtime.bigint();
  const used = process.cpuUsage();
  work();
  const wall = Number(process.hrtime.bigint() - start) / count;
  const { user, system } = process.cpuUsage(used);
  return { wall, cpu: ((user + system) * 1e3) / count };
}

function least(costs: readonly Cost[]): Cost {
  return { wall: Math.min(...costs.map(({ wall }) => wall)), cpu: Math.min(...costs.map(({ cpu }) => cpu)) };
}

function memory(): number {
  for (let run = 0; run < 3; run++) globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

process.stdout.write(`${JSON.stringify(measureTable(Number(process.argv[2] ?? 1_000_000)))}\n`);
