/** `ntable.*`: the table and its parameter sets as netlink has them (the requests behind `ip ntable`). Times in ms. */
import type { NeighParameters, NeighValue } from "../neigh/parameters.ts";
import type { NeighTable } from "../neigh/table.ts";
import type { Stack } from "../stack.ts";
import type { NtableTable, NtableView } from "./neigh-views.ts";
import { deviceOf, optionalInteger, optionalText, text } from "./params.ts";
import { ControlError, type Json, type JsonObject, type Method } from "./rpc/protocol.ts";

/** What `queue` takes a packet for: a full frame (1514) and 256 + 320 bytes of bookkeeping. */
const BYTES_PER_PACKET = 2090;
const INT_MAX = 0x7fffffff;
const UINT_MAX = 0xffffffff;
/** What is left of the kernel's longest time, in jiffies, where an int has to hold it: what more ms than an int holds come to. */
const FOREVER = -2;
/** The hash starts with so many buckets and doubles. */
const BUCKETS = 8;

export function ntableMethods(stack: Stack): [string, Method][] {
  return [
    ["ntable.show", (params) => show(stack, params) as unknown as Json],
    ["ntable.change", (params) => change(stack, params)],
  ];
}

/** The table's own block with the defaults, then the devices', the newest first. */
function show(stack: Stack, params: JsonObject): NtableView[] {
  const dev = optionalText(params, "dev");
  if (dev !== undefined) deviceOf(stack, dev);
  const { table } = stack.neighbours(4);
  const name = optionalText(params, "name");
  if (name !== undefined && name !== table.name) return [];
  const head = { family: "inet", name: table.name };
  const own: NtableView = { ...head, table: tableView(table), parms: parameterView(table.defaults) };
  const sets = [...stack.devices].reverse().map((device) => ({
    ...head,
    dev: device.name,
    parms: parameterView(table.parametersOf(device)),
  }));
  return dev === undefined ? [own, ...sets] : sets.filter((set) => set.dev === dev);
}

function tableView(table: NeighTable): NtableTable {
  const { family, gc, statistics: s } = table;
  return {
    thresh1: gc.thresh1,
    thresh2: gc.thresh2,
    thresh3: gc.thresh3,
    gc_interval: gc.interval,
    key_length: family.keyLength,
    // An entry is an object of the engine, which does not say how large it is; nor is the hash's seed anybody's business.
    entry_size: 0,
    entries: table.entries,
    flushed: table.now() - gc.lastFlush,
    drawn: table.now() - gc.lastRedraw,
    hash_rnd: 0,
    hash_mask: BUCKETS * 2 ** s.hashGrows - 1,
    proxy_qlen: table.proxyQueue.length,
    stats: {
      allocs: s.allocs,
      destroys: s.destroys,
      hash_grows: s.hashGrows,
      res_failed: s.resFailed,
      lookups: s.lookups,
      hits: s.hits,
      rcv_probes_mcast: s.rcvProbesMcast,
      rcv_probes_ucast: s.rcvProbesUcast,
      periodic_gc_runs: s.periodicGcRuns,
      forced_gc_runs: s.forcedGcRuns,
      table_fulls: s.tableFulls,
    },
  };
}

function parameterView(parameters: NeighParameters): NtableView["parms"] {
  const ms = (value: number): number => Math.trunc(value) >>> 0;
  return {
    refcnt: parameters.entries + 1,
    reachable: ms(parameters.reachableTime),
    base_reachable: ms(parameters.baseReachableTime),
    retrans: ms(parameters.retransTime),
    gc_stale: ms(parameters.gcStaleTime),
    delay_probe: ms(parameters.delayProbeTime),
    queue: Math.trunc(parameters.queueLengthBytes / BYTES_PER_PACKET),
    app_probes: parameters.appProbes,
    ucast_probes: parameters.ucastProbes,
    mcast_probes: parameters.mcastProbes,
    anycast_delay: ms(parameters.anycastDelay),
    proxy_delay: ms(parameters.proxyDelay),
    proxy_queue: parameters.proxyQueueLength,
    locktime: ms(parameters.lockTime),
  };
}

const TIMES: readonly (readonly [key: string, value: NeighValue])[] = [
  ["base_reachable", "baseReachableTime"],
  ["retrans", "retransTime"],
  ["gc_stale", "gcStaleTime"],
  ["delay_probe", "delayProbeTime"],
  ["anycast_delay", "anycastDelay"],
  ["proxy_delay", "proxyDelay"],
  ["locktime", "lockTime"],
];

const COUNTS: readonly (readonly [key: string, value: NeighValue])[] = [
  ["app_probes", "appProbes"],
  ["ucast_probes", "ucastProbes"],
  ["mcast_probes", "mcastProbes"],
  ["proxy_queue", "proxyQueueLength"],
];

const LIMITS = [
  ["thresh1", "thresh1"],
  ["thresh2", "thresh2"],
  ["thresh3", "thresh3"],
  ["gc_int", "interval"],
] as const;

function change(stack: Stack, params: JsonObject): Json {
  const { table, namespace } = stack.neighbours(4);
  const dev = optionalText(params, "dev");
  const set = dev === undefined ? table.defaults : table.parametersOf(deviceOf(stack, dev));
  const number = (key: string): number | undefined => optionalInteger(params, key, 0, UINT_MAX);
  const limits = LIMITS.flatMap(([key, limit]) => {
    const value = number(key);
    return value === undefined ? [] : [{ limit, value }];
  });
  const values: [NeighValue, number][] = [];
  for (const [key, value] of TIMES) {
    const ms = number(key);
    if (ms !== undefined) values.push([value, ms > INT_MAX ? FOREVER * table.lateness.jiffy : table.lateness.roundUp(ms)]);
  }
  for (const [key, value] of COUNTS) {
    const count = number(key);
    // Counts are ints, and nobody looks whether they are negative (measured on Linux 6.18).
    if (count !== undefined) values.push([value, count | 0]);
  }
  const packets = number("queue");
  if (packets !== undefined && packets <= INT_MAX / BYTES_PER_PACKET) values.push(["queueLengthBytes", packets * BYTES_PER_PACKET]);
  // The table and its defaults belong to the initial namespace.
  const foreign = !namespace.initial && (limits.length > 0 || dev === undefined);
  if (text(params, "name") !== table.name || foreign) {
    throw new ControlError("NTABLE_MISSING", "RTNETLINK answers: No such file or directory");
  }
  for (const [name, value] of values) set.setAlone(name, value);
  for (const { limit, value } of limits) table.gc[limit] = value;
  return null;
}
