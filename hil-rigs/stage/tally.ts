/** Counts a case's frames, for cases that are about their number. */
import type { ArpFrame, Frame, NdFrame } from "../contract/frame.ts";
import { UNSPECIFIED } from "../wire/hosts6.ts";

/** Number of frames that a DUT sent, by kind. A request is an ARP request or a neighbour solicitation. */
export interface Tally {
  datagrams: number;
  /** Requests in a broadcast or a multicast frame. */
  everybody: number;
  /** Requests to the host alone. */
  alone: number;
  /** Neighbour solicitations from nobody: the DUT tries an address of its own (RFC 4862 5.4.2). */
  claims: number;
  /** Times between one request and the next, in ms. */
  gaps: number[];
}

/** An octet of an Ethernet address in hexadecimal, with the bit of groups. */
const GROUP = /^.[13579bdf]:/;

export function tally(frames: readonly Frame[]): Tally {
  const asking = frames.filter(isRequest);
  const requests = asking.filter((frame) => frame.kind === "arp" || frame.source !== UNSPECIFIED);
  const everybody = requests.filter(({ dst }) => GROUP.test(dst)).length;
  return {
    datagrams: frames.filter((frame) => frame.kind === "udp").length,
    everybody,
    alone: requests.length - everybody,
    claims: asking.length - requests.length,
    gaps: requests.slice(1).map((frame, at) => frame.time - (requests[at] as Frame).time),
  };
}

function isRequest(frame: Frame): frame is ArpFrame | NdFrame {
  return (frame.kind === "arp" && frame.op === 1) || (frame.kind === "nd" && frame.message === "ns");
}
