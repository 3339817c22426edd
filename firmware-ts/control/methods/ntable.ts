/** `ntable.*`: the neighbour table and its parameter sets as netlink has them (the requests behind `ip ntable`). Times in ms. */
import * as v from "valibot";
import type { NeighParameters, NeighValue } from "../../neigh/parameters.ts";
import type { NeighTable } from "../../neigh/table.ts";
import { ControlError } from "../rpc/protocol.ts";
import { servicesOf } from "./by-family.ts";
import { FAMILY, type Family, INT_MAX, integer, maybe, needed, TEXT, UINT_MAX } from "./forms.ts";
import { type MethodContext, method } from "./method.ts";

const PARAMETERS = [
  "refcnt",
  "reachable",
  "base_reachable",
  "retrans",
  "gc_stale",
  "delay_probe",
  "queue",
  "app_probes",
  "ucast_probes",
  "mcast_probes",
  "anycast_delay",
  "proxy_delay",
  "proxy_queue",
  "locktime",
] as const;

const COUNTERS = [
  "allocs",
  "destroys",
  "hash_grows",
  "res_failed",
  "lookups",
  "hits",
  "rcv_probes_mcast",
  "rcv_probes_ucast",
  "periodic_gc_runs",
  "forced_gc_runs",
  "table_fulls",
] as const;

const AGO = v.pipe(v.number(), v.description("ms ago"));

const TABLE = v.pipe(
  v.object({
    thresh1: v.number(),
    thresh2: v.number(),
    thresh3: v.number(),
    gc_interval: v.number(),
    key_length: v.number(),
    entry_size: v.number(),
    entries: v.number(),
    flushed: v.pipe(AGO, v.description("the last forced collection, ms ago")),
    drawn: v.pipe(AGO, v.description("the last draw of reachable times, ms ago")),
    hash_rnd: v.number(),
    hash_mask: v.number(),
    proxy_qlen: v.number(),
    stats: v.object(v.entriesFromList(COUNTERS, v.number())),
  }),
  v.title("neighbour table"),
);

/** One parameter set: the defaults with the table's own block, or that of a device. */
const BLOCK = v.pipe(
  v.object({
    family: v.string(),
    name: v.string(),
    dev: v.exactOptional(v.pipe(v.string(), v.description("absent for the defaults"))),
    table: v.exactOptional(TABLE),
    parms: v.object(v.entriesFromList(PARAMETERS, v.number())),
  }),
  v.title("parameter set"),
);

export type NtableView = v.InferOutput<typeof BLOCK>;
export type NtableTable = v.InferOutput<typeof TABLE>;

const ENTRIES = ["thresh1", "thresh2", "thresh3"] as const;
const DURATIONS = [
  "gc_int",
  "base_reachable",
  "retrans",
  "gc_stale",
  "delay_probe",
  "anycast_delay",
  "proxy_delay",
  "locktime",
] as const;
const PACKETS = ["queue", "proxy_queue"] as const;
const PROBES = ["app_probes", "ucast_probes", "mcast_probes"] as const;

/** Keys that can be changed: limits of the table, and parameters. */
export const NTABLE_KEYS = [...ENTRIES, ...DURATIONS, ...PACKETS, ...PROBES] as const;

const NUMBER = integer(0, UINT_MAX);

type NtableKey = (typeof NTABLE_KEYS)[number];

export const ntableMethods = {
  "ntable.show": method({
    about: "Of each table the defaults with its own block, then the sets of the devices, the newest first.",
    params: { dev: maybe(TEXT, "device"), name: maybe(TEXT, "table"), family: maybe(FAMILY, "address family; default both") },
    result: v.array(BLOCK),
    errors: ["NO_DEVICE", "FAMILY_UNSUPPORTED"],
    run: show,
  }),
  "ntable.change": method({
    about: "Changes limits of the table, or parameters of a device, or without one the defaults.",
    params: {
      name: needed(TEXT, "table: arp_cache, ndisc_cache"),
      family: maybe(FAMILY, "address family; default that of the table"),
      dev: maybe(TEXT, "device"),
      ...v.entriesFromList(ENTRIES, maybe(NUMBER, "entries")),
      ...v.entriesFromList(DURATIONS, maybe(NUMBER, "ms")),
      ...v.entriesFromList(PACKETS, maybe(NUMBER, "packets")),
      ...v.entriesFromList(PROBES, maybe(NUMBER, "probes")),
    },
    result: v.null(),
    errors: ["NO_DEVICE", "NTABLE_MISSING", "FAMILY_UNSUPPORTED"],
    run: change,
  }),
};

