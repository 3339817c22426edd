/** A case: one thing that a DUT must do, as a few lines that anybody can read, and the same for every DUT. */
import type { Bench } from "./bench.ts";
import type { Need, StrategyWish } from "./dut.ts";
import type { Family } from "./plan.ts";
import { ONE_LINK, type Topology } from "./topology.ts";

export interface Case {
  /** Stable and unique: `ARP-G-01`, with a tail for a row of a matrix: `ARP-U-56/STALE/reply-other-late`. */
  id: string;
  /** States the right behaviour, as a sentence without a full stop. */
  title: string;
  /** The place where it is written or was measured first: a standard with its section, `TC8 ARP_07`, `kernel`. */
  source: string;
  /** Default: one link. The topology's needs need not be repeated in `needs`. */
  topology?: Topology;
  /** The address family that bench.plan and bench.resolution speak. Default 4. */
  family?: Family;
  needs?: readonly Need[];
  /** The DUT's way with its neighbours; default the kernel's. Need: `strategies`. */
  strategy?: StrategyWish;
  /** `short` (the default): the timers of SHORT_TIMERS. `kernel`: the kernel's own defaults; slow in real time. */
  timers?: "short" | "kernel";
  /** Lets more than a second pass. Patient cases come last in a suite, so that they wait side by side where time is real. */
  patient?: boolean;
  /** Its times depend on the reachable time, which is drawn: `compare` does not hold them against each other. */
  drawn?: boolean;
  /** Come in a drawn order or in the hash table's: `compare` takes them as a set, but keeps the order of one entry's events. */
  shuffled?: readonly ("frames" | "events")[];
  /**
   * Prefixes of the addresses of many hosts. The table holds as many of them as it has room for, which depends on what else this machine's
   * kernel has in it. `compare` leaves their frames, their events and the datagrams sent to them out; the case's checks give the bounds.
   */
  crowd?: readonly string[];
  /**
   * The number of its frames depends on things that stacks and programs choose, as the size of buffers: `compare` leaves frames, changes of the table, and
   * bytes that programs receive, out. The case's checks give the bounds.
   */
  sized?: boolean;
  /** Touches things that all namespaces share (table thresholds), so it runs alone. */
  alone?: boolean;
  /** Time limit, in ms of the DUT's time. Default 15,000. */
  limit?: number;
  run(bench: Bench): Promise<void>;
}

export function topologyOf(one: Case): Topology {
  return one.topology ?? ONE_LINK;
}

export function familyOf(one: Case): Family {
  return one.family ?? 4;
}

/** All needs of a case, its topology's first. */
export function needsOf(one: Case): readonly Need[] {
  const { needs: own = [], strategy } = one;
  const needs: readonly Need[] = strategy ? [...own, "strategies"] : own;
  return [...topologyOf(one).needs.filter((need) => !needs.includes(need)), ...needs];
}

/** Puts the patient cases behind the others; the order is kept otherwise. */
export function patientLast(cases: readonly Case[]): readonly Case[] {
  return [...cases.filter((one) => !one.patient), ...cases.filter((one) => one.patient)];
}

export interface Suite {
  name: string;
  title: string;
  cases: readonly Case[];
}

/** Timers that are the same for both families, each in its key's own unit. */
const SHORT: Readonly<Record<string, number>> = {
  retrans_time_ms: 100,
  /** Drawn from 300 to 900 ms. */
  base_reachable_time_ms: 600,
  /** Whole seconds only. */
  delay_first_probe_time: 1,
};

/**
 * Timers of most cases: each that is seconds in the kernel's defaults is shortened as far as it can be. Written to
 * net.FAMILY.neigh.DEV before the case. The locktime (1/100 s, so 300 ms) is ARP's alone.
 */
export const SHORT_TIMERS: Readonly<Record<Family, Readonly<Record<string, number>>>> = { 4: { ...SHORT, locktime: 30 }, 6: SHORT };

/** A difference that is known or wanted: a check that is expected to fail. */
export interface Expectation {
  /** The DUT's name. */
  dut: string;
  /** The case's id, `*` for any run of characters. */
  case: string;
  /** The check's name, likewise. Default: any. */
  check?: string;
  /** `known`: to be mended. `wanted`: the stack differs on purpose. */
  kind: "known" | "wanted";
  reason: string;
}
