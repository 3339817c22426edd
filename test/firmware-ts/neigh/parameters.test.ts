/** Settings as an operator writes and reads them. Every value of the tables was measured on Linux 6.18 at HZ=250. */
import t from "tap";
import type { InterfaceAddress } from "../../../firmware-ts/index.ts";
import { ARP_DEFAULTS } from "../../../firmware-ts/ip4/arp/defaults.ts";
import {
  NEIGH_FILES,
  NEIGH_TABLE_FILES,
  readNeighParameter,
  readTableParameter,
  writeNeighParameter,
  writeTableParameter,
} from "../../../firmware-ts/neigh/parameter-files.ts";
import { NeighParameters } from "../../../firmware-ts/neigh/parameters.ts";
import { Lateness } from "../../../firmware-ts/net/lateness.ts";
import { SeededRandom } from "../../../hal/random.ts";
import { Lab } from "../../support/lab.ts";
import { NeighBench } from "../../support/neigh-bench.ts";

function fresh(hz = 250, lateness: "exact" | "kernel" = "exact"): NeighParameters {
  return new NeighParameters(new SeededRandom(1), new Lateness({ hz, lateness }), ARP_DEFAULTS.parameters);
}

/** Writes and reads back; EINVAL when refused. */
function echo(parameters: NeighParameters, name: string, text: string): string {
  try {
    writeNeighParameter(parameters, name, text);
  } catch (error) {
    return (error as { code: string }).code;
  }
  return readNeighParameter(parameters, name);
}

t.test("every file and its default", async (t) => {
  const parameters = fresh();
  t.same(Object.fromEntries(NEIGH_FILES.map((name) => [name, readNeighParameter(parameters, name)])), {
    anycast_delay: "100",
    app_solicit: "0",
    base_reachable_time: "30",
    base_reachable_time_ms: "30000",
    delay_first_probe_time: "5",
    gc_stale_time: "60",
    interval_probe_time_ms: "5000",
    locktime: "100",
    mcast_resolicit: "0",
    mcast_solicit: "3",
    proxy_delay: "80",
    proxy_qlen: "64",
    retrans_time: "100",
    retrans_time_ms: "1000",
    ucast_solicit: "3",
    unres_qlen: "101",
    unres_qlen_bytes: "212992",
  });
});

const WRITTEN = [
  "0",
  "1",
  "33",
  "1234",
  "-5",
  "5 6",
  "1.5",
  "abc",
  " 7",
  "0x10",
  "010",
  "",
  "+5",
  "5x",
  "2147483647",
  "2147483648",
  "8589935",
];
const E = "EINVAL";
const MEASURED: [files: string, read: string[]][] = [
  [
    "mcast_solicit ucast_solicit app_solicit mcast_resolicit proxy_qlen unres_qlen_bytes",
    ["0", "1", "33", "1234", E, "5", E, E, "7", "16", "8", E, E, E, "2147483647", E, "8589935"],
  ],
  [
    "retrans_time locktime proxy_delay anycast_delay",
    ["0", "0", "32", "1234", "-0", "4", E, E, "6", "16", "8", E, E, E, "429496728", "429496729", "8589934"],
  ],
  [
    "retrans_time_ms base_reachable_time_ms",
    ["0", "4", "36", "1236", E, "8", E, E, "8", "16", "8", E, E, E, "2147483648", E, "8589936"],
  ],
  ["interval_probe_time_ms", [E, "4", "36", "1236", E, "8", E, E, "8", "16", "8", E, E, E, "2147483648", E, "8589936"]],
  [
    "base_reachable_time delay_first_probe_time gc_stale_time",
    ["0", "1", "33", "1234", "-5", "5", E, E, "7", "16", "8", E, E, E, E, E, E],
  ],
  ["unres_qlen", ["0", "1", "33", "1234", E, "5", E, E, "7", "16", "8", E, E, E, E, E, E]],
];

t.test("what is written and what is read then", async (t) => {
  for (const [files, read] of MEASURED) {
    for (const name of files.split(" ")) {
      t.same(
        WRITTEN.map((text) => echo(fresh(), name, text)),
        read,
        name,
      );
    }
  }
});

t.test("limits", async (t) => {
  t.same([echo(fresh(), "unres_qlen", "1027504"), echo(fresh(), "unres_qlen", "1027505")], ["1027504", E]);
  t.same([echo(fresh(), "gc_stale_time", "8589934"), echo(fresh(), "gc_stale_time", "8589935")], ["8589934", E]);
  t.equal(echo(fresh(), "locktime", "858993459"), "858993458");
  t.throws(() => readNeighParameter(fresh(), "gc_thresh1"), { code: "ENOENT" });
});

t.test("two files of one setting", async (t) => {
  const parameters = fresh();
  writeNeighParameter(parameters, "unres_qlen", "3");
  t.equal(readNeighParameter(parameters, "unres_qlen_bytes"), "6270");
  writeNeighParameter(parameters, "base_reachable_time_ms", "1500");
  t.equal(readNeighParameter(parameters, "base_reachable_time"), "1");
  writeNeighParameter(parameters, "retrans_time", "33");
  t.equal(readNeighParameter(parameters, "retrans_time_ms"), "328");
});

