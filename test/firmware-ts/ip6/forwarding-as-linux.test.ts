/**
 * A router with one link, next to the kernel: packets handed on with a redirect, refused and too long ones, questions for hosts that it
 * answers for, subnets' own addresses; and a host that hears redirects.
 */
import t, { type Test } from "tap";
import { RouteType } from "../../../firmware-ts/ip/route-type.ts";
import type { Lab6 } from "../../support/lab6.ts";
import { missingForNetns } from "../../support/netns.ts";
import { realTime } from "../../support/real-time.ts";
import { echo6, ns, OUR_IP6, OUR_LL, PEER_IP6, PEER_LL, udp6 } from "../../support/wire-format6.ts";
import { quoted, redirect } from "../../support/wire-routers6.ts";
import { answerOf6, Kernel6, openLab } from "./exchange.ts";

/** A command, or a frame and the answers to it. A command that ends with `is TEXT` asks. */
type Step = string | readonly [what: string, frame: Uint8Array, ...answers: string[]];

const T2 = "02:00:00:00:00:77";
/** A host behind OTHER, and the lines of a datagram to it. */
const FAR = "2001:db8:20::3";
const OTHER = "fe80::77";
const ON = `udp :5000 x ${PEER_IP6} > ${FAR} > T2`;
const TOLD = `redirect ${FAR} to ${OTHER} tlla T2 option-4 56 ${OUR_LL} > ${PEER_IP6} > T1`;

const ROUTER = ["sysctl all forwarding 1", `neigh ${OTHER} ${T2}`, `route 2001:db8:20::/64 via ${OTHER}`];
/** A host whose router is PEER_LL; it knows OTHER, too. */
const HOST = [`route default via ${PEER_LL}`, "neigh fd00::9 02:00:00:00:00:09"];

function datagram(what: string, destination: string, ...answers: string[]): Step {
  return [what, udp6({ source: PEER_IP6, destination }, "x"), ...answers];
}

/** Our answer to an echo request of a host far away, and the address of the frame that it is in. */
function echo(what: string, to: string, source = FAR): Step {
  return [what, echo6({ source, destination: OUR_IP6 }, [1]), `echo-reply id 1 seq 1 1 bytes ${OUR_IP6} > ${source} > ${to}`];
}

/** A redirect of our router's. */
function told(what: string, fields: Partial<Parameters<typeof redirect>[0]>): Step {
  return [what, redirect({ about: FAR, target: OTHER, link: T2, destination: OUR_IP6, ...fields })];
}

