/** Opening and closing: what the chip is told, what is given back, and what a person reads when there is no chip. */

import t from "tap";
import { Enc28j60 } from "../../../drivers/enc28j60/enc28j60.ts";
import { DropReason } from "../../../hal/drop-reason.ts";
import { ControllerError } from "../../../hal/ethernet.ts";
import type { SpiBatch, SpiBus } from "../../../hal/spi.ts";
import { Bench, CONNECTIONS, frameOf, PEER, STATION } from "../../support/enc28j60-bench.ts";
import { settle } from "../../support/waiting.ts";

const EIE = 0x1b;
const ECON1 = 0x1f;

for (const fullDuplex of [false, true]) {
  t.test(`after opening in ${fullDuplex ? "full" : "half"} duplex the chip is as the data sheet wants it`, async (t) => {
    const bench = new Bench({ driver: { fullDuplex } });
    await bench.open();
    t.equal(bench.chip.violations.toString(), "");
    const ring = { start: bench.register16(0, 0x08), end: bench.register16(0, 0x0a), read: bench.register16(0, 0x0c) };
    t.same(ring, { start: 0, end: 0x19ff, read: 0x19ff }, "ring at 0 (erratum 5), its end and read pointer odd (erratum 14)");
    t.ok(0x1fff - bench.register16(0, 0x04) >= 1 + 1514 + 7 - 1, "room for control byte, frame and status vector");
    t.equal(bench.register(1, 0x18), 0xa1, "unicast, broadcast, good CRC");
    t.equal(bench.macRegister(2, 0x00), fullDuplex ? 0x0d : 0x01, "MACON1");
    t.equal(bench.macRegister(2, 0x02), fullDuplex ? 0x31 : 0x30, "MACON3: pad to 60, append CRC");
    t.equal(bench.macRegister(2, 0x03), fullDuplex ? 0x00 : 0x40, "MACON4");
    t.equal(bench.macRegister(2, 0x04), fullDuplex ? 0x15 : 0x12, "MABBIPG");
    t.equal(bench.macRegister(2, 0x06), 0x12, "MAIPGL");
    t.equal(bench.macRegister(2, 0x0a) | (bench.macRegister(2, 0x0b) << 8), 1522, "MAMXFL lets 1514 bytes, a tag and FCS through");
    t.same(
      [0x04, 0x05, 0x02, 0x03, 0x00, 0x01].map((at) => bench.macRegister(3, at)),
      [...STATION],
    );
    t.equal(bench.register(0, EIE), 0xdb);
    t.equal(bench.register(0, ECON1) & 0x04, 0x04, "receiving");
    t.same(bench.host.carriers, [true]);
    t.equal(bench.driver.description, "simulated ENC28J60 with faults");
    t.equal(bench.driver.simulated, true);
    t.same(bench.driver.address, STATION);
    await bench.close();
    t.equal(bench.register(0, ECON1) & 0x04, 0, "deaf again");
    t.equal(bench.chip.violations.toString(), "");
  });
}

t.test("a chip that was left in power save is woken before it is reset (erratum 19)", async (t) => {
  const bench = new Bench();
  bench.clock.advanceSync(1);
  bench.chip.exchange(Uint8Array.of(0x9e, 0x20), 0, 2, new Uint8Array(0), 0, 0);
  await bench.open();
  bench.deliver(frameOf(60));
  bench.clock.advanceSync(5);
  t.equal(bench.host.received, 1);
  t.equal(bench.chip.violations.toString(), "");
  await bench.close();
});

