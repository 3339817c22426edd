/** Settings by the kernel's keys: each in its unit, for one device or for all, and refused in the words of `sysctl`. */
import t from "tap";
import { refusalWords } from "../../../firmware-ts/control/iproute/refusals.ts";
import { ControlError } from "../../../firmware-ts/control/rpc/protocol.ts";
import { writeSysctl } from "../../../firmware-ts/control/sysctl.ts";
import type { NeighParameters } from "../../../firmware-ts/neigh/parameters.ts";
import type { Stack } from "../../../firmware-ts/stack.ts";
import { Lab } from "../../support/lab.ts";

/** Writes what is refused: the code, and the words of `sysctl` for it. */
function refusal(stack: Stack, key: string, value: string): [code: string, words: string] {
  try {
    writeSysctl(stack, key, value);
  } catch (error) {
    if (error instanceof ControlError) return [error.code, refusalWords(error)];
    throw error;
  }
  return ["", ""];
}

/** Times are kept in whole jiffies of 4 ms: those in ms are rounded up, those in 1/100 s down. */
const KEYS: [key: string, field: keyof NeighParameters, written: string, value: number][] = [
  ["mcast_solicit", "mcastProbes", "5", 5],
  ["ucast_solicit", "ucastProbes", "0", 0],
  ["mcast_resolicit", "mcastReprobes", "2", 2],
  ["retrans_time_ms", "retransTime", "250", 252],
  ["base_reachable_time", "baseReachableTime", "5", 5000],
  ["base_reachable_time_ms", "baseReachableTime", "1234", 1236],
  ["delay_first_probe_time", "delayProbeTime", "2", 2000],
  ["gc_stale_time", "gcStaleTime", "120", 120_000],
  ["unres_qlen_bytes", "queueLengthBytes", "4096", 4096],
  ["locktime", "lockTime", "33", 328],
];

t.test("units of every key; one device, or the defaults and every device", async (t) => {
  for (const [key, field, written, value] of KEYS) {
    const lab = await Lab.open();
    const { table } = lab.stack.neighbours(4);
    const before = table.defaults[field];
    writeSysctl(lab.stack, `net.ipv4.neigh.eth0.${key}`, written);
    t.same([table.parametersOf(lab.eth0)[field], table.defaults[field]], [value, before], key);
    writeSysctl(lab.stack, `net/ipv4/neigh/default/${key}`, written);
    t.same([table.parametersOf(lab.eth0)[field], table.defaults[field]], [value, value], `${key}, default`);
  }
});

t.test("a new base_reachable_time is drawn from at once, between half and one and a half of it", async (t) => {
  const lab = await Lab.open();
  const parameters = lab.stack.neighbours(4).table.parametersOf(lab.eth0);
  const drawn = new Set<number>();
  for (let draw = 0; draw < 50; draw++) {
    writeSysctl(lab.stack, "net.ipv4.neigh.eth0.base_reachable_time_ms", "1000");
    t.ok(parameters.reachableTime >= 500 && parameters.reachableTime < 1500);
    drawn.add(parameters.reachableTime);
  }
  t.equal(drawn.size, 50);
});

t.test("the table's limits are under default only", async (t) => {
  const { stack } = await Lab.open();
  for (const at of [1, 2, 3] as const) writeSysctl(stack, `net.ipv4.neigh.default.gc_thresh${at}`, String(at));
  const { thresh1, thresh2, thresh3 } = stack.neighbours(4).table.gc;
  t.same([thresh1, thresh2, thresh3], [1, 2, 3]);
  const words = "sysctl: cannot stat /proc/sys/net/ipv4/neigh/eth0/gc_thresh1: No such file or directory";
  t.same(refusal(stack, "net.ipv4.neigh.eth0.gc_thresh1", "1"), ["SYSCTL_UNKNOWN", words]);
});

t.test("what is unknown or impossible is refused and changes nothing", async (t) => {
  const { stack, eth0 } = await Lab.open();
  const parameters = stack.neighbours(4).table.parametersOf(eth0);
  const before = JSON.stringify([parameters, stack.neighbours(4).table.defaults, stack.neighbours(4).table.gc]);
  for (const key of [
    "net.ipv4.neigh.eth0.nope",
    "net.ipv4.neigh.eth1.locktime",
    "net.ipv4.neigh.eth0.constructor",
    "net.ipv4.neigh.default.constructor",
    "net.ipv4.neigh.eth0.__proto__",
    "net.ipv4.neigh.default.__proto__",
    "net.ipv4.neigh.eth0",
    "net.ipv4.neigh.eth0.locktime.x",
    "net.ipv6.neigh.eth0.locktime",
    "net.ipv4.conf.eth1.arp_ignore",
    "net.ipv4.conf.eth0.constructor",
    "locktime",
    "",
  ]) {
    const words = `sysctl: cannot stat /proc/sys/${key.replaceAll(".", "/")}: No such file or directory`;
    t.same(refusal(stack, key, "x"), ["SYSCTL_UNKNOWN", words], key);
    t.same(refusal(stack, key, "1"), ["SYSCTL_UNKNOWN", words], key);
  }
  for (const value of ["", "x", "1.5", "1e3", "5x", "99999999999999999999999", "NaN", "Infinity"]) {
    const words = 'sysctl: setting key "net.ipv4.neigh.eth0.locktime": Invalid argument';
    t.same(refusal(stack, "net.ipv4.neigh.eth0.locktime", value), ["SYSCTL_INVALID", words], value);
    t.throws(() => writeSysctl(stack, "net.ipv4.neigh.default.gc_thresh3", value), { code: "SYSCTL_INVALID" }, value);
  }
  t.equal(JSON.stringify([parameters, stack.neighbours(4).table.defaults, stack.neighbours(4).table.gc]), before);
  writeSysctl(stack, "net.ipv4.neigh.eth0.mcast_solicit", "2147483647");
  t.equal(parameters.mcastProbes, 0x7fffffff);
});
