/**
 * An operator's requests to a table: the kernel's RTM_NEWNEIGH, RTM_DELNEIGH and RTM_GETNEIGH, with its checks in its order. The
 * caller translates names into devices and addresses into keys beforehand; that is all it needs to know.
 */
import { MAC_BYTES } from "../../hal/ethernet.ts";
import type { NetDevice } from "../net/device.ts";
import { StackError } from "../net/stack-error.ts";
import type { Neighbour } from "./entry.ts";
import { NeighFlags, NTF_GC_EXEMPT } from "./flags.ts";
import type { KeyRest } from "./key.ts";
import { use } from "./machine.ts";
import type { NeighNamespace } from "./namespace.ts";
import type { ProxyEntry } from "./proxy.ts";
import { NUD_VALID, Nud } from "./states.ts";
import type { NeighTable } from "./table.ts";
import { UpdateFlags, UpdateResult, update } from "./update.ts";

/** Names an entry. */
export interface NeighTarget {
  key: number;
  rest?: KeyRest | null;
  device: NetDevice | null;
  /** The namespace of a proxy entry without device. Default: the initial one. */
  namespace?: NeighNamespace;
  /** Names a proxy entry (NTF_PROXY). */
  proxy?: boolean;
  /** Port id of the asker, passed on to listeners; 0 for nobody. */
  pid?: number;
}

export interface NeighRequest extends NeighTarget {
  /** The link address; octets after the sixth are cut off. */
  address?: Uint8Array | null;
  state: Nud;
  /** Sum of NeighFlags: USE, ROUTER, EXT_LEARNED, MANAGED, EXT_VALIDATED. */
  flags?: number;
  /** RTPROT_*; 0 leaves the protocol of an existing entry as it is. */
  protocol?: number;
  /** NLM_F_CREATE: makes the entry if there is none. */
  create: boolean;
  /** NLM_F_EXCL: refuses if there is one. */
  exclusive: boolean;
  /** NLM_F_REPLACE: a different address replaces the one known. */
  replace: boolean;
}

/** Errors of these operations: the errno that Linux has for each, and a sentence for people. */
const ERRORS = {
  NO_DEVICE: ["EINVAL", "an entry is on a device; none is named"],
  GET_NO_DEVICE: ["EINVAL", "an entry is looked up on a device; none is named"],
  DELETE_NO_DEVICE: ["EINVAL", "an entry is deleted from a device; none is named"],
  INVALID_LLADDR: ["EINVAL", "the link address is shorter than those of the device"],
  NO_LLADDR: ["EINVAL", "the state needs a link address, and none is known"],
  RESERVED_FLAG: ["EINVAL", "NTF_EXT_LOCKED is a flag of bridges"],
  FLAG_COMBINATION: ["EINVAL", "a proxy entry is neither managed nor externally validated"],
  MANAGED_PERMANENT: ["EINVAL", "a permanent entry cannot be managed"],
  VALIDATED_CREATE: ["EINVAL", "an externally validated entry begins in a valid state"],
  VALIDATED_UPDATE: ["EINVAL", "only an entry in a valid state can become externally validated"],
  UNCONFIGURED: ["EINVAL", "the device has no neighbours"],
  NOT_PERMITTED: ["EPERM", "the change is not permitted"],
  EXISTS: ["EEXIST", "there is an entry already"],
  MISSING: ["ENOENT", "there is no such entry"],
  NOT_FOUND: ["ENOENT", "no neighbour entry was found"],
  PROXY_NOT_FOUND: ["ENOENT", "no proxy entry was found"],
  TABLE_FULL: ["ENOBUFS", "the table is full"],
} as const;

export type NeighErrorCode = keyof typeof ERRORS;

/** A refusal. */
export class NeighError extends StackError {
  declare readonly code: NeighErrorCode;

  constructor(code: NeighErrorCode) {
    const [errno, message] = ERRORS[code];
    super(code, errno, message);
    this.name = "NeighError";
  }
}

/**
 * Makes or changes an entry.
 * @throws NeighError
 */
