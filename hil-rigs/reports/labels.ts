/** A frame in a few words, for the arrow of a ladder: without the addresses of Ethernet, but for whom it is sent to. */
import type { Frame } from "../contract/frame.ts";
import { BROADCAST } from "../wire/hosts.ts";

/** @param text the frame in full (wire/parse.ts) */
export function label(frame: Frame, text: string): string {
  return `${words(frame, text)}${frame.port === "p0" ? "" : ` (${frame.port})`}${frame.faults.length > 0 ? " (malformed)" : ""}`;
}

function words(frame: Frame, text: string): string {
  switch (frame.kind) {
    case "arp":
      if (frame.op === 1) return `who has ${frame.tpa}? tell ${frame.spa}${frame.dst === BROADCAST ? "" : " (unicast)"}`;
      if (frame.op === 2) return `${frame.spa} is at ${frame.sha}${frame.dst === BROADCAST ? " (broadcast)" : ""}`;
      return `ARP operation ${frame.op} of ${frame.spa}`;
    case "nd":
      if (frame.message === "ns")
        return `who has ${frame.target}? tell ${frame.source}${group(frame.destination) ? "" : " (unicast)"}`;
      if (frame.message === "na") return `${frame.target} is at ${frame.lladdr || "?"} ${frame.flags}`.trimEnd();
      return text.replace(ENDS, "");
    default:
      return text.replace(ENDS, "");
  }
}

/** Port and Ethernet addresses, at the front of a frame's description. */
const ENDS = /^p\d \S+ > \S+ /;

function group(address: string): boolean {
  return address.startsWith("ff");
}
