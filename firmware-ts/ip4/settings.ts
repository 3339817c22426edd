/** Settings of a namespace's IPv4 and ICMP: files in /proc/sys/net/ipv4 (Documentation/networking/ip-sysctl). */
import type { Generation } from "../net/generation.ts";

export class Ip4Settings {
  readonly #changes: Generation;
  #defaultTtl = 64;
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
  /** Bytes of fragments that wait, from which on no more are taken in (ipfrag_high_thresh). */
  fragHighThresh = 4_194_304;
  /** Milliseconds that fragments wait for the others (ipfrag_time, there in seconds). */
  fragTime = 30_000;
  /** Milliseconds for which the MTU of a path is believed (route/mtu_expires, there in seconds), and the least that is. */
  routeMtuExpires = 600_000;
  routeMinPmtu = 552;
  /** Reports of a group that is joined or left, until a router says otherwise. */
  igmpQrv = 2;
  /** Most groups that a socket may be in, and most sources that its filter of one group may name. */
  igmpMaxMemberships = 20;
  igmpMaxMsf = 10;
  /** Not 0: routers are told of groups of the link itself, too, 224.0.0.0/24. */
  igmpLinkLocalMcastReports = 1;

  constructor(changes: Generation) {
    this.#changes = changes;
  }

  /** Time to live of packets whose sender names none. Groups have one of their own. */
  get defaultTtl(): number {
    return this.#defaultTtl;
  }

  set defaultTtl(ttl: number) {
    this.#defaultTtl = ttl;
    this.#changes.next();
  }
}

const INT_MIN = -0x80000000;
const INT_MAX = 0x7fffffff;

/** A file in /proc/sys/net/ipv4, and the least and the most that it takes. */
interface Ip4File {
  readonly field: keyof Ip4Settings;
  readonly least: number;
  readonly most: number;
  /** The file's unit, in the setting's; default 1. */
  readonly unit?: number;
}

/** The files, by their names. */
export const IP4_FILES: ReadonlyMap<string, Ip4File> = new Map<string, Ip4File>([
  ["icmp_echo_ignore_all", { field: "icmpEchoIgnoreAll", least: 0, most: 1 }],
  ["icmp_echo_ignore_broadcasts", { field: "icmpEchoIgnoreBroadcasts", least: 0, most: 1 }],
  ["icmp_errors_use_inbound_ifaddr", { field: "icmpErrorsUseInboundIfaddr", least: 0, most: 1 }],
  ["icmp_msgs_burst", { field: "icmpMsgsBurst", least: 0, most: INT_MAX }],
  ["icmp_msgs_per_sec", { field: "icmpMsgsPerSec", least: 0, most: INT_MAX }],
  ["icmp_ratelimit", { field: "icmpRatelimit", least: 0, most: INT_MAX }],
  ["icmp_ratemask", { field: "icmpRatemask", least: INT_MIN, most: INT_MAX }],
  ["igmp_link_local_mcast_reports", { field: "igmpLinkLocalMcastReports", least: INT_MIN, most: INT_MAX }],
  ["igmp_max_memberships", { field: "igmpMaxMemberships", least: INT_MIN, most: INT_MAX }],
  ["igmp_max_msf", { field: "igmpMaxMsf", least: INT_MIN, most: INT_MAX }],
  ["igmp_qrv", { field: "igmpQrv", least: 1, most: INT_MAX }],
  ["ip_default_ttl", { field: "defaultTtl", least: 1, most: 255 }],
  ["ipfrag_high_thresh", { field: "fragHighThresh", least: 0, most: INT_MAX }],
  ["route/min_pmtu", { field: "routeMinPmtu", least: 68, most: INT_MAX }],
  ["route/mtu_expires", { field: "routeMtuExpires", least: 0, most: Math.trunc(INT_MAX / 1000), unit: 1000 }],
  ["ipfrag_time", { field: "fragTime", least: 0, most: Math.trunc(INT_MAX / 1000), unit: 1000 }],
]);
