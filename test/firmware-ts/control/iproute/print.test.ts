/**
 * The text that people and scripts read is the text of `ip`, column for column: literal lines, and lines that the machine's own `ip`
 * prints for a namespace, made again by our printers from what `ip -j` says of it.
 */
import t from "tap";
import { addressOneLine, addressText } from "../../../../firmware-ts/control/iproute/print-address.ts";
import { linkText } from "../../../../firmware-ts/control/iproute/print-link.ts";
import { neighJson, neighLine } from "../../../../firmware-ts/control/iproute/print-neigh.ts";
import { routeLine } from "../../../../firmware-ts/control/iproute/print-route.ts";
import type { AddressView } from "../../../../firmware-ts/control/methods/address.ts";
import type { LinkView } from "../../../../firmware-ts/control/methods/link.ts";
import type { NeighView } from "../../../../firmware-ts/control/methods/neigh-entry.ts";
import type { RouteView } from "../../../../firmware-ts/control/methods/route-view.ts";
import { client } from "../../../support/control.ts";
import { Lab } from "../../../support/lab.ts";
import { missingForNetns, Netns } from "../../../support/netns.ts";
import { Operator } from "../../../support/operator.ts";
import { realTime } from "../../../support/real-time.ts";
import { arpReply, US } from "../../../support/wire-format.ts";

const plain = { withoutDevice: false, statistics: false };

t.test("neighbours: every field is followed by a space, as ever", async (t) => {
  const entry: NeighView = {
    dst: "10.0.0.50",
    dev: "e0",
    lladdr: "02:00:00:00:00:02",
    used: 0,
    confirmed: 0,
    updated: 0,
    probes: 4,
    state: ["REACHABLE"],
  };
  const { lladdr: _, ...unknown } = { ...entry, state: ["FAILED"] };
  t.equal(neighLine(entry, plain), "10.0.0.50 dev e0 lladdr 02:00:00:00:00:02 REACHABLE ");
  t.equal(
    neighLine(entry, { ...plain, statistics: true }),
    "10.0.0.50 dev e0 lladdr 02:00:00:00:00:02  used 0/0/0probes 4 REACHABLE ",
  );
  t.equal(neighLine(entry, { ...plain, withoutDevice: true }), "10.0.0.50 lladdr 02:00:00:00:00:02 REACHABLE ");
  t.equal(neighLine(unknown, plain), "10.0.0.50 dev e0 FAILED ");
  t.equal(neighLine(unknown, { ...plain, statistics: true }), "10.0.0.50 dev e0  used 0/0/0probes 4 FAILED ");
  t.equal(neighLine({ ...unknown, state: [] }, plain), "10.0.0.50 dev e0 ", "NONE has no word");
  t.equal(
    JSON.stringify(neighJson(entry, plain)),
    '{"dst":"10.0.0.50","dev":"e0","lladdr":"02:00:00:00:00:02","state":["REACHABLE"]}',
  );
  t.equal(
    JSON.stringify(neighJson(entry, { withoutDevice: true, statistics: true })),
    '{"dst":"10.0.0.50","lladdr":"02:00:00:00:00:02","used":0,"confirmed":0,"updated":0,"probes":4,"state":["REACHABLE"]}',
  );
  t.equal(JSON.stringify(neighJson({ ...unknown, state: [] }, plain)), '{"dst":"10.0.0.50","dev":"e0"}');
});

