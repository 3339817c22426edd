/**
 * The settings as files of net.FAMILY.neigh.DEV, with the kernel's names, units, ranges and its way of reading a number. Times are kept
 * in whole jiffies, so that a file may read otherwise than it was written. Measured on Linux 6.18 at HZ=250.
 */
import type { Lateness } from "../net/lateness.ts";
import { StackError } from "../net/stack-error.ts";
import type { GcLimits } from "./defaults.ts";
import type { NeighParameters, NeighValue } from "./parameters.ts";

const INT_MAX = 0x7fffffff;
/** Ticks of a second in files that count in centiseconds. */
const USER_HZ = 100;
/** The size of a packet to unres_qlen: a full frame (1514) and 256 + 320 bytes of bookkeeping. */
const BYTES_PER_PACKET = 2090;
/** Most characters of a number that the kernel copies. */
const LONGEST_NUMBER = 21;

type Unit = "count" | "packets" | "seconds" | "centiseconds" | "milliseconds";

interface File {
  readonly value: NeighValue;
  readonly unit: Unit;
  /** Smallest number that may be written; default 0 for counts and milliseconds, any for the others. */
  readonly least?: number;
}

const FILES: ReadonlyMap<string, File> = new Map<string, File>([
  ["anycast_delay", { value: "anycastDelay", unit: "centiseconds" }],
  ["app_solicit", { value: "appProbes", unit: "count" }],
  ["base_reachable_time", { value: "baseReachableTime", unit: "seconds" }],
  ["base_reachable_time_ms", { value: "baseReachableTime", unit: "milliseconds" }],
  ["delay_first_probe_time", { value: "delayProbeTime", unit: "seconds" }],
  ["gc_stale_time", { value: "gcStaleTime", unit: "seconds" }],
  ["interval_probe_time_ms", { value: "intervalProbeTime", unit: "milliseconds", least: 1 }],
  ["locktime", { value: "lockTime", unit: "centiseconds" }],
  ["mcast_resolicit", { value: "mcastReprobes", unit: "count" }],
  ["mcast_solicit", { value: "mcastProbes", unit: "count" }],
  ["proxy_delay", { value: "proxyDelay", unit: "centiseconds" }],
  ["proxy_qlen", { value: "proxyQueueLength", unit: "count" }],
  ["retrans_time", { value: "retransTime", unit: "centiseconds" }],
  ["retrans_time_ms", { value: "retransTime", unit: "milliseconds" }],
  ["ucast_solicit", { value: "ucastProbes", unit: "count" }],
  ["unres_qlen", { value: "queueLengthBytes", unit: "packets" }],
  ["unres_qlen_bytes", { value: "queueLengthBytes", unit: "count" }],
]);

/** The files of a device, in the order of `ls`. */
export const NEIGH_FILES: readonly string[] = [...FILES.keys()];

/** EINVAL: the kernel does not take the text. ENOENT: there is no such file. */
export class ParameterError extends StackError {
  constructor(errno: "EINVAL" | "ENOENT", message: string) {
    super(errno, errno, message);
    this.name = "ParameterError";
  }
}

/**
 * Reads a file: its text, without newline.
 * @throws ParameterError ENOENT
 */
export function readNeighParameter(parameters: NeighParameters, name: string): string {
  const { value, unit } = fileOf(name);
  const stored = parameters[value];
  if (unit === "count") return String(stored);
  if (unit === "packets") return String(Math.trunc(stored / BYTES_PER_PACKET));
  const { jiffy, hz } = parameters.lateness;
  const jiffies = Math.trunc(Math.abs(stored) / jiffy);
  const sign = stored < 0 ? "-" : "";
  if (unit === "seconds") return sign + Math.trunc(jiffies / hz);
  if (unit === "centiseconds") return sign + Math.trunc((jiffies * USER_HZ) / hz);
  return sign + ((jiffies * jiffy) >>> 0);
}

/**
 * Writes a file as `echo text >` does.
 * @throws ParameterError EINVAL, ENOENT
 */
