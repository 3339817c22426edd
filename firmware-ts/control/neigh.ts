/** `neigh.*`: the neighbour table as an operator sees and changes it (the requests behind `ip neigh`). */
import { formatIpv4 } from "../ip/address.ts";
import { NeighError, type NeighRequest, type NeighTarget, neighAdd, neighDelete, neighGet, neighGetProxy } from "../neigh/admin.ts";
import type { Neighbour } from "../neigh/entry.ts";
import { NeighFlags } from "../neigh/flags.ts";
import type { ProxyEntry } from "../neigh/proxy.ts";
import { Nud, nudName, parseNud } from "../neigh/states.ts";
import { formatMac } from "../net/ethernet.ts";
import type { Stack } from "../stack.ts";
import type { NeighView } from "./neigh-views.ts";
import { deviceOf, flag, ipv4Of, linkAddressOf, optionalInteger, optionalText, prefixOf, text, texts } from "./params.ts";
import { ControlError, type Json, type JsonObject, type Method } from "./rpc/protocol.ts";

export function neighMethods(stack: Stack): [string, Method][] {
  return [
    ["neigh.show", (params) => shown(stack, params) as unknown as Json],
    ["neigh.get", (params) => get(stack, params) as unknown as Json],
    ["neigh.add", (params) => change(stack, params, { create: true, exclusive: true, replace: false })],
    ["neigh.replace", (params) => change(stack, params, { create: true, exclusive: false, replace: true })],
    ["neigh.change", (params) => change(stack, params, { create: false, exclusive: false, replace: true })],
    ["neigh.del", (params) => asked(() => neighDelete(stack.neighbours(4).table, target(stack, params)))],
    ["neigh.flush", (params) => flush(stack, params) as unknown as Json],
  ];
}

/** Whose request it is, for those who are told of the change. */
const OPERATOR = 1;

/** Flags of an entry by their names in a view and in a request. */
const FLAGS = [
  ["router", NeighFlags.ROUTER],
  ["managed", NeighFlags.MANAGED],
  ["extern_learn", NeighFlags.EXT_LEARNED],
  ["offload", NeighFlags.OFFLOADED],
  ["extern_valid", NeighFlags.EXT_VALIDATED],
] as const;

const REQUESTS = [...FLAGS.filter(([name]) => name !== "offload"), ["use", NeighFlags.USE]] as const;

/** @param holders references to it that the table does not know of: those of the request that asks */
export function neighView(entry: Neighbour, holders = 0): NeighView {
  const now = entry.host.now();
  const ago = (time: number): number => Math.trunc((now - time) / 1000);
  const state = nudName(entry.nudState);
  const view: NeighView = { dst: formatIpv4(entry.key), dev: entry.device.name, state: state ? [state] : [] };
  if (entry.valid) view.lladdr = formatMac(entry.address);
  for (const [name, bit] of FLAGS) if (entry.flags & bit) view[name] = true;
  const refcnt = entry.references + holders;
  if (refcnt > 0) view.refcnt = refcnt;
  if (entry.protocol) view.protocol = entry.protocol;
  return Object.assign(view, {
    used: ago(entry.used),
    confirmed: ago(entry.confirmed),
    updated: ago(entry.updated),
    probes: entry.probes,
  });
}

function proxyView({ key, device, flags, protocol }: ProxyEntry): NeighView {
  const view: NeighView = { dst: formatIpv4(key), proxy: true, state: [] };
  if (device) view.dev = device.name;
  for (const [name, bit] of FLAGS) if (flags & bit) view[name] = true;
  if (protocol) view.protocol = protocol;
  return view;
}

/** A request to the table, refused in its words. */
function asked(request: () => void): null {
  try {
    request();
    return null;
  } catch (error) {
    if (error instanceof NeighError) throw new ControlError(CODES[error.code] ?? error.code, error.message);
    throw error;
  }
}

const CODES: Readonly<Record<string, string>> = {
  EXISTS: "NEIGH_EXISTS",
  MISSING: "NEIGH_MISSING",
  NOT_FOUND: "NEIGH_MISSING",
  PROXY_NOT_FOUND: "NEIGH_MISSING",
  INVALID_LLADDR: "LLADDR_INVALID",
  NO_DEVICE: "DEVICE_MISSING",
  GET_NO_DEVICE: "DEVICE_MISSING",
  DELETE_NO_DEVICE: "DEVICE_MISSING",
  FLAG_COMBINATION: "NEIGH_FLAGS",
  MANAGED_PERMANENT: "NEIGH_FLAGS",
  VALIDATED_CREATE: "NEIGH_FLAGS",
  VALIDATED_UPDATE: "NEIGH_FLAGS",
};

function target(stack: Stack, params: JsonObject): NeighTarget {
  const name = optionalText(params, "dev");
  const device = name === undefined ? null : deviceOf(stack, name);
  const written = ipv4Of(text(params, "dst"));
  const proxy = flag(params, "proxy");
  // Where a device has but one neighbour, that is the one who is meant.
  const arp = stack.neighbours(4);
  const key = device && !proxy ? arp.keyOf(written, device) : written;
  return { key, device, namespace: arp.namespace, proxy, pid: OPERATOR };
}