t.test("a device of a stack: link, counters, address, routes", async (t) => {
  const lab = await Lab.open({ addresses: ["10.0.0.1/24", "10.0.0.11/24", "10.5.5.5/32"] });
  lab.stack.addRoute({ to: "default", via: "10.0.0.254" });
  lab.stack.addRoute({ to: "10.9.0.0/16", via: "10.0.0.253", metric: 5 });
  lab.stack.addRoute({ to: "10.9.0.0/24", device: lab.eth0 });
  lab.stack.addRoute({ to: "10.0.0.7", device: lab.eth0 });
  lab.stack.addRoute({ to: "200.0.0.0/8", via: "10.0.0.253" });
  const [link] = (await client(lab.stack).call("link.show", { dev: "eth0" })) as [LinkView];
  const head = "1: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc pfifo state UP";
  t.same(linkText(link, { statistics: 0, details: false }), [
    `${head} mode DEFAULT group default qlen 1000`,
    `    link/ether ${US} brd ff:ff:ff:ff:ff:ff`,
  ]);
  const routes = async (): Promise<string[]> =>
    (await client(lab.stack).call("route.show")).map((route) => routeLine(route, { withoutDevice: false }));
  t.same(
    await routes(),
    [
      "default via 10.0.0.254 dev eth0 proto static ",
      "10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1 ",
      "10.0.0.7 dev eth0 proto static scope link ",
      "10.9.0.0/24 dev eth0 proto static scope link ",
      "10.9.0.0/16 via 10.0.0.253 dev eth0 proto static metric 5 ",
      "200.0.0.0/8 via 10.0.0.253 dev eth0 proto static ",
    ],
    "by address, the longest first",
  );
  const [address] = (await client(lab.stack).call("address.show")) as [AddressView];
  t.same(addressText(address).slice(0, 3), [
    `${head} group default qlen 1000`,
    `    link/ether ${US} brd ff:ff:ff:ff:ff:ff`,
    "    inet 10.0.0.1/24 brd 10.0.0.255 scope global eth0",
  ]);
  t.same(addressOneLine(address), [
    "1: eth0    inet 10.0.0.1/24 brd 10.0.0.255 scope global eth0\\       valid_lft forever preferred_lft forever",
    "1: eth0    inet 10.5.5.5/32 scope global eth0\\       valid_lft forever preferred_lft forever",
    "1: eth0    inet 10.0.0.11/24 brd 10.0.0.255 scope global secondary eth0\\       valid_lft forever preferred_lft forever",
  ]);

  lab.poke();
  lab.say(arpReply());
  lab.port.plugged = false;
  lab.poke();
  const [down] = (await client(lab.stack).call("link.show")) as [LinkView];
  t.same(linkText(down, { statistics: 1, details: true }), [
    "1: eth0: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 qdisc pfifo state DOWN mode DEFAULT group default qlen 1000",
    `    link/ether ${US} brd ff:ff:ff:ff:ff:ff`,
    "    driver wire (ideal controller eth0 on a simulated wire) simulated",
    "    arp requestsBroadcast 1 requestsUnicast 0 repliesSent 0 requestsReceived 0 repliesReceived 1 invalid 0 passedOver 0",
    "    drops TX_CARRIER 1",
    "    RX:  bytes packets errors dropped  missed   mcast           ",
    `    ${String(down.stats64.rx["bytes"]).padStart(10)}       1      0       0       0       0 `,
    "    TX:  bytes packets errors dropped carrier collsns           ",
    `    ${String(down.stats64.tx["bytes"]).padStart(10)}       2      0       1       0       0 `,
  ]);
  t.same((await routes())[0], "default via 10.0.0.254 dev eth0 proto static linkdown ");
  t.equal(
    routeLine(
      { type: "unicast", dst: "default", dev: "e0", table: "main", protocol: "static", scope: "global", flags: [] },
      { withoutDevice: true },
    ),
    "default proto static ",
  );
});

t.test("counters that outgrow their columns push both tables apart alike", async (t) => {
  const lab = await Lab.open();
  const [link] = (await client(lab.stack).call("link.show")) as [LinkView];
  link.stats64 = { rx: { bytes: 123_456_789_012, errors: 12_345_678 }, tx: { packets: 87_654_321, dropped: 3 } };
  t.same(linkText(link, { statistics: 1, details: false }).slice(2), [
    "    RX:    bytes  packets   errors dropped  missed   mcast           ",
    "    123456789012        0 12345678       0       0       0 ",
    "    TX:    bytes  packets   errors dropped carrier collsns           ",
    "               0 87654321        0       3       0       0 ",
  ]);
});

