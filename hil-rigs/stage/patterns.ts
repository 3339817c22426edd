/** Patterns of the frames that cases wait for most, and how a frame is held against one. */
import type { Frame, FrameOf, Kind, Pattern } from "../contract/frame.ts";
import type { Host } from "../contract/plan.ts";
import { DUT } from "../wire/hosts.ts";

export function matches<K extends Kind>(frame: Frame, pattern: Pattern<K>): frame is FrameOf<K> {
  const fields = new Map<string, unknown>(Object.entries(frame));
  return Object.entries(pattern).every(([key, value]) => fields.get(key) === value);
}

/** The DUT's request for an address. */
export function asks(tpa: string, more: Partial<FrameOf<"arp">> = {}): Pattern<"arp"> {
  return { kind: "arp", op: 1, tpa, ...more };
}

/** The DUT's answer to a host. */
export function answers(to: Host, more: Partial<FrameOf<"arp">> = {}): Pattern<"arp"> {
  return { kind: "arp", op: 2, sha: DUT.mac, spa: DUT.ip, tpa: to.ip, ...more };
}

/** A datagram of the DUT's to an address. */
export function datagram(destination: string, more: Partial<FrameOf<"udp">> = {}): Pattern<"udp"> {
  return { kind: "udp", destination, ...more };
}

export function patternText<K extends Kind>(pattern: Pattern<K>): string {
  return Object.entries(pattern)
    .map(([key, value]) => (key === "kind" ? String(value) : `${key}=${String(value)}`))
    .join(" ");
}
