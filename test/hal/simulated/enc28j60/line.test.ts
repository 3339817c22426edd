/** A shared wire: deferral, collisions and back-off in half duplex; pause frames in full, back pressure in half. */
import t from "tap";
import { VirtualClock } from "../../../../hal/clock.ts";
import { SeededRandom } from "../../../../hal/random.ts";
import type { CarrierUser } from "../../../../hal/simulated/carrier.ts";
import { Enc28j60Chip } from "../../../../hal/simulated/enc28j60/chip.ts";
import { EthernetSegment } from "../../../../hal/simulated/segment.ts";
import { Bench, BROADCAST, CALM, frame, STATION } from "./bench.ts";

const OTHER = [0x02, 0, 0, 0, 0, 0x99];
const BYTE = 0.0008;
const TXABRT = 0x02;
const LATECOL = 0x10;

/** Talks when a test wants it to, whoever else does. */
class Talker implements CarrierUser {
  collisions = 0;
  readonly #bench: Bench;

  constructor(bench: Bench) {
    this.#bench = bench;
    bench.segment.carrier.attach(this);
  }

  collided(): void {
    this.collisions++;
  }

  carrierIdle(): void {}

  begin(): void {
    this.#bench.segment.carrier.begin(this);
  }

  end(): void {
    this.#bench.segment.carrier.end(this);
  }
}

/** In half duplex, with the gaps that the data sheet recommends. */
function half(options: { defer?: boolean } = {}): Bench {
  const bench = new Bench().start();
  bench.bitClear(0x1f, 0x04);
  bench.put(0x42, 0x32);
  bench.put(0x43, options.defer === false ? 0x00 : 0x40);
  bench.put(0x44, 0x12);
  bench.put(0x46, 0x12);
  bench.put(0x47, 0x0c);
  bench.phyWrite(0x00, 0x0000);
  bench.phyWrite(0x10, 0x0100);
  bench.bitSet(0x1f, 0x04);
  return bench;
}

function transmit(bench: Bench, length = 1000): void {
  bench.load(frame(length, OTHER));
  bench.bitSet(0x1f, 0x08);
}

function vector(bench: Bench, length = 1000): Uint8Array {
  return bench.readMemory(0x1a00 + length + 1, 7);
}

t.test("a frame waits while another station talks, and for the gap behind it", async (t) => {
  const bench = half();
  const talker = new Talker(bench);
  talker.begin();
  bench.wait(1);
  t.equal(bench.get(0x1d) & 0x04, 0x04, "RXBUSY");
  t.equal(bench.phyRead(0x11) & 0x1000, 0x1000, "RXSTAT");
  transmit(bench, 60);
  bench.wait(5);
  t.equal(bench.listener.frames.length, 0);
  talker.end();
  bench.wait(12 * BYTE + 72 * BYTE - 0.0001);
  t.equal(bench.listener.frames.length, 0);
  bench.wait(0.0002);
  t.equal(bench.listener.frames.length, 1, "9.6 us behind the other frame");
  t.same([...vector(bench, 60)], [64, 0, 0xc0, 0x04, 64, 0, 0], "deferred, nothing else");
  t.equal(talker.collisions, 0);
});

t.test("without DEFER the wait ends after 24,288 bit times, in an abort", async (t) => {
  const bench = half({ defer: false });
  const talker = new Talker(bench);
  talker.begin();
  bench.wait(0.1);
  transmit(bench, 60);
  bench.wait(2.42);
  t.equal(bench.get(0x1f) & 0x08, 0x08);
  bench.wait(0.02);
  t.equal(bench.get(0x1f) & 0x08, 0);
  t.equal(vector(bench, 60)[3], 0x0c, "deferred, and too long");
  t.equal(bench.get(0x1d) & TXABRT, TXABRT);
  t.equal(bench.get(0x1c) & 0x0a, 0x0a);
});

t.test("an early collision is backed off from and tried again", async (t) => {
  const bench = half();
  const talker = new Talker(bench);
  transmit(bench);
  bench.wait(0.02);
  talker.begin();
  t.equal(bench.phyRead(0x11) & 0x0800, 0x0800, "COLSTAT while the jam goes out");
  talker.end();
  bench.wait(20);
  t.equal(talker.collisions, 1);
  t.equal(bench.chip.counters.collisions, 1);
  t.equal(bench.listener.frames.length, 1);
  t.equal(vector(bench)[2]! & 0x0f, 1, "one collision in the status vector");
  t.equal(bench.get(0x1c) & 0x0a, 0x08, "TXIF alone");
});

