/** The neighbours of one address family in one namespace, as everyone above the machine sees them. */
import type { NeighNamespace } from "./namespace.ts";
import type { NeighTable } from "./table.ts";

export interface NeighbourService {
  /** The family's entries, proxy entries, settings and counters. */
  readonly table: NeighTable;
  /** Tells this stack's devices from those of other stacks on the same table. */
  readonly namespace: NeighNamespace;
  /** Stops what the family does for this namespace. The table closes with it, unless other stacks share it. */
  close(): void;
}
