/** Several stacks on one neighbour table, as network namespaces share the kernel's; lo; constructors; confirmation from above. */
import t from "tap";
import { nudName } from "../../../firmware-ts/neigh/states.ts";
import { Iff } from "../../../firmware-ts/net/device.ts";
import { ipv4, Stack } from "../../../firmware-ts/stack.ts";
import { SeededRandom } from "../../../hal/random.ts";
import { WireNic } from "../../../hal/simulated/wire-nic.ts";
import { Lab } from "../../support/lab.ts";
import { arp, arpReply, T1 } from "../../support/wire-format.ts";

t.test("two stacks on one table: entries of the same address apart, thresholds and statistics together", async (t) => {
  const lab = await Lab.open();
  const { table } = lab.stack.neighbours(4);
  const other = new Stack({ clock: lab.clock, random: new SeededRandom(9), neighbours: { sharedWith: lab.stack } });
  const nic = new WireNic(lab.clock, lab.wire, "other", Uint8Array.of(2, 0, 0, 0, 0, 9));
  const eth0 = other.addDevice("eth0", nic);
  await eth0.open();
  other.addAddress(eth0, "10.0.0.9/24");
  lab.poke();
  const socket = other.udp.open(1);
  socket.send(new Uint8Array(1), socket.to("10.0.0.2", 9));
  lab.run(0);
  t.same(lab.heard(), ["0 who-has 10.0.0.2 tell 10.0.0.1 us > all", "0 who-has 10.0.0.2 tell 10.0.0.9 02:00:00:00:00:09 > all"]);
  t.same(
    [
      table.entries,
      table.list(lab.stack.neighbours(4).namespace).length,
      table.list(other.neighbours(4).namespace).length,
      table.gc.entries,
    ],
    [2, 1, 1, 2],
  );
  lab.say(arpReply());
  t.same([lab.state(), nudName(table.find(ipv4("10.0.0.2"), eth0)?.nudState ?? 0)], ["REACHABLE", "INCOMPLETE"]);
  t.equal(lab.heard().length, 1, "what waited in the one went out by the one");
  await other.close();
  t.same([table.entries, lab.state()], [1, "REACHABLE"]);
  lab.run(60_000);
  t.equal(lab.poke(), "sent", "the table lives on");
});

t.test("a proxy entry of one stack is not another's", async (t) => {
  const lab = await Lab.open();
  const { table } = lab.stack.neighbours(4);
  const other = new Stack({ clock: lab.clock, random: new SeededRandom(9), neighbours: { sharedWith: lab.stack } });
  table.proxies.add(ipv4("10.9.9.9"), null, { namespace: lab.stack.neighbours(4).namespace });
  const eth0 = other.addDevice("eth0", new WireNic(lab.clock, lab.wire, "other", Uint8Array.of(2, 0, 0, 0, 0, 9)));
  t.ok(table.proxies.find(ipv4("10.9.9.9"), lab.eth0));
  t.equal(table.proxies.find(ipv4("10.9.9.9"), eth0), null);
});

t.test("lo: 127.0.0.1/8, the first device; what goes to ourselves goes by its one neighbour 0.0.0.0", async (t) => {
  const lab = await Lab.open({ loopback: true });
  const { lo } = lab.stack;
  if (!lo) throw new Error("no lo");
  await Promise.resolve();
  t.same([lo.ifindex, lo.up, lo.hasCarrier, lo.flags], [1, true, true, Iff.UP | Iff.LOOPBACK]);
  const got: string[] = [];
  lab.stack.udp.open(5000).onDatagram = (bytes, at, length) => got.push(Buffer.from(bytes.subarray(at, at + length)).toString());
  for (const to of ["127.0.0.1", "127.9.9.9", "10.0.0.1"])
    t.equal(lab.socket.send(Buffer.from(to), lab.socket.to(to, 5000)).status, "sent", to);
  t.same(got, [], "not within the call");
  lab.run(0);
  t.same(got, ["127.0.0.1", "127.9.9.9", "10.0.0.1"]);
  t.same([lab.heard(), lab.inUse, lo.statistics.rxPackets], [[], 0, 3]);
  const entries = lab.stack.neighbours(4).table.list();
  t.same(
    entries.map((entry) => [entry.key, nudName(entry.nudState), [...entry.address], entry.device.name, entry.onGcList]),
    [[0, "NOARP", [0, 0, 0, 0, 0, 0], "lo", false]],
  );
  t.same(
    lab.stack.ip.addresses.of(lo).map(({ scope }) => scope),
    [254],
  );
});

