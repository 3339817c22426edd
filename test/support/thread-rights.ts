/** The rights of all threads of a process, as the kernel tells them. */
import { readdirSync, readFileSync } from "node:fs";

/** Lines of /proc/PID/task/TID/status that tell of rights (proc(5)). */
const NAMES = ["Uid", "Gid", "Groups", "CapPrm", "CapEff", "CapBnd", "NoNewPrivs"] as const;

export type ThreadRights = Record<(typeof NAMES)[number], string>;

/** One for each different set of rights that threads of the process have: one in all, when all have the same. */
export function threadRights(pid: number): ThreadRights[] {
  const found = new Map<string, ThreadRights>();
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const text = readFileSync(`/proc/${pid}/task/${thread}/status`, "latin1");
    const value = (name: string): string => (new RegExp(`^${name}:(.*)$`, "m").exec(text)?.[1] ?? "").trim().replace(/\s+/g, " ");
    const rights = Object.fromEntries(NAMES.map((name) => [name, value(name)])) as ThreadRights;
    found.set(JSON.stringify(rights), rights);
  }
  return [...found.values()];
}

/** Processes that this one has started, and that run. */
export function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, "latin1").split(" ").filter(Boolean).map(Number),
  );
}
