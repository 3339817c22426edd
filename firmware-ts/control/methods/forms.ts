/**
 * Forms that parameters of control methods have: each a valibot schema that checks what a client sent and turns it into what the stack
 * works with. A client writes the left of "address -> int32"; a method gets the right.
 */
import * as v from "valibot";
import { INADDR_ANY, type Ip4, parseIpv4, prefixMask } from "../../ip/address.ts";
import { type Endpoint, parsePort, splitEndpoint } from "../../ip/endpoint.ts";
import { isIpv6 } from "../../ip/ip6-text.ts";
import { type Nud, parseNud } from "../../neigh/states.ts";
import { ControlError, RpcCode } from "../rpc/protocol.ts";

/** The error that refuses a parameter. */
export function wrong(message: string): ControlError {
  return new ControlError("INVALID_PARAMS", message, { rpcCode: RpcCode.INVALID_PARAMS });
}

export const TEXT = v.string("is not a string");
export const FLAG = v.boolean("is not true or false");
export const TEXTS = v.array(v.string("is not a list of strings"), "is not a list of strings");
export const INT_MAX = 0x7fffffff;
export const UINT_MAX = 0xffffffff;

/** An integer, both limits included. */
export const integer = (min: number, max: number) => {
  const message = `is not an integer from ${min} to ${max}`;
  return v.pipe(v.number(message), v.integer(message), v.minValue(min, message), v.maxValue(max, message));
};

/** A number, both limits included. */
export const decimal = (min: number, max: number) => {
  const message = `is not a number from ${min} to ${max}`;
  return v.pipe(v.number(message), v.minValue(min, message), v.maxValue(max, message));
};

/** A parameter that may be left out; null is the same. */
export const maybe = <Schema extends v.GenericSchema>(schema: Schema, meaning: string) =>
  v.optional(v.pipe(schema, v.description(meaning)));

/** A parameter that must be there. */
export const needed = <Schema extends v.GenericSchema>(schema: Schema, meaning: string) => v.pipe(schema, v.description(meaning));

/** A dotted quad -> int32. */
export const ADDRESS = v.pipe(TEXT, v.transform(ipv4Of), v.metadata({ form: "IPv4 address" }));

export function ipv4Of(value: string): Ip4 {
  const address = parseIpv4(value);
  if (address !== null) return address;
  if (isIpv6(value)) throw noIpv6(value);
  throw wrong(`"${value}" is not an IPv4 address; say e.g. 10.0.0.1`);
}

/** An address to send to: one of IPv6 may have a zone, `fe80::1%eth0` (RFC 4007 11). */
export const IP_HOST = v.pipe(
  TEXT,
  v.transform((value): Ip4 | string => {
    const [address = "", ...zone] = value.split("%");
    return zone.length > 0 && isIpv6(address) ? value : ipAddressOf(value);
  }),
  v.metadata({ form: "IP address" }),
);

export interface HostPrefix {
  address: Ip4;
  length: number;
}

/** An address of IPv6 as it was written, and how much of it is the prefix. The stack that is asked makes its object of it. */
export interface HostPrefix6 {
  address: string;
  length: number;
}

/** An address as int32 -> IPv4; as text -> IPv6. */
export const IP_ADDRESS = v.pipe(TEXT, v.transform(ipAddressOf), v.metadata({ form: "IP address" }));

function ipAddressOf(value: string): Ip4 | string {
  const address = parseIpv4(value);
  if (address !== null) return address;
  if (isIpv6(value)) return value;
  throw wrong(`"${value}" is not an IP address; say e.g. 10.0.0.1 or fd00::1`);
}

/** `10.0.0.1/8` -> address and prefix length; without a length it is that of the whole address. */
export const IP_HOST_PREFIX = v.pipe(TEXT, v.transform(hostPrefixOf), v.metadata({ form: "IP address or ADDRESS/LENGTH" }));

function hostPrefixOf(value: string): HostPrefix | HostPrefix6 {
  const [, host = "", length] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(value) ?? [];
  const address = parseIpv4(host) ?? (isIpv6(host) ? host : null);
  const bits = typeof address === "string" ? 128 : 32;
  const given = Number(length ?? bits);
  if (address === null || given > bits) throw wrong(`"${value}" is not a prefix; say e.g. 10.0.0.0/24 or fd00::/64`);
  return typeof address === "string" ? { address, length: given } : { address, length: given };
}

export interface Prefix {
  /** Without host bits. */
  address: number;
  length: number;
  mask: number;
}

