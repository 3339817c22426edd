/**
 * Gives a stack what a snapshot has. The stack's devices are there and up, and it has nothing of it yet. What cannot be given is found
 * out before, or everything that was given is taken back: a snapshot is restored as a whole or not at all.
 */
import { parseIpv4 } from "../ip/address.ts";
import { parseIpv6 } from "../ip/ip6-text.ts";
import type { RouteType } from "../ip4/routing/routes.ts";
import { NeighFlags } from "../neigh/flags.ts";
import { expired } from "../neigh/machine.ts";
import type { SleepTimers } from "../neigh/sleep.ts";
import { Nud } from "../neigh/states.ts";
import { UpdateFlags, update } from "../neigh/update.ts";
import type { NetDevice } from "../net/device.ts";
import { parseMac } from "../net/ethernet.ts";
import { StackError } from "../net/stack-error.ts";
import type { UdpSocket } from "../transport/udp-socket.ts";
import { SnapshotError } from "./check.ts";
import { addCounts } from "./counters.ts";
import { checkSnapshot, type SavedAddress, type SavedNeighbour, type SavedRoute, type SavedSocket, type Snapshot } from "./form.ts";
import { countersOf, type RouteWords, type SavedStack } from "./stack.ts";

/** The parts of a snapshot that a stack is given. */
export type SnapshotPart = "addresses" | "routes" | "neighbours" | "sockets" | "counters" | "identifications";

export interface RestoreOptions {
  /** Default: all. A board whose rig gives it addresses and routes wants the others. */
  parts?: readonly SnapshotPart[];
  /** The meaning of the time since the snapshot for the neighbours; default `elapse` (neigh/sleep.ts). */
  timers?: SleepTimers;
  /**
   * Time since the snapshot was taken, in ms. Default: by the wall clock. Where that is behind the snapshot, as on a board that starts in
   * 1970, nobody knows: no neighbour counts as reachable, and lifetimes are taken for what they were.
   */
  elapsed?: number;
}

/** Things that were restored, and those that were not. */
export interface Restored {
  /** The sockets, in the snapshot's order; whoever opened them gives them their handlers. */
  readonly sockets: readonly UdpSocket[];
  /** Time since the snapshot in ms; null: unknown. */
  readonly elapsed: number | null;
  /** Addresses whose lifetime was over. */
  readonly expired: readonly string[];
}

const ALL: readonly SnapshotPart[] = ["addresses", "routes", "neighbours", "sockets", "counters", "identifications"];

/** Takes back what was done, the last first. */
type Undo = () => void;

class Restoration {
  readonly undo: Undo[] = [];
  readonly sockets: UdpSocket[] = [];
  readonly expired: string[] = [];
  readonly #stack: SavedStack;
  readonly #elapsed: number | null;
  readonly #timers: SleepTimers;

  constructor(stack: SavedStack, elapsed: number | null, timers: SleepTimers) {
    this.#stack = stack;
    this.#elapsed = elapsed;
    this.#timers = timers;
  }

  device(name: string): NetDevice {
    return this.#stack.devices.find((device) => device.name === name) as NetDevice;
  }

  address(saved: SavedAddress): void {
    const { cidr, metric, noPrefixRoute, noDad, scope, label, broadcast, peer } = saved;
    const device = this.device(saved.device);
    const gone = (this.#elapsed ?? 0) / 1000;
    const left = (seconds: number): number => Math.max(0, Math.ceil(seconds - gone));
    if (saved.valid !== null && left(saved.valid) === 0) {
      this.expired.push(cidr);
      return;
    }
    const lifetimes =
      saved.valid === null
        ? {}
        : { lifetimes: { valid: left(saved.valid), preferred: Math.min(left(saved.valid), left(saved.preferred ?? saved.valid)) } };
    this.#stack.addAddress(device, cidr, {
      metric,
      noPrefixRoute,
      ...(noDad ? { noDad } : {}),
      ...lifetimes,
      ...(scope === null ? {} : { scope }),
      ...(label === null ? {} : { label }),
      ...(broadcast === null ? {} : { broadcast: parseIpv4(broadcast) as number }),
      ...(peer === null ? {} : { peer: parseIpv4(peer) as number }),
    });
    this.undo.push(() => this.#stack.removeAddress(device, cidr));
  }

