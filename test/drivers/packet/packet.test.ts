/** The AF_PACKET driver on a veth pair of its own. */
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import t, { type Test } from "tap";
import { PacketController, type PacketOptions } from "../../../drivers/packet/packet.ts";
import { SystemClock } from "../../../hal/clock.ts";
import { DropReason } from "../../../hal/drop-reason.ts";
import { MAX_FRAME, MIN_FRAME } from "../../../hal/ethernet.ts";
import { Checksum, HEADROOM } from "../../../hal/skbuff.ts";
import { FakeHost } from "../../support/controller-host.ts";
import { LocalVeth, missingForNetns, missingPrograms, run } from "../../support/netns.ts";
import { startNode } from "../../support/own.ts";
import { realTime } from "../../support/real-time.ts";

const BROADCAST = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
const MULTICAST = Uint8Array.of(0x01, 0x00, 0x5e, 0x00, 0x00, 0x01);
const STRANGER = Uint8Array.of(0x02, 0, 0, 0, 0, 0x99);

const clock = new SystemClock();
const skip = missingForNetns();

/** A frame of an ethertype for local experiments (0x88b5), which no kernel answers; its bytes tell its length and number. */
function frame(to: Uint8Array, from: Uint8Array, length: number, number = 0): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = (at * 7 + length + number) & 0xff;
  bytes.set(to, 0);
  bytes.set(from, 6);
  bytes.set([0x88, 0xb5], 12);
  return bytes;
}

interface End {
  controller: PacketController;
  host: FakeHost;
}

async function end(t: Test, options: PacketOptions, host: FakeHost = new FakeHost(clock)): Promise<End> {
  const controller = new PacketController(clock, options);
  t.teardown(() => host.close());
  await host.open(controller);
  await host.until(() => host.carriers.at(-1) === true, "carrier");
  return { controller, host };
}

/** Two controllers on a cable of their own. */
async function cable(t: Test, a: Partial<PacketOptions> = {}, b: Partial<PacketOptions> = {}): Promise<[End, End, LocalVeth]> {
  const veth = new LocalVeth();
  t.teardown(() => veth.remove());
  return [await end(t, { interface: veth.a, ...a }), await end(t, { interface: veth.b, ...b }), veth];
}

function send(from: End, bytes: Uint8Array): boolean {
  return from.controller.transmit(from.host.packet(bytes));
}

t.test("options that make no sense are refused when they are given", async (t) => {
  t.throws(() => new PacketController(clock, { interface: "a name too long for one" }), { code: "PACKET_NAME" });
  t.throws(() => new PacketController(clock, { interface: "" }), { code: "PACKET_NAME" });
  t.throws(() => new PacketController(clock, { interface: "x", address: MULTICAST }), { code: "PACKET_ADDRESS" });
  t.throws(() => new PacketController(clock, { interface: "x", address: new Uint8Array(5) }), { code: "PACKET_ADDRESS" });
});

realTime(t, "what cannot be opened says why", { skip }, async (t) => {
  const absent = new PacketController(clock, { interface: "whnosuch0" });
  await t.rejects(new FakeHost(clock).open(absent), { code: "PACKET_NO_INTERFACE", message: /no interface whnosuch0/ });
  await t.rejects(new FakeHost(clock).open(absent), { code: "PACKET_NO_INTERFACE" }, "and may be tried again");
  const lo = new PacketController(clock, { interface: "lo" });
  await t.rejects(new FakeHost(clock).open(lo), { code: "PACKET_NOT_ETHERNET" });
  const [a] = await cable(t);
  await t.rejects(a.host.open(a.controller), { code: "PACKET_OPEN" });
});

