/** The kernel's defaults of the keys below net.ipv6, and what they take. Measured. */
import type { Bench } from "../../../contract/bench.ts";
import type { Case } from "../../../contract/case.ts";
import { overIpv6 } from "../kit/family.ts";

/** net.ipv6.conf.DEV. The bench sets accept_dad and router_solicitations. */
const CONF: Readonly<Record<string, number>> = {
  accept_ra: 1,
  accept_ra_defrtr: 1,
  accept_ra_from_local: 0,
  accept_ra_min_hop_limit: 1,
  accept_ra_min_lft: 0,
  accept_ra_mtu: 1,
  accept_ra_pinfo: 1,
  accept_ra_rt_info_max_plen: 0,
  accept_ra_rt_info_min_plen: 0,
  accept_ra_rtr_pref: 1,
  accept_redirects: 1,
  accept_untracked_na: 0,
  addr_gen_mode: 0,
  autoconf: 1,
  dad_transmits: 1,
  disable_ipv6: 0,
  drop_unsolicited_na: 0,
  enhanced_dad: 1,
  force_tllao: 0,
  forwarding: 0,
  hop_limit: 64,
  keep_addr_on_down: 0,
  max_addresses: 16,
  mtu: 1500,
  ndisc_evict_nocarrier: 1,
  ndisc_notify: 0,
  ndisc_tclass: 0,
  optimistic_dad: 0,
  proxy_ndp: 0,
  ra_defrtr_metric: 1024,
  router_solicitation_delay: 1,
  router_solicitation_interval: 4,
  router_solicitation_max_interval: 3600,
  suppress_frag_ndisc: 1,
  use_optimistic: 0,
  use_tempaddr: 0,
};

/** net.ipv6.neigh.DEV. */
const NEIGH: Readonly<Record<string, number>> = {
  anycast_delay: 100,
  app_solicit: 0,
  base_reachable_time: 30,
  base_reachable_time_ms: 30_000,
  delay_first_probe_time: 5,
  gc_stale_time: 60,
  interval_probe_time_ms: 5000,
  locktime: 0,
  mcast_resolicit: 0,
  mcast_solicit: 3,
  proxy_delay: 80,
  proxy_qlen: 64,
  retrans_time_ms: 1000,
  ucast_solicit: 3,
  unres_qlen: 101,
  unres_qlen_bytes: 212_992,
};

function reads(bench: Bench, kind: string, expected: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(expected)) {
    const key = `net.ipv6.${kind}.e0.${name}`;
    bench.expect(key, bench.sysctl(key), String(value));
  }
}

/** Written to a key, and read from it afterwards; or the error. Jiffies of 4 ms round some of them. */
const WRITTEN: readonly (readonly [name: string, value: string, read: string])[] = [
  ["retrans_time_ms", "1", "4"],
  ["retrans_time_ms", "1234", "1236"],
  ["retrans_time_ms", "-1", "error: EINVAL"],
  ["base_reachable_time_ms", "1500", "1500"],
  ["delay_first_probe_time", "7", "7"],
  ["mcast_solicit", "0", "0"],
  ["mcast_solicit", "-1", "error: EINVAL"],
  ["unres_qlen", "3", "3"],
  ["unres_qlen_bytes", "0", "0"],
  ["proxy_delay", "33", "32"],
  ["interval_probe_time_ms", "0", "error: EINVAL"],
  ["mcast_resolicit", "abc", "error: EINVAL"],
];

const cases: readonly Case[] = [
  {
    id: "ND-X-01/conf",
    title: "net.ipv6.conf has the kernel's defaults",
    source: "kernel: ipv6_devconf_dflt, measured",
    needs: ["sysctl-read"],
    async run(bench) {
      reads(bench, "conf", CONF);
    },
  },
  {
    id: "ND-X-01/neigh",
    title: "net.ipv6.neigh has the kernel's defaults",
    source: "kernel: nd_tbl, measured",
    needs: ["sysctl-read"],
    timers: "kernel",
    async run(bench) {
      reads(bench, "neigh", NEIGH);
    },
  },
  ...WRITTEN.map(
    ([name, value, read]): Case => ({
      id: `ND-X-02/${name}-${value}`,
      title: `${name}=${value}: ${read}`,
      source: "kernel: neigh_proc_dointvec and its kin, measured",
      needs: ["sysctl-read"],
      async run(bench) {
        const key = `net.ipv6.neigh.e0.${name}`;
        const result = bench.sysctl(key, value);
        bench.expect("read", result === "ok" ? bench.sysctl(key) : result, read);
      },
    }),
  ),
];

export const defaults: readonly Case[] = overIpv6(cases);
