/**
 * The next hops that IPv6 lends to the routes of IPv4 (RFC 8950 3, RTA_VIA of rtnetlink(7)): neighbour discovery finds their link addresses,
 * and the packets stay those of IPv4. The stack hands them from one family to the other, which do not know each other.
 */
import type { SkBuff } from "../../hal/skbuff.ts";
import type { Neighbour } from "../neigh/entry.ts";
import type { NetDevice } from "../net/device.ts";
import type { Ip6 } from "./ip6.ts";

/** Tells the sender of a packet that its next hop does not answer. The packet stays the caller's. */
export type Unreachable = (packet: SkBuff, device: NetDevice) => void;

export interface NextHops6 {
  /** Hears of packets that are not IPv6's and whose next hop does not answer. */
  unreachableOther: Unreachable | null;
  /**
   * Returns the device by which packets to the next hop leave.
   * @param device the one that is asked for; null for any
   * @param onlink the next hop is on the link of the device, whatever the routes say
   * @throws InetError ROUTE_INVALID, ROUTE_NO_GATEWAY, DEVICE_DOWN, DEVICE_MISSING, FAMILY_DISABLED. Its detail says that IPv6 refuses.
   */
  deviceOfHop(address: Ip6, device: NetDevice | null, onlink: boolean): NetDevice;
  /** Finds the entry of a neighbour; null when there is none. */
  findHop(address: Ip6, device: NetDevice): Neighbour | null;
  /** Makes the entry of a neighbour that has none; null when there can be none. */
  createHop(address: Ip6, device: NetDevice): Neighbour | null;
}
