/**
 * The part of the bench that is about TCP as programs have it: whohas/net on two stacks beside node:net over the kernel, by turns, both ends of
 * each in one process (connections-child.ts).
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { ROOT } from "./figures.ts";

const TURNS = 3;
const LIMIT = 120_000;
const FLAGS: readonly string[] = ["--expose-gc", "--import", "./firmware-ts/cli/dev.mjs"];
const CHILD = fileURLToPath(new URL("./connections-child.ts", import.meta.url));

/** Memory of a connection, both ends, in bytes: of the process, and in the kernel's slabs. */
export interface IdleMemory {
  readonly resident: number;
  readonly kernel: number;
}

/** One thing, of ours and of Node over the kernel. */
export interface ConnectionsRow {
  readonly name: string;
  readonly unit: "ns/B" | "B";
  readonly ours: number;
  readonly kernel: number;
  /** The part of `kernel` that lies in the kernel; 0 where there is none. */
  readonly slabs: number;
}

const BULK = "tcp bulk of programs, both ends";
const IDLE = "tcp, 9900 idle connections, both ends";
export const CONNECTIONS: readonly string[] = [BULK, IDLE];

/** Least of the turns. */
export function measureConnections(name: string): ConnectionsRow {
  if (name === BULK) {
    const turns = Array.from({ length: TURNS }, () => [child<number[]>("bulk", "ours"), child<number[]>("bulk", "kernel")]);
    const [ours, kernel] = [0, 1].map((at) => Math.min(...turns.flatMap((turn) => turn[at] as number[])));
    return { name, unit: "ns/B", ours: ours as number, kernel: kernel as number, slabs: 0 };
  }
  const [ours, theirs] = [child<IdleMemory>("idle", "ours"), child<IdleMemory>("idle", "kernel")];
  return { name, unit: "B", ours: ours.resident, kernel: theirs.resident + theirs.kernel, slabs: theirs.kernel };
}

function child<Result>(what: string, whose: string): Result {
  return JSON.parse(
    execFileSync(process.execPath, [...FLAGS, CHILD, what, whose], { cwd: ROOT, encoding: "utf8", timeout: LIMIT }),
  );
}

/** A row's line of the table. */
export function connectionsLine({ name, unit, ours, kernel, slabs }: ConnectionsRow): string {
  const rate = (nanoseconds: number): string => ` (${(1000 / nanoseconds).toFixed(0)} MB a second of processor)`;
  const said = (value: number): string => `${value.toFixed(unit === "B" ? 0 : 2)} ${unit}${unit === "B" ? "" : rate(value)}`;
  const where = slabs > 0 ? `, ${slabs.toFixed(0)} of them in the kernel` : "";
  return `${name.padEnd(46)} ${said(ours)}; Node over the kernel ${said(kernel)}${where}; ours takes ${(ours / kernel).toFixed(2)}x`;
}
