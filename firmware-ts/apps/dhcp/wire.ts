/** The DHCP message (RFC 2131 2) and the numbers of its options (RFC 2132). */

export const DHCP_SERVER_PORT = 67;
export const DHCP_CLIENT_PORT = 68;

/** Offsets in the message. */
export const DHCP_OP = 0;
export const DHCP_HTYPE = 1;
export const DHCP_HLEN = 2;
export const DHCP_XID = 4;
export const DHCP_SECS = 8;
export const DHCP_FLAGS = 10;
export const DHCP_CIADDR = 12;
export const DHCP_YIADDR = 16;
export const DHCP_CHADDR = 28;
export const DHCP_SNAME = 44;
export const DHCP_FILE = 108;
export const DHCP_COOKIE = 236;
export const DHCP_OPTIONS = 240;

export const SNAME_BYTES = 64;
export const FILE_BYTES = 128;
/** Shorter messages are padded: relays and servers of BOOTP drop them (RFC 1542 2.1). */
export const LEAST_BYTES = 300;

export const BOOTREQUEST = 1;
export const BOOTREPLY = 2;
/** Hardware type of Ethernet (IANA "ARP parameters"). */
export const HTYPE_ETHERNET = 1;
export const MAGIC_COOKIE = 0x63825363;
/** The client cannot take unicast packets before it has an address (RFC 2131 2, figure 2). */
export const FLAG_BROADCAST = 0x8000;

/** Kinds of messages (RFC 2132 9.6). */
export const DhcpType = {
  DISCOVER: 1,
  OFFER: 2,
  REQUEST: 3,
  DECLINE: 4,
  ACK: 5,
  NAK: 6,
  RELEASE: 7,
  INFORM: 8,
} as const;
export type DhcpType = (typeof DhcpType)[keyof typeof DhcpType];

/** Numbers of options (RFC 2132; others as named). */
export const DhcpOption = {
  PAD: 0,
  SUBNET_MASK: 1,
  ROUTER: 3,
  NAME_SERVER: 6,
  HOST_NAME: 12,
  DOMAIN_NAME: 15,
  INTERFACE_MTU: 26,
  BROADCAST: 28,
  REQUESTED_ADDRESS: 50,
  LEASE_TIME: 51,
  OVERLOAD: 52,
  MESSAGE_TYPE: 53,
  SERVER_ID: 54,
  PARAMETERS: 55,
  MESSAGE: 56,
  MOST_BYTES: 57,
  RENEWAL_TIME: 58,
  REBINDING_TIME: 59,
  VENDOR_CLASS: 60,
  CLIENT_ID: 61,
  /** RFC 3442. */
  CLASSLESS_ROUTES: 121,
  END: 255,
} as const;
export type DhcpOption = (typeof DhcpOption)[keyof typeof DhcpOption];

/** The values of options by number. */
export type DhcpOptions = ReadonlyMap<number, Uint8Array>;

/** A lease that does not end (RFC 2131 3.3). */
export const INFINITE = 0xffffffff;
