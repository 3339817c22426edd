/** arp_announce: in whose name requests ask, by value, source of the datagram, and target. Measured cell by cell. */
import type { Case } from "../../../contract/case.ts";
import { TWO_LINKS } from "../../../contract/topology.ts";
import { asks } from "../../../stage/patterns.ts";
import { unhurried } from "../kit/setup.ts";
import { MANY_ADDRESSES, OURS } from "../kit/topologies.ts";

/** In the subnet of the first address, in that of another, and in none. */
const TARGETS = ["10.0.0.50", "172.16.0.50", "192.168.77.50"] as const;
const OFF_SUBNET = "192.168.77.0/24";

/** The source that the device chooses for each target. An address of scope link comes before the global ones. */
const CHOSEN = [OURS.first, OURS.wide, OURS.link] as const;

/** With value 1 the DUT keeps the source if the subnet of an address of the device holds both source and target. */
const KEPT: Readonly<Record<keyof typeof OURS, readonly [boolean, boolean, boolean]>> = {
  first: [true, false, false],
  secondary: [true, false, false],
  wide: [false, true, false],
  link: [false, false, false],
  host: [false, false, false],
  e1: [false, false, false],
  lo: [false, false, false],
  loHost: [false, false, false],
};

const byValue: readonly Case[] = [0, 1, 2, 3].flatMap((value) =>
  (Object.keys(OURS) as (keyof typeof OURS)[]).map(
    (name): Case => ({
      id: `ARP-G-20/announce-${value}/${name}`,
      title: `arp_announce ${value}, datagrams from ${OURS[name]}`,
      source: "kernel: arp_solicit, measured",
      topology: MANY_ADDRESSES,
      needs: ["route-admin"],
      async run(bench) {
        await bench.must(`route add ${OFF_SUBNET} dev e0`);
        bench.conf("arp_announce", value);
        const socket = bench.socket({ address: OURS[name] });
        for (const [index, target] of TARGETS.entries()) {
          bench.expect(`send to ${target}`, socket.send(Uint8Array.of(1), target, 9), "ok");
          const ask = await bench.hears(`asks for ${target}`, asks(target));
          const kept = value === 1 ? KEPT[name][index] : value !== 2;
          bench.expect("in the name of", ask.spa, kept ? OURS[name] : CHOSEN[index]);
        }
      },
    }),
  ),
);

const COMBINED: readonly (readonly [all: number, dev: number, spa: string])[] = [
  [0, 0, OURS.e1],
  [2, 0, OURS.first],
  [0, 2, OURS.first],
  [2, 1, OURS.first],
  [3, 2, OURS.e1],
  [2, 3, OURS.e1],
];

const combined: readonly Case[] = COMBINED.map(([all, dev, spa]) => ({
  id: `ARP-G-20/all-${all}-dev-${dev}`,
  title: `arp_announce ${all} for all and ${dev} for the device: the larger counts`,
  source: "kernel: IN_DEV_ARP_ANNOUNCE",
  topology: TWO_LINKS,
  needs: ["arp-sysctl"],
  async run(bench) {
    bench.conf("arp_announce", all, "all");
    bench.conf("arp_announce", dev);
    bench.socket({ address: OURS.e1 }).send(Uint8Array.of(1), TARGETS[0], 9);
    const ask = await bench.hears("asks", asks(TARGETS[0]));
    bench.expect("in the name of", ask.spa, spa);
  },
}));

const others: readonly Case[] = [
  {
    id: "ARP-G-21",
    title: "the newest of the datagrams that wait decides in whose name the next request asks",
    source: "kernel: neigh_probe, measured",
    topology: TWO_LINKS,
    patient: true,
    async run(bench) {
      unhurried(bench);
      const target = TARGETS[0];
      bench.socket({ address: OURS.first }).send(Uint8Array.of(1), target, 9);
      const one = await bench.hears("asks", asks(target));
      bench.socket({ address: OURS.e1 }).send(Uint8Array.of(1), target, 9);
      const two = await bench.hears("asks again", asks(target), { within: 1000 });
      bench.expect("in the name of", [one.spa, two.spa], [OURS.first, OURS.e1]);
    },
  },
  {
    id: "ARP-G-22",
    title: "a unicast probe has no datagram to go by and takes the device's own address",
    source: "kernel: neigh_probe, measured",
    topology: TWO_LINKS,
    patient: true,
    async run(bench) {
      const target = TARGETS[0];
      await bench.must(`neigh add ${target} lladdr 02:00:00:00:00:50 nud stale dev e0`);
      bench.socket({ address: OURS.e1 }).send(Uint8Array.of(1), target, 9);
      const probe = await bench.hears("probes", asks(target, { dst: "02:00:00:00:00:50" }), { within: 1000 });
      bench.expect("in the name of", probe.spa, OURS.first);
    },
  },
  {
    id: "ARP-G-23",
    title: "a device without an address asks in the name of another device's",
    source: "kernel: inet_select_addr",
    topology: TWO_LINKS,
    needs: ["address-admin", "route-admin", "arp-sysctl"],
    async run(bench) {
      await bench.must("address add 10.5.0.1/32 dev e0");
      await bench.must("address del 10.0.0.1/24 dev e0");
      await bench.must("address add 10.6.0.1/24 dev e0 scope host");
      await bench.must("address del 10.5.0.1/32 dev e0");
      await bench.must("route add 10.0.0.0/24 dev e0");
      bench.conf("arp_announce", 2);
      bench.socket({ address: OURS.e1 }).send(Uint8Array.of(1), TARGETS[0], 9);
      const ask = await bench.hears("asks", asks(TARGETS[0]));
      bench.expect("in the name of", ask.spa, OURS.e1);
    },
  },
];

export const arpAnnounce: readonly Case[] = [...byValue, ...combined, ...others];
