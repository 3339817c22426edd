/** A destination keeps its way and its neighbour: it looks nothing up while nothing changes, and notices at once whatever does. */
import fc from "fast-check";
import t from "tap";
import { formatIp } from "../../../firmware-ts/ip/endpoint.ts";
import { ipv4, Stack } from "../../../firmware-ts/stack.ts";
import { VirtualClock } from "../../../hal/clock.ts";
import { SeededRandom } from "../../../hal/random.ts";
import { WireNic } from "../../../hal/simulated/wire-nic.ts";
import { Lab, type LabOptions, say } from "../../support/lab.ts";
import { arp, arpReply, T1, T2 } from "../../support/wire-format.ts";

const FAR = "198.51.100.7";

/** A bench with one destination, made before anything else happens. */
async function kept(host: string, options: LabOptions = {}): Promise<{ lab: Lab; send: () => string; heard: () => string[] }> {
  const lab = await Lab.open(options);
  lab.to(host);
  return {
    lab,
    send: () => lab.poke(host),
    heard: () => lab.heard().map((line) => line.replace(/^\d+ /, "")),
  };
}

t.test("in steady state nothing is looked up", async (t) => {
  const { lab, send } = await kept(FAR, { loopback: true });
  const { routes } = lab.stack.ip;
  const { table } = lab.stack.neighbours(4);
  lab.stack.addRoute({ to: "default", via: "10.0.0.2" });
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  const ourselves = lab.to("10.0.0.1");
  send();
  lab.poke("10.0.0.1");
  let lookups = 0;
  const [lookup, find] = [routes.lookup, table.find];
  routes.lookup = (...asked) => {
    lookups++;
    return lookup.apply(routes, asked);
  };
  table.find = (...asked) => {
    lookups++;
    return find.apply(table, asked);
  };
  for (let n = 0; n < 5; n++) t.equal(send(), "sent");
  t.equal(lookups, 0);
  // Without the receiving side, which looks up what it got.
  for (let n = 0; n < 5; n++) t.equal(say(lab.socket.send(Uint8Array.of(1), ourselves)), "sent");
  t.equal(lookups, 0, "to ourselves");
  lab.stack.addRoute({ to: "192.0.2.0/24", via: "10.0.0.3" });
  send();
  t.ok(lookups > 0, "the counter counts");
});

t.test("routes: the next datagram takes the one that came, changed or went", async (t) => {
  const { lab, send, heard } = await kept(FAR);
  const { stack, eth0 } = lab;
  stack.addNeighbour("10.0.0.2", T1, eth0);
  stack.addNeighbour("10.0.0.3", T2, eth0);
  t.equal(send(), "failed IP_OUTNOROUTES");
  stack.addRoute({ to: "default", via: "10.0.0.2" });
  t.equal(send(), "sent");
  stack.addRoute({ to: "198.51.100.0/24", via: "10.0.0.3" });
  t.equal(send(), "sent");
  stack.removeRoute({ to: "198.51.100.0/24" });
  t.equal(send(), "sent");
  stack.addRoute({ to: "default", via: "10.0.0.3", replace: true });
  t.equal(send(), "sent");
  stack.removeRoute({ to: "default" });
  t.equal(send(), "failed IP_OUTNOROUTES");
  const line = `udp 10.0.0.1 ${FAR}:9 hi > `;
  t.same(heard(), [`${line}T1`, `${line}T2`, `${line}T1`, `${line}T2`]);
});

t.test("addresses: the next datagram has the source that is right by then", async (t) => {
  const { lab, send, heard } = await kept(FAR);
  const { stack, eth0 } = lab;
  stack.addNeighbour("10.0.0.2", T1, eth0);
  stack.addRoute({ to: "default", via: "10.0.0.2" });
  const destination = lab.to(FAR);
  send();
  t.same([formatIp(destination.source), destination.room], ["10.0.0.1", 1480]);
  stack.addAddress(eth0, "198.51.100.1/25");
  t.equal(formatIp(destination.source), "198.51.100.1");
  t.equal(send(), "queued", "on the link now");
  stack.removeAddress(eth0, "198.51.100.1/25");
  t.equal(send(), "sent");
  stack.removeAddress(eth0, "10.0.0.1/24");
  t.equal(send(), "failed IP_OUTNOROUTES");
  t.same([formatIp(destination.source), destination.room], ["0.0.0.0", -1]);
  t.same(heard(), [`udp 10.0.0.1 ${FAR}:9 hi > T1`, `who-has ${FAR} tell 198.51.100.1 us > all`, `udp 10.0.0.1 ${FAR}:9 hi > T1`]);
});

