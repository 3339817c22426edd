/** The driver on the chip model, as silicon and as QEMU: neither finds fault with the other. */
import t from "tap";
import { E1000, type E1000Options } from "../../../drivers/e1000/e1000.ts";
import { VirtualClock } from "../../../hal/clock.ts";
import { DropReason } from "../../../hal/drop-reason.ts";
import { SeededRandom } from "../../../hal/random.ts";
import { E1000Chip, type E1000ChipOptions } from "../../../hal/simulated/e1000/chip.ts";
import { EthernetSegment, type SegmentPort } from "../../../hal/simulated/segment.ts";
import { Checksum } from "../../../hal/skbuff.ts";
import type { WireStation } from "../../../hal/wire.ts";
import { FakeHost, type FakeHostOptions } from "../../support/controller-host.ts";
import { CountingClock } from "../../support/counting-clock.ts";
import { firstDifference, frameOf, PEER, padded, STATION } from "../../support/enc28j60-bench.ts";

class ModelBench implements WireStation {
  readonly clock: VirtualClock = new VirtualClock();
  readonly driverClock: CountingClock = new CountingClock(this.clock);
  readonly segment: EthernetSegment = new EthernetSegment(this.clock, new SeededRandom("e1000"));
  readonly chip: E1000Chip;
  readonly peer: SegmentPort;
  readonly driver: E1000;
  readonly host: FakeHost;
  readonly sent: Uint8Array[] = [];

  constructor(chip: Partial<E1000ChipOptions>, driver: E1000Options = {}, host: FakeHostOptions = {}) {
    this.chip = new E1000Chip(this.clock, this.segment, "chip", { mac: STATION, ...chip });
    this.peer = this.segment.attach("peer", this);
    this.driver = new E1000(this.driverClock, this.chip, driver);
    this.host = new FakeHost(this.clock, host);
  }

  /** Opens, and waits until a chip like QEMU's receives. */
  async open(): Promise<void> {
    await this.clock.advance(600);
    const opened = this.host.open(this.driver);
    await this.clock.advance(1600);
    await opened;
  }

  run(ms = 1): void {
    this.clock.advanceSync(ms);
  }

  deliver(frame: Uint8Array): void {
    this.peer.transmit(frame, 0, frame.length);
  }

  wireFrame(bytes: Uint8Array, length: number): void {
    this.sent.push(bytes.slice(0, length));
  }

  wireLink(): void {}
}

const CHIPS: Record<string, Partial<E1000ChipOptions>> = {
  "by the manual": {},
  "on a wire of 1 Gbit/s": { lineRate: 1e9 },
  "as QEMU": { quirks: "qemu" },
};
const { NONE, TX_ABORTED, TX_CARRIER } = DropReason;

