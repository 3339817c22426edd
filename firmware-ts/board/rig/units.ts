/**
 * Quantities and addresses as people write them in a rig file, in a device SPEC and after a command's options: `3s`, `10MHz`,
 * `192.168.10.10/24`, `192.168.10.1:8094`. Every reader takes the text whole, without leading or trailing space, and throws a
 * UnitError whose message quotes the text and says what would be right.
 */
import { INADDR_ANY, INADDR_BROADCAST, isLoopback, isMulticast, parseIpv4, prefixMask } from "../../ip/address.ts";
import { type Endpoint, parsePort, splitEndpoint } from "../../ip/endpoint.ts";
import { formatIpv6, type Ip6Words, ip6Words, isIpv6 } from "../../ip/ip6-text.ts";
import { wordMask } from "../../ip6/common/address-kind.ts";
import { parseMac } from "../../net/ethernet.ts";
import { show } from "./wording.ts";

/** A text that is not of the form that belongs there. */
export class UnitError extends Error {
  readonly code = "UNIT_INVALID";

  constructor(message: string) {
    super(message);
    this.name = "UnitError";
  }
}

/** An address and the length of its prefix: 0..32 of IPv4, 0..128 of IPv6. An IPv6 address is as RFC 5952 writes it. */
export interface Cidr {
  readonly address: string;
  readonly prefix: number;
}

/** Milliseconds in a unit, largest first. */
const DURATION_UNITS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;
/** Hertz in a unit, largest first. */
const RATE_UNITS = { GHz: 1e9, MHz: 1e6, kHz: 1000, Hz: 1 } as const;

/** A number without a unit is taken as meant in ms from here on, for the message. */
const MEANT_MS = 100;

/** `250ms`, `1.5s`, `2m`, `1h`, `7d` in ms. */
export function parseDuration(text: string): number {
  return quantity(text, DURATION_UNITS, "a duration", "10s", Number(text) >= MEANT_MS ? "ms" : "s");
}

/** The shortest exact form: `1.5s`, `90s`, `2m`. parseDuration() reads it back to the same number. @param ms not negative */
export function formatDuration(ms: number): string {
  if (ms < 1e-6) return "0s";
  if (!Number.isInteger(ms)) return `${ms}ms`;
  for (const [unit, size] of Object.entries(DURATION_UNITS))
    if (ms >= size && ms % size === 0 && size > 1) return `${ms / size}${unit}`;
  if (ms < 1000) return `${ms}ms`;
  // Not ms / 1000: beyond 2^43 s its third decimal would be a guess.
  return `${Math.floor(ms / 1000)}.${String(ms % 1000)
    .padStart(3, "0")
    .replace(/0+$/, "")}s`;
}

/** `10MHz`, `400kHz`, `32768Hz` in Hz, always whole. */
export function parseRate(text: string): number {
  const hertz = quantity(text, RATE_UNITS, "a rate", "10MHz", "Hz");
  if (!Number.isInteger(hertz)) throw new UnitError(`${show(text)}: not a whole number of Hz`);
  return hertz;
}

/** `10MHz`, `2.5MHz`, `32768Hz`. parseRate() reads it back to the same number. @param hertz whole, not negative */
export function formatRate(hertz: number): string {
  for (const [unit, size] of Object.entries(RATE_UNITS)) {
    if (hertz >= size && (hertz * 10) % size === 0) return `${hertz / size}${unit}`;
  }
  return `${hertz}Hz`;
}

function quantity(text: string, units: Readonly<Record<string, number>>, what: string, example: string, bare: string): number {
  const match = /^(\d{1,15})(?:\.(\d{1,24}))?(\p{L}*)$/u.exec(text);
  const names = Object.keys(units).reverse();
  if (!match) throw new UnitError(`${show(text)}: not ${what}; say a number and a unit, ${names.join(", ")}, as in ${example}`);
  const [, whole = "", fraction = "", unit = ""] = match;
  const number = fraction ? `${whole}.${fraction}` : whole;
  if (unit === "") throw new UnitError(`${show(text)}: ${what} without its unit; say e.g. ${number}${bare}`);
  const size = Object.hasOwn(units, unit) ? units[unit] : undefined;
  if (size === undefined) {
    const meant = names.find((name) => name.toLowerCase() === unit.toLowerCase());
    const right = meant ? `say ${number}${meant}` : `units are ${names.join(", ")}`;
    throw new UnitError(`${show(text)}: ${show(unit)} is not a unit of ${what}; ${right}`);
  }
  // Whole and fractional part apart, so that 1.1h is 3960000 ms and not a hair more.
  const value = size === 1 ? Number(number) : Number(whole) * size + (Number(fraction) * size) / 10 ** fraction.length;
  if (value > Number.MAX_SAFE_INTEGER) throw new UnitError(`${show(text)}: too much for ${what}`);
  return value;
}

