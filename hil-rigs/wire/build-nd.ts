/** Builds the tester's neighbour discovery messages (RFC 4861 4). Every field can be given, also a wrong value; the others are right. */
import { PLANS } from "../contract/plan.ts";
import { type Icmp6Fields, icmp6 } from "./build6.ts";
import { ip6Bytes, longWord, macBytes, word } from "./bytes.ts";
import { ALL_NODES, ALL_ROUTERS, DUT_LOCAL, solicitedNode, UNSPECIFIED } from "./hosts6.ts";

const { T1, dut } = PLANS[6];

/** Numbers of options (RFC 4861 4.6, RFC 3971 5.3.2, RFC 4191 2.3). */
export const NdOption = { SOURCE: 1, TARGET: 2, PREFIX: 3, REDIRECTED: 4, MTU: 5, NONCE: 14, ROUTE: 24 } as const;

export type Option = readonly number[];

/** An option: its bytes behind type and length, filled up to a multiple of eight with zeros. */
export function option(type: number, bytes: readonly number[]): Option {
  const units = Math.ceil((bytes.length + 2) / 8);
  return [type, units, ...bytes, ...Array<number>(units * 8 - 2 - bytes.length).fill(0)];
}

export interface NdFields extends Icmp6Fields {
  /** The four bytes behind the checksum, as a number; flags are added. */
  reserved?: number;
  /** The link-address option's value. Default: the sender's; null leaves the option out. */
  lladdr?: string | null;
  /** Options behind the link-address option. */
  options?: readonly Option[];
  /** Options before it. */
  first?: readonly Option[];
}

export interface NeighbourFields extends NdFields {
  target?: string;
}

/** Hop limit of everything in neighbour discovery. */
const ND_HOPS = 255;

function nd(fields: NdFields, type: number, body: readonly number[], linkOption: number, lladdr: string | null): Uint8Array {
  const { options = [], first = [] } = fields;
  const link = lladdr === null ? [] : [option(linkOption, macBytes(lladdr))];
  return icmp6({ hops: ND_HOPS, ...fields }, type, [...body, ...[...first, ...link, ...options].flat()]);
}

/** `from` asks for the DUT: a solicitation to the target's solicited-node group, with the sender's link address. */
export function solicit(fields: NeighbourFields = {}): Uint8Array {
  const { from = T1, target = dut.e0.ip, reserved = 0 } = fields;
  const { lladdr = fields.source === UNSPECIFIED ? null : from.mac } = fields;
  const body = [...longWord(reserved), ...ip6Bytes(target)];
  return nd({ destination: solicitedNode(target), ...fields }, 135, body, NdOption.SOURCE, lladdr);
}

/** As solicit(), to the target alone. */
export function solicitAlone(fields: NeighbourFields = {}): Uint8Array {
  return solicit({ destination: fields.target ?? dut.e0.ip, ...fields });
}

/** A solicitation of duplicate address detection (RFC 4862 5.4.2): from ::, without a link address. @param nonce its six bytes (RFC 7527) */
export function solicitUnspecified(fields: NeighbourFields = {}, nonce?: readonly number[]): Uint8Array {
  const options = nonce ? [option(NdOption.NONCE, nonce)] : [];
  return solicit({ source: UNSPECIFIED, options, ...fields });
}

/** Bits of an advertisement's flags. */
const FLAGS: Readonly<Record<string, number>> = { R: 0x8000_0000, S: 0x4000_0000, O: 0x2000_0000 };

/** The flags of an advertisement, in this order: router, solicited, override. */
export type NaFlags = "" | "R" | "S" | "O" | "RS" | "RO" | "SO" | "RSO";

/** `from` tells the DUT where it is, with the target's link address. @param flags default S and O, those of an answer */
export function advertise(fields: NeighbourFields = {}, flags: NaFlags = "SO"): Uint8Array {
  const { from = T1, target = from.ip, reserved = 0, lladdr = from.mac } = fields;
  const word32 = [...flags].reduce((sum, flag) => sum + FLAGS[flag]!, reserved);
  return nd({ ...fields }, 136, [...longWord(word32), ...ip6Bytes(target)], NdOption.TARGET, lladdr);
}

/** `from` tells everybody where it is, unasked (RFC 4861 7.2.6). */
export function advertiseAll(fields: NeighbourFields = {}): Uint8Array {
  return advertise({ destination: ALL_NODES, ...fields }, "O");
}

/** A host asks for routers. */
export function solicitRouters(fields: NdFields = {}): Uint8Array {
  const { from = T1, reserved = 0, lladdr = fields.source === UNSPECIFIED ? null : from.mac } = fields;
  return nd({ destination: ALL_ROUTERS, ...fields }, 133, longWord(reserved), NdOption.SOURCE, lladdr);
}

export interface RouterFields extends NdFields {
  /** Hop limit for the hosts; 0 says nothing of it. */
  hopLimit?: number;
  /** Flags: M 0x80, O 0x40, and the router's preference, high 0x08, low 0x18. */
  bits?: number;
  /** Router lifetime, in s. Default 1800. */
  lifetime?: number;
  /** Reachable time and time between retransmissions, in ms; 0 says nothing of it. */
  reachable?: number;
  retrans?: number;
}

/** `from` says to all nodes that it is a router. */
export function advertiseRouter(fields: RouterFields = {}): Uint8Array {
  const { from = T1, hopLimit = 0, bits = 0, lifetime = 1800, reachable = 0, retrans = 0, lladdr = from.mac } = fields;
  const body = [hopLimit, bits, ...word(lifetime), ...longWord(reachable), ...longWord(retrans)];
  return nd({ destination: ALL_NODES, ...fields }, 134, body, NdOption.SOURCE, lladdr);
}

export interface PrefixFields {
  length?: number;
  /** On-link 0x80, autonomous 0x40. */
  bits?: number;
  /** Lifetimes, in s. */
  valid?: number;
  preferred?: number;
}

/** A prefix (RFC 4861 4.6.2). Default: /64, on-link and autonomous, for 30 days, preferred for 7. */
export function prefixOption(prefix: string, fields: PrefixFields = {}): Option {
  const { length = 64, bits = 0xc0, valid = 2_592_000, preferred = 604_800 } = fields;
  return option(NdOption.PREFIX, [length, bits, ...longWord(valid), ...longWord(preferred), 0, 0, 0, 0, ...ip6Bytes(prefix)]);
}

export function mtuOption(mtu: number): Option {
  return option(NdOption.MTU, [0, 0, ...longWord(mtu)]);
}

/** A route to a /64 (RFC 4191 2.3). */
export function routeOption(prefix: string, lifetime: number): Option {
  return option(NdOption.ROUTE, [64, 0, ...longWord(lifetime), ...ip6Bytes(prefix).slice(0, 8)]);
}

export interface RedirectFields extends NdFields {
  /** The better next hop. */
  target: string;
  /** The destination that the redirect is about. */
  about: string;
}

/** `from` says that a destination is better reached by another next hop. Without a link address unless `lladdr` names one. */
export function redirect(fields: RedirectFields): Uint8Array {
  const { target, about, reserved = 0, lladdr = null } = fields;
  const body = [...longWord(reserved), ...ip6Bytes(target), ...ip6Bytes(about)];
  return nd({ destination: DUT_LOCAL.ip, ...fields }, 137, body, NdOption.TARGET, lladdr);
}
