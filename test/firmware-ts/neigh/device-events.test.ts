/** Effects of link and device on the table, and the next hop and source address of a packet. */
import t from "tap";
import { ipv4 } from "../../../firmware-ts/stack.ts";
import { WireNic } from "../../../hal/simulated/wire-nic.ts";
import { Lab } from "../../support/lab.ts";
import { arp, arpReply, T1, T2 } from "../../support/wire-format.ts";

/** Entries 10.0.0.2 REACHABLE, .3 STALE, .4 PERMANENT, .255 NOARP, .5 INCOMPLETE, made in this order. */
async function furnished(): Promise<Lab> {
  const lab = await Lab.open();
  lab.poke("10.0.0.2");
  lab.say(arpReply());
  lab.say(arp({ sip: "10.0.0.3" }));
  lab.stack.addNeighbour("10.0.0.4", T2, lab.eth0);
  lab.poke("10.0.0.255");
  lab.poke("10.0.0.5");
  lab.take();
  lab.events.length = 0;
  return lab;
}

t.test("down removes all, PERMANENT ones too, the newest first", async (t) => {
  const lab = await furnished();
  await lab.eth0.close();
  t.same(lab.events, [
    "deleted 10.0.0.5 INCOMPLETE",
    "deleted 10.0.0.255 NOARP",
    "deleted 10.0.0.4 PERMANENT",
    "deleted 10.0.0.3 STALE",
    "deleted 10.0.0.2 REACHABLE",
  ]);
  t.same([lab.stack.neighbours(4).table.entries, lab.stack.neighbours(4).table.gc.entries, lab.inUse], [0, 0, 0]);
  t.equal(lab.poke(), "failed IP_OUTNOROUTES");
  await lab.eth0.open();
  t.equal(lab.poke(), "queued");
  t.same(lab.heard(), ["0 who-has 10.0.0.2 tell 10.0.0.1 us > all"], "up again: nothing is announced");
});

t.test("a lost carrier removes all but PERMANENT ones; its return sends nothing", async (t) => {
  const lab = await furnished();
  lab.port.plugged = false;
  t.same(lab.events, [
    "deleted 10.0.0.5 INCOMPLETE",
    "deleted 10.0.0.255 NOARP",
    "deleted 10.0.0.3 STALE",
    "deleted 10.0.0.2 REACHABLE",
  ]);
  t.equal(lab.poke("10.0.0.4"), "failed TX_CARRIER");
  t.equal(lab.poke("10.0.0.2"), "queued", "it may come back in time");
  lab.run(500);
  lab.port.plugged = true;
  lab.run(499);
  t.same(lab.heard(), []);
  t.equal(lab.poke("10.0.0.4"), "sent");
  lab.run(1);
  lab.say(arpReply());
  t.same(lab.heard(), [
    "999 udp 10.0.0.1 10.0.0.4:9 hi > T2",
    "1000 who-has 10.0.0.2 tell 10.0.0.1 us > all",
    "1000 udp 10.0.0.1 10.0.0.2:9 hi > T1",
  ]);
});

t.test("an entry made while the device is down survives its coming up", async (t) => {
  const lab = await Lab.open();
  await lab.eth0.close();
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  await lab.eth0.open();
  t.equal(lab.poke(), "sent");
});

t.test("one device's going down leaves the other's entries alone", async (t) => {
  const lab = await Lab.open();
  const nic = new WireNic(lab.clock, lab.wire, "eth1", Uint8Array.of(2, 0, 0, 0, 0, 5));
  const eth1 = lab.stack.addDevice("eth1", nic);
  await eth1.open();
  lab.stack.addAddress(eth1, "10.0.1.1/24");
  lab.stack.addNeighbour("10.0.1.2", T1, eth1);
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  await lab.eth0.close();
  t.same([lab.stack.neighbours(4).table.entries, lab.poke("10.0.1.2"), lab.poke("10.0.0.2")], [1, "sent", "failed IP_OUTNOROUTES"]);
});

t.test("broadcast and multicast go to mapped addresses without ARP", async (t) => {
  const lab = await Lab.open();
  lab.stack.addRoute({ to: "default", via: "10.0.0.254" });
  for (const to of ["10.0.0.255", "255.255.255.255", "224.0.0.99", "239.129.2.3"]) t.equal(lab.poke(to), "sent");
  t.same(lab.heard(), [
    "0 udp 10.0.0.1 10.0.0.255:9 hi > all",
    "0 udp 10.0.0.1 255.255.255.255:9 hi > all",
    "0 udp 10.0.0.1 224.0.0.99:9 hi > 01:00:5e:00:00:63",
    "0 udp 10.0.0.1 239.129.2.3:9 hi > 01:00:5e:01:02:03",
  ]);
  t.equal(lab.poke("10.0.0.0"), "queued", "the network's own number is an ordinary address");
});

t.test("off the link the gateway is asked for; the longest prefix and the smallest metric decide", async (t) => {
  const lab = await Lab.open({ addresses: ["10.0.0.1/24", "192.168.1.1/24"] });
  t.equal(lab.poke("8.8.8.8"), "failed IP_OUTNOROUTES");
  lab.stack.addRoute({ to: "default", via: "10.0.0.254", metric: 10 });
  lab.stack.addRoute({ to: "default", via: "192.168.1.254" });
  lab.stack.addRoute({ to: "172.16.0.0/12", via: "10.0.0.253" });
  lab.stack.addRoute({ to: "172.16.5.0/24", device: lab.eth0 });
  for (const to of ["8.8.8.8", "172.20.0.1", "172.16.5.9", "10.0.0.7"]) t.equal(lab.poke(to), "queued");
  t.same(lab.heard(), [
    "0 who-has 192.168.1.254 tell 192.168.1.1 us > all",
    "0 who-has 10.0.0.253 tell 10.0.0.1 us > all",
    "0 who-has 172.16.5.9 tell 10.0.0.1 us > all",
    "0 who-has 10.0.0.7 tell 10.0.0.1 us > all",
  ]);
  lab.say(arpReply({ sip: "192.168.1.254", tip: "192.168.1.1" }));
  t.same(lab.heard(), ["0 udp 192.168.1.1 8.8.8.8:9 hi > T1"]);
});

