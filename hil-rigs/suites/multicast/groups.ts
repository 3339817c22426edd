/** Groups and their sources: what sockets may say of them, what routers are told, who hears a source. In both families. */
import type { Story } from "./story.ts";

const KERNEL = "RFC 3376 5.1, RFC 3810 6.1, RFC 3678; kernel: igmp.c, mcast.c, measured";

export const groups: readonly Story[] = [
  {
    id: "MC-01",
    title: "a group is told of twice when it is joined, and when it is left",
    source: KERNEL,
    steps: [
      ["a join G", "ok", "4 G", "4 G"],
      ["a leave G", "ok", "3 G", "3 G"],
    ],
  },
  {
    id: "MC-02",
    title: "a socket joins a group once, leaves it once, and joins no other address",
    source: "ip(7), ipv6(7); kernel, measured",
    steps: [
      ["a join N", "EINVAL"],
      ["a leave G", "EADDRNOTAVAIL"],
      ["a join G", "ok", "4 G", "4 G"],
      ["a join G", "EADDRINUSE"],
      ["a leave G", "ok", "3 G", "3 G"],
      ["a leave G", "EADDRNOTAVAIL"],
    ],
  },
  {
    id: "MC-03",
    title: "a second socket in a group changes nothing for routers, and the first one can leave it",
    source: KERNEL,
    steps: [
      ["a join G", "ok", "4 G", "4 G"],
      ["b join G", "ok"],
      ["a leave G", "ok"],
      ["b leave G", "ok", "3 G", "3 G"],
    ],
  },
  {
    id: "MC-04",
    title: "a group is joined for one source, and for another: each is allowed, and blocked when it is given up",
    source: KERNEL,
    steps: [
      ["a joinSource G A", "ok", "5 G {A}", "5 G {A}"],
      ["a joinSource G A", "EADDRNOTAVAIL"],
      ["a joinSource G B", "ok", "5 G {B}", "5 G {B}"],
      ["a block G C", "EINVAL"],
      ["a leaveSource G C", "EADDRNOTAVAIL"],
      ["a leaveSource G A", "ok", "6 G {A}", "6 G {A}"],
      ["a leaveSource G B", "ok", "6 G {B}", "6 G {B}"],
      ["a leaveSource G B", "EINVAL"],
    ],
  },
  {
    id: "MC-05",
    title: "a source is blocked and unblocked",
    source: KERNEL,
    steps: [
      ["a block G A", "EINVAL"],
      ["a join G", "ok", "4 G", "4 G"],
      ["a block G A", "ok", "6 G {A}", "6 G {A}"],
      ["a block G A", "EADDRNOTAVAIL"],
      ["a joinSource G A", "EINVAL"],
      ["a unblock G A", "ok", "5 G {A}", "5 G {A}"],
      ["a unblock G A", "EADDRNOTAVAIL"],
    ],
  },
  {
    id: "MC-06",
    title: "a filter is replaced as a whole: sources, and the mode",
    source: KERNEL,
    steps: [
      ["a include G A", "EINVAL"],
      ["a join G", "ok", "4 G", "4 G"],
      ["a exclude G A B", "ok", "6 G {A,B}", "6 G {A,B}"],
      ["a exclude G B C", "ok", "6 G {C}, 5 G {A}", "6 G {C}, 5 G {A}"],
      ["a include G B C", "ok", "3 G {B,C}", "3 G {B,C}"],
      ["a include G A C", "ok", "5 G {A}, 6 G {B}", "5 G {A}, 6 G {B}"],
      ["a exclude G", "ok", "4 G", "4 G"],
      ["a include G", "ok", "3 G", "3 G"],
      ["a leave G", "EADDRNOTAVAIL"],
    ],
  },
  {
    id: "MC-07",
    title: "the filters of two sockets come to one: what one of them wants is wanted",
    source: "RFC 3376 3.2, RFC 3810 4.2; kernel, measured",
    steps: [
      ["a joinSource G A", "ok", "5 G {A}", "5 G {A}"],
      ["b join G", "ok", "4 G", "4 G"],
      ["b block G A", "ok"],
      ["b block G B", "ok", "6 G {B}", "6 G {B}"],
      ["b leave G", "ok", "3 G {A}", "3 G {A}"],
      ["a leave G", "ok", "6 G {A}", "6 G {A}"],
    ],
  },
  {
    id: "MC-08",
    title: "each socket hears the sources that it wants, and what nobody wants is heard by none",
    source: "RFC 3376 3.2, RFC 3678; kernel: ip_mc_sf_allow, inet6_mc_check",
    steps: [
      ["A > G", "-"],
      ["a join G", "ok", "4 G", "4 G"],
      ["A > G", "a b"],
      ["a block G A", "ok", "6 G {A}", "6 G {A}"],
      ["A > G", "-"],
      ["B > G", "a b"],
      ["b joinSource G A", "ok", "5 G {A}", "5 G {A}"],
      ["A > G", "b"],
      ["B > G", "a"],
    ],
  },
  {
    id: "MC-09",
    title: "a query for all groups is answered once, with all of them and their sources",
    source: "RFC 3376 5.2, RFC 3810 6.2; kernel, measured",
    steps: [
      ["query", ""],
      ["a joinSource H A", "ok", "5 H {A}", "5 H {A}"],
      ["a join G", "ok", "4 G", "4 G"],
      ["query", "", "2 G, 1 H {A}"],
    ],
  },
  {
    id: "MC-10",
    title: "a query for one group is answered by its members alone",
    source: "RFC 3376 5.2, RFC 3810 6.2; kernel, measured",
    steps: [
      ["a join G", "ok", "4 G", "4 G"],
      ["query G", "", "2 G"],
      ["query H", ""],
    ],
  },
  {
    id: "MC-11",
    title: "a query for sources of a group is answered when one of them is wanted",
    source: "RFC 3376 5.2, RFC 3810 6.2; kernel, measured",
    steps: [
      ["a joinSource G A", "ok", "5 G {A}", "5 G {A}"],
      ["a joinSource G B", "ok", "5 G {B}", "5 G {B}"],
      ["query G A C", "", "1 G {A}"],
      ["query G C", ""],
      ["b join H", "ok", "4 H", "4 H"],
      ["b block H A", "ok", "6 H {A}", "6 H {A}"],
      ["query H A", ""],
      ["query H A B", "", "2 H {A}"],
    ],
  },
  {
    id: "MC-12",
    title: "a group of the link is told of as others are",
    source: "RFC 3376 6; kernel: igmp_link_local_mcast_reports 1, MLD always",
    steps: [
      ["a join L", "ok", "4 L", "4 L"],
      ["query", "", "2 L"],
      ["a leave L", "ok", "3 L", "3 L"],
    ],
  },
];

