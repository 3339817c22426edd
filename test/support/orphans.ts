/** Finds and removes what test processes left behind that did not live to do it themselves. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SCRATCH } from "./own.ts";

const NAMESPACES = "/run/netns";
const NAMED = /^wh([0-9a-z]+)-/;
/** A folder's name behind SCRATCH. */
const FOLDER = /^([0-9a-z]+)(?:-.*)?$/;

/** Removes orphans; returns a line for each. What cannot be removed (somebody else's) stays, and is not told of. */
export function removeOrphans(): string[] {
  const removed: string[] = [];
  const remove = (what: string, how: () => void): void => {
    try {
      how();
      removed.push(what);
    } catch {
      // Gone by now, or not ours to remove.
    }
  };
  for (const name of entries(NAMESPACES)) {
    if (abandoned(NAMED.exec(name)?.[1])) remove(`namespace ${name}`, () => ip("netns", "delete", name));
  }
  for (const name of entries("/sys/class/net")) {
    if (abandoned(NAMED.exec(name)?.[1])) remove(`interface ${name}`, () => ip("link", "delete", name));
  }
  for (const name of entries(tmpdir())) {
    const path = join(tmpdir(), name);
    if (name.startsWith(SCRATCH) && abandoned(FOLDER.exec(name.slice(SCRATCH.length))?.[1])) {
      remove(`folder ${path}`, () => rmSync(path, { recursive: true }));
    }
  }
  return removed;
}

/** The process with this id (to the base of 36) is gone, or is by now somebody else's: no program from TypeScript. */
function abandoned(owner: string | undefined): boolean {
  if (owner === undefined) return false;
  try {
    return !readFileSync(`/proc/${Number.parseInt(owner, 36)}/cmdline`, "utf8").includes(".ts");
  } catch {
    return true;
  }
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function ip(...args: string[]): void {
  execFileSync("ip", args, { stdio: "ignore", timeout: 60_000 });
}