t.test("an address that becomes ours, and is given up", async (t) => {
  for (const loopback of [false, true]) {
    const { lab, send, heard } = await kept("10.0.0.2", { loopback });
    lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
    let got = 0;
    lab.stack.udp.open(9).onDatagram = () => got++;
    send();
    lab.stack.addAddress(lab.eth0, "10.0.0.2/24");
    t.equal(send(), "sent");
    lab.stack.removeAddress(lab.eth0, "10.0.0.2/24");
    send();
    t.same([got, heard()], [1, Array(2).fill("udp 10.0.0.1 10.0.0.2:9 hi > T1")], loopback ? "with lo" : "without lo");
  }
});

t.test("a neighbour deleted, made anew, collected, or flushed", async (t) => {
  const { lab, send, heard } = await kept("10.0.0.2");
  const { stack, eth0 } = lab;
  const { table } = stack.neighbours(4);
  stack.addNeighbour("10.0.0.2", T1, eth0);
  t.equal(send(), "sent");
  table.delete(lab.entry());
  t.equal(send(), "queued", "deleted: asked for again");
  lab.say(arpReply());
  t.equal(send(), "sent");
  table.delete(lab.entry());
  stack.addNeighbour("10.0.0.2", T2, eth0);
  t.equal(send(), "sent", "another entry already");
  table.remove(lab.entry(), "gc");
  t.equal(send(), "queued", "collected");
  lab.say(arpReply());
  table.flushDevice(eth0, false);
  t.equal(send(), "queued", "flushed");
  lab.say(arp({ op: 2, sha: T2 }));
  t.same(
    heard().filter((line) => line.startsWith("udp")),
    ["T1", "T1", "T1", "T2", "T1", "T2"].map((mac) => `udp 10.0.0.1 10.0.0.2:9 hi > ${mac}`),
  );
  t.equal(table.entries, 1);
});

t.test("the device: down and up, another link address, another MTU, no ARP, no carrier", async (t) => {
  const { lab, send, heard } = await kept("10.0.0.2");
  const { stack, eth0 } = lab;
  stack.addNeighbour("10.0.0.2", T1, eth0);
  t.equal(send(), "sent");
  await eth0.close();
  t.equal(send(), "failed IP_OUTNOROUTES");
  await eth0.open();
  t.equal(send(), "queued", "what was known of neighbours went");
  lab.say(arpReply());
  lab.take();
  for (const [mtu, frames] of [
    [100, 2],
    [1500, 1],
  ] as const) {
    eth0.setMtu(mtu);
    t.equal(lab.poke("10.0.0.2", new Uint8Array(100)), "sent");
    t.equal(lab.take().length, frames);
  }
  eth0.setAddress(Uint8Array.of(2, 0, 0, 0, 0, 0x99));
  t.equal(send(), "queued");
  t.same(heard(), ["who-has 10.0.0.2 tell 10.0.0.1 02:00:00:00:00:99 > all"], "from the new address");
  lab.say(arpReply({ to: "02:00:00:00:00:99", tha: "02:00:00:00:00:99" }));
  lab.take();
  lab.port.plugged = false;
  t.equal(send(), "queued", "the entry went with the carrier");
  lab.port.plugged = true;
  lab.say(arpReply({ to: "02:00:00:00:00:99", tha: "02:00:00:00:00:99" }));
  t.equal(heard().at(-1), "udp 10.0.0.1 10.0.0.2:9 hi > T1");
  eth0.setArp(false);
  t.equal(send(), "sent", "to the device's own address");
  eth0.setArp(true);
  t.equal(send(), "queued");
});

