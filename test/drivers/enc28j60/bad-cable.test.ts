/** The driver over a serial line that damages bytes, in virtual time. */
import t from "tap";
import { NO_FAULTS } from "../../../hal/simulated/bridges/faulty-stream.ts";
import { PEER, STATION } from "../../support/enc28j60-bench.ts";
import { chain, numbered, numbersOf, rising } from "../../support/serprog-chain.ts";

t.test("a bad cable for minutes: frames are lost, nothing else, and it is over when it is over", async (t) => {
  for (const [seed, minutes, faults] of [
    [1, 10, { drop: 0.01 }],
    [2, 10, { flip: 0.01 }],
    [3, 2, { drop: 0.005, flip: 0.005 }],
    [4, 2, { drop: 0.0005, flip: 0.0005 }],
    [5, 2, { duplicate: 0.001, delay: 0.01, stall: 0.001 }],
  ] as const) {
    const { bench, cable, driver, host, peerHost, close } = await chain("responder", seed, { serialBuffer: 1000 });
    const length = (number: number): number => 60 + (number % 40);
    cable.faults = { ...cable.faults, ...faults };
    let number = 0;
    for (; number < minutes * 300; number++) {
      // As a firmware does that finds its queue full: this one is lost, the next one will be newer.
      if (host.queued === 0) host.send(numbered(PEER, STATION, number, length(number)));
      peerHost.send(numbered(STATION, PEER, number, length(number)));
      await bench.clock.advance(200);
    }
    cable.faults = { ...NO_FAULTS };
    await bench.clock.advance(2000);
    const before = [peerHost.frames.length, host.frames.length];
    for (const end = number + 10; number < end; number++) {
      host.send(numbered(PEER, STATION, number, length(number)));
      peerHost.send(numbered(STATION, PEER, number, length(number)));
      await bench.clock.advance(200);
    }
    const out = numbersOf(peerHost.frames, PEER, STATION, length);
    const back = numbersOf(host.frames, STATION, PEER, length);
    t.ok(rising(out) && rising(back), `seed ${seed}: order is kept, nothing comes twice`);
    t.same(
      [peerHost.frames.length - before[0]!, host.frames.length - before[1]!],
      [10, 10],
      `seed ${seed}: all pass within 2 s of the last fault`,
    );
    t.ok(driver.recoveries > 0);
    t.same(host.errors, [], "the device never failed");
    t.same(host.breaches, []);
    t.comment(
      `seed ${seed}: ${driver.recoveries} recoveries in ${Math.round(driver.recoveryTime / 1000)} s; ${out.length} of ${number} out, ${back.length} in`,
    );
    await close();
    t.equal(host.pool.inUse, 0);
  }
});
