/** Addresses, routes and devices together: order, what comes and goes with what. */
import t from "tap";
import { formatIpv4, type IpAddress } from "../../../../firmware-ts/ip/address.ts";
import { Scope } from "../../../../firmware-ts/ip/address-type.ts";
import { formatIp } from "../../../../firmware-ts/ip/endpoint.ts";
import { type RouteEntry, RouteType } from "../../../../firmware-ts/ip4/routing/routes.ts";
import { ipv4 } from "../../../../firmware-ts/stack.ts";
import { Lab } from "../../../support/lab.ts";
import { SecondLink } from "../../../support/second-link.ts";
import { arp, T1 } from "../../../support/wire-format.ts";

const TYPES = ["", "unicast", "local", "broadcast"];

function line({ destination, prefixLength, gateway, device, type, source, metric }: RouteEntry): string {
  const to = `${formatIpv4(destination)}/${prefixLength}`;
  const via = gateway ? ` via ${formatIpv4(gateway)}` : "";
  const src = source ? ` src ${formatIpv4(source)}` : "";
  return `${TYPES[type]} ${to}${via} ${device?.name}${src}${metric ? ` metric ${metric}` : ""}`;
}

function main(lab: Lab): string[] {
  return lab.stack.ip.routes.list.map(line);
}

function local(lab: Lab): string[] {
  return lab.stack.ip.routes.localList.map(line);
}

t.test("order of a device's addresses: narrower scopes first, secondary ones last", async (t) => {
  const lab = await Lab.open({ addresses: ["10.0.0.1/24", "10.0.0.11/24", "172.16.0.1/16"] });
  const { stack, eth0 } = lab;
  stack.addAddress(eth0, "10.97.0.1/24", { scope: Scope.LINK });
  stack.addAddress(eth0, "10.96.0.1/24", { scope: Scope.HOST, label: "eth0:1" });
  stack.addAddress(eth0, "10.95.0.1/24");
  const order = stack.ip.addresses.of(eth0).map(({ local, scope, secondary }) => [formatIpv4(local), scope, secondary]);
  t.same(order, [
    ["10.96.0.1", 254, false],
    ["10.97.0.1", 253, false],
    ["10.0.0.1", 0, false],
    ["172.16.0.1", 0, false],
    ["10.95.0.1", 0, false],
    ["10.0.0.11", 0, true],
  ]);
  t.throws(() => stack.addAddress(eth0, "10.0.0.12/24", { scope: Scope.LINK }), { code: "SCOPE_INVALID" });
  t.throws(() => stack.removeAddress(eth0, "10.0.0.12/24"), { code: "ADDRESS_MISSING" });
});

t.test("an address brings its routes and takes them along", async (t) => {
  const lab = await Lab.open({ addresses: ["10.0.0.1/24", "10.0.0.11/24", "10.1.0.1/31", "10.2.0.1/32"] });
  t.same(main(lab), ["unicast 10.1.0.0/31 eth0 src 10.1.0.1", "unicast 10.0.0.0/24 eth0 src 10.0.0.1"]);
  t.same(local(lab).sort(), [
    "broadcast 10.0.0.255/32 eth0 src 10.0.0.1",
    "local 10.0.0.1/32 eth0 src 10.0.0.1",
    "local 10.0.0.11/32 eth0 src 10.0.0.1",
    "local 10.1.0.1/32 eth0 src 10.1.0.1",
    "local 10.2.0.1/32 eth0 src 10.2.0.1",
  ]);
  lab.stack.addRoute({ to: "10.9.0.0/16", via: "10.0.0.254", source: "10.2.0.1" });
  t.throws(() => lab.stack.addRoute({ to: "10.8.0.0/16", via: "10.0.0.254", source: "10.3.0.1" }), { code: "SOURCE_INVALID" });
  lab.stack.removeAddress(lab.eth0, "10.2.0.1");
  t.notOk(
    main(lab).some((route) => route.includes("10.9.0.0")),
    "a route with that source goes too",
  );
  const gone = lab.stack.removeAddress(lab.eth0, "10.0.0.1/24").map((address) => formatIp(address.local as IpAddress));
  t.same(gone, ["10.0.0.11", "10.0.0.1"], "the secondary one goes with its primary");
  t.same([main(lab), local(lab)], [["unicast 10.1.0.0/31 eth0 src 10.1.0.1"], ["local 10.1.0.1/32 eth0 src 10.1.0.1"]]);
});

t.test("the last address takes routes, neighbours and proxy entries along; one of several does not", async (t) => {
  const lab = await Lab.open({ addresses: ["10.0.0.1/24", "172.16.0.1/16"] });
  lab.stack.addRoute({ to: "default", via: "10.0.0.254" });
  lab.stack.addNeighbour("10.0.0.7", T1, lab.eth0);
  lab.say(arp());
  lab.stack.neighbours(4).table.proxies.add(1, lab.eth0, { permanent: true });
  lab.events.length = 0;
  lab.stack.removeAddress(lab.eth0, "172.16.0.1");
  t.same([lab.events, main(lab).length], [[], 2]);
  lab.stack.removeAddress(lab.eth0, "10.0.0.1/24");
  t.same(lab.events, ["deleted 10.0.0.2 STALE", "deleted 10.0.0.7 PERMANENT"]);
  t.same([main(lab), local(lab), lab.stack.neighbours(4).table.proxies.size], [[], [], 0]);
});

