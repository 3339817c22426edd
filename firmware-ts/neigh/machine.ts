/**
 * Neighbour unreachability detection: what a packet, a timer or a request does to an entry (RFC 4861 7.3 as the Linux kernel
 * carries it out for ARP and ND alike).
 *
 * | from            | event                                  | to         | what happens                              |
 * |-----------------|----------------------------------------|------------|-------------------------------------------|
 * | NONE, FAILED    | packet                                 | INCOMPLETE | packet waits, request at once, timer R    |
 * | NONE, FAILED    | packet, no probes allowed              | FAILED     | packet dropped                            |
 * | INCOMPLETE      | packet                                 | same       | packet waits; no request, timer untouched |
 * | STALE           | packet                                 | DELAY      | packet goes out, timer delay_probe_time   |
 * | DELAY, PROBE    | packet                                 | same       | packet goes out                           |
 * | REACHABLE       | timer, confirmed within reachable_time | same       | timer again                               |
 * | REACHABLE       | timer, used within delay_probe_time    | DELAY      | timer delay_probe_time                    |
 * | REACHABLE       | timer, else                            | STALE      | no timer                                  |
 * | DELAY           | timer, confirmed meanwhile             | REACHABLE  | timer                                     |
 * | DELAY           | timer, else                            | PROBE      | unicast request, timer R                  |
 * | INCOMPLETE      | timer, requests left                   | same       | next request, timer R                     |
 * | INCOMPLETE      | timer, none left                       | FAILED     | senders told, packets dropped             |
 * | PROBE           | timer, requests left / none left       | same/FAILED| as INCOMPLETE                             |
 *
 * R is retrans_time, at least 10 ms. What frames of the neighbour and an operator do is in update.ts.
 */
import { DropReason } from "../../hal/drop-reason.ts";
import { ETHERNET_HEADER } from "../../hal/ethernet.ts";
import type { SkBuff } from "../../hal/skbuff.ts";
import { copyMac, ETH_SOURCE, ETH_TYPE } from "../net/ethernet.ts";
import type { Neighbour } from "./entry.ts";
import { enqueue } from "./queue.ts";
import { NUD_CONNECTED, NUD_IN_TIMER, Nud } from "./states.ts";

/** The kernel re-arms a neighbour timer no sooner than HZ/100 jiffies ahead. */
const MIN_REARM = 10;

/** What output() made of a packet that it neither sent nor dropped: it waits for the address. */
export const QUEUED = -1;
/** NONE: the device has it. QUEUED: it waits. Else the reason for which it was dropped. */
export type Fate = DropReason | typeof QUEUED;

/** Sends a network packet to the neighbour, or lets it wait, or drops it. Its buffer is not the caller's any more. */
export function output(entry: Neighbour, packet: SkBuff): Fate {
  if (packet.confirm) {
    entry.confirmed = entry.host.clock.now();
    // Proof of when it was sent, not of when the queue that it may now wait in is emptied.
    packet.confirm = false;
  }
  if ((entry.nudState & NUD_CONNECTED) === 0 || !entry.headerReady) {
    const fate = use(entry, packet);
    if (fate !== DropReason.NONE) return fate;
    completeHeader(entry);
  }
  const at = packet.push(ETHERNET_HEADER);
  const { view } = packet;
  const header = entry.headerView;
  view.setInt32(at, header.getInt32(0));
  view.setInt32(at + 4, header.getInt32(4));
  view.setInt32(at + 8, header.getInt32(8));
  view.setUint16(at + 12, header.getUint16(12));
  return entry.device.transmit(packet);
}

/** The slow path's question: may the packet go (NONE)? If not it was queued, or dropped for the returned reason. */
function use(entry: Neighbour, packet: SkBuff): Fate {
  const host = entry.host;
  const now = host.clock.now();
  if (entry.dead) return drop(entry, packet, DropReason.NEIGH_DEAD);
  if (entry.nudState & (NUD_CONNECTED | Nud.DELAY | Nud.PROBE)) {
    entry.used = now;
    return DropReason.NONE;
  }
  if (entry.nudState === Nud.STALE) {
    entry.used = now;
    entry.updated = now;
    entry.nudState = Nud.DELAY;
    armTimer(entry, entry.parameters.delayProbeTime);
    return DropReason.NONE;
  }
  if (entry.nudState === Nud.INCOMPLETE) {
    entry.used = now;
    return enqueue(entry, packet) ? QUEUED : DropReason.NEIGH_QUEUEFULL;
  }
  if (entry.parameters.mcastProbes === 0) {
    entry.nudState = Nud.FAILED;
    entry.updated = now;
    return drop(entry, packet, DropReason.NEIGH_FAILED);
  }
  entry.used = now;
  entry.updated = now;
  entry.nudState = Nud.INCOMPLETE;
  // An entry without an address has nobody to ask by unicast: it starts where broadcasts begin.
  entry.probes = entry.parameters.ucastProbes;
  armTimer(entry, Math.max(entry.parameters.retransTime, MIN_REARM));
  enqueue(entry, packet);
  probe(entry);
  return QUEUED;
}

