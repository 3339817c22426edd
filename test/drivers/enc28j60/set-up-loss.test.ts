/** The chip forgets what it was told, all of it or one bit: on every bus the driver finds out and sets it up anew. */
import t, { type Test } from "tap";
import { DropReason } from "../../../hal/drop-reason.ts";
import { ALL_CONNECTIONS, Bench, firstDifference, frameOf, PEER, padded, STATION } from "../../support/enc28j60-bench.ts";

/** Longest time until the chip works again, in ms. */
const LIMIT = 2000;

const clear = (bits: number) => (value: number) => value & ~bits;
const set = (bits: number) => (value: number) => value | bits;

type Fault = (bench: Bench) => void;

/** Losses that stop everything. */
const FATAL: Readonly<Record<string, Fault>> = {
  "one SRC byte on the bus": (bench) => bench.resetChip(),
  "ECON1.RXEN cleared": (bench) => bench.disturb(0, 0x1f, clear(0x04)),
  "ECON1.RXRST set": (bench) => bench.disturb(0, 0x1f, set(0x40)),
  "ECON1.TXRST set": (bench) => bench.disturb(0, 0x1f, set(0x80)),
  "EIE 0": (bench) => bench.disturb(0, 0x1b, () => 0),
  "EIE.PKTIE cleared": (bench) => bench.disturb(0, 0x1b, clear(0x40)),
  "EIE.TXIE cleared": (bench) => bench.disturb(0, 0x1b, clear(0x08)),
  "ECON2.PWRSV set": (bench) => bench.disturb(0, 0x1e, set(0x20)),
  "MACON1.MARXEN cleared": (bench) => bench.disturb(2, 0x00, clear(0x01)),
};

/** Losses that harm only frames on their way. */
const HARMFUL: Readonly<Record<string, Fault>> = {
  "ECON2.AUTOINC cleared": (bench) => bench.disturb(0, 0x1e, clear(0x80)),
  "MACON3: no padding and FCS where they are wanted, or the other way round": (bench) => bench.disturb(2, 0x02, (v) => v ^ 0x30),
  "MAMXFL halved": (bench) => bench.disturb(2, 0x0b, () => 0x00),
  "another station address": (bench) => bench.disturb(3, 0x00, set(0x40)),
  "ERXFCON lets nothing through": (bench) => bench.disturb(1, 0x18, () => 0x20),
  "ETXST moved": (bench) => bench.disturb(0, 0x05, () => 0x10),
};

const outgoing = (number: number): Uint8Array => frameOf(100 + number, number, PEER, STATION);

/** Frames pass both ways, and nothing is against the rules. */
function works(t: Test, bench: Bench, what: string): void {
  const [sent, received] = [bench.sent.length, bench.host.frames.length];
  bench.host.send(outgoing(1));
  bench.deliver(frameOf(90));
  bench.clock.advanceSync(60);
  t.equal(firstDifference(bench.sent.slice(sent), [outgoing(1)]), -1, `${what}: it sends`);
  t.equal(firstDifference(bench.host.frames.slice(received), [frameOf(90)]), -1, `${what}: it receives`);
  t.same([bench.host.breaches, bench.host.errors], [[], []]);
}

