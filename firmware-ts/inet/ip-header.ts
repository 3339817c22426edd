/** Offsets in the IPv4 header (RFC 791 3.1). */
export const IP_VERSION_IHL = 0;
export const IP_TOS = 1;
export const IP_TOTAL_LENGTH = 2;
export const IP_ID = 4;
export const IP_FRAGMENT = 6;
export const IP_TTL = 8;
export const IP_PROTOCOL = 9;
export const IP_CHECKSUM = 10;
export const IP_SOURCE = 12;
export const IP_DESTINATION = 16;
/** Bytes of a header without options. */
export const IP_HEADER = 20;

export const FRAGMENT_DF = 0x4000;
/** More-fragments flag and offset: set in any part of a fragmented datagram. */
export const FRAGMENT_PART = 0x3fff;
/** Offset, in units of eight octets. */
export const FRAGMENT_OFFSET = 0x1fff;