t.test("point-to-point: whatever the address, one neighbour, reached by the broadcast address", async (t) => {
  const lab = await Lab.open({ addresses: [] });
  const nic = new WireNic(lab.clock, lab.wire, "ppp0", Uint8Array.of(2, 0, 0, 0, 0, 5));
  const ppp = lab.stack.addDevice("ppp0", nic, { flags: Iff.POINTOPOINT | Iff.MULTICAST });
  await ppp.open();
  lab.stack.addAddress(ppp, "10.5.0.1/24");
  for (const to of ["10.5.0.2", "10.5.0.3", "10.5.0.255"]) t.equal(lab.poke(to), "sent");
  t.same(
    lab.heard().map((line) => line.split(" > ")[1]),
    ["all", "all", "all"],
  );
  t.same(
    lab.stack
      .neighbours(4)
      .table.list()
      .map(({ key, nudState }) => [key, nudName(nudState)]),
    [[0, "NOARP"]],
  );
});

t.test("confirmed from above without a packet: the time moves, the state does not", async (t) => {
  const lab = await Lab.open({ addresses: ["10.0.0.1/24"] });
  lab.say(arp());
  lab.take();
  lab.run(1000);
  lab.socket.confirm(lab.to("10.0.0.2"));
  t.same([lab.entry().confirmed, lab.state(), lab.heard()], [1000, "STALE", []]);
  lab.socket.confirm(lab.to("10.0.0.7"));
  t.equal(lab.state("10.0.0.7"), "-", "nobody is made up for it");
  lab.socket.confirm(lab.to("10.0.0.1"));
  lab.socket.confirm(lab.to("224.0.0.1"));
  t.equal(lab.stack.neighbours(4).table.entries, 1);
});

t.test("confirmed in DELAY: no probe; in PROBE: too late", async (t) => {
  const lab = await Lab.open();
  lab.say(arp());
  lab.take();
  lab.poke();
  lab.run(4000);
  lab.socket.confirm(lab.to("10.0.0.2"));
  lab.run(1500);
  t.same([lab.state(), lab.heard().filter((line) => line.includes("who-has"))], ["REACHABLE", []]);
  const late = await Lab.open();
  late.say(arp());
  late.poke();
  late.run(5500);
  late.socket.confirm(late.to("10.0.0.2"));
  t.equal(late.state(), "PROBE");
  late.run(4000);
  t.equal(late.state(), "FAILED");
});

t.test("a broadcast with MSG_CONFIRM confirms nobody", async (t) => {
  const lab = await Lab.open();
  lab.poke("10.0.0.255");
  lab.run(1000);
  const before = lab.entry("10.0.0.255").confirmed;
  lab.poke("10.0.0.255", "x", true);
  t.equal(lab.entry("10.0.0.255").confirmed, before);
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  lab.poke("10.0.0.2", "x", true);
  t.equal(lab.entry().confirmed, 1000);
});

t.test("counters by nstat's names", async (t) => {
  const lab = await Lab.open();
  lab.say(arp());
  lab.poke();
  lab.poke("8.8.8.8");
  lab.socket.sendBuffer = 1;
  const values = Object.fromEntries(lab.stack.counters().filter(([, value]) => value > 0));
  t.same(values, { IpOutRequests: 1, IpOutNoRoutes: 1, IpOutTransmits: 1, UdpOutDatagrams: 1 });
  t.equal(new Set(lab.stack.counters().map(([name]) => name)).size, lab.stack.counters().length);
});

t.test("a full table: the datagram is refused, and counted where Linux counts it", async (t) => {
  const lab = await Lab.open();
  lab.stack.neighbours(4).table.gc.thresh2 = 0;
  lab.stack.neighbours(4).table.gc.thresh3 = 0;
  t.equal(lab.poke(), "failed NEIGH_CREATEFAIL");
  const values = Object.fromEntries(lab.stack.counters().filter(([, value]) => value > 0));
  t.same(values, { IpOutRequests: 1, IpOutDiscards: 1, IpOutTransmits: 1, UdpSndbufErrors: 1, ArpTableFulls: 1 });
});
