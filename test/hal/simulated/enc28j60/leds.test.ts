/** LEDs, link-up time, CLKOUT and the memory self-test. */
import t from "tap";
import { Bench, frame } from "./bench.ts";

const OTHER = [0x02, 0, 0, 0, 0, 0x99];

/** LEDA has `code`, with or without stretched pulses of 40 ms; reception and link are up, full duplex. */
function withLed(code: number, stretch = 0x0002): Bench {
  const bench = new Bench().start();
  bench.phyWrite(0x14, 0x3000 | (code << 8) | 0x0090 | stretch);
  bench.wait(200);
  return bench;
}

t.test("each code shows what the data sheet says", async (t) => {
  const cases: [what: string, code: number, idle: boolean, sending: boolean, receiving: boolean][] = [
    ["transmit", 0x1, false, true, false],
    ["receive", 0x2, false, false, true],
    ["collision", 0x3, false, false, false],
    ["link", 0x4, true, true, true],
    ["duplex", 0x5, true, true, true],
    ["traffic", 0x7, false, true, true],
    ["on", 0x8, true, true, true],
    ["off", 0x9, false, false, false],
    ["link and receive", 0xc, true, true, false],
    ["link and traffic", 0xd, true, false, false],
    ["duplex and collision", 0xe, true, true, true],
  ];
  for (const [what, code, idle, sending, receiving] of cases) {
    const bench = withLed(code);
    t.equal(bench.chip.leds.a, idle, `${what}: idle`);
    bench.send(frame(60, OTHER), 0, 1);
    t.equal(bench.chip.leds.a, sending, `${what}: sending`);
    bench.wait(200);
    bench.arrive(frame(60));
    t.equal(bench.chip.leds.a, receiving, `${what}: receiving`);
    t.equal(bench.chip.leds.b, false, "LEDB is off: 9");
  }
});

t.test("pulses are stretched for as long as LFRQ says, or not at all", async (t) => {
  for (const [bits, ms] of [
    [0x0002, 40],
    [0x0006, 73],
    [0x000a, 139],
    [0x0000, 0],
  ] as const) {
    const bench = withLed(0x1, bits);
    bench.load(frame(1514, OTHER));
    bench.bitSet(0x1f, 0x08);
    // 1526 byte times are 1.2208 ms.
    bench.wait(1.1708 + ms);
    t.equal(bench.chip.leds.a, true, `${ms} ms`);
    bench.wait(0.1);
    t.equal(bench.chip.leds.a, false, `${ms} ms and no longer`);
  }
});

t.test("blinking, and a link that goes away", async (t) => {
  for (const code of [0xa, 0xb]) {
    const bench = withLed(code);
    const seen = new Set<boolean>();
    for (let step = 0; step < 60; step++) {
      bench.wait(10);
      seen.add(bench.chip.leds.a);
    }
    t.same([...seen].sort(), [false, true]);
  }
  const bench = withLed(0x4);
  bench.peer.plugged = false;
  t.equal(bench.chip.leds.a, false);
});

t.test("code E shows collisions too where erratum 11 is switched off", async (t) => {
  for (const erratum of [true, false]) {
    const bench = new Bench({ errata: { 11: erratum } }).start();
    bench.phyWrite(0x14, 0x3e92);
    bench.phyWrite(0x00, 0x0000);
    bench.put(0x42, 0x32);
    bench.load(frame(1000, OTHER));
    bench.bitSet(0x1f, 0x08);
    bench.wait(0.02);
    const talker = { collided: () => undefined, carrierIdle: () => undefined };
    bench.segment.carrier.begin(talker);
    bench.segment.carrier.end(talker);
    t.equal(bench.chip.leds.a, !erratum);
  }
});

t.test("the link comes up some time after the cable", async (t) => {
  const bench = new Bench({ linkDelay: 30 }).start();
  bench.bitClear(0x1f, 0x04);
  bench.wait(40);
  t.equal(bench.phyRead(0x11) & 0x0400, 0x0400);
  bench.phyWrite(0x12, 0x0012);
  bench.phyRead(0x13);
  bench.put(0x1b, 0x90);
  bench.peer.plugged = false;
  t.equal(bench.chip.interrupt.asserted, true, "down at once");
  bench.phyRead(0x13);
  bench.peer.plugged = true;
  bench.wait(29);
  t.equal(bench.phyRead(0x11) & 0x0400, 0);
  t.equal(bench.chip.interrupt.asserted, false);
  bench.wait(1);
  t.equal(bench.chip.interrupt.asserted, true, "and up after 30 ms");
  t.equal(bench.phyRead(0x11) & 0x0400, 0x0400);
  bench.phyRead(0x13);
  bench.bitSet(0x1e, 0x20);
  bench.bitClear(0x1e, 0x20);
  bench.wait(5);
  t.equal(bench.phyRead(0x11) & 0x0400, 0, "waking takes as long");
  bench.wait(30);
  t.equal(bench.phyRead(0x11) & 0x0400, 0x0400);
});

t.test("CLKOUT follows ECOCON, and stops in power save", async (t) => {
  const bench = new Bench();
  t.equal(bench.chip.clockOut, 6_250_000);
  const rates = [0, 25_000_000, 12_500_000, 25_000_000 / 3, 6_250_000, 3_125_000];
  for (const [code, rate] of rates.entries()) {
    bench.put(0x75, code);
    t.equal(bench.chip.clockOut, rate);
  }
  bench.bitSet(0x1e, 0x20);
  t.equal(bench.chip.clockOut, 0);
});

t.test("the self-test's checksum agrees with the DMA's over what it wrote", async (t) => {
  const sums = new Set<number>();
  for (const control of [0x03, 0x07, 0x2b]) {
    const bench = new Bench().start();
    bench.bitClear(0x1f, 0x04);
    bench.put(0x66, 0x5b);
    bench.put(0x67, control);
    t.equal(bench.get(0x67) & 0x01, 0);
    bench.put16(0x10, 0);
    bench.put16(0x12, 0x1fff);
    bench.put16(0x0a, 0x1fff);
    bench.bitSet(0x1f, 0x30);
    bench.wait(1);
    t.equal(bench.get16(0x16), bench.get16(0x68));
    sums.add(bench.get16(0x68));
    bench.writeMemory(0x1000, [bench.readMemory(0x1000, 1)[0]! ^ 1]);
    bench.bitSet(0x1f, 0x30);
    bench.wait(1);
    t.not(bench.get16(0x16), bench.get16(0x68), "a byte that does not hold");
  }
  t.equal(sums.size, 3);
});
