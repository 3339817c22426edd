/** spidev's bus: set-up of the device, batches as messages, limits of the kernel's buffer, errors. */
import { getHeapStatistics } from "node:v8";
import t from "tap";
import { Enc28j60 } from "../../../drivers/enc28j60/enc28j60.ts";
import { gpioChips } from "../../../hal/bridges/linux/gpio-chip.ts";
import { loadLibc } from "../../../hal/bridges/linux/libc.ts";
import { SpidevBus, type SpidevOptions } from "../../../hal/bridges/spidev.ts";
import { VirtualClock } from "../../../hal/clock.ts";
import { SeededRandom } from "../../../hal/random.ts";
import { Enc28j60Chip } from "../../../hal/simulated/enc28j60/chip.ts";
import { Enc28j60Pins } from "../../../hal/simulated/enc28j60/pins.ts";
import { EthernetSegment } from "../../../hal/simulated/segment.ts";
import type { SpiPins } from "../../../hal/simulated/spi-pins.ts";
import { WireNic } from "../../../hal/simulated/wire-nic.ts";
import { SpiBatch } from "../../../hal/spi.ts";
import { FakeHost } from "../../support/controller-host.ts";
import { PEER, STATION } from "../../support/enc28j60-bench.ts";
import { FakeSpidev } from "../../support/fake-spidev.ts";
import { settle } from "../../support/waiting.ts";

/** Keeps each assertion of the chip select as a list, and counts what it answers. */
class Wires implements SpiPins {
  readonly selections: number[][] = [];
  #next = 0;

  select(): void {
    this.selections.push([]);
  }

  clock(out: number): number {
    this.selections.at(-1)?.push(out);
    return this.#next++ & 0xff;
  }

  deselect(): void {}
}

function setUp(options: Partial<SpidevOptions> = {}) {
  const wires = new Wires();
  const spi = new FakeSpidev(wires);
  const bus = new SpidevBus({ path: "/dev/spidev1.2", spiHz: 20_000_000, ...options }, spi);
  return { wires, spi, gpio: spi.gpio, bus };
}

t.test("opened with the device's numbers, mode 0 and the clock; closed with nothing left", async (t) => {
  const { spi, gpio, bus } = setUp({ interruptGpio: { chip: "/dev/gpiochip0", line: 25 } });
  await bus.open();
  await bus.open();
  t.same(spi.opened, [{ path: "/dev/spidev1.2", mode: 0, bitsPerWord: 8, maxSpeedHz: 20_000_000 }]);
  t.match(bus, { description: "/dev/spidev1.2 at 20 MHz", simulated: false, lossy: false });
  t.equal(gpio.request?.line, 25);
  await bus.close();
  await bus.close();
  t.equal(spi.open, 0);
  t.equal(gpio.openFds.size, 0);
  t.equal(setUp().bus.interrupt, null, "no GPIO, no interrupt line");
});

t.test("a batch is one message, each transaction with a chip select of its own", async (t) => {
  const { wires, spi, bus } = setUp();
  await bus.open();
  const batch = new SpiBatch();
  const first = batch.command(0x11, -1, 2);
  batch.command(0x22, 0x33);
  const memory = new Uint8Array(6).fill(0xee);
  batch.add(Uint8Array.of(9, 0x44, 0x45, 9), 1, 2, memory, 2, 3);
  t.ok(bus.transfer(batch), "over within the call");
  t.equal(batch.error, null);
  t.same(wires.selections, [
    [0x11, 0, 0],
    [0x22, 0x33],
    [0x44, 0x45, 0, 0, 0],
  ]);
  t.same([batch.answer(first, 0), batch.answer(first, 1)], [1, 2], "what was clocked in behind the command");
  t.same([...memory], [0xee, 0xee, 7, 8, 9, 0xee]);
  t.same(spi.messages, [[3, 2, 5]]);

  batch.clear();
  batch.command(0x55);
  bus.transfer(batch);
  t.same(wires.selections.at(-1), [0x55], "and the one after it begins with a new one");
  t.match(bus.counters, { batches: 2, transactions: 4, messages: 2, bytes: 11 });
});

