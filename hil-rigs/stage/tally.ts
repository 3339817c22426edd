/** Counts a case's frames, for cases that are about their number. */
import type { ArpFrame, Frame } from "../contract/frame.ts";
import { BROADCAST } from "../wire/hosts.ts";

/** Number of frames that a DUT sent, by kind. */
export interface Tally {
  datagrams: number;
  broadcast: number;
  unicast: number;
  /** Times between one request and the next, in ms. */
  gaps: number[];
}

export function tally(frames: readonly Frame[]): Tally {
  const requests = frames.filter((frame): frame is ArpFrame => frame.kind === "arp" && frame.op === 1);
  const broadcast = requests.filter((frame) => frame.dst === BROADCAST).length;
  return {
    datagrams: frames.filter((frame) => frame.kind === "udp").length,
    broadcast,
    unicast: requests.length - broadcast,
    gaps: requests.slice(1).map((frame, at) => frame.time - (requests[at] as ArpFrame).time),
  };
}
