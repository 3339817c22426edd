/** A lease: what a server gives a client, read from its message or from what was stored, and checked (RFC 2131, RFC 2132, RFC 3442). */
import { INADDR_BROADCAST, isLoopback, isMulticast, isZeronet, prefixMask } from "../../ip/address.ts";
import { wordOf, words, wordsOf } from "./options.ts";
import { DhcpOption, type DhcpOptions, INFINITE } from "./wire.ts";

/** A route that a server names. */
export interface LeaseRoute {
  readonly destination: number;
  readonly prefixLength: number;
  /** 0: the destination is on the link. */
  readonly gateway: number;
}

export interface Lease {
  readonly address: number;
  readonly prefixLength: number;
  /** As the server names it; undefined where it does not. */
  readonly broadcast?: number;
  /** The server's identifier: its address. */
  readonly server: number;
  /** Seconds from the request that was answered; Infinity for a lease that does not end. */
  readonly seconds: number;
  /** Seconds until it is to be renewed with its server (T1), and with any (T2). */
  readonly renewal: number;
  readonly rebinding: number;
  readonly routes: readonly LeaseRoute[];
  readonly nameServers: readonly number[];
  readonly domain?: string;
  /** Longest packet on the link, in bytes. */
  readonly mtu?: number;
  /** All that the server said. */
  readonly options: DhcpOptions;
}

/** T1 and T2 where the server names none, as parts of the lease (RFC 2131 4.4.5). */
const RENEWAL_PART = 0.5;
const REBINDING_PART = 0.875;
/** The shortest MTU that a server may name (RFC 2132 5.1), and that every host takes (RFC 791 3.2). */
const LEAST_MTU = 68;
/** More of anything is an attack on the memory of a small board. */
const MOST_ROUTES = 64;
const MOST_NAME_SERVERS = 8;

/**
 * Reads the lease in an OFFER or ACK.
 * @param yiaddr the message's
 * @returns null where address, server or lease time are missing or cannot be
 */
export function leaseOf(yiaddr: number, options: DhcpOptions): Lease | null {
  const server = wordOf(options.get(DhcpOption.SERVER_ID));
  const time = wordOf(options.get(DhcpOption.LEASE_TIME));
  if (server === undefined || time === undefined || time === 0) return null;
  const prefixLength = prefixLengthOf(options.get(DhcpOption.SUBNET_MASK), yiaddr);
  if (!isHost(server) || prefixLength === null || !isHostOf(yiaddr, prefixLength)) return null;
  const seconds = time >>> 0 === INFINITE ? Number.POSITIVE_INFINITY : time >>> 0;
  const broadcast = wordOf(options.get(DhcpOption.BROADCAST));
  const domain = nameOf(options.get(DhcpOption.DOMAIN_NAME));
  const mtu = mtuOf(options.get(DhcpOption.INTERFACE_MTU));
  return {
    address: yiaddr,
    prefixLength,
    ...(broadcast !== undefined && { broadcast }),
    server,
    seconds,
    ...timesOf(seconds, wordOf(options.get(DhcpOption.RENEWAL_TIME)), wordOf(options.get(DhcpOption.REBINDING_TIME))),
    routes: routesOf(options),
    nameServers: wordsOf(options.get(DhcpOption.NAME_SERVER)).filter(isHost).slice(0, MOST_NAME_SERVERS),
    ...(domain !== undefined && { domain }),
    ...(mtu !== undefined && { mtu }),
    options,
  };
}

/**
 * Reads what a server tells a host that has its address by other means (RFC 2131 3.4), as a lease without an end.
 * @returns null where it names no server
 */
export function informationOf(address: number, prefixLength: number, options: DhcpOptions): Lease | null {
  // Nothing of this is the server's to give.
  const given = new Map(options);
  given.set(DhcpOption.LEASE_TIME, words(INFINITE)).set(DhcpOption.SUBNET_MASK, words(prefixMask(prefixLength)));
  return leaseOf(address, given);
}

