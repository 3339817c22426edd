/** The payload that a UDP datagram may have now, so that it needs no fragments. */
import type { Destination } from "../../../ip/destination.ts";
import { UDP_HEADER } from "../../../transport/udp-socket.ts";

/** Without a route nothing is sent anyway: as much as every IPv6 link carries (RFC 8200 section 5). */
const WITHOUT_ROUTE = 1280 - 40;

/** @returns bytes */
export function roomOf(collector: Destination): number {
  const { room } = collector;
  return (room < 0 ? WITHOUT_ROUTE : room) - UDP_HEADER;
}
