/**
 * The neighbour machine: the effect of packets, timers and requests on an entry. It is neighbour unreachability detection of
 * RFC 4861 7.3 as the Linux kernel carries it out for every family.
 *
 * | from            | event                                  | to         | what happens                              |
 * |-----------------|----------------------------------------|------------|-------------------------------------------|
 * | NONE, FAILED    | packet, use                            | INCOMPLETE | packet waits, request at once, timer R    |
 * | NONE, FAILED    | managed tick                           | INCOMPLETE | request with the next jiffy               |
 * | NONE, FAILED    | any of these, no probes allowed        | FAILED     | packet dropped                            |
 * | INCOMPLETE      | packet                                 | same       | packet waits; no request, timer untouched |
 * | STALE           | packet, use, managed tick              | DELAY      | packet goes out, timer delay_probe_time   |
 * | DELAY, PROBE    | packet                                 | same       | packet goes out                           |
 * | REACHABLE,      | frame claims another address, where    | PROBE      | first request, to the known one, at most  |
 * | STALE, DELAY    | the profile asks the old one first     |            | one in R, timer R                         |
 * | REACHABLE       | timer, confirmed within reachable_time | same       | timer again                               |
 * | REACHABLE       | timer, used within delay_probe_time    | DELAY      | timer delay_probe_time                    |
 * | REACHABLE       | timer, else                            | STALE      | no timer                                  |
 * | DELAY           | timer, confirmed meanwhile             | REACHABLE  | timer                                     |
 * | DELAY           | timer, else                            | PROBE      | first request, timer R                    |
 * | INCOMPLETE      | timer, requests left                   | same       | next request, timer R                     |
 * | INCOMPLETE      | timer, none left                       | FAILED     | senders told, packets dropped             |
 * | PROBE           | timer, requests left                   | same       | next request, timer R                     |
 * | PROBE           | timer, none left                       | FAILED     | as INCOMPLETE; STALE if EXT_VALIDATED     |
 *
 * R is retrans_time, at least HZ/100 jiffies. update.ts has the effect of frames of the neighbour and of an operator. A table with a strategy
 * (strategies/) differs from this where its entries are due to be asked, and nowhere else.
 */
import { DropReason } from "../../hal/drop-reason.ts";
import type { SkBuff } from "../../hal/skbuff.ts";
import { pushHeader } from "../net/ethernet.ts";
import type { Cause, DoubtCause, Neighbour, NeighStrategy } from "./entry.ts";
import { NeighFlags } from "./flags.ts";
import { enqueue } from "./queue.ts";
import { NUD_CONNECTED, NUD_IN_TIMER, Nud } from "./states.ts";

/** Result of output() for a packet that waits for the link address. */
export const QUEUED = -1;
/** The fate of a packet. NONE: the device has it. QUEUED: it waits. Any other value is the reason of its drop. */
export type Fate = DropReason | typeof QUEUED;

/** States in which a packet goes out and starts nothing. */
const NUD_SETTLED = NUD_CONNECTED | Nud.DELAY | Nud.PROBE;

/** Sends a network packet to the neighbour, queues it or drops it. The buffer is not the caller's any more. */
export function output(entry: Neighbour, packet: SkBuff): Fate {
  if (packet.confirm) {
    confirm(entry);
    // It proves something of now, not of the time at which the queue is emptied that it may have to wait in.
    packet.confirm = false;
  }
  if ((entry.nudState & NUD_CONNECTED) === 0 || !entry.headerReady) {
    const fate = resolve(entry, packet, true, "packet");
    if (fate !== DropReason.NONE) return fate;
    entry.headerReady = true;
    const { strategy } = entry.on.host;
    if (strategy !== null) return sendAhead(strategy, entry, packet);
  }
  const { device } = entry.on;
  // A neighbour may be the next hop of another protocol's packets, too.
  pushHeader(packet, entry.addressHigh, entry.addressLow, device.addressView, packet.protocol);
  return device.transmit(packet);
}

/** Sends a packet that took the slow path; a question of the strategy's follows it. */
function sendAhead(strategy: NeighStrategy, entry: Neighbour, packet: SkBuff): Fate {
  const { device } = entry.on;
  pushHeader(packet, entry.addressHigh, entry.addressLow, device.addressView, packet.protocol);
  const fate = device.transmit(packet);
  strategy.sent(entry);
  return fate;
}

/** Notes a proof from above that the neighbour is there (MSG_CONFIRM, progress of a connection). The state stays. */
export function confirm(entry: Neighbour): void {
  entry.confirmed = entry.host.now();
}

/** Notes that something above speaks against the entry. Without a strategy that changes nothing. */
export function doubt(entry: Neighbour | null, cause: DoubtCause): void {
  entry?.host.strategy?.doubt(entry, cause);
}

/** Starts a resolution as a packet would, without one (NTF_USE). */
export function use(entry: Neighbour): void {
  resolve(entry, null, true, "use");
}

