/** Settings of IPv6 that are the whole namespace's, and their files (Documentation/networking/ip-sysctl). */

const INT_MAX = 0x7fffffff;

/** A file in /proc/sys/net/ipv6, and the least and the most that it takes. */
interface Ip6File {
  readonly field: keyof Ip6Settings;
  readonly least: number;
  readonly most: number;
  /** The file's unit, in the setting's. */
  readonly unit: number;
}

const SWITCH = { least: 0, most: 1, unit: 1 } as const;

/** The files, by their path below net/ipv6. */
export const IP6_FILES: ReadonlyMap<string, Ip6File> = new Map([
  ["auto_flowlabels", { field: "autoFlowlabels", least: 0, most: 3, unit: 1 }],
  ["flowlabel_reflect", { field: "flowlabelReflect", least: 0, most: 7, unit: 1 }],
  ["flowlabel_state_ranges", { field: "flowlabelStateRanges", least: 0, most: 255, unit: 1 }],
  ["icmp/echo_ignore_all", { field: "icmpEchoIgnoreAll", ...SWITCH }],
  ["icmp/echo_ignore_anycast", { field: "icmpEchoIgnoreAnycast", ...SWITCH }],
  ["icmp/echo_ignore_multicast", { field: "icmpEchoIgnoreMulticast", ...SWITCH }],
  ["icmp/ratelimit", { field: "icmpRatelimit", least: 0, most: INT_MAX, unit: 1 }],
  ["ip6frag_high_thresh", { field: "fragHighThresh", least: 0, most: INT_MAX, unit: 1 }],
  ["ip6frag_time", { field: "fragTime", least: 0, most: Math.trunc(INT_MAX / 1000), unit: 1000 }],
  ["route/mtu_expires", { field: "mtuExpires", least: 0, most: Math.trunc(INT_MAX / 1000), unit: 1000 }],
]);

/** Settings of a namespace's IPv6 and ICMPv6: files in /proc/sys/net/ipv6 (Documentation/networking/ip-sysctl). */
export class Ip6Settings {
  /** Not 0: echo requests are not answered; those to groups are not. */
  icmpEchoIgnoreAll = 0;
  icmpEchoIgnoreMulticast = 0;
  icmpEchoIgnoreAnycast = 0;
  /** Milliseconds between two errors to one host. 0: no limit. */
  icmpRatelimit = 100;
  /** Errors to all hosts together in a second, and at once (net.ipv4.icmp_msgs_per_sec, icmp_msgs_burst, which hold for both families). */
  icmpMsgsPerSec = 1000;
  icmpMsgsBurst = 50;
  /** Bytes (truesize) of fragments that wait: from so many on no new packet is begun (ip6frag_high_thresh). */
  fragHighThresh = 4_194_304;
  /** Milliseconds that fragments wait for the others (ip6frag_time, there in seconds). */
  fragTime = 60_000;
  /** Milliseconds for which a path MTU is believed (route/mtu_expires, there in seconds). */
  mtuExpires = 600_000;
  /** Whether packets have flow labels by themselves: 0 and 2 no, 1 and 3 yes. */
  autoFlowlabels = 1;
  /** Sum of 1, 2 and 4: answers of TCP, its resets, and echo replies have the label of what they answer. There is no TCP. */
  flowlabelReflect = 0;
  /** Not 0: labels of our own have their highest bit set. */
  flowlabelStateRanges = 0;
}
