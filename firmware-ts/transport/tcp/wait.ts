/** The one timer of a connection: it waits for one event at a time. */
import { type Tcb, Wait } from "./tcb.ts";

/** In ms. */
const SOON = 1000;

/** A timer that is due later than the armed one lets that fire, and is armed anew then: most are put off long before. */
export function armWait(c: Tcb, wait: Wait, delay: number): void {
  c.wait = wait;
  c.waitUntil = c.tcp.time[0]! + delay;
  armTimer(c);
}

/** Waits for an RTO from now on. */
export function armRto(c: Tcb): void {
  c.wait = Wait.RTO;
  c.waitUntil = c.tcp.time[0]! + c.rto;
  armTimer(c);
}

function armTimer(c: Tcb): void {
  if (!c.timerArmed || c.timerDue > c.waitUntil) c.tcp.timers.arm(c, c.waitUntil - c.tcp.time[0]!);
}

/** A timer that fires within a second finds nothing to do then: the next segment is likely to need it, and arming costs more. */
export function cancelWait(c: Tcb): void {
  c.wait = Wait.NOTHING;
  if (c.timerArmed && c.timerDue - c.tcp.time[0]! > SOON) c.tcp.timers.cancel(c);
}

/** Arms the retransmission timer for what is under way, or none. */
export function rearmRto(c: Tcb): void {
  if (c.sent.count === 0) cancelWait(c);
  else armRto(c);
}

/** A probe waits so much longer, in ms, when a single segment is under way, whose acknowledgment the peer may delay. */
const DELAYED = 200;

/** Has the last segments probed for, before a whole RTO is over (RFC 8985 7.2). */
export function scheduleLossProbe(c: Tcb): void {
  if (!c.sackOk || c.ca !== 0 || c.sent.count === 0 || c.tlpOut || c.wait !== Wait.RTO || c.backoff > 0) return;
  if (Number.isNaN(c.srtt)) return;
  const timeout = 2 * c.srtt + (c.sent.count === 1 ? DELAYED : 2);
  // Where the RTO comes first, its place is taken: one probe costs less than a window that begins anew.
  const until = c.tcp.time[0]! + timeout;
  if (until < c.waitUntil) c.waitUntil = until;
  c.wait = Wait.TLP;
  armTimer(c);
}
