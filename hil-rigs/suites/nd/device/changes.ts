/** Changes of a device and its cable: which entries they remove, and what is announced. Measured. */
import type { Bench } from "../../../contract/bench.ts";
import type { Case } from "../../../contract/case.ts";
import type { Need } from "../../../contract/dut.ts";
import { PLANS } from "../../../contract/plan.ts";
import { ALL_NODES, groupMac } from "../../../wire/hosts6.ts";
import { calm, until } from "../../arp/kit/setup.ts";
import { overIpv6 } from "../kit/family.ts";

const { dut } = PLANS[6];
const DUT = dut.e0;
const MOVED = "02:00:00:00:10:77";

/** States of the entries fd00::20 and on, in the order of their making. */
const MADE = ["stale", "permanent", "noarp", "reachable", "failed"] as const;

async function fill(bench: Bench): Promise<void> {
  calm(bench);
  for (const [n, nud] of MADE.entries())
    await bench.must(`neigh add fd00::${20 + n} dev e0 nud ${nud}${nud === "failed" ? "" : ` lladdr 02:00:00:00:00:${20 + n}`}`);
  bench.events();
}

function left(bench: Bench): string[] {
  const rows = bench.dut.neighbours().filter(({ dst }) => dst.startsWith("fd00::2"));
  return rows.map(({ dst, state }) => `${dst} ${state}`).sort();
}

const EVERYTHING: readonly string[] = MADE.map((nud, n) => `fd00::${20 + n} ${nud.toUpperCase()}`);
const NEWEST_FIRST = ["FAILED", "REACHABLE", "NOARP", "PERMANENT", "STALE"].map((state) => `deleted ${state}`);

/** Changes told of the entries that fill() made. */
function toldOf(bench: Bench): string[] {
  const events = bench.events().filter(({ dst }) => dst.startsWith("fd00::2"));
  return events.map(({ kind, state }) => `${kind} ${state}`);
}

const CHANGES: readonly (readonly [id: string, command: string, needs: readonly Need[], flushes: boolean])[] = [
  ["down", "link set e0 down", ["link-admin"], true],
  ["address", `link set e0 address ${MOVED}`, ["link-admin"], true],
  ["arp-off", "link set e0 arp off", ["link-admin"], true],
  ["up", "link set e0 up", ["link-admin"], false],
  ["add-ip", "address add fd00::12/64 dev e0", ["address-admin"], false],
  ["del-ip", "address del fd00::1/64 dev e0", ["address-admin"], false],
  ["mtu", "link set e0 mtu 1400", ["link-admin"], false],
];

const changing: readonly Case[] = CHANGES.map(([id, command, needs, flushes]) => ({
  id: `LNK-12/${id}`,
  title: `ip ${command} ${flushes ? "removes every entry, static ones too" : "leaves every entry alone"}`,
  source: "kernel: ndisc_netdev_event; measured",
  needs,
  async run(bench) {
    await fill(bench);
    await bench.must(command);
    bench.expect("left", left(bench), flushes ? [] : EVERYTHING);
    bench.expect("told, newest first", toldOf(bench), flushes ? NEWEST_FIRST : []);
  },
}));

/** ndisc_evict_nocarrier has to be on for all and for the device. */
const carrier: readonly Case[] = (
  [
    [1, 1, true],
    [0, 1, false],
    [1, 0, false],
  ] as const
).map(([all, dev, evicts]) => ({
  id: `LNK-02/nd-evict-all-${all}-dev-${dev}`,
  title: `with the carrier ${evicts ? "all but static entries go" : "no entry goes"} (ndisc_evict_nocarrier ${all} for all, ${dev} for the device)`,
  source: "kernel selftest arp_ndisc_evict_nocarrier; measured",
  needs: ["carrier"],
  patient: !evicts,
  async run(bench) {
    bench.conf("ndisc_evict_nocarrier", all, "all");
    bench.conf("ndisc_evict_nocarrier", dev);
    await fill(bench);
    await bench.plug(false);
    // The kernel looks at a lost carrier no more than once a second.
    if (evicts) await until(bench, () => left(bench).length < EVERYTHING.length, 8000);
    else await bench.sleep(1500);
    bench.expect("left", left(bench), evicts ? ["fd00::21 PERMANENT"] : EVERYTHING);
    bench.expect("told", toldOf(bench), evicts ? NEWEST_FIRST.filter((line) => !line.endsWith("PERMANENT")) : []);
  },
}));

const NOTIFY: readonly (readonly [value: number, event: "up" | "address", announces: boolean])[] = [
  [0, "up", false],
  [1, "up", true],
  [0, "address", false],
  [1, "address", true],
];

const notices: readonly Case[] = NOTIFY.map(([value, event, announces]) => ({
  id: `ND-C-11/${event}-${value}`,
  title: `ndisc_notify ${value}, link ${event}: ${announces ? "every address is" : "nothing is"} announced to all nodes`,
  source: "RFC 4861 7.2.6; kernel: ndisc_notify, measured",
  needs: ["link-admin"],
  async run(bench) {
    bench.conf("keep_addr_on_down", 1);
    bench.conf("ndisc_notify", value);
    await bench.heard();
    if (event === "up") {
      await bench.must("link set e0 down");
      await bench.must("link set e0 up");
    } else await bench.must(`link set e0 address ${MOVED}`);
    const frames = await bench.heard(150);
    const said = frames.flatMap((frame) => (frame.kind === "nd" && frame.message === "na" ? [frame] : []));
    bench.expect(
      "announced",
      said.some(({ target }) => target === DUT.ip),
      announces,
    );
    const mac = event === "up" ? DUT.mac : MOVED;
    for (const { destination, dst, flags, lladdr } of said)
      bench.expect("to all, with O", [destination, dst, flags, lladdr], [ALL_NODES, groupMac(ALL_NODES), "O", mac]);
  },
}));

/** An address that comes while the device is up, and is used at once. */
const added: readonly Case[] = (["", " nodad"] as const).flatMap((nodad) =>
  [0, 1].map((value) => ({
    id: `ND-C-12/${nodad.trim() || "plain"}-${value}`,
    title: `ndisc_notify ${value}, ip address add${nodad}: the address is ${value === 1 && nodad === "" ? "" : "not "}announced`,
    source: "kernel: addrconf_dad_begin, addrconf_dad_completed; measured",
    needs: ["address-admin"],
    async run(bench) {
      bench.conf("ndisc_notify", value);
      await bench.heard();
      await bench.must(`address add fd00::12/64 dev e0${nodad}`);
      const frames = await bench.heard(150);
      const told = frames.flatMap((frame) =>
        frame.kind === "nd" && frame.message === "na" ? [`${frame.target} ${frame.flags}`] : [],
      );
      bench.expect("announced", told, value === 1 && nodad === "" ? ["fd00::12 O"] : []);
    },
  })),
);

export const changes: readonly Case[] = overIpv6([...changing, ...carrier, ...notices, ...added]);
