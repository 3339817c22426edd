/** Devices as iproute2 prints them: every field followed by one space, so that scripts written for it read them. */
import type { DeviceView } from "../methods/device.ts";
import type { LinkView } from "../methods/link.ts";
import { type Paint, PLAIN, paintState } from "./colors.ts";

/** The lines of a device that `ip link` and `ip address` begin with. */
export function linkLines(link: DeviceView, mode: string, paint: Paint = PLAIN): string[] {
  const { ifindex, ifname, flags, mtu, qdisc, operstate, group, txqlen, link_type, address, broadcast } = link;
  const name = paint("ifname", `${ifname}: `);
  const state = paintState(paint, operstate, `${operstate} `);
  const qlen = txqlen === undefined ? "" : `qlen ${txqlen}`;
  return [
    `${ifindex}: ${name}<${flags.join(",")}> mtu ${mtu} qdisc ${qdisc} state ${state}${mode}group ${group} ${qlen}`,
    `    link/${link_type} ${paint("mac", address)} brd ${paint("mac", broadcast)}`,
  ];
}

export interface LinkViewOptions {
  /** 1: counters; 2: those of errors too. */
  statistics: number;
  /** The controller, drops by reason and ARP frames, for which `ip` has no words. */
  details: boolean;
  brief?: boolean;
  /** Default: without colours. */
  paint?: Paint;
}

/** The lines of one device of `ip link show`. */
export function linkText(link: LinkView, options: LinkViewOptions): string[] {
  const lines = linkLines(link, "mode DEFAULT ", options.paint);
  if (link.ifalias !== undefined) lines.push(`    alias ${link.ifalias}`);
  if (options.details) {
    lines.push(`    driver ${link.driver} (${link.description})${link.simulated ? " simulated" : ""}`);
    if (link.error !== undefined) lines.push(`    error ${link.error}`);
    lines.push(`    arp ${words(link.arp)}`, `    drops ${words(link.drops)}`);
  }
  if (options.statistics > 0) lines.push(...counterTable(link.stats64, options.statistics > 1));
  return lines;
}

/** A line of `ip -br link`. */
export function linkBrief(link: DeviceView, paint: Paint = PLAIN): string {
  return `${briefHead(link, paint)}${paint("mac", `${link.address} `)}<${link.flags.join(",")}> `;
}

/** The columns that -br begins with. */
export function briefHead({ ifname, operstate }: DeviceView, paint: Paint = PLAIN): string {
  return paint("ifname", `${ifname.padEnd(16)} `) + paintState(paint, operstate, `${operstate.padEnd(14)} `);
}

/** A device of `ip -j -br link`. */
export function linkBriefJson({ ifname, operstate, address, flags }: DeviceView): object {
  return { ifname, operstate, address, flags };
}

/** One device of `ip -j link`. */
export function linkJson(link: LinkView, options: LinkViewOptions): object {
  const { driver, description, simulated, error, stats64, drops, arp, kind: _kind, ...plain } = link;
  if (options.brief) return linkBriefJson(link);
  const details = { driver, description, simulated, ...(error === undefined ? {} : { error }), arp, drops };
  const counters = options.statistics > 1 ? stats64 : { rx: only(stats64.rx, RX_KEYS), tx: only(stats64.tx, TX_KEYS) };
  return { ...plain, ...(options.details ? details : {}), ...(options.statistics > 0 ? { stats64: counters } : {}) };
}

function only(counters: Record<string, number>, keys: readonly string[]): Record<string, number> {
  return Object.fromEntries(keys.map((key) => [key, counters[key] ?? 0]));
}

function words(counters: Record<string, number>): string {
  const all = Object.entries(counters);
  return all.length === 0 ? "none" : all.map(([name, count]) => `${name} ${count}`).join(" ");
}

const RX_KEYS = ["bytes", "packets", "errors", "dropped", "over_errors", "multicast"];
const TX_KEYS = ["bytes", "packets", "errors", "dropped", "carrier_errors", "collisions"];
const RX_COLUMNS = ["bytes", "packets", "errors", "dropped", "missed", "mcast"];
const TX_COLUMNS = ["bytes", "packets", "errors", "dropped", "carrier", "collsns"];
const RX_ERROR_KEYS = ["length_errors", "crc_errors", "frame_errors", "fifo_errors", "missed_errors"];
const TX_ERROR_KEYS = ["aborted_errors", "fifo_errors", "window_errors", "heartbeat_errors", "carrier_changes"];
const RX_ERROR_COLUMNS = ["length", "crc", "frame", "fifo", "overrun"];
const TX_ERROR_COLUMNS = ["aborted", "fifo", "window", "heartbt", "transns"];
/** Least widths of the columns, those of the longest names in them with -s -s. */
const WIDTHS = [10, 7, 6, 7, 7, 7];
/** Width of the column for compressed packets, which stays empty. */
const LAST_COLUMN = 11;

/** Names above numbers, as `ip -s link` sets them: a column is as wide for RX as for TX. */
function counterTable({ rx, tx }: LinkView["stats64"], errors: boolean): string[] {
  const value = (counters: Record<string, number>, keys: readonly string[]): string[] =>
    keys.map((key) => String(counters[key] ?? 0));
  const received = value(rx, RX_KEYS);
  const sent = value(tx, TX_KEYS);
  const receiveErrors = ["", ...value(rx, RX_ERROR_KEYS)];
  const sendErrors = ["", ...value(tx, TX_ERROR_KEYS)];
  const rows = errors ? [received, sent, receiveErrors, sendErrors] : [received, sent];
  const widths = WIDTHS.map((width, at) => Math.max(width, ...rows.map((row) => (row[at] ?? "").length)));
  const row = (cells: readonly string[]): string => cells.map((cell, at) => cell.padStart(widths[at]!)).join(" ");
  const names = (title: string, columns: readonly string[]): string => `    ${title}:${row(columns).slice(title.length + 1)}`;
  const half = (title: string, columns: readonly string[], numbers: readonly string[]): string[] => [
    `${names(title, columns)}${" ".repeat(LAST_COLUMN)}`,
    `    ${row(numbers)} `,
  ];
  const faults = (title: string, columns: readonly string[], numbers: readonly string[]): string[] =>
    errors ? [names(`${title} errors`, ["", ...columns]), `    ${row(numbers)} `] : [];
  return [
    ...half("RX", RX_COLUMNS, received),
    ...faults("RX", RX_ERROR_COLUMNS, receiveErrors),
    ...half("TX", TX_COLUMNS, sent),
    ...faults("TX", TX_ERROR_COLUMNS, sendErrors),
  ];
}
