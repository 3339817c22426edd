/** The same driver on QEMU's chip, which somebody else has written. In real time: it receives a second after it was opened. */
import t from "tap";
import { E1000, type E1000Options } from "../../../drivers/e1000/e1000.ts";
import { QemuBus } from "../../../hal/bridges/qemu/bus.ts";
import { QemuWire } from "../../../hal/bridges/qemu/wire.ts";
import { SystemClock } from "../../../hal/clock.ts";
import { DropReason } from "../../../hal/drop-reason.ts";
import { SeededRandom } from "../../../hal/random.ts";
import { EthernetSegment, type SegmentPort } from "../../../hal/simulated/segment.ts";
import { Checksum } from "../../../hal/skbuff.ts";
import type { WireStation } from "../../../hal/wire.ts";
import { FakeHost } from "../../support/controller-host.ts";
import { firstDifference, frameOf, PEER, padded, STATION } from "../../support/enc28j60-bench.ts";
import { missingPrograms } from "../../support/netns.ts";
import { realTime } from "../../support/real-time.ts";

const clock = new SystemClock();
const skip = missingPrograms("qemu-system-x86_64", "setpriv");
const { NONE } = DropReason;

class QemuBench implements WireStation {
  readonly segment: EthernetSegment = new EthernetSegment(clock, new SeededRandom("qemu"));
  readonly peer: SegmentPort;
  readonly wire: QemuWire;
  readonly bus: QemuBus;
  readonly driver: E1000;
  readonly host: FakeHost = new FakeHost(clock);
  readonly sent: Uint8Array[] = [];

  constructor(options: E1000Options = {}) {
    this.peer = this.segment.attach("peer", this);
    this.wire = new QemuWire(this.segment, "qemu");
    this.bus = new QemuBus(clock, { wire: this.wire, address: STATION });
    this.driver = new E1000(clock, this.bus, options);
  }

  /** Opens, and waits until frames come in. */
  async open(): Promise<void> {
    await this.host.open(this.driver);
    const { received } = this.host;
    this.peer.transmit(frameOf(1000), 0, 1000);
    await until("the first frame", () => this.host.received > received);
    this.host.frames.length = 0;
  }

  wireFrame(bytes: Uint8Array, length: number): void {
    this.sent.push(bytes.slice(0, length));
  }

  wireLink(): void {}
}

/** Looks again after each turn of the event loop. */
async function until(what: string, condition: () => boolean): Promise<void> {
  const end = clock.now() + 60_000;
  while (!condition()) {
    if (clock.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

realTime(t, "on QEMU", { skip }, async (t) => {
  const bench = new QemuBench({ rxRing: 64, txRing: 16 });
  await bench.open();
  t.teardown(() => bench.driver.close());
  const { driver, host } = bench;

  await t.test("address, carrier, description", async (t) => {
    t.same(driver.address, STATION, "from the EEPROM, whose checksum is right");
    t.same(host.carriers, [true]);
    t.match(driver.description, /QEMU/);
  });

  await t.test("every length both ways, round the rings", async (t) => {
    const incoming: Uint8Array[] = [];
    const outgoing: Uint8Array[] = [];
    for (let length = 60; length <= 1514; length++) {
      incoming.push(frameOf(length, length));
      outgoing.push(frameOf(length - 46, length, PEER, STATION));
      bench.peer.transmit(incoming.at(-1) as Uint8Array, 0, length);
      host.send(outgoing.at(-1) as Uint8Array);
      // No more at once than the ring holds: what is beyond waits in QEMU, and some of it is lost.
      if (length % 32 === 0) await until("a burst", () => host.frames.length === incoming.length);
    }
    await until("the last burst", () => host.frames.length === incoming.length && bench.sent.length >= outgoing.length);
    // A frame is on the wire before the driver hears that it was sent.
    await until("the last settlement", () => host.settlements.length === outgoing.length);
    t.equal(firstDifference(host.frames, incoming), -1);
    t.equal(firstDifference(bench.sent, outgoing.map(padded)), -1);
    t.ok(host.settlements.every((reason) => reason === NONE));
    t.match(driver.statistics, { rxErrors: 0, txErrors: 0, txPackets: outgoing.length, rxPackets: incoming.length + 1 });
    const counters = new Map(driver.driverStatistics());
    t.same([counters.get("rx_packets"), counters.get("tx_packets")], [incoming.length + 1, outgoing.length]);
    t.same(host.breaches, []);
  });

  await t.test("checksums are filled in", async (t) => {
    const frame = frameOf(500, 0, PEER, STATION);
    frame.fill(0, 40, 42);
    const skb = host.packet(frame);
    skb.checksum = Checksum.PARTIAL;
    skb.csumStart = skb.data + 34;
    skb.csumOffset = 6;
    const { length } = bench.sent;
    driver.transmit(skb);
    await until("the frame", () => bench.sent.length > length);
    let sum = 0;
    const sent = bench.sent.at(-1) as Uint8Array;
    for (let at = 34; at < sent.length; at += 2) sum += (sent[at]! << 8) | (sent[at + 1] ?? 0);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    t.equal(sum, 0xffff);
  });

  await t.test("the cable is pulled and plugged", async (t) => {
    bench.peer.plugged = false;
    await until("carrier down", () => host.carriers.length === 2);
    t.equal(host.settlements[host.send(frameOf(60))], DropReason.TX_CARRIER);
    bench.peer.plugged = true;
    await until("carrier up", () => host.carriers.length === 3);
    t.same(host.carriers, [true, false, true]);
    const cookie = host.send(frameOf(60, 0, PEER, STATION));
    await until("a frame out", () => host.settlements[cookie] === NONE);
    const { received } = host;
    bench.peer.transmit(frameOf(77), 0, 77);
    await until("a frame in", () => host.received > received);
  });

  await t.test("QEMU is killed: said once, and it can be brought up again", async (t) => {
    host.send(frameOf(60, 0, PEER, STATION));
    process.kill(bench.bus.pid as number, "SIGKILL");
    await until("the news", () => host.errors.length > 0);
    t.match(host.errors, [{ code: /^QEMU_/ }]);
    t.equal(host.carriers.at(-1), false);
    t.equal(driver.buffers?.inUse, 0);
    t.equal(host.pool.inUse, 0);
    await driver.close();
    await bench.open();
    const cookie = host.send(frameOf(60, 0, PEER, STATION));
    await until("a frame out", () => host.settlements[cookie] === NONE);
    t.equal(host.carriers.at(-1), true);
    t.equal(host.errors.length, 1);
    await driver.close();
    t.equal(driver.buffers?.inUse, 0);
  });
});
