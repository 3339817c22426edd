/** Router advertisements: which are heard, and what each of their fields changes. */
import type { Case } from "../../../contract/case.ts";
import { PLANS } from "../../../contract/plan.ts";
import { datagram } from "../../../stage/patterns.ts";
import { advertise, advertiseRouter, mtuOption, NdOption, option, type RouterFields, routeOption } from "../../../wire/build-nd.ts";
import { ALL_NODES, DUT_LOCAL, UNSPECIFIED } from "../../../wire/hosts6.ts";
import { becomes, calm, seen } from "../../arp/kit/setup.ts";
import { overIpv6 } from "../kit/family.ts";
import { asks } from "../kit/patterns.ts";
import { defaultRouters, FAR, R1, R2, reads, taken } from "../kit/routers.ts";

const { T1 } = PLANS[6];
const ATOMIC = [44, [0, 0, 0, 0, 0, 0, 9]] as const;

const DROPPED: readonly (readonly [id: string, what: string, fields: RouterFields])[] = [
  ["ND-R-01/source-global", "a global source", { source: T1.ip }],
  ["ND-R-01/source-none", "no source", { source: UNSPECIFIED, lladdr: null }],
  ["ND-R-01/hops", "a hop limit of 254", { hops: 254 }],
  ["ND-R-01/checksum", "a wrong checksum", { sumError: 1 }],
  ["ND-R-01/code", "code 1", { code: 1 }],
  ["ND-R-01/length", "fewer than 16 bytes", { payloadLength: 15 }],
  ["ND-R-01/option-0", "an option of length 0", { options: [[200, 0, 0, 0, 0, 0, 0, 0]] }],
  ["ND-R-01/beyond", "an option beyond the end", { options: [[200, 2, 0, 0, 0, 0, 0, 0]] }],
  ["ND-R-01/fragment", "a fragment header", { extensions: [ATOMIC] }],
];

const dropped: readonly Case[] = DROPPED.map(([id, what, fields]) => ({
  id,
  title: `a router advertisement with ${what} is dropped`,
  source: "RFC 4861 6.1.2, RFC 6980",
  needs: ["route-admin"],
  async run(bench) {
    await bench.say(advertiseRouter({ from: R1, ...fields }));
    await taken(bench);
    bench.expect("no route", await defaultRouters(bench), []);
    bench.expect("nobody is learned", seen(bench, R1.ip), "-");
  },
}));

const TAKEN: readonly (readonly [id: string, what: string, fields: RouterFields])[] = [
  ["ND-R-02/all", "to all nodes", {}],
  ["ND-R-02/alone", "to us alone", { destination: DUT_LOCAL.ip }],
  ["ND-R-02/reserved", "with an unknown option", { first: [option(200, [1, 2])] }],
  ["ND-R-02/bits", "with the flags M and O, and reserved ones", { bits: 0xc7 }],
];

const heard: readonly Case[] = TAKEN.map(([id, what, fields]) => ({
  id,
  title: `a router advertisement ${what}: its sender is a default router, and a stale entry`,
  source: "RFC 4861 6.3.4; kernel, measured",
  needs: ["route-admin"],
  async run(bench) {
    calm(bench);
    await bench.say(advertiseRouter({ from: R1, ...fields }));
    await taken(bench);
    bench.expect("route", await defaultRouters(bench), [R1.ip]);
    await becomes(bench, R1.ip, `STALE ${R1.mac}`);
    bench.expect("flags", (await bench.neigh(R1.ip))?.flags, ["router"]);
    await bench.silence("nothing is sent", 5);
  },
}));

/** accept_ra and forwarding, and whether there is a route afterwards. */
const ACCEPT: readonly (readonly [accept: number, forwarding: number, route: boolean])[] = [
  [0, 0, false],
  [1, 0, true],
  [2, 0, true],
  [0, 1, false],
  [1, 1, false],
  [2, 1, true],
];

