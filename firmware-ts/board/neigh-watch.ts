/** The neighbour table's warnings in words, and its troubles in numbers. */
import { keyText } from "../control/methods/by-family.ts";
import { SuspicionKind } from "../neigh/entry.ts";
import type { Suspicion } from "../neigh/suspicions.ts";
import type { NeighTable } from "../neigh/table.ts";
import { formatMac } from "../net/ethernet.ts";

/** Something that the operator should look at. */
export interface NeighWarning {
  /** `overflow`: the table is full. Else a frame contradicted the link address known of a neighbour, and this is what became of it. */
  readonly kind: "overflow" | SuspicionKind;
  /** A line for people: the kernel's, where the kernel has one. */
  readonly text: string;
  /** The neighbour in dispute; absent for an overflow. */
  readonly dispute?: Dispute;
}

export interface Dispute {
  readonly device: string;
  readonly address: string;
  /** The link address known so far, and the one in the frame. */
  readonly was: string;
  readonly claimed: string;
  /** Such frames that were not told of, since the last one that was. */
  readonly missed: number;
}

/** Troubles since the start, by kind. */
export interface NeighTroubles {
  /** Entries refused because the table was full. */
  readonly tableFulls: number;
  /** Frames that named another link address than the known one: believed; believed and back to the one before; for a static entry; refused. */
  readonly changed: number;
  readonly flipFlops: number;
  readonly contradicted: number;
  readonly refused: number;
}

/** Tells of a table's warnings from now on. */
export function watchNeighbours(table: NeighTable, tell: (warning: NeighWarning) => void): void {
  table.overflow.sink = (text) => tell({ kind: "overflow", text });
  table.suspicions.listener = (suspicion) => tell(warningOf(suspicion));
}

/** The troubles of all of these tables together. */
export function neighTroubles(tables: readonly NeighTable[]): NeighTroubles {
  const sum = { tableFulls: 0, changed: 0, flipFlops: 0, contradicted: 0, refused: 0 };
  for (const { statistics, suspicions } of tables) {
    sum.tableFulls += statistics.tableFulls;
    sum.changed += suspicions.changed;
    sum.flipFlops += suspicions.flipFlops;
    sum.contradicted += suspicions.contradicted;
    sum.refused += suspicions.refused;
  }
  return sum;
}

const BECAME: Readonly<Record<SuspicionKind, string>> = {
  [SuspicionKind.CHANGED]: "believed",
  [SuspicionKind.FLIP_FLOP]: "believed, and had it before",
  [SuspicionKind.STATIC]: "a static entry, not believed",
  [SuspicionKind.REFUSED]: "not believed",
};

function warningOf(suspicion: Suspicion): NeighWarning {
  const { kind, device, was, claimed, missed } = suspicion;
  const dispute = { device: device.name, address: keyText(suspicion), was: formatMac(was), claimed: formatMac(claimed), missed };
  const more = missed > 0 ? `; ${missed} more since the last such line` : "";
  const claim = `${dispute.address} was ${dispute.was}, ${dispute.claimed} now claims it`;
  return { kind, text: `spoofing suspected: ${claim} (${dispute.device}, ${BECAME[kind]}${more})`, dispute };
}
