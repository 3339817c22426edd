/** Messages between routers and hosts about groups (RFC 3376 4, RFC 2236 2, RFC 1112 appendix I). */

/** IGMP's number in an IP header. */
export const IPPROTO_IGMP = 2;

export const IGMP_QUERY = 0x11;
export const IGMP1_REPORT = 0x12;
export const IGMP2_REPORT = 0x16;
export const IGMP2_LEAVE = 0x17;
export const IGMP3_REPORT = 0x22;

/** Offsets in a query and in a message of an old version: maximum response code, checksum, group. */
export const IGMP_CODE = 1;
export const IGMP_CHECKSUM = 2;
export const IGMP_GROUP = 4;
/** In a query of version 3: robustness, interval, number of sources. */
export const IGMP_ROBUSTNESS = 8;
export const IGMP_INTERVAL = 9;
export const IGMP_SOURCES = 10;
/** Bytes of a message of an old version, and of a query of version 3 without sources. */
export const IGMP_BYTES = 8;
export const IGMP3_QUERY_BYTES = 12;

/** Type of service of all messages: internetwork control (RFC 3376 4). */
export const IGMP_TOS = 0xc0;
/** They stay on the link. */
export const IGMP_TTL = 1;
