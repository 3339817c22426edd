/** Redirects received: which are believed, and what they change (RFC 4861 8.1, 8.3). */
import type { Bench } from "../../../contract/bench.ts";
import type { Case } from "../../../contract/case.ts";
import { PLANS } from "../../../contract/plan.ts";
import { datagram } from "../../../stage/patterns.ts";
import { advertise, NdOption, option, type RedirectFields, redirect } from "../../../wire/build-nd.ts";
import { ALL_NODES, local } from "../../../wire/hosts6.ts";
import { becomes, calm, seen } from "../../arp/kit/setup.ts";
import { overIpv6 } from "../kit/family.ts";
import { asks } from "../kit/patterns.ts";
import { FAR, R1, R2, taken } from "../kit/routers.ts";

const { T1 } = PLANS[6];
const R3 = local(PLANS[6].host(0xa3));
const ATOMIC = [44, [0, 0, 0, 0, 0, 0, 9]] as const;

/** R1 is the default router. */
async function routed(bench: Bench): Promise<void> {
  calm(bench);
  await bench.must(`route add default via ${R1.ip} dev e0`);
  await bench.must(`neigh add ${R1.ip} lladdr ${R1.mac} nud permanent dev e0`);
}

/** The link address to which a datagram goes. */
async function goesTo(bench: Bench, to: string = FAR): Promise<string> {
  bench.socket().send(new Uint8Array(1), to, 9);
  return (await bench.hears("sent", datagram(to))).dst;
}

const better: RedirectFields = { from: R1, target: R2.ip, about: FAR, lladdr: R2.mac };

const DROPPED: readonly (readonly [id: string, what: string, fields: Partial<RedirectFields>])[] = [
  ["source-global", "a global source", { source: T1.ip }],
  ["source-other", "another source than the router in use", { from: R2 }],
  ["hops", "a hop limit of 254", { hops: 254 }],
  ["checksum", "a wrong checksum", { sumError: 1 }],
  ["code", "code 1", { code: 1 }],
  ["length", "fewer than 40 bytes", { payloadLength: 39 }],
  ["about-group", "a group as the destination that it is about", { about: ALL_NODES }],
  ["target-global", "a target that is neither link-local nor the destination", { target: T1.ip }],
  ["target-group", "a group as its target", { target: "ff02::9" }],
  ["option-0", "an option of length 0", { options: [[200, 0, 0, 0, 0, 0, 0, 0]] }],
  [
    "link-2",
    "a link-address option of 16 bytes",
    { lladdr: null, options: [option(NdOption.TARGET, [2, 0, 0, 0, 0, 2, 0, 0, 0])] },
  ],
  ["fragment", "a fragment header", { extensions: [ATOMIC] }],
];

const dropped: readonly Case[] = DROPPED.map(([id, what, fields]) => ({
  id: `ND-D-01/${id}`,
  title: `a redirect with ${what} is ignored`,
  source: "RFC 4861 8.1",
  needs: ["route-admin"],
  async run(bench) {
    await routed(bench);
    await bench.say(redirect({ ...better, ...fields }));
    await taken(bench);
    bench.expect("a datagram still goes to", await goesTo(bench), R1.mac);
    bench.expect("nobody is learned", seen(bench, R2.ip), "-");
  },
}));

const settings: readonly Case[] = (
  [
    ["accept_redirects", 0, false],
    ["forwarding", 1, false],
    ["accept_ra", 0, true],
  ] as const
).map(([name, value, heeded]) => ({
  id: `ND-D-02/${name}`,
  title: `with ${name} ${value} a redirect is ${heeded ? "heeded" : "ignored"}`,
  source: "RFC 4861 8.2; kernel: ndisc_redirect_rcv, rt6_do_redirect",
  needs: ["route-admin", "forwarding"],
  async run(bench) {
    await routed(bench);
    bench.conf(name, value);
    await bench.settle();
    await bench.say(redirect(better));
    await taken(bench);
    bench.expect("a datagram goes to", await goesTo(bench), heeded ? R2.mac : R1.mac);
  },
}));

