/** Addresses as iproute2 prints them. */
import type { AddressView } from "../methods/address.ts";
import { type AddressInfo, FOREVER } from "../methods/address-view.ts";
import { briefHead, linkLines } from "./print-link.ts";

/** The parts of a device that are shown. */
export interface AddressShow {
  /** Without its link addresses: only one family is asked for. */
  readonly linkless: boolean;
  /** Without anything of the device itself: a label is asked for. */
  readonly headless: boolean;
  /** Without its queue and its group, which the kernel's list of IPv6 devices does not have. */
  readonly sparse: boolean;
  selects(info: AddressInfo, ifname: string): boolean;
}

export const EVERYTHING: AddressShow = { linkless: false, headless: false, sparse: false, selects: () => true };

function selected({ addr_info, ifname }: Flushed, { selects }: AddressShow): AddressInfo[] {
  return addr_info.filter((info) => selects(info, ifname));
}

/** A device of `ip -j address show`. An address that is not selected leaves an empty object. */
export function addressJson(view: AddressView, { linkless, headless, sparse, selects }: AddressShow): object {
  const addr_info = view.addr_info.map((info) => (selects(info, view.ifname) ? info : {}));
  if (headless) return { addr_info };
  if (!linkless) return { ...view, addr_info };
  const { link_type: _type, address: _address, broadcast: _broadcast, ...rest } = view;
  if (!sparse) return { ...rest, addr_info };
  const { qdisc: _qdisc, group: _group, ...few } = rest;
  return { ...few, addr_info };
}

/** The lines of one device of `ip address show`. */
export function addressText(view: AddressView, show: AddressShow = EVERYTHING): string[] {
  const { linkless, headless, sparse } = show;
  const lines = headless ? [] : sparse ? [sparseLine(view)] : linkLines(view, "");
  if (linkless && !headless && !sparse) lines.pop();
  for (const info of selected(view, show)) lines.push(...addressLines(info).map((line) => `    ${line}`));
  return lines;
}

/** The line that a device begins with in the kernel's list of IPv6 devices. */
function sparseLine({ ifindex, ifname, flags, mtu, operstate, txqlen }: AddressView): string {
  const qlen = txqlen === undefined ? "" : `qlen ${txqlen}`;
  return `${ifindex}: ${ifname}: <${flags.join(",")}> mtu ${mtu} state ${operstate} ${qlen}`;
}

/** The lines of one device of `ip -o address show`, one an address. */
export function addressOneLine(view: Flushed, show: AddressShow = EVERYTHING): string[] {
  return flushedLines({ ...view, addr_info: selected(view, show) }, "\\");
}

/** A device with addresses that are gone. */
type Flushed = Pick<AddressView, "ifindex" | "ifname" | "addr_info">;

/** Each address with the device's number and name in front. @param newline stands between its lines */
export function flushedLines({ ifindex, ifname, addr_info }: Flushed, newline: string): string[] {
  return addr_info.map((info) => `${ifindex}: ${ifname}    ${addressLines(info).join(`${newline}    `)}`);
}

/** A line of `ip -br address`. */
export function addressBrief(view: AddressView, show: AddressShow): string {
  const addresses = selected(view, show).map((info) => `${prefixText(info)} ${metricText(info)}`);
  return (show.headless ? "" : briefHead(view)) + addresses.join("");
}

export function addressBriefJson({ ifname, operstate, addr_info }: AddressView, { headless, selects }: AddressShow): object {
  const brief = addr_info.map((info) => (selects(info, ifname) ? briefInfo(info) : {}));
  return { ...(headless ? {} : { ifname, operstate }), addr_info: brief };
}

function briefInfo({ local, address, prefixlen, metric }: AddressInfo): object {
  const peer = address === undefined ? {} : { address };
  return { local, ...peer, prefixlen, ...(metric === undefined ? {} : { metric }) };
}

const FLAGS = [
  ...(["secondary", "temporary", "nodad", "optimistic", "dadfailed", "home", "deprecated", "tentative"] as const),
  ...(["dynamic", "mngtmpaddr", "noprefixroute", "autojoin", "stable-privacy"] as const),
];

function addressLines(info: AddressInfo): string[] {
  const broadcast = info.broadcast === undefined ? "" : `brd ${info.broadcast} `;
  const flags = FLAGS.filter((flag) => info[flag]).map((flag) => `${flag} `);
  const { family, scope, label = "", valid_life_time: valid, preferred_life_time: preferred } = info;
  return [
    `${family} ${prefixText(info)} ${metricText(info)}${broadcast}scope ${scope} ${flags.join("")}${label}`,
    `   valid_lft ${secondsText(valid)} preferred_lft ${secondsText(preferred)}`,
  ];
}

function prefixText({ local, address, prefixlen }: AddressInfo): string {
  return `${local}${address === undefined ? "" : ` peer ${address}`}/${prefixlen}`;
}

function metricText({ metric }: AddressInfo): string {
  return metric === undefined ? "" : `metric ${metric} `;
}

function secondsText(seconds: number): string {
  return seconds === FOREVER ? "forever" : `${seconds}sec`;
}
