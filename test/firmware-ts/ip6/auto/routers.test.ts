/** Routers: looked for, heard and believed (RFC 4861 6, RFC 4862 5.5, RFC 4191), with the numbers of a kernel that heard the same frames. */
import t from "tap";
import { formatIpv6 } from "../../../../firmware-ts/ip/ip6-text.ts";
import { NeighFlags } from "../../../../firmware-ts/neigh/flags.ts";
import { nudName } from "../../../../firmware-ts/neigh/states.ts";
import type { LabOptions } from "../../../support/lab.ts";
import { Lab6 } from "../../../support/lab6.ts";
import { ns, PEER_IP6, PEER_LL } from "../../../support/wire-format6.ts";
import { mtuOption, pio, type RaFields, ra, rio, rs } from "../../../support/wire-routers6.ts";

const OTHER = { source: "fe80::3", from: "02:00:00:00:00:77" };
const SLAAC = "2001:db8::ff:fe00:1";

async function open(options: LabOptions = {}): Promise<Lab6> {
  const lab = await Lab6.open({ addresses: [], automatic: true, ...options });
  lab.run(3000);
  lab.heard();
  return lab;
}

/** The routes of table main but that to all link-local stations, as `ip -6 route` says them. */
function routes(lab: Lab6): string[] {
  const now = lab.lab.clock.now();
  return lab.ip6.routes.list
    .filter(({ destination }) => formatIpv6(destination) !== "fe80::")
    .map(({ destination, prefixLength, gateway, protocol, metric, expires, preference }) => {
      const to = prefixLength === 0 ? "default" : `${formatIpv6(destination)}/${prefixLength}`;
      const via = gateway ? ` via ${formatIpv6(gateway)}` : "";
      const end = expires === Number.POSITIVE_INFINITY ? "" : ` expires ${Math.ceil((expires - now) / 1000)}`;
      return `${to}${via} proto ${protocol} metric ${metric}${end} pref ${["low", "medium", "high"][preference + 1]}`;
    });
}

/** `valid/preferred` of an address; `-` when it is not there. */
function lifetime(lab: Lab6, address = SLAAC): string {
  const own = lab.ip6.addresses.on(lab.eth0, lab.address(address));
  return own ? `${own.lifetime.validLeft}/${own.lifetime.preferredLeft}` : "-";
}

function router(lab: Lab6, address = PEER_LL): string {
  const entry = lab.entry(address);
  return entry ? `${nudName(entry.nudState) || "NONE"}${entry.flags & NeighFlags.ROUTER ? " router" : ""}` : "-";
}

t.test("routers are looked for at growing intervals until one is heard", async (t) => {
  const lab = await Lab6.open({ addresses: [], automatic: true });
  lab.run(200_000);
  const times = lab
    .heard()
    .filter((line) => / rs /.test(line))
    .map((line) => {
      t.match(line, / rs slla us fe80::ff:fe00:1 > ff02::2 > 33:33:00:00:00:02$/);
      return Number(line.split(" ")[0]);
    });
  const gaps = times.slice(1).map((time, at) => time - times[at]!);
  t.ok(gaps.length >= 5, `${gaps.length} gaps`);
  t.ok(gaps[0]! >= 3600 && gaps[0]! <= 4400, `${gaps[0]}`);
  for (const [at, gap] of gaps.slice(1).entries()) t.ok(gap / gaps[at]! >= 1.9 && gap / gaps[at]! <= 2.1, `${gap / gaps[at]!}`);
  lab.say(ra());
  lab.run(10_000_000);
  t.notMatch(lab.heard().join(), / rs /);
});

t.test("router_solicitations, _interval and _max_interval; accept_ra 0 and forwarding", async (t) => {
  const counts: number[] = [];
  for (const [solicitations, longest, acceptRa, forwarding] of [
    [3, 3600, 1, 0],
    [0, 3600, 1, 0],
    [-1, 10, 1, 0],
    [-1, 3600, 0, 0],
    [-1, 3600, 1, 1],
    [2, 3600, 2, 1],
  ] as const) {
    const lab = await Lab6.open({ addresses: [], automatic: true });
    const { conf } = lab.ip6;
    conf.write(lab.eth0, "router_solicitations", solicitations);
    conf.write(lab.eth0, "router_solicitation_max_interval", longest);
    conf.write(lab.eth0, "accept_ra", acceptRa);
    conf.write(lab.eth0, "forwarding", forwarding);
    lab.run(60_000);
    counts.push(lab.heard().filter((line) => / rs /.test(line)).length);
  }
  t.same([...counts.slice(0, 2), ...counts.slice(3)], [3, 0, 0, 0, 2]);
  t.ok(counts[2]! >= 6 && counts[2]! <= 8, `${counts[2]}`);
});

