/** Several IPv6 routes that share their flows: by weight, past dead gateways and devices that are down; and a locked MTU. */
import t from "tap";
import type { Ip6 } from "../../../../firmware-ts/ip/ip6.ts";
import { formatIpv6, parseIpv6 } from "../../../../firmware-ts/ip/ip6-text.ts";
import type { Ipv6 } from "../../../../firmware-ts/ip6/ipv6.ts";
import { Lab } from "../../../support/lab.ts";
import { Lab6 } from "../../../support/lab6.ts";
import { Operator } from "../../../support/operator.ts";
import { SecondLink } from "../../../support/second-link.ts";

const FLOWS = 2000;

function at(lab: Lab6, text: string): Ip6 {
  return parseIpv6(text, lab.ip6.fib.interner) as Ip6;
}

/** Numbers of flows by gateway. */
function shares(lab: Lab6): Record<string, number> {
  const counts: Record<string, number> = {};
  for (let n = 0; n < FLOWS; n++) {
    const gateway = lab.ip6.routes.lookup(at(lab, `fd01::${n.toString(16)}`))?.gateway;
    const name = gateway ? formatIpv6(gateway) : "-";
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

async function sharing(...weights: number[]): Promise<Lab6> {
  const lab = await Lab6.open();
  const nexthops = weights.map((weight, n) => ({ via: `fd00::${n + 10}`, weight }));
  lab.stack.addRoute({ to: "fd01::/64", nexthops });
  return lab;
}

t.test("flows go by weight, and each keeps its hop", async (t) => {
  const lab = await sharing(1, 3);
  const { "fd00::10": one = 0, "fd00::11": three = 0 } = shares(lab);
  t.equal(one + three, FLOWS);
  t.ok(Math.abs(one - FLOWS / 4) < FLOWS / 20, `${one} of ${FLOWS}`);
  const hop = lab.ip6.routes.lookup(at(lab, "fd01::77"))?.gateway;
  lab.stack.addRoute({ to: "fd02::/64", via: "fd00::10" });
  t.equal(lab.ip6.routes.lookup(at(lab, "fd01::77"))?.gateway, hop);
});

t.test("sources tell flows to one destination apart", async (t) => {
  const lab = await sharing(1, 1);
  const destination = at(lab, "fd01::1");
  const hops = new Set<Ip6 | null | undefined>();
  for (let n = 1; n < 50; n++) hops.add(lab.ip6.routes.match(destination, null, at(lab, `fd00::${n}`).hash)?.gateway);
  t.equal(hops.size, 2);
});

t.test("a gateway that is known to be dead gets nothing, unless all are", async (t) => {
  const lab = await sharing(1, 1);
  const gatewayOf = (flow: string): string => formatIpv6(lab.ip6.routes.lookup(at(lab, flow))?.gateway as Ip6);
  const [dead, alive] = gatewayOf("fd01::1") === "fd00::10" ? ["fd00::10", "fd00::11"] : ["fd00::11", "fd00::10"];
  lab.poke("fd01::1");
  lab.run(3000);
  t.same(shares(lab), { [alive]: FLOWS });
  t.equal(gatewayOf("fd01::1"), alive, `not ${dead}`);
  lab.poke("fd01::1");
  lab.run(3000);
  t.equal(Object.keys(shares(lab)).length, 2, "both are dead");
});

t.test("the routes stay separate: one may go, and the device that goes down takes all", async (t) => {
  const lab = await sharing(1, 1, 1);
  lab.stack.removeRoute({ to: "fd01::/64", via: "fd00::11" });
  t.same(Object.keys(shares(lab)).sort(), ["fd00::10", "fd00::12"]);
  lab.stack.removeRoute({ to: "fd01::/64" });
  t.same(shares(lab), { "-": FLOWS });
  lab.stack.addRoute({ to: "fd01::/64", nexthops: [{ via: "fd00::10" }, { via: "fd00::11" }] });
  await lab.eth0.close();
  t.same(lab.ip6.routes.list, []);
});

t.test("a hop whose device is down waits for it, while another one leads somewhere", async (t) => {
  const lab = await Lab.open({ ip6: true, addresses: ["fd00::1/64"] });
  const { eth1 } = await SecondLink.open(lab, "fd02::1/64");
  const nexthops = [{ via: "fd00::10" }, { via: "fd02::10" }];
  for (const to of ["fd01::/64", "fd03::/64"]) lab.stack.addRoute({ to, nexthops });
  const operator = new Operator(lab.stack);
  await eth1.close();
  const [, ...hops] = (await operator.type("ip -6 route show fd01::/64")).split("\n");
  t.same(hops, ["\tnexthop via fd00::10 dev eth0 weight 1 ", "\tnexthop via fd02::10 dev eth1 weight 1 dead linkdown ", ""]);
  const { routes, fib } = lab.stack.ip6 as Ipv6;
  const hopOf = (n: number): string => formatIpv6(routes.lookup(parseIpv6(`fd01::${n}`, fib.interner) as Ip6)?.gateway as Ip6);
  const seen = (): string[] => [...new Set(Array.from({ length: 40 }, (_, n) => hopOf(n + 1)))].sort();
  t.same(seen(), ["fd00::10"]);
  await eth1.open();
  t.same(seen(), ["fd00::10", "fd02::10"]);
  await eth1.close();
  await lab.eth0.close();
  t.same(routes.list, []);
});

t.test("a locked MTU: no router is believed", async (t) => {
  const lab = await Lab6.open();
  lab.stack.addRoute({ to: "fd01::/64", via: "fd00::10", mtu: 1400, mtuLock: true });
  const destination = lab.stack.udp.open().to("fd01::1", 9);
  t.equal(destination.room, 1360);
  const { route } = lab.ip6.wayOfAnswer(at(lab, "fd01::1"), at(lab, "fd00::1"), lab.eth0);
  if (route) lab.ip6.fib.paths.learn(at(lab, "fd01::1"), route, 1300, 600_000);
  t.equal(destination.room, 1360);
});