t.test("steps of other kernels", async (t) => {
  t.same([echo(fresh(100), "retrans_time_ms", "1"), echo(fresh(1000), "retrans_time_ms", "1")], ["10", "1"]);
  t.same([echo(fresh(100), "locktime", "33"), echo(fresh(1000), "locktime", "33")], ["33", "33"]);
});

t.test("reachable time: drawn with every write of its base, in whole jiffies where the kernel's time is kept", async (t) => {
  const parameters = fresh(250, "kernel");
  const draws = Array.from({ length: 1000 }, () => {
    writeNeighParameter(parameters, "base_reachable_time", "10");
    return parameters.reachableTime;
  });
  t.ok(draws.every((draw) => draw >= 5000 && draw < 15_000 && draw % 4 === 0));
  t.ok(new Set(draws).size > 500);
  const last = parameters.reachableTime;
  writeNeighParameter(parameters, "retrans_time_ms", "10");
  t.equal(parameters.reachableTime, last);
  writeNeighParameter(parameters, "base_reachable_time", "0");
  t.equal(parameters.reachableTime, 0);
});

t.test(
  "defaults: copied by new devices, followed by those of the initial namespace until they are written themselves",
  async (t) => {
    const bench = await NeighBench.open({}, 4);
    const { table } = bench;
    const [first, second, foreign, later] = bench.devices as [
      typeof bench.device,
      typeof bench.device,
      typeof bench.device,
      typeof bench.device,
    ];
    const other = { initial: false };
    const one = table.parametersOf(first);
    const two = table.parametersOf(second);
    const three = table.attach(foreign, { namespace: other }).parameters;
    const drawn = one.reachableTime;
    writeNeighParameter(two, "mcast_solicit", "3");
    writeNeighParameter(table.defaults, "mcast_solicit", "7");
    writeNeighParameter(table.defaults, "base_reachable_time", "9");
    t.same(
      [one, two, three].map((set) => set.mcastProbes),
      [7, 3, 3],
      "written to the same value is written",
    );
    t.same([one.baseReachableTime, one.reachableTime, three.baseReachableTime], [9000, drawn, 30_000]);
    const four = table.attach(later, { namespace: other }).parameters;
    t.same([four.mcastProbes, four.baseReachableTime], [7, 9000], "a new device of any namespace");
    t.ok(four.reachableTime >= 4500 && four.reachableTime < 13_500);
    one.pin();
    writeNeighParameter(table.defaults, "retrans_time_ms", "2000");
    writeNeighParameter(table.defaults, "mcast_solicit", "8");
    t.same([one.retransTime, one.mcastProbes, two.retransTime], [1000, 7, 2000], "as loopback does when it comes up");
    table.detach(second);
    writeNeighParameter(table.defaults, "retrans_time_ms", "3000");
    t.equal(two.retransTime, 2000, "a device that is gone follows nobody");
  },
);

t.test("the table's own files", async (t) => {
  const { table } = await NeighBench.open();
  const read = (): string[] => NEIGH_TABLE_FILES.map((name) => `${name} ${readTableParameter(table.gc, name)}`);
  t.same(read(), ["gc_interval 30", "gc_thresh1 128", "gc_thresh2 512", "gc_thresh3 1024"]);
  for (const [name, text] of [
    ["gc_interval", "7"],
    ["gc_thresh1", "0"],
    ["gc_thresh3", "0x20"],
  ] as const) {
    writeTableParameter(table.gc, name, text);
  }
  t.same(read(), ["gc_interval 7", "gc_thresh1 0", "gc_thresh2 512", "gc_thresh3 32"]);
  for (const name of NEIGH_TABLE_FILES) t.throws(() => writeTableParameter(table.gc, name, "1.5"), { code: "EINVAL" });
  t.throws(() => writeTableParameter(table.gc, "gc_thresh1", "-1"), { code: "EINVAL" });
  t.throws(() => writeTableParameter(table.gc, "mcast_solicit", "1"), { code: "ENOENT" });
});

t.test("defaults changed by netlink: nobody follows, and the reachable time is drawn anew", async (t) => {
  const bench = await NeighBench.open();
  const { table } = bench;
  const own = table.parametersOf(bench.device);
  const before = [own.baseReachableTime, own.reachableTime, own.mcastProbes];
  table.defaults.setAlone("baseReachableTime", 2000);
  table.defaults.setAlone("mcastProbes", 9);
  t.same([own.baseReachableTime, own.reachableTime, own.mcastProbes], before);
  t.ok(table.defaults.reachableTime >= 1000 && table.defaults.reachableTime < 3000);
  writeNeighParameter(table.defaults, "mcast_solicit", "8");
  t.equal(own.mcastProbes, 8, "a file written reaches it all the same");
});

t.test("a device that has, or had, an address does not follow the defaults any more", async (t) => {
  const lab = await Lab.open({ addresses: [] });
  const { table } = lab.stack.neighbours(4);
  const read = (): string => readNeighParameter(table.parametersOf(lab.eth0), "ucast_solicit");
  writeNeighParameter(table.defaults, "ucast_solicit", "7");
  t.equal(read(), "7", "without one it does");
  const address = lab.stack.addAddress(lab.eth0, "10.77.0.1/24") as InterfaceAddress;
  writeNeighParameter(table.defaults, "ucast_solicit", "8");
  t.equal(read(), "7");
  lab.stack.ip.fib.removeAddress(address);
  writeNeighParameter(table.defaults, "ucast_solicit", "9");
  t.equal(read(), "7");
});
