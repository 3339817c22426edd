/**
 * The form of a snapshot: what a stack knows and has been told, as JSON. Times are ages in ms, for clocks begin anew; `wall` tells when
 * it was taken. A change of this form gets another VERSION.
 */
import { parseIpv4 } from "../ip/address.ts";
import { isIpv6 } from "../ip/ip6-text.ts";
import { parseMac } from "../net/ethernet.ts";
import { boolean, type Form, integer, list, named, number, object, orNull, refuse, SnapshotError, text, word } from "./check.ts";

export const VERSION = 1;
const KIND = "whohas stack";

/** An address of a device. */
export interface SavedAddress {
  readonly device: string;
  readonly cidr: string;
  readonly metric: number;
  readonly noPrefixRoute: boolean;
  /** IPv6: nobody is asked whether it is free. */
  readonly noDad: boolean;
  /** This and the next three are IPv4's own; null for IPv6. */
  readonly scope: number | null;
  readonly label: string | null;
  readonly broadcast: string | null;
  readonly peer: string | null;
  /** Seconds left; null: it stays. */
  readonly valid: number | null;
  readonly preferred: number | null;
}

/** A next hop of a route. */
export interface SavedHop {
  readonly via: string | null;
  readonly device: string | null;
  readonly onlink: boolean;
  readonly weight: number;
}

export interface SavedRoute {
  readonly family: "4" | "6";
  /** `default`, or a prefix. */
  readonly to: string;
  readonly hops: readonly SavedHop[];
  readonly source: string | null;
  readonly metric: number;
  readonly protocol: string;
  readonly type: number;
  /** IPv4's own; null for IPv6. */
  readonly scope: number | null;
  readonly mtu: number;
  readonly mtuLock: boolean;
  readonly preference: "low" | "medium" | "high";
}

export const SAVED_STATES = ["REACHABLE", "STALE", "PERMANENT"] as const;

export interface SavedNeighbour {
  readonly device: string;
  readonly address: string;
  readonly lladdr: string;
  readonly state: (typeof SAVED_STATES)[number];
  /** Sum of NeighFlags. */
  readonly flags: number;
  readonly protocol: number;
  readonly confirmed: number;
  readonly used: number;
  readonly updated: number;
  /** The rest of REACHABLE's time. */
  readonly left: number;
}

/** A UDP socket. */
export interface SavedSocket {
  readonly address: string | null;
  readonly port: number;
  readonly family: "4" | "6" | null;
  readonly shared: boolean;
  readonly ttl: number;
  readonly multicastTtl: number;
  readonly tos: number;
  readonly peer: { readonly address: string; readonly port: number } | null;
  readonly groups: readonly { readonly group: string; readonly device: string }[];
}

export interface Snapshot {
  readonly kind: "whohas stack";
  readonly version: number;
  /** When it was taken, in ms since 1970. */
  readonly wall: number;
  readonly addresses: readonly SavedAddress[];
  readonly routes: readonly SavedRoute[];
  readonly neighbours: readonly SavedNeighbour[];
  readonly sockets: readonly SavedSocket[];
  /** By group and name, those of a list with numbers behind. */
  readonly counters: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** IPv4's counts of identifications: their key, and 2048 numbers of 16 bits as hexadecimal digits. */
  readonly identifications: { readonly key: number; readonly counts: string };
}

/** More of anything than a stack has is an attack on the memory of a small board. */
const MOST_TEXT = 64 * 1024 * 1024;
const MOST_NEIGHBOURS = 1_048_576;
const MOST = 65_536;
/** Ages of some thousand years are no ages. */
const LONGEST = 1e14;
const WORD32 = 0xffff_ffff;