/** Starts a resolution, if a managed entry needs one. */
export function keepResolved(entry: Neighbour): void {
  resolve(entry, null, false, "managed");
}

/**
 * Takes the slow path. Returns NONE when the packet may go, else its fate: queued, or dropped for the returned reason.
 * @param atOnce true: the first request goes out now; false: with the next jiffy
 */
function resolve(entry: Neighbour, packet: SkBuff | null, atOnce: boolean, cause: Cause): Fate {
  if (entry.dead) return drop(entry, packet, DropReason.NEIGH_DEAD);
  const now = entry.host.now();
  entry.used = now;
  if (entry.nudState & NUD_SETTLED) return DropReason.NONE;
  if (entry.nudState === Nud.STALE) {
    if (cause === "packet" && entry.host.strategy?.trusts(entry) === true) return DropReason.NONE;
    entry.updated = now;
    arm(entry, entry.parameters.delayProbeTime);
    move(entry, Nud.DELAY, cause);
    return DropReason.NONE;
  }
  if (entry.nudState === Nud.INCOMPLETE) return wait(entry, packet);
  if (entry.nudState === Nud.FAILED && cause === "packet" && now < entry.updated + entry.host.policy.failedHold) {
    return drop(entry, packet, DropReason.NEIGH_FAILED);
  }
  entry.updated = now;
  const { mcastProbes, appProbes, ucastProbes } = entry.parameters;
  if (mcastProbes + appProbes === 0) {
    move(entry, Nud.FAILED, cause);
    return drop(entry, packet, DropReason.NEIGH_FAILED);
  }
  // An entry without an address has nobody to ask by unicast: it starts with the requests behind those.
  entry.probes = ucastProbes >>> 0;
  arm(entry, atOnce ? retransTime(entry) : entry.host.lateness.jiffy);
  move(entry, Nud.INCOMPLETE, cause);
  const fate = wait(entry, packet);
  if (atOnce) probe(entry);
  return fate;
}

function wait(entry: Neighbour, packet: SkBuff | null): Fate {
  return !packet || enqueue(entry, packet) ? QUEUED : DropReason.NEIGH_QUEUEFULL;
}

function drop(entry: Neighbour, packet: SkBuff | null, reason: DropReason): DropReason {
  if (packet) entry.host.drops.drop(packet, reason);
  return reason;
}

/** Sets the state and tells the watchers. Everything else that belongs to the change is up to the caller. */
export function move(entry: Neighbour, to: Nud, cause: Cause): void {
  const from = entry.nudState;
  entry.nudState = to;
  if ((from & NUD_CONNECTED) !== 0 && (to & NUD_CONNECTED) === 0) entry.unsettle();
  entry.host.moved(entry, from, to, cause);
}

/** Arms the entry's timer. A delay that has passed counts as 0. */
export function arm(entry: Neighbour, delay: number): void {
  entry.host.timers.arm(entry, delay);
}

/** Arms the timer from its own handler, which has a least delay. */
function rearm(entry: Neighbour, delay: number): void {
  arm(entry, Math.max(delay, entry.host.lateness.minRearm));
}

/** The time in ms until a question is asked again. */
export function retransTime(entry: Neighbour): number {
  return Math.max(entry.parameters.retransTime, entry.host.lateness.minRearm);
}

/** Sends one request: a frame, or a message to the program that resolves. */
function probe(entry: Neighbour): void {
  const { ucastProbes, appProbes } = entry.parameters;
  const byProgram = (entry.probes - ucastProbes) | 0;
  if (byProgram >= 0 && byProgram < appProbes) entry.host.notify(entry, "miss");
  // The newest packet steers the request: its source address is the one that will be used next.
  else entry.on.family.solicit(entry, entry.queue?.tail ?? null);
  entry.probes = (entry.probes + 1) >>> 0;
}

/** Sends one request on a strategy's behalf, to the known address or to everybody, whatever the limits of requests are. */
export function ask(entry: Neighbour, everybody: boolean): void {
  const { ucastProbes } = entry.parameters;
  entry.probes = (everybody ? ucastProbes : ucastProbes - 1) >>> 0;
  entry.on.family.solicit(entry, null);
  entry.probes = (entry.probes + 1) >>> 0;
}

/** Tells the family, within solicit(), that this request goes to the known address only. */
export function probesUnicast(entry: Neighbour): boolean {
  return ((entry.probes - entry.parameters.ucastProbes) | 0) < 0;
}

/** Tells whether a request is left. As in the kernel, the count and the sum of the limits are ints that overflow (measured on 6.18). */
function hasProbes(entry: Neighbour): boolean {
  const { ucastProbes, appProbes, mcastProbes, mcastReprobes } = entry.parameters;
  const most = ucastProbes + appProbes + (entry.nudState === Nud.PROBE ? mcastReprobes : mcastProbes);
  return (entry.probes | 0) < (most | 0);
}