t.test("while an answer is read, zeroes go out: nothing of an earlier batch", async (t) => {
  const { wires, bus } = setUp();
  await bus.open();
  const batch = new SpiBatch();
  batch.add(new Uint8Array(8).fill(0xaa), 0, 8);
  bus.transfer(batch);
  batch.clear();
  batch.command(0x11, -1, 3);
  bus.transfer(batch);
  t.same(wires.selections.at(-1), [0x11, 0, 0, 0]);
});

t.test("a batch longer than the kernel's buffer is split between transactions", async (t) => {
  const { wires, spi, bus } = setUp();
  await bus.open();
  const batch = new SpiBatch();
  const blocks = [1, 2, 3].map((value) => new Uint8Array(1525).fill(value));
  for (const block of blocks) {
    batch.command(0x40, 1);
    batch.add(block, 0, block.length);
  }
  bus.transfer(batch);
  t.equal(batch.error, null);
  // 128 + 1536 + 128 + 1536 + 128 of 4096: a short transfer takes as much of the buffer as the memory's alignment.
  t.same(spi.messages, [[2, 1525, 2, 1525, 2], [1525]]);
  t.same(
    wires.selections.map((bytes) => bytes.length),
    [2, 1525, 2, 1525, 2, 1525],
  );

  batch.clear();
  for (let at = 0; at < 40; at++) batch.command(at, -1, 1);
  spi.messages.length = 0;
  bus.transfer(batch);
  t.equal(batch.error, null);
  t.same(
    spi.messages.map((message) => message.length),
    [32, 8],
  );
});

t.test("a larger buffer is made use of; a transaction beyond it is refused", async (t) => {
  const { spi, bus } = setUp();
  spi.kernelBufferSize = 65_536;
  await bus.open();
  const batch = new SpiBatch();
  for (let at = 0; at < 10; at++) batch.add(new Uint8Array(1525), 0, 1525);
  bus.transfer(batch);
  t.equal(spi.messages.length, 1);

  const small = setUp();
  await small.bus.open();
  batch.clear();
  batch.add(new Uint8Array(4096), 0, 4096);
  small.bus.transfer(batch);
  t.equal(batch.error, null);
  batch.clear();
  batch.add(new Uint8Array(4097), 0, 4097);
  t.ok(small.bus.transfer(batch));
  t.match(batch.error, { code: "SPIDEV_TOO_LONG", message: /4097 bytes, spidev takes 4096; put spidev\.bufsiz=/ });
});

t.test("as many transfers as one ioctl's number can tell", async (t) => {
  const { spi, bus } = setUp();
  spi.kernelBufferSize = 1 << 17;
  await bus.open();
  const batch = new SpiBatch();
  const memory = Uint8Array.from({ length: 1024 }, (_, at) => at);
  for (let at = 0; at < 600; at++) batch.add(memory, at, 1);
  bus.transfer(batch);
  t.equal(batch.error, null);
  t.same(
    spi.messages.map((message) => message.length),
    [511, 89],
  );
});

t.test("a transfer that the kernel refuses fails its batch, and no other", async (t) => {
  const { spi, bus } = setUp();
  await bus.open();
  const batch = new SpiBatch();
  for (const [error, code, message] of [
    ["ESHUTDOWN", "SPIDEV_FAILED", /^\/dev\/spidev1\.2: a transfer failed \(ESHUTDOWN\); .* spidev, bind it again$/],
    ["ETIMEDOUT", "SPIDEV_FAILED", /^\/dev\/spidev1\.2: a transfer failed \(ETIMEDOUT\); .*dmesg$/],
    ["EINVAL", "SPIDEV_SPEED", /^\/dev\/spidev1\.2: its controller does not run at 20 MHz \(EINVAL\); choose another spiHz/],
  ] as const) {
    batch.clear();
    batch.command(1);
    spi.failing = { call: "transfer", error };
    t.ok(bus.transfer(batch));
    t.match(batch.error, { code, message }, error);
  }
  spi.failing = null;
  batch.clear();
  batch.command(1);
  bus.transfer(batch);
  t.equal(batch.error, null);
  t.equal(bus.counters.errors, 3);
});

