/** The start values of a table and of the devices on it. They differ between families, so each family brings its own. */
import type { NeighValues } from "./parameters.ts";

/** The limits of a table's garbage collection (Documentation/networking/ip-sysctl, neigh/default/gc_*). */
export interface GcLimits {
  /** The periodic work leaves a table with fewer entries than this alone. */
  thresh1: number;
  /** From here on a creation may run the forced collection, every five seconds. */
  thresh2: number;
  /** Most entries, exempt ones not counted. */
  thresh3: number;
  /** `gc_interval` in ms. It is stored and shown but used by nothing, as in the kernel. */
  interval: number;
}

/** Start values, which hold until a profile or an operator sets others. */
export interface NeighDefaults {
  /** The name of the table in `ip ntable` and in the kernel's log. */
  readonly name: string;
  readonly limits: Readonly<GcLimits>;
  /** The parameters of a new device. */
  readonly parameters: Readonly<NeighValues>;
}
