/** lwip.c: built against Debian's liblwip-dev where that is there, and run as a reference next to a subject of ours. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SOURCE = fileURLToPath(new URL("./lwip.c", import.meta.url));
const HEADERS = "/usr/include/lwip";
const COMPILE = 30_000;
const RUN = 10_000;
/** Enough to see a byte in a hundred operations. */
const COUNTED = 10_000;

/** Names the things that are missing on this machine to build it, or null. */
export function missingForLwip(): string | null {
  if (spawnSync("gcc", ["--version"]).error) return "gcc";
  if (!existsSync(join(HEADERS, "lwip/init.h"))) return "liblwip-dev (apt-get install liblwip-dev)";
  return null;
}

/** Builds both programs into `directory`: one to be timed, and one that counts what it allocates. @throws Error with gcc's words */
export function buildLwip(directory: string): void {
  const flags = ["-O2", "-Wall", "-Wextra", `-I${HEADERS}`, SOURCE, "-llwip"];
  execFileSync("gcc", ["-o", join(directory, "time"), ...flags], { timeout: COMPILE });
  execFileSync("gcc", ["-DCOUNT_ALLOCATIONS", "-o", join(directory, "count"), ...flags], { timeout: COMPILE });
}

/** The version as lwIP names itself: `2.1.3`. */
export function lwipVersion(directory: string): string {
  return execFileSync(join(directory, "time"), ["version"], { encoding: "utf8", timeout: RUN }).trim();
}

/** Nanoseconds of an operation, in a process that has just warmed up. @param what `send 32 1`, `arp` */
export function timeLwip(directory: string, what: string): number {
  return Number(run(directory, "time", what)[0]);
}

/** Bytes that an operation asks malloc() for. It gives them back, too. */
export function countLwip(directory: string, what: string): number {
  return Number(run(directory, "count", `${what} ${COUNTED}`)[1]);
}

function run(directory: string, program: string, what: string): string[] {
  return execFileSync(join(directory, program), what.split(" "), { encoding: "utf8", timeout: RUN }).trim().split(" ");
}
