/**
 * The `ip` of this machine and `whohas` are told the same words, and have to print and end alike: what they did, what they refused, and
 * how they say so. Only the program's name differs.
 */
import t from "tap";
import { missingForNetns, Netns } from "../support/netns.ts";
import type { Ended } from "../support/own.ts";
import { realTime } from "../support/real-time.ts";
import { ended, Instance, whohas } from "../support/whohas.ts";

const skip = missingForNetns();

const MAC = "02:00:00:00:00:07";
const BY_HAND = `lladdr ${MAC} dev eth0`;

/** In this order, on tables that are empty at first. */
const SESSION = [
  "neigh",
  // Wrong words.
  "neigh add",
  "neigh add 10.9.0.7",
  "neigh add 10.9.0.7 lladdr",
  "neigh add 10.9.0.7 dev",
  `neigh add 10.9.0.7 lladdr ${MAC}`,
  `neigh add 10.9.0.7 10.9.0.9 ${BY_HAND}`,
  `neigh add 10.9.0.300 ${BY_HAND}`,
  `neigh add bogus ${BY_HAND}`,
  `neigh add 10.9.0.7/24 ${BY_HAND}`,
  `neigh add 10.9.0.7 lladdr ${MAC} dev nope`,
  "neigh add 10.9.0.7 lladdr zz dev eth0",
  `neigh add 10.9.0.7 nud bogus ${BY_HAND}`,
  "neigh del",
  "neigh del 10.9.0.7",
  "neigh del 10.9.0.7 dev nope",
  "neigh bogus",
  "neigh show dev",
  "neigh show nud",
  "neigh show dev nope",
  "neigh show nud bogus",
  "neigh show bogus",
  "neigh show to 10.9.0.0/33",
  "neigh show to bogus/24",
  "neigh flush",
  "neigh flush dev nope",
  "-x neigh",
  "link show nope",
  "link show dev eth0 extra",
  "link bogus",
  "address show nope",
  "address bogus",
  "route show dev nope",
  "route bogus",
  // Words that the table refuses, and words that it carries out.
  "neigh add 10.9.0.7 dev eth0",
  "neigh add 10.9.0.7 nud reachable dev eth0",
  `neigh add 10.9.0.7 ${BY_HAND}`,
  `neigh add 10.9.0.7 ${BY_HAND}`,
  "neigh add 10.9.0.8 lladdr 02:00:00:00:00 dev eth0",
  "neigh change 10.9.0.66 lladdr 02:00:00:00:00:66 dev eth0",
  "neigh del 10.9.0.66 dev eth0",
  "neigh",
  "neigh show 10.9.0.7",
  "neigh show dev eth0",
  "neigh show 10.9.0.0/24 dev eth0",
  "neigh show 10.9.1.0/24",
  "-j neigh",
  "-j neigh show dev eth0",
  "neigh replace 10.9.0.7 lladdr 02:00:00:00:00:77 nud stale dev eth0",
  "neigh chg 10.9.0.7 lladdr 02:00:00:00:00:78 dev eth0 nud noarp",
  "neigh",
  "neigh show nud all",
  "neigh show nud noarp",
  "neigh replace 10.9.0.7 lladdr 02:00:00:00:00:77 nud stale dev eth0",
  "n s",
  "nei l nud stale nud permanent",
  "neighbour list",
  `neigh add 10.9.0.20 ${BY_HAND} nud stale`,
  `neigh add to 10.9.0.21 nud permanent ${BY_HAND}`,
  "-s neigh flush dev eth0",
  "-s neigh flush dev eth0",
  "neigh flush nud permanent",
  "-s neigh flush all",
  `neigh add 10.9.0.22 ${BY_HAND}`,
  "neigh del 10.9.0.22 dev eth0",
  "neigh del 10.9.0.22 dev eth0",
  "neigh show",
  "route",
  "route show dev eth0",
  "r",
  "route get 127.0.0.1",
  "-br -4 address show lo",
  "-j route show table local dev lo",
  "route add unreachable 10.8.0.0/16",
  "route add blackhole 10.7.0.0/16 dev eth0",
  "route add 10.6.0.0/16 nexthop via 10.9.0.7 nexthop via 10.9.0.8 weight 3",
  "route add 10.5.0.0/16 via 10.9.0.7 mtu lock 1000",
  "route",
  "-o route",
  "route get 10.8.1.1",
  "route get 10.5.1.1",
  "route show via 10.9.0.7",
  "route show type bogus",
  "-c route",
  "-c=auto route",
  "-f inet route show 10.8.0.0/16",
  "-f bogus route",
  "-B route",
  "link set eth0 txqueuelen x",
  "link show type bogus",
];

realTime(t, "the words of ip", { skip }, async (t) => {
  const netns = new Netns();
  t.teardown(() => netns.remove());
  netns.ip("link", "add", "eth0", "type", "veth", "peer", "name", "far0");
  // IPv6 has neighbours of its own; it is not there yet.
  for (const name of ["eth0", "far0"]) netns.run("sysctl", "-qw", `net.ipv6.conf.${name}.disable_ipv6=1`);
  netns.ip("link", "set", "far0", "up");
  netns.ip("link", "set", "eth0", "up");
  netns.ip("address", "add", "10.9.0.2/24", "dev", "eth0");
  const board = await Instance.start(["--no-app", "--device", "eth0=enc28j60:sim", "--address", "10.9.0.2/24"]);
  t.teardown(() => board.kill());

  for (const line of SESSION) {
    const words = line.split(" ");
    const theirs = await ended(netns.spawn("ip", words));
    const ours = await whohas("-i", board.name, ...words);
    const expected: Ended = {
      ...theirs,
      stderr: theirs.stderr.replace(/"ip /g, '"whohas ').replace('"whohas -help"', '"whohas --help"'),
    };
    t.strictSame(ours, expected, line);
  }
});