t.test("a kernel whose buffer is smaller than it says", async (t) => {
  const { spi, bus } = setUp();
  spi.saidBufferSize = 8192;
  await bus.open();
  const batch = new SpiBatch();
  batch.add(new Uint8Array(5000), 0, 5000);
  t.ok(bus.transfer(batch));
  t.match(batch.error, { code: "SPIDEV_TOO_LONG", message: /smaller than \/sys\/module\/spidev.* says; put spidev\.bufsiz=/ });
});

t.test("what cannot be opened says what to do, in one line", async (t) => {
  for (const [call, error, code, words] of [
    ["open", "ENOENT", "SPIDEV_MISSING", /^\/dev\/spidev1\.2: there is no such device; .*raspi-config.*dtparam=spi=on/],
    ["open", "EACCES", "SPIDEV_PERMISSION", /usermod -aG spi/],
    ["mode", "ENOTTY", "SPIDEV_NOT_SPIDEV", /is not a spidev.*ls \/dev\/spidev/],
    ["open", "EINVAL", "SPIDEV_FAILED", /cannot be opened \(EINVAL\)/],
    ["mode", "EINVAL", "SPIDEV_FAILED", /does not do SPI mode 0/],
    ["mode", "ESHUTDOWN", "SPIDEV_FAILED", /cannot be opened \(ESHUTDOWN\)/],
    ["bits", "EINVAL", "SPIDEV_FAILED", /does not do words of 8 bits/],
    ["speed", "EINVAL", "SPIDEV_SPEED", /does not run at 20 MHz \(EINVAL\); choose another spiHz/],
  ] as const) {
    const { spi, bus } = setUp();
    spi.failing = { call, error };
    await t.rejects(bus.open(), { code, message: words }, `${call} ${error}`);
    t.equal(spi.open, 0, "nothing stays open");
    spi.failing = null;
    await bus.open();
    t.equal(spi.open, 1, "and it opens once the cause is gone");
  }
  for (const path of ["/dev/ttyACM0", "spidev0.0", "/dev/spidev0"]) {
    const { spi, bus } = setUp({ path });
    await t.rejects(bus.open(), { code: "SPIDEV_NOT_SPIDEV", message: /\/dev\/spidev<bus>\.<chip select>/ }, path);
    t.same(spi.opened, [], "a terminal is not even opened");
  }
  const { spi, gpio, bus } = setUp({ interruptGpio: { chip: "/dev/gpiochip0", line: 25 } });
  gpio.failRequest = "EBUSY";
  await t.rejects(bus.open(), { code: "GPIO_LINE_BUSY" });
  t.equal(spi.open, 0, "the device is not kept without its line");
});

t.test("the interrupt's line by its name", async (t) => {
  const { gpio, bus } = setUp({ interruptGpio: { line: "GPIO25" } });
  await bus.open();
  t.match(gpio.request, { chip: "/dev/gpiochip0", line: 25 });
  gpio.level = false;
  t.ok(bus.interrupt?.asserted);
  await bus.close();
  t.equal(gpio.openFds.size, 0);
});