t.test("0.0.0.0 and 127/8 never go out, default route or not (RFC 1122 3.2.1.3)", async (t) => {
  const lab = await Lab.open();
  lab.stack.addRoute({ to: "default", via: "10.0.0.254" });
  for (const to of ["0.0.0.0", "127.0.0.1", "127.255.255.255"]) t.equal(lab.poke(to), "failed IP_OUTNOROUTES", to);
  t.same([lab.heard(), lab.stack.neighbours(4).table.entries, lab.inUse], [[], 0, 0]);
  t.equal(lab.poke("0.1.2.3"), "queued", "the rest of 0.0.0.0/8 goes by its route, as in Linux 6.18");
  t.same(lab.heard(), ["0 who-has 10.0.0.254 tell 10.0.0.1 us > all"]);
});

t.test("the source address: the one bound, else the first of the subnet; secondaries never by themselves", async (t) => {
  const lab = await Lab.open({ addresses: ["10.0.0.1/24", "10.0.0.11/24", "172.16.0.1/16"] });
  t.same(
    lab.stack.ip.addresses.list.map(({ local, secondary }) => [local === ipv4("10.0.0.11"), secondary]),
    [
      [false, false],
      [false, false],
      [true, true],
    ],
  );
  lab.poke("10.0.0.2");
  lab.poke("172.16.9.9");
  const bound = lab.stack.udp.open(1, "10.0.0.11");
  bound.send(new Uint8Array(1), bound.to("172.16.9.8", 9));
  lab.run(0);
  t.same(lab.heard(), [
    "0 who-has 10.0.0.2 tell 10.0.0.1 us > all",
    "0 who-has 172.16.9.9 tell 172.16.0.1 us > all",
    "0 who-has 172.16.9.8 tell 10.0.0.11 us > all",
  ]);
});

t.test(
  "two devices in one subnet: both addresses stand, the first device's route is used, the other's when it is down",
  async (t) => {
    const lab = await Lab.open();
    const nic = new WireNic(lab.clock, lab.wire, "eth1", Uint8Array.of(2, 0, 0, 0, 0, 5));
    const eth1 = lab.stack.addDevice("eth1", nic);
    await eth1.open();
    lab.stack.addAddress(eth1, "10.0.0.9/24");
    t.same(
      lab.stack.ip.routes.list.map(({ device }) => device?.name),
      ["eth0", "eth1"],
    );
    lab.poke();
    await lab.eth0.close();
    lab.poke();
    t.same(lab.heard(), ["0 who-has 10.0.0.2 tell 10.0.0.1 us > all", "0 who-has 10.0.0.2 tell 10.0.0.9 02:00:00:00:00:05 > all"]);
  },
);

t.test("what cannot be: said with a code, and nothing half done", async (t) => {
  const lab = await Lab.open();
  const { stack, eth0 } = lab;
  const state = (): number[] => [stack.ip.addresses.list.length, stack.ip.routes.list.length, stack.neighbours(4).table.entries];
  const before = state();
  const refusals: [string, () => void][] = [
    ["ADDRESS_EXISTS", () => stack.addAddress(eth0, "10.0.0.1/24")],
    ["ADDRESS_INVALID", () => stack.addAddress(eth0, "10.0.0/24")],
    ["ADDRESS_INVALID", () => stack.addAddress(eth0, "10.0.0.1/33")],
    ["ADDRESS_INVALID", () => stack.addAddress(eth0, "10.0.0.1/")],
    ["ADDRESS_INVALID", () => stack.addAddress(eth0, "10.0.0.01/24")],
    ["ADDRESS_INVALID", () => stack.addAddress(eth0, "10.0.0.256/24")],
    ["ROUTE_UNREACHABLE", () => stack.addRoute({ to: "default", via: "192.168.1.1" })],
    ["ROUTE_UNREACHABLE", () => stack.addRoute({ to: "default" })],
    ["ROUTE_INVALID", () => stack.addRoute({ to: "10.0.0.1/8", via: "10.0.0.2" })],
    ["ROUTE_EXISTS", () => stack.addRoute({ to: "10.0.0.0/24", via: "10.0.0.2" })],
    ["LLADDR_INVALID", () => stack.addNeighbour("10.0.0.2", "02:00:00:00:00", eth0)],
    ["ADDRESS_INVALID", () => stack.addNeighbour("10.0.0", T1, eth0)],
  ];
  for (const [code, refused] of refusals) t.throws(refused, { code });
  t.same(state(), before);
});

t.test("a static entry over a dynamic one, twice, deleted: then resolution as usual", async (t) => {
  const lab = await Lab.open();
  lab.poke();
  lab.say(arpReply());
  t.equal(lab.stack.neighbours(4).table.gc.entries, 1);
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  lab.stack.addNeighbour("10.0.0.2", T2, lab.eth0);
  t.same([lab.stack.neighbours(4).table.entries, lab.stack.neighbours(4).table.gc.entries], [1, 0]);
  lab.take();
  lab.poke();
  lab.stack.neighbours(4).table.delete(lab.entry());
  lab.poke();
  t.same(lab.heard(), ["0 udp 10.0.0.1 10.0.0.2:9 hi > T2", "0 who-has 10.0.0.2 tell 10.0.0.1 us > all"]);
});