for (const connection of ALL_CONNECTIONS) {
  t.test(`silent, ${connection.name}`, async (t) => {
    for (const [name, fault] of Object.entries(FATAL)) {
      // Whenever it happens between two looks.
      for (const phase of [0, 999]) {
        const bench = new Bench(connection);
        await bench.open();
        await bench.clock.advance(3000 + phase);
        fault(bench);
        await bench.clock.advance(LIMIT);
        t.same([bench.driver.recoveries, bench.driver.health.repairs], [1, 1], `${name}: noticed, and counted`);
        t.match(bench.host.repairs, [/ holds 0x.. instead of 0x..$/]);
        works(t, bench, name);
        await bench.close();
      }
    }
  });

  t.test(`healthy, ${connection.name}: never doubted in ten minutes of a frame now and then`, async (t) => {
    const bench = new Bench(connection);
    await bench.open();
    for (let number = 0; number < 200; number++) {
      bench.host.send(outgoing(number));
      if (number % 10 === 0) bench.deliver(frameOf(90));
      bench.clock.advanceSync(3000);
    }
    t.match(bench.driver.health, { suspicions: 0, repairs: 0 });
    t.equal(bench.sent.length, 200);
    t.same([bench.host.breaches, bench.host.errors, bench.host.repairs], [[], [], []]);
    await bench.close();
  });

  t.test(`sending, ${connection.name}`, async (t) => {
    for (const [name, fault] of Object.entries({ ...FATAL, ...HARMFUL })) {
      const bench = new Bench(connection);
      await bench.open();
      const send = async (number: number): Promise<number> => {
        const cookie = bench.host.send(outgoing(number));
        await bench.clock.advance(100);
        return cookie;
      };
      for (let number = 0; number < 25; number++) await send(number);
      fault(bench);
      for (let number = 0; number < LIMIT / 100; number++) await send(number);
      t.equal(bench.driver.health.repairs, 1, `${name}: repaired`);
      bench.sent.length = 0;
      const cookies: number[] = [];
      for (let number = 0; number < 10; number++) cookies.push(await send(number));
      const fates = cookies.map((cookie) => bench.host.settlements[cookie]);
      t.same(fates, Array(10).fill(DropReason.NONE), `${name}: sent is said`);
      t.equal(bench.sent.length, 10, "of what was sent");
      works(t, bench, name);
      await bench.close();
    }
  });

  t.test(`a group that fell out of the hash table, ${connection.name}`, async (t) => {
    const group = Uint8Array.of(0x33, 0x33, 0, 0, 0, 1);
    for (const sending of [true, false]) {
      const bench = new Bench(connection);
      bench.driver.setReceiveMode({ promiscuous: false, allMulticast: false, groups: [group] });
      await bench.open();
      await bench.clock.advance(3000);
      // Its hash is 51.
      bench.disturb(1, 0x06, (value) => value & ~(1 << 3));
      for (let second = 0; second < (sending ? 2 : 160) && bench.driver.health.repairs === 0; second++) {
        if (sending) bench.host.send(outgoing(1));
        await bench.clock.advance(1000);
      }
      t.match(bench.host.repairs, [/^EHT6 holds 0x00 instead of 0x08$/], sending ? "sending" : "silent");
      bench.deliver(frameOf(60, 0, group));
      await bench.clock.advance(100);
      t.same(bench.host.frames.at(-1), frameOf(60, 0, group));
      await bench.close();
    }
  });

  t.test(`what a chip without its set-up takes is never said to be sent, ${connection.name}`, async (t) => {
    for (let round = 0; round < 10; round++) {
      const bench = new Bench(connection);
      await bench.open();
      bench.host.send(outgoing(0));
      await bench.clock.advance(1000 + round * 137);
      bench.sent.length = 0;
      bench.resetChip();
      const cookies = [1, 2, 3].map((number) => bench.host.send(outgoing(number)));
      await bench.clock.advance(LIMIT);
      const told = [1, 2, 3].filter((_, at) => bench.host.settlements[cookies[at]!] === DropReason.NONE);
      const left = bench.sent.map((bytes) => bytes.length - 100);
      t.equal(firstDifference(bench.sent, left.map(outgoing)), -1, "each whole");
      t.same(
        told.filter((number) => !left.includes(number)),
        [],
        "told of what left",
      );
      // The one that was in the chip at the repair may have left; the chip can not be asked any more.
      t.ok(left.length - told.length <= 1, `${told.length} of ${left.length} frames`);
      t.same(bench.host.errors, []);
      await bench.close();
    }
  });
}

/** Faults between two frames that no look of a quiet second is sure to find before the second one. */
const QUIET: Readonly<Record<string, Fault>> = {
  ...HARMFUL,
  ...Object.fromEntries(
    [0, 1, 4, 6].map((bit) => [`ETXSTL bit ${bit}`, (bench: Bench) => bench.disturb(0, 0x04, (v) => v ^ (1 << bit))]),
  ),
  ...Object.fromEntries(
    [0, 1, 3].map((bit) => [`ETXSTH bit ${bit}`, (bench: Bench) => bench.disturb(0, 0x05, (v) => v ^ (1 << bit))]),
  ),
  "ETXNDL lowered": (bench) => bench.disturb(0, 0x06, (v) => v - 40),
  "ETXNDH raised": (bench) => bench.disturb(0, 0x07, (v) => v + 1),
  "MACON3.TXCRCEN cleared": (bench) => bench.disturb(2, 0x02, clear(0x10)),
  "MACON3.PADCFG cleared": (bench) => bench.disturb(2, 0x02, clear(0xe0)),
  "MACON3.PADCFG 64 bytes": (bench) => bench.disturb(2, 0x02, set(0x60)),
  "control byte lost": (bench) => bench.poke(bench.register16(0, 0x04), [0x01]),
};