/** A decimal integer between min and max, both included. */
export function parseInteger(text: string, min: number, max: number): number {
  const value = Number(text);
  if (!/^-?\d{1,16}$/.test(text) || value < min || value > max) {
    throw new UnitError(`${show(text)}: not a whole number from ${min} to ${max}`);
  }
  return value;
}

/** A number between min and max, both included: `0.05`. */
export function parseNumber(text: string, min: number, max: number): number {
  const value = Number(text);
  if (!/^-?\d{1,16}(\.\d{1,20})?$/.test(text) || value < min || value > max) {
    throw new UnitError(`${show(text)}: not a number from ${min} to ${max}`);
  }
  return value;
}

/** The address of one station: six octets, neither all zero nor multicast (IEEE 802.3 3.2.3: the lowest bit of the first octet). */
export function parseStationMac(text: string): Uint8Array {
  const mac = parseMac(text);
  if (!mac) throw new UnitError(`${show(text)}: not a MAC address; say six octets as in 02:00:5e:10:00:01`);
  if (mac[0]! & 1) {
    const what = mac.every((octet) => octet === 0xff) ? "the broadcast address" : "a multicast address";
    throw new UnitError(`${show(text)}: ${what}; a station's first octet is even, as in 02:00:5e:10:00:01`);
  }
  if (mac.every((octet) => octet === 0)) throw new UnitError(`${show(text)}: no address; say e.g. 02:00:5e:10:00:01`);
  return mac;
}

/** The address of one host: not 0.0.0.0/8, ::, multicast, loopback or broadcast. */
export function parseHost(text: string): string {
  const words = ip6Words(text);
  if (words) {
    requireHost6(text, words);
    return formatIpv6(words);
  }
  const address = parseIpv4(text);
  if (address === null) {
    if (text.includes("/")) throw new UnitError(`${show(text)}: an address without prefix length belongs here, as in 192.168.10.1`);
    throw notAddress(text, "an IP address; say e.g. 192.168.10.1");
  }
  requireHost(text, address);
  return text;
}

/** A destination: any address, of IPv6 with its zone where it needs one; the stack refuses those that it cannot reach. */
export function parseDestination(text: string): string {
  if (parseIpv4(text) !== null || isIpv6(text.replace(/%[^%]+$/, ""))) return text;
  throw new UnitError(`${show(text)}: not an IP address; say e.g. 192.168.10.1 or fd00::1`);
}

function requireHost(text: string, address: number): void {
  if (address >>> 24 === 0) throw new UnitError(`${show(text)}: "this network", not a host (RFC 1122); say e.g. 192.168.10.1`);
  if (isLoopback(address))
    throw new UnitError(`${show(text)}: a loopback address, it never leaves the stack; say e.g. 192.168.10.1`);
  if (isMulticast(address)) throw new UnitError(`${show(text)}: a multicast address, not a host; say e.g. 192.168.10.1`);
  if (address === INADDR_BROADCAST) throw new UnitError(`${show(text)}: the broadcast address, not a host; say e.g. 192.168.10.1`);
}

const ALL_ONES = 0xff;

function requireHost6(text: string, { a, b, c, d }: Ip6Words): void {
  if (a >>> 24 === ALL_ONES) throw new UnitError(`${show(text)}: a multicast address, not a host; say e.g. fd00::1`);
  if ((a | b | c) !== 0 || (d !== 0 && d !== 1)) return;
  if (d === 0) throw new UnitError(`${show(text)}: nobody's address; say e.g. fd00::1`);
  throw new UnitError(`${show(text)}: a loopback address, it never leaves the stack; say e.g. fd00::1`);
}

