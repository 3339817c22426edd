/** The driver over a bridge: whole chains in virtual time, good cables and bad ones. */
import t from "tap";
import { Enc28j60 } from "../../../drivers/enc28j60/enc28j60.ts";
import { SerprogBus } from "../../../hal/bridges/serprog/serprog.ts";
import { SeededRandom } from "../../../hal/random.ts";
import { FaultyStream, NO_FAULTS } from "../../../hal/simulated/bridges/faulty-stream.ts";
import type { SerprogResponderOptions } from "../../../hal/simulated/bridges/serprog-responder.ts";
import { WireNic } from "../../../hal/simulated/wire-nic.ts";
import { FakeHost } from "../../support/controller-host.ts";
import { PEER, STATION } from "../../support/enc28j60-bench.ts";
import { BRIDGES, type BridgeKind, type SerprogBench, serprogBench, settle } from "../../support/serprog-bench.ts";

interface Chain {
  bench: SerprogBench;
  cable: FaultyStream;
  bus: SerprogBus;
  driver: Enc28j60;
  host: FakeHost;
  peer: WireNic;
  peerHost: FakeHost;
  close(): Promise<void>;
}

async function chain(kind: BridgeKind, seed = 1, options: SerprogResponderOptions = {}): Promise<Chain> {
  const bench = await serprogBench(kind, options);
  const { clock } = bench;
  const cable = new FaultyStream(clock, new SeededRandom(seed), bench.line);
  const baud = 2_000_000;
  const bus = new SerprogBus(clock, cable, { spiHz: 10_000_000, baud });
  const driver = new Enc28j60(bus, clock, { address: STATION });
  const host = new FakeHost(clock);
  host.controller = driver;
  const peer = new WireNic(clock, bench.segment, "peer", PEER);
  const peerHost = new FakeHost(clock);
  peerHost.controller = peer;
  await peer.open(peerHost);
  await settle(clock, driver.open(host));
  await clock.advance(50);
  return {
    bench,
    cable,
    bus,
    driver,
    host,
    peer,
    peerHost,
    async close() {
      await settle(clock, driver.close());
      await peer.close();
      bench.stop();
    },
  };
}

/** A frame that says its number, and whose every byte follows from it. */
function numbered(to: Uint8Array, from: Uint8Array, number: number, length: number): Uint8Array {
  const frame = new Uint8Array(length);
  frame.set(to);
  frame.set(from, 6);
  frame.set([0x88, 0xb5], 12);
  new DataView(frame.buffer).setUint32(14, number);
  for (let at = 18; at < length; at++) frame[at] = (number * 31 + at * 7) & 0xff;
  return frame;
}

/** Numbers of the frames that arrived; throws for one whose bytes are not what was sent. */
function numbersOf(
  frames: readonly Uint8Array[],
  to: Uint8Array,
  from: Uint8Array,
  lengthOf: (number: number) => number,
): number[] {
  return frames.map((frame) => {
    const number = new DataView(frame.buffer, frame.byteOffset).getUint32(14);
    const sent = numbered(to, from, number, lengthOf(number));
    for (let at = 0; at < frame.length; at++) {
      if (frame[at] !== (sent[at] ?? 0)) throw new Error(`frame ${number}: byte ${at} is not what was sent`);
    }
    return number;
  });
}

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

t.test("a bad cable for ten minutes: frames are lost, nothing else, and it is over when it is over", async (t) => {
  for (const [seed, faults] of [
    [1, { drop: 0.01 }],
    [2, { flip: 0.01 }],
    [3, { drop: 0.005, flip: 0.005 }],
    [4, { drop: 0.0005, flip: 0.0005 }],
    [5, { duplicate: 0.001, delay: 0.01, stall: 0.001 }],
  ] as const) {
    const { bench, cable, driver, host, peerHost, close } = await chain("responder", seed, { serialBuffer: 1000 });
    const length = (number: number): number => 60 + (number % 40);
    cable.faults = { ...cable.faults, ...faults };
    let number = 0;
    for (; number < 3000; number++) {
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
      [peerHost.frames.length - (before[0] as number), host.frames.length - (before[1] as number)],
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

t.test("unplugged and plugged in again, a thousand times", async (t) => {
  const { bench, driver, host, peerHost, close } = await chain("responder");
  for (let round = 0; round < 1000; round++) {
    bench.line.plugged = false;
    await bench.clock.advance(10 + (round % 7) * 100);
    bench.line.plugged = true;
    await bench.clock.advance(800);
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

function rising(numbers: readonly number[]): boolean {
  return numbers.every((number, at) => at === 0 || number > (numbers[at - 1] as number));
}
