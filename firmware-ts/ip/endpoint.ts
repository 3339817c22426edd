/** Text of addresses of either family, and of an address with a port: `10.0.0.2:8094`, `[fd00::2]:8094`. */
import { formatIpv4, type IpAddress, parseIpv4 } from "./address.ts";
import type { Ip6Interner } from "./ip6.ts";
import { formatIpv6, parseIpv6 } from "./ip6-text.ts";

/** One end of a conversation: a port is not part of an address. */
export interface Endpoint {
  readonly address: IpAddress;
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

/** Reads `ADDR:PORT` or `[ADDR6]:PORT`; null when the text is neither. An IPv6 address without brackets is refused. */
export function parseEndpoint(text: string, interner: Ip6Interner): Endpoint | null {
  const [, inBrackets, plain = "", digits] = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits ?? Number.NaN);
  if (!(port <= 0xffff)) return null;
  const address = inBrackets === undefined ? parseIpv4(plain) : parseIpv6(inBrackets, interner);
  return address === null ? null : { address, port };
}

export function formatEndpoint({ address, port }: Endpoint): string {
  return typeof address === "number" ? `${formatIpv4(address)}:${port}` : `[${formatIpv6(address)}]:${port}`;
}
