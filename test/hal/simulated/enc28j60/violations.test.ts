/** The model notes the mistakes of drivers in the field, and goes on as silicon would. */
import t from "tap";
import { Bench, frame } from "./bench.ts";

t.test("a start by the book has nothing to note", async (t) => {
  const bench = new Bench().start();
  bench.arrive(frame(61));
  bench.take(0);
  bench.send(frame(60));
  t.equal(bench.chip.violations.total, 0, bench.chip.violations.toString());
  t.equal(bench.chip.violations.toString(), "");
});

t.test("ring settings", async (t) => {
  const even = new Bench().start();
  even.put16(0x0c, 0);
  t.equal(even.chip.violations.count("even-erxrdpt"), 1, "ERXRDPT = 0, as EtherCard and UIPEthernet start");
  even.arrive(frame(60));
  t.equal(even.get(0x39), 1, "and yet frames come in");

  const live = new Bench().start();
  live.put16(0x08, 0x0100);
  live.put16(0x0a, 0x18ff);
  t.equal(live.chip.violations.count("receive-buffer-changed"), 4);
  live.writeMemory(0x0200, [1]);
  t.match(live.chip.violations.message("receive-buffer-written"), /200h/);

  for (const [start, end, free] of [
    [1, 0x19ff, 0x19ff],
    [0, 0x19fe, 0x19fd],
    [0x1000, 0x0fff, 0x0fff],
    [0, 0x0fff, 0x1fff],
  ] as const) {
    const bench = new Bench().start();
    bench.bitClear(0x1f, 0x04);
    bench.put16(0x08, start);
    bench.put16(0x0a, end);
    bench.put16(0x0c, free);
    bench.bitSet(0x1f, 0x04);
    t.equal(bench.chip.violations.count("receive-buffer-shape"), 1, `${start}..${end}, ${free}`);
    bench.arrive(frame(60));
  }
});

t.test("a frame that ends with the memory has its status vector written to the beginning, where the ring lies", async (t) => {
  const bench = new Bench().start();
  bench.arrive(frame(60));
  const before = bench.readMemory(0, 7);
  // As Linux's driver does when it tries again after a late collision: ETXND is where the buffer ends, not the frame.
  bench.writeMemory(0x1a00, [0, ...frame(60)]);
  bench.put16(0x04, 0x1a00);
  bench.put16(0x06, 0x1fff);
  bench.bitSet(0x1f, 0x08);
  bench.wait(2);
  t.not(String(bench.readMemory(0, 7)), String(before), "seven bytes of the ring are gone");
  t.match(bench.chip.violations.message("transmit-in-ring"), /1A00h/);

  const tight = new Bench().start({ ringEnd: 0x0fff });
  for (const [start, end, count] of [
    [0x1000, 0x1ff8, 0],
    [0x1000, 0x1ff9, 1],
    [0x0f00, 0x0f40, 2],
  ] as const) {
    tight.put16(0x04, start);
    tight.put16(0x06, end);
    tight.bitSet(0x1f, 0x08);
    tight.wait(20);
    t.equal(tight.chip.violations.count("transmit-in-ring"), count, `${start}..${end}`);
  }
});

t.test("duplex", async (t) => {
  const bench = new Bench().start();
  bench.put(0x42, 0x32);
  t.equal(bench.chip.violations.count("duplex-changed"), 1);
  bench.bitClear(0x1f, 0x04);
  bench.bitSet(0x1f, 0x04);
  t.equal(bench.chip.violations.count("duplex-mismatch"), 1);
});

t.test(
  "the MACON3 that EtherCard leaves behind pads and has a CRC; on a strict chip it sends nothing anyone receives",
  async (t) => {
    for (const options of [{}, { strict: true }]) {
      const bench = new Bench(options).start();
      bench.put(0x42, 0x00);
      bench.bitSet(0x42, 0x20 | 0x10 | 0x02);
      bench.send(frame(42));
      t.same(
        bench.listener.frames.map((sent) => sent.length),
        options.strict ? [] : [60],
      );
      t.equal(bench.chip.violations.count("bit-field-on-mac"), 1);
    }
  },
);
