/** The promises of every SpiBus, tested on each through the registers and the 8 KiB of memory of an ENC28J60 behind it. */

import t from "tap";
import type { VirtualClock } from "../../hal/clock.ts";
import type { Enc28j60Chip } from "../../hal/simulated/enc28j60/chip.ts";
import { SpiBatch, type SpiBus } from "../../hal/spi.ts";
import { settle } from "../support/waiting.ts";

export interface SpiBusBench {
  clock: VirtualClock;
  chip: Enc28j60Chip;
  bus: SpiBus;
  stop(): void;
}

export interface SpiBusKind {
  name: string;
  /** Answers within transfer(). */
  synchronous: boolean;
  /** Refuses batches while it is not open; a bus without anything to open need not. */
  refusesWhenClosed: boolean;
  bench(): Promise<SpiBusBench>;
}

const RCR = 0x00;
const WCR = 0x40;
const BFS = 0x80;
const BFC = 0xa0;
const RBM = 0x3a;
const WBM = 0x7a;
const ERDPTL = 0x00;
const EWRPTL = 0x02;
const ECON1 = 0x1f;
/** Bank 3. */
const EREVID = 0x12;
const LIMIT = 20_000;

/** Runs a batch to its end. Returns how often it was told to be over. */
async function run(bench: SpiBusBench, batch: SpiBatch): Promise<number> {
  let told = 0;
  batch.onDone = () => {
    told++;
  };
  const atOnce = bench.bus.transfer(batch);
  for (let ms = 0; !atOnce && told === 0 && ms < LIMIT; ms++) await bench.clock.advance(1);
  if (!atOnce && told === 0) throw new Error("the batch never ended");
  await bench.clock.advance(50);
  return told;
}

function writeAddress(batch: SpiBatch, register: number, address: number): void {
  batch.command(WCR | register, address & 0xff);
  batch.command(WCR | (register + 1), address >> 8);
}

function block(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (seed + at * 7 + (at >> 8)) & 0xff);
}

