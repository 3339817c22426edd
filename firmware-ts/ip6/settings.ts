/** Settings of a namespace's IPv6 and ICMPv6: files in /proc/sys/net/ipv6 (Documentation/networking/ip-sysctl). */
export class Ip6Settings {
  /** Not 0: echo requests are not answered; those to groups are not. */
  icmpEchoIgnoreAll = 0;
  icmpEchoIgnoreMulticast = 0;
  icmpEchoIgnoreAnycast = 0;
  /** Milliseconds between two errors to one host. 0: no limit. */
  icmpRatelimit = 1000;
  /** Errors to all hosts together in a second, and at once (net.ipv4.icmp_msgs_per_sec, icmp_msgs_burst, which hold for both families). */
  icmpMsgsPerSec = 1000;
  icmpMsgsBurst = 50;
  /** Bytes (truesize) of fragments that wait: from so many on no new packet is begun (ip6frag_high_thresh). */
  fragHighThresh = 4_194_304;
  /** Milliseconds that fragments wait for the others (ip6frag_time, there in seconds). */
  fragTime = 60_000;
  /** Milliseconds for which a path MTU is believed (route/mtu_expires, there in seconds). */
  mtuExpires = 600_000;
}