t.test("a device taken out, and another that has its network", async (t) => {
  const { lab, send, heard } = await kept("10.0.0.2");
  const { stack, eth0 } = lab;
  stack.addNeighbour("10.0.0.2", T1, eth0);
  t.equal(send(), "sent");
  await stack.removeDevice(eth0);
  t.equal(send(), "failed IP_OUTNOROUTES");
  const eth1 = stack.addDevice("eth1", new WireNic(lab.clock, lab.wire, "eth1", Uint8Array.of(2, 0, 0, 0, 0, 5)));
  await eth1.open();
  stack.addAddress(eth1, "10.0.0.9/24");
  stack.addNeighbour("10.0.0.2", T2, eth1);
  t.equal(send(), "sent");
  t.match(heard(), ["udp 10.0.0.1 10.0.0.2:9 hi > T1", /^udp 10\.0\.0\.9 10\.0\.0\.2:9 hi .*> T2$/]);
});

t.test("what is no destination", async (t) => {
  const lab = await Lab.open({ addresses: ["10.0.0.1/24", "10.0.0.11/24"] });
  const { udp, ping } = lab.stack;
  const socket = udp.open();
  for (const host of ["", "10.0.0", "10.0.0.2:9", "host", "::g"]) {
    t.throws(() => socket.to(host, 9), { code: "ADDRESS_INVALID" }, host);
    t.throws(() => ping.to(host), { code: "ADDRESS_INVALID" }, host);
  }
  for (const port of [-1, 65_536, 1.5, Number.NaN])
    t.throws(() => socket.to("10.0.0.2", port), { code: "PORT_INVALID" }, `${port}`);
  t.throws(() => socket.to("fd00::2", 9), { code: "FAMILY_UNSUPPORTED" });
  t.throws(() => udp.open(0, "fd00::2"), { code: "FAMILY_UNSUPPORTED" });
  const bound = udp.open(0, "10.0.0.11");
  t.throws(() => socket.send(new Uint8Array(1), bound.to("10.0.0.2", 9)), /another source address/);
  t.throws(() => bound.confirm(socket.to("10.0.0.2", 9)), /another source address/);
  const { stack: other } = await Lab.open({ addresses: ["10.0.0.1/24"] });
  const before = lab.stack.network.pool.inUse;
  t.throws(() => socket.send(new Uint8Array(1), other.udp.open().to("10.0.0.2", 9)), /another stack/);
  t.throws(() => socket.confirm(other.udp.open().to("10.0.0.2", 9)), /another stack/);
  t.throws(() => ping.open().send(other.ping.to("10.0.0.2"), 1, 56), /another stack/);
  t.equal(lab.stack.network.pool.inUse, before, "and keeps no buffer");
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  const twin = udp.open(0, "10.0.0.11");
  t.equal(say(twin.send(new Uint8Array(1), bound.to(ipv4("10.0.0.2"), 9))), "sent", "the same source: any socket's will do");
  const open = socket.to("10.0.0.2", 9);
  socket.close();
  t.throws(() => socket.send(new Uint8Array(1), open), /closed/);
});

t.test("two stacks: each destination belongs to its own", async (t) => {
  const clock = new VirtualClock();
  const stacks = [1, 2].map((seed) => new Stack({ clock, random: new SeededRandom(seed) }));
  const [one, other] = stacks.map((stack) => stack.udp.open().to("10.0.0.2", 9));
  t.not(one?.layer, other?.layer);
  for (const stack of stacks) await stack.close();
});

/** An event between two datagrams. */
type Event =
  | { kind: "route" | "unroute"; to: number; via: number }
  | { kind: "address" | "unaddress" | "static" | "forget" | "reply" | "request"; which: number }
  | { kind: "down" | "up" | "plug" | "unplug" }
  | { kind: "run"; ms: number }
  | { kind: "mtu"; mtu: number };

