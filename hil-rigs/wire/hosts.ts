/** The hosts that a tester plays in the IPv4 suites, and the well-known hardware addresses. */
import { type Host, PLANS } from "../contract/plan.ts";

export type { Host };

export const BROADCAST = "ff:ff:ff:ff:ff:ff";
export const ZERO = "00:00:00:00:00:00";

const plan = PLANS[4];

/** The DUT, at e0. */
export const DUT: Host = plan.dut.e0;
/** The tester's host number n, or one with its hardware address and another IP address. */
export function host(n: number, ip?: string): Host {
  const own = plan.host(n);
  return ip === undefined ? own : { mac: own.mac, ip };
}
export const T1: Host = plan.T1;
export const T2: Host = plan.T2;
