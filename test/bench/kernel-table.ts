/** The kernel's neighbour table at the same work: `ip -batch` of `neigh add` lines in a namespace. */
import { spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { missingForNetns, Netns } from "../support/netns.ts";
import type { Cost } from "./neigh-table.bench.ts";

export interface KernelFigures {
  entries: number;
  /** Growth of the kernel's slabs, by entry. */
  bytes: number;
  insert: Cost;
  /** `neigh replace` of the first UPDATED with another address. */
  update: Cost;
}

const UPDATED = 100_000;
const PEERS = "d0";
const LIMIT = 120_000;

/** Names the things that are missing on this machine to ask the kernel, or null. */
export function missingForKernelTable(): string | null {
  return missingForNetns() || null;
}

/** @throws Error with what ip complained about */
export function measureKernelTable(directory: string, entries: number): KernelFigures {
  const netns = new Netns();
  try {
    netns.ip("link", "add", PEERS, "type", "veth", "peer", "name", "d1");
    netns.ip("link", "set", PEERS, "up");
    const before = slabs();
    const insert = batch(directory, netns, "add", "02:00:00:00:00:02", entries);
    const bytes = (slabs() - before) / entries;
    const update = batch(directory, netns, "replace", "02:00:00:00:00:03", Math.min(entries, UPDATED));
    return { entries, bytes, insert, update };
  } finally {
    netns.remove();
  }
}

function batch(directory: string, netns: Netns, command: string, address: string, count: number): Cost {
  const path = join(directory, `neigh-${command}`);
  const file = openSync(path, "w");
  for (let n = 0; n < count; ) {
    let lines = "";
    for (const end = Math.min(count, n + 10_000); n < end; n++) {
      lines += `neigh ${command} 10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255} lladdr ${address} dev ${PEERS}\n`;
    }
    writeSync(file, lines);
  }
  closeSync(file);
  // The shell's own clock: a child's processor time is not told otherwise.
  const script = `TIMEFORMAT="%R %U %S"; time ip -n ${netns.name} -batch ${path}`;
  const { status, stderr } = spawnSync("bash", ["-c", script], { encoding: "utf8", timeout: LIMIT });
  if (status !== 0) throw new Error(`ip -batch: ${stderr.trim() || "it took too long"}`);
  const [wall = 0, user = 0, system = 0] = stderr.trim().split(" ").map(Number);
  return { wall: (wall * 1e9) / count, cpu: ((user + system) * 1e9) / count };
}

/** In bytes: Slab of /proc/meminfo, which is in kB. */
export function slabs(): number {
  return 1024 * Number(/^Slab:\s+(\d+)/m.exec(readFileSync("/proc/meminfo", "utf8"))?.[1] ?? 0);
}