realTime(t, "frames of every size arrive byte for byte, both ways", { skip }, async (t) => {
  const [a, b] = await cable(t);
  const sizes = [MIN_FRAME, 61, 127, 128, 129, 255, 256, 511, 1000, 1513, MAX_FRAME];
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    const sent = sizes.map((size) => frame(to.controller.address, from.controller.address, size));
    for (const bytes of sent) t.ok(send(from, bytes));
    await to.host.until(() => to.host.frames.length === sizes.length, "last frame");
    t.strictSame(to.host.frames, sent);
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    t.match(from.controller.statistics, { txPackets: sizes.length, txBytes: bytes, txErrors: 0 });
    t.match(to.controller.statistics, { rxPackets: sizes.length, rxBytes: bytes, rxErrors: 0 });
    t.equal(from.host.pool.inUse, 0, "every packet went back to its pool");
    t.strictSame(to.host.breaches, []);
  }
});

realTime(t, "a short frame is padded with zeros, not with what lay behind it", { skip }, async (t) => {
  const [a, b] = await cable(t);
  const bytes = frame(b.controller.address, a.controller.address, 42);
  for (const [data, slack] of [
    [HEADROOM, 0xaa],
    // No room for the header that the kernel wants in front, and none behind.
    [4, 0xbb],
    [2048 - 42, 0xcc],
  ] as const) {
    const skb = a.host.packet([]);
    skb.bytes.fill(slack);
    skb.data = data;
    skb.tail = data + bytes.length;
    skb.bytes.set(bytes, data);
    t.ok(a.controller.transmit(skb));
  }
  await b.host.until(() => b.host.frames.length === 3, "frames");
  const padded = new Uint8Array(MIN_FRAME);
  padded.set(bytes);
  for (const got of b.host.frames) t.strictSame(got, padded);
  t.equal(a.controller.statistics.txBytes, 3 * 42, "padding is not counted as sent");
});

realTime(t, "the address filter lets through what a chip's would", { skip }, async (t) => {
  const [a, b] = await cable(t);
  const arrives = async (): Promise<string[]> => {
    b.host.frames.length = 0;
    const last = frame(b.controller.address, a.controller.address, 61);
    const kinds = [STRANGER, MULTICAST, BROADCAST, b.controller.address];
    for (const to of kinds) send(a, frame(to, a.controller.address, MIN_FRAME));
    send(a, last);
    await b.host.until(() => b.host.frames.at(-1)?.length === 61, "last frame");
    const names = ["stranger", "multicast", "broadcast", "own"];
    return b.host.frames
      .slice(0, -1)
      .map((got) => names[kinds.findIndex((kind) => kind.every((byte, at) => byte === got[at]))] ?? "?");
  };
  t.strictSame(await arrives(), ["broadcast", "own"]);
  b.controller.setReceiveMode({ promiscuous: false, allMulticast: true, groups: [] });
  t.strictSame(await arrives(), ["multicast", "broadcast", "own"]);
  b.controller.setReceiveMode({ promiscuous: true, allMulticast: false, groups: [] });
  t.strictSame(await arrives(), ["stranger", "multicast", "broadcast", "own"]);
  b.controller.setReceiveMode({ promiscuous: false, allMulticast: false, groups: [] });
  t.strictSame(await arrives(), ["broadcast", "own"]);
  t.equal(b.controller.statistics.rxMulticast, 2);
});

realTime(t, "the interface is asked for the groups that are joined, and for no others", { skip }, async (t) => {
  const [, b, veth] = await cable(t);
  /** Addresses that somebody on this machine has joined on it. */
  const joined = (): string[] => {
    const lines = readFileSync("/proc/self/net/dev_mcast", "latin1").split("\n");
    const own = lines.map((line) => line.trim().split(/\s+/)).filter(([, name]) => name === veth.b);
    return own.map((words) => words.at(-1) ?? "").filter((address) => address.startsWith("333377"));
  };
  const group = (last: number): Uint8Array => Uint8Array.of(0x33, 0x33, 0x77, 0, 0, last);
  const join = (...groups: Uint8Array[]): void => b.controller.setReceiveMode({ promiscuous: false, allMulticast: false, groups });
  join(group(1), group(2));
  t.strictSame(joined().sort(), ["333377000001", "333377000002"]);
  join(group(2), group(3));
  t.strictSame(joined().sort(), ["333377000002", "333377000003"]);
  await b.controller.close();
  t.strictSame(joined(), [], "not while it is closed");
  await b.host.open(b.controller);
  t.strictSame(joined().sort(), ["333377000002", "333377000003"], "and again when it is opened");
});