/** `192.168.10.0/24`, `fd00::/64`: address and prefix length as they stand, whatever the host bits. */
export function parseCidr(text: string): Cidr {
  const [host = "", length, ...rest] = text.split("/");
  const words = ip6Words(host);
  if ((parseIpv4(host) === null && !words) || rest.length > 0) {
    throw notAddress(text, "an IP address with its prefix length; say e.g. 192.168.10.10/24");
  }
  const [bits, usual] = words ? [128, 64] : [32, 24];
  if (length === undefined) throw new UnitError(`${show(text)}: no prefix length; say e.g. ${host}/${usual}`);
  if (!/^\d{1,3}$/.test(length) || Number(length) > bits) {
    throw new UnitError(`${show(text)}: the prefix length is not 0 to ${bits}; say e.g. ${host}/${usual}`);
  }
  return { address: words ? formatIpv6(words) : host, prefix: Number(length) };
}

/** The address is one of IPv6. */
export function isOfIpv6(address: string): boolean {
  return address.includes(":");
}

/** The host is within the prefix; false for one of another family. */
export function holdsHost({ address, prefix }: Cidr, host: string): boolean {
  const [own, other] = [ip6Words(address), ip6Words(host)];
  if (own && other) return bitsBehind(xor(own, other), 0, prefix) === 0;
  const [four, hers] = [parseIpv4(address), parseIpv4(host)];
  return four !== null && hers !== null && ((four ^ hers) & prefixMask(prefix)) === 0;
}

/** fe80::/10 (RFC 4291 2.5.6). */
const LINK_LOCAL: Cidr = { address: "fe80::", prefix: 10 };

/** An IPv6 address of one link: it does not say which. */
export function isOfOneLink(host: string): boolean {
  return holdsHost(LINK_LOCAL, host);
}

function xor(one: Ip6Words, other: Ip6Words): Ip6Words {
  return { a: one.a ^ other.a, b: one.b ^ other.b, c: one.c ^ other.c, d: one.d ^ other.d };
}

/** Not 0 when one of the bits from..to of an address is set. */
function bitsBehind({ a, b, c, d }: Ip6Words, from: number, to: number): number {
  const of = (word: number, at: number): number => word & wordMask(to - at) & ~wordMask(from - at);
  return of(a, 0) | of(b, 32) | of(c, 64) | of(d, 96);
}

/** `192.168.10.0/24`. parseCidr() reads it back to the same. */
export function formatCidr({ address, prefix }: Cidr): string {
  return `${address}/${prefix}`;
}

/**
 * `192.168.10.10/24`, `fd00::10/64`: a host's address on its subnet; neither the subnet's own address, which is all its routers' in IPv6
 * (RFC 4291 2.6.1), nor its broadcast (RFC 1122 3.2.1.3).
 */
export function parseInterfaceAddress(text: string): Cidr {
  const cidr = parseCidr(text);
  const words = ip6Words(cidr.address);
  if (words) {
    requireHost6(text, words);
    if (cidr.prefix === 0) throw new UnitError(`${show(text)}: every address would be on this link; say e.g. ${cidr.address}/64`);
    // A /127 has no such address (RFC 6164), a /128 no subnet.
    const anycast = cidr.prefix < 127 && bitsBehind(words, cidr.prefix, 128) === 0;
    if (anycast) throw new UnitError(`${show(text)}: the address of all routers on the subnet, not a host's`);
    return cidr;
  }
  const address = parseIpv4(cidr.address)!;
  requireHost(text, address);
  if (cidr.prefix === 0) throw new UnitError(`${show(text)}: every address would be on this link; say e.g. ${cidr.address}/24`);
  const hostBits = ~prefixMask(cidr.prefix);
  // A /31 has no broadcast (RFC 3021), a /32 no subnet.
  if (cidr.prefix < 31 && (address & hostBits) === 0) throw new UnitError(`${show(text)}: the subnet itself, not a host on it`);
  if (cidr.prefix < 31 && (address & hostBits) === hostBits) throw new UnitError(`${show(text)}: the subnet's broadcast address`);
  return cidr;
}

/** The same of IPv4 only. */
export function parseInterfaceAddress4(text: string): Cidr {
  const cidr = parseInterfaceAddress(text);
  if (isOfIpv6(cidr.address))
    throw new UnitError(`${show(text)}: an address of IPv6, which asks for itself; say e.g. 192.168.10.10/24`);
  return cidr;
}