for (const connection of ALL_CONNECTIONS) {
  t.test(`one frame after a quiet time is never falsely said to be sent, ${connection.name}`, async (t) => {
    for (const [name, fault] of Object.entries(QUIET)) {
      for (const length of [42, 60, 1000]) {
        const bench = new Bench(connection);
        await bench.open();
        const frame = frameOf(length, length, PEER, STATION);
        // The same length before: ETXND need not be told again.
        bench.host.send(frame);
        await bench.clock.advance(10_000);
        fault(bench);
        await bench.clock.advance(3000);
        bench.sent.length = 0;
        const cookie = bench.host.send(frame);
        await bench.clock.advance(1000);
        const said = bench.host.settlements[cookie];
        t.not(said, undefined, `${name}, ${length} bytes: it is told`);
        if (said === DropReason.NONE) t.equal(firstDifference(bench.sent, [padded(frame)]), -1, `${name}, ${length} bytes: whole`);
        t.same([bench.host.breaches, bench.host.errors], [[], []]);
        await bench.close();
      }
    }
  });
}

t.test("trouble twice in a minute: the bus is not trusted any more, and frames are checked both ways", async (t) => {
  const bench = new Bench();
  await bench.open();
  await bench.clock.advance(3000);
  const MACON3 = 0x02;
  bench.resetChip();
  await bench.clock.advance(30_000);
  t.equal(bench.macRegister(2, MACON3), 0x30, "once may happen");
  bench.resetChip();
  await bench.clock.advance(3000);
  t.equal(bench.macRegister(2, MACON3), 0x00, "the FCS is the driver's");
  works(t, bench, "not trusted");
  await bench.close();
  await bench.open();
  t.equal(bench.macRegister(2, MACON3), 0x30, "opened again, it is");
  await bench.close();
});

t.test("frame after frame that does not leave: set up anew, once a minute at most", async (t) => {
  const bench = new Bench();
  await bench.open();
  const abortAll = (count: number): void => {
    for (let number = 0; number < count; number++) {
      bench.faults.mishaps.push("excessive-collisions");
      bench.host.send(outgoing(number));
      bench.clock.advanceSync(20);
    }
  };
  abortAll(4);
  bench.host.send(outgoing(0));
  abortAll(4);
  await bench.clock.advance(100);
  t.equal(bench.driver.recoveries, 0, "one that leaves begins the count anew");
  abortAll(1);
  await bench.clock.advance(100);
  t.equal(bench.driver.recoveries, 1);
  abortAll(20);
  await bench.clock.advance(100);
  t.equal(bench.driver.recoveries, 1);
  works(t, bench, "afterwards");
  await bench.close();
});

t.test("registers that cannot be read back and that nothing hangs on are left alone", async (t) => {
  const bench = new Bench();
  // MACON4, MACLCON1, MACLCON2 and both halves of MAMXFL: not there in other models of the chip.
  for (const address of [0x03, 0x08, 0x09, 0x0a, 0x0b]) bench.faults.blind.add(address);
  await bench.open();
  for (let minute = 0; minute < 5; minute++) {
    works(t, bench, `minute ${minute}`);
    await bench.clock.advance(60_000);
  }
  t.equal(bench.driver.recoveries, 0);
  await bench.close();
  const needed = new Bench();
  // MACON3: without it no frame has an FCS.
  needed.faults.blind.add(0x02);
  await needed.clock.advance(1);
  const opened = needed.driver.open(needed.host);
  opened.catch(() => undefined);
  await needed.clock.advance(200);
  await t.rejects(opened, { code: "ENC28J60_BUS", message: /MACON3 holds 0x00 instead of 0x30/ });
});

t.test("a PHY that loses its set-up while a frame is sent every 3 s, whenever: found within a minute", async (t) => {
  const frames = 20;
  for (const connection of ALL_CONNECTIONS) {
    // PHCON1.PLOOPBK, PHCON2.TXDIS: nothing leaves, and the chip says that it has sent.
    for (const [register, value] of [
      [0x00, 0x4000],
      [0x10, 0x2000],
    ] as const) {
      for (const phase of [0, 1000, 2000]) {
        const bench = new Bench(connection);
        await bench.open();
        await bench.clock.advance(3000 + phase);
        bench.writePhy(register, value);
        for (let number = 0; number < frames; number++) {
          bench.host.send(outgoing(number));
          await bench.clock.advance(3000);
        }
        t.equal(bench.driver.health.repairs, 1, `PHY register ${register}, ${connection.name}`);
        works(t, bench, "then");
        await bench.close();
      }
    }
  }
});