realTime(t, "what this machine sends through the interface is not received, not even promiscuously", { skip }, async (t) => {
  const [a, b, veth] = await cable(t);
  const other = await end(t, { interface: veth.a });
  a.controller.setReceiveMode({ promiscuous: true, allMulticast: true, groups: [] });
  send(other, frame(BROADCAST, other.controller.address, MIN_FRAME));
  send(a, frame(BROADCAST, a.controller.address, 61));
  send(b, frame(STRANGER, b.controller.address, 62));
  await a.host.until(() => a.host.frames.length > 0, "frame from the other end");
  t.strictSame(
    a.host.frames.map((got) => got.length),
    [62],
  );
});

realTime(t, "a station address of its own makes the interface promiscuous while it is open", { skip }, async (t) => {
  const [a, b, veth] = await cable(t, {}, { address: STRANGER });
  const promiscuity = (): unknown => JSON.parse(run("ip", ["-j", "-d", "link", "show", veth.b]))[0].promiscuity;
  t.equal(promiscuity(), 1);
  send(a, frame(STRANGER, a.controller.address, MIN_FRAME));
  await b.host.until(() => b.host.frames.length === 1, "frame to that address");
  t.strictSame(b.controller.address, STRANGER);
  await b.controller.close();
  t.equal(promiscuity(), 0);
});

realTime(t, "the link is told when it goes and when it comes", { skip }, async (t) => {
  const [a, , veth] = await cable(t);
  t.strictSame(a.host.carriers, [true]);
  run("ip", ["link", "set", veth.b, "down"]);
  await a.host.until(() => a.host.carriers.at(-1) === false, "loss of carrier");
  t.ok(send(a, frame(BROADCAST, a.controller.address, MIN_FRAME)), "a frame for a dead link is taken");
  t.equal(a.host.drops.get(DropReason.TX_CARRIER), 1, "and accounted for");
  t.match(a.controller.statistics, { txPackets: 0, txErrors: 1, txCarrierErrors: 1 });
  run("ip", ["link", "set", veth.b, "up"]);
  await a.host.until(() => a.host.carriers.at(-1) === true, "carrier");
  // Down and up again at this end: the socket reports an error, and goes on.
  run("ip", ["link", "set", veth.a, "down"]);
  await a.host.until(() => a.host.carriers.at(-1) === false, "loss of carrier");
  run("ip", ["link", "set", veth.a, "up"]);
  await a.host.until(() => a.host.carriers.at(-1) === true, "carrier");
  t.strictSame(a.host.carriers, [true, false, true, false, true]);
  const b = await end(t, { interface: veth.b });
  send(b, frame(a.controller.address, b.controller.address, MIN_FRAME));
  await a.host.until(() => a.host.frames.length === 1, "frame after the link came back");
  t.strictSame(a.host.breaches, []);
});

realTime(t, "an interface that is removed is a failure, and the controller can be closed", { skip }, async (t) => {
  const [a, , veth] = await cable(t);
  veth.remove();
  await a.host.until(() => a.host.errors.length > 0, "failure");
  t.match(a.host.errors, [{ code: "PACKET_NO_INTERFACE", message: /was removed/ }]);
  t.equal(a.host.carriers.at(-1), false);
  t.ok(send(a, frame(BROADCAST, a.controller.address, MIN_FRAME)));
  a.controller.setReceiveMode({ promiscuous: true, allMulticast: true, groups: [] });
  await a.host.close();
  t.equal(a.host.pool.inUse, 0);
  t.strictSame(a.host.breaches, []);
});