const device = text((name) => /^[^\s/:]{1,15}$/.test(name), "eth0");
const isAddress = (host: string): boolean => parseIpv4(host) !== null || isIpv6(host);
const address = text(isAddress, "192.168.10.1");
const prefix = text((cidr) => {
  const [host = "", length = "", ...rest] = cidr.split("/");
  return rest.length === 0 && isAddress(host) && /^\d{1,3}$/.test(length) && Number(length) <= (isIpv6(host) ? 128 : 32);
}, "192.168.10.10/24");
const lladdr = text((mac) => parseMac(mac) !== null, "02:00:5e:10:00:fe");
const age = number(0, LONGEST);
const count = number(0, Number.MAX_SAFE_INTEGER);
const short = text((name) => /^[\x21-\x7e]{1,64}$/.test(name), "static");
const seconds = orNull(integer(0, WORD32));

const addressForm: Form<SavedAddress> = object({
  device,
  cidr: prefix,
  metric: integer(0, WORD32),
  noPrefixRoute: boolean,
  noDad: boolean,
  scope: orNull(integer(0, 255)),
  label: orNull(short),
  broadcast: orNull(address),
  peer: orNull(address),
  valid: seconds,
  preferred: seconds,
});

const hopForm: Form<SavedHop> = object({ via: orNull(address), device: orNull(device), onlink: boolean, weight: integer(1, 256) });

const routeForm: Form<SavedRoute> = object({
  family: word(["4", "6"]),
  to: text((to) => to === "default" || /\//.test(to), "default"),
  hops: list(hopForm, 256),
  source: orNull(address),
  metric: integer(0, WORD32),
  protocol: short,
  type: integer(0, 255),
  scope: orNull(integer(0, 255)),
  mtu: integer(0, WORD32),
  mtuLock: boolean,
  preference: word(["low", "medium", "high"]),
});

const neighbourForm: Form<SavedNeighbour> = object({
  device,
  address,
  lladdr,
  state: word(SAVED_STATES),
  flags: integer(0, 0xffff),
  protocol: integer(0, 255),
  confirmed: age,
  used: age,
  updated: age,
  left: age,
});

const socketForm: Form<SavedSocket> = object({
  address: orNull(address),
  port: integer(1, 65_535),
  family: orNull(word(["4", "6"])),
  shared: boolean,
  ttl: integer(0, 255),
  multicastTtl: integer(0, 255),
  tos: integer(0, 255),
  peer: orNull(object({ address, port: integer(1, 65_535) })),
  groups: list(object({ group: address, device }), 256),
});

const form: Form<Snapshot> = object({
  kind: word([KIND]),
  version: integer(VERSION, VERSION),
  wall: number(-LONGEST, LONGEST),
  addresses: list(addressForm, MOST),
  routes: list(routeForm, MOST),
  neighbours: list(neighbourForm, MOST_NEIGHBOURS),
  sockets: list(socketForm, MOST),
  counters: named(named(count, 4096), 256),
  identifications: object({ key: integer(-0x8000_0000, 0x7fff_ffff), counts: hexadecimal(8192) }),
});

function hexadecimal(digits: number): Form<string> {
  return (value, at) => {
    if (typeof value === "string" && value.length === digits && /^[0-9a-f]*$/.test(value)) return value;
    throw refuse(at, typeof value === "string" ? value : "", `what may stand here: ${digits} hexadecimal digits`);
  };
}

/**
 * Checks a value that may be a snapshot.
 * @throws SnapshotError SNAPSHOT_INVALID, SNAPSHOT_VERSION
 */
export function checkSnapshot(value: unknown): Snapshot {
  const { kind, version } = (typeof value === "object" && value !== null ? value : {}) as { kind?: unknown; version?: unknown };
  if (kind === KIND && Number.isInteger(version) && version !== VERSION)
    throw new SnapshotError("SNAPSHOT_VERSION", `it is of version ${version}, and this whohas reads version ${VERSION}`);
  return form(value, "");
}

/**
 * Reads a snapshot's JSON.
 * @throws SnapshotError SNAPSHOT_INVALID, SNAPSHOT_VERSION
 */
export function parseSnapshot(json: string): Snapshot {
  if (json.length > MOST_TEXT) throw new SnapshotError("SNAPSHOT_INVALID", `${json.length} characters are too many`);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new SnapshotError("SNAPSHOT_INVALID", "it is no JSON; a write may have been cut short");
  }
  return checkSnapshot(value);
}

export { KIND };
