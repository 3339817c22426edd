/** The neighbours of one address family in one namespace, as everyone above the machine sees them. */
import type { NeighNamespace } from "./namespace.ts";
import type { NeighTable, NeighTableOptions } from "./table.ts";

/** The table that a neighbour service stands on: a new one with these settings, with the service's namespace as its initial one. */
export interface NeighbourSource extends NeighTableOptions {
  /** Or the table of another namespace, to be shared; the settings are that one's then. */
  readonly table?: NeighTable;
}

export interface NeighbourService {
  /** The family's entries, proxy entries, settings and counters. */
  readonly table: NeighTable;
  /** Tells this stack's devices from those of other stacks on the same table. */
  readonly namespace: NeighNamespace;
  /** Stops what the family does for this namespace. The table closes with it, unless other stacks share it. */
  close(): void;
}