export function neighAdd(table: NeighTable, request: NeighRequest): void {
  const { device, address = null, state, protocol = 0, pid = 0 } = request;
  const flags = request.flags ?? 0;
  if (flags & NeighFlags.LOCKED) throw new NeighError("RESERVED_FLAG");
  if (device && address && address.length < MAC_BYTES) throw new NeighError("INVALID_LLADDR");
  if (request.proxy || flags & NeighFlags.PROXY) {
    if (flags & (NeighFlags.MANAGED | NeighFlags.EXT_VALIDATED)) throw new NeighError("FLAG_COMBINATION");
    const permanent = (state & Nud.PERMANENT) !== 0;
    table.proxies.add(request.key, device, { ...spaceOf(request), flags: flags | NeighFlags.PROXY, protocol, permanent });
    return;
  }
  if (!device) throw new NeighError("NO_DEVICE");
  const known = table.lookup(request.key, device, request.rest ?? null);
  const entry = known ? acceptable(known, request, flags) : make(table, device, request, flags);
  let how = UpdateFlags.ADMIN | requested(flags);
  if (!known || request.replace) how |= UpdateFlags.OVERRIDE | UpdateFlags.OVERRIDE_ISROUTER;
  if (protocol) entry.protocol = protocol;
  const result = update(entry, address, 0, state, how, pid);
  // As in the kernel, the entry stays as it was made, in no state.
  if (result === UpdateResult.NO_ADDRESS) throw new NeighError("NO_LLADDR");
  if (result === UpdateResult.NOT_PERMITTED) throw new NeighError("NOT_PERMITTED");
  if (flags & STARTS) use(entry);
}

/**
 * Removes an entry and tells the senders of the packets that wait in it.
 * @throws NeighError
 */
export function neighDelete(table: NeighTable, target: NeighTarget): void {
  const { key, device, rest = null } = target;
  if (target.proxy) {
    if (!table.proxies.delete(key, device, spaceOf(target))) throw new NeighError("MISSING");
    return;
  }
  if (!device) throw new NeighError("DELETE_NO_DEVICE");
  const entry = table.lookup(key, device, rest);
  if (!entry) throw new NeighError("MISSING");
  table.delete(entry, target.pid);
}

/**
 * Returns the entry that the target names.
 * @throws NeighError
 */
export function neighGet(table: NeighTable, target: NeighTarget): Neighbour {
  if (!target.device) throw new NeighError("GET_NO_DEVICE");
  const entry = table.lookup(target.key, target.device, target.rest ?? null);
  if (!entry) throw new NeighError("NOT_FOUND");
  return entry;
}

/**
 * Returns the proxy entry for a key. Without a device it is one for all devices; with a device it is that device's, or one for all.
 * @throws NeighError
 */
export function neighGetProxy(table: NeighTable, target: NeighTarget): ProxyEntry {
  const { key, device, rest = null } = target;
  const entry = device ? table.proxies.find(key, device, rest) : table.proxies.get(key, null, spaceOf(target));
  if (!entry) throw new NeighError("PROXY_NOT_FOUND");
  return entry;
}

/** A request with one of these flags starts a resolution, whatever state it names. */
const STARTS: number = NeighFlags.USE | NeighFlags.MANAGED;

/** Entry flags that a request may ask for, each with its flag of update(). */
const REQUESTED: readonly (readonly [flag: number, update: number])[] = [
  [NeighFlags.USE, UpdateFlags.USE],
  [NeighFlags.MANAGED, UpdateFlags.MANAGED],
  [NeighFlags.EXT_LEARNED, UpdateFlags.EXT_LEARNED],
  [NeighFlags.EXT_VALIDATED, UpdateFlags.EXT_VALIDATED],
  [NeighFlags.ROUTER, UpdateFlags.ISROUTER],
];

function requested(flags: number): number {
  let how = 0;
  for (const [flag, wanted] of REQUESTED) if (flags & flag) how |= wanted;
  return how;
}

function spaceOf(target: NeighTarget): { rest: KeyRest | null; namespace?: NeighNamespace } {
  const { rest = null, namespace } = target;
  return namespace ? { rest, namespace } : { rest };
}

/** Returns an existing entry if the request may change it. */
function acceptable(known: Neighbour, request: NeighRequest, flags: number): Neighbour {
  if (request.exclusive) throw new NeighError("EXISTS");
  if (flags & NeighFlags.EXT_VALIDATED) {
    const state = flags & STARTS ? known.nudState & ~Nud.PERMANENT : request.state;
    if ((state & NUD_VALID) === 0) throw new NeighError("VALIDATED_UPDATE");
  }
  return known;
}

function make(table: NeighTable, device: NetDevice, request: NeighRequest, flags: number): Neighbour {
  const permanent = (request.state & Nud.PERMANENT) !== 0;
  if (!request.create) throw new NeighError("MISSING");
  if (permanent && flags & NeighFlags.MANAGED) throw new NeighError("MANAGED_PERMANENT");
  if (flags & NeighFlags.EXT_VALIDATED && (flags & STARTS || (request.state & NUD_VALID) === 0)) {
    throw new NeighError("VALIDATED_CREATE");
  }
  const kept = flags & (NTF_GC_EXEMPT | NeighFlags.MANAGED);
  const exempt = permanent || (flags & NTF_GC_EXEMPT) !== 0;
  const entry = table.create(request.key, device, exempt, kept, request.rest ?? null, "admin");
  if (!entry) throw new NeighError(table.refusal === "full" ? "TABLE_FULL" : "UNCONFIGURED");
  return entry;
}