t.test("an advertisement: default route, neighbour, prefix, address", async (t) => {
  const lab = await open();
  lab.say(ra({ options: pio("2001:db8::") }));
  t.same(routes(lab), [
    "2001:db8::/64 proto kernel metric 256 expires 3600 pref medium",
    `default via ${PEER_LL} proto ra metric 1024 expires 1800 pref medium`,
  ]);
  t.equal(router(lab), "STALE router");
  t.equal(lifetime(lab), "3600/1800");
  lab.run(3000);
  const own = lab.ip6.addresses.on(lab.eth0, lab.address(SLAAC));
  t.equal(own?.flags, 0x100, "ours now, and mngtmpaddr");
  t.equal(lab.poke("2001:db8:7::7"), "sent");
  t.match(lab.heard().at(-1), `udp :9 hi ${SLAAC} > 2001:db8:7::7 > T1`);
  lab.run(1_800_000);
  t.same(routes(lab), ["2001:db8::/64 proto kernel metric 256 expires 1797 pref medium"]);
  t.equal(own?.lifetime.deprecated, true);
  lab.run(1_800_000);
  t.same([routes(lab), lifetime(lab)], [[], "-"]);
});

t.test("lifetimes of an address: two hours at least, unless it had less (RFC 4862 5.5.3 e)", async (t) => {
  const lab = await open();
  const say = (valid: number, preferred: number): [string, string | undefined] => {
    lab.say(ra({ options: pio("2001:db8::", { valid, preferred }) }));
    return [
      lifetime(lab),
      routes(lab)
        .find((route) => route.startsWith("2001"))
        ?.replace(/.*256 ?/, ""),
    ];
  };
  t.same(say(3600, 1800), ["3600/1800", "expires 3600 pref medium"]);
  t.same(say(600, 300), ["3600/300", "expires 600 pref medium"]);
  t.same(say(10_000, 9000), ["10000/9000", "expires 10000 pref medium"]);
  t.same(say(600, 300), ["7200/300", "expires 600 pref medium"]);
  t.same(say(0, 0), ["7200/0", undefined]);
  t.same(say(0xffffffff, 0xffffffff), ["Infinity/Infinity", "pref medium"]);
  t.same(say(10, 20), ["Infinity/Infinity", "pref medium"], "preferred for longer than valid");
  t.same(say(600, 300), ["7200/300", "expires 600 pref medium"]);
});

t.test("prefixes that make no address, or no route", async (t) => {
  const lab = await open();
  const prefixes: number[] = [
    ...pio("2001:db8:2::", { flags: 0x80 }),
    ...pio("2001:db8:3::", { flags: 0x40 }),
    ...pio("2001:db8:40::", { length: 60 }),
    ...pio("fe80::"),
    ...pio("ff05::"),
    ...pio("2001:db8:50::", { length: 129 }),
    ...pio("2001:db8:60::", { valid: 0, preferred: 0 }),
  ];
  lab.say(ra({ lifetime: 0, options: prefixes }));
  t.same(
    routes(lab).map((route) => route.split(" ")[0]),
    ["2001:db8:2::/64", "2001:db8:40::/60"],
  );
  const own = lab.ip6.addresses.of(lab.eth0).map(({ local }) => formatIpv6(local));
  t.same(own, ["2001:db8:3::ff:fe00:1", "fe80::ff:fe00:1"]);
  lab.ip6.conf.write(lab.eth0, "autoconf", 0);
  lab.say(ra({ lifetime: 0, options: pio("2001:db8:4::") }));
  t.same([lifetime(lab, "2001:db8:4::ff:fe00:1"), routes(lab).length], ["-", 3]);
  lab.ip6.conf.write(lab.eth0, "accept_ra_pinfo", 0);
  lab.say(ra({ lifetime: 0, options: pio("2001:db8:5::") }));
  t.equal(routes(lab).length, 3);
});

t.test("an address that fails goes, and comes with the next advertisement", async (t) => {
  const lab = await open();
  lab.say(ra({ options: pio("2001:db8::") }));
  lab.run(1);
  lab.say(ns({ source: "::", target: SLAAC, link: null }));
  t.equal(lifetime(lab), "-");
  lab.say(ra({ options: pio("2001:db8::") }));
  t.equal(lifetime(lab), "3600/1800");
});

