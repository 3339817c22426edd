/** Addresses in the words of Node: their text, their family, and IPv4 addresses on a socket of IPv6 (RFC 4291 2.5.5.2). */
import { isIP } from "node:net";
import type { IpAddress, IpFamily } from "../ip/address.ts";
import { formatIp } from "../ip/endpoint.ts";
import type { NetDevice } from "../net/device.ts";

/** An address and a port, as Node's address() returns them. */
export interface NodeAddress {
  address: string;
  family: "IPv4" | "IPv6";
  port: number;
}

const MAPPED = "::ffff:";

/** The stack's text of an address: one that is mapped into IPv6 means the IPv4 address. */
export function plainText(address: string): string {
  const quad = address.slice(MAPPED.length);
  return address.toLowerCase().startsWith(MAPPED) && isIP(quad) === 4 ? quad : address;
}

/**
 * The text of an address as a socket of this family shows it.
 * @param device the zone of a link-local address (RFC 4007 11)
 */
export function nodeText(address: IpAddress, family: IpFamily, device: NetDevice | null = null): string {
  const text = formatIp(address);
  if (typeof address === "number") return family === 6 ? `${MAPPED}${text}` : text;
  return device && isLinkLocal(text) ? `${text}%${device.name}` : text;
}

function isLinkLocal(text: string): boolean {
  return /^fe[89ab]/i.test(text);
}

export function nodeFamily(family: IpFamily): "IPv4" | "IPv6" {
  return family === 6 ? "IPv6" : "IPv4";
}

/** The address of every host of a family: what an unbound socket shows. */
export function anyAddress(family: IpFamily): string {
  return family === 6 ? "::" : "0.0.0.0";
}

/** Whether a text is an address that a socket of this family takes, with or without a zone. */
export function fits(text: string, family: IpFamily): boolean {
  return isIP(text) === family;
}

/**
 * Whether an address names its link where it has to: a link-local one has a zone, and a device of that name is there. Others are refused with
 * EINVAL, as by the kernel.
 */
export function namesLink(text: string, devices: readonly NetDevice[]): boolean {
  const { host, zone } = splitZone(text);
  return zone === "" ? !isLinkLocal(host) : devices.some(({ name }) => name === zone);
}

/** Takes the zone of an address off (RFC 4007 11): `fe80::2%eth0`. */
export function splitZone(text: string): { host: string; zone: string } {
  const [host = "", zone = ""] = text.split("%");
  return { host, zone };
}