export function spiBusSuite(kind: SpiBusKind): void {
  t.test(kind.name, async (t) => {
    const bench = await kind.bench();
    t.teardown(() => bench.stop());
    const { bus, clock } = bench;
    await settle(clock, bus.open());

    t.test("says what it is", async (t) => {
      t.match(bus.description, /\S+ .*\S/);
      t.notMatch(bus.description, /\n/);
      t.equal(typeof bus.lossy, "boolean");
    });

    t.test("registers: written, set and cleared by bits, read", async (t) => {
      const batch = new SpiBatch();
      batch.command(BFS | ECON1, 0x03);
      const revision = batch.command(RCR | EREVID, -1, 1);
      batch.command(BFC | ECON1, 0x03);
      batch.command(WCR | ERDPTL, 0xa5);
      const written = batch.command(RCR | ERDPTL, -1, 1);
      const told = await run(bench, batch);
      t.equal(batch.error, null);
      t.equal(told, kind.synchronous ? 0 : 1, "told once when it is over, unless it was over at once");
      t.equal(batch.answer(revision), 0x06);
      t.equal(batch.answer(written), 0xa5);
    });

    t.test("transactions of a batch in order, each with a chip select of its own", async (t) => {
      const batch = new SpiBatch();
      const answers: number[] = [];
      for (let value = 1; value <= 40; value++) {
        batch.command(WCR | ERDPTL, value);
        answers.push(batch.command(RCR | ERDPTL, -1, 1));
      }
      await run(bench, batch);
      t.equal(batch.error, null);
      t.same(
        answers.map((index) => batch.answer(index)),
        Array.from({ length: 40 }, (_, at) => at + 1),
      );
    });

    for (const length of [1, 15, 16, 17, 255, 256, 257, 1500]) {
      t.test(`memory: ${length} bytes there and back, nothing beside them touched`, async (t) => {
        const data = block(length, length);
        const memory = new Uint8Array(length + 8).fill(0xee);
        memory[3] = WBM;
        memory.set(data, 4);
        const back = new Uint8Array(length + 6).fill(0xdd);
        const batch = new SpiBatch();
        writeAddress(batch, EWRPTL, 0x100);
        writeAddress(batch, ERDPTL, 0x100);
        batch.add(memory, 3, length + 1);
        batch.add(Uint8Array.of(RBM), 0, 1, back, 3, length);
        await run(bench, batch);
        t.equal(batch.error, null);
        t.same(back.subarray(3, 3 + length), data);
        t.ok(
          back.subarray(0, 3).every((byte) => byte === 0xdd),
          "before",
        );
        t.ok(
          back.subarray(3 + length).every((byte) => byte === 0xdd),
          "behind",
        );
      });
    }

    t.test("a batch beyond any buffer on the way: four blocks of 1500 bytes, written and read", async (t) => {
      const batch = new SpiBatch();
      const blocks = [1, 2, 3, 4].map((seed) => Uint8Array.of(WBM, ...block(1500, seed)));
      const answers = blocks.map(() => new Uint8Array(1500));
      const read = Uint8Array.of(RBM);
      writeAddress(batch, EWRPTL, 0);
      writeAddress(batch, ERDPTL, 0);
      for (const bytes of blocks) batch.add(bytes, 0, bytes.length);
      for (const bytes of answers) batch.add(read, 0, 1, bytes, 0, bytes.length);
      await run(bench, batch);
      t.equal(batch.error, null);
      t.same(
        answers,
        blocks.map((bytes) => bytes.subarray(1)),
      );
    });

    t.test("the same batch again and again, its memory used anew", async (t) => {
      const batch = new SpiBatch();
      for (let value = 10; value < 15; value++) {
        batch.clear();
        batch.command(WCR | ERDPTL, value);
        const answer = batch.command(RCR | ERDPTL, -1, 1);
        await run(bench, batch);
        t.equal(batch.answer(answer), value);
      }
    });

    if (!kind.synchronous) {
      t.test("one batch at a time; the next one may be started when the one before is told to be over", async (t) => {
        const batch = new SpiBatch();
        const answer = batch.command(RCR | ERDPTL, -1, 1);
        let rounds = 0;
        batch.onDone = () => {
          if (++rounds < 3) bus.transfer(batch);
        };
        bus.transfer(batch);
        t.throws(() => bus.transfer(new SpiBatch()), /a batch is under way/);
        for (let ms = 0; rounds < 3 && ms < LIMIT; ms++) await clock.advance(1);
        t.equal(rounds, 3);
        t.equal(batch.answer(answer), 14, "as it was left");
      });

      t.test("closed with a batch under way: it fails, and is told so once", async (t) => {
        const batch = new SpiBatch();
        batch.command(RCR | ERDPTL, -1, 1);
        let told = 0;
        batch.onDone = () => {
          told++;
        };
        bus.transfer(batch);
        await settle(clock, bus.close());
        await clock.advance(500);
        t.equal(told, 1);
        t.match(batch.error, { message: /closed/ });
        await settle(clock, bus.open());
      });
    }

    t.test("closed, closed again, opened again: as before", async (t) => {
      for (let round = 0; round < 3; round++) {
        await settle(clock, bus.close());
        await settle(clock, bus.close());
        const batch = new SpiBatch();
        batch.command(RCR | ERDPTL, -1, 1);
        if (kind.refusesWhenClosed) {
          t.ok(bus.transfer(batch), "refused at once");
          t.match(batch.error, { code: /^(PORT_LOST|SPI_CLOSED)$/, message: /is not open/ });
        }
        await settle(clock, bus.open());
        await settle(clock, bus.open());
        batch.clear();
        batch.command(WCR | ERDPTL, round);
        const answer = batch.command(RCR | ERDPTL, -1, 1);
        await run(bench, batch);
        t.equal(batch.error, null);
        t.equal(batch.answer(answer), round);
      }
    });

    t.test("the chip saw nothing that a chip should not see", async (t) => {
      t.same({ ...bench.chip.violations }, {});
      await settle(clock, bus.close());
    });
  });
}
