/** `neigh.show`, `neigh.flush`: the entries of the neighbour table that a filter selects. */
import * as v from "valibot";
import type { Neighbour } from "../../neigh/entry.ts";
import { NeighFlags } from "../../neigh/flags.ts";
import type { ProxyEntry } from "../../neigh/proxy.ts";
import type { NeighbourService } from "../../neigh/service.ts";
import { Nud } from "../../neigh/states.ts";
import { ControlError } from "../rpc/protocol.ts";
import { holdsKey, orderOfKeys, servicesOf } from "./by-family.ts";
import { FAMILY, type Family, FLAG, type HostPrefix6, IP_PREFIX, integer, maybe, NUDS, type Prefix, TEXT } from "./forms.ts";
import { type MethodContext, method } from "./method.ts";
import { OPERATOR } from "./neigh-change.ts";
import { NEIGH_ENTRY, type NeighView, neighView, proxyView } from "./neigh-entry.ts";

const FILTER = {
  dev: maybe(TEXT, "device"),
  to: maybe(IP_PREFIX, "addresses"),
  nud: maybe(NUDS, "states"),
  protocol: maybe(integer(0, 255), "RTPROT_*"),
  proxy: maybe(FLAG, "proxy entries"),
  unused: maybe(FLAG, "entries that nothing refers to"),
  family: maybe(FAMILY, "address family; default both"),
};

interface Selection {
  dev?: string | undefined;
  to?: Prefix | HostPrefix6 | undefined;
  nud?: readonly (Nud | "all")[] | undefined;
  protocol?: number | undefined;
  unused?: boolean | undefined;
  family?: Family | undefined;
}

export const neighMethods = {
  "neigh.show": method({
    about: "Entries by family, device and address. Without states all but NOARP and NONE, as `ip` shows them.",
    params: FILTER,
    result: v.array(NEIGH_ENTRY),
    errors: ["NO_DEVICE", "NUD_INVALID", "FAMILY_UNSUPPORTED"],
    run(context, params) {
      const filter = filterOf(context, params, EVERY_STATE & ~(NONE | Nud.NOARP));
      if (params.proxy) return proxies(filter).map(proxyView);
      return filter.services.flatMap((service) => entries(service, filter)).map((entry) => neighView(entry));
    },
  }),
  "neigh.flush": method({
    about:
      "Deletes entries, PERMANENT and NOARP ones only when their state is asked for, and returns them as they were. " +
      "Some filter must be given, or `all`.",
    params: { ...FILTER, all: maybe(FLAG, "no other filter is meant"), keepFailed: maybe(FLAG, "leaves FAILED entries alone") },
    result: v.array(NEIGH_ENTRY),
    errors: ["FLUSH_ALL", "NO_DEVICE", "NUD_INVALID", "FAMILY_UNSUPPORTED"],
    run(context, params): NeighView[] {
      const { keepFailed: _, family: _family, ...filters } = params;
      if (!Object.values(filters).some((value) => value !== undefined && value !== false)) {
        throw new ControlError("FLUSH_ALL", "say which entries are meant, or all");
      }
      const filter = filterOf(context, params, EVERY_STATE & ~(Nud.PERMANENT | Nud.NOARP));
      if (params.keepFailed) filter.states &= ~Nud.FAILED;
      if (params.proxy) return filter.services.flatMap((service) => flushProxies(service, filter)).map(proxyView);
      const views: NeighView[] = [];
      for (const service of filter.services) {
        const gone = entries(service, filter);
        views.push(...gone.map((entry) => neighView(entry)));
        for (const entry of gone) service.table.delete(entry, OPERATOR);
      }
      return views;
    },
  }),
};

interface Filter {
  services: readonly NeighbourService[];
  matches(entry: Pick<ProxyEntry, "key" | "rest" | "device" | "protocol">): boolean;
  /** Sum of states, NONE as 0x100. */
  states: number;
  unused: boolean;
}

const NONE = 0x100;
const EVERY_STATE = 0x1ff;

/** @param states those that are meant when none is named */
function filterOf(context: MethodContext, params: Selection, states: number): Filter {
  const { dev, to, nud, protocol, unused = false, family } = params;
  const device = dev === undefined ? null : context.device(dev);
  return {
    services: servicesOf(context, family, to),
    matches: (entry) =>
      (device === null || entry.device === device) &&
      (to === undefined || holdsKey(to, entry)) &&
      (protocol === undefined || entry.protocol === protocol),
    states: nud ? nud.reduce<number>((sum, state) => sum | (state === "all" ? EVERY_STATE : state || NONE), 0) : states,
    unused,
  };
}

/** By device and address; the kernel's order is that of its hash. */
function entries({ table, namespace }: NeighbourService, filter: Filter): Neighbour[] {
  const wanted = (entry: Neighbour): boolean => {
    if (filter.unused && entry.references > 0) return false;
    // An entry of a control plane passes every filter of states.
    const state = entry.nudState || NONE;
    if ((filter.states & state) === 0 && (entry.flags & NeighFlags.EXT_LEARNED) === 0) return false;
    return filter.matches(entry);
  };
  const order = (a: Neighbour, b: Neighbour): number => a.device.ifindex - b.device.ifindex || orderOfKeys(a, b);
  return table.list(namespace).filter(wanted).sort(order);
}

function proxies({ services, matches }: Filter): ProxyEntry[] {
  return services.flatMap(({ table, namespace }) => table.proxies.list(namespace).filter((entry) => matches(entry)));
}

function flushProxies({ table, namespace }: NeighbourService, filter: Filter): ProxyEntry[] {
  return table.proxies.flush((entry) => entry.namespace === namespace && filter.matches(entry));
}