for (const [name, options] of Object.entries(CHIPS)) {
  t.test(name, async (t) => {
    t.test("both ways, every length, round small rings", async (t) => {
      const bench = new ModelBench(options, { rxRing: 16, txRing: 8 });
      await bench.open();
      const { host, driver } = bench;
      t.same(driver.address, STATION);
      t.same(host.carriers, [true]);
      const incoming: Uint8Array[] = [];
      const outgoing: Uint8Array[] = [];
      for (let length = 60; length <= 1514; length++) {
        incoming.push(frameOf(length, length));
        outgoing.push(frameOf(length - 46, length, PEER, STATION));
        bench.deliver(incoming.at(-1) as Uint8Array);
        host.send(outgoing.at(-1) as Uint8Array);
        if (length % 7 === 0) bench.run();
      }
      bench.run(5);
      t.equal(firstDifference(host.frames, incoming), -1);
      t.equal(firstDifference(bench.sent, outgoing.map(padded)), -1);
      t.ok(host.settlements.every((reason) => reason === NONE));
      const octets = incoming.reduce((sum, { length }) => sum + length, 0);
      t.match(driver.statistics, {
        rxPackets: incoming.length,
        rxBytes: octets,
        txPackets: outgoing.length,
        rxErrors: 0,
        txErrors: 0,
      });
      const counters = new Map(driver.driverStatistics());
      t.equal(counters.get("rx_packets"), incoming.length, "driver and chip have counted the same");
      t.equal(counters.get("rx_bytes"), octets + 4 * incoming.length, "with FCS");
      t.equal(counters.get("tx_packets"), outgoing.length);
      t.equal(bench.chip.violations.toString(), "");
      t.same(host.breaches, []);
      await driver.close();
      t.equal(driver.buffers?.inUse, 0);
      t.equal(bench.driverClock.armed, 0);
      t.equal(bench.chip.violations.toString(), "");
    });

    t.test("a burst larger than all memory: every frame is delivered or counted", async (t) => {
      const bench = new ModelBench(options, { rxRing: 16 }, { budget: 8 });
      await bench.open();
      const frames = Array.from({ length: 3000 }, (_, number) => frameOf(400, number));
      // In one go, before the driver has had a turn.
      for (const frame of frames) bench.deliver(frame);
      bench.run(100);
      const { rxPackets, rxOverErrors } = bench.driver.statistics;
      t.equal(rxPackets, bench.host.received);
      const { received } = bench.host;
      t.ok(received >= 15, `${received} received, ${rxOverErrors} lost`);
      // QEMU's chip has no memory of its own: what finds no descriptor waits, or is lost, where the chip never hears of it.
      if (options.quirks !== "qemu") t.equal(received + rxOverErrors, 3000);
      bench.deliver(frameOf(99));
      bench.run();
      t.equal(firstDifference(bench.host.frames.slice(-1), [frameOf(99)]), -1, "and it goes on");
      t.equal(bench.chip.violations.toString(), "");
      t.same(bench.host.breaches, []);
      await bench.driver.close();
    });

    t.test("checksums filled in by the chip are what software would have written", async (t) => {
      const bench = new ModelBench(options);
      await bench.open();
      const sums: number[] = [];
      for (const [length, start, offset] of [
        [60, 34, 6],
        [61, 34, 6],
        [1514, 34, 16],
        [46, 38, 6],
        [600, 38, 6],
      ] as const) {
        const frame = frameOf(length, 0, PEER, STATION);
        frame.fill(0, start + offset, start + offset + 2);
        const skb = bench.host.packet(frame);
        skb.checksum = Checksum.PARTIAL;
        skb.csumStart = skb.data + start;
        skb.csumOffset = offset;
        bench.driver.transmit(skb);
        bench.run();
        let sum = 0;
        const sent = bench.sent.at(-1) as Uint8Array;
        for (let at = start; at < sent.length; at += 2) sum += (sent[at]! << 8) | (sent[at + 1] ?? 0);
        while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
        sums.push(sum);
      }
      t.same(sums, [0xffff, 0xffff, 0xffff, 0xffff, 0xffff]);
      t.equal(bench.chip.violations.toString(), "");
      await bench.driver.close();
    });

    t.test("the cable is pulled and plugged under traffic", async (t) => {
      const bench = new ModelBench(options, { txRing: 16 });
      await bench.open();
      const { host } = bench;
      for (let round = 0; round < 5; round++) {
        for (let number = 0; number < 30; number++) host.send(frameOf(1000, number, PEER, STATION));
        bench.peer.plugged = false;
        bench.run(20);
        for (let number = 0; number < 30; number++) host.send(frameOf(1000, number, PEER, STATION));
        bench.peer.plugged = true;
        bench.run(2000);
      }
      t.same(host.carriers, [true, ...Array.from({ length: 10 }, (_, at) => at % 2 === 1)]);
      t.equal(host.settlements.length, 300);
      t.ok(host.settlements.every((reason) => reason === NONE || reason === TX_CARRIER));
      const last = host.send(frameOf(60, 0, PEER, STATION));
      bench.deliver(frameOf(60));
      bench.run();
      t.equal(host.settlements[last], NONE);
      t.equal(host.received, 1);
      t.equal(host.pool.inUse, 0);
      t.equal(bench.chip.violations.toString(), "");
      await bench.driver.close();
    });

    t.test("a transmitter that hangs", async (t) => {
      const bench = new ModelBench(options, { txRing: 16 });
      await bench.open();
      const { chip, host } = bench;
      chip.transmitStalled = true;
      for (let number = 0; number < 30; number++) host.send(frameOf(60, number, PEER, STATION));
      bench.run(1000);
      chip.transmitStalled = false;
      bench.run(4000);
      // Behind those that were given up, those that waited have gone out.
      t.equal(host.settlements.length, 30);
      chip.transmitStalled = true;
      const stuck = host.send(frameOf(60, 0, PEER, STATION));
      bench.run(4100);
      t.equal(host.settlements[stuck], TX_ABORTED);
      chip.transmitStalled = false;
      const after = host.send(frameOf(60, 0, PEER, STATION));
      bench.run(1100);
      t.equal(host.settlements[after], NONE);
      bench.deliver(frameOf(60));
      bench.run();
      t.equal(host.received, 1);
      t.equal(chip.violations.toString(), "");
      await bench.driver.close();
    });

    t.test("pulled out, and put back", async (t) => {
      const bench = new ModelBench(options);
      await bench.open();
      for (let round = 0; round < 3; round++) {
        bench.deliver(frameOf(60, round));
        bench.host.send(frameOf(60, round, PEER, STATION));
        bench.chip.fail();
        bench.run();
        t.match(bench.host.errors.at(-1), { code: "DEVICE_GONE" });
        t.equal(bench.host.errors.length, round + 1);
        t.equal(bench.host.carriers.at(-1), false);
        t.equal(bench.driver.buffers?.inUse, 0);
        await bench.driver.close();
        await bench.open();
        t.equal(bench.host.carriers.at(-1), true);
        const { received } = bench.host;
        bench.deliver(frameOf(60, round));
        bench.run();
        t.equal(bench.host.received, received + 1);
      }
      t.equal(bench.chip.violations.toString(), "");
      await bench.driver.close();
    });
  });
}

t.test("multicast: the groups that were asked for and no others", async (t) => {
  const bench = new ModelBench({});
  await bench.open();
  const group = (last: number): Uint8Array => Uint8Array.of(0x01, 0x00, 0x5e, 0x00, 0x77, last);
  const hears = (address: Uint8Array): boolean => {
    const before = bench.host.received;
    bench.deliver(frameOf(60, 0, address));
    bench.run();
    return bench.host.received > before;
  };
  t.notOk(hears(group(1)));
  const join = (...groups: Uint8Array[]): void => bench.driver.setReceiveMode({ promiscuous: false, allMulticast: false, groups });
  join(...Array.from({ length: 40 }, (_, at) => group(at)));
  for (let at = 0; at < 40; at++) if (!hears(group(at))) t.fail(`group ${at} is not heard`);
  t.notOk(hears(group(200)));
  bench.driver.setReceiveMode({ promiscuous: false, allMulticast: true, groups: [] });
  t.ok(hears(group(200)));
  join();
  t.notOk(hears(group(1)) || hears(group(30)));
  t.equal(bench.driver.statistics.rxMulticast, 41);
  const other = Uint8Array.of(2, 0, 0, 0, 0, 9);
  t.notOk(hears(other));
  bench.driver.setReceiveMode({ promiscuous: true, allMulticast: true, groups: [] });
  t.ok(hears(other));
  t.equal(bench.chip.violations.toString(), "");
  await bench.driver.close();
});