t.test("down: addresses stay and are ours, routes go; up: the subnets come back, the operator's routes do not", async (t) => {
  const lab = await Lab.open();
  lab.stack.addRoute({ to: "default", via: "10.0.0.254" });
  const before = [main(lab)[0], ...local(lab)];
  await lab.eth0.close();
  t.same([main(lab), local(lab)], [[], ["local 10.0.0.1/32 eth0 src 10.0.0.1"]]);
  t.equal(lab.poke("10.0.0.1"), "sent");
  t.throws(() => lab.stack.addRoute({ to: "default", device: lab.eth0 }), { code: "DEVICE_DOWN" });
  await lab.eth0.open();
  t.same([...main(lab), ...local(lab)].sort(), before.sort());
  lab.port.plugged = false;
  lab.run(0);
  t.same([...main(lab), ...local(lab)].sort(), before.sort(), "a lost carrier changes no route");
});

t.test("routes: added, replaced, removed; gateways must be on the link", async (t) => {
  const lab = await Lab.open();
  const { stack, eth0 } = lab;
  stack.addRoute({ to: "10.9.0.0/16", via: "10.0.0.254" });
  t.throws(() => stack.addRoute({ to: "10.9.0.0/16", via: "10.0.0.253" }), { code: "ROUTE_EXISTS" });
  t.throws(() => stack.addRoute({ to: "10.8.0.0/16", via: "10.9.0.1" }), { code: "ROUTE_UNREACHABLE" }, "behind a gateway");
  t.throws(() => stack.addRoute({ to: "10.8.0.0/16", via: "192.168.1.1", device: eth0 }), { code: "ROUTE_UNREACHABLE" });
  stack.addRoute({ to: "10.8.0.0/16", via: "192.168.1.1", device: eth0, onlink: true });
  stack.addRoute({ to: "10.9.0.0/16", via: "10.0.0.253", metric: 5, protocol: "boot" });
  stack.addRoute({ to: "10.9.0.0/16", via: "10.0.0.252", replace: true });
  t.same(main(lab), [
    "unicast 10.0.0.0/24 eth0 src 10.0.0.1",
    "unicast 10.9.0.0/16 via 10.0.0.252 eth0",
    "unicast 10.8.0.0/16 via 192.168.1.1 eth0",
    "unicast 10.9.0.0/16 via 10.0.0.253 eth0 metric 5",
  ]);
  t.same([stack.ip.routes.list[1]?.scope, stack.ip.routes.list[0]?.scope], [Scope.GLOBAL, Scope.LINK]);
  t.throws(() => stack.removeRoute({ to: "10.9.0.0/16", metric: 6 }), { code: "ROUTE_MISSING" });
  t.equal(stack.removeRoute({ to: "10.9.0.0/16" }).metric, 0);
  t.equal(stack.removeRoute({ to: "10.9.0.0/16" }).metric, 5);
  t.throws(() => stack.removeRoute({ to: "10.9.0.0/16" }), { code: "ROUTE_MISSING" });
});

t.test("arp_notify: every address announced when the device comes up and when its link address is set", async (t) => {
  const lab = await Lab.open({ addresses: ["10.0.0.1/24", "10.0.0.11/24", "172.16.0.1/16"] });
  t.same(lab.heard(), [], "adding an address says nothing");
  await lab.eth0.close();
  await lab.eth0.open();
  lab.run(0);
  t.same(lab.heard(), [], "and nothing is said without the setting");
  lab.stack.ip.conf.write("all", "arp_notify", 1);
  await lab.eth0.close();
  await lab.eth0.open();
  lab.run(0);
  const announced = ["10.0.0.1", "172.16.0.1", "10.0.0.11"].map((own) => `0 who-has ${own} tell ${own} us > all`);
  t.same(lab.heard(), announced);
  lab.port.plugged = false;
  lab.port.plugged = true;
  lab.run(0);
  t.same(lab.heard(), [], "the carrier's return is not announced");
  lab.eth0.setAddress(Uint8Array.of(2, 0, 0, 0, 0, 9));
  lab.run(0);
  t.same(
    lab.heard(),
    announced.map((said) => said.replace("us >", "02:00:00:00:00:09 >")),
  );
});

