/** Linux's own `sysctl` and ours: the settings of IPv6 and of neighbour discovery. */
import { sameAsLinux } from "./as-linux.ts";

sameAsLinux(
  {
    "sysctl: neighbour discovery": [
      "sysctl net.ipv6.neigh.eth0",
      "sysctl net/ipv6/neigh/eth0/locktime",
      "sysctl -n net.ipv6.neigh.eth0.retrans_time_ms",
      "sysctl -w net.ipv6.neigh.eth0.retrans_time_ms=500",
      "sysctl -qw net.ipv6.neigh.eth0.gc_stale_time=7",
      "sysctl -w net.ipv6.neigh.eth0.retrans_time_ms=-1",
      "sysctl -w net.ipv6.neigh.eth0.retrans_time_ms=abc",
      "sysctl net.ipv6.neigh.eth0.bogus",
      "sysctl net.ipv6.neigh.eth9.locktime",
      "ip -6 ntable show dev eth0",
      "ip -6 ntable change name ndisc_cache dev eth0 retrans 700 locktime 10",
      "sysctl net.ipv6.neigh.eth0.retrans_time_ms net.ipv6.neigh.eth0.locktime",
      "sysctl net.ipv6.neigh.lo.locktime",
      "cat /proc/sys/net/ipv6/neigh/eth0/ucast_solicit",
      "sysctl net.ipv4.neigh.eth0.retrans_time_ms",
    ],
    "sysctl: devices and ICMPv6": [
      "sysctl net.ipv6.conf.eth0.accept_dad net.ipv6.conf.eth0.hop_limit net.ipv6.conf.eth0.forwarding",
      "sysctl -w net.ipv6.conf.eth0.hop_limit=9",
      "sysctl -w net.ipv6.conf.all.forwarding=1",
      "sysctl net.ipv6.conf.eth0.forwarding net.ipv6.conf.default.forwarding",
      "sysctl net.ipv6.icmp.ratelimit net.ipv6.icmp.echo_ignore_all",
      "sysctl -w net.ipv6.icmp.echo_ignore_all=1",
      "sysctl net.ipv6.conf.eth0.bogus",
      "sysctl net.ipv6.bogus",
      "cat /proc/sys/net/ipv6/conf/eth0/hop_limit",
    ],
  },
  { ip6: true },
);
