/** The driver over a bridge: the whole chain in virtual time. */
import t from "tap";
import { PEER, STATION } from "../../support/enc28j60-bench.ts";
import { BRIDGES } from "../../support/serprog-bench.ts";
import { chain, numbered, numbersOf, rising } from "../../support/serprog-chain.ts";

for (const kind of BRIDGES) {
  t.test(`${kind}: frames of every size, both ways, in order`, async (t) => {
    const { bench, driver, host, peerHost, close } = await chain(kind);
    t.match(driver.description, /serprog bridge (whohas-sim|whohas-uno|pico-serprog) on simulated/);
    const length = (number: number): number => 60 + ((number * 97) % 1455);
    for (let number = 0; number < 60; number++) {
      peerHost.send(numbered(STATION, PEER, number, length(number)));
      host.send(numbered(PEER, STATION, number, length(number)));
      await bench.clock.advance(30);
    }
    await bench.clock.advance(200);
    const all = Array.from({ length: 60 }, (_, number) => number);
    t.same(numbersOf(host.frames, STATION, PEER, length), all);
    t.same(numbersOf(peerHost.frames, PEER, STATION, length), all);
    t.equal(driver.recoveries, 0);
    t.same({ ...bench.chip.violations }, {}, "nothing against the data sheet");
    t.same(host.breaches, []);
    await close();
    t.equal(host.pool.inUse, 0);
  });
}

t.test("another receive mode at any time is no fault of the line's", async (t) => {
  const { bench, driver, host, peerHost, close } = await chain("responder", 1, { serialBuffer: 1000 });
  const stranger = Uint8Array.of(2, 0, 0, 0, 0, 99);
  for (let round = 0; round < 12; round++) {
    driver.setReceiveMode({ promiscuous: round % 2 === 0, allMulticast: false, groups: [] });
    await bench.clock.advance(90);
    peerHost.send(numbered(stranger, PEER, round, 60));
    await bench.clock.advance(90);
  }
  t.same(
    numbersOf(host.frames, stranger, PEER, () => 60),
    [0, 2, 4, 6, 8, 10],
    "and what it asks for holds",
  );
  t.equal(driver.recoveries, 0);
  await close();
});

t.test("pico-serprog cut off within its operations and opened again: what it kept of them harms nothing", async (t) => {
  const { bench, driver, host, peerHost, close } = await chain("pico-serprog");
  for (let round = 0; round < 40; round++) {
    host.send(numbered(PEER, STATION, round, 1514));
    // Bytes take no time on this line, operations 0.5 ms: each round is cut elsewhere within the frame's.
    await bench.clock.advance(0.1 + (round % 10) * 0.4);
    bench.line.plugged = false;
    await bench.clock.advance(10);
    bench.line.plugged = true;
    await bench.clock.advance(1500);
    const had = peerHost.received;
    host.send(numbered(PEER, STATION, round, 60));
    await bench.clock.advance(100);
    t.equal(peerHost.received, had + 1, `round ${round}`);
  }
  t.equal(driver.recoveries, 40);
  t.same(host.errors, []);
  await close();
});

t.test("pico-serprog on a USB that stands still now and then: nothing is damaged, and all goes on", async (t) => {
  const { bench, cable, driver, host, peerHost, close } = await chain("pico-serprog", 3);
  cable.faults = { ...cable.faults, stall: 0.002, stallMs: 700, delay: 0.02 };
  const length = (number: number): number => 60 + ((number * 97) % 1455);
  let number = 0;
  for (; number < 300; number++) {
    if (host.queued === 0) host.send(numbered(PEER, STATION, number, length(number)));
    peerHost.send(numbered(STATION, PEER, number, length(number)));
    await bench.clock.advance(200);
  }
  cable.faults = { ...cable.faults, stall: 0, delay: 0 };
  await bench.clock.advance(3000);
  const before = [host.frames.length, peerHost.frames.length] as const;
  for (const end = number + 10; number < end; number++) {
    host.send(numbered(PEER, STATION, number, length(number)));
    peerHost.send(numbered(STATION, PEER, number, length(number)));
    await bench.clock.advance(100);
  }
  const [back, out] = [numbersOf(host.frames, STATION, PEER, length), numbersOf(peerHost.frames, PEER, STATION, length)];
  t.ok(rising(back) && rising(out), "order is kept, nothing comes twice");
  t.same([back.length - before[0], out.length - before[1]], [10, 10]);
  t.ok(driver.recoveries > 0);
  t.same(host.errors, []);
  await close();
  t.equal(host.pool.inUse, 0);
});

t.test("unplugged and plugged in again, a thousand times", async (t) => {
  const { bench, driver, host, peerHost, close } = await chain("responder");
  for (let round = 0; round < 1000; round++) {
    bench.line.plugged = false;
    await bench.clock.advance(10 + (round % 7) * 20);
    bench.line.plugged = true;
    await bench.clock.advance(500);
    if (round % 100 !== 0) continue;
    const had = peerHost.received;
    host.send(numbered(PEER, STATION, round, 60));
    await bench.clock.advance(100);
    t.equal(peerHost.received, had + 1);
  }
  t.equal(driver.recoveries, 1000);
  t.same(host.errors, []);
  t.equal(host.carriers.filter((up) => !up).length, 1000, "the stack was told each time");
  t.equal(host.carriers.at(-1), true);
  await close();
  t.equal(host.pool.inUse, 0);
});

t.test("unplugged for good: told once, within seconds; back by itself", async (t) => {
  const { bench, driver, host, close } = await chain("responder");
  bench.line.plugged = false;
  await bench.clock.advance(600_000);
  t.equal(host.errors.length, 1, "told, and once");
  t.same(host.carriers, [true, false]);
  bench.line.plugged = true;
  await bench.clock.advance(2000);
  t.same(host.carriers, [true, false, true]);
  t.equal(driver.recoveries, 1);
  await close();
  t.equal(host.pool.inUse, 0);
});
