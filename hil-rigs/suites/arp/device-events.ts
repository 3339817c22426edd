/** What becomes of entries when a device goes down, loses its carrier, its address or its name for itself. Measured. */

import type { Bench } from "../../contract/bench.ts";
import type { Case } from "../../contract/case.ts";
import type { Need } from "../../contract/dut.ts";
import { answers, asks, datagram } from "../../stage/patterns.ts";
import { arpRequest } from "../../wire/build.ts";
import { BROADCAST, DUT, T1, ZERO } from "../../wire/hosts.ts";
import { calm, told, until } from "./setup.ts";

/** 10.0.0.20 and on, in the order they are made. */
const MADE = ["stale", "permanent", "noarp", "reachable", "failed"] as const;

async function fill(bench: Bench, extern = false): Promise<void> {
  calm(bench);
  for (const [n, nud] of MADE.entries())
    await bench.must(`neigh add 10.0.0.${20 + n} dev e0 nud ${nud}${nud === "failed" ? "" : ` lladdr 02:00:00:00:00:${20 + n}`}`);
  if (extern) await bench.must("neigh add 10.0.0.25 dev e0 nud stale lladdr 02:00:00:00:00:25 extern_learn");
  bench.events();
}

function left(bench: Bench): string[] {
  return bench.dut
    .neighbours()
    .map(({ dst, state }) => `${dst} ${state}`)
    .sort();
}

const EVERYTHING = ["10.0.0.20 STALE", "10.0.0.21 PERMANENT", "10.0.0.22 NOARP", "10.0.0.23 REACHABLE", "10.0.0.24 FAILED"];
const NEWEST_FIRST = ["FAILED", "REACHABLE", "NOARP", "PERMANENT", "STALE"].map((state) => `deleted ${state}`);

/** A change that everything is removed by, and every removal told with the state as it was, the newest first. */
const FLUSHING: readonly (readonly [id: string, command: string, needs: readonly Need[]])[] = [
  ["down", "link set e0 down", ["link-admin"]],
  ["address", "link set e0 address 02:00:00:00:10:77", ["link-admin"]],
  ["same-address", `link set e0 address ${DUT.mac}`, ["link-admin"]],
  ["arp-off", "link set e0 arp off", ["link-admin"]],
  ["last-ip", "address del 10.0.0.1/24 dev e0", ["address-admin"]],
];

const flushing: readonly Case[] = FLUSHING.map(([id, command, needs]) => ({
  id: `LNK-10/${id}`,
  title: `ip ${command} removes every entry, static ones too`,
  source: "kernel: neigh_changeaddr, neigh_ifdown; measured",
  needs,
  async run(bench) {
    await fill(bench);
    await bench.must(command);
    bench.expect("left", left(bench), []);
    const events = bench.events();
    bench.expect(
      "told, newest first",
      events.map(({ kind, state }) => `${kind} ${state}`),
      NEWEST_FIRST,
    );
    await bench.silence("nothing is sent", 20);
  },
}));

/** Changes that leave every entry alone. */
const HARMLESS: readonly (readonly [id: string, command: string, needs: readonly Need[]])[] = [
  ["up", "link set e0 up", ["link-admin"]],
  ["add-ip", "address add 10.0.0.12/24 dev e0", ["address-admin"]],
  ["mtu", "link set e0 mtu 1400", ["link-admin"]],
  ["promisc", "link set e0 promisc on", ["link-admin"]],
  ["alias", "link set e0 alias telemetry", ["link-admin"]],
];

const harmless: readonly Case[] = HARMLESS.map(([id, command, needs]) => ({
  id: `LNK-11/${id}`,
  title: `ip ${command} leaves every entry alone`,
  source: "kernel, measured",
  needs,
  async run(bench) {
    await fill(bench);
    await bench.must(command);
    bench.expect("left", left(bench), EVERYTHING);
    bench.expect("nothing is told", told(bench), []);
    await bench.silence("nothing is sent", 20);
  },
}));

/** arp_evict_nocarrier has to be on for all and for the device. */
const CARRIER: readonly (readonly [all: number, dev: number, evicts: boolean])[] = [
  [1, 1, true],
  [0, 1, false],
  [1, 0, false],
];

const carrier: readonly Case[] = CARRIER.map(([all, dev, evicts]) => ({
  id: `LNK-02/evict-all-${all}-dev-${dev}`,
  title: `with the carrier ${evicts ? "all but static entries go" : "no entry goes"} (arp_evict_nocarrier ${all} for all, ${dev} for the device)`,
  source: "kernel: neigh_carrier_down, arp_evict_nocarrier; measured",
  needs: evicts ? ["carrier"] : ["carrier", "arp-sysctl"],
  async run(bench) {
    if (!evicts) {
      bench.conf("arp_evict_nocarrier", all, "all");
      bench.conf("arp_evict_nocarrier", dev);
    }
    await fill(bench);
    await bench.plug(false);
    // The kernel looks at a lost carrier no more than once a second.
    if (evicts) await until(bench, () => left(bench).length < EVERYTHING.length, 8000);
    else await bench.sleep(1500);
    bench.expect("left", left(bench), evicts ? ["10.0.0.21 PERMANENT"] : EVERYTHING);
    const gone = ["deleted FAILED", "deleted REACHABLE", "deleted NOARP", "deleted STALE"];
    bench.expect(
      "told",
      bench.events().map(({ kind, state }) => `${kind} ${state}`),
      evicts ? gone : [],
    );
  },
}));

/** arp_notify of the two, and what is announced when the device comes up. */
const NOTIFY: readonly (readonly [all: number, dev: number, announces: boolean])[] = [
  [0, 0, false],
  [0, 1, true],
  [1, 0, true],
  [0, 2, true],
];

