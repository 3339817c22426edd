/**
 * The words by which hosts of a family find each other's hardware address, so that a case of the neighbour machine runs for any family:
 * ARP for IPv4, neighbour discovery for IPv6.
 */
import type { Kind, Pattern } from "./frame.ts";
import type { Host } from "./plan.ts";

export interface Resolution {
  /** `from` asks everybody for an address, by default the DUT's. */
  request(from: Host, target?: string): Uint8Array;
  /** `from` tells the DUT alone where it is. */
  reply(from: Host): Uint8Array;
  /** `from` tells everybody where it is, unasked. */
  announce(from: Host): Uint8Array;
  /** The hardware address that a request for `address` to everybody goes to: a broadcast for ARP, the solicited-node group for IPv6. */
  everybody(address: string): string;
  /** Matches the DUT's request for an address: any, to everybody, or to a known hardware address alone (a probe). */
  asks(address: string, to?: "everybody" | Host): Pattern<Kind>;
  /** Matches the DUT's answer to a host, sent to it alone. */
  answers(to: Host): Pattern<Kind>;
}
