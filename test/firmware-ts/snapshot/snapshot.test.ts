/** A snapshot has what a stack knows; a stack that it is restored to goes on as the other would have. Nothing else gets in. */
import t, { type Test } from "tap";
import { Nud, nudName } from "../../../firmware-ts/neigh/states.ts";
import type { NetDevice } from "../../../firmware-ts/net/device.ts";
import type { Snapshot } from "../../../firmware-ts/snapshot/form.ts";
import { ipv4, macAddress, Stack } from "../../../firmware-ts/stack.ts";
import { VirtualClock } from "../../../hal/clock.ts";
import { SeededRandom } from "../../../hal/random.ts";
import { EthernetSegment } from "../../../hal/simulated/segment.ts";
import { WireNic } from "../../../hal/simulated/wire-nic.ts";

const HOUR = 3_600_000;
const GATEWAY = "10.0.0.1";

/** A node and its gateway on a wire; `epoch` is the wall time at the start. */
class Site {
  readonly clock: VirtualClock;
  readonly node: Stack;
  readonly eth0: NetDevice;
  readonly #far: Stack;
  arpOut = 0;

  private constructor(epoch: number, six: boolean) {
    this.clock = new VirtualClock(epoch);
    const segment = new EthernetSegment(this.clock, new SeededRandom("wire"));
    const families = six ? [6 as const] : [];
    this.node = new Stack({ clock: this.clock, random: new SeededRandom(epoch), families, loopback: true });
    this.eth0 = this.node.addDevice("eth0", new WireNic(this.clock, segment, "node", macAddress("02:00:00:00:00:02")));
    this.#far = new Stack({ clock: this.clock, random: new SeededRandom(2), families });
    const far = this.#far.addDevice("eth0", new WireNic(this.clock, segment, "far", macAddress("02:00:00:00:00:01")));
    void far.open();
    void this.eth0.open();
    this.#far.addAddress(far, `${GATEWAY}/24`);
    this.node.network.tap((skb, device, outgoing) => {
      if (outgoing && device === this.eth0 && skb.view.getUint16(skb.data + 12) === 0x0806) this.arpOut++;
    });
  }

  static async open(epoch = 1e12, six = true): Promise<Site> {
    const site = new Site(epoch, six);
    await site.clock.advance(3000);
    return site;
  }

  async equip(): Promise<void> {
    const { node, eth0, clock } = this;
    node.addAddress(eth0, "10.0.0.2/24", { label: "eth0:main" });
    node.addAddress(eth0, "10.0.0.3/24", { lifetimes: { valid: 7200, preferred: 3600 } });
    node.addAddress(eth0, "192.0.2.1/32", { peer: ipv4("192.0.2.2"), noPrefixRoute: true });
    node.addAddress(eth0, "fd00::2/64", { noDad: true });
    node.addRoute({ to: "default", via: GATEWAY });
    node.addRoute({ to: "10.9.0.0/16", via: GATEWAY, metric: 7, protocol: "static", mtu: 1400, mtuLock: true });
    node.addRoute({
      to: "10.8.0.0/16",
      nexthops: [
        { via: GATEWAY, weight: 2 },
        { via: "10.0.0.9", weight: 1 },
      ],
    });
    node.addRoute({ to: "10.7.0.0/16", type: 7 });
    node.addRoute({ to: "10.6.0.0/16", via: GATEWAY, source: "10.0.0.2" });
    node.addRoute({ to: "10.5.0.0/16", via: "fd00::1", device: eth0 });
    node.addRoute({ to: "fd01::/64", via: "fd00::1" });
    node.addRoute({ to: "fd02::/64", via: "fd00::1", source: "fd00::2", metric: 5 });
    node.addNeighbour("10.0.0.77", "02:00:00:00:00:77", eth0);
    node.addNeighbour("fd00::77", "02:00:00:00:00:78", eth0);
    const socket = node.udp.open(5000);
    socket.tos = 16;
    socket.groups.join("239.1.2.3", eth0);
    const six = node.udp.open(5002, "fd00::2");
    six.groups.join("ff05::7", eth0);
    const bound = node.udp.open(5001, "10.0.0.2");
    bound.connect(ipv4("10.0.0.1"), 99);
    socket.send(Uint8Array.of(1), socket.to(GATEWAY, 9));
    await clock.advance(100);
  }

  state(host: string): string {
    return nudName(this.node.neighbours(4).table.find(ipv4(host), this.eth0)?.nudState ?? Nud.NONE);
  }

  async close(): Promise<void> {
    for (const socket of this.node.udp.sockets) socket.close();
    await this.node.close();
    await this.#far.close();
  }
}

