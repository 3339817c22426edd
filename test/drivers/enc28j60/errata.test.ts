/**
 * The chip's errata (DS80349), each at its worst in the chip model, against the driver's workaround. That a fault had its chance is
 * asserted, too: a test that nothing struck in proves nothing.
 */
import t, { type Test } from "tap";
import { Enc28j60 } from "../../../drivers/enc28j60/enc28j60.ts";
import { DropReason } from "../../../hal/drop-reason.ts";
import { Enc28j60Chip } from "../../../hal/simulated/enc28j60/chip.ts";
import type { Revision } from "../../../hal/simulated/enc28j60/errata.ts";
import { SimulatedSpiBus, type SpiDevice } from "../../../hal/simulated/spi-bus.ts";
import { Bench, CONNECTIONS, firstDifference, frameOf, PEER, padded, STATION } from "../../support/enc28j60-bench.ts";

const outgoing = (number: number, length = 60): Uint8Array => frameOf(length, number, PEER, STATION);

function clean(t: Test, bench: Bench): void {
  t.equal(bench.chip.violations.toString(), "", "nothing against the data sheet");
  t.same(bench.host.breaches, [], "nothing against the contract");
  t.same(bench.host.errors, []);
  t.same([bench.driver.receiveResets, bench.driver.transmitTimeouts, bench.driver.recoveries], [0, 0, 0], "nothing to repair");
}

/** Both ways, through several turns of the ring, and everything arrives. */
async function exchangeFrames(t: Test, bench: Bench, count = 120): Promise<void> {
  const received = Array.from({ length: count }, (_, number) => frameOf(60 + ((number * 97) % 1400), number));
  const sent = received.map((frame, number) => outgoing(number, frame.length));
  for (const [number, frame] of received.entries()) {
    bench.deliver(frame);
    bench.host.send(sent[number] as Uint8Array);
    bench.clock.advanceSync(15);
  }
  bench.clock.advanceSync(3000);
  t.equal(firstDifference(bench.host.frames, received), -1, "all received frames are right");
  t.equal(firstDifference(bench.sent, sent.map(padded)), -1, "all sent frames are right");
}

/** SPI whose clock can be asked for. */
class ClockedBus extends SimulatedSpiBus {
  readonly hertz: number;

  constructor(device: SpiDevice, bench: Bench, hertz: number) {
    super(device, bench.clock);
    this.hertz = hertz;
  }
}

t.test("1: a B1 or B4 on a slow SPI clock is refused, with the reason", async (t) => {
  const cases: [Revision, number, boolean][] = [
    ["B1", 4_000_000, false],
    ["B4", 7_999_999, false],
    ["B4", 8_000_000, true],
    ["B5", 4_000_000, true],
    ["B7", 1_000_000, true],
  ];
  for (const [revision, spiHz, works] of cases) {
    const bench = new Bench();
    const chip = new Enc28j60Chip(bench.clock, bench.segment, "slow", { revision, spiHz, strict: true, errata: { 16: false } });
    const driver = new Enc28j60(new ClockedBus(chip, bench, spiHz), bench.driverClock, { address: STATION });
    await bench.clock.advance(1);
    const opened = bench.host.open(driver).then(
      () => null,
      (error: unknown) => error,
    );
    await bench.clock.advance(50);
    const error = await opened;
    if (works) {
      t.equal(error, null, `${revision} at ${spiHz} Hz`);
    } else {
      t.match(error, { code: "ENC28J60_SPI_CLOCK", message: new RegExp(`rev ${revision} .*erratum 1.*faster`) });
      t.notMatch((error as Error).message, "\n");
      t.equal(bench.driverClock.armed, 0);
    }
    t.equal(chip.violations.count("slow-clock"), 0, "no MAC register was touched");
    await driver.close();
  }
});

t.test("2: the MAC is left alone for a millisecond after the reset, whatever CLKRDY says", async (t) => {
  const bench = new Bench({ chip: { errata: { 2: true } } });
  await bench.open();
  t.equal(bench.macRegister(2, 0x0a), 0xf2, "what was written is there");
  clean(t, bench);
  await bench.close();
});