const accepting: readonly Case[] = ACCEPT.map(([accept, forwarding, route]) => ({
  id: `ND-R-03/accept-${accept}-forwarding-${forwarding}`,
  title: `accept_ra ${accept} with forwarding ${forwarding}: ${route ? "a route" : "no route"}, and an entry all the same`,
  source: "RFC 4861 6.2.8; kernel: ipv6_accept_ra, measured",
  needs: ["route-admin", "forwarding"],
  async run(bench) {
    calm(bench);
    bench.conf("forwarding", forwarding);
    bench.conf("accept_ra", accept);
    await bench.settle();
    await bench.say(advertiseRouter({ from: R1, retrans: 400 }));
    await taken(bench);
    bench.expect("routes", await defaultRouters(bench), route ? [R1.ip] : []);
    await becomes(bench, R1.ip, `STALE ${R1.mac}`);
    bench.expect("flags", (await bench.neigh(R1.ip))?.flags, ["router"]);
    bench.expect("its time is taken as well", reads(bench, "neigh", "retrans_time_ms") === 400, route);
  },
}));

/** Fields that set a value: the field, the key, and the value afterwards. Jiffies of 4 ms round some of them. */
const VALUES: readonly (readonly [id: string, fields: RouterFields, kind: "neigh" | "conf", name: string, value: number])[] = [
  ["retrans-1000", { retrans: 1000 }, "neigh", "retrans_time_ms", 1000],
  ["retrans-5000", { retrans: 5000 }, "neigh", "retrans_time_ms", 5000],
  ["retrans-0", { retrans: 0 }, "neigh", "retrans_time_ms", 600_000],
  ["retrans-1", { retrans: 1 }, "neigh", "retrans_time_ms", 8],
  ["reachable-12000", { reachable: 12_000 }, "neigh", "base_reachable_time_ms", 12_000],
  ["reachable-12000-gc", { reachable: 12_000 }, "neigh", "gc_stale_time", 36],
  ["reachable-0", { reachable: 0 }, "neigh", "base_reachable_time_ms", 600_000],
  ["reachable-1", { reachable: 1 }, "neigh", "base_reachable_time_ms", 100],
  ["hop-limit-32", { hopLimit: 32 }, "conf", "hop_limit", 32],
  ["hop-limit-0", { hopLimit: 0 }, "conf", "hop_limit", 64],
  ["hop-limit-255", { hopLimit: 255 }, "conf", "hop_limit", 255],
  ["mtu-1400", { options: [mtuOption(1400)] }, "conf", "mtu", 1400],
  ["mtu-1280", { options: [mtuOption(1280)] }, "conf", "mtu", 1280],
  ["mtu-1279", { options: [mtuOption(1279)] }, "conf", "mtu", 1500],
  ["mtu-1501", { options: [mtuOption(1501)] }, "conf", "mtu", 1500],
];

const values: readonly Case[] = VALUES.map(([id, fields, kind, name, value]) => ({
  id: `ND-R-04/${id}`,
  title: `a router advertisement with ${id.replaceAll("-", " ")}: ${name} is ${value}`,
  source: "RFC 4861 6.3.4; kernel: ndisc_router_discovery, measured with HZ 250",
  async run(bench) {
    calm(bench);
    await bench.say(advertiseRouter({ from: R1, ...fields }));
    await taken(bench);
    bench.expect(name, reads(bench, kind, name), value);
  },
}));

