/** The ideal controller on a simulated wire. */
import t from "tap";
import { VirtualClock } from "../../../hal/clock.ts";
import { DropReason } from "../../../hal/drop-reason.ts";
import { MIN_FRAME } from "../../../hal/ethernet.ts";
import { SeededRandom } from "../../../hal/random.ts";
import { EthernetSegment, type SegmentPort } from "../../../hal/simulated/segment.ts";
import { WireNic } from "../../../hal/simulated/wire-nic.ts";
import { Checksum, HEADROOM } from "../../../hal/skbuff.ts";
import { FakeHost } from "../../support/controller-host.ts";

const OURS = Uint8Array.of(0x02, 0, 0, 0, 0, 0x0a);
const THEIRS = Uint8Array.of(0x02, 0, 0, 0, 0, 0x0b);
const BROADCAST = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
const MULTICAST = Uint8Array.of(0x33, 0x33, 0, 0, 0, 1);

class Bench {
  readonly clock = new VirtualClock();
  readonly segment = new EthernetSegment(this.clock, new SeededRandom(1));
  readonly host: FakeHost;
  readonly nic: WireNic;
  /** Records the frames that arrive at the other end of the wire. */
  readonly heard: Uint8Array[] = [];
  readonly peer: SegmentPort;

  constructor(options: { queue?: number } = {}, budget = 64) {
    this.host = new FakeHost(this.clock, { budget });
    this.nic = new WireNic(this.clock, this.segment, "nic", OURS, options);
    this.peer = this.segment.attach("peer", {
      wireFrame: (bytes, length) => this.heard.push(bytes.slice(0, length)),
      wireLink: () => {},
    });
  }

  /** From the other end of the wire. */
  send(to: Uint8Array, length = MIN_FRAME): Uint8Array {
    const bytes = Uint8Array.from({ length }, (_, at) => to[at] ?? at & 0xff);
    this.peer.transmit(bytes, 0, length);
    return bytes;
  }
}

t.test("frames go both ways, and buffers go home", async (t) => {
  const bench = new Bench();
  await bench.host.open(bench.nic);
  t.strictSame(bench.host.carriers, [true]);
  const sent = [60, 255, 256, 257, 1514].map((length) => bench.send(OURS, length));
  bench.clock.advanceSync(1);
  t.strictSame(bench.host.frames, sent);
  for (const bytes of sent) t.ok(bench.nic.transmit(bench.host.packet(bytes)));
  bench.clock.advanceSync(1);
  t.strictSame(bench.heard, sent);
  t.match(bench.nic.statistics, { rxPackets: 5, txPackets: 5, rxBytes: 2342, txBytes: 2342 });
  t.equal(bench.host.pool.inUse, 0);
  t.strictSame(bench.host.breaches, []);
});

t.test("short frames are padded with zeros wherever they lie in their slot", async (t) => {
  const bench = new Bench();
  await bench.host.open(bench.nic);
  for (const data of [0, HEADROOM, 2048 - 42]) {
    const skb = bench.host.packet([]);
    skb.bytes.fill(0xaa);
    skb.data = data;
    skb.tail = data + 42;
    skb.bytes.fill(0x11, skb.data, skb.tail);
    bench.nic.transmit(skb);
  }
  bench.clock.advanceSync(1);
  const padded = new Uint8Array(MIN_FRAME).fill(0x11, 0, 42);
  t.strictSame(bench.heard, [padded, padded, padded]);
});

t.test("the filter is a controller's", async (t) => {
  const bench = new Bench();
  await bench.host.open(bench.nic);
  const arrives = (): number[] => {
    bench.host.frames.length = 0;
    for (const to of [OURS, THEIRS, BROADCAST, MULTICAST]) bench.send(to);
    bench.clock.advanceSync(1);
    return bench.host.frames.map((frame) => frame[0]!);
  };
  t.strictSame(arrives(), [0x02, 0xff]);
  bench.nic.setReceiveMode({ promiscuous: false, allMulticast: true, groups: [] });
  t.strictSame(arrives(), [0x02, 0xff, 0x33]);
  bench.nic.setReceiveMode({ promiscuous: true, allMulticast: false, groups: [] });
  t.strictSame(arrives(), [0x02, 0x02, 0xff, 0x33]);
  t.equal(bench.nic.statistics.rxMulticast, 2);
});