/** Bytes that `queue` counts for a packet: a full frame (1514) and 256 + 320 bytes of bookkeeping. */
const BYTES_PER_PACKET = 2090;
/** The kernel's longest time in jiffies, cut to an int: more ms than an int holds come to this. */
const FOREVER = -2;
/** Octets of an IPv6 neighbour's address. */
const IPV6_KEY = 16;
/** The hash starts with so many buckets and doubles. */
const BUCKETS = 8;

interface Filter {
  dev?: string | undefined;
  name?: string | undefined;
  family?: Family | undefined;
}

function show(context: MethodContext, { dev, name, family }: Filter): NtableView[] {
  if (dev !== undefined) context.device(dev);
  return servicesOf(context, family).flatMap(({ table }) =>
    name === undefined || name === table.name ? blocks(context, table, dev) : [],
  );
}

function blocks({ stack }: MethodContext, table: NeighTable, dev: string | undefined): NtableView[] {
  const head = { family: table.family.keyLength === IPV6_KEY ? "inet6" : "inet", name: table.name };
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
    // An entry is an object of the engine, whose size is not known; the seed of the hash is not told.
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

const TIMES: readonly (readonly [key: NtableKey, value: NeighValue])[] = [
  ["base_reachable", "baseReachableTime"],
  ["retrans", "retransTime"],
  ["gc_stale", "gcStaleTime"],
  ["delay_probe", "delayProbeTime"],
  ["anycast_delay", "anycastDelay"],
  ["proxy_delay", "proxyDelay"],
  ["locktime", "lockTime"],
];

const COUNTS: readonly (readonly [key: NtableKey, value: NeighValue])[] = [
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

type Change = { name: string; dev?: string | undefined; family?: Family | undefined } & { [Key in NtableKey]?: number | undefined };

function change(context: MethodContext, { name, dev, family, ...given }: Change): null {
  const services = servicesOf(context, family);
  const { table, namespace } = services.find((service) => service.table.name === name) ?? context.stack.neighbours(4);
  const set = dev === undefined ? table.defaults : table.parametersOf(context.device(dev));
  const limits = LIMITS.flatMap(([key, limit]) => {
    const value = given[key];
    return value === undefined ? [] : [{ limit, value }];
  });
  const values: [NeighValue, number][] = [];
  for (const [key, value] of TIMES) {
    const ms = given[key];
    if (ms !== undefined) values.push([value, ms > INT_MAX ? FOREVER * table.lateness.jiffy : table.lateness.roundUp(ms)]);
  }
  for (const [key, value] of COUNTS) {
    const count = given[key];
    // Counts are ints, and the kernel does not look whether they are negative (measured on Linux 6.18).
    if (count !== undefined) values.push([value, count | 0]);
  }
  const { queue: packets } = given;
  if (packets !== undefined && packets <= INT_MAX / BYTES_PER_PACKET) values.push(["queueLengthBytes", packets * BYTES_PER_PACKET]);
  // The table and its defaults belong to the initial namespace.
  const foreign = !namespace.initial && (limits.length > 0 || dev === undefined);
  const known = services.some((service) => service.table.name === name);
  if (!known || foreign) {
    throw new ControlError("NTABLE_MISSING", `no table ${name} can be changed here`, { errno: "ENOENT", detail: name });
  }
  for (const [key, value] of values) set.setAlone(key, value);
  for (const { limit, value } of limits) table.gc[limit] = value;
  return null;
}
