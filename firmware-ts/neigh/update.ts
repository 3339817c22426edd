/** The effect of a neighbour's frame or an operator's request on an entry: the kernel's neigh_update(), decision by decision. */
import { DropReason } from "../../hal/drop-reason.ts";
import { ETHERNET_HEADER } from "../../hal/ethernet.ts";
import type { SkBuff } from "../../hal/skbuff.ts";
import { ETH_SOURCE, highOctets, lowOctets } from "../net/ethernet.ts";
import { type Cause, type Neighbour, SuspicionKind } from "./entry.ts";
import { NeighFlags } from "./flags.ts";
import { arm, invalidate, move, output, reachableTimeOf } from "./machine.ts";
import { dequeue, purge } from "./queue.ts";
import { NUD_CONNECTED, NUD_IN_TIMER, NUD_VALID, Nud } from "./states.ts";

export const UpdateFlags = {
  /** A different address replaces the one known. */
  OVERRIDE: 0x01,
  /** An operator asks, so that even PERMANENT and NOARP entries change. */
  ADMIN: 0x02,
  /** A different address does not replace that of a CONNECTED entry, but makes the entry STALE. */
  WEAK_OVERRIDE: 0x04,
  /** The ROUTER flag becomes what ISROUTER says. */
  OVERRIDE_ISROUTER: 0x08,
  ISROUTER: 0x10,
  /** The request only starts a resolution; its state and address do not count. */
  USE: 0x20,
  /** With ADMIN: sets the entry's MANAGED, EXT_LEARNED and EXT_VALIDATED flags; their absence clears them. MANAGED implies USE. */
  MANAGED: 0x40,
  EXT_LEARNED: 0x80,
  EXT_VALIDATED: 0x100,
} as const;

export const UpdateResult = {
  DONE: 0,
  /** The entry is PERMANENT or NOARP, which only an operator may change, or it has left its table. */
  NOT_PERMITTED: 1,
  /** A valid state needs a link address. */
  NO_ADDRESS: 2,
} as const;
export type UpdateResult = (typeof UpdateResult)[keyof typeof UpdateResult];

/** Entry flags that an operator's request sets or clears, each with its flag of update(). */
const EXTERNAL: readonly (readonly [wanted: number, flag: number])[] = [
  [UpdateFlags.EXT_LEARNED, NeighFlags.EXT_LEARNED],
  [UpdateFlags.MANAGED, NeighFlags.MANAGED],
  [UpdateFlags.EXT_VALIDATED, NeighFlags.EXT_VALIDATED],
];

/**
 * Gives the entry a state and, where `address` is not null, the link address at address[at..at+6).
 * @param flags sum of UpdateFlags
 * @param pid port id of the asker, passed on to listeners; 0 for nobody
 */
export function update(
  entry: Neighbour,
  address: Uint8Array | null,
  at: number,
  wanted: Nud,
  flags: number,
  pid = 0,
): UpdateResult {
  const admin = (flags & UpdateFlags.ADMIN) !== 0;
  const old = entry.nudState;
  const { addressHigh, addressLow } = entry;
  if (entry.dead || (!admin && old & (Nud.NOARP | Nud.PERMANENT))) {
    const contradicts = old & Nud.PERMANENT && address && !entry.sameAddress(address, at);
    if (contradicts && !entry.dead) entry.host.suspect(entry, SuspicionKind.STATIC, addressHigh, addressLow, address, at);
    return UpdateResult.NOT_PERMITTED;
  }
  const { strategy } = entry.host;
  if (strategy !== null && !admin && address && old & NUD_VALID && wanted & NUD_VALID && !entry.sameAddress(address, at)) {
    if (strategy.disputes(entry, address, at, wanted)) return UpdateResult.DONE;
  }
  const cause: Cause = admin ? "admin" : "frame";
  const flipped = admin ? takeFlags(entry, flags) : 0;
  let told = flipped !== 0;
  let outcome: Outcome = Outcome.REFUSED;
  if (flags & (UpdateFlags.USE | UpdateFlags.MANAGED)) {
    // The address stays in memory, but no state vouches for it any more.
    move(entry, (old & ~Nud.PERMANENT) as Nud, cause);
  } else if ((wanted & NUD_VALID) === 0) {
    // As in the kernel, this forgets that a flag was flipped.
    told = forget(entry, wanted, cause);
  } else {
    outcome = setValid(entry, address, at, wanted, flags, cause);
    if (outcome === Outcome.CHANGED || outcome === Outcome.WEAKENED) told = true;
    if ((outcome === Outcome.CHANGED || outcome === Outcome.UNCHANGED) && takeRouter(entry, flags)) told = true;
  }
  finish(entry, old, flipped, told, pid);
  if (!admin && address && old & NUD_VALID && wanted & NUD_VALID) {
    const differs = addressHigh !== highOctets(address, at) || addressLow !== lowOctets(address, at);
    const kind = outcome === Outcome.CHANGED ? SuspicionKind.CHANGED : SuspicionKind.REFUSED;
    if (differs) entry.host.suspect(entry, kind, addressHigh, addressLow, address, at);
  }
  if (strategy !== null && !entry.dead && (admin || entry.nudState !== old)) strategy.updated(entry, admin);
  return outcome === Outcome.NO_ADDRESS ? UpdateResult.NO_ADDRESS : UpdateResult.DONE;
}

