/** Addresses as iproute2 prints them. */
import type { AddressView } from "../methods/address.ts";
import { briefHead, linkLines } from "./print-link.ts";

/** A device of `ip -j address show`; `linkless`, without its link addresses. */
export function addressJson(view: AddressView, linkless: boolean): object {
  if (!linkless) return view;
  const { link_type: _type, address: _address, broadcast: _broadcast, ...rest } = view;
  return rest;
}

/** The lines of one device of `ip address show`; `linkless`, without that of its link addresses. */
export function addressText(view: AddressView, linkless = false): string[] {
  const lines = linkLines(view, "");
  if (linkless) lines.pop();
  for (const info of view.addr_info) lines.push(...addressLines(info).map((line) => `    ${line}`));
  return lines;
}

/** The lines of one device of `ip -o address show`, one an address. */
export function addressOneLine(view: AddressView): string[] {
  return view.addr_info.map((info) => `${view.ifindex}: ${view.ifname}    ${addressLines(info).join("\\    ")}`);
}

/** A line of `ip -br address`. */
export function addressBrief(view: AddressView): string {
  return briefHead(view) + view.addr_info.map(({ local, prefixlen }) => `${local}/${prefixlen} `).join("");
}

export function addressBriefJson({ ifname, operstate, addr_info }: AddressView): object {
  return { ifname, operstate, addr_info: addr_info.map(({ local, prefixlen }) => ({ local, prefixlen })) };
}

function addressLines(info: AddressView["addr_info"][number]): string[] {
  const broadcast = info.broadcast === undefined ? "" : `brd ${info.broadcast} `;
  const secondary = info.secondary ? "secondary " : "";
  return [
    `${info.family} ${info.local}/${info.prefixlen} ${broadcast}scope ${info.scope} ${secondary}${info.label}`,
    "   valid_lft forever preferred_lft forever",
  ];
}