/** Without the times, which go on, and counters, which count. */
function lasting({ addresses, routes, neighbours, sockets }: Snapshot): unknown {
  const ageless = neighbours.map(({ device, address, lladdr, state, flags }) => ({ device, address, lladdr, state, flags }));
  return { addresses, routes, neighbours: ageless.toSorted((a, b) => (a.address < b.address ? -1 : 1)), sockets };
}

async function saved(t: Test): Promise<string> {
  const site = await Site.open();
  await site.equip();
  t.equal(site.state(GATEWAY), "REACHABLE");
  const text = JSON.stringify(site.node.snapshot());
  await site.close();
  return text;
}

t.test("another process goes on with it: what it has, what it knows, and no ARP for the first datagram", async (t) => {
  const text = await saved(t);
  const site = await Site.open(1e12 + 10_000);
  const { expired, elapsed, sockets } = site.node.restore(text);
  t.same(expired, []);
  t.equal(elapsed, 1e12 + 10_000 + 3000 - (JSON.parse(text) as Snapshot).wall);
  const again = site.node.snapshot();
  const first = JSON.parse(text) as Snapshot;
  const now = { ...again, addresses: again.addresses.map((own) => ({ ...own })) };
  // Ten seconds have passed since.
  const withoutTime = (list: Snapshot["addresses"]) =>
    list.map(({ valid, preferred, ...own }) => ({ ...own, ends: valid !== null, preferred: preferred !== null }));
  t.same(lasting({ ...now, addresses: [] }), lasting({ ...first, addresses: [] }));
  t.same(withoutTime(now.addresses), withoutTime(first.addresses));
  t.same(sockets.map(({ port }) => port).toSorted(), [5000, 5001, 5002]);
  t.equal(sockets.find(({ port }) => port === 5001)?.peerPort, 99);
  const socket = sockets.find(({ port }) => port === 5000);
  const before = site.arpOut;
  t.equal(socket?.send(Uint8Array.of(1), socket.to("10.9.1.1", 9)).status, "sent");
  t.equal(site.arpOut, before, "the gateway is known");
  const counter = (name: string, rows: [string, number][]): number => rows.find(([row]) => row === name)?.[1] ?? -1;
  t.equal(counter("UdpOutDatagrams", site.node.counters()), 2, "it counts on");
  await site.clock.advance(60_000);
  t.not(site.state(GATEWAY), "REACHABLE", "and its timers run");
  await site.close();
});

t.test("what the time since then means is the policy's; without a clock no proof is believed", async (t) => {
  const text = await saved(t);
  for (const [epoch, timers, state, label] of [
    [1e12 + HOUR, "elapse", "STALE", "an hour later"],
    [1e12 + HOUR, "freeze", "REACHABLE", "frozen"],
    [1e12 + HOUR, "expire", "", "expired"],
    [0, "elapse", "STALE", "a board that starts in 1970"],
  ] as const) {
    const site = await Site.open(epoch);
    const { elapsed } = site.node.restore(text, { timers });
    t.equal(site.state(GATEWAY), state, label);
    t.equal(site.state("10.0.0.77"), "PERMANENT", "an operator's entry stays");
    t.equal(elapsed === null, epoch === 0);
    await site.close();
  }
  const late = await Site.open(1e12 + 3 * HOUR);
  t.same(late.node.restore(text).expired, ["10.0.0.3/24"], "a lifetime that is over");
  await late.close();
  const some = await Site.open(1e12 + 1000);
  some.node.restore(text, { parts: ["neighbours"] });
  t.equal(some.node.ip.addresses.of(some.eth0).length, 0, "only what is wanted");
  t.equal(some.state(GATEWAY), "REACHABLE");
  await some.close();
});

t.test("taken asleep it has what is left of the times, too", async (t) => {
  const site = await Site.open();
  await site.equip();
  const left = (snapshot: Snapshot): number => snapshot.neighbours.find(({ address }) => address === GATEWAY)?.left ?? -1;
  const awake = left(site.node.snapshot());
  await site.node.sleep();
  const asleep = site.node.snapshot();
  t.ok(awake > 0);
  t.equal(left(asleep), awake);
  const next = await Site.open(1e12 + 4000);
  next.node.restore(asleep);
  t.equal(next.state(GATEWAY), "REACHABLE");
  await site.close();
  await next.close();
});