t.test("5: the ring begins where the write pointer is afterwards, at 0", async (t) => {
  const bench = new Bench({ chip: { errata: { 5: 1 } } });
  await bench.open();
  t.ok(bench.chip.errata.count(5) > 0);
  await exchangeFrames(t, bench);
  clean(t, bench);
  await bench.close();
});

for (const connection of CONNECTIONS) {
  t.test(`6: packets are found though PKTIF never tells: ${connection.name}`, async (t) => {
    const bench = new Bench({ ...connection, chip: { errata: { 6: 1 } } });
    await bench.open();
    for (let number = 0; number < 10; number++) {
      bench.deliver(frameOf(60, number));
      // With the line at once; polled, EPKTCNT is asked for after 8 empty polls of 5 ms and their round trips.
      bench.clock.advanceSync(connection.interrupt ? 20 : 100);
      t.equal(bench.host.received, number + 1);
    }
    t.equal(bench.chip.errata.count(6), 10);
    clean(t, bench);
    await bench.close();
  });
}

t.test("9, 10, 11, 17, 18: what does not work is not used", async (t) => {
  for (const fullDuplex of [false, true]) {
    const bench = new Bench({ driver: { fullDuplex } });
    const seen = { dma: 0, checksum: 0, pattern: 0, loopback: 0, ledCodes: new Set<number>() };
    const exchange = bench.faults.exchange.bind(bench.faults);
    let bank = 0;
    let mii = [0, 0, 0];
    bench.faults.exchange = (write, at, length, read, readAt, readLength) => {
      const [command, data] = [write[at]!, write[at + 1]!];
      if (command === 0x9f) bank |= data & 3;
      if (command === 0xbf) bank &= ~data & 3;
      if (command === 0x9f || command === 0x5f) {
        if ((data & 0x20) !== 0) seen.dma++;
        if ((data & 0x10) !== 0) seen.checksum++;
      }
      if (bank === 1 && (command === 0x58 || command === 0x98) && (data & 0x10) !== 0) seen.pattern++;
      if (bank === 2 && command === 0x54) mii = [data, 0, 0];
      if (bank === 2 && command === 0x56) mii[1] = data;
      if (bank === 2 && command === 0x57) {
        const value = mii[1]! | (data << 8);
        if (mii[0] === 0x00 && (value & 0x4000) !== 0) seen.loopback++;
        if (mii[0] === 0x14) seen.ledCodes.add((value >> 8) & 0xf).add((value >> 4) & 0xf);
      }
      exchange(write, at, length, read, readAt, readLength);
    };
    await bench.open();
    bench.driver.setReceiveMode({ promiscuous: false, allMulticast: true, groups: [] });
    await exchangeFrames(t, bench, 20);
    t.match(seen, { dma: 0, checksum: 0, pattern: 0, loopback: 0 });
    t.equal(seen.ledCodes.size, 2, "both LEDs were set up");
    t.notOk(seen.ledCodes.has(0xe), "duplex and collision in one LED: erratum 11");
    await bench.close();
  }
});

/** Talks into the frames of half-duplex stations. */
function interrupter(bench: Bench): (after: number) => void {
  const talker = { collided: () => undefined, carrierIdle: () => undefined };
  return (after) => {
    bench.clock.advanceSync(after);
    bench.segment.carrier.begin(talker);
    bench.segment.carrier.end(talker);
  };
}

t.test("12: the transmit logic is reset after every abort, so it never hangs", async (t) => {
  const bench = new Bench({ chip: { errata: { 12: 1 } } });
  await bench.open();
  const interrupt = interrupter(bench);
  const sent = Array.from({ length: 20 }, (_, number) => outgoing(number, 1000));
  for (const frame of sent) {
    bench.host.send(frame);
    // 500 bytes into the frame: a real late collision.
    interrupt(0.4);
    bench.clock.advanceSync(20);
  }
  t.equal(bench.chip.errata.count(12), 20);
  t.equal(firstDifference(bench.sent, sent), -1);
  t.ok(bench.host.settlements.every((reason) => reason === DropReason.NONE));
  clean(t, bench);
  await bench.close();
});

