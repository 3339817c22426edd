/**
 * Quantities and addresses as people write them in a rig file, in a device SPEC and after a command's options: `3s`, `10MHz`,
 * `192.168.10.10/24`, `192.168.10.1:8094`. Every reader takes the text whole, without leading or trailing space, and throws a
 * UnitError whose message quotes the text and says what would be right.
 */
import { isIPv6 } from "node:net";
import { INADDR_ANY, INADDR_BROADCAST, isLoopback, isMulticast, parseIpv4, prefixMask } from "../../ip/address.ts";
import { type Endpoint, parsePort, splitEndpoint } from "../../ip/endpoint.ts";
import { parseMac } from "../../net/ethernet.ts";
import { show } from "./wording.ts";

/** UNIT_INVALID: not of the form that belongs there. IPV6_NOT_YET: well formed, but IPv6. */
export type UnitErrorCode = "UNIT_INVALID" | "IPV6_NOT_YET";

export class UnitError extends Error {
  readonly code: UnitErrorCode;

  constructor(message: string, code: UnitErrorCode = "UNIT_INVALID") {
    super(message);
    this.name = "UnitError";
    this.code = code;
  }
}

/** An IPv4 address and the length of its prefix, 0..32. */
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

/** The address of one host: not 0.0.0.0/8, multicast, loopback or broadcast. */
export function parseHost(text: string): string {
  const address = parseIpv4(text);
  if (address === null) {
    if (text.includes("/")) throw new UnitError(`${show(text)}: an address without prefix length belongs here, as in 192.168.10.1`);
    throw notIpv4(text, "an IPv4 address; say e.g. 192.168.10.1");
  }
  requireHost(text, address);
  return text;
}

/** A destination: any address, of IPv6 with its zone where it needs one; the stack refuses those that it cannot reach. */
export function parseDestination(text: string): string {
  if (parseIpv4(text) !== null || isIPv6(text)) return text;
  throw new UnitError(`${show(text)}: not an IP address; say e.g. 192.168.10.1 or fd00::1`);
}

function requireHost(text: string, address: number): void {
  if (address >>> 24 === 0) throw new UnitError(`${show(text)}: "this network", not a host (RFC 1122); say e.g. 192.168.10.1`);
  if (isLoopback(address))
    throw new UnitError(`${show(text)}: a loopback address, it never leaves the stack; say e.g. 192.168.10.1`);
  if (isMulticast(address)) throw new UnitError(`${show(text)}: a multicast address, not a host; say e.g. 192.168.10.1`);
  if (address === INADDR_BROADCAST) throw new UnitError(`${show(text)}: the broadcast address, not a host; say e.g. 192.168.10.1`);
}

/** `192.168.10.0/24`: address and prefix length as they stand, whatever the host bits. */
export function parseCidr(text: string): Cidr {
  const [host = "", length, ...rest] = text.split("/");
  const address = parseIpv4(host);
  if (address === null || rest.length > 0) throw notIpv4(text, "an IPv4 address with its prefix length; say e.g. 192.168.10.10/24");
  if (length === undefined) throw new UnitError(`${show(text)}: no prefix length; say e.g. ${host}/24`);
  if (!/^\d{1,2}$/.test(length) || Number(length) > 32) {
    throw new UnitError(`${show(text)}: the prefix length is not 0 to 32; say e.g. ${host}/24`);
  }
  return { address: host, prefix: Number(length) };
}

/** `192.168.10.0/24`. parseCidr() reads it back to the same. */
export function formatCidr({ address, prefix }: Cidr): string {
  return `${address}/${prefix}`;
}

/** `192.168.10.10/24`: a host's address on its subnet; neither the subnet's own address nor its broadcast (RFC 1122 3.2.1.3). */
export function parseInterfaceAddress(text: string): Cidr {
  const cidr = parseCidr(text);
  const address = parseIpv4(cidr.address)!;
  requireHost(text, address);
  if (cidr.prefix === 0) throw new UnitError(`${show(text)}: every address would be on this link; say e.g. ${cidr.address}/24`);
  const hostBits = ~prefixMask(cidr.prefix);
  // A /31 has no broadcast (RFC 3021), a /32 no subnet.
  if (cidr.prefix < 31 && (address & hostBits) === 0) throw new UnitError(`${show(text)}: the subnet itself, not a host on it`);
  if (cidr.prefix < 31 && (address & hostBits) === hostBits) throw new UnitError(`${show(text)}: the subnet's broadcast address`);
  return cidr;
}

/** The destination of a route: `10.0.0.0/8`, or a host `10.0.0.1` for its /32. Host bits must be zero, as for `ip route`. */
export function parseRouteTarget(text: string): Cidr {
  const cidr = parseIpv4(text) === null ? parseCidr(text) : { address: text, prefix: 32 };
  const address = parseIpv4(cidr.address)!;
  if ((address & ~prefixMask(cidr.prefix)) !== INADDR_ANY) {
    throw new UnitError(`${show(text)}: bits are set behind the prefix; say the subnet's own address, or ${cidr.address}/32`);
  }
  return cidr;
}

/** `192.168.10.1:8094`; the port is not 0. Names are not looked up. */
export function parseEndpoint(text: string): Endpoint<string> {
  const parts = splitEndpoint(text);
  const host = parts?.host ?? text;
  const address = parseIpv4(host);
  if (address === null) {
    throw notIpv4(text, "ADDRESS:PORT; say e.g. 192.168.10.1:8094", host.replace(/^\[(.*)\]$/s, "$1"));
  }
  if (address === INADDR_ANY) throw new UnitError(`${show(text)}: 0.0.0.0 is nobody; say e.g. 192.168.10.1:8094`);
  if (!parts) throw new UnitError(`${show(text)}: no port; say e.g. ${host}:8094`);
  const port = parts.port.startsWith("0") ? null : parsePort(parts.port);
  if (port === null) throw new UnitError(`${show(text)}: the port is not 1 to 65535; say e.g. ${host}:8094`);
  return { address: host, port };
}

/** The refusal of a text that is no IPv4 address; a good IPv6 address is told apart from nonsense. */
function notIpv4(text: string, what: string, host = text.replace(/\/\d{1,3}$/, "")): UnitError {
  if (isIPv6(host) || isIPv6(text)) {
    return new UnitError(`${show(text)}: IPv6 is not there yet; leave it out and use IPv4`, "IPV6_NOT_YET");
  }
  return new UnitError(`${show(text)}: not ${what}`);
}
