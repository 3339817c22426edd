/** The congestion window: slow start, CUBIC (RFC 9438), and what idleness and losses leave of it. */
import { Ca, INITIAL_WINDOW, type Tcb } from "./tcb.ts";

/** CUBIC's constants (RFC 9438 4.6, 4.1). */
const BETA = 0.7;
const C = 0.4;
const ALPHA = (3 * (1 - BETA)) / (1 + BETA);
const NEVER = Number.NaN;

/** Grows the window by what was acknowledged, if it was what held data back. */
export function grow(c: Tcb, acked: number): void {
  const inSlowStart = c.cwnd < c.ssthresh;
  if (!c.cwndLimited && !(inSlowStart && c.cwnd < 2 * c.maxPacketsOut)) return;
  let left = acked;
  if (inSlowStart) {
    const grown = Math.min(c.cwnd + acked, c.ssthresh);
    left = acked - (grown - c.cwnd);
    c.cwnd = grown;
    if (left <= 0) return;
  }
  cubic(c, left);
}

function cubic(c: Tcb, acked: number): void {
  const now = c.tcp.time[0]!;
  const { cwnd } = c;
  if (Number.isNaN(c.epochStart)) {
    c.epochStart = now;
    if (!(c.wMax > cwnd)) c.wMax = cwnd;
    c.cubicK = Math.cbrt((c.wMax - cwnd) / C);
    c.wEst = cwnd;
  }
  const seconds = (now - c.epochStart + (Number.isNaN(c.srtt) ? 0 : c.srtt)) / 1000;
  const target = Math.min(Math.max(c.wMax + C * (seconds - c.cubicK) ** 3, cwnd), 1.5 * cwnd);
  c.wEst += (c.wEst < c.wMax ? ALPHA : 1) * (acked / cwnd);
  c.cwnd = Math.max(c.wEst, cwnd + ((target - cwnd) / cwnd) * acked);
}

/** Notes a loss, or a mark: the threshold comes down, and CUBIC begins anew from there (RFC 9438 4.6, 4.7). */
export function reduce(c: Tcb): void {
  c.priorCwnd = c.cwnd;
  c.priorSsthresh = c.ssthresh;
  c.wMax = c.cwnd < c.wMax ? (c.cwnd * (1 + BETA)) / 2 : c.cwnd;
  c.ssthresh = Math.max(c.cwnd * BETA, 2);
  c.epochStart = NEVER;
  if (c.ecnOk) c.owesCwr = true;
}

/** Takes a reduction back that a needless retransmission has caused. */
export function restore(c: Tcb): void {
  if (c.priorCwnd > c.cwnd) c.cwnd = c.priorCwnd;
  if (c.priorSsthresh > c.ssthresh) c.ssthresh = c.priorSsthresh;
  c.epochStart = NEVER;
}

/** A connection that was silent for a while begins with a small window (RFC 5681 4.1; the kernel halves it for each RTO). */
export function idleRestart(c: Tcb): void {
  const now = c.tcp.time[0]!;
  if (c.sent.count > 0 || c.tcp.settings.slowStartAfterIdle === 0 || !(now - c.lastSent > c.rto)) return;
  const least = Math.min(c.cwnd, INITIAL_WINDOW);
  // The threshold keeps the memory of what the path has carried.
  c.ssthresh = Math.max(c.ssthresh, 0.75 * c.cwnd);
  for (let idle = now - c.lastSent - c.rto; idle > 0 && c.cwnd > least; idle -= c.rto) c.cwnd /= 2;
  c.cwnd = Math.max(Math.floor(c.cwnd), least);
  c.epochStart = NEVER;
  c.cwndLimited = false;
}

/** The window during recovery: as much goes out as arrives, down to the threshold (RFC 6937). */
export function proportional(c: Tcb, delivered: number, progress: boolean, lost: boolean): void {
  if (delivered <= 0 || (c.ca !== Ca.RECOVERY && c.ca !== Ca.CWR)) return;
  c.prrDelivered += delivered;
  const { inFlight } = c;
  let count: number;
  if (inFlight > c.ssthresh) {
    count = Math.ceil((c.prrDelivered * c.ssthresh) / c.priorCwnd) - c.prrOut;
  } else {
    const most = Math.max(c.prrDelivered - c.prrOut, delivered) + (progress && !lost ? 1 : 0);
    count = Math.min(Math.floor(c.ssthresh) - inFlight, most);
  }
  count = Math.max(count, c.prrOut === 0 ? 1 : 0);
  c.cwnd = Math.max(inFlight + count, 1);
}
