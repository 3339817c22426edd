/** Packets that were dropped, by place and reason: reasons are the stack's own, a fixed number of them. */
import { dropsOf } from "../drops.ts";
import type { Sample } from "./exposition.ts";
import { type Metrics, within } from "./ground.ts";

type Counters = Parameters<typeof dropsOf>[0];

export const dropMetrics: Metrics = ({ stacks }) => {
  const samples: Sample[] = [];
  const add = (netns: string, place: string, counters: Counters, device: Readonly<Record<string, string>> = {}): void => {
    for (const [reason, value] of Object.entries(dropsOf(counters)))
      samples.push({ labels: within(netns, { place, reason, ...device }), value });
  };
  for (const [at, [netns, stack]] of stacks.entries()) {
    for (const device of stack.devices) add(netns, "device", device.drops, { device: device.name });
    add(netns, "ipv4", stack.ip.drops);
    if (stack.ip6) add(netns, "ipv6", stack.ip6.drops);
    // Namespaces share their tables.
    if (at > 0) continue;
    add(netns, "neighbours_ipv4", stack.neighbours(4).table.drops);
    if (stack.ip6) add(netns, "neighbours_ipv6", stack.neighbours(6).table.drops);
  }
  return [{ name: "whohas_drops", type: "counter", help: "Packets dropped, by place and reason.", samples }];
};
