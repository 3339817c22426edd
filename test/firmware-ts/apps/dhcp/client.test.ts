/** The DHCP client next to a small server, in virtual time: each way through RFC 2131's figure 5. */
import t from "tap";
import { words } from "../../../../firmware-ts/apps/dhcp/options.ts";
import { DhcpOption } from "../../../../firmware-ts/apps/dhcp/wire.ts";
import { formatIpv4 } from "../../../../firmware-ts/ip/address.ts";
import { DhcpBench, FIRST, SERVER, SERVER_MAC } from "../../../support/dhcp-bench.ts";
import { arp, mac, T1, US } from "../../../support/wire-format.ts";

const ALL = "255.255.255.255";
const GOT = `${FIRST}/24`;

/** Seconds in which an address is asked for, checked and announced. */
const UP = 12;

t.test("from nothing to a lease: four messages, three probes, two announcements, and no other frame", async (t) => {
  const bench = await DhcpBench.open();
  const app = bench.dhcp({ hostname: "node-7", vendor: "whohas-test" });
  bench.run(UP);
  const { dhcp, ...arp } = bench.heard();
  t.same(
    dhcp.map(({ type, from, to }) => [type, from, to]),
    [
      [1, "0.0.0.0", ALL],
      [2, SERVER, FIRST],
      [3, "0.0.0.0", ALL],
      [5, SERVER, FIRST],
    ],
    "the answers go to us alone: nobody else is woken by them",
  );
  t.same(arp, { probes: 3, announcements: 2, requests: 0, replies: 1 }, "the server has looked whether we are there");
  const [discover, , request] = dhcp;
  t.equal(discover?.xid, request?.xid);
  t.same(discover?.options.get(61), [255, 0, 0, 0, 1, 0, 3, 0, 1, ...mac(US)], "RFC 4361: IAID, DUID-LL");
  t.equal(String.fromCharCode(...(discover?.options.get(12) ?? [])), "node-7");
  t.equal(String.fromCharCode(...(discover?.options.get(60) ?? [])), "whohas-test");
  t.same(discover?.options.get(55)?.slice(0, 3), [1, 121, 3], "classless routes stand before the router (RFC 3442)");
  t.same(request?.options.get(50), FIRST.split(".").map(Number));
  t.same(request?.options.get(54), SERVER.split(".").map(Number));
  t.equal(app.state, "BOUND");
  t.same([bench.told(), bench.addresses], [[`got ${GOT}`], [GOT]]);
  const [own] = bench.lab.stack.ip.addresses.of(bench.device);
  t.ok((own?.lifetime.validLeft ?? 0) <= 3600 && (own?.lifetime.validLeft ?? 0) > 3580, "as long as the lease");
  const route = bench.lab.stack.ip.routes.lookup(0x08080808);
  t.same([formatIpv4(route?.gateway ?? 0), route?.protocol], [SERVER, "dhcp"]);
  await bench.close();
});

t.test("an hour of renewals: two messages each, straight to the server, and no ARP frame of ours", async (t) => {
  const bench = await DhcpBench.open({ server: { seconds: 600 } });
  bench.dhcp();
  bench.run(UP);
  bench.heard();
  const [first] = bench.told();
  t.equal(first, `got ${GOT}`);
  for (let minute = 0; minute < 60; minute++) bench.run(60);
  const { dhcp, probes, announcements, requests } = bench.heard();
  const asked = dhcp.filter(({ type }) => type === 3);
  t.ok(asked.length >= 11 && asked.length <= 12, `${asked.length} requests`);
  t.ok(asked.every(({ to, from, ciaddr, lladdr }) => to === SERVER && from === FIRST && ciaddr === FIRST && lladdr === SERVER_MAC));
  t.ok(
    asked.every(({ options }) => !options.has(50) && !options.has(54)),
    "as RFC 2131 table 5 has it",
  );
  t.equal(new Set(asked.map(({ xid }) => xid)).size, asked.length);
  t.same([probes, announcements, requests], [0, 0, 0], "the server's answer confirms the neighbour");
  t.same(
    bench.told(),
    asked.map(() => `renewed ${GOT}`),
  );
  const gaps = asked.slice(1).map(({ at }, index) => (at - (asked[index]?.at ?? 0)) / 1000);
  t.ok(
    gaps.every((gap) => Math.abs(gap - 300) <= 6.1),
    "T1 is half the lease, 2 % more or less",
  );
  t.ok(new Set(gaps).size > 5, "and never the same");
  await bench.close();
});

