/** What the one timer of a connection waits for, and until when. */
import { type Tcb, Wait } from "./tcb.ts";

/** A timer that is due later than the armed one lets that fire, and is armed anew then: most are put off long before. */
export function armWait(c: Tcb, wait: Wait, delay: number): void {
  const { timers } = c.tcp;
  const until = c.tcp.now() + delay;
  c.wait = wait;
  c.waitUntil = until;
  if (!c.timerArmed || c.timerDue > until) timers.arm(c, delay);
}

export function cancelWait(c: Tcb): void {
  c.wait = Wait.NOTHING;
  if (c.timerArmed) c.tcp.timers.cancel(c);
}

/** Arms the retransmission timer for what is under way, or none. */
export function rearmRto(c: Tcb): void {
  if (c.sent.count === 0) cancelWait(c);
  else armWait(c, Wait.RTO, c.rto);
}

/** What a probe adds to its wait when a single segment is under way, whose acknowledgment the peer may delay. */
const DELAYED = 200;

/** Has the last segments probed for, before a whole RTO is over (RFC 8985 7.2). */
export function scheduleLossProbe(c: Tcb): void {
  if (!c.sackOk || c.ca !== 0 || c.sent.count === 0 || c.tlpOut || c.wait !== Wait.RTO || c.backoff > 0) return;
  if (Number.isNaN(c.srtt)) return;
  const timeout = 2 * c.srtt + (c.sent.count === 1 ? DELAYED : 2);
  const left = c.waitUntil - c.tcp.now();
  if (timeout < left) armWait(c, Wait.TLP, timeout);
}
