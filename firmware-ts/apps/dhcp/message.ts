/** DHCP messages of a client: written, and read when they come from a server (RFC 2131 2, table 5). */
import { sameMac } from "../../net/ethernet.ts";
import { optionsLength, readOptions, words, writeOptions } from "./options.ts";
import {
  BOOTREPLY,
  BOOTREQUEST,
  DHCP_CHADDR,
  DHCP_CIADDR,
  DHCP_COOKIE,
  DHCP_FLAGS,
  DHCP_HLEN,
  DHCP_HTYPE,
  DHCP_OP,
  DHCP_OPTIONS,
  DHCP_SECS,
  DHCP_XID,
  DHCP_YIADDR,
  DhcpOption,
  type DhcpOptions,
  DhcpType,
  FLAG_BROADCAST,
  HTYPE_ETHERNET,
  LEAST_BYTES,
  MAGIC_COOKIE,
} from "./wire.ts";

const MAC_BYTES = 6;

/** The client, as it tells servers of itself. */
export interface DhcpIdentity {
  /** Option 61. */
  readonly clientId: Uint8Array;
  /** Option 12; empty for none. */
  readonly hostName: string;
  /** Option 60; empty for none. */
  readonly vendorClass: string;
  /** Numbers of options that it asks for, besides the usual ones. */
  readonly asked: readonly number[];
  /** Options that it sends, besides the usual ones. */
  readonly options: DhcpOptions;
}

/** A message of a client. */
export interface DhcpRequest {
  readonly type: DhcpType;
  readonly xid: number;
  /** Since the client began to ask, in ms. */
  readonly waited: number;
  /** The client's address, if it has one that it may use; else 0. */
  readonly ciaddr: number;
  /** Options 50 and 54; 0 for none. */
  readonly requested: number;
  readonly server: number;
  /** The answer is to go to everybody. */
  readonly broadcast: boolean;
  /** Longest message that the client takes. */
  readonly most: number;
}

/** A message of a server to this client. */
export interface DhcpReply {
  readonly type: DhcpType;
  readonly yiaddr: number;
  readonly options: DhcpOptions;
}

/** Asked for in this order: classless routes stand before the router (RFC 3442). */
const PARAMETERS: Uint8Array = Uint8Array.of(
  DhcpOption.SUBNET_MASK,
  DhcpOption.CLASSLESS_ROUTES,
  DhcpOption.ROUTER,
  DhcpOption.NAME_SERVER,
  DhcpOption.DOMAIN_NAME,
  DhcpOption.INTERFACE_MTU,
  DhcpOption.BROADCAST,
  DhcpOption.LEASE_TIME,
  DhcpOption.SERVER_ID,
  DhcpOption.RENEWAL_TIME,
  DhcpOption.REBINDING_TIME,
);

const MOST_SECONDS = 0xffff;
const ENCODER = new TextEncoder();

/** Writes a message. @param lladdr of the client's device */
export function writeRequest(request: DhcpRequest, identity: DhcpIdentity, lladdr: Uint8Array): Uint8Array {
  const { type, xid, waited, ciaddr, requested, server, broadcast, most } = request;
  const options = new Map<number, Uint8Array>([
    [DhcpOption.MESSAGE_TYPE, Uint8Array.of(type)],
    [DhcpOption.CLIENT_ID, identity.clientId],
  ]);
  if (requested !== 0) options.set(DhcpOption.REQUESTED_ADDRESS, words(requested));
  if (server !== 0) options.set(DhcpOption.SERVER_ID, words(server));
  if (type === DhcpType.DISCOVER || type === DhcpType.REQUEST || type === DhcpType.INFORM) {
    for (const [code, value] of identity.options) options.set(code, value);
    if (identity.hostName !== "") options.set(DhcpOption.HOST_NAME, ENCODER.encode(identity.hostName));
    if (identity.vendorClass !== "") options.set(DhcpOption.VENDOR_CLASS, ENCODER.encode(identity.vendorClass));
    options.set(DhcpOption.MOST_BYTES, Uint8Array.of(most >> 8, most & 0xff));
    options.set(DhcpOption.PARAMETERS, Uint8Array.from(new Set([...PARAMETERS, ...identity.asked])));
  }
  const bytes = new Uint8Array(Math.max(LEAST_BYTES, DHCP_OPTIONS + optionsLength(options)));
  const view = new DataView(bytes.buffer);
  bytes[DHCP_OP] = BOOTREQUEST;
  bytes[DHCP_HTYPE] = HTYPE_ETHERNET;
  bytes[DHCP_HLEN] = MAC_BYTES;
  view.setInt32(DHCP_XID, xid);
  view.setUint16(DHCP_SECS, Math.min(MOST_SECONDS, Math.floor(waited / 1000)));
  view.setUint16(DHCP_FLAGS, broadcast ? FLAG_BROADCAST : 0);
  view.setInt32(DHCP_CIADDR, ciaddr);
  bytes.set(lladdr, DHCP_CHADDR);
  view.setUint32(DHCP_COOKIE, MAGIC_COOKIE);
  writeOptions(bytes, DHCP_OPTIONS, options);
  return bytes;
}

/**
 * Reads the message bytes[at..at+length) of a server.
 * @returns null for anything else, and for one to another client or with another transaction
 */
export function readReply(bytes: Uint8Array, at: number, length: number, xid: number, lladdr: Uint8Array): DhcpReply | null {
  if (length < DHCP_OPTIONS) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, length);
  if (bytes[at + DHCP_OP] !== BOOTREPLY || bytes[at + DHCP_HTYPE] !== HTYPE_ETHERNET || bytes[at + DHCP_HLEN] !== MAC_BYTES)
    return null;
  if (view.getInt32(DHCP_XID) !== xid || view.getUint32(DHCP_COOKIE) !== MAGIC_COOKIE) return null;
  if (!sameMac(bytes, at + DHCP_CHADDR, lladdr, 0)) return null;
  const options = readOptions(bytes, at, at + length);
  const type = options?.get(DhcpOption.MESSAGE_TYPE);
  if (!options || type?.length !== 1) return null;
  return { type: type[0] as DhcpType, yiaddr: view.getInt32(DHCP_YIADDR), options };
}
