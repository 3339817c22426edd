/** The driver over a bridge: the whole chain in virtual time. */
import t from "tap";
import { PEER, STATION } from "../../support/enc28j60-bench.ts";
import { BRIDGES } from "../../support/serprog-bench.ts";
import { chain, numbered, numbersOf } from "../../support/serprog-chain.ts";

for (const kind of BRIDGES) {
  t.test(`${kind}: frames of every size, both ways, in order`, async (t) => {
    const { bench, driver, host, peerHost, close } = await chain(kind);
    t.match(driver.description, /serprog bridge whohas-(sim|uno) on simulated/);
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
    driver.setReceiveMode({ promiscuous: round % 2 === 0, allMulticast: false });
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