t.test("after RETMAX retransmissions the frame is given up", async (t) => {
  for (const retries of [15, 3, 0]) {
    for (const noBackOff of [false, true]) {
      const bench = half();
      bench.put(0x48, retries);
      if (noBackOff) bench.put(0x43, 0x50);
      // Answers every attempt within the collision window.
      const talker = new Talker(bench);
      const { carrier } = bench.segment;
      const begin = carrier.begin.bind(carrier);
      const kick = bench.clock.timer(() => {
        talker.begin();
        talker.end();
      });
      carrier.begin = (user) => {
        begin(user);
        if (user !== talker) kick.arm(0.01);
      };
      const started = bench.clock.now();
      let ended = 0;
      bench.put(0x1b, 0x8a);
      bench.chip.interrupt.onAssert = () => {
        ended = bench.clock.now();
      };
      transmit(bench);
      bench.wait(500);
      t.equal(bench.chip.counters.collisions, retries + 1, `RETMAX ${retries}`);
      t.equal(bench.listener.frames.length, 0);
      t.same([vector(bench)[2]! & 0x0f, vector(bench)[3]], [Math.min(15, retries + 1), 0x10]);
      t.equal(bench.get(0x1d) & (TXABRT | LATECOL), TXABRT);
      if (retries === 15) t.equal(ended - started > 5, !noBackOff, `${ended - started} ms, back-off ${!noBackOff}`);
    }
  }
});

t.test("a collision behind COLWIN is late and aborts at once", async (t) => {
  for (const [window, bytes, late] of [
    [0x37, 54, false],
    [0x37, 57, true],
    [0x3f, 57, false],
    [0x3f, 65, true],
    [0x3f, 900, true],
  ] as const) {
    const bench = half();
    bench.put(0x49, window);
    const talker = new Talker(bench);
    transmit(bench);
    bench.wait((8 + bytes) * BYTE);
    talker.begin();
    talker.end();
    bench.wait(20);
    t.equal(bench.chip.counters.lateCollisions, late ? 1 : 0, `${bytes} bytes in, window ${window}`);
    t.equal(bench.listener.frames.length, late ? 0 : 1);
    if (!late) continue;
    t.equal(vector(bench)[3], 0x20);
    t.equal(bench.get(0x1d) & (TXABRT | LATECOL), TXABRT | LATECOL);
  }
});

t.test("two chips that have waited for the same silence collide, and both get through in the end", async (t) => {
  const clock = new VirtualClock();
  const segment = new EthernetSegment(clock, new SeededRandom(1));
  const [a, b] = ["a", "b"].map((name) => new Enc28j60Chip(clock, segment, name, { errata: CALM, lineRate: 10_000_000 })) as [
    Enc28j60Chip,
    Enc28j60Chip,
  ];
  const heard: number[] = [];
  segment.attach("c", { wireFrame: (bytes) => heard.push(bytes[14]!), wireLink: () => undefined });
  clock.advanceSync(1);
  const command = (chip: Enc28j60Chip, ...bytes: number[]): void =>
    chip.exchange(Uint8Array.from(bytes), 0, bytes.length, new Uint8Array(0), 0, 0);
  for (const [number, chip] of [a, b].entries()) {
    command(chip, 0x9f, 2);
    command(chip, 0x42, 0x30);
    command(chip, 0x43, 0x40);
    command(chip, 0x44, 0x12);
    command(chip, 0x46, 0x12);
    command(chip, 0x47, 0x0c);
    command(chip, 0xbf, 3);
    const sent = frame(1000, BROADCAST);
    sent[14] = number;
    command(chip, 0x43, 0x0a);
    command(chip, 0x7a, 0, ...sent);
    command(chip, 0x45, 0x0a);
    command(chip, 0x46, 0xe8);
    command(chip, 0x47, 0x0d);
  }
  const rounds = 20;
  const talker: CarrierUser = { collided: () => undefined, carrierIdle: () => undefined };
  for (let round = 0; round < rounds; round++) {
    segment.carrier.begin(talker);
    clock.advanceSync(0.1);
    for (const chip of [a, b]) command(chip, 0x9f, 0x08);
    clock.advanceSync(0.1);
    segment.carrier.end(talker);
    clock.advanceSync(100);
  }
  t.equal(heard.length, 2 * rounds, "none is lost");
  t.equal(heard.filter((number) => number === 1).length, rounds);
  t.ok(a.counters.collisions >= rounds, `${a.counters.collisions} collisions`);
  t.equal(a.counters.collisions, b.counters.collisions);
  t.equal(a.counters.aborted + b.counters.aborted, 0);
});

