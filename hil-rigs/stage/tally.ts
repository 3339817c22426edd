/** What a case's frames amount to: for cases whose point is how many. */
import type { ArpFrame, Frame } from "../contract/frame.ts";
import { BROADCAST } from "../wire/hosts.ts";

/** What a DUT put on the wire, counted. */
export interface Tally {
  datagrams: number;
  broadcast: number;
  unicast: number;
  /** Between one request and the next, in ms. */
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
