/** Frames that came from a DUT, as flat values: a case matches them by naming the fields that matter to it. */
import type { PortName } from "./dut.ts";

export interface FrameCommon {
  time: number;
  port: PortName;
  dst: string;
  src: string;
  /** Bytes on the wire, without FCS. */
  length: number;
  /** Names each malformed part: a wrong checksum, a length that does not fit. Empty in anything that a DUT should send. */
  faults: string[];
  bytes: Uint8Array;
}

/** RFC 826 names. `dirty` counts the bytes behind the 28 that are not zero. */
export interface ArpFrame extends FrameCommon {
  kind: "arp";
  htype: number;
  ptype: number;
  hlen: number;
  plen: number;
  op: number;
  sha: string;
  spa: string;
  tha: string;
  tpa: string;
  dirty: number;
}

interface IpCommon extends FrameCommon {
  source: string;
  destination: string;
  /** Hop limit, for IPv6. */
  ttl: number;
  /** Traffic class, for IPv6. */
  tos: number;
}

export interface UdpFrame extends IpCommon {
  kind: "udp";
  sport: number;
  dport: number;
  payload: string;
}

/** A TCP segment (RFC 9293 3.1), its numbers as they stand on the wire. */
export interface TcpFrame extends IpCommon {
  kind: "tcp";
  sport: number;
  dport: number;
  seq: number;
  ack: number;
  /** Letters of the control bits, from the lowest: `S`, `SA`, `FA`, `R`, `RA`, `PA`. */
  flags: string;
  window: number;
  /** Its options in order, with what they say where two stacks say the same: `mss 1460,sack-ok,ts,nop,ws`. */
  options: string;
  /** The blocks of a SACK option, each its first number and the one behind its last. */
  sack: (readonly [begin: number, end: number])[];
  /** The two numbers of the time stamps option; 0 without one. */
  tsVal: number;
  tsEcr: number;
  payload: string;
}

/** A DHCP message in UDP (RFC 2131 2). Addresses are `0.0.0.0`, and those of options empty, where there is none. */
export interface DhcpFrame extends IpCommon {
  kind: "dhcp";
  sport: number;
  dport: number;
  /** The name of its type (option 53): `DISCOVER`; empty for none. */
  message: string;
  /** 1 of a client, 2 of a server. */
  op: number;
  xid: number;
  secs: number;
  /** The answer is to go to everybody. */
  broadcast: boolean;
  ciaddr: string;
  yiaddr: string;
  chaddr: string;
  /** Options 50 and 54. */
  requested: string;
  server: string;
  /** The values of all options by number, in hexadecimal. */
  options: Readonly<Record<number, string>>;
  /** Bytes of the message. */
  size: number;
}

/** An ICMP or ICMPv6 message that is none of neighbour discovery's. */
export interface IcmpFrame extends IpCommon {
  kind: "icmp";
  type: number;
  code: number;
  /** The four bytes behind the checksum: identifier and sequence, a pointer, an MTU, a gateway. */
  info: number;
  /** The message behind its first eight bytes. */
  quoted: Uint8Array;
}

/** A neighbour discovery message (RFC 4861 4). */
export interface NdFrame extends IpCommon {
  kind: "nd";
  message: "rs" | "ra" | "ns" | "na" | "redirect";
  /** The address asked for, advertised, or redirected to; empty for `rs` and `ra`. */
  target: string;
  /** The destination that a redirect is about; empty otherwise. */
  about: string;
  /** Flags of an advertisement in this order: `R` router, `S` solicited, `O` override. */
  flags: string;
  /** The link address of its one link-address option; empty for none. */
  lladdr: string;
  /** The nonce (RFC 7527), as hexadecimal digits; empty for none. */
  nonce: string;
  /** Numbers of its options, in order: `1 14`. */
  options: string;
}

/** A report of multicast groups (RFC 9777). */
export interface MldFrame extends IpCommon {
  kind: "mld";
  /** Each record: its type (3 left, 4 joined, 5 and 6 likewise for sources), its group and its sources. */
  records: (readonly [type: number, group: string, sources: readonly string[]])[];
}

/** An IP packet that is none of the kinds above: a fragment, or of another protocol. */
export interface PacketFrame extends IpCommon {
  kind: "packet";
  protocol: number;
  /** Identification of a fragment, or of an IPv4 packet. */
  id: number;
  /** Offset of a fragment, in bytes. */
  offset: number;
  /** More fragments follow. */
  more: boolean;
  /** The bytes behind the headers. */
  body: Uint8Array;
}

/** A frame of any other kind, or one too damaged to be taken apart. */
export interface OtherFrame extends FrameCommon {
  kind: "other";
  ethertype: number;
}

export type Frame = ArpFrame | UdpFrame | DhcpFrame | TcpFrame | IcmpFrame | NdFrame | MldFrame | PacketFrame | OtherFrame;
export type Kind = Frame["kind"];
export type FrameOf<K extends Kind> = Extract<Frame, { kind: K }>;

/** Describes a frame that a case waits for: its kind, and the fields that matter. */
export type Pattern<K extends Kind> = { kind: K } & Partial<FrameOf<K>>;