realTime(t, "an interface that is down is set up, and down again at the end", { skip }, async (t) => {
  const veth = new LocalVeth();
  t.teardown(() => veth.remove());
  const isUp = (): boolean => JSON.parse(run("ip", ["-j", "link", "show", veth.a]))[0].flags.includes("UP");
  run("ip", ["link", "set", veth.a, "down"]);
  const a = await end(t, { interface: veth.a });
  t.equal(isUp(), true);
  await a.controller.close();
  t.equal(isUp(), false);
  run("ip", ["link", "set", veth.a, "up"]);
  await a.host.open(a.controller);
  await a.controller.close();
  t.equal(isUp(), true, "one that was up stays up");
});

realTime(t, "a burst of 20,000 frames loses none that is not counted", { skip }, async (t) => {
  const COUNT = 20_000;
  const [a, b] = await cable(t, {}, { ringFrames: 512 });
  const bytes = frame(b.controller.address, a.controller.address, MIN_FRAME);
  const blast = (): void => {
    for (let sent = 0; sent < COUNT; sent++) send(a, bytes);
  };
  blast();
  // The sender did not let the receiver have its turn: what did not fit into the ring is lost, and the ring is full.
  const statistics = b.controller.statistics;
  t.equal(statistics.rxOverErrors, COUNT - 512);
  await b.host.until(() => b.host.received === 512, "what was in the ring");
  t.equal(statistics.rxPackets + statistics.rxOverErrors, COUNT);
  t.equal(statistics.rxErrors, statistics.rxOverErrors);
  t.equal(a.controller.statistics.txPackets, COUNT);
  // In step with the receiver nothing is lost at all.
  let sent = 0;
  b.host.onFrame = () => {
    if (sent < COUNT) send(a, bytes);
    sent++;
  };
  for (; sent < 64; sent++) send(a, bytes);
  await b.host.until(() => b.host.received >= 512 + COUNT, "20,000 frames", 60_000);
  t.equal(b.controller.statistics.rxOverErrors, COUNT - 512);
  t.equal(b.host.pool.inUse, 0);
  t.strictSame(b.host.breaches, []);
});

realTime(t, "without packet memory frames are lost as NOMEM, and the ring goes on", { skip }, async (t) => {
  const veth = new LocalVeth();
  t.teardown(() => veth.remove());
  const a = await end(t, { interface: veth.a });
  const b = await end(t, { interface: veth.b }, new FakeHost(clock, { pool: 4 }));
  const held = [1, 2, 3, 4].map(() => b.host.packet([]));
  const to = b.controller.address;
  send(a, frame(to, a.controller.address, MIN_FRAME));
  send(a, frame(to, a.controller.address, MIN_FRAME));
  while (b.host.drops.get(DropReason.NOMEM) < 2) await new Promise(setImmediate);
  for (const skb of held) skb.consume();
  send(a, frame(to, a.controller.address, 77));
  await b.host.until(() => b.host.frames.length === 1, "frame");
  t.equal(b.host.frames[0]?.length, 77);
  t.strictSame(b.host.breaches, []);
});

realTime(t, "the interrupt is masked from the first frame until the poll completes", { skip }, async (t) => {
  const veth = new LocalVeth();
  t.teardown(() => veth.remove());
  const a = await end(t, { interface: veth.a });
  const b = await end(t, { interface: veth.b }, new FakeHost(clock, { budget: 4 }));
  const bytes = frame(b.controller.address, a.controller.address, MIN_FRAME);
  b.host.mayComplete = false;
  for (let sent = 0; sent < 10; sent++) send(a, bytes);
  await b.host.until(() => b.host.received === 10, "ten frames");
  send(a, bytes);
  await b.host.until(() => b.host.received === 11, "eleventh frame, by polling on");
  t.equal(b.host.schedules, 1, "one interrupt for all of it");
  b.host.mayComplete = true;
  // Sent before the host may have completed, or after: it is found by that poll or raises the next interrupt.
  send(a, bytes);
  await b.host.until(() => b.host.received === 12, "frame about the time of completion");
  send(a, bytes);
  await b.host.until(() => b.host.received === 13, "frame after completion");
  t.strictSame(b.host.breaches, []);
});