t.test("what is hostile is refused in one line, and changes nothing", async (t) => {
  const text = await saved(t);
  const site = await Site.open(1e12 + 1000);
  const empty = JSON.stringify(lasting(site.node.snapshot()));
  const damaged = (change: (snapshot: Record<string, unknown>) => void): string => {
    const value = JSON.parse(text) as Record<string, unknown>;
    change(value);
    return JSON.stringify(value);
  };
  const first = (list: unknown): Record<string, unknown> => (list as Record<string, unknown>[])[0] as Record<string, unknown>;
  const cases: [string, string, RegExp][] = [
    ["", "SNAPSHOT_INVALID", /no JSON/],
    [text.slice(0, 1000), "SNAPSHOT_INVALID", /no JSON; a write may have been cut short/],
    ["null", "SNAPSHOT_INVALID", /an object/],
    ["{}", "SNAPSHOT_INVALID", /kind: nothing/],
    [damaged((s) => Object.assign(s, { version: 2 })), "SNAPSHOT_VERSION", /version 2/],
    [damaged((s) => Object.assign(s, { more: 1 })), "SNAPSHOT_INVALID", /more: 1: unknown key/],
    [
      damaged((s) => Object.assign(s, { routes: "x".repeat(10_000) })),
      "SNAPSHOT_INVALID",
      /routes: "x+…: what may stand here: a list/,
    ],
    [
      damaged((s) => Object.assign(first(s["neighbours"]), { state: "AWAKE" })),
      "SNAPSHOT_INVALID",
      /neighbours\[0\]\.state: "AWAKE"/,
    ],
    [damaged((s) => Object.assign(first(s["neighbours"]), { lladdr: "02:00" })), "SNAPSHOT_INVALID", /neighbours\[0\]\.lladdr/],
    [damaged((s) => Object.assign(first(s["neighbours"]), { confirmed: -1 })), "SNAPSHOT_INVALID", /neighbours\[0\]\.confirmed/],
    [
      damaged((s) => Object.assign(first(s["neighbours"]), { device: "eth9" })),
      "SNAPSHOT_DEVICE",
      /eth9: no such device; there is lo, eth0/,
    ],
    [damaged((s) => Object.assign(first(s["addresses"]), { cidr: "10.0.0.2/99" })), "SNAPSHOT_INVALID", /addresses\[0\]\.cidr/],
    [
      damaged((s) => Object.assign(s, { identifications: { key: 1, counts: "00" } })),
      "SNAPSHOT_INVALID",
      /8192 hexadecimal digits/,
    ],
    [damaged((s) => (s["addresses"] as unknown[]).push(first(s["addresses"]))), "SNAPSHOT_CONFLICT", /./],
    [damaged((s) => (s["routes"] as unknown[]).push(first(s["routes"]))), "SNAPSHOT_CONFLICT", /./],
    [damaged((s) => (s["neighbours"] as unknown[]).push(first(s["neighbours"]))), "SNAPSHOT_CONFLICT", /has the neighbour/],
    [damaged((s) => (s["sockets"] as unknown[]).push(first(s["sockets"]))), "SNAPSHOT_CONFLICT", /in use/],
    [
      damaged((s) => Object.assign(s, { counters: { __proto__: null, ip: { inReceives: "1" } } })),
      "SNAPSHOT_INVALID",
      /counters\.ip/,
    ],
  ];
  for (const [hostile, code, message] of cases) {
    try {
      site.node.restore(hostile);
      t.fail(`not refused: ${message}`);
    } catch (error) {
      t.match(error, { code, message });
      t.notMatch((error as Error).message, /\n/, "one line");
      t.ok((error as Error).message.length < 300);
    }
    t.equal(JSON.stringify(lasting(site.node.snapshot())), empty, "nothing is half there");
  }
  site.node.restore(text);
  t.equal(site.state(GATEWAY), "REACHABLE", "the good one is taken after all of them");
  await site.close();
});

t.test("any single damage of a byte is refused or makes a snapshot that is one; never anything half", async (t) => {
  const text = await saved(t);
  const random = new SeededRandom("damage");
  let [refused, taken] = [0, 0];
  for (let time = 0; time < 150; time++) {
    const site = await Site.open();
    const empty = JSON.stringify(lasting(site.node.snapshot()));
    const at = random.below(text.length);
    const hostile = text.slice(0, at) + String.fromCharCode(32 + random.below(95)) + text.slice(at + 1);
    try {
      site.node.restore(hostile);
      taken++;
    } catch (error) {
      if (!/^SNAPSHOT_/.test((error as { code?: string }).code ?? "")) throw error;
      refused++;
      if (JSON.stringify(lasting(site.node.snapshot())) !== empty) t.fail(`half restored after damage at ${at}`);
    }
    await site.close();
  }
  t.ok(refused > 50 && taken > 10, `${refused} refused, ${taken} taken`);
});

t.test("a stack without IPv6 takes no snapshot with it", async (t) => {
  const text = await saved(t);
  const site = await Site.open(1e12, false);
  t.throws(() => site.node.restore(text), { code: "SNAPSHOT_CONFLICT", message: /no IPv6/ });
  t.equal(site.node.ip.addresses.of(site.eth0).length, 0);
  await site.close();
});
