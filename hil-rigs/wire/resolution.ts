/** The tester's words for address resolution: one entry for each family that it speaks. */
import { type Family, PLANS } from "../contract/plan.ts";
import type { Resolution } from "../contract/resolution.ts";
import { arpAnnounce, arpReply, arpRequest } from "./build.ts";
import { advertise, advertiseAll, solicit } from "./build-nd.ts";
import { BROADCAST, DUT } from "./hosts.ts";
import { groupMac, solicitedNode } from "./hosts6.ts";

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

const dut6 = PLANS[6].dut.e0;
const everybody = (address: string): string => groupMac(solicitedNode(address));

/** Neighbour discovery (RFC 4861). */
const neighbourDiscovery: Resolution = {
  request: (from, target = dut6.ip) => solicit({ from, target }),
  reply: (from) => advertise({ from }),
  announce: (from) => advertiseAll({ from }),
  everybody,
  asks(target, to) {
    const dst = to === "everybody" ? everybody(target) : to?.mac;
    return { kind: "nd", message: "ns", target, ...(dst === undefined ? {} : { dst }) };
  },
  answers: (to) => ({ kind: "nd", message: "na", target: dut6.ip, destination: to.ip, dst: to.mac }),
};

export const RESOLUTIONS: Readonly<Record<Family, Resolution>> = { 4: arp, 6: neighbourDiscovery };