t.test("13: a late collision that was none is sent again, until the frame is through", async (t) => {
  for (const revision of ["B5", "B7"] as const) {
    const bench = new Bench({ chip: { revision, errata: { 12: 1, 13: 0.5 } } });
    await bench.open();
    await exchangeFrames(t, bench);
    const retries = new Map(bench.driver.driverStatistics()).get("tx_late_collision_retries") as number;
    t.ok(retries > 20, `${retries} frames sent again`);
    t.equal(bench.chip.counters.lateCollisions, retries);
    t.match(bench.driver.statistics, { txErrors: 0, txPackets: 120 });
    clean(t, bench);
    await bench.close();
  }
});

t.test("13: the widest collision window makes it rarer", async (t) => {
  const bench = new Bench();
  await bench.open();
  t.equal(bench.macRegister(2, 0x09), 63);
  await bench.close();
});

t.test("14: ERXRDPT is always odd, whatever the lengths", async (t) => {
  for (const connection of CONNECTIONS) {
    const bench = new Bench({ ...connection, chip: { errata: { 14: 1 } } });
    await bench.open();
    await exchangeFrames(t, bench, 60);
    const burst = Array.from({ length: 30 }, (_, number) => frameOf(61 + number, number));
    for (const frame of burst) bench.deliver(frame);
    bench.clock.advanceSync(500);
    t.equal(firstDifference(bench.host.frames.slice(60), burst), -1);
    t.equal(bench.chip.errata.count(14), 0, "it never had a chance");
    clean(t, bench);
    await bench.close();
  }
});

t.test("15: ESTAT.LATECOL is not asked", async (t) => {
  const bench = new Bench({ chip: { errata: { 12: 1, 13: 0.5, 15: 1 } } });
  await bench.open();
  await exchangeFrames(t, bench);
  t.ok(bench.chip.errata.count(15) > 20);
  t.equal(bench.driver.statistics.txErrors, 0);
  clean(t, bench);
  await bench.close();
});

t.test("16: the duplex mode is the driver's, whatever LEDB is wired to", async (t) => {
  for (const fullDuplexWiring of [false, true]) {
    for (const fullDuplex of [false, true]) {
      const bench = new Bench({ driver: { fullDuplex }, chip: { fullDuplexWiring, errata: { 16: 1 } } });
      await bench.open();
      await exchangeFrames(t, bench, 20);
      clean(t, bench);
      await bench.close();
    }
  }
});

t.test("19: a chip that was left asleep is woken before it is reset", async (t) => {
  const bench = new Bench({ chip: { errata: { 19: true } } });
  bench.clock.advanceSync(1);
  bench.chip.exchange(Uint8Array.of(0x9e, 0x20), 0, 2, new Uint8Array(0), 0, 0);
  await bench.open();
  await exchangeFrames(t, bench, 20);
  clean(t, bench);
  await bench.close();
});

t.test("every erratum of every revision at once, as often as the model thinks right", async (t) => {
  for (const revision of ["B1", "B4", "B5", "B7"] as const) {
    for (const connection of CONNECTIONS) {
      const all = { 5: true, 6: true, 12: true, 14: true, 15: true, 16: true, 18: true } as const;
      const errata = revision === "B5" || revision === "B7" ? { ...all, 13: true } : all;
      const bench = new Bench({ ...connection, chip: { revision, errata } });
      await bench.open();
      await exchangeFrames(t, bench, 60);
      clean(t, bench);
      await bench.close();
    }
  }
});

t.test("half duplex on a wire where another station talks: collisions are the chip's to sort out", async (t) => {
  const bench = new Bench();
  await bench.open();
  const interrupt = interrupter(bench);
  const sent = Array.from({ length: 50 }, (_, number) => outgoing(number, 500));
  for (const [number, frame] of sent.entries()) {
    bench.host.send(frame);
    // Within the first 64 bytes.
    interrupt(0.01 + (number % 4) * 0.008);
    bench.clock.advanceSync(20);
  }
  t.equal(firstDifference(bench.sent, sent), -1);
  t.equal(bench.chip.counters.collisions, 50);
  t.equal(bench.chip.counters.lateCollisions, 0);
  clean(t, bench);
  await bench.close();
});