const PREFIXES = ["default", "198.51.100.0/24", "198.51.100.0/25", "10.0.0.0/25"];
const VIAS = ["10.0.0.2", "10.0.0.3", "10.0.0.4"];
const ADDRESSES = ["10.0.0.1/24", "10.0.0.11/24", "198.51.100.1/26", "10.0.0.2/24"];
const HOSTS = ["10.0.0.2", "10.0.0.3", "10.0.0.4", FAR];
const TARGETS = ["10.0.0.2", FAR, "10.0.0.1", "10.0.0.255", "224.0.0.1", "255.255.255.255"];

const events: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ kind: fc.constantFrom("route" as const, "unroute" as const), to: fc.nat(3), via: fc.nat(2) }),
  fc.record({
    kind: fc.constantFrom(...(["address", "unaddress", "static", "forget", "reply", "request"] as const)),
    which: fc.nat(3),
  }),
  fc.record({ kind: fc.constantFrom(...(["down", "up", "plug", "unplug"] as const)) }),
  fc.record({ kind: fc.constant("run" as const), ms: fc.nat(40_000) }),
  fc.record({ kind: fc.constant("mtu" as const), mtu: fc.constantFrom(68, 576, 1500) }),
);

async function happen(lab: Lab, event: Event): Promise<void> {
  const { stack, eth0 } = lab;
  try {
    if (event.kind === "run") lab.run(event.ms);
    else if (event.kind === "mtu") eth0.setMtu(event.mtu);
    else if (event.kind === "plug" || event.kind === "unplug") lab.port.plugged = event.kind === "plug";
    else if (event.kind === "down") await eth0.close();
    else if (event.kind === "up") await eth0.open();
    else if (event.kind === "route") {
      stack.addRoute({ to: PREFIXES[event.to] as string, via: VIAS[event.via] as string, replace: true });
    } else if (event.kind === "unroute") stack.removeRoute({ to: PREFIXES[event.to] as string });
    else if (event.kind === "address") stack.addAddress(eth0, ADDRESSES[event.which] as string);
    else if (event.kind === "unaddress") stack.removeAddress(eth0, ADDRESSES[event.which] as string);
    else if (event.kind === "static") stack.addNeighbour(HOSTS[event.which] as string, T2, eth0);
    else if (event.kind === "reply") lab.say(arpReply({ sip: HOSTS[event.which] as string }));
    else if (event.kind === "request") lab.say(arp({ sip: HOSTS[event.which] as string }));
    else if (event.kind === "forget") {
      const entry = stack.neighbours(4).table.find(ipv4(HOSTS[event.which] as string), eth0);
      if (entry) stack.neighbours(4).table.delete(entry);
    }
  } catch (error) {
    // A request that is refused is refused by both.
    if ((error as { code?: string }).code === undefined) throw error;
  }
}

t.test("whatever happens: a destination kept is as good as one made for each datagram", async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(events, { minLength: 5, maxLength: 40 }), fc.boolean(), async (script, loopback) => {
      const [keeper, maker] = [await Lab.open({ loopback }), await Lab.open({ loopback })];
      for (const [step, event] of script.entries()) {
        for (const lab of [keeper, maker]) await happen(lab, event);
        for (const target of TARGETS) {
          const said = say(keeper.socket.send(Buffer.from(`${step}`), keeper.to(target), step));
          const wanted = say(maker.socket.send(Buffer.from(`${step}`), maker.socket.to(target, 9), step));
          if (said !== wanted) throw new Error(`step ${step}, to ${target}: ${said}, not ${wanted}`);
        }
        for (const lab of [keeper, maker]) lab.run(0);
      }
      for (const lab of [keeper, maker]) lab.run(10_000);
      const [heard, wanted] = [keeper.heard(), maker.heard()];
      if (heard.join("\n") !== wanted.join("\n")) throw new Error(`heard:\n${heard.join("\n")}\nnot:\n${wanted.join("\n")}`);
      if (keeper.fates.join() !== maker.fates.join()) throw new Error("other fates");
      if (keeper.inUse + maker.inUse > 0) throw new Error("buffers are out");
      for (const lab of [keeper, maker]) await lab.stack.close();
    }),
    { numRuns: 60 },
  );
  t.pass("60 scripts");
});
