/** A case: one thing that a DUT must do, as a few lines that anybody can read, and the same for every DUT. */
import type { Bench } from "../stage/bench.ts";
import type { Need } from "./dut.ts";

export interface Case {
  /** Stable and unique: `ARP-G-01`, with a tail where a row of a matrix is meant: `ARP-U-56/STALE/reply-other-late`. */
  id: string;
  /** What is right, as a sentence without a full stop. */
  title: string;
  /** Where it is written or was measured first: a standard with its section, `TC8 ARP_07`, `kernel`. */
  source: string;
  needs?: readonly Need[];
  /** `short` (the default): the timers of SHORT_TIMERS. `kernel`: the kernel's own defaults; slow in real time. */
  timers?: "short" | "kernel";
  /** Its times hang on the reachable time, which is drawn: `compare` does not hold them against each other. */
  drawn?: boolean;
  /** What comes in an order that is drawn, or the hash table's: `compare` holds it as a set, but for an entry's own events, which have an order. */
  shuffled?: readonly ("frames" | "events")[];
  /**
   * How the addresses begin of hosts that are many, of which the table holds as many as it has room for: that hangs on what else this
   * machine's kernel has in it. `compare` leaves their frames and events out; the case's checks say between what they must be.
   */
  crowd?: readonly string[];
  /** Touches what all namespaces share (table thresholds): runs while nothing else does. */
  alone?: boolean;
  /** Most time it may take, in ms of the DUT's time. Default 15,000. */
  limit?: number;
  run(bench: Bench): Promise<void>;
}

export interface Suite {
  name: string;
  title: string;
  cases: readonly Case[];
}

/**
 * Timers of most cases: everything that is seconds in the kernel's defaults and can be less, is. Written to
 * net.ipv4.neigh.DEV before the case; each in the key's own unit.
 */
export const SHORT_TIMERS: Readonly<Record<string, number>> = {
  retrans_time_ms: 100,
  /** Drawn from 300 to 900 ms. */
  base_reachable_time_ms: 600,
  /** Whole seconds only. */
  delay_first_probe_time: 1,
  /** 1/100 s: 300 ms. */
  locktime: 30,
};

/** A difference that is known, or wanted: a check that fails and is expected to. */
export interface Expectation {
  /** The DUT's name. */
  dut: string;
  /** The case's id, `*` for any run of characters. */
  case: string;
  /** The check's name, likewise. Default: any. */
  check?: string;
  /** `known`: to be mended. `wanted`: we differ on purpose. */
  kind: "known" | "wanted";
  reason: string;
}