/** Takes a packet that came straight from the entry's link address for a proof that the neighbour is there (a profile's trafficConfirms). */
export function confirmSender(entry: Neighbour | null, { bytes, network }: SkBuff): void {
  const from = network - ETHERNET_HEADER + ETH_SOURCE;
  if (entry?.valid && entry.sameAddress(bytes, from)) update(entry, null, 0, Nud.REACHABLE, 0);
}

/** REFUSED: the address differs and may not be replaced. WEAKENED: the old address stays, but it is in doubt now. */
const Outcome = { UNCHANGED: 0, CHANGED: 1, REFUSED: 2, WEAKENED: 3, NO_ADDRESS: 4 } as const;
type Outcome = (typeof Outcome)[keyof typeof Outcome];

/** Moves the entry to a state with a usable address. */
function setValid(entry: Neighbour, address: Uint8Array | null, at: number, wanted: Nud, flags: number, cause: Cause): Outcome {
  const old = entry.nudState;
  const wasValid = (old & NUD_VALID) !== 0;
  if (!address && !wasValid) return Outcome.NO_ADDRESS;
  const now = entry.host.now();
  // Before the override test, on purpose: an answer with another address still proves that somebody answers.
  if (wanted & NUD_CONNECTED) entry.confirmed = now;
  let state = wanted;
  let weakened = false;
  let newAddress = address !== null && !(wasValid && entry.sameAddress(address, at));
  if (wasValid && newAddress && (flags & UpdateFlags.OVERRIDE) === 0) {
    if ((flags & UpdateFlags.WEAK_OVERRIDE) === 0 || (old & NUD_CONNECTED) === 0) return Outcome.REFUSED;
    newAddress = false;
    weakened = true;
    state = Nud.STALE;
  } else if (wasValid && !newAddress && wanted === Nud.STALE && (flags & UpdateFlags.ADMIN) === 0) {
    state = old;
  }
  const newState = state !== old;
  if (!newState && !newAddress) return Outcome.UNCHANGED;
  entry.updated = now;
  if (newState) changeState(entry, state, cause);
  if (newAddress) {
    entry.setAddress(address as Uint8Array, at);
    if ((state & NUD_CONNECTED) === 0) entry.confirmed = now - 2 * entry.parameters.baseReachableTime;
  }
  if (newState && !wasValid) flush(entry);
  return weakened ? Outcome.WEAKENED : Outcome.CHANGED;
}

function changeState(entry: Neighbour, state: Nud, cause: Cause): void {
  entry.host.timers.cancel(entry);
  if (state === Nud.PROBE) entry.probes = 0;
  if (state & NUD_IN_TIMER) {
    // Measured on Linux 6.18: an answer that starts the timer counts as use up to the time it confirms, a later one does not.
    entry.used = Math.max(entry.used, entry.confirmed);
    arm(entry, state === Nud.REACHABLE ? reachableTimeOf(entry) : 0);
  }
  move(entry, state, cause);
}

/** Moves the entry to a state without a usable address. Returns true when the change is to be told. */
function forget(entry: Neighbour, state: Nud, cause: Cause): boolean {
  const old = entry.nudState;
  entry.host.timers.cancel(entry);
  move(entry, state, cause);
  const failed = state === Nud.FAILED && (old & (Nud.INCOMPLETE | Nud.PROBE)) !== 0;
  if (failed) invalidate(entry);
  return failed || (old & NUD_VALID) !== 0;
}

/** Sets and clears the external flags as an operator's request says. Returns the flags that flipped. */
function takeFlags(entry: Neighbour, flags: number): number {
  let flipped = 0;
  for (const [wanted, flag] of EXTERNAL) {
    if (((flags & wanted) !== 0) !== ((entry.flags & flag) !== 0)) flipped |= flag;
  }
  entry.flags ^= flipped;
  return flipped;
}

/** Sets or clears the ROUTER flag. Returns true when it changed. */
function takeRouter(entry: Neighbour, flags: number): boolean {
  if ((flags & UpdateFlags.OVERRIDE_ISROUTER) === 0) return false;
  const router = flags & UpdateFlags.ISROUTER ? NeighFlags.ROUTER : 0;
  if ((entry.flags & NeighFlags.ROUTER) === router) return false;
  entry.flags ^= NeighFlags.ROUTER;
  return true;
}

/** Brings the lists that depend on state and flags up to date, then tells the news, once. */
function finish(entry: Neighbour, old: Nud, flipped: number, told: boolean, pid: number): void {
  const { host } = entry;
  const collectable = (old ^ entry.nudState) & Nud.PERMANENT || flipped & (NeighFlags.EXT_LEARNED | NeighFlags.EXT_VALIDATED);
  if (collectable) host.updateGcList(entry);
  if (flipped & NeighFlags.MANAGED) host.updateManaged(entry);
  if (told) host.notify(entry, "new", pid);
}

/** Sends the packets that waited, in order, to this neighbour, whatever became of the route that led here (measured on Linux 6.18). */
function flush(entry: Neighbour): void {
  // The number of packets that wait now bounds the loop: a packet that comes back to this queue does not go round and round.
  for (let left = entry.queued; left > 0 && entry.nudState & NUD_VALID; left--) {
    const packet = dequeue(entry);
    if (!packet) return;
    output(entry, packet);
  }
  purge(entry, DropReason.QUEUE_PURGE);
}
