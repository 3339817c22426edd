/** `neigh.add`, `neigh.replace`, `neigh.change`, `neigh.del`, `neigh.get`: one entry of the neighbour table, by its address. */
import * as v from "valibot";
import {
  NeighError,
  type NeighErrorCode,
  type NeighRequest,
  type NeighTarget,
  neighAdd,
  neighDelete,
  neighGet,
  neighGetProxy,
} from "../../neigh/admin.ts";
import { NeighFlags } from "../../neigh/flags.ts";
import { Nud } from "../../neigh/states.ts";
import type { NeighTable } from "../../neigh/table.ts";
import { ControlError } from "../rpc/protocol.ts";
import { FLAG, IP_ADDRESS, integer, LINK_ADDRESS, maybe, NUD, needed, TEXT } from "./forms.ts";
import { type MethodContext, method } from "./method.ts";
import { NEIGH_ENTRY, NEIGH_FLAGS, neighView, proxyView } from "./neigh-entry.ts";

/** The pid that listeners see for a change that an operator asked for. */
export const OPERATOR = 1;

const TARGET = {
  dst: needed(IP_ADDRESS, "the neighbour's address"),
  dev: maybe(TEXT, "device; only a proxy entry may be without"),
  proxy: maybe(FLAG, "a proxy entry is meant"),
};

const REQUEST = {
  ...TARGET,
  lladdr: maybe(LINK_ADDRESS, "link address"),
  nud: maybe(NUD, "state; default permanent"),
  router: maybe(FLAG, "NTF_ROUTER"),
  managed: maybe(FLAG, "NTF_EXT_MANAGED"),
  extern_learn: maybe(FLAG, "NTF_EXT_LEARNED"),
  extern_valid: maybe(FLAG, "NTF_EXT_EXT_VALIDATED"),
  use: maybe(FLAG, "NTF_USE: resolve it as a packet would"),
  protocol: maybe(integer(0, 255), "RTPROT_*"),
};

/** Flags that a request may ask for. */
const REQUESTED = [
  ...NEIGH_FLAGS.filter((row): row is Exclude<(typeof NEIGH_FLAGS)[number], readonly ["offload", number]> => row[0] !== "offload"),
  ["use", NeighFlags.USE],
] as const;

const REFUSALS = ["NO_DEVICE", "NUD_INVALID", "LLADDR_INVALID", "NO_LLADDR", "DEVICE_MISSING", "NEIGH_FLAGS", "FAMILY_UNSUPPORTED"];

const change = (about: string, mode: Pick<NeighRequest, "create" | "exclusive" | "replace">, errors: readonly string[]) =>
  method({
    about,
    params: REQUEST,
    result: v.null(),
    errors: [...REFUSALS, ...errors],
    run(context, params) {
      const { lladdr = null, nud = Nud.PERMANENT, protocol = 0 } = params;
      let flags = 0;
      for (const [name, bit] of REQUESTED) if (params[name]) flags |= bit;
      const { table, target } = meant(context, params);
      if (target.proxy) proxyHasDevice(target);
      return asked(() => {
        neighAdd(table, { ...target, address: lladdr, state: nud, flags, protocol, ...mode });
        return null;
      });
    },
  });

export const neighChangeMethods = {
  "neigh.add": change("Makes an entry.", { create: true, exclusive: true, replace: false }, [
    "NEIGH_EXISTS",
    "TABLE_FULL",
    "UNCONFIGURED",
  ]),
  "neigh.replace": change("Makes an entry, or changes the one that is there.", { create: true, exclusive: false, replace: true }, [
    "TABLE_FULL",
    "UNCONFIGURED",
  ]),
  "neigh.change": change("Changes an entry that is there.", { create: false, exclusive: false, replace: true }, [
    "NEIGH_MISSING",
    "NOT_PERMITTED",
  ]),
  "neigh.del": method({
    about: "Deletes an entry.",
    params: TARGET,
    result: v.null(),
    errors: ["NO_DEVICE", "DEVICE_MISSING", "NEIGH_MISSING", "FAMILY_UNSUPPORTED"],
    run(context, params) {
      const { table, target } = meant(context, params);
      return asked(() => {
        neighDelete(table, target);
        return null;
      });
    },
  }),
  "neigh.get": method({
    about: "One entry.",
    params: TARGET,
    result: NEIGH_ENTRY,
    errors: ["NO_DEVICE", "DEVICE_MISSING", "NEIGH_MISSING", "FAMILY_UNSUPPORTED"],
    run(context, params) {
      const { table, target } = meant(context, params);
      return asked(() => (target.proxy ? proxyView(neighGetProxy(table, target)) : neighView(neighGet(table, target), 1)));
    },
  }),
};

interface Target {
  dst: number | string;
  dev?: string | undefined;
  proxy?: boolean | undefined;
}

/** Finds the table of the address, and makes the table's name of the entry. */
function meant(context: MethodContext, { dst, dev, proxy = false }: Target): { table: NeighTable; target: NeighTarget } {
  if (typeof dst === "string") {
    const address = context.ip6Address(dst);
    const device = dev === undefined ? null : context.device(dev);
    const { table, namespace } = context.stack.neighbours(6);
    return { table, target: { key: address.d, rest: address, device, namespace, proxy, pid: OPERATOR } };
  }
  const arp = context.stack.neighbours(4);
  const { table, namespace } = arp;
  const device = dev === undefined ? null : context.device(dev);
  // Where a device has but one neighbour, that one is meant, whatever its address.
  const key = device && !proxy ? arp.keyOf(dst, device) : dst;
  return { table, target: { key, device, namespace, proxy, pid: OPERATOR } };
}

/** A proxy entry of IPv6 is one of a device: its group is joined there. */
function proxyHasDevice({ rest, device }: NeighTarget): void {
  if (!rest || device) return;
  throw new ControlError("DEVICE_MISSING", "a proxy entry of IPv6 is on a device; none is named", { errno: "ENOBUFS" });
}

/** Runs a request to the table. Clients see codes that are coarser than the table's; the table's own is the detail. */
function asked<T>(request: () => T): T {
  try {
    return request();
  } catch (error) {
    if (!(error instanceof NeighError)) throw error;
    const { code, message, errno } = error;
    throw new ControlError(CODES[code] ?? code, message, { errno, detail: code });
  }
}

const CODES: Readonly<Partial<Record<NeighErrorCode, string>>> = {
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