const others: readonly Case[] = [
  {
    id: "ND-R-01/link-2",
    title:
      "with a link-address option of 16 bytes its sender is a default router all the same, and its link address is not learned",
    source: "RFC 4861 6.1.2 says nothing of it; kernel: ndisc_router_discovery looks at the option last, measured",
    needs: ["route-admin"],
    async run(bench) {
      calm(bench);
      const options = [option(NdOption.SOURCE, [2, 0, 0, 0, 0, 2, 0, 0, 0])];
      await bench.say(advertiseRouter({ from: R1, lladdr: null, options }));
      await taken(bench);
      bench.expect("route", await defaultRouters(bench), [R1.ip]);
      await bench.expectState(R1.ip, "NONE", "");
    },
  },
  {
    id: "ND-R-05",
    title: "without a link address its sender has an entry without a state, and is asked for when it is used",
    source: "RFC 4861 6.3.4; kernel, measured",
    needs: ["route-admin"],
    async run(bench) {
      calm(bench);
      await bench.say(advertiseRouter({ from: R1, lladdr: null }));
      await taken(bench);
      await bench.expectState(R1.ip, "NONE", "");
      bench.expect("route", await defaultRouters(bench), [R1.ip]);
      await bench.poke(FAR);
      await bench.hears("asks", asks(R1.ip));
      await bench.say(advertise({ from: R1 }, "RSO"));
      await bench.hears("sends", datagram(FAR, { dst: R1.mac }));
    },
  },
  {
    id: "ND-R-06",
    title: "a router that gives itself no lifetime is no default router, and one that had some is none any more",
    source: "RFC 4861 6.3.4",
    needs: ["route-admin"],
    async run(bench) {
      await bench.say(advertiseRouter({ from: R2, lifetime: 0 }), advertiseRouter({ from: R1 }));
      await taken(bench);
      bench.expect("routes", await defaultRouters(bench), [R1.ip]);
      await bench.say(advertiseRouter({ from: R1, lifetime: 0 }));
      await taken(bench);
      bench.expect("none", await defaultRouters(bench), []);
      bench.expect("its entry stays", seen(bench, R1.ip), `STALE ${R1.mac}`);
    },
  },
  {
    id: "ND-R-07",
    title: "a route is used no longer than the router's lifetime",
    source: "RFC 4861 6.3.5",
    needs: ["route-admin"],
    patient: true,
    async run(bench) {
      calm(bench);
      await bench.say(advertiseRouter({ from: R1, lifetime: 1 }));
      await taken(bench);
      bench.expect("a send", await bench.poke(FAR), "ok");
      await bench.sleep(1500);
      bench.expect("later", bench.socket().send(new Uint8Array(1), FAR, 9), "ENETUNREACH");
    },
  },
  {
    id: "ND-R-08",
    title: "its hop limit is that of the datagrams to come",
    source: "RFC 4861 6.3.4",
    async run(bench) {
      await bench.must(`neigh add ${T1.ip} lladdr ${T1.mac} dev e0`);
      await bench.say(advertiseRouter({ from: R1, hopLimit: 17 }));
      await taken(bench);
      await bench.poke(T1.ip);
      const sent = await bench.hears("sent", datagram(T1.ip));
      bench.expect("hop limit", sent.ttl, 17);
    },
  },
  {
    id: "ND-R-08/min",
    title: "a hop limit below accept_ra_min_hop_limit is not taken",
    source: "RFC 8504 5.4; kernel: accept_ra_min_hop_limit",
    async run(bench) {
      bench.conf("accept_ra_min_hop_limit", 30);
      await bench.say(advertiseRouter({ from: R1, hopLimit: 29 }));
      await taken(bench);
      bench.expect("hop_limit", reads(bench, "conf", "hop_limit"), 64);
      await bench.say(advertiseRouter({ from: R1, hopLimit: 30 }));
      await taken(bench);
      bench.expect("hop_limit", reads(bench, "conf", "hop_limit"), 30);
    },
  },
  ...([100, 400] as const).map(
    (ms): Case => ({
      id: `ND-S-02/${ms}`,
      title: `solicitations are as far apart as a router says: ${ms} ms`,
      source: "RFC 4861 6.3.4; v6LC.2.1.5",
      patient: ms > 200,
      async run(bench) {
        bench.param("retrans_time_ms", 1000);
        await bench.say(advertiseRouter({ from: R1, retrans: ms }));
        await bench.poke(T1.ip);
        const one = await bench.hears("asks", asks(T1.ip));
        const two = await bench.hears("again", asks(T1.ip), { within: ms });
        const three = await bench.hears("and again", asks(T1.ip), { within: ms });
        bench.expectTime("the second", two.time - one.time, ms);
        bench.expectTime("the third", three.time - one.time, 2 * ms, 2);
      },
    }),
  ),
  {
    id: "ND-R-09",
    title: "one sent by ourselves is not taken, unless accept_ra_from_local says so",
    source: "kernel: accept_ra_from_local",
    needs: ["route-admin"],
    async run(bench) {
      await bench.say(advertiseRouter({ from: { ip: DUT_LOCAL.ip, mac: T1.mac } }));
      await taken(bench);
      bench.expect("no route", await defaultRouters(bench), []);
    },
  },
  {
    id: "ND-R-10",
    title: "accept_ra_defrtr 0: neither its route nor its hop limit is taken, its times are",
    source: "kernel: ndisc_router_discovery, measured",
    needs: ["route-admin"],
    async run(bench) {
      bench.conf("accept_ra_defrtr", 0);
      await bench.say(advertiseRouter({ from: R1, hopLimit: 33, retrans: 400 }));
      await taken(bench);
      bench.expect("no route", await defaultRouters(bench), []);
      bench.expect("the times are taken", reads(bench, "neigh", "retrans_time_ms"), 400);
      bench.expect("hop limit", reads(bench, "conf", "hop_limit"), 64);
    },
  },
  {
    id: "ND-R-11",
    title: "accept_ra_mtu 0: its MTU is not taken",
    source: "kernel: accept_ra_mtu",
    async run(bench) {
      bench.conf("accept_ra_mtu", 0);
      await bench.say(advertiseRouter({ from: R1, options: [mtuOption(1400)] }));
      await taken(bench);
      bench.expect("mtu", reads(bench, "conf", "mtu"), 1500);
    },
  },
  {
    id: "ND-R-12",
    title: "a route of the option for routes is taken as far as accept_ra_rt_info_max_plen allows",
    source: "RFC 4191 3.1; kernel: accept_ra_rt_info_max_plen 0",
    needs: ["route-admin"],
    async run(bench) {
      const frame = advertiseRouter({ from: R1, lifetime: 0, options: [routeOption("2001:db8::", 600)] });
      const shown = (): Promise<string> => bench.must("-6 route show 2001:db8::/64");
      await bench.say(frame);
      await taken(bench);
      bench.expect("none by default", await shown(), "");
      bench.conf("accept_ra_rt_info_max_plen", 64);
      await bench.say(frame);
      await taken(bench);
      bench.expect("then one", (await shown()).includes(`via ${R1.ip}`), true);
    },
  },
  {
    id: "ND-R-13",
    title: "a static default route by the same router: neither a second route nor an entry",
    source: "kernel, measured",
    needs: ["route-admin"],
    async run(bench) {
      await bench.must(`route add default via ${R1.ip} dev e0`);
      await bench.say(advertiseRouter({ from: R1 }));
      await taken(bench);
      bench.expect("one route", await defaultRouters(bench), [R1.ip]);
      bench.expect("no entry", seen(bench, R1.ip), "-");
    },
  },
  {
    id: "ND-R-14",
    title: "a router with another link address than before is stale there",
    source: "RFC 4861 6.3.4",
    async run(bench) {
      calm(bench);
      await bench.must(`neigh add ${R1.ip} lladdr ${R1.mac} nud reachable dev e0`);
      await bench.say(advertiseRouter({ from: R1, lladdr: R2.mac }));
      await becomes(bench, R1.ip, `STALE ${R2.mac}`);
      await bench.say(advertiseRouter({ from: R1, lladdr: R2.mac }));
      await becomes(bench, R1.ip, `STALE ${R2.mac}`);
    },
  },
  {
    id: "ND-R-15",
    title: "with the known link address it is no proof that the router can be reached, and no doubt either",
    source: "RFC 4861 7.3.1",
    async run(bench) {
      calm(bench);
      await bench.must(`neigh add ${R1.ip} lladdr ${R1.mac} nud reachable dev e0`);
      await bench.must(`neigh add ${R2.ip} lladdr ${R2.mac} nud stale dev e0`);
      await bench.say(advertiseRouter({ from: R1 }), advertiseRouter({ from: R2 }));
      await bench.sleep(10);
      await bench.expectState(R1.ip, "REACHABLE", R1.mac);
      await bench.expectState(R2.ip, "STALE", R2.mac);
    },
  },
  {
    id: "ND-R-16",
    title: "sent to all nodes in a frame to us alone it is heard, in a frame to another station it is not",
    source: "kernel",
    needs: ["route-admin"],
    async run(bench) {
      await bench.say(advertiseRouter({ from: R1, destination: ALL_NODES, dst: "02:00:00:00:00:99" }));
      await taken(bench);
      bench.expect("none", await defaultRouters(bench), []);
      await bench.say(advertiseRouter({ from: R1, destination: ALL_NODES, dst: PLANS[6].dut.e0.mac }));
      await taken(bench);
      bench.expect("one", await defaultRouters(bench), [R1.ip]);
    },
  },
];

export const advertisements: readonly Case[] = overIpv6([...dropped, ...heard, ...accepting, ...values, ...others]);