t.test("the server dies: renewing, rebinding, the end; it comes back and the address with it", async (t) => {
  const bench = await DhcpBench.open({ server: { seconds: 1200 } });
  const app = bench.dhcp();
  bench.run(UP);
  bench.told();
  bench.heard();
  bench.server.silent = true;
  bench.run(595);
  t.equal(app.state, "RENEWING");
  bench.run(1200 * 0.875 - 600);
  t.equal(app.state, "REBINDING");
  bench.run(1200 - 1200 * 0.875 - UP);
  t.same(bench.addresses, [GOT], "to the last second");
  bench.run(6);
  t.same([bench.addresses, bench.told()], [[], [`lost ${GOT} expired`]]);
  t.equal(bench.lab.stack.ip.routes.lookup(0x08080808), null, "and the routes with it");
  const { dhcp } = bench.heard();
  const requests = dhcp.filter(({ type }) => type === 3);
  const renewing = requests.filter(({ to }) => to === SERVER);
  const rebinding = requests.filter(({ to }) => to === ALL);
  t.ok(renewing.length >= 3 && renewing.length <= 6, `${renewing.length} to the server`);
  t.ok(rebinding.length >= 2 && rebinding.length <= 3, `${rebinding.length} to everybody`);
  t.ok(requests.every(({ from, ciaddr }) => from === FIRST && ciaddr === FIRST));
  for (const list of [renewing, rebinding]) {
    t.ok(
      list.slice(1).every(({ at }, index) => at - (list[index]?.at ?? 0) >= 59_000),
      "a minute apart at least",
    );
  }
  bench.run(120);
  bench.server.silent = false;
  bench.run(90);
  t.same([bench.addresses, bench.told().at(-1)], [[GOT], `got ${GOT}`]);
  await bench.close();
});

t.test("nobody answers: 4, 8, 16, 32, 64, 64 s, a second more or less; the user is told once", async (t) => {
  for (let seed = 1; seed <= 5; seed++) {
    const bench = await DhcpBench.open({ seed });
    bench.server.silent = true;
    bench.dhcp();
    bench.run(600);
    const { dhcp } = bench.heard();
    const gaps = dhcp.slice(1).map(({ at }, index) => (at - (dhcp[index]?.at ?? 0)) / 1000);
    for (const [index, gap] of gaps.entries()) {
      const wanted = Math.min(64, 4 * 2 ** index);
      t.ok(Math.abs(gap - wanted) <= 1, `${gap} is ${wanted}`);
    }
    t.ok(gaps.length >= 11);
    t.same(
      dhcp.slice(0, 4).map(({ broadcast }) => broadcast),
      [false, false, true, true],
      "from the third on the answer may go to everybody",
    );
    t.same(
      dhcp.map(({ secs }) => secs),
      dhcp.map(({ at }) => Math.floor((at - (dhcp[0]?.at ?? 0)) / 1000)),
    );
    t.same(bench.told(), ["silent"]);
    await bench.close();
  }
});

