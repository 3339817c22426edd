/** ICMP messages about our echo requests in the words of iputils (20221126, measured). */
import { formatIpv4 } from "../../ip/address.ts";

/** The numbers of a message: type, code, and the last four octets of its header. */
export interface IcmpNumbers {
  readonly type: number;
  readonly code: number;
  readonly info: number;
}

/** "Destination unreachable", by its code. */
const UNREACHABLE: readonly string[] = [
  "Destination Net Unreachable",
  "Destination Host Unreachable",
  "Destination Protocol Unreachable",
  "Destination Port Unreachable",
  "Frag needed and DF set",
  "Source Route Failed",
  "Destination Net Unknown",
  "Destination Host Unknown",
  "Source Host Isolated",
  "Destination Net Prohibited",
  "Destination Host Prohibited",
  "Destination Net Unreachable for Type of Service",
  "Destination Host Unreachable for Type of Service",
  "Packet filtered",
  "Precedence Violation",
  "Precedence Cutoff",
];
const FRAGMENTATION_NEEDED = 4;

const REDIRECT: readonly string[] = [
  "Redirect Network",
  "Redirect Host",
  "Redirect Type of Service and Network",
  "Redirect Type of Service and Host",
];

/** An error by which a request is lost. */
export function icmpWords({ type, code, info }: IcmpNumbers): string {
  if (type === 3) {
    const words = UNREACHABLE[code] ?? `Dest Unreachable, Bad Code: ${code}`;
    return code === FRAGMENTATION_NEEDED ? `${words} (mtu = ${info & 0xffff})` : words;
  }
  if (type === 11) return code === 0 ? "Time to live exceeded" : `Time exceeded, Bad Code: ${code}`;
  if (type === 12) return `Parameter problem: pointer = ${info >>> 24}`;
  return `Bad ICMP type: ${type}`;
}

/** "Destination unreachable" of ICMPv6, by its code (RFC 4443 3.1). */
const UNREACHABLE6: readonly string[] = [
  "No route",
  "Administratively prohibited",
  "Beyond scope of source address",
  "Address unreachable",
  "Port unreachable",
];
const EXCEEDED6: readonly string[] = ["Hop limit", "Defragmentation failure"];
const PROBLEM6: readonly string[] = ["Wrong header field", "Unknown header", "Unknown option"];

/** An error of ICMPv6 by which a request is lost. */
export function icmp6Words({ type, code, info }: IcmpNumbers): string {
  switch (type) {
    case 1:
      return `Destination unreachable: ${UNREACHABLE6[code] ?? `Unknown code ${code}`}`;
    case 2:
      return `Packet too big: mtu=${info}${code === 0 ? "" : `, code=${code}`}`;
    case 3:
      return `Time exceeded: ${EXCEEDED6[code] ?? `code ${code}`}`;
    case 4:
      return `Parameter problem: ${PROBLEM6[code] ?? `code ${code}`} at ${info}`;
    default:
      return `unknown icmp type: ${type}`;
  }
}

/** A message by which it is not. */
export function noticeWords({ type, code, info }: IcmpNumbers): string {
  if (type === 4) return "Source Quench";
  return `${REDIRECT[code] ?? `Redirect, Bad Code: ${code}`}(New nexthop: ${formatIpv4(info)})`;
}
