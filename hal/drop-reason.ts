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
  /** A fragment: reassembly is not there yet. */
  IP_FRAGMENT: 9,
  IP_NOPROTO: 10,
  IP_OUTNOROUTES: 11,
  ICMP_CSUM: 12,
  /** Broadcast or otherwise ignored ICMP message. */
  INVALID_PROTO: 13,
  UDP_CSUM: 14,
  NO_SOCKET: 15,
  SOCKET_RCVBUFF: 16,
  /** The neighbour entry could not be made. */
  NEIGH_CREATEFAIL: 17,
  /** Resolution failed. */
  NEIGH_FAILED: 18,
  /** Pushed out of a full waiting queue by a newer packet. */
  NEIGH_QUEUEFULL: 19,
  /** The entry was removed while the packet waited. */
  NEIGH_DEAD: 20,
  /** A queue was emptied because its device went down. */
  QUEUE_PURGE: 21,
  /** The device's transmit queue was full. */
  QDISC_DROP: 22,
  /** The device is not up. */
  DEV_READY: 23,
  /** The backlog of locally delivered packets was full. */
  CPU_BACKLOG: 24,
  /** Longer than the device can carry. */
  PKT_TOO_BIG: 25,
  /** The controller gave up on the frame: collisions, underrun, time-out. */
  TX_ABORTED: 26,
  /** The link was down when the frame's turn came. */
  TX_CARRIER: 27,
  /** No packet buffer was free. */
  NOMEM: 28,
  /** The sender has as many bytes under way as its send buffer allows (EAGAIN). */
  SOCKET_SNDBUF: 29,
  /** A filter hook said no. */
  NETFILTER_DROP: 30,
  /** Reverse path filter: packets to the source would not leave where it came in. */
  IP_RPFILTER: 31,
  /** To us alone, in a frame to many, where that is not allowed. */
  UNICAST_IN_L2_MULTICAST: 32,
  /** The route to the destination is of this type (linux/rtnetlink.h): EINVAL, EHOSTUNREACH, EACCES to a sender. */
  RTN_BLACKHOLE: 33,
  RTN_UNREACHABLE: 34,
  RTN_PROHIBIT: 35,
  /** IPv6 is off on the device. */
  IPV6DISABLED: 36,
  /** A neighbour discovery message: in fragments, from beyond the link, with a code that it has not, with broken options. */
  IPV6_NDISC_FRAG: 37,
  IPV6_NDISC_HOP_LIMIT: 38,
  IPV6_NDISC_BAD_CODE: 39,
  IPV6_NDISC_BAD_OPTIONS: 40,
  /** A solicitation for an address that is not the receiving device's. */
  IPV6_NDISC_NS_OTHERHOST: 41,
  /** An extension header that is broken, or that may not be there. */
  IPV6_BAD_EXTHDR: 42,
  /** A fragment that overlaps another one. */
  DUP_FRAG: 43,
  /** The other fragments did not come in time. */
  FRAG_REASM_TIMEOUT: 44,
  TCP_CSUM: 45,
  /** Control bits that mean nothing in the state of the connection. */
  TCP_FLAGS: 46,
  /** The window is closed. */
  TCP_ZEROWINDOW: 47,
  /** Data that came before. */
  TCP_OLD_DATA: 48,
  /** Data behind the window. */
  TCP_OVERWINDOW: 49,
  /** Data out of order that came before, or that found no place. */
  TCP_OFOMERGE: 50,
  TCP_OFO_DROP: 51,
  /** A time stamp older than the last one (PAWS). */
  TCP_RFC7323_PAWS: 52,
  /** Before the window, and behind it. */
  TCP_OLD_SEQUENCE: 53,
  TCP_INVALID_SEQUENCE: 54,
  TCP_RESET: 55,
  /** SYN on a connection that is open. */
  TCP_INVALID_SYN: 56,
  /** Nobody reads the connection any more. */
  TCP_CLOSE: 57,
  /** An acknowledgment of what was never sent, or was acknowledged long ago. */
  TCP_INVALID_ACK_SEQUENCE: 58,
  /** Too many handshakes are under way, and there are no cookies. */
  TCP_LISTEN_OVERFLOW: 59,
} as const;

export type DropReason = (typeof DropReason)[keyof typeof DropReason];

const names = Object.keys(DropReason) as (keyof typeof DropReason)[];

/** How many reasons there are, for tables indexed by reason. */
export const DROP_REASONS: number = names.length;

/** The name of a reason, as `NEIGH_FAILED`. */
export function dropReasonName(reason: number): string {
  return names[reason] ?? `REASON_${reason}`;
}