/** `10.0.0.0/8` -> address, length and mask; host bits do not matter, as with `ip`. */
export const IP_PREFIX = v.pipe(TEXT, v.transform(ipPrefixOf), v.metadata({ form: "IP prefix" }));

export function ipPrefixOf(value: string): Prefix | HostPrefix6 {
  const prefix = hostPrefixOf(value);
  if (isOfIpv6(prefix)) return prefix;
  const mask = prefixMask(prefix.length);
  return { address: prefix.address & mask, mask, length: prefix.length };
}

/** A prefix of either family. */
export type AnyPrefix = HostPrefix | Prefix | HostPrefix6;

/** The prefix is one of IPv6. */
export function isOfIpv6(prefix: AnyPrefix): prefix is HostPrefix6 {
  return typeof prefix.address === "string";
}

/** Octets of hexadecimal between colons, however many -> bytes. */
export const LINK_ADDRESS = v.pipe(TEXT, v.transform(linkAddressOf), v.metadata({ form: "link address" }));

function linkAddressOf(value: string): Uint8Array {
  if (!/^[0-9a-f]{1,2}(:[0-9a-f]{1,2}){0,31}$/i.test(value)) {
    throw wrong(`"${value}" is not a link address; say e.g. 02:00:5e:10:00:fe`);
  }
  return Uint8Array.from(value.split(":"), (octet) => Number.parseInt(octet, 16));
}

/** Text that is mostly one of a few words, which a shell can complete. */
export const oneOf = (...values: string[]) => v.pipe(TEXT, v.metadata({ values }));

const STATES = ["permanent", "noarp", "reachable", "stale", "delay", "probe", "incomplete", "failed", "none"];

/** Name of a state, in any case -> its number. */
export const NUD = v.pipe(TEXT, v.transform(nudOf), v.metadata({ form: "state", values: STATES }));

function nudOf(name: string): Nud {
  const state = parseNud(name);
  if (state === undefined) throw new ControlError("NUD_INVALID", `no state is called "${name}"`, { errno: "EINVAL", detail: name });
  return state;
}

/** Names of states -> their numbers; `all` stays. */
export const NUDS = v.pipe(
  TEXTS,
  v.transform((names) => names.map((name) => (name === "all" ? name : nudOf(name)))),
  v.metadata({ form: "list of states, or all", values: [...STATES, "all"] }),
);

/** An address family, as `ip -f` names it. */
export const FAMILY = v.picklist(["inet", "inet6", "link", "bridge", "mpls"], "is not inet, inet6, link, bridge or mpls");

export type Family = v.InferOutput<typeof FAMILY>;

/**
 * Returns the versions of IP that a family means: both where none is named.
 * @throws ControlError FAMILY_UNSUPPORTED
 */
export function versionsOf(family: Family | undefined): readonly (4 | 6)[] {
  if (family === undefined) return [4, 6];
  if (family === "inet") return [4];
  if (family === "inet6") return [6];
  throw new ControlError("FAMILY_UNSUPPORTED", `this stack has nothing of family ${family}`, {
    errno: "EAFNOSUPPORT",
    detail: family,
  });
}

/** The refusal of what needs IPv6 where there is none. */
export function noIpv6(detail: string): ControlError {
  return new ControlError("FAMILY_UNSUPPORTED", `${detail}: this stack has no IPv6`, { errno: "EAFNOSUPPORT", detail });
}

/** `10.0.0.2:9`, `[fd00::2]:9`, `:9`, `9` -> address (INADDR_ANY where none is written) and port. */
export const ENDPOINT = v.pipe(TEXT, v.transform(endpointOf), v.metadata({ form: "[ADDRESS:]PORT" }));

/** An IPv6 address is left as it was written, with its zone. */
export function endpointOf(value: string): Endpoint<Ip4 | string> {
  const { host, port: digits } = splitEndpoint(value) ?? { host: "", port: value };
  const port = parsePort(digits);
  if (port === null) throw wrong(`"${value}" is not ADDRESS:PORT`);
  const [, inner] = /^\[(.*)\]$/s.exec(host) ?? [];
  if (inner !== undefined && isIpv6(inner.replace(/%.*$/s, ""))) return { address: inner, port };
  if (isIpv6(host)) throw wrong(`"${value}": an IPv6 address stands in brackets; say [${host}]:${port}`);
  return { address: host === "" ? INADDR_ANY : ipv4Of(host), port };
}