t.test("another station has the address: DECLINE, ten seconds, another address", async (t) => {
  const bench = await DhcpBench.open();
  bench.dhcp();
  bench.run(3);
  bench.lab.say(arp({ sip: FIRST, tip: FIRST }));
  bench.lab.run(1);
  const at = bench.lab.clock.now();
  t.same([bench.told(), bench.addresses], [[`taken ${GOT}`], []]);
  bench.run(9.9);
  const { dhcp } = bench.heard();
  const decline = dhcp.at(-1);
  t.same([decline?.type, decline?.from, decline?.to, decline?.ciaddr], [4, "0.0.0.0", ALL, "0.0.0.0"]);
  t.same([decline?.options.get(50), decline?.options.get(54)], [FIRST.split(".").map(Number), SERVER.split(".").map(Number)]);
  bench.run(UP);
  t.same(bench.addresses, ["192.168.10.51/24"]);
  const again = bench.heard().dhcp[0];
  t.ok(again && again.type === 1 && again.at - at >= 9999);
  t.notOk(again?.options.has(50), "nobody asks for what another has");
  // In use: defended once, then left.
  bench.told();
  for (let round = 0; round < 2; round++) bench.lab.say(arp({ sip: "192.168.10.51", tip: "192.168.10.99", sha: T1 }));
  bench.lab.run(1);
  t.same(bench.told(), ["defended 192.168.10.51/24", "taken 192.168.10.51/24"]);
  t.same(bench.addresses, []);
  bench.run(10 + UP);
  t.same(bench.addresses, ["192.168.10.52/24"]);
  await bench.close();
});

t.test("a link that comes back: the address stays meanwhile, and its server is asked again (RFC 2131 3.7)", async (t) => {
  const bench = await DhcpBench.open();
  const app = bench.dhcp();
  bench.run(UP);
  const flap = (seconds: number): void => {
    bench.lab.nic.port.plugged = false;
    bench.run(seconds);
    bench.heard();
    bench.lab.nic.port.plugged = true;
    bench.run(5);
  };
  flap(5);
  t.same([bench.said(), bench.addresses], [[`REQUEST > ${ALL}`, `ACK > ${FIRST}`], [GOT]]);
  t.same(bench.told(), [`got ${GOT}`, `renewed ${GOT}`]);
  // Nobody answers: the lease runs on, and is renewed when its time comes.
  bench.server.silent = true;
  flap(5);
  bench.run(20);
  t.same([app.state, bench.addresses], ["BOUND", [GOT]]);
  bench.server.silent = false;
  // Without a link to the end of the lease.
  bench.lab.nic.port.plugged = false;
  bench.run(3700);
  t.same([bench.addresses, bench.told()], [[], [`lost ${GOT} expired`]]);
  t.equal(app.state, "STOPPED");
  bench.lab.nic.port.plugged = true;
  bench.run(UP);
  t.same(bench.addresses, [GOT]);
  await bench.close();
});

t.test("given back at the end, where the rig says so; else kept", async (t) => {
  for (const release of ["yes", "no"] as const) {
    const bench = await DhcpBench.open();
    const app = bench.dhcp({ release });
    bench.run(UP);
    bench.heard();
    app.stop();
    bench.run(1);
    const { dhcp } = bench.heard();
    t.same(
      dhcp.map(({ type, to, ciaddr }) => [type, to, ciaddr]),
      release === "yes" ? [[7, SERVER, FIRST]] : [],
    );
    t.equal(bench.leases.load("bench/eth0/dhcp") === null, release === "yes");
    bench.run(7200);
    t.same(bench.heard().dhcp, []);
    await bench.close();
  }
});

t.test("link-local until a server answers; then that goes", async (t) => {
  const bench = await DhcpBench.open();
  bench.server.silent = true;
  bench.dhcp({ fallback: "link-local" });
  bench.run(60);
  const [own = ""] = bench.addresses;
  t.match(own, /^169\.254\.\d+\.\d+\/16$/);
  t.match(bench.told(), ["silent", `got ${own}`]);
  const asked = bench.heard().dhcp;
  t.ok(
    asked.every(({ from }) => from === "0.0.0.0"),
    "a client without a lease has no address to a server (RFC 2131 4.1)",
  );
  bench.server.silent = false;
  bench.run(90);
  t.same([bench.addresses, bench.told()], [[GOT], [`got ${GOT}`]]);
  await bench.close();
});

