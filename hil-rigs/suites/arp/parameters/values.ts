/** Every setting of a device: its default, the values it takes and reads back, and the same through `ip ntable`. Measured. */
import type { Case } from "../../../contract/case.ts";

const NEIGH = "net.ipv4.neigh.e0";
const CONF = "net.ipv4.conf.e0";

const DEFAULTS: Readonly<Record<string, string>> = {
  mcast_solicit: "3",
  ucast_solicit: "3",
  app_solicit: "0",
  mcast_resolicit: "0",
  retrans_time: "100",
  retrans_time_ms: "1000",
  base_reachable_time: "30",
  base_reachable_time_ms: "30000",
  delay_first_probe_time: "5",
  interval_probe_time_ms: "5000",
  gc_stale_time: "60",
  unres_qlen_bytes: "212992",
  unres_qlen: "101",
  proxy_qlen: "64",
  anycast_delay: "100",
  proxy_delay: "80",
  locktime: "100",
};

const CONF_DEFAULTS: Readonly<Record<string, string>> = {
  arp_announce: "0",
  arp_ignore: "0",
  arp_filter: "0",
  arp_accept: "0",
  arp_notify: "0",
  arp_evict_nocarrier: "1",
  drop_gratuitous_arp: "0",
  proxy_arp: "0",
  proxy_arp_pvlan: "0",
  medium_id: "0",
};

/** null: refused, and the old value stays. */
type Row = readonly [file: string, write: string, reads: string | null];

const COUNTS = ["mcast_solicit", "ucast_solicit", "app_solicit", "mcast_resolicit", "proxy_qlen"] as const;
const WRITES: readonly Row[] = [
  ...COUNTS.flatMap((file): Row[] => [
    [file, "0", "0"],
    [file, "7", "7"],
    [file, "2147483647", "2147483647"],
    [file, "2147483648", null],
    [file, "-1", null],
  ]),
  ["mcast_solicit", "5 6", "5"],
  ["mcast_solicit", "1.5", null],
  ["mcast_solicit", "abc", null],
  ["mcast_solicit", "0x10", "16"],
  ["retrans_time_ms", "0", "0"],
  ["retrans_time_ms", "2000", "2000"],
  ["retrans_time_ms", "-1", null],
  ["retrans_time", "50", "50"],
  ["retrans_time", "-100", "-0"],
  ["base_reachable_time_ms", "0", "0"],
  ["base_reachable_time_ms", "12000", "12000"],
  ["base_reachable_time_ms", "-1", null],
  ["base_reachable_time", "20", "20"],
  ["base_reachable_time", "-5", "-5"],
  ["delay_first_probe_time", "0", "0"],
  ["delay_first_probe_time", "9", "9"],
  ["delay_first_probe_time", "-1", "-1"],
  ["interval_probe_time_ms", "1000", "1000"],
  ["interval_probe_time_ms", "0", null],
  ["gc_stale_time", "0", "0"],
  ["gc_stale_time", "300", "300"],
  ["unres_qlen_bytes", "0", "0"],
  ["unres_qlen_bytes", "65536", "65536"],
  ["unres_qlen_bytes", "-1", null],
  ["unres_qlen", "10", "10"],
  ["unres_qlen", "1027504", "1027504"],
  ["unres_qlen", "1027505", null],
  ["unres_qlen", "-1", null],
  ["anycast_delay", "40", "40"],
  ["proxy_delay", "0", "0"],
  ["proxy_delay", "20", "20"],
  ["locktime", "0", "0"],
  ["locktime", "200", "200"],
  ["locktime", "-100", "-0"],
];

function written(base: string, defaults: Readonly<Record<string, string>>): (row: Row) => Case {
  return ([file, write, reads]) => ({
    id: `ARP-O-01/${file}-${write.replaceAll(" ", "_")}`,
    title: `${base}.${file}: "${write}" ${reads === null ? "is refused" : `reads back ${reads}`}`,
    source: "kernel, measured",
    needs: base === CONF ? ["sysctl-read", "arp-sysctl"] : ["sysctl-read"],
    timers: "kernel",
    async run(bench) {
      const result = bench.sysctl(`${base}.${file}`, write);
      bench.expect(reads === null ? "refused" : "taken", result.startsWith("error:"), reads === null);
      bench.expect("reads", bench.sysctl(`${base}.${file}`), reads ?? defaults[file]);
    },
  });
}

const CONF_WRITES: readonly Row[] = Object.keys(CONF_DEFAULTS).flatMap((file): Row[] => [
  [file, "1", "1"],
  [file, "-3", "-3"],
  [file, "17", "17"],
]);

/** Two files of one setting in different units. */
const PAIRS: readonly (readonly [write: string, value: string, read: string, reads: string])[] = [
  ["base_reachable_time_ms", "1500", "base_reachable_time", "1"],
  ["base_reachable_time", "7", "base_reachable_time_ms", "7000"],
  ["retrans_time_ms", "300", "retrans_time", "30"],
  ["retrans_time", "200", "retrans_time_ms", "2000"],
];

