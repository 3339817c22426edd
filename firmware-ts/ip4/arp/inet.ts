/** What ARP needs to know of IPv4, which stands above it. */
import type { SkBuff } from "../../../hal/skbuff.ts";
import type { AddressType, Neighbour } from "../../neigh/entry.ts";
import type { NetDevice } from "../../net/device.ts";
import type { Devconfs } from "../routing/devconf.ts";

/** Widths of an address's or a route's validity (include/uapi/linux/rtnetlink.h): the larger, the narrower. */
export const Scope = { GLOBAL: 0, LINK: 253, HOST: 254, NOWHERE: 255 } as const;

/** Where a packet that came in would go. */
export const InputWay = {
  /** Nowhere: its source or destination may not be there, or no route leads on. */
  REFUSED: 0,
  LOCAL: 1,
  BROADCAST: 2,
  /** On, by `forwardDevice`. */
  FORWARD: 3,
} as const;
export type InputWay = (typeof InputWay)[keyof typeof InputWay];

export interface ArpInet {
  readonly conf: Devconfs;
  /** What `address` is to our routes. */
  addressType(address: number): AddressType;
  /**
   * The way of a packet from `source` to `destination` that came in on `device`.
   * @param ip it is an IP packet, not an ARP request put to the routes in its place
   */
  inputWay(destination: number, source: number, device: NetDevice, ip: boolean): InputWay;
  /** After inputWay() said FORWARD: the device by which the packet would leave. */
  readonly forwardDevice: NetDevice | null;
  /** The device by which a packet from our `source` to `destination` would leave; null without a route. */
  outputDevice(destination: number, source: number): NetDevice | null;
  /**
   * One of our addresses is `local` (0: any), on `device` (null: on any), with a scope at least as wide as `scope`; and, where `peer`
   * is not 0, a subnet of the same device holds both it and the address.
   */
  confirms(device: NetDevice | null, peer: number, local: number, scope: number): boolean;
  /** One subnet of the device holds both addresses. */
  onLink(device: NetDevice, one: number, other: number): boolean;
  /** Our best address towards `target` on the device, none narrower than `scope`; 0 without any. */
  select(device: NetDevice, target: number, scope: number): number;
  /** Calls back for each IPv4 address of the device, in the order of its list. Not for the frame path. */
  eachAddress(device: NetDevice, visit: (local: number) => void): void;
  /** Source address of a packet that waits. */
  sourceOf(packet: SkBuff): number;
  /** Tells the sender of a packet that its next hop does not answer. The packet stays the caller's. */
  unreachable(entry: Neighbour, packet: SkBuff): void;
}
