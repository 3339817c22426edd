/** Types and codes of ICMPv6 messages (RFC 4443, RFC 4861, RFC 3810), and the contract by which IPv6 has errors sent. */
import type { SkBuff } from "../../../hal/skbuff.ts";
import type { SocketErrno } from "../../ip/inet-error.ts";
import type { Ip6 } from "../../ip/ip6.ts";
import type { NetDevice } from "../../net/device.ts";

/** ICMPv6's number in an IP header. */
export const IPPROTO_ICMPV6 = 58;

export const ICMP6_UNREACHABLE = 1;
export const ICMP6_TOO_BIG = 2;
export const ICMP6_TIME_EXCEEDED = 3;
export const ICMP6_PARAMETER_PROBLEM = 4;
/** From here on messages inform; those below report errors (RFC 4443 2.1). */
export const ICMP6_INFORMATION = 128;
export const ICMP6_ECHO_REQUEST = 128;
export const ICMP6_ECHO_REPLY = 129;
export const ICMP6_ROUTER_SOLICITATION = 133;
export const ICMP6_ROUTER_ADVERTISEMENT = 134;
export const ICMP6_NEIGHBOUR_SOLICITATION = 135;
export const ICMP6_NEIGHBOUR_ADVERTISEMENT = 136;
export const ICMP6_REDIRECT = 137;

/** Codes of "destination unreachable". */
export const NO_ROUTE = 0;
export const ADMIN_PROHIBITED = 1;
export const BEYOND_SCOPE = 2;
export const ADDRESS_UNREACHABLE = 3;
export const PORT_UNREACHABLE6 = 4;
/** Codes of "time exceeded": on the way, and while fragments were waited for. */
export const HOP_LIMIT_EXCEEDED = 0;
export const REASSEMBLY_TIME6 = 1;
/** Codes of "parameter problem": a field, the type of the next header, an option, a first fragment without all headers (RFC 7112 5). */
export const BAD_FIELD = 0;
export const UNKNOWN_NEXT_HEADER = 1;
export const UNKNOWN_OPTION = 2;
export const HEADERS_INCOMPLETE = 3;

/** Offsets in the header (RFC 4443 2.1). */
export const ICMP6_TYPE = 0;
export const ICMP6_CHECKSUM = 2;
/** The last four octets of it: an MTU, a pointer, identifier and sequence number. */
export const ICMP6_INFO = 4;
export const ICMP6_HEADER = 8;

/** By the code of "destination unreachable". */
const UNREACHABLE_ERRNOS: readonly SocketErrno[] = [
  "ENETUNREACH",
  "EACCES",
  "EHOSTUNREACH",
  "EHOSTUNREACH",
  "ECONNREFUSED",
  "EACCES",
  "EACCES",
];

/** The errno of an error of this type and code. As in Linux, one that is not known is EPROTO. */
export function errnoOf(type: number, code: number): SocketErrno {
  switch (type) {
    case ICMP6_UNREACHABLE:
      return UNREACHABLE_ERRNOS[code] ?? "EPROTO";
    case ICMP6_TOO_BIG:
      return "EMSGSIZE";
    case ICMP6_TIME_EXCEEDED:
      return "EHOSTUNREACH";
    default:
      return "EPROTO";
  }
}

/** Sends ICMPv6 errors. The packet stays the caller's. */
export interface Ip6Errors {
  /**
   * @param skb skb.network is at its IP header
   * @param info the last four octets of the message's header
   */
  sendError(skb: SkBuff, device: NetDevice, type: number, code: number, info?: number): void;
  /**
   * Takes a token of those of a host, which errors and redirects share. Returns false when it has none.
   * @param wait milliseconds from one message to the next
   */
  takeToken(host: Ip6, wait: number): boolean;
}
