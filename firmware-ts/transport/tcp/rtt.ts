/** Round trips and the retransmission time-out (RFC 6298, with the kernel's least of 200 ms). */
import { RTO_MAX, RTO_MIN, type Tcb } from "./tcb.ts";

/** Takes a round trip, in us. */
export function takeRtt(c: Tcb, rtt: number): void {
  const sample = Math.max(rtt, 1) / 1000;
  if (Number.isNaN(c.srtt)) {
    c.srtt = sample;
    c.rttvar = sample / 2;
    c.minRtt = sample;
  } else {
    c.rttvar += (Math.abs(sample - c.srtt) - c.rttvar) / 4;
    c.srtt += (sample - c.srtt) / 8;
    if (sample < c.minRtt) c.minRtt = sample;
  }
  c.rto = Math.min(c.srtt + Math.max(4 * c.rttvar, RTO_MIN), RTO_MAX);
}
