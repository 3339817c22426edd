/** What a frame of the neighbour, or an operator, does to an entry: the kernel's neigh_update(), decision by decision. */
import { DropReason } from "../../hal/drop-reason.ts";
import { copyMac, ETH_DESTINATION, sameMac } from "../net/ethernet.ts";
import type { Neighbour } from "./entry.ts";
import { armTimer, invalidate } from "./machine.ts";
import { dequeue, purge } from "./queue.ts";
import { NUD_CONNECTED, NUD_IN_TIMER, NUD_VALID, Nud } from "./states.ts";

export const UpdateFlags = {
  /** A different address replaces the one known. */
  OVERRIDE: 1,
  /** An operator asks: even PERMANENT and NOARP entries change. */
  ADMIN: 2,
} as const;

export const UpdateResult = {
  DONE: 0,
  /** The entry is PERMANENT or NOARP and only an operator may change it; or it is in no table any more. */
  NOT_PERMITTED: 1,
  /** A valid state needs a link address. */
  NO_ADDRESS: 2,
} as const;
export type UpdateResult = (typeof UpdateResult)[keyof typeof UpdateResult];

/**
 * Gives the entry a state and, where `address` is not null, the link address at address[at..at+6).
 * @param flags sum of UpdateFlags
 */
export function update(entry: Neighbour, address: Uint8Array | null, at: number, wanted: Nud, flags: number): UpdateResult {
  const admin = (flags & UpdateFlags.ADMIN) !== 0;
  const old = entry.nudState;
  if (entry.dead || (!admin && old & (Nud.NOARP | Nud.PERMANENT))) return UpdateResult.NOT_PERMITTED;
  if ((wanted & NUD_VALID) === 0) {
    forget(entry, wanted);
    return UpdateResult.DONE;
  }
  const wasValid = (old & NUD_VALID) !== 0;
  if (!address && !wasValid) return UpdateResult.NO_ADDRESS;
  const now = entry.host.clock.now();
  // Before the override test, on purpose: an answer with another address still proves that somebody answers.
  if (wanted & NUD_CONNECTED) entry.confirmed = now;
  const newAddress = address !== null && !(wasValid && sameMac(address, at, entry.header, ETH_DESTINATION));
  if (wasValid && newAddress && (flags & UpdateFlags.OVERRIDE) === 0) return UpdateResult.DONE;
  let state = wanted;
  if (wasValid && !newAddress && wanted === Nud.STALE && !admin) state = old;

  const newState = state !== old;
  if (newState || newAddress) entry.updated = now;
  if (newState) changeState(entry, state, now);
  if (newAddress) {
    copyMac(entry.header, ETH_DESTINATION, address, at);
    if ((state & NUD_CONNECTED) === 0) entry.confirmed = now - 2 * entry.parameters.baseReachableTime;
  }
  if (newState && !wasValid) flush(entry);
  if (newState && (old ^ state) & Nud.PERMANENT) entry.host.updateGcList(entry);
  if (newState || newAddress) entry.host.notify(entry, "new");
  return UpdateResult.DONE;
}

/** To a state without a usable address. */
function forget(entry: Neighbour, state: Nud): void {
  const old = entry.nudState;
  entry.timer?.cancel();
  entry.nudState = state;
  if (old & Nud.PERMANENT) entry.host.updateGcList(entry);
  const failed = state === Nud.FAILED && (old & (Nud.INCOMPLETE | Nud.PROBE)) !== 0;
  if (failed) invalidate(entry);
  if (failed || old & NUD_VALID) entry.host.notify(entry, "new");
}

function changeState(entry: Neighbour, state: Nud, now: number): void {
  entry.timer?.cancel();
  if (state === Nud.PROBE) entry.probes = 0;
  entry.nudState = state;
  if (state & NUD_IN_TIMER) armTimer(entry, state === Nud.REACHABLE ? entry.confirmed + entry.parameters.reachableTime - now : 0);
}

/** The address is known: what waited goes out, in order, each packet once more through its route. */
function flush(entry: Neighbour): void {
  // Bounded by what waits now: a packet that comes back to this queue is not sent round and round.
  for (let left = entry.queued; left > 0 && entry.nudState & NUD_VALID; left--) {
    const packet = dequeue(entry);
    if (!packet) return;
    entry.host.family.resend(packet);
  }
  purge(entry, DropReason.QUEUE_PURGE);
}
