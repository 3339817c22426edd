/** Text of addresses of either family, and of an address with a port: `10.0.0.2:8094`, `[fd00::2]:8094`. */
import { formatIpv4, type IpAddress, parseIpv4 } from "./address.ts";
import type { Ip6Interner } from "./ip6.ts";
import { formatIpv6, parseIpv6 } from "./ip6-text.ts";

/** One end of a conversation: a port is not part of an address. Where nothing is sent yet, the address may still be a text. */
export interface Endpoint<Address = IpAddress> {
  readonly address: Address;
  /** 0..65535. */
  readonly port: number;
}

/** Reads an address of either family; null when the text is none. */
export function parseIp(text: string, interner: Ip6Interner): IpAddress | null {
  return parseIpv4(text) ?? parseIpv6(text, interner);
}

export function formatIp(address: IpAddress): string {
  return typeof address === "number" ? formatIpv4(address) : formatIpv6(address);
}

/** Splits `HOST:PORT` at its last colon and keeps both as they stand; null without a colon behind the host and its brackets. */
export function splitEndpoint(text: string): { host: string; port: string } | null {
  const at = text.lastIndexOf(":");
  if (at < 0 || text.includes("]", at)) return null;
  return { host: text.slice(0, at), port: text.slice(at + 1) };
}

/** Reads a port, 0..65535; null when the text is none. */
export function parsePort(text: string): number | null {
  return /^\d{1,5}$/.test(text) && Number(text) <= 0xffff ? Number(text) : null;
}

/** Reads `ADDR:PORT` or `[ADDR6]:PORT`; null when the text is neither. An IPv6 address without brackets is refused. */
export function parseEndpoint(text: string, interner: Ip6Interner): Endpoint | null {
  const { host, port: digits } = splitEndpoint(text) ?? { host: "", port: "" };
  const port = parsePort(digits);
  const bracketed = host.startsWith("[") && host.endsWith("]");
  const address = bracketed ? parseIpv6(host.slice(1, -1), interner) : parseIpv4(host);
  return address === null || port === null ? null : { address, port };
}

export function formatEndpoint({ address, port }: Endpoint): string {
  return typeof address === "number" ? `${formatIpv4(address)}:${port}` : `[${formatIpv6(address)}]:${port}`;
}