/** R1 is the router in use. What R2, to which there is a route besides, says of a third router. */
const beside: readonly Case[] = (
  [
    ["beside", "default via", "of the same prefix, which is not in use", true],
    ["wider", "2000::/3 via", "of a longer prefix, which is in use", true],
    ["narrow", "2001:db8:f::/48 via", "of a prefix that does not lead there", false],
  ] as const
).map(([id, route, what, heeded]) => ({
  id: `ND-D-09/${id}`,
  title: `a redirect of a router with a route ${what}, is ${heeded ? "taken" : "ignored"}`,
  source: "kernel: __ip6_route_redirect; RFC 4861 8.1 would have the router in use alone",
  needs: ["route-admin"],
  async run(bench) {
    await routed(bench);
    await bench.must(`route add ${route} ${R2.ip} dev e0 metric 2048`);
    await bench.say(redirect({ from: R2, target: R3.ip, about: FAR, lladdr: R3.mac }));
    await taken(bench);
    bench.expect("the third router", seen(bench, R3.ip), heeded ? `STALE ${R3.mac}` : "-");
  },
}));

const others: readonly Case[] = [
  {
    id: "ND-D-03",
    title: "a redirect to another router: its entry is stale and a router's, and datagrams go there",
    source: "RFC 4861 8.3; v6LC.2.3",
    needs: ["route-admin"],
    async run(bench) {
      await routed(bench);
      bench.expect("before", await goesTo(bench), R1.mac);
      await bench.say(redirect(better));
      await taken(bench);
      await bench.expectState(R2.ip, "STALE", R2.mac);
      bench.expect("flags", (await bench.neigh(R2.ip))?.flags, ["router"]);
      bench.expect("afterwards", await goesTo(bench), R2.mac);
      await becomes(bench, R2.ip, `DELAY ${R2.mac}`);
      bench.expect("another destination", await goesTo(bench, "2001:db8::2"), R1.mac);
    },
  },
  {
    id: "ND-D-04",
    title: "a redirect to the destination itself: it is on the link, and a host",
    source: "RFC 4861 8.3",
    needs: ["route-admin"],
    async run(bench) {
      await routed(bench);
      await bench.say(redirect({ from: R1, target: FAR, about: FAR, lladdr: T1.mac }));
      await taken(bench);
      await bench.expectState(FAR, "STALE", T1.mac);
      bench.expect("flags", (await bench.neigh(FAR))?.flags, []);
      bench.expect("afterwards", await goesTo(bench), T1.mac);
    },
  },
  {
    id: "ND-D-05",
    title: "a redirect without a link address: the other router is asked for when it is used",
    source: "RFC 4861 8.3",
    needs: ["route-admin"],
    async run(bench) {
      await routed(bench);
      await bench.say(redirect({ from: R1, target: R2.ip, about: FAR }));
      await taken(bench);
      bench.socket().send(new Uint8Array(1), FAR, 9);
      await bench.hears("asks", asks(R2.ip));
      await bench.say(advertise({ from: R2 }, "RSO"));
      await bench.hears("sends", datagram(FAR, { dst: R2.mac }));
    },
  },
  {
    id: "ND-D-06",
    title: "a redirect with another link address than the known one: the entry is stale there",
    source: "RFC 4861 8.3",
    needs: ["route-admin"],
    async run(bench) {
      await routed(bench);
      await bench.must(`neigh add ${R2.ip} lladdr ${T1.mac} nud reachable dev e0`);
      await bench.say(redirect(better));
      await becomes(bench, R2.ip, `STALE ${R2.mac}`);
    },
  },
  {
    id: "ND-D-07",
    title: "a redirect with the known link address leaves a reachable entry so",
    source: "RFC 4861 8.3",
    needs: ["route-admin"],
    async run(bench) {
      await routed(bench);
      await bench.must(`neigh add ${R2.ip} lladdr ${R2.mac} nud reachable dev e0`);
      await bench.say(redirect(better));
      await taken(bench);
      await bench.expectState(R2.ip, "REACHABLE", R2.mac);
      bench.expect("a datagram goes to", await goesTo(bench), R2.mac);
    },
  },
  {
    id: "ND-D-08",
    title: "a redirect that quotes a datagram of a socket that is bound to no device is ignored",
    source: "kernel: ndisc_redirect_rcv asks the socket, measured",
    needs: ["route-admin"],
    async run(bench) {
      await routed(bench);
      const socket = bench.socket({ port: 4445 });
      socket.send(new Uint8Array(8), FAR, 9);
      const sent = await bench.hears("sent", datagram(FAR));
      const quote = option(NdOption.REDIRECTED, [0, 0, 0, 0, 0, 0, ...sent.bytes.subarray(14)]);
      await bench.say(redirect({ ...better, options: [quote] }));
      await taken(bench);
      bench.expect("a datagram still goes to", await goesTo(bench), R1.mac);
    },
  },
];

export const received: readonly Case[] = overIpv6([...dropped, ...settings, ...beside, ...others]);
