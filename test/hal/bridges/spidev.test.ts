import t from "tap";
import { Enc28j60 } from "../../../drivers/enc28j60/enc28j60.ts";
import { SpidevBus, type SpidevMachine, type SpidevOptions } from "../../../hal/bridges/spidev.ts";
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
import { FakeGpio } from "../../support/fake-gpio.ts";
import { FakeSpiDevice } from "../../support/fake-spi-device.ts";
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

function setUp(options: Partial<SpidevOptions> = {}, machine: Partial<SpidevMachine> = {}) {
  const wires = new Wires();
  const spi = new FakeSpiDevice(wires);
  const gpio = new FakeGpio();
  const bus = new SpidevBus(
    { path: "/dev/spidev1.2", spiHz: 20_000_000, ...options },
    {
      realPath: async (path) => path,
      importPackage: async () => spi,
      bufferSize: async () => spi.bufferSize,
      loadLibc: async () => gpio,
      ...machine,
    },
  );
  return { wires, spi, gpio, bus };
}

t.test("opened with the device's numbers, mode 0 and the clock; closed with nothing left", async (t) => {
  const { spi, gpio, bus } = setUp({ interruptGpio: { chip: "/dev/gpiochip0", line: 25 } });
  await bus.open();
  await bus.open();
  t.same(spi.opened, [{ bus: 1, device: 2, mode: 0, bitsPerWord: 8, maxSpeedHz: 20_000_000 }]);
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
  spi.bufferSize = 65_536;
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

t.test("a transfer that the kernel refuses fails its batch, and no other", async (t) => {
  const { spi, bus } = setUp();
  await bus.open();
  const batch = new SpiBatch();
  batch.command(1);
  spi.failTransfer = "ESHUTDOWN";
  t.ok(bus.transfer(batch));
  t.match(batch.error, { code: "SPIDEV_FAILED", message: "/dev/spidev1.2: a transfer failed (ESHUTDOWN)" });
  spi.failTransfer = null;
  batch.clear();
  batch.command(1);
  bus.transfer(batch);
  t.equal(batch.error, null);
  t.equal(bus.counters.errors, 1);
});

t.test("what cannot be opened says what to do, in one line", async (t) => {
  for (const [error, code, words] of [
    ["ENOENT", "SPIDEV_MISSING", /^\/dev\/spidev1\.2: there is no such device; .*raspi-config.*dtparam=spi=on/],
    ["EACCES", "SPIDEV_PERMISSION", /usermod -aG spi/],
    ["ENOTTY", "SPIDEV_NOT_SPIDEV", /is not a spidev.*ls \/dev\/spidev/],
    ["EINVAL", "SPIDEV_FAILED", /cannot be opened \(EINVAL\)/],
  ] as const) {
    const { spi, bus } = setUp();
    spi.failOpen = error;
    await t.rejects(bus.open(), { code, message: words }, error);
  }
  for (const path of ["/dev/ttyACM0", "spidev0.0", "/dev/spidev0"]) {
    await t.rejects(setUp({ path }).bus.open(), { code: "SPIDEV_NOT_SPIDEV", message: /\/dev\/spidev<bus>\.<chip select>/ }, path);
  }
  const { spi, gpio, bus } = setUp({ interruptGpio: { chip: "/dev/gpiochip0", line: 25 } });
  gpio.failRequest = "EBUSY";
  await t.rejects(bus.open(), { code: "GPIO_LINE_BUSY" });
  t.equal(spi.open, 0, "the device is not kept without its line");
});

t.test("without the package: it says so, and how to get it", async (t) => {
  const missing = new SpidevBus({ path: "/dev/spidev0.0", spiHz: 1_000_000 });
  const installed = await import("spi-device").then(
    () => true,
    () => false,
  );
  if (!installed) await t.rejects(missing.open(), { code: "SPIDEV_MISSING_PACKAGE", message: /npm install spi-device$/ });
  const { bus } = setUp(
    {},
    {
      importPackage: async () => {
        throw new Error("Could not locate the bindings file. Tried:\n → here\n → there");
      },
    },
  );
  await t.rejects(bus.open(), { code: "SPIDEV_BROKEN_PACKAGE", message: /^[^\n]*bindings file[^\n]*npm rebuild spi-device$/ });
});

t.test("a link to the device, as udev rules make them, will do", async (t) => {
  const { spi, bus } = setUp({ path: "/dev/ethernet" }, { realPath: async () => "/dev/spidev3.1" });
  await bus.open();
  t.match(spi.opened, [{ bus: 3, device: 1 }]);
  t.match(bus.description, /^\/dev\/ethernet /);
});

t.test("a chip driver over it, with the interrupt on a GPIO: idle costs nothing, a frame is there within its poll", async (t) => {
  const clock = new VirtualClock();
  const segment = new EthernetSegment(clock, new SeededRandom(1));
  const chip = new Enc28j60Chip(clock, segment, "chip", { strict: true });
  const spi = new FakeSpiDevice(new Enc28j60Pins(chip));
  const gpio = new FakeGpio();
  const { bus } = setUp(
    { interruptGpio: { chip: "/dev/gpiochip0", line: 25 } },
    { importPackage: async () => spi, loadLibc: async () => gpio },
  );
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