export function writeNeighParameter(parameters: NeighParameters, name: string, text: string): void {
  const file = fileOf(name);
  parameters.set(file.value, storedValue(file, parseNumber(text), parameters.lateness));
}

function storedValue({ unit, least = 0 }: File, number: number, lateness: Lateness): number {
  const { hz, jiffy } = lateness;
  switch (unit) {
    case "count":
      return within(number, 0, INT_MAX);
    case "packets":
      return within(number, 0, Math.trunc(INT_MAX / BYTES_PER_PACKET)) * BYTES_PER_PACKET;
    case "seconds":
      return within(number, -Math.trunc(INT_MAX / hz), Math.trunc(INT_MAX / hz)) * 1000;
    case "milliseconds":
      return lateness.roundUp(within(number, least, INT_MAX));
    default:
      return centiseconds(number, hz) * jiffy;
  }
}

/** The settings of the whole table. Their files exist under `default` only. Times in ms. */
export interface TableSettings extends GcLimits {
  readonly lateness: Lateness;
}

const TABLE_FILES: ReadonlyMap<string, keyof GcLimits> = new Map([
  ["gc_interval", "interval"],
  ["gc_thresh1", "thresh1"],
  ["gc_thresh2", "thresh2"],
  ["gc_thresh3", "thresh3"],
] as const);

/** The files of the table, in the order of `ls`. */
export const NEIGH_TABLE_FILES: readonly string[] = [...TABLE_FILES.keys()];

/**
 * As readNeighParameter(), for a file of the table.
 * @throws ParameterError ENOENT
 */
export function readTableParameter(table: TableSettings, name: string): string {
  const value = tableFileOf(name);
  return String(value === "interval" ? Math.trunc(table.interval / 1000) : table[value]);
}

/**
 * As writeNeighParameter(), for a file of the table.
 * @throws ParameterError EINVAL, ENOENT
 */
export function writeTableParameter(table: TableSettings, name: string, text: string): void {
  const value = tableFileOf(name);
  const number = parseNumber(text);
  const seconds = Math.trunc(INT_MAX / table.lateness.hz);
  if (value === "interval") table.interval = within(number, -seconds, seconds) * 1000;
  else table[value] = within(number, 0, INT_MAX);
}

function tableFileOf(name: string): keyof GcLimits {
  const value = TABLE_FILES.get(name);
  if (!value) throw new ParameterError("ENOENT", `no neighbour parameter is called ${name}`);
  return value;
}

/** Jiffies of a number of centiseconds. As the kernel's, the conversion checks little: it cuts to an int, and all negative ones are -1. */
function centiseconds(number: number, hz: number): number {
  if (number < 0) return -1;
  // The kernel's own bound is 2^63 / HZ; up to here doubles count exactly.
  if (number > Number.MAX_SAFE_INTEGER / hz) throw invalid(number);
  return Math.trunc((number * hz) / USER_HZ) | 0;
}

function fileOf(name: string): File {
  const file = FILES.get(name);
  if (!file) throw new ParameterError("ENOENT", `no neighbour parameter is called ${name}`);
  return file;
}

function within(number: number, least: number, most: number): number {
  if (number < least || number > most) throw new ParameterError("EINVAL", `${number} is out of range: ${least} to ${most}`);
  return number;
}

function invalid(text: string | number): ParameterError {
  return new ParameterError("EINVAL", `"${text}" is not a number that fits; say e.g. 3`);
}

/** Reads the first number: decimal, 0x hexadecimal or 0 octal; white space may precede it, white space and anything may follow. */
function parseNumber(text: string): number {
  const [, sign = "", digits = ""] = /^\s*(-?)(0x[0-9a-f]+|0[0-7]*|[1-9][0-9]*)(?=[ \t\n]|$)/i.exec(text) ?? [];
  if (digits === "" || digits.length > LONGEST_NUMBER) throw invalid(text);
  const octal = /^0[0-7]+$/.test(digits);
  const number = octal ? Number.parseInt(digits, 8) : Number(digits);
  return sign ? -number : number;
}
