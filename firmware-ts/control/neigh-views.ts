/** Neighbour entries and parameters as iproute2 prints them: every field followed by one space, so that scripts written for it read them. */
import { protocolName } from "./iproute/protocols.ts";
import { dateTime } from "./iproute/time.ts";

/** One entry, or with `proxy` one proxy entry. Times in whole seconds since. */
export interface NeighView {
  dst: string;
  /** Absent for a proxy entry of no device. */
  dev?: string;
  lladdr?: string;
  router?: boolean;
  proxy?: boolean;
  managed?: boolean;
  extern_learn?: boolean;
  offload?: boolean;
  extern_valid?: boolean;
  /** References besides the table's, as netlink reports them. */
  refcnt?: number;
  used?: number;
  confirmed?: number;
  updated?: number;
  probes?: number;
  state: string[];
  /** RTPROT_*; absent where nobody said. */
  protocol?: number;
}

export interface NeighViewOptions {
  /** Filtered by device: `ip` leaves the device out. */
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

/** One parameter set; times in ms. */
export interface NtableView {
  family: string;
  name: string;
  /** Of a device's set. The defaults come with the table's own block. */
  dev?: string;
  table?: NtableTable;
  parms: Record<NtableParameter, number>;
}

type NtableParameter = (typeof PARAMETER_LINES)[number][number];

export interface NtableTable {
  thresh1: number;
  thresh2: number;
  thresh3: number;
  gc_interval: number;
  key_length: number;
  entry_size: number;
  entries: number;
  /** Milliseconds ago: the last forced collection, the last draw of reachable times. */
  flushed: number;
  drawn: number;
  hash_rnd: number;
  hash_mask: number;
  proxy_qlen: number;
  stats: Record<NtableCounter, number>;
}

type NtableCounter = (typeof COUNTER_LINES)[number][number];

export interface NtableViewOptions {
  statistics: boolean;
  /** Now, in ms since 1970. */
  wallTime: number;
}

const PARAMETER_LINES = [
  ["refcnt", "reachable", "base_reachable", "retrans"],
  ["gc_stale", "delay_probe", "queue"],
  ["app_probes", "ucast_probes", "mcast_probes"],
  ["anycast_delay", "proxy_delay", "proxy_queue", "locktime"],
] as const;

const COUNTER_LINES = [
  ["allocs", "destroys", "hash_grows"],
  ["res_failed", "lookups", "hits"],
  ["rcv_probes_mcast", "rcv_probes_ucast"],
  ["periodic_gc_runs", "forced_gc_runs"],
  ["table_fulls"],
] as const;

/** The lines of one block of `ip ntable show`, the empty one behind it included. */
export function ntableText({ family, name, dev, table, parms }: NtableView, options: NtableViewOptions): string[] {
  const row = <Key extends string>(values: Readonly<Record<Key, number>>, keys: readonly Key[]): string =>
    keys.map((key) => `${key} ${values[key]} `).join("");
  const lines = [`${family} ${name} `];
  if (dev !== undefined) lines.push(`    dev ${dev} `);
  if (table) {
    lines.push(`    ${row(table, ["thresh1", "thresh2", "thresh3"])}gc_int ${table.gc_interval} `);
    if (options.statistics) lines.push(...configLines(table, options.wallTime));
  }
  lines.push(...PARAMETER_LINES.map((keys) => `    ${row(parms, keys)}`));
  if (table && options.statistics) {
    lines.push(...COUNTER_LINES.map((keys, at) => `    ${at === 0 ? "stats " : ""}${row(table.stats, keys)}`));
  }
  return [...lines, ""];
}

function configLines(table: NtableTable, wallTime: number): string[] {
  const mask = table.hash_mask.toString(16).padStart(8, "0");
  return [
    `    config key_len ${table.key_length} entry_size ${table.entry_size} entries ${table.entries} `,
    `        last_flush ${dateTime(wallTime - table.flushed)} last_rand ${dateTime(wallTime - table.drawn)} `,
    `        hash_rnd ${table.hash_rnd} hash_mask ${mask} hash_chain_gc 0 proxy_qlen ${table.proxy_qlen} `,
  ];
}

/** One block of `ip -j ntable`. */
export function ntableJson({ family, name, dev, table, parms }: NtableView, options: NtableViewOptions): object {
  const head = { family, name, ...(dev === undefined ? {} : { dev }) };
  if (!table) return { ...head, ...parms };
  const { thresh1, thresh2, thresh3, gc_interval, key_length, entry_size, entries, hash_rnd, proxy_qlen, stats } = table;
  const limits = { ...head, thresh1, thresh2, thresh3, gc_interval };
  if (!options.statistics) return { ...limits, ...parms };
  const config = {
    key_length,
    entry_size,
    entries,
    last_flush: dateTime(options.wallTime - table.flushed),
    last_rand: dateTime(options.wallTime - table.drawn),
    hash_rnd,
    hash_mask: `0x${table.hash_mask.toString(16)}`,
    hash_chain_gc: 0,
    proxy_qlen,
  };
  return { ...limits, ...config, ...parms, ...stats };
}