/** The destination of a route: `10.0.0.0/8`, `fd00::/64`, or a host `10.0.0.1` for its /32. Host bits must be zero, as for `ip route`. */
export function parseRouteTarget(text: string): Cidr {
  const six = ip6Words(text);
  const host = six ? { address: formatIpv6(six), prefix: 128 } : { address: text, prefix: 32 };
  const cidr = six || parseIpv4(text) !== null ? host : parseCidr(text);
  const words = ip6Words(cidr.address);
  const behind = words ? bitsBehind(words, cidr.prefix, 128) : parseIpv4(cidr.address)! & ~prefixMask(cidr.prefix);
  if (behind !== 0) {
    const whole = words ? 128 : 32;
    throw new UnitError(`${show(text)}: bits are set behind the prefix; say the subnet's own address, or ${cidr.address}/${whole}`);
  }
  return cidr;
}

/** `192.168.10.1:8094`, `[fd00::1]:8094`; the port is not 0. Names are not looked up. */
export function parseEndpoint(text: string): Endpoint<string> {
  const parts = splitEndpoint(text);
  const host = parts?.host ?? text;
  const [, inner = ""] = /^\[(.*)\]$/s.exec(host) ?? [];
  const words = ip6Words(inner.replace(/%[^%]+$/, ""));
  if (parseIpv4(host) === null && !words) {
    if (isIpv6(text) || isIpv6(host))
      throw new UnitError(`${show(text)}: an IPv6 address stands in brackets; say e.g. [fd00::1]:8094`);
    throw notAddress(text, "ADDRESS:PORT; say e.g. 192.168.10.1:8094");
  }
  const nobody = words ? (words.a | words.b | words.c | words.d) === 0 : parseIpv4(host) === INADDR_ANY;
  if (nobody) throw new UnitError(`${show(text)}: ${words ? "::" : "0.0.0.0"} is nobody; say e.g. 192.168.10.1:8094`);
  if (!parts) throw new UnitError(`${show(text)}: no port; say e.g. ${host}:8094`);
  const port = parts.port.startsWith("0") ? null : parsePort(parts.port);
  if (port === null) throw new UnitError(`${show(text)}: the port is not 1 to 65535; say e.g. ${host}:8094`);
  return { address: words ? inner : host, port };
}

/** As parseEndpoint(), or a host's name in the place of the address: `collector.example.com:8094`. */
export function parseHostEndpoint(text: string): Endpoint<string> {
  const { host, port: digits } = splitEndpoint(text) ?? { host: "", port: "" };
  if (!isName(host)) return parseEndpoint(text);
  if (/\.local\.?$/i.test(host))
    throw new UnitError(`${show(text)}: names of .local are the link's own (mDNS), no name server knows them; say an address`);
  const port = digits.startsWith("0") ? null : parsePort(digits);
  if (port === null) throw new UnitError(`${show(text)}: the port is not 1 to 65535; say e.g. ${host}:8094`);
  return { address: host.toLowerCase(), port };
}

/** A place of this machine at which to listen: `127.0.0.1:9610`, `[::1]:9610`, or a port alone, which is 127.0.0.1's. */
export function parseListenPlace(text: string): Endpoint<string> {
  const { host, port: digits } = splitEndpoint(text) ?? { host: "127.0.0.1", port: text };
  const inner = /^\[(.*)\]$/s.exec(host)?.[1] ?? "";
  const port = parsePort(digits);
  if ((parseIpv4(host) === null && !isIpv6(inner)) || port === null)
    throw new UnitError(`${show(text)}: not ADDRESS:PORT or PORT; say e.g. 127.0.0.1:9610`);
  return { address: inner || host, port };
}

/** `127.0.0.1:9610`, `[::1]:9610`. */
export function formatPlace({ address, port }: Endpoint<string>): string {
  return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}

/** A host's name (RFC 1123 2.1): its last part is no number, or it could be an address that is written wrong. */
function isName(host: string): boolean {
  const labels = host.replace(/\.$/, "").split(".");
  return (
    host.length <= 253 &&
    labels.every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(label)) &&
    !/^\d+$/.test(labels.at(-1) ?? "")
  );
}

function notAddress(text: string, what: string): UnitError {
  return new UnitError(`${show(text)}: not ${what}`);
}
