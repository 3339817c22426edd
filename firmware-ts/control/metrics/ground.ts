/** The things that figures are taken from. */
import type { NeighTable } from "../../neigh/table.ts";
import type { Stack } from "../../stack.ts";
import type { Family } from "./exposition.ts";

export interface MetricsGround {
  /** The namespaces by name, the initial one first; its name is empty. */
  readonly stacks: readonly (readonly [netns: string, stack: Stack])[];
  readonly apps: readonly AppFigures[];
  readonly version: string;
  /** The instance's name. */
  readonly instance: string;
  /** Ms since 1970 at which the run began. */
  readonly startedAt: number;
}

/** The fate of an app's readings since its start: `taken` and `restored` together are all the others. */
export interface ReadingFates {
  readonly taken: number;
  /** Found in a file that the run before has left. */
  readonly restored: number;
  /** In messages that were sent. */
  readonly sent: number;
  /** Waiting on the board, for a message or for the collector. */
  readonly stored: number;
  /** In messages whose fate is not known yet. */
  readonly underWay: number;
  /** Lost for good, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
}

/** The figures of one firmware. */
export interface AppFigures {
  /** Its name in events: `telemetry`, of several `telemetry-2`. */
  readonly app: string;
  readonly counters: Readonly<Record<string, number>>;
  readonly readings?: ReadingFates;
}

/** A group of families. To add one, write its file and add its line in index.ts. */
export type Metrics = (ground: MetricsGround) => readonly Family[];

/** Labels of a thing in a namespace; the initial one has no label. */
export function within(netns: string, labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return netns === "" ? labels : { ...labels, netns };
}

/** The neighbour tables by family. Namespaces share them, so they have no label of one. */
export function neighbourTables(stacks: MetricsGround["stacks"]): (readonly [family: string, table: NeighTable])[] {
  const initial = stacks[0]?.[1];
  if (!initial) return [];
  const ipv4 = ["ipv4", initial.neighbours(4).table] as const;
  return initial.ip6 ? [ipv4, ["ipv6", initial.neighbours(6).table]] : [ipv4];
}
