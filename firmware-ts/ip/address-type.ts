/** The meaning of an address to the routes of a namespace, in both families (RTN_* of include/uapi/linux/rtnetlink.h). */
export const AddressType = {
  /** Another station's, as far as we know. */
  UNICAST: 1,
  /** One of ours. */
  LOCAL: 2,
  /** All stations of a link. IPv6 has none. */
  BROADCAST: 3,
  /** A group. */
  MULTICAST: 5,
} as const;
export type AddressType = (typeof AddressType)[keyof typeof AddressType];
