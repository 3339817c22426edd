/**
 * Why a packet was dropped. Names and meanings are those of the kernel's `skb_drop_reason` where it has one; the rest name what
 * only a controller can know. 0 means that the packet was not dropped.
 */
export const DropReason = {
  NONE: 0,
  NOT_SPECIFIED: 1,
  /** Too short for the header that should be there. */
  PKT_TOO_SMALL: 2,
  /** Addressed to another host (promiscuous controller). */
  OTHERHOST: 3,
  /** No protocol took the ethertype. */
  UNHANDLED_PROTO: 4,
  /** Bad IPv4 header: version, length, truncation. */
  IP_INHDR: 5,
  IP_CSUM: 6,
  /** Source or destination address that may not be there. */
  IP_INADDRERRORS: 7,
  /** Not for us, and this stack does not forward. */
  IP_NOT_LOCAL: 8,
  IP_NOPROTO: 9,
  IP_OUTNOROUTES: 10,
  ICMP_CSUM: 11,
  /** Broadcast or otherwise ignored ICMP message. */
  INVALID_PROTO: 12,
  UDP_CSUM: 13,
  NO_SOCKET: 14,
  SOCKET_RCVBUFF: 15,
  /** The neighbour entry could not be made. */
  NEIGH_CREATEFAIL: 16,
  /** Resolution failed. */
  NEIGH_FAILED: 17,
  /** Pushed out of a full waiting queue by a newer packet. */
  NEIGH_QUEUEFULL: 18,
  /** The entry was removed while the packet waited. */
  NEIGH_DEAD: 19,
  /** A queue was emptied because its device went down. */
  QUEUE_PURGE: 20,
  /** The device's transmit queue was full. */
  QDISC_DROP: 21,
  /** The device is not up. */
  DEV_READY: 22,
  /** The backlog of locally delivered packets was full. */
  CPU_BACKLOG: 23,
  /** Longer than the device can carry. */
  PKT_TOO_BIG: 24,
  /** The controller gave up on the frame: collisions, underrun, time-out. */
  TX_ABORTED: 25,
  /** The link was down when the frame's turn came. */
  TX_CARRIER: 26,
  /** No packet buffer was free. */
  NOMEM: 27,
  /** The sender has as many bytes under way as its send buffer allows (EAGAIN). */
  SOCKET_SNDBUF: 28,
  /** A filter hook said no. */
  NETFILTER_DROP: 29,
  /** Reverse path filter: packets to the source would not leave where it came in. */
  IP_RPFILTER: 30,
  /** To us alone, in a frame to many, where that is not allowed. */
  UNICAST_IN_L2_MULTICAST: 31,
  /** The route to the destination is of this type (linux/rtnetlink.h): EINVAL, EHOSTUNREACH, EACCES to a sender. */
  RTN_BLACKHOLE: 32,
  RTN_UNREACHABLE: 33,
  RTN_PROHIBIT: 34,
  /** IPv6 is off on the device. */
  IPV6DISABLED: 35,
  /** A neighbour discovery message: in fragments, from beyond the link, with a code that it has not, with broken options. */
  IPV6_NDISC_FRAG: 36,
  IPV6_NDISC_HOP_LIMIT: 37,
  IPV6_NDISC_BAD_CODE: 38,
  IPV6_NDISC_BAD_OPTIONS: 39,
  /** A solicitation for an address that is not the receiving device's. */
  IPV6_NDISC_NS_OTHERHOST: 40,
  /** An extension header that is broken, or that may not be there. */
  IPV6_BAD_EXTHDR: 41,
  /** A fragment that overlaps another one. */
  DUP_FRAG: 42,
  /** The other fragments did not come in time. */
  FRAG_REASM_TIMEOUT: 43,
  TCP_CSUM: 44,
  /** Control bits that mean nothing in the state of the connection. */
  TCP_FLAGS: 45,
  /** The window is closed. */
  TCP_ZEROWINDOW: 46,
  /** Data that came before. */
  TCP_OLD_DATA: 47,
  /** Data behind the window. */
  TCP_OVERWINDOW: 48,
  /** Data out of order that came before, or that found no place. */
  TCP_OFOMERGE: 49,
  TCP_OFO_DROP: 50,
  /** A time stamp older than the last one (PAWS). */
  TCP_RFC7323_PAWS: 51,
  /** Before the window, and behind it. */
  TCP_OLD_SEQUENCE: 52,
  TCP_INVALID_SEQUENCE: 53,
  TCP_RESET: 54,
  /** SYN on a connection that is open. */
  TCP_INVALID_SYN: 55,
  /** Nobody reads the connection any more. */
  TCP_CLOSE: 56,
  /** An acknowledgment of what was never sent, or was acknowledged long ago. */
  TCP_INVALID_ACK_SEQUENCE: 57,
  /** Too many handshakes are under way, and there are no cookies. */
  TCP_LISTEN_OVERFLOW: 58,
} as const;

export type DropReason = (typeof DropReason)[keyof typeof DropReason];

const names = Object.keys(DropReason) as (keyof typeof DropReason)[];

/** How many reasons there are, for tables indexed by reason. */
export const DROP_REASONS: number = names.length;

/** The name of a reason, as `NEIGH_FAILED`. */
export function dropReasonName(reason: number): string {
  return names[reason] ?? `REASON_${reason}`;
}
