/** The neighbour settings by the kernel's names and units: net.ipv4.neigh.DEV.KEY (Documentation/networking/ip-sysctl). */
import type { NeighParameters } from "../neigh/parameters.ts";
import type { Stack } from "../stack.ts";
import { ControlError } from "./rpc.ts";

type Write = (parameters: NeighParameters, value: number) => void;

/** Keys of one device, or of `default`. */
const PER_DEVICE: ReadonlyMap<string, Write> = new Map(
  Object.entries<Write>({
    mcast_solicit: (p, count) => {
      p.mcastProbes = count;
    },
    ucast_solicit: (p, count) => {
      p.ucastProbes = count;
    },
    mcast_resolicit: (p, count) => {
      p.mcastReprobes = count;
    },
    retrans_time_ms: (p, ms) => {
      p.retransTime = ms;
    },
    base_reachable_time: (p, seconds) => p.setBaseReachableTime(seconds * 1000),
    base_reachable_time_ms: (p, ms) => p.setBaseReachableTime(ms),
    delay_first_probe_time: (p, seconds) => {
      p.delayProbeTime = seconds * 1000;
    },
    gc_stale_time: (p, seconds) => {
      p.gcStaleTime = seconds * 1000;
    },
    unres_qlen_bytes: (p, bytes) => {
      p.queueLengthBytes = bytes;
    },
    locktime: (p, centiseconds) => {
      p.lockTime = centiseconds * 10;
    },
  }),
);

/** Keys of the whole table: only under `default`. */
const PER_TABLE: ReadonlyMap<string, "thresh1" | "thresh2" | "thresh3"> = new Map([
  ["gc_thresh1", "thresh1"],
  ["gc_thresh2", "thresh2"],
  ["gc_thresh3", "thresh3"],
]);

/**
 * Writes one setting.
 * @throws ControlError SYSCTL_UNKNOWN, SYSCTL_INVALID in the words of `sysctl`
 */
export function writeSysctl(stack: Stack, key: string, text: string): void {
  const { table } = stack.arp;
  const [, where = "", name = ""] = /^net[./]ipv4[./]neigh[./]([^./]+)[./]([a-z0-9_]+)$/.exec(key) ?? [];
  const everywhere = where === "default";
  const threshold = everywhere ? PER_TABLE.get(name) : undefined;
  const write = PER_DEVICE.get(name);
  const device = stack.network.device(where);
  if (!threshold && !(write && (everywhere || device))) {
    const path = `/proc/sys/${key.replaceAll(".", "/")}`;
    throw new ControlError("SYSCTL_UNKNOWN", `sysctl: cannot stat ${path}: No such file or directory`);
  }
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= 0x7fffffff)) throw new ControlError("SYSCTL_INVALID", `sysctl: setting key "${key}": Invalid argument`);
  if (threshold) table.gc[threshold] = value;
  // As in the kernel, devices that never had the key written follow the default; here they are all those that exist at start.
  else if (everywhere) for (const parameters of table.allParameters()) write?.(parameters, value);
  else if (device) write?.(table.parametersOf(device), value);
}
