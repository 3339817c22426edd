/** Settings of a namespace's IPv4 and ICMP: files in /proc/sys/net/ipv4 (Documentation/networking/ip-sysctl). */
export class Ip4Settings {
  /** Time to live of packets whose sender names none. Groups have one of their own. */
  defaultTtl = 64;
  /** Not 0: echo requests are not answered; those to many are not. */
  icmpEchoIgnoreAll = 0;
  icmpEchoIgnoreBroadcasts = 1;
  /** Not 0: an error comes from an address of the device by which the packet came that it is about. */
  icmpErrorsUseInboundIfaddr = 0;
  /** Milliseconds between two messages to one host, of the types in the mask. 0: no limit. */
  icmpRatelimit = 1000;
  /** A bit for each type of message that is limited: unreachable, source quench, time exceeded, parameter problem. */
  icmpRatemask = 0x1818;
  /** Messages to all hosts together in a second, and at once. */
  icmpMsgsPerSec = 1000;
  icmpMsgsBurst = 50;
}

const INT_MIN = -0x80000000;
const INT_MAX = 0x7fffffff;

/** The files, with what they set and the least and the most that they take. */
export const IP4_FILES: ReadonlyMap<string, { field: keyof Ip4Settings; least: number; most: number }> = new Map([
  ["icmp_echo_ignore_all", { field: "icmpEchoIgnoreAll", least: 0, most: 1 }],
  ["icmp_echo_ignore_broadcasts", { field: "icmpEchoIgnoreBroadcasts", least: 0, most: 1 }],
  ["icmp_errors_use_inbound_ifaddr", { field: "icmpErrorsUseInboundIfaddr", least: 0, most: 1 }],
  ["icmp_msgs_burst", { field: "icmpMsgsBurst", least: 0, most: INT_MAX }],
  ["icmp_msgs_per_sec", { field: "icmpMsgsPerSec", least: 0, most: INT_MAX }],
  ["icmp_ratelimit", { field: "icmpRatelimit", least: 0, most: INT_MAX }],
  ["icmp_ratemask", { field: "icmpRatemask", least: INT_MIN, most: INT_MAX }],
  ["ip_default_ttl", { field: "defaultTtl", least: 1, most: 255 }],
]);
