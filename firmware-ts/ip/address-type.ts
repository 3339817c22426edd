/** Numbers of addresses and routes in both families (include/uapi/linux/rtnetlink.h): what an address is to a namespace, and how far it is valid. */

/** The meaning of an address to the routes of a namespace (RTN_*). */
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

/** Width of an address's or a route's validity: the larger the number, the narrower. */
export const Scope = { GLOBAL: 0, SITE: 200, LINK: 253, HOST: 254, NOWHERE: 255 } as const;
