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
  ttl: number;
  tos: number;
}

export interface UdpFrame extends IpCommon {
  kind: "udp";
  sport: number;
  dport: number;
  payload: string;
}

export interface IcmpFrame extends IpCommon {
  kind: "icmp";
  type: number;
  code: number;
  /** The message behind its first eight bytes. */
  quoted: Uint8Array;
}

/** A frame of any other kind, or one too damaged to be taken apart. */
export interface OtherFrame extends FrameCommon {
  kind: "other";
  ethertype: number;
}

export type Frame = ArpFrame | UdpFrame | IcmpFrame | OtherFrame;
export type Kind = Frame["kind"];
export type FrameOf<K extends Kind> = Extract<Frame, { kind: K }>;

/** Describes a frame that a case waits for: its kind, and the fields that matter. */
export type Pattern<K extends Kind> = { kind: K } & Partial<FrameOf<K>>;
