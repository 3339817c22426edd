/** `neigh.*`: the neighbour table as an operator sees and changes it (the requests behind `ip neigh`). */
import { formatIpv4 } from "../inet/address.ts";
import type { Neighbour } from "../neigh/entry.ts";
import { NUD_VALID, Nud, nudName, parseNud } from "../neigh/states.ts";
import { UpdateFlags, UpdateResult, update } from "../neigh/update.ts";
import type { NetDevice } from "../net/device.ts";
import { formatMac } from "../net/ethernet.ts";
import type { Stack } from "../stack.ts";
import { deviceOf, flag, ipv4Of, macOf, optionalText, prefixOf, text } from "./params.ts";
import { ControlError, type Json, type JsonObject, type Method, RpcCode } from "./rpc.ts";

/** One entry as `ip -j -s neigh` has it. Times in whole seconds since. */
export interface NeighView {
  dst: string;
  dev: string;
  lladdr?: string;
  used: number;
  confirmed: number;
  updated: number;
  probes: number;
  state: string[];
}

export function neighMethods(stack: Stack): [string, Method][] {
  return [
    ["neigh.show", (params) => show(stack, params)],
    ["neigh.add", (params) => change(stack, params, { create: true, replace: false })],
    ["neigh.replace", (params) => change(stack, params, { create: true, replace: true })],
    ["neigh.change", (params) => change(stack, params, { create: false, replace: true })],
    ["neigh.del", (params) => del(stack, params)],
    ["neigh.flush", (params) => flush(stack, params)],
  ];
}

function view(entry: Neighbour): NeighView {
  const now = entry.host.clock.now();
  const ago = (time: number): number => Math.trunc((now - time) / 1000);
  const state = nudName(entry.nudState);
  return {
    dst: formatIpv4(entry.key),
    dev: entry.device.name,
    ...(entry.nudState & NUD_VALID ? { lladdr: formatMac(entry.header) } : {}),
    used: ago(entry.used),
    confirmed: ago(entry.confirmed),
    updated: ago(entry.updated),
    probes: entry.probes,
    state: state ? [state] : [],
  };
}

/** Entries that match dev, prefix and states, by device and address. Without states all but NOARP and NONE, as `ip` does. */
function select(stack: Stack, params: JsonObject, hidden: number): Neighbour[] {
  const name = optionalText(params, "dev");
  const device = name === undefined ? undefined : deviceOf(stack, name);
  const to = optionalText(params, "to");
  const prefix = to === undefined ? null : prefixOf(to);
  const states = statesOf(params);
  const wanted = (entry: Neighbour): boolean => {
    if (device && entry.device !== device) return false;
    if (prefix && (entry.key & prefix.mask) !== prefix.address) return false;
    if (states) return states.includes(entry.nudState);
    return entry.nudState !== Nud.NONE && (entry.nudState & hidden) === 0;
  };
  const order = (a: Neighbour, b: Neighbour): number => a.device.ifindex - b.device.ifindex || (a.key >>> 0) - (b.key >>> 0);
  return stack.arp.table.list().filter(wanted).sort(order);
}

function statesOf(params: JsonObject): number[] | null {
  const names = params["nud"];
  if (names === undefined || names === null) return null;
  if (!Array.isArray(names) || !names.every((name) => typeof name === "string")) {
    throw new ControlError("INVALID_PARAMS", "nud is not a list of states", RpcCode.INVALID_PARAMS);
  }
  if (names.includes("all")) return Object.values(Nud);
  return names.map(stateOf);
}

function stateOf(name: string): Nud {
  const state = parseNud(name);
  if (state === undefined) throw new ControlError("NUD_INVALID", `Error: argument "${name}" is wrong: nud state is bad`);
  return state;
}

function show(stack: Stack, params: JsonObject): Json {
  return select(stack, params, Nud.NOARP).map(view) as unknown as Json;
}

interface Target {
  key: number;
  device: NetDevice;
  entry: Neighbour | null;
}

function target(stack: Stack, params: JsonObject): Target {
  const key = ipv4Of(text(params, "dst"));
  const device = deviceOf(stack, text(params, "dev"));
  return { key, device, entry: stack.arp.table.lookup(key, device) };
}

function change(stack: Stack, params: JsonObject, mode: { create: boolean; replace: boolean }): Json {
  const { key, device, entry: known } = target(stack, params);
  const state = stateOf(optionalText(params, "nud") ?? "permanent");
  const lladdr = optionalText(params, "lladdr");
  const mac = lladdr === undefined ? null : macOf(lladdr);
  if (known && !mode.replace) throw new ControlError("NEIGH_EXISTS", "RTNETLINK answers: File exists");
  if (!known && !mode.create) throw new ControlError("NEIGH_MISSING", "RTNETLINK answers: No such file or directory");
  const entry = known ?? stack.arp.table.create(key, device, state === Nud.PERMANENT);
  if (!entry) throw new ControlError("TABLE_FULL", "RTNETLINK answers: No buffer space available");
  const result = update(entry, mac, 0, state, UpdateFlags.ADMIN | UpdateFlags.OVERRIDE);
  if (result === UpdateResult.NO_ADDRESS) throw new ControlError("NO_LLADDR", "Error: No link layer address given.");
  return null;
}

function del(stack: Stack, params: JsonObject): Json {
  const { entry } = target(stack, params);
  if (!entry) throw new ControlError("NEIGH_MISSING", "RTNETLINK answers: No such file or directory");
  stack.arp.table.delete(entry);
  return null;
}

/** Deletes what matches; PERMANENT and NOARP entries only when their state is asked for. */
function flush(stack: Stack, params: JsonObject): Json {
  const filters = [params["dev"], params["to"], params["nud"]];
  if (!flag(params, "all") && filters.every((filter) => filter === undefined || filter === null)) {
    throw new ControlError("FLUSH_ALL", "Flush requires arguments.");
  }
  const entries = select(stack, params, Nud.NOARP | Nud.PERMANENT);
  const views = entries.map(view);
  for (const entry of entries) stack.arp.table.delete(entry);
  return views as unknown as Json;
}
