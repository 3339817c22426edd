/** The neighbour table's warnings in words, and its troubles in numbers. */
import type { NeighTable } from "../neigh/table.ts";

/** Something that the operator should look at. */
export interface NeighWarning {
  readonly kind: "overflow";
  /** A line for people: the kernel's, where the kernel has one. */
  readonly text: string;
}

/** Troubles since the start, by kind. */
export interface NeighTroubles {
  /** Entries refused because the table was full. */
  readonly tableFulls: number;
}

/** Tells of a table's warnings from now on. */
export function watchNeighbours(table: NeighTable, tell: (warning: NeighWarning) => void): void {
  table.overflow.sink = (text) => tell({ kind: "overflow", text });
}

export function neighTroubles({ statistics }: NeighTable): NeighTroubles {
  return { tableFulls: statistics.tableFulls };
}