t.test("the link address: set to any value, even its own, it empties the table; the new one is used and heard", async (t) => {
  const lab = await Lab.open();
  for (const last of [1, 9]) {
    lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
    lab.stack.neighbours(4).table.proxies.add(1, lab.eth0);
    lab.events.length = 0;
    lab.eth0.setAddress(Uint8Array.of(2, 0, 0, 0, 0, last));
    t.same([lab.events, lab.stack.neighbours(4).table.proxies.size], [["deleted 10.0.0.2 PERMANENT"], 1]);
  }
  lab.say(arp({ to: "02:00:00:00:00:09" }));
  t.same(lab.heard(), ["0 reply 10.0.0.1 is-at 02:00:00:00:00:09 for 10.0.0.2 T1 > T1"]);
  lab.say(arp({ to: "02:00:00:00:00:01" }));
  t.same(lab.heard(), [], "the old one is another station's now");
  for (const wrong of [
    [1, 0, 0, 0, 0, 1],
    [0, 0, 0, 0, 0, 0],
    [2, 0],
  ])
    t.throws(() => lab.eth0.setAddress(Uint8Array.from(wrong)), { code: "ADDRESS_INVALID" });
  await lab.eth0.close();
  await lab.eth0.open();
  t.equal(lab.eth0.address[5], 9, "down and up again it has it still");
});

t.test("carrier: arp_evict_nocarrier of all and device decides whether entries stay", async (t) => {
  for (const [all, device, left] of [
    [1, 1, 0],
    [0, 1, 1],
    [1, 0, 1],
  ] as const) {
    const lab = await Lab.open();
    lab.stack.ip.conf.write("all", "arp_evict_nocarrier", all);
    lab.stack.ip.conf.write(lab.eth0, "arp_evict_nocarrier", device);
    lab.say(arp());
    lab.port.plugged = false;
    t.equal(lab.stack.neighbours(4).table.entries, left);
  }
});

t.test("mtu: within 68 and 1500, and packets keep to it", async (t) => {
  const lab = await Lab.open();
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  lab.eth0.setMtu(100);
  const lengths = [72, 73].map((bytes) => {
    lab.poke("10.0.0.2", new Uint8Array(bytes));
    return lab.take().map((frame) => frame.bytes.length);
  });
  t.same(lengths, [[114], [114, 60]]);
  t.throws(() => lab.eth0.setMtu(67), { code: "MTU_TOO_SMALL" });
  t.throws(() => lab.eth0.setMtu(1501), { code: "MTU_TOO_LARGE" });
});

t.test("a device taken out takes everything along; its controller serves another stack", async (t) => {
  const lab = await Lab.open();
  const link = await SecondLink.open(lab, "10.0.1.1/24");
  lab.stack.addNeighbour("10.0.1.2", T1, link.eth1);
  await lab.stack.removeDevice(link.eth1);
  t.same([lab.stack.devices.length, main(lab).length, local(lab).length, lab.stack.neighbours(4).table.entries], [1, 1, 2, 0]);
  const other = await Lab.open();
  const eth1 = other.stack.addDevice("eth1", link.nic);
  await eth1.open();
  t.equal(eth1.up, true);
});

t.test("the very next look-up knows of every change", async (t) => {
  const lab = await Lab.open();
  const { routes } = lab.stack.ip;
  const device = lab.eth0;
  const nextHop = (): string | undefined => {
    const route = routes.lookup(ipv4("10.9.0.1"));
    return route ? (route.type === RouteType.LOCAL ? "ourselves" : formatIpv4(route.gateway)) : undefined;
  };
  t.equal(nextHop(), undefined);
  routes.add({ destination: ipv4("10.0.0.0"), prefixLength: 8, gateway: 1, device });
  t.equal(nextHop(), "0.0.0.1");
  routes.add({ destination: ipv4("10.9.0.0"), prefixLength: 16, gateway: 2, device });
  t.equal(nextHop(), "0.0.0.2", "a longer prefix was added");
  routes.replace({ destination: ipv4("10.9.0.0"), prefixLength: 16, gateway: 3, device });
  t.equal(nextHop(), "0.0.0.3", "replaced");
  routes.remove({ destination: ipv4("10.9.0.0"), prefixLength: 16 });
  t.equal(nextHop(), "0.0.0.1", "removed");
  lab.stack.addAddress(device, "10.9.0.1/32");
  t.equal(nextHop(), "ourselves");
  routes.remove({ destination: ipv4("10.9.0.1"), prefixLength: 32, type: RouteType.LOCAL });
  t.equal(nextHop(), "0.0.0.1", "not any more");
  await device.close();
  t.equal(nextHop(), undefined, "the device is down");
});

t.test("an address whose subnet begins with 0, as with a prefix of no length, makes no route to a subnet", async (t) => {
  const lab = await Lab.open({ addresses: [] });
  for (const address of ["10.0.0.1/0", "0.0.0.5/24"]) {
    lab.stack.addAddress(lab.eth0, address);
    t.same(main(lab), [], address);
    lab.stack.removeAddress(lab.eth0, address);
  }
  lab.stack.addAddress(lab.eth0, "10.0.0.1/8");
  t.same(main(lab), ["unicast 10.0.0.0/8 eth0 src 10.0.0.1"]);
});
