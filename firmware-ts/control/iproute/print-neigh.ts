/** Neighbour entries as iproute2 prints them: every field followed by one space, so that scripts written for it read them. */
import type { NeighView } from "../methods/neigh-entry.ts";
import { protocolName } from "../protocols.ts";

export interface NeighViewOptions {
  /** The filter names the device: `ip` leaves it out. */
  withoutDevice: boolean;
  statistics: boolean;
}

/** Flags in the order in which `ip` prints them. */
const FLAGS = ["router", "proxy", "managed", "extern_learn", "offload", "extern_valid"] as const;

/** A line of `ip neigh show`. */
export function neighLine(entry: NeighView, options: NeighViewOptions): string {
  let line = `${entry.dst} `;
  if (entry.dev !== undefined && !options.withoutDevice) line += `dev ${entry.dev} `;
  if (entry.lladdr !== undefined) line += `lladdr ${entry.lladdr} `;
  for (const flag of FLAGS) if (entry[flag]) line += `${flag} `;
  if (options.statistics && entry.used !== undefined) {
    if (entry.refcnt) line += ` ref ${entry.refcnt}`;
    line += ` used ${entry.used}/${entry.confirmed}/${entry.updated}`;
    line += `probes ${entry.probes} `;
  }
  for (const state of entry.state) line += `${state} `;
  if (entry.protocol) line += `proto ${protocolName(entry.protocol)} `;
  return line;
}

/** A line of `ip -br neigh`. */
export function neighBrief(entry: NeighView, options: { withoutDevice: boolean }): string {
  const device = options.withoutDevice || entry.dev === undefined ? "" : `${entry.dev.padEnd(16)} `;
  return `${entry.dst.padEnd(39)} ${device}${entry.lladdr ?? ""}`;
}

/** An entry as `ip -j neigh` has it: a flag that is set is a key without a value, the times come with -s. */
export function neighJson(entry: NeighView, options: NeighViewOptions & { brief?: boolean }): object {
  const record: Record<string, unknown> = { dst: entry.dst };
  if (entry.dev !== undefined && !options.withoutDevice) record["dev"] = entry.dev;
  if (entry.lladdr !== undefined) record["lladdr"] = entry.lladdr;
  if (options.brief) return record;
  for (const flag of FLAGS) if (entry[flag]) record[flag] = null;
  if (options.statistics && entry.used !== undefined) {
    if (entry.refcnt) record["refcnt"] = entry.refcnt;
    for (const key of ["used", "confirmed", "updated", "probes"] as const) record[key] = entry[key];
  }
  if (entry.state.length > 0) record["state"] = entry.state;
  if (entry.protocol) record["protocol"] = protocolName(entry.protocol);
  return record;
}