  route({ family, to, hops, source, metric, protocol, type, scope, mtu, mtuLock, preference }: SavedRoute): void {
    const legs = hops.map(({ via, device, onlink, weight }) => ({
      ...(via === null ? {} : { via }),
      ...(device === null ? {} : { device: this.device(device) }),
      onlink,
      weight,
    }));
    const [{ weight: _weight, ...only } = { weight: 1 }] = legs;
    const words: RouteWords = {
      to,
      family: family === "6" ? 6 : 4,
      metric,
      protocol,
      type: type as RouteType,
      ...(legs.length > 1 ? { nexthops: legs } : only),
      ...(source === null ? {} : { source }),
      ...(scope === null ? {} : { scope }),
      ...(mtu === 0 ? {} : { mtu, mtuLock }),
      ...(family === "6" ? { preference } : {}),
    };
    this.#stack.addRoute(words);
    this.undo.push(() => this.#stack.removeRoute(words));
  }

  neighbour(saved: SavedNeighbour): void {
    const { state, flags, protocol, address, lladdr } = saved;
    const device = this.device(saved.device);
    const four = parseIpv4(address);
    const six = four === null && this.#stack.ip6 ? parseIpv6(address, this.#stack.ip6.fib.interner) : null;
    const { table } = this.#stack.neighbours(four === null ? 6 : 4);
    const lasting = state === "PERMANENT" || (flags & (NeighFlags.EXT_LEARNED | NeighFlags.EXT_VALIDATED)) !== 0;
    if (!lasting && this.#timers === "expire") return;
    const key = four ?? (six?.d as number);
    if (table.find(key, device, six)) throw conflict(`${device.name} has the neighbour ${address} already`);
    const entry = table.create(key, device, lasting, flags, six, "admin");
    if (!entry) throw conflict(`${device.name} takes no neighbour ${address}`);
    this.undo.push(() => table.remove(entry));
    entry.protocol = protocol;
    const known = this.#timers === "freeze" ? 0 : this.#elapsed;
    const counted = known ?? 0;
    const left = saved.left - counted;
    // Without a clock that tells how long ago it was, no proof is believed.
    const reachable = state === "REACHABLE" && known !== null && left > 0;
    const wanted = state === "PERMANENT" ? Nud.PERMANENT : reachable ? Nud.REACHABLE : Nud.STALE;
    update(entry, parseMac(lladdr) as Uint8Array, 0, wanted, UpdateFlags.OVERRIDE | UpdateFlags.ADMIN);
    entry.flags = flags;
    table.updateGcList(entry);
    table.updateManaged(entry);
    const now = table.now();
    entry.confirmed = now - saved.confirmed - counted;
    entry.used = now - saved.used - counted;
    entry.updated = now - saved.updated - counted;
    if (reachable) table.timers.arm(entry, left);
    else if (entry.nudState === Nud.REACHABLE) expired(entry);
  }

  socket({ address, port, family, shared, ttl, multicastTtl, tos, peer, groups }: SavedSocket): void {
    const socket = this.#stack.udp.open(port, address, { shared, ...(family === null ? {} : { family: family === "4" ? 4 : 6 }) });
    this.undo.push(() => socket.close());
    Object.assign(socket, { ttl, multicastTtl, tos });
    if (peer) socket.connect(this.#stack.udp.address(peer.address), peer.port);
    for (const { group, device } of groups) socket.groups.join(group, this.device(device));
    this.sockets.push(socket);
  }
}

function conflict(message: string): SnapshotError {
  return new SnapshotError("SNAPSHOT_CONFLICT", message);
}

/**
 * Restores a snapshot, or throws and leaves the stack as it was.
 * @throws SnapshotError
 */
export function restoreSnapshot(stack: SavedStack, value: unknown, options: RestoreOptions = {}): Restored {
  const snapshot = checkSnapshot(value);
  const { parts = ALL, timers = "elapse" } = options;
  const wants = (part: SnapshotPart): boolean => parts.includes(part);
  checkAgainst(stack, snapshot, wants);
  const since = options.elapsed ?? stack.clock.wallTime() - snapshot.wall;
  const elapsed = since >= 0 ? since : null;
  const restoration = new Restoration(stack, elapsed, timers);
  try {
    // The order in which they were made: a list may begin with the newest.
    if (wants("addresses")) for (const each of snapshot.addresses) restoration.address(each);
    if (wants("routes")) for (const each of snapshot.routes) restoration.route(each);
    if (wants("neighbours")) for (const each of snapshot.neighbours) restoration.neighbour(each);
    if (wants("sockets")) for (const each of snapshot.sockets) restoration.socket(each);
  } catch (error) {
    for (const undo of restoration.undo.reverse()) undo();
    if (!(error instanceof StackError) || error instanceof SnapshotError) throw error;
    throw conflict(error.message);
  }
  // Nothing of this can fail.
  const groups = countersOf(stack);
  if (wants("counters")) for (const [name, saved] of Object.entries(snapshot.counters)) addCounts(groups[name] ?? {}, saved);
  if (wants("identifications")) {
    const { key, counts } = snapshot.identifications;
    const words = Uint16Array.from({ length: counts.length / 4 }, (_, at) => Number.parseInt(counts.slice(4 * at, 4 * at + 4), 16));
    stack.ip.identifications.restore({ key, counts: words });
  }
  return { sockets: restoration.sockets, elapsed, expired: restoration.expired };
}

/** Every device that is named is there, and every address is of a family that the stack has. */
function checkAgainst(stack: SavedStack, snapshot: Snapshot, wants: (part: SnapshotPart) => boolean): void {
  const names = new Set(stack.devices.map(({ name }) => name));
  const check = (device: string | null, at: string): void => {
    if (device !== null && !names.has(device))
      throw new SnapshotError("SNAPSHOT_DEVICE", `${at}: ${device}: no such device; there is ${[...names].join(", ")}`, device);
  };
  const family = (address: string, at: string): void => {
    if (!stack.ip6 && parseIpv4(address.split("/")[0] ?? "") === null)
      throw new SnapshotError("SNAPSHOT_CONFLICT", `${at}: ${address}: no IPv6 in this stack`, address);
  };
  const all = <Item>(part: SnapshotPart, items: readonly Item[], each: (item: Item, at: string) => void): void => {
    if (wants(part)) for (const [index, item] of items.entries()) each(item, `${part}[${index}]`);
  };
  all("addresses", snapshot.addresses, (own, at) => {
    check(own.device, at);
    family(own.cidr, at);
  });
  all("routes", snapshot.routes, (route, at) => {
    for (const { device } of route.hops) check(device, at);
    if (route.family === "6") family("::", at);
  });
  all("neighbours", snapshot.neighbours, (entry, at) => {
    check(entry.device, at);
    family(entry.address, at);
  });
  all("sockets", snapshot.sockets, (socket, at) => {
    for (const { group, device } of socket.groups) {
      check(device, at);
      family(group, at);
    }
  });
}