const STORIES: Readonly<Record<string, readonly Step[]>> = {
  "packets for others, by a host": [
    `neigh ${OTHER} ${T2}`,
    `route 2001:db8:20::/64 via ${OTHER}`,
    datagram("by a host", FAR),
    "sysctl DEV forwarding 1",
    datagram("by a router on this device alone", FAR),
    "sysctl DEV force_forwarding 1",
    datagram("by one that is forced", FAR, TOLD, ON),
  ],
  "handed on where it came from, with a redirect": [
    ...ROUTER,
    datagram("by a gateway with a link-local address", FAR, TOLD, ON),
    "route 2001:db8:30::/64 via fd00::9",
    "neigh fd00::9 02:00:00:00:00:09",
    datagram("by one without: no redirect", "2001:db8:30::3", `udp :5000 x ${PEER_IP6} > 2001:db8:30::3 > 02:00:00:00:00:09`),
    datagram(
      "to a neighbour",
      "fd00::9",
      `redirect fd00::9 to fd00::9 tlla 02:00:00:00:00:09 option-4 56 ${OUR_LL} > ${PEER_IP6} > T1`,
      `udp :5000 x ${PEER_IP6} > fd00::9 > 02:00:00:00:00:09`,
    ),
    [
      "from a host behind another one: no redirect",
      udp6({ source: "2001:db8:20::9", destination: "2001:db8:20::8" }, "x"),
      "udp :5000 x 2001:db8:20::9 > 2001:db8:20::8 > T2",
    ],
    [
      "a long one is quoted as far as the smallest packet goes",
      udp6({ source: PEER_IP6, destination: "2001:db8:20::5" }, new Uint8Array(1400)),
      `redirect 2001:db8:20::5 to ${OTHER} tlla T2 option-4 1192 ${OUR_LL} > ${PEER_IP6} > T1`,
      `udp :5000 1400 bytes ${PEER_IP6} > 2001:db8:20::5 > T2`,
    ],
  ],
  "hop limits, lengths and routes that refuse": [
    ...ROUTER,
    `route 2001:db8:40::/64 via ${OTHER} mtu 1300`,
    [
      "too long",
      udp6({ source: PEER_IP6, destination: "2001:db8:40::3" }, new Uint8Array(1253)),
      `redirect 2001:db8:40::3 to ${OTHER} tlla T2 option-4 1192 ${OUR_LL} > ${PEER_IP6} > T1`,
      `icmp 2/0 info 1300 1232 bytes ${OUR_IP6} > ${PEER_IP6} > T1`,
    ],
    [
      "a hop limit of 1",
      udp6({ source: PEER_IP6, destination: FAR, hops: 1 }, "x"),
      `icmp 3/0 info 0 49 bytes ${OUR_IP6} > ${PEER_IP6} > T1`,
    ],
    [
      "a hop limit of 0",
      udp6({ source: PEER_IP6, destination: FAR, hops: 0 }, "x"),
      `icmp 3/0 info 0 49 bytes ${OUR_IP6} > ${PEER_IP6} > T1`,
    ],
    ["in a frame to a group", udp6({ source: PEER_IP6, destination: FAR, to: "33:33:00:00:00:01" }, "x")],
    "route unreachable 2001:db8:50::/64",
    "route prohibit 2001:db8:51::/64",
    "route blackhole 2001:db8:52::/64",
    datagram("unreachable", "2001:db8:50::3", `icmp 1/0 info 0 49 bytes ${OUR_IP6} > ${PEER_IP6} > T1`),
    datagram("prohibited", "2001:db8:51::3", `icmp 1/1 info 0 49 bytes ${OUR_IP6} > ${PEER_IP6} > T1`),
    datagram("into a black hole", "2001:db8:52::3"),
    datagram("nowhere", "2001:db8:99::3", `icmp 1/0 info 0 49 bytes ${OUR_IP6} > ${PEER_IP6} > T1`),
  ],
  "a host that is answered for": [
    "sysctl all forwarding 1",
    "proxy fd00::50",
    "sysctl neigh proxy_delay 0",
    ["proxy_ndp 0", ns({ source: PEER_IP6, target: "fd00::50" })],
    "sysctl DEV proxy_ndp 1",
    [
      "in the group of another",
      ns({ source: PEER_IP6, target: "fd00::50", destination: "ff02::1" }),
      `na fd00::50 S tlla us ${OUR_IP6} > ${PEER_IP6} > T1`,
    ],
    [
      "a claim",
      ns({ source: "::", target: "fd00::50", link: null, destination: "ff02::1:ff00:1" }),
      `na fd00::50 - tlla us ${OUR_LL} > ff02::1 > 33:33:00:00:00:01`,
    ],
    "sysctl all proxy_ndp 1",
    [
      "to it alone",
      ns({ source: PEER_IP6, target: "fd00::50", destination: "fd00::50" }),
      `na fd00::50 S ${OUR_IP6} > ${PEER_IP6} > T1`,
    ],
  ],
  "the subnet's own address": [
    ["of a host", ns({ source: PEER_IP6, target: "fd00::", destination: "ff02::1" })],
    "sysctl all forwarding 1",
    "sysctl neigh proxy_delay 0",
    ["of a router", ns({ source: PEER_IP6, target: "fd00::" }), `na fd00:: RS tlla us ${OUR_IP6} > ${PEER_IP6} > T1`],
    [
      "its echo comes from a better address",
      echo6({ source: PEER_IP6, destination: "fd00::" }, [1]),
      `echo-reply id 1 seq 1 1 bytes ${OUR_IP6} > ${PEER_IP6} > T1`,
    ],
    [
      "to all routers",
      echo6({ source: PEER_IP6, destination: "ff02::2" }, [1]),
      `echo-reply id 1 seq 1 1 bytes ${OUR_IP6} > ${PEER_IP6} > T1`,
    ],
    "sysctl all forwarding 0",
    ["of a host again", ns({ source: PEER_IP6, target: "fd00::", destination: "ff02::1" })],
    ["to all routers, by a host", echo6({ source: PEER_IP6, destination: "ff02::2" }, [1])],
  ],
  "a redirect to another router": [
    ...HOST,
    echo("before", "T1"),
    told("of the router", {}),
    `entry ${OTHER} is STALE:77 router`,
    echo("after it", "T2"),
    echo("another host", "T1", "2001:db8:20::4"),
  ],
  "a redirect to the destination itself": [
    ...HOST,
    told("of the router", { target: FAR }),
    `entry ${FAR} is STALE:77`,
    echo("after it", "T2"),
  ],
  "a redirect that quotes": [
    ...HOST,
    told("a datagram", { options: quoted(udp6({ source: OUR_IP6, destination: FAR }, "x")) }),
    echo("after it", "T1"),
    told("an echo request", { options: quoted(echo6({ source: OUR_IP6, destination: FAR }, [1])) }),
    echo("after that", "T2"),
  ],
};

