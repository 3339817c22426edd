/** Topologies: the DUT's cables to the tester, and its preparation before a case begins. */
import type { Bench } from "./bench.ts";
import type { Need } from "./dut.ts";
import type { DeviceName } from "./plan.ts";

export interface Topology {
  /** The DUT's devices, each with a cable of its own. */
  readonly devices: readonly DeviceName[];
  /** Needs of the topology itself; a case's own come on top. */
  readonly needs: readonly Need[];
  /** Prepares the DUT: addresses, routes, settings. Part of the case's time and record. */
  prepare?(bench: Bench): Promise<void>;
}

/** One device, e0. The default. */
export const ONE_LINK: Topology = { devices: ["e0"], needs: [] };
/** A second device, e1. */
export const TWO_LINKS: Topology = { devices: ["e0", "e1"], needs: ["e1"] };
