/** Topologies for cases that need more than a plain DUT: addresses of every kind, or forwarding. */
import { type Topology, TWO_LINKS } from "../../../contract/topology.ts";
import { DUT, type Host, host } from "../../../wire/hosts.ts";
import { hearsAnyone } from "./setup.ts";

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

/** Two links, and an address of every kind: for cases in which it matters whose an address is. */
export const MANY_ADDRESSES: Topology = {
  ...TWO_LINKS,
  needs: ["e1", "address-admin", "arp-sysctl"],
  async prepare(bench) {
    await bench.must(`address add ${OURS.secondary}/24 dev e0`);
    await bench.must(`address add ${OURS.wide}/16 dev e0`);
    await bench.must(`address add ${OURS.link}/24 dev e0 scope link`);
    await bench.must(`address add ${OURS.host}/24 dev e0 scope host`);
    await bench.must(`address add ${OURS.lo}/32 dev lo scope global`);
    await bench.must(`address add ${OURS.loHost}/32 dev lo scope host`);
    hearsAnyone(bench);
  },
};

/** A host behind e1. */
export const FAR: Host = host(2, "10.0.1.2");

/** The DUT forwards between e0 and e1, and knows FAR. */
export const ROUTER: Topology = {
  ...TWO_LINKS,
  needs: ["e1", "forwarding"],
  async prepare(bench) {
    bench.conf("forwarding", 1, "e0");
    bench.conf("forwarding", 1, "e1");
    bench.conf("rp_filter", 0, "all");
    await bench.must(`neigh add ${FAR.ip} lladdr ${FAR.mac} dev e1`);
  },
};
