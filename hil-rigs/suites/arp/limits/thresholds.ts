/**
 * A full table, and the collection of entries that are not needed any more. The table and its thresholds (128, 512 and 1024) are one for all
 * namespaces: these cases run alone, leave the thresholds as they are, and empty the table again before they end.
 */
import type { Bench } from "../../../contract/bench.ts";
import type { Case } from "../../../contract/case.ts";
import type { DutSocket } from "../../../contract/dut.ts";
import { TWO_LINKS } from "../../../contract/topology.ts";
import { answers, datagram } from "../../../stage/patterns.ts";
import { arpRequest } from "../../../wire/build.ts";
import { host, T1, T2 } from "../../../wire/hosts.ts";
import { calm, counter, make, seen, until } from "../kit/setup.ts";
import { FULL_NEEDS, nth } from "./flood.ts";

const LAND = "10.8.0.0/16";
const CROWD: readonly string[] = ["10.8."];
/** Datagrams from one socket. The kernel's send buffer lets 256 small datagrams wait. */
const EACH = 200;

/** Sends a datagram to each of `count` hosts of LAND from `first` on. Returns the result of each send. */
function scan(bench: Bench, first: number, count: number): string[] {
  const results: string[] = [];
  let socket: DutSocket | undefined;
  for (let n = first; n < first + count; n++) {
    if (!socket || (n - first) % EACH === 0) socket = bench.socket({ errors: true });
    results.push(socket.send(Uint8Array.of(1), nth(n), 9));
  }
  return results;
}

function count(bench: Bench, state: string): number {
  return bench.dut.neighbours().filter((row) => row.state === state).length;
}

const full: Case = {
  id: "TBL-06",
  title: "a table full of hosts that are being asked for takes no more, but static entries; what it has stays",
  source: "kernel: gc_thresh3, measured",
  needs: [...FULL_NEEDS, "proc"],
  alone: true,
  crowd: CROWD,
  async run(bench) {
    calm(bench);
    await bench.must(`route add ${LAND} dev e0`);
    await bench.must(`neigh add ${T1.ip} lladdr ${T1.mac} dev e0`);
    await bench.must(`neigh add ${T2.ip} lladdr ${T2.mac} nud reachable dev e0`);
    const results = scan(bench, 0, 1200);
    bench.expect("sends are accepted, then refused", [results[0], results.at(-1)], ["ok", "ENOBUFS"]);
    const held = count(bench, "INCOMPLETE");
    bench.expect("as many as the table holds", held > 512 && held <= 1024, true);
    // Other users of the table free entries at any time; this takes them.
    scan(bench, 2000, 50);
    const dynamic = await bench.ip(`neigh add 10.0.0.50 lladdr ${T2.mac} nud stale dev e0`);
    bench.expect(
      "a dynamic entry by hand",
      [dynamic.exit, dynamic.stderr.trim()],
      [2, "RTNETLINK answers: No buffer space available"],
    );
    bench.expect("a static one", (await bench.ip(`neigh add 10.0.0.51 lladdr ${T2.mac} dev e0`)).exit, 0);
    await bench.heard();
    scan(bench, 3000, 50);
    await bench.say(arpRequest({ from: host(60) }));
    await bench.silence("a new host is not answered, as it cannot be learned", 20, { kind: "arp", op: 2 });
    await bench.say(arpRequest({ from: T1 }));
    await bench.hears("one that is known is", answers(T1));
    await bench.poke(T1.ip);
    await bench.hears("and datagrams reach it", datagram(T1.ip, { dst: T1.mac }));
    bench.expect("what was there", [seen(bench, T1.ip), seen(bench, T2.ip)], [`PERMANENT ${T1.mac}`, `REACHABLE ${T2.mac}`]);
    bench.expect("discards counted", counter(bench, "/proc/net/snmp", "Ip", "OutDiscards") > 0, true);
    await bench.must("link set e0 down");
  },
};

const scanned: Case = {
  id: "TBL-07",
  title: "a scan of 5000 absent hosts takes the place of failed entries, never of static or reachable ones",
  source: "kernel: neigh_forced_gc, measured",
  needs: FULL_NEEDS,
  alone: true,
  crowd: CROWD,
  limit: 30_000,
  async run(bench) {
    calm(bench);
    await bench.must(`route add ${LAND} dev e0`);
    await bench.must(`neigh add ${T1.ip} lladdr ${T1.mac} dev e0`);
    await bench.must(`neigh add ${T2.ip} lladdr ${T2.mac} nud reachable dev e0`);
    // Hosts that are not asked for fail at once, and hold nothing back.
    bench.param("mcast_solicit", 0);
    const results = new Set(scan(bench, 0, 5000));
    bench.expect("sends are accepted", [...results], ["ok"]);
    bench.expect("no more entries than the table holds", bench.dut.neighbours().length <= 1026, true);
    bench.expect("those in use", [seen(bench, T1.ip), seen(bench, T2.ip)], [`PERMANENT ${T1.mac}`, `REACHABLE ${T2.mac}`]);
    await bench.poke(T2.ip);
    await bench.hears("which work", datagram(T2.ip, { dst: T2.mac }));
    await bench.must("link set e0 down");
  },
};

/** States whose entries are collected within half a minute when there are more than 128: entries that failed, or unused for gc_stale_time. */
const COLLECTED = {
  NONE: true,
  FAILED: true,
  STALE: true,
  NOARP: true,
  INCOMPLETE: false,
  REACHABLE: false,
  PERMANENT: false,
} as const;
const STATES = Object.keys(COLLECTED) as (keyof typeof COLLECTED)[];

const collected: Case = {
  id: "TBL-02",
  title: "with many entries, those without use are collected: failed ones at once, others after gc_stale_time, static ones never",
  source: "kernel: neigh_periodic_work, measured",
  topology: TWO_LINKS,
  needs: ["thresholds", "e1", "link-admin"],
  alone: true,
  // The collector walks the table bucket by bucket.
  shuffled: ["events"],
  limit: 90_000,
  async run(bench) {
    calm(bench);
    bench.param("gc_stale_time", 1);
    await bench.must(`neigh add 10.0.1.9 lladdr ${T2.mac} nud stale dev e1`);
    await bench.must("neigh add 10.0.1.10 nud failed dev e1");
    for (const [n, state] of STATES.entries()) await make(bench, state, host(20 + n));
    // In use while they are asked for, which is for as long as the case takes.
    for (let n = 100; n < 240; n++) await bench.poke(`10.0.0.${n}`);
    await until(bench, () => STATES.every((state, n) => !COLLECTED[state] || seen(bench, `10.0.0.${20 + n}`) === "-"), 60_000);
    for (const [n, state] of STATES.entries())
      bench.expect(`a ${state} entry`, seen(bench, `10.0.0.${20 + n}`).split(" ")[0], COLLECTED[state] ? "-" : state);
    await bench.settle();
    bench.expect("stale for less than gc_stale_time", seen(bench, "10.0.1.9", "e1").split(" ")[0], "STALE");
    bench.expect("failed, on the same device", seen(bench, "10.0.1.10", "e1"), "-");
    bench.expect("being asked for", count(bench, "INCOMPLETE"), 141);
    const gone = bench.events().filter(({ kind }) => kind === "deleted");
    bench.expect("each told once, as it was", gone.map(({ state }) => state).sort(), [
      "FAILED",
      "FAILED",
      "NOARP",
      "NONE",
      "STALE",
    ]);
    await bench.must("link set e0 down");
  },
};

export const thresholds: readonly Case[] = [full, scanned, collected];