function drop(entry: Neighbour, packet: SkBuff, reason: DropReason): DropReason {
  entry.host.drops.drop(packet, reason);
  return reason;
}

function completeHeader(entry: Neighbour): void {
  const header = entry.header;
  copyMac(header, ETH_SOURCE, entry.device.address, 0);
  header[ETH_TYPE] = entry.host.family.etherType >> 8;
  header[ETH_TYPE + 1] = entry.host.family.etherType & 0xff;
  entry.headerReady = true;
}

export function armTimer(entry: Neighbour, delay: number): void {
  entry.timer ??= entry.host.clock.timer(() => expired(entry));
  entry.timer.arm(delay);
}

function probe(entry: Neighbour): void {
  // The newest packet steers what the request looks like: its source address is the one that will be used next.
  entry.host.family.solicit(entry, entry.queue?.tail ?? null);
  entry.probes++;
}

/** For the protocol, within solicit(): this request goes to the known address only. */
export function probesUnicast(entry: Neighbour): boolean {
  return entry.probes < entry.parameters.ucastProbes;
}

function maxProbes(entry: Neighbour): number {
  const { ucastProbes, mcastProbes, mcastReprobes } = entry.parameters;
  return ucastProbes + (entry.nudState === Nud.PROBE ? mcastReprobes : mcastProbes);
}

/** The entry's timer fired. */
function expired(entry: Neighbour): void {
  if (entry.dead || (entry.nudState & NUD_IN_TIMER) === 0) return;
  const now = entry.host.clock.now();
  const parameters = entry.parameters;
  switch (entry.nudState) {
    // The kernel's timers are at least a tick late, ours may be punctual: what ends at this very instant is over.
    case Nud.REACHABLE:
      if (now < entry.confirmed + parameters.reachableTime) {
        armTimer(entry, Math.max(entry.confirmed + parameters.reachableTime - now, MIN_REARM));
      } else if (now < entry.used + parameters.delayProbeTime) {
        entry.nudState = Nud.DELAY;
        entry.updated = now;
        armTimer(entry, Math.max(parameters.delayProbeTime, MIN_REARM));
      } else {
        entry.nudState = Nud.STALE;
        entry.updated = now;
        entry.host.notify(entry, "new");
      }
      return;
    case Nud.DELAY:
      if (now < entry.confirmed + parameters.delayProbeTime) {
        entry.nudState = Nud.REACHABLE;
        entry.updated = now;
        armTimer(entry, Math.max(entry.confirmed + parameters.reachableTime - now, MIN_REARM));
        entry.host.notify(entry, "new");
        return;
      }
      entry.nudState = Nud.PROBE;
      entry.updated = now;
      entry.probes = 0;
      askAgain(entry, true);
      return;
    default:
      askAgain(entry, false);
  }
}

/** INCOMPLETE or PROBE: the next request, or the end of patience. */
function askAgain(entry: Neighbour, stateChanged: boolean): void {
  if (entry.probes >= maxProbes(entry)) {
    entry.nudState = Nud.FAILED;
    invalidate(entry);
    entry.host.notify(entry, "new");
    return;
  }
  armTimer(entry, Math.max(entry.parameters.retransTime, MIN_REARM));
  probe(entry);
  if (stateChanged) entry.host.notify(entry, "new");
}

/** Resolution has failed: every sender that waits is told, then its packet dropped. The entry is FAILED already. */
export function invalidate(entry: Neighbour): void {
  entry.host.statistics.resFailed++;
  entry.updated = entry.host.clock.now();
  // A sender told of the failure may send again at once and so wake the entry: what it sends then waits in a queue of its own.
  const queue = entry.queue;
  entry.queue = null;
  entry.queueBytes = 0;
  for (let packet = queue?.dequeue(); packet; packet = queue?.dequeue()) entry.host.drops.drop(packet, DropReason.NEIGH_FAILED);
}
