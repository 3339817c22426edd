/** Builds routers' questions about groups, and other hosts' reports (RFC 3376, RFC 2236, RFC 3810). */
import { ipv4 } from "./build4.ts";
import { ICMPV6, icmp6Message, ipv6 } from "./build6.ts";
import { checksum, ip6Bytes, ipBytes, word } from "./bytes.ts";
import { T1 } from "./hosts.ts";
import { linkLocal } from "./hosts6.ts";

export interface QueryFields {
  /** Default: all groups. */
  group?: string;
  sources?: readonly string[];
  /** Maximum response time, in ms. Default 100. */
  within?: number;
  robustness?: number;
}

const ALERT4 = [0x94, 4, 0, 0];
/** The address of a group's frames (RFC 1112 6.4). */
function mac4(group: string): string {
  const [, b = 0, c = 0, d = 0] = ipBytes(group);
  return `01:00:5e:${[b & 0x7f, c, d].map((byte) => byte.toString(16).padStart(2, "0")).join(":")}`;
}

/** A message of IGMP, to its group or to all hosts. @param rest bytes behind the group */
export function igmp(type: number, code: number, group: string | undefined, rest: readonly number[] = []): Uint8Array {
  const destination = group ?? "224.0.0.1";
  const message = [type, code, 0, 0, ...ipBytes(group ?? "0.0.0.0"), ...rest];
  message.splice(2, 2, ...word(checksum(message)));
  return ipv4({ destination, dst: mac4(destination), ttl: 1, tos: 0xc0, options: ALERT4 }, 2, message);
}

const QUERY4 = 0x11;
/** Milliseconds of a unit of the maximum response code. */
const TENTH = 100;

/** A query of IGMPv3. */
export function igmpQuery({ group, sources = [], within = 100, robustness = 2 }: QueryFields = {}): Uint8Array {
  const rest = [robustness, 125, ...word(sources.length), ...sources.flatMap((source) => ipBytes(source))];
  return igmp(QUERY4, within / TENTH, group, rest);
}

const ALERT6 = [5, 2, 0, 0, 1, 0];
const QUERY6 = 130;

/** A query of MLDv2. */
export function mldQuery({ group, sources = [], within = 100, robustness = 2 }: QueryFields = {}): Uint8Array {
  const fields = { source: linkLocal(T1.mac), destination: group ?? "ff02::1", hops: 1 };
  const addresses = sources.flatMap((source) => ip6Bytes(source));
  const body = [...word(within), 0, 0, ...ip6Bytes(group ?? "::"), robustness, 125, ...word(sources.length), ...addresses];
  return ipv6({ ...fields, extensions: [[0, [0, ...ALERT6]]] }, ICMPV6, icmp6Message(fields, QUERY6, body));
}
