/** Parameter sets of the neighbour table as iproute2 prints them. */
import type { NtableTable, NtableView } from "../methods/ntable.ts";
import { dateTime } from "./time.ts";

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