function change(stack: Stack, params: JsonObject, mode: Pick<NeighRequest, "create" | "exclusive" | "replace">): Json {
  const lladdr = optionalText(params, "lladdr");
  let flags = 0;
  for (const [name, bit] of REQUESTS) if (flag(params, name)) flags |= bit;
  const request: NeighRequest = {
    ...target(stack, params),
    address: lladdr === undefined ? null : linkAddressOf(lladdr),
    state: stateOf(optionalText(params, "nud") ?? "permanent"),
    flags,
    protocol: optionalInteger(params, "protocol", 0, 255) ?? 0,
    ...mode,
  };
  return asked(() => neighAdd(stack.neighbours(4).table, request));
}

function get(stack: Stack, params: JsonObject): NeighView {
  const wanted = target(stack, params);
  const { table } = stack.neighbours(4);
  let view: NeighView | undefined;
  asked(() => {
    view = wanted.proxy ? proxyView(neighGetProxy(table, wanted)) : neighView(neighGet(table, wanted), 1);
  });
  return view as NeighView;
}

interface Filter {
  matches(entry: Pick<ProxyEntry, "key" | "device" | "protocol">): boolean;
  /** Sum of states, NONE as 0x100. */
  states: number;
  unused: boolean;
}

const NONE = 0x100;
const EVERY_STATE = 0x1ff;

/** @param states those that are meant when none is named */
function filterOf(stack: Stack, params: JsonObject, states: number): Filter {
  const name = optionalText(params, "dev");
  const device = name === undefined ? null : deviceOf(stack, name);
  const to = optionalText(params, "to");
  const prefix = to === undefined ? null : prefixOf(to);
  const protocol = optionalInteger(params, "protocol", 0, 255);
  const named = texts(params, "nud");
  return {
    matches: (entry) =>
      (device === null || entry.device === device) &&
      (prefix === null || (entry.key & prefix.mask) === prefix.address) &&
      (protocol === undefined || entry.protocol === protocol),
    states: named ? named.reduce((sum, state) => sum | (state === "all" ? EVERY_STATE : stateOf(state) || NONE), 0) : states,
    unused: flag(params, "unused"),
  };
}

function stateOf(name: string): Nud {
  const state = parseNud(name);
  if (state === undefined) throw new ControlError("NUD_INVALID", `Error: argument "${name}" is wrong: nud state is bad`);
  return state;
}

/** By device and address; the kernel's order is that of a hash nobody knows. */
function entries(stack: Stack, filter: Filter): Neighbour[] {
  const wanted = (entry: Neighbour): boolean => {
    if (filter.unused && entry.references > 0) return false;
    // What a control plane has put there passes every filter of states.
    const state = entry.nudState || NONE;
    if ((filter.states & state) === 0 && (entry.flags & NeighFlags.EXT_LEARNED) === 0) return false;
    return filter.matches(entry);
  };
  const order = (a: Neighbour, b: Neighbour): number => a.device.ifindex - b.device.ifindex || (a.key >>> 0) - (b.key >>> 0);
  const { table, namespace } = stack.neighbours(4);
  return table.list(namespace).filter(wanted).sort(order);
}

function proxies(stack: Stack, filter: Filter): ProxyEntry[] {
  const { table, namespace } = stack.neighbours(4);
  return table.proxies.list(namespace).filter((entry) => filter.matches(entry));
}

/** Without states all but NOARP and NONE, as `ip` does. */
function shown(stack: Stack, params: JsonObject): NeighView[] {
  const filter = filterOf(stack, params, EVERY_STATE & ~(NONE | Nud.NOARP));
  if (flag(params, "proxy")) return proxies(stack, filter).map(proxyView);
  return entries(stack, filter).map((entry) => neighView(entry));
}

/** Deletes what matches, PERMANENT and NOARP entries only when their state is asked for; returns what it was. */
function flush(stack: Stack, params: JsonObject): NeighView[] {
  const filters = ["dev", "to", "nud", "protocol", "proxy", "unused", "all"];
  if (!filters.some((key) => params[key] !== undefined && params[key] !== null && params[key] !== false)) {
    throw new ControlError("FLUSH_ALL", "Flush requires arguments.");
  }
  const filter = filterOf(stack, params, EVERY_STATE & ~(Nud.PERMANENT | Nud.NOARP));
  if (flag(params, "keepFailed")) filter.states &= ~Nud.FAILED;
  const { table, namespace } = stack.neighbours(4);
  if (flag(params, "proxy")) {
    const gone = proxies(stack, filter);
    for (const entry of gone) table.proxies.delete(entry.key, entry.device, { namespace });
    return gone.map(proxyView);
  }
  const gone = entries(stack, filter);
  const views = gone.map((entry) => neighView(entry));
  for (const entry of gone) table.delete(entry, OPERATOR);
  return views;
}
