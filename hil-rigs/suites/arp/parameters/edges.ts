/** Settings at the limits of their range: no time at all, negative times, counts that overflow the kernel's int. Measured. */
import type { Case } from "../../../contract/case.ts";
import { asks, datagram } from "../../../stage/patterns.ts";
import { arpReply, arpRequest } from "../../../wire/build.ts";
import { BROADCAST, T1, T2 } from "../../../wire/hosts.ts";
import { moved } from "../kit/frames.ts";
import { becomes, calm, failed, make, seen, told, until, untilFailed } from "../kit/setup.ts";

const MOST = 2_147_483_647;

/** Requests of an entry from its making to its failure, with counts so large that their sum is negative in an int. */
const OVERFLOWS: readonly (readonly [settings: Readonly<Record<string, number>>, broadcasts: number])[] = [
  [{ mcast_solicit: MOST }, 1],
  [{ mcast_solicit: 3, ucast_solicit: MOST }, 3],
  [{ mcast_solicit: MOST - 3, ucast_solicit: 4 }, 1],
];

const overflows: readonly Case[] = OVERFLOWS.map(([settings, broadcasts]) => ({
  id: `ARP-G-35/${Object.entries(settings)
    .map(([name, value]) => `${name}-${value}`)
    .join("-")}`,
  title: `with counts that add up to more than an int holds ${broadcasts} ${broadcasts === 1 ? "request is" : "requests are"} sent, then the entry fails`,
  source: "kernel: neigh_max_probes adds ints, measured",
  async run(bench) {
    bench.param("retrans_time_ms", 20);
    for (const [name, value] of Object.entries(settings)) bench.param(name, value);
    await bench.poke(T1.ip);
    await failed(bench);
    const frames = (await bench.heard(60)).filter((frame) => frame.kind === "arp" && frame.dst === BROADCAST);
    bench.expect("requests", frames.length, broadcasts);
  },
}));

/** States of an answered entry at its next tick, with a reachable time and a delay time of zero or less. */
const INSTANT: readonly (readonly [base: number, delay: number, states: string[]])[] = [
  [0, 1, ["REACHABLE", "PROBE"]],
  [0, 0, ["REACHABLE", "STALE"]],
  [0, -1, ["REACHABLE", "STALE"]],
];

const instant: readonly Case[] = INSTANT.map(([base, delay, states]) => ({
  id: `NUD-40/base-${base}-delay-${delay}`,
  title: `an answered entry with base_reachable_time_ms ${base} and delay_first_probe_time ${delay}: ${states.join(", then ")}`,
  source: "kernel: neigh_timer_handler, measured",
  patient: delay > 0,
  async run(bench) {
    bench.param("retrans_time_ms", 600_000);
    bench.param("base_reachable_time_ms", base);
    bench.param("delay_first_probe_time", delay);
    await make(bench, "INCOMPLETE");
    await bench.say(arpReply({ from: T1 }));
    await until(bench, () => seen(bench, T1.ip).startsWith(states.at(-1) ?? ""), 2500);
    bench.expect(
      "told",
      told(bench),
      states.map((state) => `new ${state} ${T1.mac}`),
    );
    if (states.includes("PROBE")) await bench.hears("probes", asks(T1.ip, { dst: T1.mac }));
    else await bench.silence("nothing is sent", 20);
  },
}));

/** Use of a stale entry with no delay before its probe. */
const hasty: readonly Case[] = [0, -1].flatMap((delay) =>
  [false, true].map(
    (confirm): Case => ({
      id: `NUD-41/delay-${delay}${confirm ? "-confirmed" : ""}`,
      title: `delay_first_probe_time ${delay}: a stale entry that is used${confirm ? " and confirmed with the same datagram" : ""} is probed with the next tick`,
      source: "kernel: __neigh_event_send, measured",
      async run(bench) {
        bench.param("retrans_time_ms", 600_000);
        bench.param("delay_first_probe_time", delay);
        await make(bench, "STALE");
        await bench.poke(T1.ip, { confirm });
        await bench.hears("sent", datagram(T1.ip, { dst: T1.mac }));
        await bench.hears("probes", asks(T1.ip, { dst: T1.mac }));
        await becomes(bench, T1.ip, `PROBE ${T1.mac}`);
        bench.expect("told", told(bench), [`new PROBE ${T1.mac}`]);
      },
    }),
  ),
);

/** A time of zero or less between requests: the kernel uses its least time. */
const paces: readonly Case[] = (
  [
    ["retrans_time_ms", 0],
    ["retrans_time_ms", 1],
    ["retrans_time", 0],
    ["retrans_time", -100],
  ] as const
).map(([file, value]) => ({
  id: `ARP-G-36/${file}-${value}`,
  title: `${file} ${value}: three requests at least 1/100 s apart, then failure`,
  source: "kernel: max(RETRANS_TIME, HZ/100), measured",
  async run(bench) {
    bench.param(file, value);
    await bench.poke(T1.ip);
    const times = [];
    for (let n = 0; n < 3; n++) times.push((await bench.hears(`request ${n + 1}`, asks(T1.ip))).time);
    const [one = 0, two = 0, three = 0] = times;
    bench.expect("none at once", [two - one > 6, three - two > 6], [true, true]);
    await failed(bench);
  },
}));