t.test("nothing is allocated for a batch", async (t) => {
  const { spi } = setUp();
  const libc = { ...(await spi.loadLibc()), ioctl: () => 0 };
  const bus = new SpidevBus(
    { path: "/dev/spidev0.0", spiHz: 20_000_000 },
    { realPath: async (path) => path, bufferSize: async () => 4096, loadLibc: async () => libc, gpioChips },
  );
  await bus.open();
  const batch = new SpiBatch();
  const frame = new Uint8Array(1600);
  const grown: number[] = [];
  for (let round = 0; round < 40; round++) {
    const before = getHeapStatistics().used_heap_size;
    for (let count = 0; count < 500; count++) {
      batch.clear();
      for (let at = 0; at < 7; at++) batch.command(0x40, at, 1);
      batch.add(frame, 0, 1, frame, 1, 60);
      bus.transfer(batch);
    }
    grown.push((getHeapStatistics().used_heap_size - before) / 500);
  }
  // The first ones are the compiler's.
  const typical = grown.slice(20).sort((a, b) => a - b)[10]!;
  t.ok(typical < 16, `${typical} bytes a batch`);
});

t.test("a link to the device, as udev rules make them, will do", async (t) => {
  const { spi, bus } = setUp({ path: "/dev/ethernet" });
  spi.links.set("/dev/ethernet", "/dev/spidev3.1");
  await bus.open();
  t.match(spi.opened, [{ path: "/dev/ethernet" }]);
  t.match(bus.description, /^\/dev\/ethernet /);
});

t.test("the machine's own C library", { skip: process.platform === "linux" ? false : "not Linux" }, async (t) => {
  const missing = new SpidevBus({ path: "/dev/spidev250.99", spiHz: 1_000_000 });
  await t.rejects(missing.open(), { code: "SPIDEV_MISSING", message: /no such device/ });
  const nothing = {
    loadLibc: () => loadLibc("spidev"),
    realPath: async () => "/dev/spidev0.0",
    bufferSize: async () => 4096,
    gpioChips,
  };
  const stranger = new SpidevBus({ path: "/dev/null", spiHz: 1_000_000 }, nothing);
  await t.rejects(stranger.open(), { code: "SPIDEV_NOT_SPIDEV", message: /^\/dev\/null is not a spidev/ });
});

t.test("a chip driver over it, with the interrupt on a GPIO: idle costs nothing, a frame is there within its poll", async (t) => {
  const clock = new VirtualClock();
  const segment = new EthernetSegment(clock, new SeededRandom(1));
  const chip = new Enc28j60Chip(clock, segment, "chip", { strict: true });
  const spi = new FakeSpidev(new Enc28j60Pins(chip));
  const { gpio } = spi;
  const bus = new SpidevBus({ path: "/dev/spidev1.2", spiHz: 20_000_000, interruptGpio: { line: "GPIO25" } }, spi);
  const driver = new Enc28j60(bus, clock, { address: STATION });
  const host = new FakeHost(clock);
  const peer = new WireNic(clock, segment, "peer", PEER);
  const peerHost = new FakeHost(clock);
  await peerHost.open(peer);
  /** Virtual time with the event loop's turns in it. */
  const pass = async (ms: number): Promise<void> => {
    for (let step = 0; step < ms; step++) {
      gpio.level = !chip.interrupt.asserted;
      gpio.turn();
      await clock.advance(1);
    }
  };
  await settle(clock, host.open(driver));
  await pass(100);
  spi.messages.length = 0;
  await pass(400);
  t.ok(spi.messages.length < 5, `${spi.messages.length} messages in 400 idle ms`);
  const frame = Uint8Array.from({ length: 1514 }, (_, at) => (at < 6 ? STATION[at] : at < 12 ? PEER[at - 6] : at & 0xff) as number);
  peerHost.send(frame);
  await pass(10);
  t.same(host.frames, [frame]);
  host.send(Uint8Array.of(...PEER, ...STATION, ...frame.subarray(12)));
  await pass(10);
  t.equal(peerHost.frames.length, 1);
  t.same({ ...chip.violations }, {});
  await settle(clock, driver.close());
  t.equal(spi.open, 0);
  t.equal(gpio.openFds.size, 0);
});
