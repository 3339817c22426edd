/** The AF_PACKET driver on a veth pair of its own: frames both ways, filters, back-pressure, checksums and tags. */
import { readFileSync } from "node:fs";
import t from "tap";
import { DropReason } from "../../../hal/drop-reason.ts";
import { MAX_FRAME, MIN_FRAME } from "../../../hal/ethernet.ts";
import { Checksum, HEADROOM } from "../../../hal/skbuff.ts";
import { FakeHost } from "../../support/controller-host.ts";
import { LocalVeth, missingPrograms, run } from "../../support/netns.ts";
import { realTime } from "../../support/real-time.ts";
import { BROADCAST, cable, clock, end, frame, MULTICAST, STRANGER, send, skip } from "./cable.ts";

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