realTime(t, "a full queue below is waited for", { skip: skip || missingPrograms("tc") }, async (t) => {
  const COUNT = 400;
  for (const [limit, why] of [
    ["2000000", "the socket's memory is used up (EAGAIN)"],
    ["20000", "the interface's queue is full (ENOBUFS)"],
  ] as const) {
    const [a, b, veth] = await cable(t);
    run("tc", ["qdisc", "add", "dev", veth.a, "root", "tbf", "rate", "50mbit", "burst", "3000", "limit", limit]);
    let next = 0;
    let waits = 0;
    const pump = (): void => {
      while (next < COUNT) {
        const skb = a.host.packet(frame(b.controller.address, a.controller.address, MAX_FRAME, next));
        if (!a.controller.transmit(skb)) {
          waits++;
          skb.consume();
          return;
        }
        next++;
      }
    };
    a.host.onWake = pump;
    pump();
    await b.host.until(() => b.host.frames.length === COUNT, `frame ${COUNT} (${b.host.frames.length} came)`);
    t.ok(waits > 0, why);
    t.ok(
      b.host.frames.every((got, number) => got[20] === ((20 * 7 + MAX_FRAME + number) & 0xff)),
      "in order",
    );
    t.equal(a.controller.statistics.txPackets, COUNT);
    t.strictSame([...a.host.breaches, ...b.host.breaches], []);
  }
});

realTime(t, "a frame longer than the interface carries is dropped as too big", { skip }, async (t) => {
  const [a, b, veth] = await cable(t);
  t.ok(send(a, frame(b.controller.address, a.controller.address, MAX_FRAME + 40)));
  t.equal(a.host.drops.get(DropReason.PKT_TOO_BIG), 1);
  run("ip", ["link", "set", veth.a, "mtu", "1600"]);
  run("ip", ["link", "set", veth.b, "mtu", "1600"]);
  send(a, frame(b.controller.address, a.controller.address, MAX_FRAME + 40));
  send(a, frame(b.controller.address, a.controller.address, MIN_FRAME));
  await b.host.until(() => b.host.frames.length === 1, "frame behind it");
  t.equal(b.host.drops.get(DropReason.PKT_TOO_BIG), 1, "as is one that comes in");
});

realTime(
  t,
  "a checksum that was left open is filled in by the kernel on the way out",
  { skip: skip || missingPrograms("ethtool") },
  async (t) => {
    const [a, b, veth] = await cable(t);
    const bytes = frame(b.controller.address, a.controller.address, 99);
    const partial = (): boolean => {
      const skb = a.host.packet(bytes);
      skb.checksum = Checksum.PARTIAL;
      skb.csumStart = skb.data + 34;
      skb.csumOffset = 6;
      return a.controller.transmit(skb);
    };
    const kinds: number[] = [];
    const fields: number[] = [];
    b.host.onFrame = (skb) => {
      kinds.push(skb.checksum);
      fields.push(skb.view.getUint16(skb.data + 40));
      if (skb.checksum === Checksum.PARTIAL) t.strictSame([skb.csumStart - skb.data, skb.csumOffset], [34, 6]);
    };
    // veth has checksum offload: the frame crosses with the sum still open, and says so.
    partial();
    await b.host.until(() => b.host.received === 1, "first frame");
    run("ethtool", ["-K", veth.a, "tx", "off"]);
    partial();
    await b.host.until(() => b.host.received === 2, "second frame");
    const open = (bytes[40]! << 8) | bytes[41]!;
    let sum = 0;
    for (let at = 34; at < 99; at += 2) sum += (bytes[at]! << 8) | (bytes[at + 1] ?? 0);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    t.strictSame(kinds, [Checksum.PARTIAL, Checksum.NONE]);
    t.strictSame(fields, [open, ~sum & 0xffff]);
  },
);