const pairs: readonly Case[] = PAIRS.map(([write, value, read, reads]) => ({
  id: `ARP-O-02/${write}-${read}`,
  title: `${write} ${value} is ${read} ${reads}`,
  source: "kernel",
  needs: ["sysctl-read"],
  timers: "kernel",
  async run(bench) {
    bench.expect("taken", bench.sysctl(`${NEIGH}.${write}`, value).startsWith("error:"), false);
    bench.expect("reads", bench.sysctl(`${NEIGH}.${read}`), reads);
  },
}));

/** A word of `ip ntable change`, in ms or a count, and the file that shows it. */
const NTABLE: readonly (readonly [word: string, value: number, file: string, reads: string])[] = [
  ["base_reachable", 12_000, "base_reachable_time_ms", "12000"],
  ["retrans", 400, "retrans_time_ms", "400"],
  ["gc_stale", 20_000, "gc_stale_time", "20"],
  ["delay_probe", 3000, "delay_first_probe_time", "3"],
  ["queue", 7, "unres_qlen", "7"],
  ["app_probes", 2, "app_solicit", "2"],
  ["ucast_probes", 4, "ucast_solicit", "4"],
  ["mcast_probes", 5, "mcast_solicit", "5"],
  ["anycast_delay", 200, "anycast_delay", "20"],
  ["proxy_delay", 400, "proxy_delay", "40"],
  ["proxy_queue", 9, "proxy_qlen", "9"],
  ["locktime", 500, "locktime", "50"],
];

const ntable: readonly Case[] = NTABLE.map(([word, value, file, reads]) => ({
  id: `ARP-O-03/${word}`,
  title: `ntable change ... ${word} ${value} sets ${file} to ${reads}`,
  source: "iproute2, measured",
  needs: ["ntable", "sysctl-read"],
  timers: "kernel",
  async run(bench) {
    await bench.must(`ntable change name arp_cache dev e0 ${word} ${value}`);
    bench.expect("reads", bench.sysctl(`${NEIGH}.${file}`), reads);
    const shown = await bench.must("-4 ntable show dev e0");
    bench.expect("shown", shown.includes(` ${word} ${value} `), true);
  },
}));

const others: readonly Case[] = [
  {
    id: "ARP-O-04",
    title: "the settings of a device that nobody changed",
    source: "kernel, measured",
    needs: ["sysctl-read"],
    timers: "kernel",
    async run(bench) {
      for (const [file, value] of Object.entries(DEFAULTS)) bench.expect(file, bench.sysctl(`${NEIGH}.${file}`), value);
    },
  },
  {
    id: "ARP-O-05",
    title: "the policies of a device that nobody changed",
    source: "kernel, measured",
    needs: ["sysctl-read", "arp-sysctl"],
    timers: "kernel",
    async run(bench) {
      for (const [file, value] of Object.entries(CONF_DEFAULTS)) bench.expect(file, bench.sysctl(`${CONF}.${file}`), value);
    },
  },
  {
    id: "ARP-O-06",
    title: "ntable shows a device's settings in ms",
    source: "iproute2, measured",
    needs: ["ntable"],
    timers: "kernel",
    async run(bench) {
      const shown = await bench.must("-4 ntable show dev e0");
      const own = shown.split("\n\n").find((block) => block.startsWith("inet arp_cache"));
      const masked = (own ?? "").replace(/refcnt \d+ reachable \d+/, "refcnt N reachable N").trimEnd();
      bench.expect("shown", masked.split("\n"), [
        "inet arp_cache ",
        "    dev e0 ",
        "    refcnt N reachable N base_reachable 30000 retrans 1000 ",
        "    gc_stale 60000 delay_probe 5000 queue 101 ",
        "    app_probes 0 ucast_probes 3 mcast_probes 3 ",
        "    anycast_delay 1000 proxy_delay 800 proxy_queue 64 locktime 1000",
      ]);
    },
  },
  {
    id: "ARP-O-07",
    title: "each write of base_reachable_time draws a reachable time between half of it and one and a half",
    source: "kernel: neigh_rand_reach_time, measured",
    needs: ["ntable"],
    drawn: true,
    async run(bench) {
      const drawn = new Set<number>();
      for (let round = 0; round < 12; round++) {
        bench.param("base_reachable_time_ms", 10_000);
        drawn.add(Number(/dev e0 \n.* reachable (\d+) /.exec(await bench.must("-4 ntable show dev e0"))?.[1]));
      }
      bench.expect("not always the same", drawn.size > 3, true);
      bench.expect(
        "within bounds",
        [...drawn].filter((ms) => !(ms >= 5000 && ms <= 15_000)),
        [],
      );
    },
  },
];

export const values: readonly Case[] = [
  ...WRITES.map(written(NEIGH, DEFAULTS)),
  ...CONF_WRITES.map(written(CONF, CONF_DEFAULTS)),
  ...pairs,
  ...ntable,
  ...others,
];