/** T1 < T2 < the lease, or the parts that the standard names. */
function timesOf(seconds: number, t1: number | undefined, t2: number | undefined): Pick<Lease, "renewal" | "rebinding"> {
  const usual = { renewal: RENEWAL_PART * seconds, rebinding: REBINDING_PART * seconds };
  const rebinding = t2 === undefined ? usual.rebinding : t2 >>> 0;
  const renewal = t1 === undefined ? Math.min(usual.renewal, rebinding) : t1 >>> 0;
  if (renewal > 0 && renewal <= rebinding && rebinding < seconds) return { renewal, rebinding };
  return usual;
}

/** Without a mask that of the address's class (RFC 950 2.1); null for a mask with gaps. */
function prefixLengthOf(value: Uint8Array | undefined, address: number): number | null {
  if (value === undefined) return (address & 0x80000000) === 0 ? 8 : (address & 0x40000000) === 0 ? 16 : 24;
  const mask = wordOf(value);
  if (mask === undefined) return null;
  const length = Math.clz32(~mask);
  return length > 0 && prefixMask(length) === mask ? length : null;
}

/** The routes of the server; with classless ones the router does not count (RFC 3442). */
function routesOf(options: DhcpOptions): LeaseRoute[] {
  const classless = classlessRoutes(options.get(DhcpOption.CLASSLESS_ROUTES));
  if (classless) return classless.slice(0, MOST_ROUTES);
  const [gateway] = wordsOf(options.get(DhcpOption.ROUTER)).filter(isHost);
  return gateway === undefined ? [] : [{ destination: 0, prefixLength: 0, gateway }];
}

/** Each route is the length of its prefix, as many octets as that has, and the router. Null for a list that is none. */
function classlessRoutes(value: Uint8Array | undefined): LeaseRoute[] | null {
  if (!value || value.length === 0) return null;
  const routes: LeaseRoute[] = [];
  for (let at = 0; at < value.length; ) {
    const prefixLength = value[at++]!;
    const octets = Math.ceil(prefixLength / 8);
    if (prefixLength > 32 || at + octets + 4 > value.length) return null;
    let destination = 0;
    for (let octet = 0; octet < octets; octet++) destination |= value[at++]! << (24 - 8 * octet);
    const [gateway = 0] = wordsOf(value.slice(at, at + 4));
    at += 4;
    if (gateway !== 0 && !isHost(gateway)) continue;
    // Bits behind the prefix may be set and do not count.
    routes.push({ destination: destination & prefixMask(prefixLength), prefixLength, gateway });
  }
  return routes;
}

function mtuOf(value: Uint8Array | undefined): number | undefined {
  const mtu = value?.length === 2 ? (value[0]! << 8) | value[1]! : 0;
  return mtu >= LEAST_MTU ? mtu : undefined;
}

/** A domain's name; no other text reaches a program. */
function nameOf(value: Uint8Array | undefined): string | undefined {
  // Some servers send the zero at the end of their string.
  const text = value && String.fromCharCode(...value).replace(/\0$/, "");
  return text !== undefined && isDomainName(text) ? text : undefined;
}

export function isDomainName(text: string): boolean {
  const labels = text.replace(/\.$/, "").split(".");
  return text.length <= 253 && labels.every((label) => /^[A-Za-z0-9_][A-Za-z0-9_-]{0,62}$/.test(label));
}

/** An address that one host can have. */
export function isHost(address: number): boolean {
  return !isZeronet(address) && !isLoopback(address) && !isMulticast(address) && address !== INADDR_BROADCAST;
}

function isHostOf(address: number, prefixLength: number): boolean {
  if (!isHost(address)) return false;
  const host = address & ~prefixMask(prefixLength);
  // A subnet of two addresses has no broadcast (RFC 3021).
  return prefixLength >= 31 || (host !== 0 && host !== ~prefixMask(prefixLength));
}

/** Returns true when the lease's subnet holds an address. */
export function holdsAddress({ address, prefixLength }: Lease, other: number): boolean {
  return ((address ^ other) & prefixMask(prefixLength)) === 0;
}