/** locktime of nothing, and less: the next tick is late enough. */
const locks: readonly Case[] = [0, -100].map((locktime) => ({
  id: `ARP-U-08/locktime-${locktime}`,
  title: `locktime ${locktime}: an answer with another address is believed a moment after the last change`,
  source: "kernel: arp_process, measured",
  async run(bench) {
    calm(bench);
    bench.param("locktime", locktime);
    await make(bench, "REACHABLE");
    await bench.sleep(20);
    await bench.say(arpReply({ from: moved(T1) }));
    await becomes(bench, T1.ip, `REACHABLE ${T2.mac}`);
  },
}));

/** A count beyond an int, as `ip ntable` hands it on. */
const NTABLE: readonly (readonly [word: string, value: number, file: string, reads: string])[] = [
  ["mcast_probes", 4_294_967_295, "mcast_solicit", "-1"],
  ["ucast_probes", 2_147_483_648, "ucast_solicit", "-2147483648"],
  ["app_probes", MOST, "app_solicit", "2147483647"],
  ["proxy_queue", 4_294_967_295, "proxy_qlen", "-1"],
  ["queue", 0, "unres_qlen_bytes", "0"],
  ["retrans", 0, "retrans_time_ms", "0"],
  ["base_reachable", 0, "base_reachable_time_ms", "0"],
  ["delay_probe", 0, "delay_first_probe_time", "0"],
  ["locktime", 0, "locktime", "0"],
  ["gc_stale", 1500, "gc_stale_time", "1"],
  ["proxy_delay", 4_294_967_295, "proxy_delay", "-0"],
];

const ntable: readonly Case[] = NTABLE.map(([word, value, file, reads]) => ({
  id: `ARP-O-08/${word}-${value}`,
  title: `ntable change ... ${word} ${value} makes ${file} ${reads}`,
  source: "kernel: neightbl_set checks no range, measured",
  needs: ["ntable", "sysctl-read"],
  timers: "kernel",
  async run(bench) {
    await bench.must(`ntable change name arp_cache dev e0 ${word} ${value}`);
    bench.expect("reads", bench.sysctl(`net.ipv4.neigh.e0.${file}`), reads);
  },
}));

const others: readonly Case[] = [
  {
    id: "ARP-G-37",
    title: "mcast_solicit -1, which ntable can set: one request, then failure",
    source: "kernel, measured",
    needs: ["ntable"],
    async run(bench) {
      bench.param("retrans_time_ms", 20);
      await bench.must("ntable change name arp_cache dev e0 mcast_probes 4294967295");
      await bench.poke(T1.ip);
      await bench.hears("asks", asks(T1.ip));
      await failed(bench);
      await bench.silence("and no more", 60);
    },
  },
  {
    id: "NUD-42",
    title: "failure does not count as use: `used` is the time of the datagram that was asked for",
    source: "kernel: neigh_invalidate, measured",
    patient: true,
    async run(bench) {
      bench.param("retrans_time_ms", 700);
      await bench.poke(T1.ip);
      await untilFailed(bench, 6000);
      const row = await bench.neigh(T1.ip);
      bench.expect("used and changed seconds ago", [row?.used, row?.updated], [2, 0]);
    },
  },
  {
    id: "NUD-43",
    title: "settings of a device that change while an entry is asked for count from the next request on",
    source: "kernel: parameters are read when a timer fires, measured",
    async run(bench) {
      bench.param("retrans_time_ms", 100);
      bench.param("mcast_solicit", 2);
      await bench.poke(T1.ip);
      await bench.hears("asks", asks(T1.ip));
      bench.param("mcast_solicit", 4);
      for (let n = 2; n <= 4; n++) await bench.hears(`request ${n}`, asks(T1.ip));
      await failed(bench);
      await bench.silence("and no more");
    },
  },
  {
    id: "ARP-Q-06/largest",
    title: "unres_qlen_bytes 2147483647 is a limit like any other",
    source: "kernel, measured",
    async run(bench) {
      calm(bench);
      bench.param("unres_qlen_bytes", MOST);
      await bench.poke(T1.ip, { count: 50 });
      await bench.say(arpRequest({ from: T1 }));
      const sent = (await bench.heard(10)).filter((frame) => frame.kind === "udp");
      bench.expect("all that waited are sent", sent.length, 50);
    },
  },
];

export const edges: readonly Case[] = [...overflows, ...instant, ...hasty, ...paces, ...locks, ...ntable, ...others];
