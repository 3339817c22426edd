/** Text as iproute2 prints it: every field followed by one space, so that scripts written for `ip` read it. */
import type { AddressView, LinkView, RouteView } from "./inet.ts";
import type { NeighView } from "./neigh.ts";

export interface RouteViewOptions {
  /** Filtered by device: `ip` leaves the device out. */
  withoutDevice: boolean;
}

export interface NeighViewOptions extends RouteViewOptions {
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

/** Entries as `ip -j neigh` has them: the times only with -s, and NONE is no state. */
export function neighJson(entry: NeighView, options: NeighViewOptions): object {
  const { dst, dev, lladdr, used, confirmed, updated, probes, state } = entry;
  return {
    dst,
    ...(options.withoutDevice ? {} : { dev }),
    ...(lladdr === undefined ? {} : { lladdr }),
    ...(options.statistics ? { used, confirmed, updated, probes } : {}),
    ...(state.length > 0 ? { state } : {}),
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
  if (options.statistics) lines.push(...counterTable(link.stats64));
  return lines;
}

function words(counters: Record<string, number>): string {
  const all = Object.entries(counters);
  return all.length === 0 ? "none" : all.map(([name, count]) => `${name} ${count}`).join(" ");
}

const RX_COLUMNS = ["bytes", "packets", "errors", "dropped", "missed", "mcast"];
const TX_COLUMNS = ["bytes", "packets", "errors", "dropped", "carrier", "collsns"];
/** Widths that the columns have at least, those of the longest names that stand in them with -s -s. */
const WIDTHS = [10, 7, 6, 7, 7, 7];
/** A column for compressed packets, of which there are none: its room is left. */
const LAST_COLUMN = 11;

/** Four lines, names above numbers, as `ip -s link` sets them: a column is as wide for RX as for TX. */
function counterTable({ rx, tx }: LinkView["stats64"]): string[] {
  const received = ["bytes", "packets", "errors", "dropped", "over_errors", "multicast"].map((name) => rx[name] ?? 0);
  const sent = ["bytes", "packets", "errors", "dropped", "carrier_errors", "collisions"].map((name) => tx[name] ?? 0);
  const widths = WIDTHS.map((width, at) => Math.max(width, String(received[at]).length, String(sent[at]).length));
  const row = (cells: readonly (string | number)[]): string =>
    cells.map((cell, at) => String(cell).padStart(widths[at]!)).join(" ");
  const names = (title: string, columns: readonly string[]): string =>
    `    ${title}:${row(columns).slice(title.length + 1)}${" ".repeat(LAST_COLUMN)}`;
  return [names("RX", RX_COLUMNS), `    ${row(received)} `, names("TX", TX_COLUMNS), `    ${row(sent)} `];
}

/** The lines of one device of `ip address show`. */
export function addressText(view: AddressView): string[] {
  const lines = linkLines(view, "");
  for (const info of view.addr_info) lines.push(...addressLines(info).map((line) => `    ${line}`));
  return lines;
}

/** The lines of one device of `ip -o address show`, one an address. */
export function addressOneLine(view: AddressView): string[] {
  return view.addr_info.map((info) => `${view.ifindex}: ${view.ifname}    ${addressLines(info).join("\\    ")}`);
}

function addressLines(info: AddressView["addr_info"][number]): string[] {
  const broadcast = info.broadcast === undefined ? "" : `brd ${info.broadcast} `;
  const secondary = info.secondary ? "secondary " : "";
  return [
    `${info.family} ${info.local}/${info.prefixlen} ${broadcast}scope ${info.scope} ${secondary}${info.label}`,
    "   valid_lft forever preferred_lft forever",
  ];
}

/** A line of `ip route show`. */
export function routeLine(route: RouteView, options: RouteViewOptions): string {
  let line = `${route.dst} `;
  if (route.gateway !== undefined) line += `via ${route.gateway} `;
  if (!options.withoutDevice) line += `dev ${route.dev} `;
  line += `proto ${route.protocol} `;
  if (route.scope !== undefined) line += `scope ${route.scope} `;
  if (route.prefsrc !== undefined) line += `src ${route.prefsrc} `;
  if (route.metric !== undefined) line += `metric ${route.metric} `;
  for (const flag of route.flags) line += `${flag} `;
  return line;
}