t.test("profile lowpower asks nobody whether the address is free; so does probe: never", async (t) => {
  for (const [profile, probe, probes] of [
    ["lowpower", undefined, 0],
    ["lowpower", "always", 3],
    ["linux", "never", 0],
    ["strict", undefined, 3],
  ] as const) {
    const bench = await DhcpBench.open({ neighbours: { profile } });
    bench.dhcp({ ...(probe && { probe }) });
    bench.run(UP);
    t.equal(bench.heard().probes, probes, `${profile} ${probe}`);
    t.same(bench.addresses, [GOT]);
    await bench.close();
  }
});

t.test("what a lease brings: classless routes, MTU, name servers, domain, broadcast address; gone with it", async (t) => {
  const options = new Map<number, Uint8Array>([
    [DhcpOption.CLASSLESS_ROUTES, Uint8Array.of(8, 10, 192, 168, 10, 9, 32, 172, 16, 0, 1, 0, 0, 0, 0, 0, 192, 168, 10, 254)],
    [DhcpOption.INTERFACE_MTU, Uint8Array.of(1400 >> 8, 1400 & 0xff)],
    [DhcpOption.NAME_SERVER, words(0xc0a80a01, 0x08080808, 0xc0a80a01)],
    [DhcpOption.DOMAIN_NAME, new TextEncoder().encode("field.example\0")],
    [DhcpOption.BROADCAST, words(0xc0a80aff)],
  ]);
  const bench = await DhcpBench.open({ server: { options, seconds: 300 } });
  const { stack } = bench.lab;
  const before = bench.device.mtu;
  bench.dhcp();
  bench.run(UP);
  const hop = (address: number): string => formatIpv4(stack.ip.routes.lookup(address)?.gateway ?? 0);
  t.same([hop(0x0a010203), hop(0x08080808)], ["192.168.10.9", "192.168.10.254"], "the router option does not count beside them");
  t.ok(stack.ip.routes.lookup(0xac100001 | 0), "a route without a router leads to the link");
  t.equal(bench.device.mtu, 1400);
  t.same(
    stack.nameServers.list.map((address) => formatIpv4(address as number)),
    [SERVER, "8.8.8.8"],
  );
  t.equal(stack.nameServers.domain, "field.example");
  bench.server.silent = true;
  bench.run(320);
  t.same([bench.addresses, bench.device.mtu, stack.nameServers.list], [[], before, []]);
  t.equal(stack.ip.routes.lookup(0x0a010203), null);
  await bench.close();
});

t.test("a lease without an end is never renewed; nor is its address dynamic", async (t) => {
  const bench = await DhcpBench.open({ server: { seconds: 0xffffffff } });
  bench.dhcp();
  bench.run(UP);
  bench.heard();
  bench.run(30 * 86_400);
  t.same(bench.heard().dhcp, []);
  t.same(bench.addresses, [GOT]);
  t.equal(bench.lab.stack.ip.addresses.of(bench.device)[0]?.lifetime.dynamic, false);
  await bench.close();
});

t.test("another link address: the lease of the one before is left", async (t) => {
  const bench = await DhcpBench.open();
  bench.dhcp();
  bench.run(UP);
  bench.device.setAddress(Uint8Array.from(mac(T1)));
  t.same(bench.told(), [`got ${GOT}`, `lost ${GOT} refused`]);
  bench.run(UP);
  t.same(bench.addresses, ["192.168.10.51/24"]);
  await bench.close();
});

t.test("boards of one rig file that start together do not ask in step", async (t) => {
  const times = new Set<number>();
  for (let host = 1; host <= 5; host++) {
    const bench = await DhcpBench.open();
    bench.device.setAddress(Uint8Array.of(2, 0, 0, 0, 9, host));
    bench.dhcp({ delay: 10_000 });
    bench.run(10);
    const [first] = bench.heard().dhcp;
    if (first) times.add(first.at).add(first.xid);
    await bench.close();
  }
  t.equal(times.size, 10, "five times and five transactions");
});