for (const connection of CONNECTIONS) {
  t.test(`opened and closed 100 times under traffic, nothing is left behind: ${connection.name}`, async (t) => {
    const bench = new Bench(connection);
    let sends = 0;
    for (let round = 0; round < 100; round++) {
      await bench.open();
      for (let number = 0; number < 3; number++) {
        bench.deliver(frameOf(200 + round, number));
        bench.host.send(frameOf(300 + round, number, PEER, STATION));
        sends++;
      }
      // Closed at a different step of the work each time.
      bench.clock.advanceSync((round % 20) * 0.5);
      await bench.close();
      bench.host.wake();
      t.equal(bench.host.pool.inUse, 0, `packets after round ${round}`);
      t.equal(bench.driverClock.armed, 0, `timers after round ${round}`);
    }
    t.equal(bench.host.settlements.filter((reason) => reason !== undefined).length, sends, "the fate of every frame was told");
    const { transactions } = bench.bus.counters;
    bench.clock.advanceSync(10_000);
    t.equal(bench.bus.counters.transactions, transactions, "no SPI traffic once closed");
    t.equal(bench.chip.violations.toString(), "");
    t.same(bench.host.breaches, []);
  });
}

t.test("a frame that is still in the driver when it closes is purged, one that comes later finds no device", async (t) => {
  const bench = new Bench();
  await bench.open();
  bench.faults.mishaps.push("hang");
  bench.host.send(frameOf(60, 0, PEER, STATION));
  await bench.close();
  bench.host.send(frameOf(60, 1, PEER, STATION));
  t.same(bench.host.settlements, [DropReason.QUEUE_PURGE, DropReason.DEV_READY]);
  t.same([bench.host.drops.get(DropReason.QUEUE_PURGE), bench.host.drops.get(DropReason.DEV_READY)], [1, 1]);
  t.equal(bench.driver.poll(64), 0, "a poll that was due is harmless");
});

for (const dead of [0x00, 0xff]) {
  t.test(`no chip: every answer is 0x${dead.toString(16)}`, async (t) => {
    for (const connection of CONNECTIONS) {
      const bench = new Bench(connection);
      bench.faults.dead = dead;
      const close = bench.bus.close.bind(bench.bus);
      let closed = 0;
      bench.bus.close = () => {
        closed++;
        return close();
      };
      const opened = bench.host.open(bench.driver).then(
        () => null,
        (error: unknown) => error,
      );
      await bench.clock.advance(100);
      const error = (await opened) as ControllerError;
      t.ok(error instanceof ControllerError);
      t.equal(error.code, "ENC28J60_NOT_FOUND");
      t.match(error.message, /no ENC28J60 answers on .*EREVID reads 0x(00|ff).*check its 3\.3 V supply.*mode 0/);
      t.notMatch(error.message, "\n");
      t.equal(closed, 1, "the bus is somebody else's to have");
      t.equal(bench.driverClock.armed, 0);
      bench.faults.dead = null;
      await bench.open();
      t.same(bench.host.carriers, [true], "opens once the chip is there");
      await bench.close();
    }
  });
}

t.test("what can not be is refused", async (t) => {
  const bench = new Bench();
  t.throws(() => new Enc28j60(bench.bus, bench.clock, { address: new Uint8Array(5) }), { code: "ENC28J60_ADDRESS" });
  t.throws(() => new Enc28j60(bench.bus, bench.clock, { address: Uint8Array.of(1, 2, 3, 4, 5, 6) }), {
    code: "ENC28J60_ADDRESS",
    message: /01:02:03:04:05:06/,
  });
  await bench.open();
  await t.rejects(bench.host.open(bench.driver), { code: "ENC28J60_OPEN" });
  for (const [length, reason] of [
    [13, DropReason.PKT_TOO_SMALL],
    [1519, DropReason.PKT_TOO_BIG],
  ] as const) {
    const cookie = bench.host.send(frameOf(14).length === length ? frameOf(14) : new Uint8Array(length));
    t.equal(bench.host.settlements[cookie], reason);
  }
  t.equal(bench.driver.statistics.txErrors, 2);
  await bench.close();
});

/** Fails from a certain batch on. */
class FailingBus implements SpiBus {
  readonly interrupt = null;
  readonly lossy = false;
  readonly simulated = true;
  failing = false;
  readonly #bus: SpiBus;

  constructor(bus: SpiBus) {
    this.#bus = bus;
  }

  get description(): string {
    return "SPI bus of a test";
  }

  open(): Promise<void> {
    return this.#bus.open();
  }