realTime(t, "VLAN tags are in the frame, where they were on the wire", { skip }, async (t) => {
  const [a, b] = await cable(t);
  // The kernel takes the outer tag out of a frame and hands it over beside it.
  const tags = [
    [0x81, 0x00, 0x60, 0x07],
    [0x88, 0xa8, 0x00, 0x05],
    [0x88, 0xa8, 0x00, 0x05, 0x81, 0x00, 0x00, 0x07],
  ];
  const sent = tags.map((tag) => {
    const bytes = frame(b.controller.address, a.controller.address, 100);
    return Uint8Array.of(...bytes.subarray(0, 12), ...tag, ...bytes.subarray(12));
  });
  const longest = frame(b.controller.address, a.controller.address, MAX_FRAME);
  sent.push(Uint8Array.of(...longest.subarray(0, 12), 0x81, 0x00, 0x0f, 0xfe, ...longest.subarray(12)));
  for (const bytes of sent) t.ok(send(a, bytes));
  await b.host.until(() => b.host.frames.length === sent.length, "tagged frames");
  t.strictSame(b.host.frames, sent);
});

realTime(t, "opening and closing leaves no descriptor and no mapping behind", { skip }, async (t) => {
  const veth = new LocalVeth();
  t.teardown(() => veth.remove());
  const host = new FakeHost(clock);
  const controller = new PacketController(clock, { interface: veth.a });
  const held = (): [number, number] => [
    readdirSync("/proc/self/fd").length,
    readFileSync("/proc/self/maps", "utf8").split("socket:").length - 1,
  ];
  await host.open(controller);
  await controller.close();
  const before = held();
  for (let round = 0; round < 50; round++) {
    await host.open(controller);
    await controller.close();
  }
  await new Promise(setImmediate);
  t.strictSame(held(), before);
  t.equal(before[1], 0);
  const absent = new PacketController(clock, { interface: "whnosuch0" });
  for (let round = 0; round < 10; round++) await t.rejects(host.open(absent));
  t.strictSame(held(), before, "nor does a failure");
  await controller.close();
  const opening = host.open(controller);
  await controller.close();
  await opening.catch(() => {});
  await controller.close();
  t.strictSame(held(), before, "nor does closing while opening");
});

realTime(t, "poll() after close() finds nothing", { skip }, async (t) => {
  const [a] = await cable(t);
  await a.controller.close();
  t.equal(a.controller.poll(64), 0);
  t.ok(send(a, frame(BROADCAST, a.controller.address, MIN_FRAME)), "a frame is taken");
  t.equal(a.host.pool.inUse, 0, "and dropped");
});

realTime(t, "the process ends when it should", { skip }, async (t) => {
  const veth = new LocalVeth();
  t.teardown(() => veth.remove());
  const script = new URL("./packet-child.ts", import.meta.url);
  const child = async (ending: string, uid?: number): Promise<{ code: number | null; signal: string | null; out: string }> => {
    const process_ = startNode(script, [veth.a, ending], {
      stdio: ["pipe", "pipe", "ignore"],
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
    const giveUp = setTimeout(() => process_.kill("SIGKILL"), 60_000);
    if (ending === "term") process_.stdout.once("data", () => process_.kill("SIGTERM"));
    const closed = once(process_, "close");
    const out = await text(process_.stdout);
    const [code, signal] = await closed;
    clearTimeout(giveUp);
    return { code, signal, out };
  };
  t.match(await child("close"), { code: 0, out: "open\n" }, "after close()");
  t.match(await child("exit"), { code: 0, out: "open\n" }, "by process.exit(), without close()");
  t.match(await child("throw"), { code: 1, out: "open\n" }, "by an exception");
  t.match(await child("term"), { signal: "SIGTERM", out: "open\n" }, "by a signal");
  const refused = await child("close", 65534);
  if (!refused.out.startsWith("PACKET_")) t.comment(`not tried without permission: ${refused.out}`);
  else
    t.match(refused, { code: 1, out: /^PACKET_NO_PERMISSION .* run as root, or with CAP_NET_RAW/ }, "refused without permission");
});
