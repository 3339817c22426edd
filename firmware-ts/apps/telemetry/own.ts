/**
 * The board's own numbers, which travel with its readings when they are asked for: what its network costs, and how it is. To add a group,
 * add it to the table.
 */
import type { DropCounters } from "../../../hal/skbuff.ts";
import type { AppDevice } from "../app.ts";

/** One number. */
export interface OwnNumber {
  /** As a collector names it. */
  readonly name: string;
  /** As people write it; empty for a pure number. */
  readonly unit: string;
  readonly integer: boolean;
  /** Its value now. */
  read(): number;
}

/** The things that the numbers are about. */
export interface OwnGround {
  /** All devices of the rig, with the stacks of their namespaces. */
  readonly devices: readonly AppDevice[];
  /** Messages of this app that had to wait for an address, since the start. */
  queued(): number;
  /** The longest such wait that has ended since it was last asked, in ms. */
  longestWait(): number;
  /** Ms since the app's start. */
  uptime(): number;
  /** The joules of the node since the run began. Null: nobody counts them. */
  readonly joules: (() => number) | null;
}

type Group = (ground: OwnGround) => readonly OwnNumber[];

const GROUPS: Readonly<Record<string, Group>> = {
  /** ARP frames of all devices, by kind. */
  arp: ({ devices }) => {
    const kind = (name: string, field: ArpKind): OwnNumber =>
      count(name, () => sum(devices, ({ device, stack }) => stack.neighbours(4).counters(device)[field]));
    return [
      kind("arp_requests_broadcast", "requestsBroadcast"),
      kind("arp_requests_unicast", "requestsUnicast"),
      kind("arp_replies_sent", "repliesSent"),
      kind("arp_requests_received", "requestsReceived"),
      kind("arp_replies_received", "repliesReceived"),
    ];
  },
  /** Packets that the stacks dropped, and frames that controllers lost because their memory was full. */
  drops: ({ devices }) => [
    count("drops", () => dropsOf(devices)),
    count("missed", () => sum(devices, ({ device }) => device.statistics.rxOverErrors)),
  ],
  /** Messages that had to wait for an address, and the longest wait since the last reading. */
  queue: ({ queued, longestWait }) => [
    count("queued", queued),
    { name: "queue_longest_ms", unit: "ms", integer: false, read: longestWait },
  ],
  /** Devices with a link. */
  link: ({ devices }) => [count("links_up", () => sum(devices, ({ device }) => (device.hasCarrier ? 1 : 0)))],
  /** Times that devices failed, and that a set-up which a chip had lost was made anew. */
  repairs: ({ devices }) => [
    count("failures", () => sum(devices, ({ device }) => device.health.report().failures)),
    count("repairs", () => sum(devices, ({ device }) => device.health.report().repairs ?? 0)),
  ],
  /** Seconds since the app's start. */
  uptime: ({ uptime }) => [{ name: "uptime", unit: "s", integer: true, read: () => Math.floor(uptime() / 1000) }],
  /** The energy of the node since the run began. */
  joules: ({ joules }) => (joules ? [{ name: "joules", unit: "J", integer: false, read: joules }] : []),
};

/** The groups, as a rig's `own: [arp]` names them. */
export const OWN_GROUPS: readonly string[] = Object.keys(GROUPS);

/** The numbers of these groups, in the order of the table. */
export function ownNumbers(groups: readonly string[], ground: OwnGround): readonly OwnNumber[] {
  return Object.entries(GROUPS).flatMap(([name, group]) => (groups.includes(name) ? group(ground) : []));
}

type ArpKind = "requestsBroadcast" | "requestsUnicast" | "repliesSent" | "requestsReceived" | "repliesReceived";

function count(name: string, read: () => number): OwnNumber {
  return { name, unit: "", integer: true, read };
}

function sum<Item>(items: readonly Item[], value: (item: Item) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}

function dropsOf(devices: readonly AppDevice[]): number {
  const stacks = [...new Set(devices.map(({ stack }) => stack))];
  const all = new Set<DropCounters>();
  for (const { ip, ip6 } of stacks) {
    for (const part of [ip, ip6]) if (part) all.add(part.drops);
  }
  for (const { device, stack } of devices) {
    all.add(device.drops);
    // Namespaces share their tables: each is counted once.
    all.add(stack.neighbours(4).table.drops);
    if (stack.ip6) all.add(stack.neighbours(6).table.drops);
  }
  return sum([...all], ({ total }) => total);
}
