/** Changes of a device and its cable: which entries they remove. Measured. */
import type { Case } from "../../../contract/case.ts";
import type { Need } from "../../../contract/dut.ts";
import { DUT } from "../../../wire/hosts.ts";
import { told, until } from "../kit/setup.ts";
import { EVERYTHING, fill, left } from "./filled.ts";

const NEWEST_FIRST = ["FAILED", "REACHABLE", "NOARP", "PERMANENT", "STALE"].map((state) => `deleted ${state}`);

/** Changes that remove every entry. Each removal is told with the entry's last state, the newest entry first. */
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
  patient: !evicts,
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

export const changes: readonly Case[] = [...flushing, ...harmless, ...carrier];