/** Routers of old versions of IGMP, settings, and the word of other hosts. */
export const versions: readonly Story[] = [
  {
    id: "MC-20",
    title: "a router of version 2 is answered by its words",
    source: "RFC 3376 7.2.1, RFC 2236 3; kernel, measured",
    steps: [
      ["a join G", "ok", "4 G", "4 G"],
      ["v2 query", "", "v2 report G"],
      ["v2 query G", "", "v2 report G"],
      ["v2 query H", ""],
      ["query G A", "", "v2 report G"],
      ["b joinSource H A", "ok", "v2 report H", "v2 report H"],
      ["b joinSource H B", "ok"],
      ["a leave G", "ok", "v2 leave G to 224.0.0.2"],
    ],
  },
  {
    id: "MC-21",
    title: "version 1 is forced: it has no farewell",
    source: "RFC 1112 appendix I; kernel: force_igmp_version",
    steps: [
      ["conf.e0.force_igmp_version=1", ""],
      ["a join G", "ok", "v1 report G", "v1 report G"],
      ["a leave G", "ok"],
    ],
  },
  {
    id: "MC-22",
    title: "version 2 is forced",
    source: "RFC 2236 3; kernel: force_igmp_version",
    steps: [
      ["conf.e0.force_igmp_version=2", ""],
      ["a join G", "ok", "v2 report G", "v2 report G"],
      ["query", "", "v2 report G"],
      ["a leave G", "ok", "v2 leave G to 224.0.0.2"],
      ["conf.e0.force_igmp_version=0", ""],
      ["a join G", "ok", "4 G", "4 G"],
    ],
  },
  {
    id: "MC-23",
    title: "who was not the last to report a group says no farewell",
    source: "RFC 2236 3; kernel: igmp_heard_report",
    steps: [
      ["conf.e0.force_igmp_version=2", ""],
      ["a join G", "ok", "v2 report G", "v2 report G"],
      ["v2 report G", ""],
      ["a leave G", "ok"],
    ],
  },
  {
    id: "MC-24",
    title: "routers are not told of groups of the link when the operator does not want it",
    source: "kernel: igmp_link_local_mcast_reports",
    steps: [
      ["igmp_link_local_mcast_reports=0", ""],
      ["a join L", "ok"],
      ["a join G", "ok", "4 G", "4 G"],
      ["query", "", "2 G"],
      ["query L", ""],
      ["a leave L", "ok"],
    ],
  },
  {
    id: "MC-25",
    title:
      "a change is told as often as the operator wants it: at once in the old versions, in version 3 once the device has come up",
    source: "RFC 3376 8.1; kernel: igmp_qrv",
    steps: [
      ["igmp_qrv=3", ""],
      ["a join G", "ok", "4 G", "4 G"],
      ["conf.e0.force_igmp_version=2", ""],
      ["a join H", "ok", "v2 report H", "v2 report H", "v2 report H"],
    ],
  },
];
