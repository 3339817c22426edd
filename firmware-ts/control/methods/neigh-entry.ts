/** A neighbour entry as control methods show it. */
import * as v from "valibot";
import type { Neighbour } from "../../neigh/entry.ts";
import { NeighFlags } from "../../neigh/flags.ts";
import type { ProxyEntry } from "../../neigh/proxy.ts";
import { nudName } from "../../neigh/states.ts";
import { formatMac } from "../../net/ethernet.ts";
import { keyText } from "./by-family.ts";

const SET = v.exactOptional(v.boolean());
const COUNT = v.exactOptional(v.number());
const SECONDS = v.exactOptional(v.pipe(v.number(), v.description("whole seconds ago")));

/** One entry, or with `proxy` one proxy entry. */
export const NEIGH_ENTRY = v.pipe(
  v.object({
    dst: v.string(),
    dev: v.exactOptional(v.pipe(v.string(), v.description("absent for a proxy entry of every device"))),
    lladdr: v.exactOptional(v.string()),
    router: SET,
    proxy: SET,
    managed: SET,
    extern_learn: SET,
    offload: SET,
    extern_valid: SET,
    refcnt: v.exactOptional(v.pipe(v.number(), v.description("references besides the table's, as netlink reports them"))),
    used: SECONDS,
    confirmed: SECONDS,
    updated: SECONDS,
    probes: COUNT,
    state: v.pipe(v.array(v.string()), v.description("at most one; none for NUD_NONE")),
    protocol: v.exactOptional(v.pipe(v.number(), v.description("RTPROT_*; absent where none was given"))),
  }),
  v.title("neighbour entry"),
);

export type NeighView = v.InferOutput<typeof NEIGH_ENTRY>;

/** Flags of an entry by their names in a view and in a request. */
export const NEIGH_FLAGS = [
  ["router", NeighFlags.ROUTER],
  ["managed", NeighFlags.MANAGED],
  ["extern_learn", NeighFlags.EXT_LEARNED],
  ["offload", NeighFlags.OFFLOADED],
  ["extern_valid", NeighFlags.EXT_VALIDATED],
] as const;

/** @param holders references that the table does not know of: those of the request that asks */
export function neighView(entry: Neighbour, holders = 0): NeighView {
  const now = entry.host.now();
  const ago = (time: number): number => Math.trunc((now - time) / 1000);
  const state = nudName(entry.nudState);
  const view: NeighView = { dst: keyText(entry), dev: entry.device.name, state: state ? [state] : [] };
  if (entry.valid) view.lladdr = formatMac(entry.address);
  for (const [name, bit] of NEIGH_FLAGS) if (entry.flags & bit) view[name] = true;
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

export function proxyView(entry: ProxyEntry): NeighView {
  const { device, flags, protocol } = entry;
  const view: NeighView = { dst: keyText(entry), proxy: true, state: [] };
  if (device) view.dev = device.name;
  for (const [name, bit] of NEIGH_FLAGS) if (flags & bit) view[name] = true;
  if (protocol) view.protocol = protocol;
  return view;
}
