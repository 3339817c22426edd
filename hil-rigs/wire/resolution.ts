/** The tester's words for address resolution: one entry for each family that it speaks. */
import type { Family } from "../contract/plan.ts";
import type { Resolution } from "../contract/resolution.ts";
import { arpAnnounce, arpReply, arpRequest } from "./build.ts";
import { BROADCAST, DUT } from "./hosts.ts";

/** ARP (RFC 826). */
const arp: Resolution = {
  request: (from, tpa = DUT.ip) => arpRequest({ from, tpa }),
  reply: (from) => arpReply({ from }),
  announce: (from) => arpAnnounce({ from }),
  everybody: () => BROADCAST,
  asks(tpa, to) {
    const dst = to === "everybody" ? BROADCAST : to?.mac;
    return { kind: "arp", op: 1, tpa, ...(dst === undefined ? {} : { dst }) };
  },
  answers: (to) => ({ kind: "arp", op: 2, sha: DUT.mac, spa: DUT.ip, tpa: to.ip, dst: to.mac }),
};

export const RESOLUTIONS: Readonly<Partial<Record<Family, Resolution>>> = { 4: arp };
