/**
 * A neighbour table of a million entries, each with a link address and an armed timer: what an entry takes, what making it, finding it,
 * arming its timer and firing a few of a million timers cost. Prints one line a figure.
 *
 *     node --expose-gc --import ./firmware-ts/cli/dev.mjs test/bench/neigh-table.bench.ts [ENTRIES]
 */

import type { NeighFamily } from "../../firmware-ts/neigh/entry.ts";
import { Nud } from "../../firmware-ts/neigh/states.ts";
import { NeighTable } from "../../firmware-ts/neigh/table.ts";
import { UpdateFlags, update } from "../../firmware-ts/neigh/update.ts";
import { Network } from "../../firmware-ts/net/network.ts";
import { VirtualClock } from "../../hal/clock.ts";
import { SeededRandom } from "../../hal/random.ts";
import { EthernetSegment } from "../../hal/simulated/segment.ts";
import { WireNic } from "../../hal/simulated/wire-nic.ts";

const ENTRIES = Number(process.argv[2] ?? 1_000_000);
const FIRST = 10 << 24;
const LOOKUPS = 2_000_000;
const FIRED = 20_000;

const family: NeighFamily = { etherType: 0x0800, construct: () => true, solicit: () => {} };

function main(lateness: "exact" | "kernel"): void {
  const clock = new VirtualClock();
  const random = new SeededRandom(1);
  const network = new Network(clock);
  const nic = new WireNic(clock, new EthernetSegment(clock, random), "eth0", Uint8Array.of(2, 0, 0, 0, 0, 1));
  const device = network.addDevice("eth0", nic);
  const table = new NeighTable(clock, random, family, { lateness });
  table.gc.thresh1 = 2 * ENTRIES;
  table.gc.thresh2 = 2 * ENTRIES;
  table.gc.thresh3 = 2 * ENTRIES;
  // Long enough that none of the many fires while the few do.
  table.parametersOf(device).reachableTime = 1_000_000;
  const address = Uint8Array.of(2, 0, 0, 0, 0, 2);
  const figure = (what: string, value: number, unit: string): void => {
    process.stdout.write(`${lateness.padEnd(7)} ${what.padEnd(44)} ${value.toFixed(0).padStart(6)} ${unit}\n`);
  };
  const timed = (what: string, count: number, work: () => void): void => {
    // Processor time: the machine may be busy with something else.
    const start = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(start);
    figure(what, ((user + system) * 1e3) / count, "ns each");
  };

  const before = heap();
  timed(`insert with address, STALE, ${ENTRIES} entries`, ENTRIES, () => {
    for (let n = 0; n < ENTRIES; n++) {
      const entry = table.create(FIRST + n, device);
      if (entry) update(entry, address, 0, Nud.STALE, UpdateFlags.OVERRIDE);
    }
  });
  figure("memory", (heap() - before) / ENTRIES, "bytes each");
  timed("look-up of a random one of them", LOOKUPS, () => {
    let at = 1;
    for (let n = 0; n < LOOKUPS; n++) {
      at = (Math.imul(at, 1664525) + 1013904223) >>> 0;
      if (!table.find(FIRST + (at % ENTRIES), device)) throw new Error("lost");
    }
  });
  clock.advanceSync(1);
  timed("made REACHABLE: a timer armed", ENTRIES, () => {
    for (let n = 0; n < ENTRIES; n++) {
      const entry = table.find(FIRST + n, device);
      if (entry) update(entry, address, 0, Nud.REACHABLE, 0);
    }
  });
  figure("memory, timers armed", (heap() - before) / ENTRIES, "bytes each");
  timed(`timers of ${FIRED} of them fire one by one`, FIRED, () => {
    for (let n = 0; n < FIRED; n++) {
      const entry = table.find(FIRST + (n % ENTRIES), device);
      if (entry) update(entry, null, 0, Nud.DELAY, UpdateFlags.ADMIN);
      clock.advanceSync(4);
    }
  });
  timed("every timer fires", ENTRIES, () => clock.advanceSync(2_000_000));
}

function heap(): number {
  const collect = (globalThis as { gc?: () => void }).gc;
  for (let run = 0; run < 3; run++) collect?.();
  return process.memoryUsage().heapUsed;
}

main("exact");
main("kernel");