t.test("a flood of prefixes: max_addresses, and a bound to the routes", async (t) => {
  const lab = await open();
  const log: string[] = [];
  lab.ip6.log.sink = (line) => log.push(line);
  for (let at = 0; at < 1500; at++) lab.say(ra({ lifetime: 0, options: pio(`2001:db8:${(at + 16).toString(16)}::`) }));
  t.equal(lab.ip6.addresses.of(lab.eth0).length, 16);
  t.equal(routes(lab).length, 1024);
  t.match(log[0], "routers tell of more routes than are kept");
  lab.run(3_700_000);
  t.same([routes(lab).length, lab.ip6.routes.learned], [0, 0]);
});

t.test("numbers: hop limit, MTU, timers with their floors", async (t) => {
  const lab = await open();
  const { conf } = lab.ip6;
  const log: string[] = [];
  lab.ip6.log.sink = (line) => log.push(line);
  const hops = (fields: RaFields): number | undefined => {
    lab.say(ra(fields));
    return conf.read(lab.eth0, "hop_limit");
  };
  t.same([hops({ limit: 0 }), hops({ limit: 33 })], [64, 33]);
  conf.write(lab.eth0, "accept_ra_min_hop_limit", 40);
  t.equal(hops({ limit: 35 }), 33);
  const mtus = [1400, 1279, 9000, 1280].map((mtu) => {
    lab.say(ra({ options: mtuOption(mtu) }));
    return conf.on(lab.eth0).mtu;
  });
  t.same(mtus, [1400, 1400, 1400, 1280]);
  t.same(
    log.map((line) => line.replace(/.*(limit|mtu)/, "$1")),
    ["limit than minimum", "mtu: 1279", "mtu: 9000"],
  );
  const way = lab.ip6.way(lab.address("2001:db8:7::7"), null);
  lab.ip6.refresh(way);
  t.equal(way.room, 1240);
  lab.eth0.setMtu(1490);
  lab.ip6.refresh(way);
  t.equal(way.room, 1450, "a new MTU of the device forgets the router's");
  const parameters = lab.stack.neighbours(6).table.parametersOf(lab.eth0);
  const timers = (retrans: number, reachable: number): number[] => {
    lab.say(ra({ retrans, reachable }));
    return [parameters.retransTime, parameters.baseReachableTime, parameters.gcStaleTime];
  };
  t.same(timers(500, 12_345), [500, 12_344, 37_032]);
  t.same(timers(250, 12_345), [248, 12_344, 37_032]);
  t.same(timers(1, 1), [10, 100, 300]);
  t.same(timers(0, 0), [10, 100, 300]);
  t.same(timers(4_000_000, 4_000_000), [4_000_000, 4_000_000, 12_000_000]);
});

t.test("preferences and lifetimes of routers (RFC 4191 2.2)", async (t) => {
  const lab = await open();
  const via = (fields: RaFields): string => {
    lab.say(ra(fields));
    return routes(lab)
      .join("; ")
      .replace(/default via fe80::2 proto ra metric 1024 expires /g, "");
  };
  t.equal(via({ flags: 0x08 }), "1800 pref high");
  t.equal(via({ flags: 0x18 }), "1800 pref low");
  t.equal(via({ flags: 0x10 }), "1800 pref medium");
  t.equal(via({ lifetime: 10 }), "10 pref medium");
  t.equal(via({ lifetime: 0 }), "");
  t.equal(router(lab), "STALE router");
  lab.ip6.conf.write(lab.eth0, "accept_ra_rtr_pref", 0);
  t.equal(via({ flags: 0x08 }), "1800 pref medium");
  lab.ip6.conf.write(lab.eth0, "ra_defrtr_metric", 50);
  lab.say(ra());
  t.same(routes(lab), ["default via fe80::2 proto ra metric 50 expires 1800 pref medium"]);
  lab.ip6.conf.write(lab.eth0, "accept_ra_min_lft", 100);
  lab.say(ra({ lifetime: 99 }));
  t.match(routes(lab)[0], "expires 1800");
  lab.ip6.conf.write(lab.eth0, "accept_ra_defrtr", 0);
  lab.say(ra({ lifetime: 200 }));
  t.match(routes(lab)[0], "expires 1800");
});

t.test("the preferred router is used, and another one while it is known to be dead (RFC 4191 3.2)", async (t) => {
  const lab = await open();
  lab.say(ra({ options: pio("2001:db8::") }));
  lab.say(ra({ ...OTHER, flags: 0x08 }));
  lab.run(2500);
  lab.heard();
  const last = (): string => {
    lab.poke("2001:db8:7::7");
    return lab.heard().at(-1)?.split(" > ").at(-1) ?? "";
  };
  t.equal(last(), "T2");
  // Nobody answers the probes of the preferred one.
  lab.run(10_000);
  t.equal(lab.state("fe80::3"), "FAILED");
  lab.heard();
  t.equal(last(), "T1");
  lab.say(ra({ ...OTHER, flags: 0x08 }));
  t.equal(last(), "T2");
});

