/** Programs as users have them, for the benches of whole programs: the built command, the words of a device, what /proc says of memory. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { VethPair } from "../support/netns.ts";
import { ROOT } from "../support/sources.ts";

/** The built command. */
export const MAIN: string = join(ROOT, "dist/firmware-ts/cli/main.js");

/** Words of `whohas run` for a board at 10.0.0.2 with one device. */
export function onDevice(spec: string): readonly string[] {
  return ["--device", spec, "--address", "10.0.0.2/24", "--gateway", "10.0.0.1"];
}

/** Makes an interface whose far end is a Linux host, 10.0.0.1. Returns its name. */
export function ifaceToHost(): string {
  const pair = new VethPair();
  pair.far.ip("address", "add", "10.0.0.1/24", "dev", pair.farName);
  return pair.near;
}

/** Memory of a running process in MiB, as its user sees it (proc(5), VmRSS and VmHWM). */
export interface Memory {
  readonly resident: number;
  /** The most that was resident. */
  readonly most: number;
}

export function memoryOf(pid: number | undefined): Memory {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return { resident: statusNumber(status, "VmRSS") / 1024, most: statusNumber(status, "VmHWM") / 1024 };
}

/** A number in the text of a status file of /proc; NaN when it is not there. */
export function statusNumber(status: string, key: string): number {
  return Number(new RegExp(`^${key}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? Number.NaN);
}
