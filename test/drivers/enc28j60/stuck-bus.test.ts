/** Answers that are not the chip's: a bus stuck at one level, a flipped LSTAT, bits flipped either way. It ends, and then all is well. */
import t, { type Test } from "tap";
import { DropReason } from "../../../hal/drop-reason.ts";
import { ALL_CONNECTIONS, Bench, firstDifference, frameOf, PEER, STATION } from "../../support/enc28j60-bench.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Longest time without a word about a chip that does not answer, in ms. */
const NOTICE = 4000;

const outgoing = (number: number): Uint8Array => frameOf(200, number, PEER, STATION);

/** Frames pass both ways. */
async function pass(bench: Bench): Promise<boolean> {
  const [sent, received] = [bench.sent.length, bench.host.frames.length];
  bench.host.send(outgoing(1));
  bench.deliver(frameOf(90));
  await bench.clock.advance(100);
  const out = bench.sent.slice(sent);
  const back = bench.host.frames.slice(received);
  return firstDifference(out, [outgoing(1)]) === -1 && firstDifference(back, [frameOf(90)]) === -1;
}

async function closed(t: Test, bench: Bench): Promise<void> {
  t.same(bench.host.breaches, []);
  const done = bench.driver.close();
  await bench.clock.advance(2000);
  await done;
  t.same([bench.host.pool.inUse, bench.driverClock.armed], [0, 0]);
}

for (const connection of ALL_CONNECTIONS) {
  for (const level of [0x00, 0xff]) {
    t.test(`MISO stuck at ${level.toString(16).padStart(2, "0")}, ${connection.name}`, async (t) => {
      for (const duration of [200, 2000, 10_000, 120_000]) {
        const bench = new Bench(connection);
        await bench.open();
        await bench.clock.advance(500);
        bench.faults.dead = level;
        const began = bench.sent.length;
        const cookies: number[] = [];
        for (let at = 0; at < duration; at += 100) {
          if (at < 5000) cookies.push(bench.host.send(outgoing(cookies.length)));
          await bench.clock.advance(100);
        }
        const told = cookies.filter((cookie) => bench.host.settlements[cookie] === DropReason.NONE).length;
        t.ok(told <= bench.sent.length - began, `${told} of ${cookies.length} frames were said to be sent`);
        if (duration >= NOTICE) t.match(bench.host.errors, [{ code: "ENC28J60_LOST", message: /check its supply and wiring/ }]);
        if (duration >= NOTICE) t.equal(bench.host.carriers.at(-1), false);
        bench.faults.dead = null;
        for (let at = 0; at < MINUTE && bench.host.carriers.at(-1) === false; at += 1000) await bench.clock.advance(1000);
        // A short one may be noticed after it is over.
        await bench.clock.advance(2000);
        t.equal(bench.host.carriers.at(-1), true, `${duration} ms: the link is there again`);
        t.ok(bench.host.errors.length <= 1, "told once");
        t.ok(await pass(bench));
        await closed(t, bench);
      }
    });
  }
}

t.test("a chip that is gone for a day is looked for all day, once a minute", async (t) => {
  const bench = new Bench({ driver: { pollInterval: 1000 } });
  await bench.open();
  bench.faults.dead = 0;
  await bench.clock.advance(HOUR);
  const { batches } = bench.bus.counters;
  await bench.clock.advance(23 * HOUR);
  t.equal(bench.host.errors.length, 1, "told once");
  const attempts = bench.bus.counters.batches - batches;
  t.ok(attempts > 23 * 60 && attempts < 24 * 60 * 4, `${attempts} batches in 23 hours`);
  const cookie = bench.host.send(outgoing(0));
  t.equal(bench.host.settlements[cookie], DropReason.DEV_READY, "what is offered meanwhile is refused at once");
  bench.faults.dead = null;
  await bench.clock.advance(MINUTE);
  t.same(bench.host.carriers, [true, false, true]);
  t.ok(await pass(bench));
  t.equal(bench.driver.health.repairs, 1);
  await closed(t, bench);
});

t.test("closed while it is looked for, in every phase of an attempt", async (t) => {
  for (const roundTrip of [0, 2]) {
    for (let offset = 0; offset < 60; offset += 2.5) {
      const bench = new Bench({ roundTrip });
      await bench.open();
      bench.faults.dead = 0;
      await bench.clock.advance(60_000 + offset);
      await closed(t, bench);
      bench.faults.dead = null;
      await bench.open();
      t.ok(await pass(bench));
      await closed(t, bench);
    }
  }
});