const REFUSED: Readonly<Record<string, Partial<Parameters<typeof redirect>[0]>>> = {
  "from another neighbour": { source: "fe80::99" },
  "from a global address": { source: PEER_IP6 },
  "with a hop limit of 254": { hops: 254 },
  "to a global address": { target: "fd00::9" },
  "about a group": { about: "ff05::3", target: "ff05::3" },
  "with a link address of two units": { link: null, options: [2, 2, ...new Array(14).fill(0)] },
  "with a broken option": { options: [7] },
};
const SETTINGS: Readonly<Record<string, string>> = {
  "accept_redirects 0": "sysctl DEV accept_redirects 0",
  "forwarding 1": "sysctl DEV forwarding 1",
};

const REFUSALS: Readonly<Record<string, readonly Step[]>> = Object.fromEntries([
  ...Object.entries(REFUSED).map(([name, fields]) => [
    `a redirect ${name}`,
    [...HOST, told(name, fields), `entry ${OTHER} is -`, echo("after it", "T1")],
  ]),
  ...Object.entries(SETTINGS).map(([name, set]) => [
    `a redirect with ${name}`,
    [...HOST, set, told(name, {}), `entry ${OTHER} is -`, echo("after it", "T1")],
  ]),
]);

/** A host that takes commands; those that ask return the answer. */
type Command = (words: readonly string[]) => string | undefined;

function ofKernel(kernel: Kernel6): Command {
  const { far, farName } = kernel.veth;
  const dev = ["dev", farName];
  return ([verb, ...words]) => {
    const [first = "", second = "", third = ""] = words;
    const folder = first === "neigh" ? `neigh.${farName}.${second}` : `conf.${first === "DEV" ? farName : first}.${second}`;
    if (verb === "sysctl") far.run("sysctl", "-qw", `net.ipv6.${folder}=${third}`);
    else if (verb === "route")
      kernel.ip("-6", "route", "add", ...words.slice(0, 3), ...(second === "via" ? dev : []), ...words.slice(3));
    else if (verb === "neigh") kernel.ip("neigh", "replace", first, "lladdr", second, ...dev);
    else if (verb === "proxy") kernel.ip("neigh", "add", "proxy", first, ...dev);
    else
      return (
        kernel
          .neighbours()
          .find((line) => line.startsWith(`${first} `))
          ?.replace(`${first} `, "") ?? "-"
      );
    return undefined;
  };
}

function ofLab(lab: Lab6): Command {
  const { stack, eth0 } = lab;
  const { table } = stack.neighbours(6);
  return ([verb, ...words]) => {
    const [first = "", second = "", third = ""] = words;
    if (verb === "sysctl" && first === "neigh") table.parametersOf(eth0).set("proxyDelay", Number(third));
    else if (verb === "sysctl") lab.ip6.conf.write(first === "DEV" ? eth0 : "all", second, Number(third));
    else if (verb === "route" && second === "via") {
      const mtu = words.includes("mtu") ? { mtu: Number(words.at(-1)) } : {};
      stack.addRoute({ to: first, via: third, device: eth0, ...mtu });
    } else if (verb === "route") {
      stack.addRoute({ to: second, type: RouteType[first.toUpperCase() as "BLACKHOLE" | "PROHIBIT" | "UNREACHABLE"] });
    } else if (verb === "neigh") stack.addNeighbour(first, second, eth0);
    else if (verb === "proxy") table.proxies.add(lab.address(first).d, eth0, { rest: lab.address(first) });
    else return `${lab.shown(first)}${(lab.entry(first)?.flags ?? 0) & 0x80 ? " router" : ""}`;
    return undefined;
  };
}

async function play(
  t: Test,
  steps: readonly Step[],
  command: Command,
  say: (frame: Uint8Array) => Promise<string[]>,
): Promise<void> {
  for (const step of steps) {
    if (typeof step !== "string") {
      const [what, frame, ...answers] = step;
      t.same(await say(frame), answers, what);
      continue;
    }
    const [words = "", answer] = step.split(" is ");
    const found = command(words.split(" "));
    if (answer !== undefined) t.equal(found, answer, step);
  }
}

for (const [name, steps] of Object.entries({ ...STORIES, ...REFUSALS })) {
  t.test(`${name}: our stack`, async (t) => {
    const lab = await openLab();
    await play(t, steps, ofLab(lab), async (frame) => {
      lab.say(frame);
      return lab.lab.take().flatMap(({ bytes }) => answerOf6(bytes));
    });
    t.equal(lab.inUse, 0);
  });
  realTime(t, `${name}: the kernel`, { skip: missingForNetns() }, async (t) => {
    const kernel = await Kernel6.open();
    t.teardown(() => kernel.close());
    await play(t, steps, ofKernel(kernel), (frame) => kernel.answers(frame));
  });
}
