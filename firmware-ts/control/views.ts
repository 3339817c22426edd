/** Text as iproute2 prints it: every field followed by one space, so that scripts written for `ip` read it. */
import type { AddressView, LinkView, RouteView } from "./inet.ts";
import type { NeighView } from "./neigh.ts";

export interface NeighViewOptions {
  /** Filtered by device: `ip` leaves the device out. */
  withoutDevice: boolean;
  statistics: boolean;
}

/** A line of `ip neigh show`. */
export function neighLine(entry: NeighView, options: NeighViewOptions): string {
  let line = `${entry.dst} `;
  if (!options.withoutDevice) line += `dev ${entry.dev} `;
  if (entry.lladdr !== undefined) line += `lladdr ${entry.lladdr} `;
  if (options.statistics) line += ` used ${entry.used}/${entry.confirmed}/${entry.updated}probes ${entry.probes} `;
  for (const state of entry.state) line += `${state} `;
  return line;
}

/** Entries as `ip -j neigh` has them: the times only with -s. */
export function neighJson(entry: NeighView, options: NeighViewOptions): object {
  const { dst, dev, lladdr, used, confirmed, updated, probes, state } = entry;
  return {
    dst,
    ...(options.withoutDevice ? {} : { dev }),
    ...(lladdr === undefined ? {} : { lladdr }),
    ...(options.statistics ? { used, confirmed, updated, probes } : {}),
    state,
  };
}

function linkLines(link: Omit<AddressView, "addr_info">, mode: string): string[] {
  return [
    `${link.ifindex}: ${link.ifname}: <${link.flags.join(",")}> mtu ${link.mtu} qdisc ${link.qdisc} state ${link.operstate} ${mode}group default qlen ${link.txqlen}`,
    `    link/${link.link_type} ${link.address} brd ${link.broadcast}`,
  ];
}

export interface LinkViewOptions {
  statistics: boolean;
  /** The controller, drops by reason and ARP frames: what `ip` has no word for. */
  details: boolean;
}

/** The lines of one device of `ip link show`. */
export function linkText(link: LinkView, options: LinkViewOptions): string[] {
  const lines = linkLines(link, "mode DEFAULT ");
  if (options.details) {
    lines.push(`    driver ${link.driver} (${link.description})${link.simulated ? " simulated" : ""}`);
    if (link.error !== undefined) lines.push(`    error ${link.error}`);
    lines.push(`    arp ${words(link.arp)}`, `    drops ${words(link.drops)}`);
  }
  if (options.statistics) {
    const { rx, tx } = link.stats64;
    lines.push(
      ...counterLines("RX", {
        bytes: rx["bytes"],
        packets: rx["packets"],
        errors: rx["errors"],
        dropped: rx["dropped"],
        missed: rx["over_errors"],
        mcast: rx["multicast"],
      }),
    );
    lines.push(
      ...counterLines("TX", {
        bytes: tx["bytes"],
        packets: tx["packets"],
        errors: tx["errors"],
        dropped: 0,
        carrier: tx["carrier_errors"],
        collsns: tx["collisions"],
      }),
    );
  }
  return lines;
}

function words(counters: Record<string, number>): string {
  const all = Object.entries(counters);
  return all.length === 0 ? "none" : all.map(([name, count]) => `${name} ${count}`).join(" ");
}

/** Two lines, names above numbers, as `ip -s link` sets them. */
function counterLines(title: string, counters: Record<string, number | undefined>): string[] {
  let names = `${title}:`;
  let values = "";
  for (const [name, count = 0] of Object.entries(counters)) {
    const first = values === "";
    const width = Math.max(first ? 10 : 7, String(count).length, name.length);
    names += first ? name.padStart(width - names.length) : ` ${name.padStart(width)}`;
    values += first ? String(count).padStart(width) : ` ${String(count).padStart(width)}`;
  }
  return [`    ${names}`, `    ${values}`];
}

/** The lines of one device of `ip address show`. */
export function addressText(view: AddressView): string[] {
  const lines = linkLines(view, "");
  for (const info of view.addr_info) {
    const broadcast = info.broadcast === undefined ? "" : `brd ${info.broadcast} `;
    const secondary = info.secondary ? "secondary " : "";
    lines.push(`    ${info.family} ${info.local}/${info.prefixlen} ${broadcast}scope ${info.scope} ${secondary}${info.label}`);
    lines.push("       valid_lft forever preferred_lft forever");
  }
  return lines;
}

/** A line of `ip route show`. */
export function routeLine(route: RouteView): string {
  let line = `${route.dst} `;
  if (route.gateway !== undefined) line += `via ${route.gateway} `;
  line += `dev ${route.dev} proto ${route.protocol} `;
  if (route.scope !== undefined) line += `scope ${route.scope} `;
  if (route.prefsrc !== undefined) line += `src ${route.prefsrc} `;
  if (route.metric !== undefined) line += `metric ${route.metric} `;
  for (const flag of route.flags) line += `${flag} `;
  return line;
}