/** The partner's wish, to the address that bridges do not forward. */
function pause(quanta: number, to: readonly number[] = [0x01, 0x80, 0xc2, 0, 0, 1]): Uint8Array {
  const bytes = frame(60, to, 0x8808);
  bytes.fill(0, 14);
  bytes.set([0, 1, quanta >> 8, quanta & 0xff], 14);
  return bytes;
}

t.test("a pause frame holds transmissions back for its time, in full duplex and with RXPAUS", async (t) => {
  const cases: [what: string, macon1: number, to: readonly number[] | undefined, obeyed: boolean][] = [
    ["to the pause address", 0x05, undefined, true],
    ["to the station", 0x05, STATION, true],
    ["to another station", 0x05, OTHER, false],
    ["without RXPAUS", 0x09, undefined, false],
  ];
  for (const [what, macon1, to, obeyed] of cases) {
    const bench = new Bench().start();
    bench.put(0x40, macon1);
    bench.arrive(pause(100, to));
    t.equal(bench.chip.counters.pausesObeyed, obeyed ? 1 : 0, what);
    t.equal(bench.get(0x39), 0, "it is the MAC's, not the host's");
    transmit(bench, 60);
    // 100 quanta of 51.2 us, and 72 bytes.
    bench.wait(5.11);
    t.equal(bench.listener.frames.length, obeyed ? 0 : 1, what);
    bench.wait(0.08);
    t.equal(bench.listener.frames.length, 1, what);
  }
  const bench = new Bench().start();
  bench.put(0x40, 0x05);
  bench.arrive(pause(0xffff));
  transmit(bench, 60);
  bench.wait(10);
  bench.arrive(pause(0));
  bench.wait(0.1);
  t.equal(bench.listener.frames.length, 1, "a pause of 0 lifts the one before");
});

t.test("EFLOCON sends pause frames: one, many, one that lifts them", async (t) => {
  const bench = new Bench().start();
  bench.put(0x40, 0x0d);
  bench.put16(0x78, 0x0064);
  bench.put(0x77, 0x01);
  bench.wait(0.1);
  t.equal(bench.get(0x77), 0x04, "back to off by itself; full duplex");
  t.same(
    [...(bench.listener.frames.pop() as Uint8Array).subarray(0, 20)],
    [...[0x01, 0x80, 0xc2, 0, 0, 1, ...STATION, 0x88, 0x08, 0, 1, 0, 0x64, 0, 0]],
  );
  bench.put(0x77, 0x02);
  bench.wait(10.3);
  t.equal(bench.listener.frames.length, 5, "again and again, before the time is over");
  bench.put(0x77, 0x03);
  bench.wait(10);
  t.same(bench.listener.frames.at(-1)?.[17], 0);
  t.equal(bench.listener.frames.length, 6);
  bench.put(0x40, 0x01);
  bench.put(0x77, 0x01);
  bench.wait(1);
  t.equal(bench.listener.frames.length, 6, "not without TXPAUS");
});

t.test("back pressure in half duplex keeps everybody else silent", async (t) => {
  const bench = half();
  const other: Talker = new Talker(bench);
  bench.put(0x77, 0x01);
  bench.wait(0.01);
  t.equal(bench.segment.carrier.heard(other), true);
  bench.arrive(frame(60));
  t.same([bench.get(0x39), bench.chip.counters.jammed], [0, 1], "what is sent all the same is lost");
  transmit(bench, 60);
  bench.wait(1);
  t.equal(bench.listener.frames.length, 1, "own frames go out");
  t.equal(vector(bench, 60)[6]! & 0x04, 0x04, "and say so");
  bench.put(0x77, 0x00);
  t.equal(bench.segment.carrier.heard(other), false);
  bench.arrive(frame(60));
  t.equal(bench.get(0x39), 1);
});