  close(): Promise<void> {
    return this.#bus.close();
  }

  transfer(batch: SpiBatch): boolean {
    if (this.failing) batch.error = new Error("the adapter was unplugged");
    return this.failing || this.#bus.transfer(batch);
  }
}

t.test("a bus that fails", async (t) => {
  t.test("while frames are under way: said once, everything given back, close is safe", async (t) => {
    const bench = new Bench();
    const bus = new FailingBus(bench.bus);
    const driver = new Enc28j60(bus, bench.driverClock, { address: STATION, interrupt: bench.faults.line });
    bench.clock.advanceSync(1);
    const opened = bench.host.open(driver);
    await bench.clock.advance(50);
    await opened;
    t.equal(driver.description, "ENC28J60 rev B7 on SPI bus of a test");
    bench.host.send(frameOf(60, 0, PEER, STATION));
    bench.deliver(frameOf(60));
    bus.failing = true;
    await bench.clock.advance(3000);
    t.equal(bench.host.errors.length, 1);
    t.match(bench.host.errors[0], { code: "ENC28J60_BUS", message: /SPI bus failed: the adapter was unplugged/ });
    t.same(bench.host.settlements, [DropReason.TX_ABORTED]);
    t.equal(bench.host.pool.inUse, 0);
    t.same(bench.host.breaches, []);
    bus.failing = false;
    await bench.clock.advance(10_000);
    bench.deliver(frameOf(60));
    bench.clock.advanceSync(5);
    t.equal(bench.host.received, 1, "it comes back by itself");
    t.equal(bench.host.errors.length, 1);
    bus.failing = true;
    await bench.clock.advance(10_000);
    t.equal(bench.host.errors.length, 2);
    await driver.close();
    t.equal(bench.driverClock.armed, 0);
    bus.failing = false;
    const again = bench.host.open(driver);
    await bench.clock.advance(50);
    await again;
    bench.deliver(frameOf(60));
    bench.clock.advanceSync(5);
    t.equal(bench.host.received, 2, "and it may be opened again");
    await driver.close();
  });

  t.test("while it falls asleep, and is closed at the same time: nothing goes on behind close()", async (t) => {
    const bench = new Bench();
    const bus = new FailingBus(bench.bus);
    const driver = new Enc28j60(bus, bench.driverClock, { address: STATION, interrupt: bench.faults.line });
    const opened = bench.host.open(driver);
    await bench.clock.advance(50);
    await opened;
    bus.failing = true;
    const asleep = driver.suspend();
    const closed = driver.close();
    await Promise.all([t.rejects(asleep, { code: "ENC28J60_BUS" }), settle(bench.clock, closed)]);
    t.equal(bench.driverClock.armed, 0);
    bus.failing = false;
    const { transactions } = bench.bus.counters;
    await bench.clock.advance(5000);
    t.equal(bench.bus.counters.transactions, transactions);
    t.same(bench.host.errors, []);
    await settle(bench.clock, bench.host.open(driver));
    bench.deliver(frameOf(60));
    bench.clock.advanceSync(5);
    t.equal(bench.host.received, 1, "and it may be opened again");
    await driver.close();
  });

  t.test("while opening", async (t) => {
    const bench = new Bench();
    const bus = new FailingBus(bench.bus);
    bus.failing = true;
    const driver = new Enc28j60(bus, bench.driverClock, { address: STATION });
    await t.rejects(bench.host.open(driver), { code: "ENC28J60_BUS" });
    t.equal(bench.driverClock.armed, 0);
  });

  t.test("by never answering: close gives up waiting", async (t) => {
    const bench = new Bench({ roundTrip: 2 });
    await bench.open();
    bench.deliver(frameOf(60));
    bench.clock.advanceSync(1);
    // The batch under way is forgotten by the bus.
    await bench.bus.close();
    const closed = bench.driver.close();
    await bench.clock.advance(1100);
    await closed;
    t.equal(bench.host.pool.inUse, 0);
    t.equal(bench.driverClock.armed, 0);
  });
});
