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
export function nodeText(address: IpAddress, family: IpFamily, device?: NetDevice): string {
  const text = formatIp(address);
  if (typeof address === "number") return family === 6 ? `${MAPPED}${text}` : text;
  return device !== undefined && /^fe[89ab]/.test(text) ? `${text}%${device.name}` : text;
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

/** Takes the zone of an address off (RFC 4007 11): `fe80::2%eth0`. */
export function splitZone(text: string): { host: string; zone: string } {
  const [host = "", zone = ""] = text.split("%");
  return { host, zone };
}