t.test("what a controller cannot use is counted and goes no further", async (t) => {
  const bench = new Bench({ queue: 3 });
  await bench.host.open(bench.nic);
  bench.segment.corruption = 1;
  bench.send(OURS);
  bench.clock.advanceSync(1);
  bench.segment.corruption = 0;
  bench.send(OURS, 10);
  bench.send(OURS, 1600);
  for (let sent = 0; sent < 5; sent++) bench.send(OURS);
  bench.clock.advanceSync(1);
  t.equal(bench.host.frames.length, 3);
  t.match(bench.nic.statistics, { rxPackets: 3, rxErrors: 5, rxCrcErrors: 1, rxLengthErrors: 2, rxOverErrors: 2 });
  const held = Array.from({ length: bench.host.pool.limit }, () => bench.host.packet([]));
  bench.send(OURS);
  bench.clock.advanceSync(1);
  t.equal(bench.host.drops.get(DropReason.NOMEM), 1);
  for (const skb of held) skb.consume();
});

t.test("one interrupt until the poll completes; a budget used up is not completed", async (t) => {
  const bench = new Bench({}, 2);
  await bench.host.open(bench.nic);
  for (let sent = 0; sent < 5; sent++) bench.send(OURS);
  bench.clock.advanceSync(1);
  t.equal(bench.host.schedules, 1);
  t.equal(bench.host.polls.length, 3, "2 + 2 + 1");
  bench.send(OURS);
  bench.clock.advanceSync(1);
  t.equal(bench.host.schedules, 2, "unmasked by completion");
  t.strictSame(bench.host.breaches, []);
});

t.test("a frame that comes while the poll completes is not forgotten", async (t) => {
  const bench = new Bench();
  const late = Uint8Array.from({ length: MIN_FRAME }, (_, at) => OURS[at] ?? 0x77);
  await bench.host.open(bench.nic);
  let completions = 0;
  const complete = bench.host.complete.bind(bench.host);
  bench.host.complete = (work) => {
    const unmask = complete(work);
    if (completions++ === 0) bench.nic.wireFrame(late, late.length, true);
    return unmask;
  };
  bench.send(OURS);
  bench.clock.advanceSync(1);
  t.equal(bench.host.frames.length, 2);
  t.strictSame(bench.host.frames[1], late);
  t.strictSame(bench.host.breaches, []);
});

t.test("a checksum that was left open is complete on the wire", async (t) => {
  const bench = new Bench();
  await bench.host.open(bench.nic);
  const send = (bytes: number[], csumOffset: number): void => {
    const skb = bench.host.packet([...OURS, ...THEIRS, 8, 0, ...bytes]);
    skb.checksum = Checksum.PARTIAL;
    skb.csumStart = skb.data + 14;
    skb.csumOffset = csumOffset;
    bench.nic.transmit(skb);
  };
  // The example of RFC 1071 section 3: 0001 f203 f4f5 f6f7 sum to ddf2, whose complement is 220d. Field: two zero bytes behind it.
  send([0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7, 0, 0], 8);
  // An odd byte counts as the high half of a word.
  send([0x00, 0x00, 0x12], 0);
  // A sum of ffff has complement 0, which is written as ffff.
  send([0x00, 0x00, 0xff, 0xff], 0);
  // Outside the frame: nothing that could be sent.
  send([0, 0, 0], 2);
  bench.clock.advanceSync(1);
  t.strictSame(
    bench.heard.map((frame) => [...frame.subarray(14, 24)]),
    [
      [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7, 0x22, 0x0d],
      [0xed, 0xff, 0x12, 0, 0, 0, 0, 0, 0, 0],
      [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0],
    ],
  );
  t.equal(bench.host.drops.get(DropReason.TX_ABORTED), 1);
});

t.test("without a link frames are dropped for that reason; closed, nothing is received", async (t) => {
  const bench = new Bench();
  await bench.host.open(bench.nic);
  bench.nic.port.plugged = false;
  t.ok(bench.nic.transmit(bench.host.packet(OURS)));
  t.equal(bench.host.drops.get(DropReason.TX_CARRIER), 1);
  bench.nic.port.plugged = true;
  t.strictSame(bench.host.carriers, [true, false, true]);
  bench.send(OURS);
  bench.clock.advanceSync(0);
  bench.nic.wireFrame(bench.send(OURS), MIN_FRAME, true);
  await bench.host.close();
  t.equal(bench.host.drops.get(DropReason.QUEUE_PURGE), 1);
  bench.clock.advanceSync(1);
  t.equal(bench.host.frames.length, 1);
  t.ok(bench.nic.transmit(bench.host.packet(OURS)));
  t.equal(bench.host.pool.inUse, 0);
  await bench.host.open(bench.nic);
  bench.send(OURS);
  bench.clock.advanceSync(1);
  t.equal(bench.host.frames.length, 2, "and again after it is opened again");
  t.strictSame(bench.host.breaches, []);
});
