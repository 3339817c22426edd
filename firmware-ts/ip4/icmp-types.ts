/** Types and codes of ICMP messages (RFC 792), and the contract by which IPv4 has errors sent. */
import type { SkBuff } from "../../hal/skbuff.ts";
import type { SocketErrno } from "../ip/inet-error.ts";
import type { NetDevice } from "../net/device.ts";

export const ICMP_ECHO_REPLY = 0;
export const ICMP_DEST_UNREACH = 3;
export const ICMP_SOURCE_QUENCH = 4;
export const ICMP_REDIRECT = 5;
export const ICMP_ECHO_REQUEST = 8;
export const ICMP_TIME_EXCEEDED = 11;
export const ICMP_PARAMETER_PROBLEM = 12;
export const ICMP_TIMESTAMP = 13;
export const ICMP_TIMESTAMP_REPLY = 14;
export const ICMP_ADDRESS = 17;
export const ICMP_ADDRESS_REPLY = 18;
/** Extended echo (RFC 8335). */
export const ICMP_EXT_ECHO = 42;
export const ICMP_EXT_ECHO_REPLY = 43;

/** Codes of "destination unreachable". */
export const NET_UNREACHABLE = 0;
export const HOST_UNREACHABLE = 1;
export const PROTOCOL_UNREACHABLE = 2;
export const PORT_UNREACHABLE = 3;
export const FRAGMENTATION_NEEDED = 4;
/** Communication administratively prohibited (RFC 1812 5.2.7.1). */
export const PACKET_FILTERED = 13;
/** The last of them that Linux takes: precedence cutoff. */
export const LAST_UNREACHABLE = 15;

/** Code of "redirect": for the host alone. */
export const REDIRECT_HOST = 1;
/** Code of "time exceeded": while fragments were waited for. */
export const REASSEMBLY_TIME = 1;

/** By the code of "destination unreachable" (icmp(7)). */
const UNREACHABLE_ERRNOS: readonly SocketErrno[] = [
  "ENETUNREACH",
  "EHOSTUNREACH",
  "ENOPROTOOPT",
  "ECONNREFUSED",
  "EMSGSIZE",
  "ENOTSUP",
  "ENETUNREACH",
  "EHOSTDOWN",
  "ENONET",
  "ENETUNREACH",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EHOSTUNREACH",
  "EHOSTUNREACH",
  "EHOSTUNREACH",
  "EHOSTUNREACH",
];

/** The errno of an error of this type and code, at most LAST_UNREACHABLE; null for redirect and source quench (RFC 6633 3: ignored). */
export function errnoOf(type: number, code: number): SocketErrno | null {
  switch (type) {
    case ICMP_DEST_UNREACH:
      return UNREACHABLE_ERRNOS[code] ?? null;
    case ICMP_TIME_EXCEEDED:
      return "EHOSTUNREACH";
    case ICMP_PARAMETER_PROBLEM:
      return "EPROTO";
    default:
      return null;
  }
}

/** Sends ICMP errors. The packet stays the caller's. */
export interface IpErrors {
  /** @param info the last four octets of the message's header */
  sendError(skb: SkBuff, device: NetDevice, type: number, code: number, info?: number): void;
  /** Tells the sender of a packet that is handed on which gateway it could have sent it to. Not more often than the rate limit allows. */
  sendRedirect(skb: SkBuff, device: NetDevice, gateway: number): void;
}