t.test("routes behind a router (RFC 4191 2.3)", async (t) => {
  const lab = await open();
  lab.say(ra({ lifetime: 0, options: rio("2001:db8:77::", 48, 600, 1, 2) }));
  t.same(routes(lab), [], "not by default");
  lab.ip6.conf.write(lab.eth0, "accept_ra_rt_info_max_plen", 128);
  const options = [
    ...rio("2001:db8:77::", 48, 600, 1, 2),
    ...rio("2001:db8:78:1::", 64, 700, 3, 2),
    ...rio("2001:db8:79::1", 128, 0xffffffff, 0, 3),
    ...rio("2001:db8:80::", 48, 600, 2, 2),
    ...rio("2001:db8:81::", 96, 600, 0, 2),
    ...rio("::", 0, 100, 1, 1),
  ];
  lab.say(ra({ lifetime: 0, options }));
  t.same(routes(lab), [
    "2001:db8:77::/48 via fe80::2 proto ra metric 1024 expires 600 pref high",
    "2001:db8:78:1::/64 via fe80::2 proto ra metric 1024 expires 700 pref low",
    "2001:db8:79::1/128 via fe80::2 proto ra metric 1024 pref medium",
    "default via fe80::2 proto ra metric 1024 expires 100 pref high",
  ]);
  lab.say(ra({ lifetime: 0, options: rio("2001:db8:77::", 48, 0, 1, 2) }));
  t.equal(routes(lab).length, 2);
  lab.ip6.conf.write(lab.eth0, "accept_ra_rt_info_min_plen", 49);
  lab.say(ra({ lifetime: 0, options: rio("2001:db8:90::", 48, 9, 1, 2) }));
  t.equal(routes(lab).length, 2);
});

const REFUSED: Record<string, RaFields> = {
  "from a global address": { source: PEER_IP6 },
  "with a hop limit of 254": { hops: 254 },
  "with a code": { code: 1 },
  "with an option without length": { options: [3, 0, 0, 0, 0, 0, 0, 0] },
  "with a wrong checksum": { icmpSum: 1 },
};
for (const [name, fields] of Object.entries(REFUSED)) {
  t.test(`an advertisement ${name} is none`, async (t) => {
    const lab = await open();
    lab.say(ra(fields));
    t.same([routes(lab), router(lab, fields.source ?? PEER_LL), lab.inUse], [[], "-", 0]);
  });
}

t.test(
  "an advertisement that is not believed makes a neighbour all the same; one without address an entry without, and no router",
  async (t) => {
    const lab = await open();
    lab.ip6.conf.write(lab.eth0, "accept_ra", 0);
    lab.say(ra({ options: pio("2001:db8::"), retrans: 500 }));
    t.same([routes(lab), router(lab), lifetime(lab)], [[], "STALE router", "-"]);
    lab.say(ra({ ...OTHER, link: null }));
    t.equal(router(lab, "fe80::3"), "NONE");
    lab.ip6.conf.write(lab.eth0, "accept_ra", 1);
    lab.ip6.conf.write(lab.eth0, "forwarding", 1);
    lab.say(ra());
    t.same(routes(lab), []);
    lab.ip6.conf.write(lab.eth0, "accept_ra", 2);
    lab.say(ra());
    t.equal(routes(lab).length, 1);
  },
);

t.test("a router with a static default route leaves neither a route nor an entry", async (t) => {
  const lab = await open();
  lab.stack.addRoute({ to: "default", via: PEER_LL, device: lab.eth0 });
  lab.say(ra({ options: pio("2001:db8::") }));
  t.same(routes(lab), ["default via fe80::2 proto static metric 1024 pref medium"]);
  t.equal(router(lab), "-");
});

t.test("a host's question is taken by a router only, and says that the host is none", async (t) => {
  const lab = await open();
  lab.say(rs());
  t.equal(router(lab), "-");
  lab.ip6.conf.write(lab.eth0, "forwarding", 1);
  lab.ip6.groups.join(lab.eth0, lab.address("ff02::2"));
  lab.say(ra());
  lab.say(rs());
  t.equal(router(lab), "STALE");
  lab.say(rs({ source: "fe80::5", link: null }));
  t.equal(router(lab, "fe80::5"), "NONE");
  lab.say(rs({ source: "::", link: null }));
  t.equal(router(lab, "::"), "-");
});