realTime(t, "as the machine's own ip prints it", { skip: missingForNetns() }, async (t) => {
  const netns = new Netns();
  t.teardown(() => netns.remove());
  netns.run("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1");
  netns.ip("link", "add", "d0", "type", "veth", "peer", "name", "d1");
  for (const end of ["d0", "d1"]) netns.ip("link", "set", end, "up");
  for (const address of ["10.0.0.1/24", "10.0.0.11/24", "10.5.5.5/32"]) netns.ip("address", "add", address, "dev", "d0");
  for (const route of ["default via 10.0.0.254", "10.9.0.0/16 via 10.0.0.253 metric 5", "10.9.0.0/24 dev d0", "10.0.0.7 dev d0"]) {
    netns.ip("route", "add", ...route.split(" "), "proto", "static");
  }
  for (const [address, nud] of [
    ["10.0.0.50", "permanent"],
    ["10.0.0.51", "stale"],
  ] as const) {
    netns.ip("neigh", "add", address, "lladdr", "02:00:00:00:00:02", "nud", nud, "dev", "d0");
  }
  netns.ip("neigh", "add", "10.0.0.52", "nud", "failed", "dev", "d0");
  netns.run("ping", "-q", "-c1", "-s20000", "127.0.0.1");

  const json = <T>(...words: string[]): T[] => JSON.parse(netns.ip("-j", ...words)) as T[];
  const same = (ours: readonly string[], ...words: string[]): void => {
    t.equal(ours.map((line) => `${line}\n`).join(""), netns.ip(...words));
  };
  const statistics = { statistics: 1, details: false };
  same(
    json<LinkView>("-s", "link", "show", "lo").flatMap((link) => linkText(link, statistics)),
    "-s",
    "link",
    "show",
    "lo",
  );
  same(
    json<AddressView>("address", "show", "lo").flatMap((view) => addressText(view)),
    "address",
    "show",
    "lo",
  );
  same(
    json<AddressView>("address").flatMap((view) => addressOneLine(view)),
    "-o",
    "address",
  );
  // Usual values are left out there.
  const full = (route: RouteView): RouteView => ({ ...route, type: "unicast", table: "main", scope: route.scope ?? "global" });
  const routes = json<RouteView>("route").map(full);
  same(
    routes.map((route) => routeLine(route, { withoutDevice: false })),
    "route",
  );
  same(
    json<RouteView>("route", "show", "dev", "d0").map((route) => routeLine(full(route), { withoutDevice: true })),
    "route",
    "show",
    "dev",
    "d0",
  );
  const aged = { withoutDevice: false, statistics: true };
  const lines = (): string =>
    json<NeighView>("-s", "neigh")
      .map((entry) => `${neighLine(entry, aged)}\n`)
      .join("");
  // Ages go on while ip is asked twice: what it said of one second only is compared.
  let [ours, text, after] = [lines(), netns.ip("-s", "neigh"), lines()];
  for (let tries = 0; ours !== after && tries < 20; tries++) [ours, text, after] = [after, netns.ip("-s", "neigh"), lines()];
  t.equal(ours, text);
  same(
    json<NeighView>("neigh", "show", "dev", "d0").map((entry) => neighLine(entry, { ...plain, withoutDevice: true })),
    "neigh",
    "show",
    "dev",
    "d0",
  );

  t.test("routes stand in the same order, and the keys of -j are those of ip", async (t) => {
    const lab = await Lab.open({ addresses: ["10.0.0.1/24", "10.0.0.11/24", "10.5.5.5/32"] });
    lab.stack.addRoute({ to: "10.9.0.0/24", device: lab.eth0 });
    lab.stack.addRoute({ to: "10.9.0.0/16", via: "10.0.0.253", metric: 5 });
    lab.stack.addRoute({ to: "10.0.0.7", device: lab.eth0 });
    lab.stack.addRoute({ to: "default", via: "10.0.0.254" });
    const ours = await client(lab.stack).call("route.show");
    t.same(
      ours.map((route) => ({ ...route, dev: "d0" })),
      routes,
    );
    const keys = (view: object): string[] => Object.keys(view).sort();
    const [link] = (await client(lab.stack).call("link.show")) as [LinkView];
    const [address] = (await client(lab.stack).call("address.show")) as [AddressView];
    const [lo] = json<LinkView>("-s", "link", "show", "lo");
    for (const key of keys(lo as LinkView)) t.ok(key in link, `link has ${key}`);
    for (const key of [...keys(lo?.stats64.rx ?? {})]) t.ok(key in link.stats64.rx, `rx has ${key}`);
    for (const key of [...keys(lo?.stats64.tx ?? {})]) t.ok(key in link.stats64.tx, `tx has ${key}`);
    const [d0] = json<AddressView>("address", "show", "d0").map(({ addr_info }) => addr_info[0] ?? {});
    for (const key of keys(d0 ?? {})) t.ok(key in (address.addr_info[0] ?? {}), `address has ${key}`);
  });
});

t.test("ntable with the table's own figures: the text of ip -s, and the same as data", async (t) => {
  const lab = await Lab.open();
  t.teardown(() => lab.stack.close());
  const operator = new Operator(lab.stack);
  const { stdout } = await operator.run("ip", ["-s", "ntable", "show", "name", "arp_cache"]);
  t.match(
    stdout,
    /^inet arp_cache \n {4}thresh1 128 thresh2 512 thresh3 1024 gc_int 30000 \n {4}config key_len 4 entry_size \d+ entries \d+ \n/,
  );
  t.match(stdout, /\n {8}last_flush .+ last_rand .+ \n {8}hash_rnd \d+ hash_mask [0-9a-f]{8} hash_chain_gc 0 proxy_qlen 0 \n/);
  t.match(stdout, /\n {4}stats allocs \d+ /);
  const data = JSON.parse((await operator.run("ip", ["-j", "-s", "ntable", "show", "name", "arp_cache"])).stdout);
  const ofTable = data.find(({ thresh1 }: { thresh1?: number }) => thresh1 !== undefined);
  t.match(ofTable, { family: "inet", name: "arp_cache", key_length: 4, hash_mask: /^0x/, hash_chain_gc: 0, allocs: Number });
  const plainData = JSON.parse((await operator.run("ip", ["-j", "ntable", "show", "name", "arp_cache"])).stdout);
  t.notOk("key_length" in plainData.find(({ thresh1 }: { thresh1?: number }) => thresh1 !== undefined));
});