/** Every address is announced: asked for in its own name. */
async function announced(bench: Bench, mac: string, addresses: readonly string[]): Promise<void> {
  const frames = (await bench.heard(60)).flatMap((frame) => (frame.kind === "arp" ? [frame] : []));
  bench.expect(
    "announced",
    frames.map(({ op, spa, tpa }) => `${op} ${spa} ${tpa}`),
    addresses.map((ip) => `1 ${ip} ${ip}`),
  );
  for (const { src, dst, sha, tha } of frames) bench.expect("fields", [src, dst, sha, tha], [mac, BROADCAST, mac, ZERO]);
}

const ADDRESSES = [DUT.ip, "172.16.0.1", "10.0.0.11"] as const;

const notify: readonly Case[] = NOTIFY.flatMap(([all, dev, announces]) =>
  (["up", "address"] as const).map(
    (event): Case => ({
      id: `ARP-C-11/${event}-all-${all}-dev-${dev}`,
      title: `arp_notify ${all} for all and ${dev} for the device, link ${event}: ${announces ? "every address is" : "nothing is"} announced`,
      source: "kernel: arp_notify, measured",
      needs: ["arp-sysctl", "link-admin", "address-admin"],
      async run(bench) {
        bench.conf("arp_notify", all, "all");
        bench.conf("arp_notify", dev);
        await bench.must("address add 10.0.0.11/24 dev e0");
        await bench.must("address add 172.16.0.1/16 dev e0");
        await bench.silence("adding addresses announces nothing", 20);
        const mac = event === "up" ? DUT.mac : "02:00:00:00:10:77";
        if (event === "up") {
          await bench.must("link set e0 down");
          await bench.must("link set e0 up");
        } else await bench.must(`link set e0 address ${mac}`);
        await announced(bench, mac, announces ? ADDRESSES : []);
      },
    }),
  ),
);

const others: readonly Case[] = [
  {
    id: "LNK-12",
    title: "one address of several removed: entries stay",
    source: "kernel, measured",
    needs: ["address-admin"],
    async run(bench) {
      await bench.must("address add 172.16.0.1/16 dev e0");
      await fill(bench);
      await bench.must("address del 10.0.0.1/24 dev e0");
      bench.expect("left", left(bench), EVERYTHING);
    },
  },
  {
    id: "LNK-13",
    title: "entries made while the device is down are there when it comes up",
    source: "kernel, measured",
    needs: ["link-admin"],
    async run(bench) {
      await bench.must("link set e0 down");
      await fill(bench);
      await bench.must("link set e0 up");
      bench.expect("left", left(bench), EVERYTHING);
    },
  },
  {
    id: "LNK-14",
    title: "externally learned entries go with the carrier; a static one is used when it is back",
    source: "kernel, measured",
    needs: ["carrier", "neigh-flags"],
    async run(bench) {
      await fill(bench, true);
      await bench.plug(false);
      await until(bench, () => left(bench).length === 1, 8000);
      bench.expect("left", left(bench), ["10.0.0.21 PERMANENT"]);
      await bench.plug(true);
      await bench.sleep(300);
      await bench.poke("10.0.0.21");
      await until(bench, () => bench.frames.length > 0, 3000);
      await bench.hears("sent", datagram("10.0.0.21", { dst: "02:00:00:00:00:21" }));
    },
  },
  {
    id: "ARP-C-11/carrier",
    title: "a carrier that comes back announces nothing, arp_notify or not",
    source: "kernel, measured",
    needs: ["carrier", "arp-sysctl"],
    async run(bench) {
      bench.conf("arp_notify", 1);
      await bench.plug(false);
      await bench.sleep(1200);
      await bench.plug(true);
      await bench.silence("nothing is sent", 600);
    },
  },
  {
    id: "LNK-15",
    title: "with arp off hosts are not asked for and not answered; datagrams go to our own address",
    source: "kernel: arp_constructor, IFF_NOARP; measured",
    needs: ["link-admin"],
    async run(bench) {
      await bench.must("link set e0 arp off");
      await bench.poke(T1.ip);
      await bench.hears("sent at once", datagram(T1.ip, { dst: DUT.mac }));
      await bench.expectState(T1.ip, "NOARP", DUT.mac);
      await bench.say(arpRequest({ from: T1 }));
      await bench.silence("no answer");
    },
  },
  {
    id: "LNK-16",
    title: "with the device down nothing can be sent, and up again hosts are asked for anew",
    source: "kernel",
    needs: ["link-admin"],
    async run(bench) {
      await bench.say(arpRequest({ from: T1 }));
      await bench.hears("answers", answers(T1));
      await bench.must("link set e0 down");
      bench.expect("send", await bench.poke(T1.ip), "ENETUNREACH");
      await bench.expectState(T1.ip, "-");
      await bench.must("link set e0 up");
      bench.expect("send", await bench.poke(T1.ip), "ok");
      await bench.hears("asks", asks(T1.ip), { within: 2000 });
    },
  },
  {
    id: "LNK-17",
    title: "with another address of the device requests go out in its name at once",
    source: "kernel",
    needs: ["link-admin"],
    async run(bench) {
      const mac = "02:00:00:00:10:77";
      await bench.must(`link set e0 address ${mac}`);
      await bench.poke(T1.ip);
      const ask = await bench.hears("asks", asks(T1.ip));
      bench.expect("from", [ask.src, ask.sha], [mac, mac]);
    },
  },
];

export const deviceEvents: readonly Case[] = [...flushing, ...harmless, ...carrier, ...notify, ...others];