/** Returns true when the last request of an entry that is being asked for went to everybody, so that any station may answer it. */
export function askedEverybody(entry: Neighbour): boolean {
  const asked = (entry.nudState & (Nud.INCOMPLETE | Nud.PROBE)) !== 0;
  return asked && ((entry.probes - entry.parameters.ucastProbes) | 0) > 0;
}

/**
 * Gives a neighbour that has failed one more time to answer, to a question that the caller asks. Packets wait for it, as for any other
 * answer. Of one that has not failed only the time is noted.
 */
export function awaitOnce(entry: Neighbour): void {
  entry.updated = entry.host.now();
  if (entry.dead || entry.nudState !== Nud.FAILED) return;
  const { ucastProbes, appProbes, mcastProbes } = entry.parameters;
  entry.probes = (ucastProbes + appProbes + mcastProbes) >>> 0;
  arm(entry, retransTime(entry));
  move(entry, Nud.INCOMPLETE, "use");
}

/**
 * Asks a neighbour at the address known of it whether it is there still, as a frame claims another one. The known address is used
 * meanwhile, as by RFC 4861 7.2.5 after an answer that does not override. A neighbour that was heard of within the time between two
 * requests is asked when that is over, so that a flood of claims costs no flood of requests.
 */
export function challenge(entry: Neighbour): void {
  const { host, parameters } = entry;
  if ((entry.nudState & (Nud.REACHABLE | Nud.STALE | Nud.DELAY)) === 0) return;
  if (parameters.ucastProbes + parameters.appProbes === 0) return;
  const now = host.now();
  host.timers.cancel(entry);
  entry.updated = now;
  entry.probes = 0;
  move(entry, Nud.PROBE, "frame");
  const wait = entry.confirmed + retransTime(entry) - now;
  if (wait > 0) {
    arm(entry, wait);
    host.notify(entry, "new");
  } else {
    askAgain(entry, true);
  }
}

/** The time in ms for which a proof of the neighbour holds. */
export function reachableTimeOf(entry: Neighbour): number {
  const { strategy } = entry.host;
  return strategy === null ? entry.parameters.reachableTime : strategy.reachableTime(entry);
}

/** Handles the entry's timer. */
export function expired(entry: Neighbour): void {
  const { parameters, host } = entry;
  if (host.strategy?.expired(entry) === true) return;
  if (entry.dead || (entry.nudState & NUD_IN_TIMER) === 0) return;
  const now = host.now();
  const holds = reachableTimeOf(entry);
  switch (entry.nudState) {
    case Nud.REACHABLE:
      if (host.lateness.within(now, entry.confirmed + holds)) {
        rearm(entry, entry.confirmed + holds - now);
      } else if (host.policy.eagerDelay && host.lateness.within(now, entry.used + parameters.delayProbeTime)) {
        entry.updated = now;
        rearm(entry, parameters.delayProbeTime);
        move(entry, Nud.DELAY, "timer");
      } else {
        entry.updated = now;
        move(entry, Nud.STALE, "timer");
        host.notify(entry, "new");
      }
      return;
    case Nud.DELAY:
      entry.updated = now;
      if (host.lateness.within(now, entry.confirmed + parameters.delayProbeTime)) {
        rearm(entry, entry.confirmed + holds - now);
        move(entry, Nud.REACHABLE, "timer");
        host.notify(entry, "new");
        return;
      }
      entry.probes = 0;
      move(entry, Nud.PROBE, "timer");
      askAgain(entry, true);
      return;
    default:
      askAgain(entry, false);
  }
}

/** Sends the next request of an INCOMPLETE or PROBE entry, or gives up. */
function askAgain(entry: Neighbour, stateChanged: boolean): void {
  if (hasProbes(entry)) {
    arm(entry, retransTime(entry));
    probe(entry);
    if (stateChanged) entry.host.notify(entry, "new");
    return;
  }
  if (entry.nudState === Nud.PROBE && entry.flags & NeighFlags.EXT_VALIDATED) {
    entry.updated = entry.host.now();
    move(entry, Nud.STALE, "timer");
  } else {
    move(entry, Nud.FAILED, "timer");
    invalidate(entry);
  }
  entry.host.notify(entry, "new");
}

/** Ends a failed resolution: tells the sender of every packet that waits, then drops the packet. The entry is FAILED already. */
export function invalidate(entry: Neighbour): void {
  const { host } = entry;
  const { family } = entry.on;
  host.statistics.resFailed++;
  entry.updated = host.now();
  // A sender that hears of the failure may send again at once and so wake the entry. The new packet waits in a queue of its own.
  const queue = entry.queue;
  entry.queue = null;
  entry.queueBytes = 0;
  for (let packet = queue?.dequeue(); packet; packet = queue?.dequeue()) {
    family.reportError?.(entry, packet);
    host.drops.drop(packet, DropReason.NEIGH_FAILED);
  }
}
