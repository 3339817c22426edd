/** The programs beside `ip`, in the order of the help: one is a file with its words and output, and a line here. */
import { arping } from "./arping.ts";
import { ethtool } from "./ethtool.ts";
import type { JsonOptions } from "./json.ts";
import { cat, nstat, sysctl } from "./procps.ts";
import type { IpEnd, IpSurroundings } from "./run-ip.ts";
import { solicit } from "./solicit.ts";

export interface Tool {
  /** For the help. */
  readonly what: string;
  /** @param output as `-j` and `-p` before the tool's name ask for it; default text */
  run(words: readonly string[], around: IpSurroundings, output?: JsonOptions): Promise<IpEnd>;
}

export const TOOLS: ReadonlyMap<string, Tool> = new Map<string, Tool>([
  ["sysctl", { what: "settings by the kernel's keys: sysctl [-w] KEY[=VALUE]...", run: sysctl }],
  ["arping", { what: "ARP packets by hand: arping [-c N] [-w S] [-I DEV] [-D|-U|-A] ADDRESS", run: arping }],
  ["solicit", { what: "routers of a link, or a neighbour's link address: solicit [-1|-m] [-q] [ADDRESS] DEV", run: solicit }],
  ["ethtool", { what: "link, driver (-i) and counters (-S) of a controller: ethtool [-i|-S] DEV", run: ethtool }],
  ["nstat", { what: "counters of IP, ICMP and UDP since the last time: nstat [-a] [-z] [-j]", run: nstat }],
  [
    "cat",
    {
      what: "/proc/net/arp, /proc/net/stat/arp_cache, /proc/net/softnet_stat, /proc/net/if_inet6, /proc/net/ipv6_route, /proc/sys/...",
      run: cat,
    },
  ],
]);
