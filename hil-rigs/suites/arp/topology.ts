/** A DUT with addresses of every kind, for cases in which it matters whose an address is. Need: e1, address-admin. */

import type { Bench } from "../../contract/bench.ts";
import type { Need } from "../../contract/dut.ts";
import { DUT } from "../../wire/hosts.ts";

export const TOPOLOGY_NEEDS: readonly Need[] = ["e1", "address-admin", "arp-sysctl"];

type Name = "first" | "secondary" | "wide" | "link" | "host" | "e1" | "lo" | "loHost";

/** Addresses of the DUT, by where they are. */
export const OURS: Readonly<Record<Name, string>> = {
  /** On e0. */
  first: DUT.ip,
  /** On e0 and in the same subnet: a secondary address. */
  secondary: "10.0.0.11",
  wide: "172.16.0.1",
  link: "10.97.0.1",
  host: "10.96.0.1",
  /** On e1. */
  e1: "10.0.1.1",
  lo: "10.99.0.1",
  loHost: "10.98.0.1",
};

export async function manyAddresses(bench: Bench): Promise<void> {
  await bench.must(`address add ${OURS.secondary}/24 dev e0`);
  await bench.must(`address add ${OURS.wide}/16 dev e0`);
  await bench.must(`address add ${OURS.link}/24 dev e0 scope link`);
  await bench.must(`address add ${OURS.host}/24 dev e0 scope host`);
  await bench.must(`address add ${OURS.lo}/32 dev lo scope global`);
  await bench.must(`address add ${OURS.loHost}/32 dev lo scope host`);
  // A sender from anywhere is heard.
  bench.conf("rp_filter", 0, "all");
  bench.conf("rp_filter", 0);
}