for (const connection of ALL_CONNECTIONS) {
  t.test(`the link, ${connection.name}`, async (t) => {
    t.test("one flipped LSTAT changes nothing", async (t) => {
      const bench = new Bench(connection);
      await bench.open();
      for (let round = 0; round < 3; round++) {
        bench.faults.wrongLinks = 1;
        await bench.clock.advance(11_000);
        t.equal(bench.faults.wrongLinks, 0, "it is asked for every few seconds");
      }
      t.same(bench.host.carriers, [true]);
      await closed(t, bench);
    });

    t.test("a PHY that does not hold its first register is told twice more, then it is not opened", async (t) => {
      const bench = new Bench(connection);
      const open = async (): Promise<void> => {
        const opened = bench.host.open(bench.driver);
        opened.catch(() => undefined);
        await bench.clock.advance(500);
        await opened;
      };
      bench.faults.wrongDuplex = 2;
      await open();
      t.equal(bench.faults.wrongDuplex, 0);
      t.ok(await pass(bench));
      await bench.close();
      bench.faults.wrongDuplex = 3;
      await t.rejects(open(), { code: "ENC28J60_BUS", message: /PHY register 0x0 holds 0x/ });
      await open();
      t.ok(await pass(bench));
      await closed(t, bench);
    });

    t.test("two in a row are believed, and set right within seconds", async (t) => {
      for (const plugged of [true, false]) {
        const bench = new Bench(connection);
        bench.chip.port.plugged = plugged;
        await bench.open();
        await bench.clock.advance(3000);
        // A link that is there is looked at in passing first.
        bench.faults.wrongLinks = plugged ? 3 : 2;
        await bench.clock.advance(22_000);
        t.same(bench.host.carriers, [plugged, !plugged, plugged]);
        await closed(t, bench);
      }
    });

    t.test("a change that no LINKIF told of is found", async (t) => {
      const bench = new Bench(connection);
      await bench.open();
      for (const plugged of [false, true, false, true]) {
        bench.chip.port.plugged = plugged;
        // As if the PHY's flag had been read by a command that was damaged.
        bench.clearLinkFlag();
        await bench.clock.advance(10_000);
        t.equal(bench.host.carriers.at(-1), plugged);
      }
      await closed(t, bench);
    });

    t.test("the PHY's set-up is looked at while frames are sent", async (t) => {
      const TXDIS = 0x2000;
      const bench = new Bench(connection);
      await bench.open();
      bench.writePhy(0x10, TXDIS);
      for (let second = 0; second < 20; second++) {
        bench.host.send(outgoing(second));
        await bench.clock.advance(1000);
      }
      t.equal(bench.driver.recoveries, 1);
      t.ok(await pass(bench));
      await closed(t, bench);
    });
  });

  for (const [way, flips] of [
    ["to the chip", { toChip: 0.01, fromChip: 0 }],
    ["from the chip", { toChip: 0, fromChip: 0.02 }],
  ] as const) {
    t.test(`bits flipped on the way ${way}, ${connection.name}`, async (t) => {
      for (let seed = 0; seed < 4; seed++) {
        const bench = new Bench({ ...connection, seed });
        await bench.open();
        bench.faults.flips = flips;
        for (let round = 0; round < 50; round++) {
          if (bench.host.queued === 0) bench.host.send(outgoing(round));
          bench.deliver(frameOf(200, round));
          await bench.clock.advance(100);
        }
        bench.faults.flips = { toChip: 0, fromChip: 0 };
        const began = bench.clock.now();
        let good = 0;
        while (good < 25 && bench.clock.now() - began < MINUTE) good = (await pass(bench)) ? good + 1 : 0;
        t.equal(good, 25, `seed ${seed}: over after ${Math.round(bench.clock.now() - began - 2500)} ms`);
        await closed(t, bench);
      }
    });
  }
}

t.test("a chip that comes back while the cable is out: the failure is over, and that is told", async (t) => {
  for (const connection of ALL_CONNECTIONS) {
    const bench = new Bench(connection);
    await bench.open();
    bench.faults.dead = 0;
    await bench.clock.advance(20_000);
    t.same([bench.host.errors.length, bench.host.repairs.length], [1, 0]);
    bench.chip.port.plugged = false;
    bench.faults.dead = null;
    await bench.clock.advance(MINUTE);
    t.equal(bench.host.repairs.length, 1, connection.name);
    t.same(bench.host.carriers, [true, false]);
    bench.chip.port.plugged = true;
    await bench.clock.advance(10_000);
    t.same(bench.host.carriers, [true, false, true]);
    await closed(t, bench);
  }
});

t.test("registers that cannot be read back and that nothing hangs on are left alone on every bus", async (t) => {
  for (const connection of ALL_CONNECTIONS) {
    const bench = new Bench(connection);
    for (const register of [0x08, 0x09]) bench.faults.blind.add(register);
    await bench.clock.advance(1);
    const opened = bench.host.open(bench.driver).then(
      () => "open",
      (error: Error) => error.message,
    );
    await bench.clock.advance(2000);
    t.equal(await opened, "open", connection.name);
    await closed(t, bench);
  }
});
