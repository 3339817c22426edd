/** The Bus Pirate's bus: entering SPI from any state, one operation at a time, speeds, power. */
import t from "tap";
import { Enc28j60 } from "../../../../drivers/enc28j60/enc28j60.ts";
import { BusPirateBus, type BusPirateOptions } from "../../../../hal/bridges/bus-pirate/bus-pirate.ts";
import { VirtualClock } from "../../../../hal/clock.ts";
import { SeededRandom } from "../../../../hal/random.ts";
import { BusPirateResponder, type BusPirateResponderOptions } from "../../../../hal/simulated/bridges/bus-pirate-responder.ts";
import { FaultyStream, NO_FAULTS } from "../../../../hal/simulated/bridges/faulty-stream.ts";
import { SerialLine } from "../../../../hal/simulated/bridges/serial-line.ts";
import { Enc28j60Chip } from "../../../../hal/simulated/enc28j60/chip.ts";
import { Enc28j60Pins } from "../../../../hal/simulated/enc28j60/pins.ts";
import { EthernetSegment } from "../../../../hal/simulated/segment.ts";
import { WireNic } from "../../../../hal/simulated/wire-nic.ts";
import { SpiBatch } from "../../../../hal/spi.ts";
import { FakeHost } from "../../../support/controller-host.ts";
import { PEER, STATION } from "../../../support/enc28j60-bench.ts";
import { settle } from "../../../support/waiting.ts";

const RCR = 0x00;
const WCR = 0x40;
const ERDPTL = 0x00;
const TERMINAL = 0;
const SPI = 2;

function setUp(options: Partial<BusPirateOptions> = {}, model: BusPirateResponderOptions = {}) {
  const clock = new VirtualClock();
  const segment = new EthernetSegment(clock, new SeededRandom(1));
  const chip = new Enc28j60Chip(clock, segment, "chip", { strict: true });
  const pirate = new BusPirateResponder(clock, new Enc28j60Pins(chip), model);
  const line = new SerialLine(clock, pirate, { baud: 115_200, latency: 1 });
  const heard: number[] = [];
  const receive = pirate.receive.bind(pirate);
  pirate.receive = (bytes) => {
    heard.push(...bytes);
    receive(bytes);
  };
  const bus = new BusPirateBus(clock, line, { spiHz: 8_000_000, ...options });
  return { clock, segment, chip, pirate, line, heard, bus };
}

async function run(clock: VirtualClock, bus: BusPirateBus, batch: SpiBatch): Promise<SpiBatch> {
  let done = false;
  batch.onDone = () => {
    done = true;
  };
  if (bus.transfer(batch)) return batch;
  for (let ms = 0; !done && ms < 20_000; ms++) await clock.advance(1);
  if (!done) throw new Error("the batch never ended");
  return batch;
}

/** Writes a register and reads it back. */
async function works(clock: VirtualClock, bus: BusPirateBus): Promise<boolean> {
  const batch = new SpiBatch();
  batch.command(WCR | ERDPTL, 0x5a);
  const answer = batch.command(RCR | ERDPTL, -1, 1);
  await run(clock, bus, batch);
  return batch.error === null && batch.answer(answer) === 0x5a;
}

t.test("what it says: in, set up, one operation at a time, out", async (t) => {
  const { clock, heard, bus, pirate } = setUp();
  await settle(clock, bus.open());
  t.same(heard, [...new Array<number>(20).fill(0), 0x01, 0x8a, 0x67, 0x41], "mode 0, 8 MHz, CS high, no power, no pull-ups");
  t.equal(pirate.mode, SPI);
  heard.length = 0;
  t.ok(await works(clock, bus));
  t.same(heard, [0x04, 0, 2, 0, 0, 0x40, 0x5a, 0x04, 0, 1, 0, 1, 0x00]);
  t.equal(pirate.counters.overruns, 0);
  t.match(bus.counters, { batches: 1, operations: 2, roundTrips: 2, bytesUp: 13, faults: 0, resyncs: 0 });
  heard.length = 0;
  await settle(clock, bus.close());
  t.same(heard, [0x00, 0x0f]);
  t.equal(pirate.mode, TERMINAL);
});

t.test("the SPI clock is the next lower one that it has", async (t) => {
  for (const [asked, index, hertz] of [
    [20_000_000, 7, 8_000_000],
    [3_000_000, 5, 2_600_000],
    [1_000_000, 3, 1_000_000],
    [999_999, 2, 250_000],
    [1, 0, 30_000],
  ] as const) {
    const { clock, bus, pirate } = setUp({ spiHz: asked });
    await settle(clock, bus.open());
    t.equal(bus.hertz, hertz);
    t.equal(pirate.speed, index);
    t.ok(await works(clock, bus), `${hertz} Hz`);
  }
});

t.test("power and pull-ups where they are asked for", async (t) => {
  const { clock, bus, pirate } = setUp({ power: true, pullUps: true });
  await settle(clock, bus.open());
  t.equal(pirate.peripherals, 0x0d);
  await settle(clock, bus.close());
  t.equal(pirate.peripherals, 0, "off when it is left");
});

t.test("opened while it is in any state that a program which died can have left it in", async (t) => {
  const leftovers: Record<string, number[]> = {
    "bit-bang mode": [...new Array<number>(20).fill(0)],
    "SPI mode": [...new Array<number>(20).fill(0), 1],
    "an operation two bytes short": [...new Array<number>(20).fill(0), 1, 0x8a, 4, 0, 4, 0, 0, 0x40, 1],
    "an operation thousands of bytes short": [...new Array<number>(20).fill(0), 1, 0x8a, 4, 0x10, 0, 0, 0],
    "a word half typed": [0x76, 0x65, 0x72],
    sniffing: [...new Array<number>(20).fill(0), 1, 0x0e],
  };
  for (const [name, bytes] of Object.entries(leftovers)) {
    const { clock, bus, pirate } = setUp();
    pirate.receive(Uint8Array.from(bytes));
    await clock.advance(100);
    await settle(clock, bus.open());
    t.ok(await works(clock, bus), name);
  }
});

t.test("a byte lost or damaged on its way fails the batch, and the next one works", async (t) => {
  const damages: Record<string, (bytes: Uint8Array) => Uint8Array> = {
    "the command is lost": (bytes) => bytes.subarray(1),
    "a length is lost": (bytes) => Uint8Array.from(bytes.filter((_, at) => at !== 2)),
    "a length is damaged to thousands": (bytes) => Uint8Array.from(bytes, (byte, at) => (at === 1 ? 0x0f : byte)),
    "a length is damaged to more than it takes": (bytes) => Uint8Array.from(bytes, (byte, at) => (at === 1 ? 0x80 : byte)),
    "the last byte is lost": (bytes) => bytes.subarray(0, -1),
    "a byte comes twice": (bytes) => Uint8Array.of(...bytes.subarray(0, 1), ...bytes),
  };
  for (const [name, damage] of Object.entries(damages)) {
    const { clock, bus, line } = setUp();
    await settle(clock, bus.open());
    const write = line.write;
    line.write = (bytes, at, length) => {
      line.write = write;
      const damaged = damage(bytes.slice(at, at + length));
      write.call(line, damaged, 0, damaged.length);
    };
    const batch = new SpiBatch();
    batch.command(WCR | ERDPTL, 0x11);
    batch.command(RCR | ERDPTL, -1, 1);
    await run(clock, bus, batch);
    t.match(batch.error, { code: /^BUSPIRATE_(TIMEOUT|GARBAGE|REFUSED)$/ }, name);
    t.ok(await works(clock, bus), `${name}: recovered`);
    t.match(bus.counters, { faults: 1, resyncs: 1 });
  }
});

t.test("an answer lost, damaged or followed by noise: likewise", async (t) => {
  const damages: Record<string, (bytes: Uint8Array) => Uint8Array> = {
    "nothing comes": () => new Uint8Array(0),
    "the first byte is damaged": (bytes) => Uint8Array.from(bytes, (byte, at) => (at === 0 ? byte ^ 0x40 : byte)),
    "the last byte is lost": (bytes) => bytes.subarray(0, -1),
    "a byte comes twice": (bytes) => Uint8Array.of(...bytes.subarray(0, 1), ...bytes),
    "noise follows": (bytes) => Uint8Array.of(...bytes, 0x99),
  };
  for (const [name, damage] of Object.entries(damages)) {
    const { clock, bus, pirate } = setUp();
    await settle(clock, bus.open());
    const send = pirate.onSend;
    pirate.onSend = (bytes) => {
      pirate.onSend = send;
      send?.(damage(bytes));
    };
    const batch = new SpiBatch();
    batch.command(RCR | ERDPTL, -1, 1);
    await run(clock, bus, batch);
    t.match(batch.error, { code: /^BUSPIRATE_(TIMEOUT|GARBAGE)$/ }, name);
    t.ok(await works(clock, bus), `${name}: recovered`);
  }
});

t.test("unplugged: the batch fails; open() says what is missing, then works", async (t) => {
  const { clock, bus, line } = setUp();
  await settle(clock, bus.open());
  const batch = new SpiBatch();
  batch.command(RCR | ERDPTL, -1, 1);
  let told = 0;
  batch.onDone = () => {
    told++;
  };
  bus.transfer(batch);
  line.plugged = false;
  t.equal(told, 1);
  t.match(batch.error, { code: "PORT_LOST" });
  t.ok(bus.transfer(batch), "refused at once");
  await t.rejects(bus.open(), { code: "PORT_MISSING" });
  line.plugged = true;
  await settle(clock, bus.open());
  t.ok(await works(clock, bus));
  line.plugged = false;
  await bus.close();
});

t.test("who is no Bus Pirate is told apart from nobody", async (t) => {
  const { clock } = setUp();
  const device = {
    description: "a chatty board",
    onSend: null as ((bytes: Uint8Array) => void) | null,
    chatty: true,
    receive(bytes: Uint8Array): void {
      // As serprog does: ACK for each NOP.
      if (this.chatty) this.onSend?.(Uint8Array.from(bytes, () => 0x06));
    },
    opened(): void {},
  };
  const bus = new BusPirateBus(clock, new SerialLine(clock, device, { baud: 115_200 }), { spiHz: 1_000_000 });
  const chatty = { code: "BUSPIRATE_NOT_BUSPIRATE", message: /a chatty board answers, but not as a Bus Pirate/ };
  await t.rejects(settle(clock, bus.open()), chatty);
  device.chatty = false;
  const from = clock.now();
  await t.rejects(settle(clock, bus.open()), { code: "BUSPIRATE_NO_ANSWER", message: /nobody answers/ });
  t.ok(clock.now() - from < 3000, "within 3 s");
});

t.test("firmware without write-then-read is told so", async (t) => {
  const { clock, bus } = setUp({}, { writeThenRead: false });
  await settle(clock, bus.open());
  const batch = new SpiBatch();
  batch.command(RCR | ERDPTL, -1, 1);
  await run(clock, bus, batch);
  t.match(batch.error, { code: "BUSPIRATE_REFUSED", message: /older than 5\.10/ });
});

t.test("a transaction beyond 4096 bytes is refused before anything is said", async (t) => {
  const { clock, bus, heard } = setUp();
  await settle(clock, bus.open());
  heard.length = 0;
  const batch = new SpiBatch();
  batch.command(RCR | ERDPTL, -1, 1);
  batch.add(new Uint8Array(4097), 0, 4097);
  t.ok(bus.transfer(batch));
  t.match(batch.error, { code: "BUSPIRATE_TOO_LONG", message: /4097 bytes.*4096/ });
  await clock.advance(100);
  t.same(heard, []);
});

t.test("a chip driver over it: frames both ways, also where the cable drops bytes", async (t) => {
  const { clock, segment, line } = setUp();
  const cable = new FaultyStream(clock, new SeededRandom(7), line);
  const bus = new BusPirateBus(clock, cable, { spiHz: 8_000_000 });
  const driver = new Enc28j60(bus, clock, { address: STATION });
  const host = new FakeHost(clock);
  const peer = new WireNic(clock, segment, "peer", PEER);
  const peerHost = new FakeHost(clock);
  await peerHost.open(peer);
  await settle(clock, host.open(driver));
  await clock.advance(200);
  const there = Uint8Array.from({ length: 200 }, (_, at) => (at < 6 ? PEER[at] : at < 12 ? STATION[at - 6] : at) as number);
  const back = Uint8Array.from({ length: 300 }, (_, at) => (at < 6 ? STATION[at] : at < 12 ? PEER[at - 6] : at) as number);
  host.send(there);
  peerHost.send(back);
  await clock.advance(1000);
  t.same(peerHost.frames, [there]);
  t.same(host.frames, [back]);

  cable.faults = { ...NO_FAULTS, drop: 0.001 };
  await clock.advance(20_000);
  t.ok(bus.counters.resyncs > 0, `${bus.counters.resyncs} times in 20 s`);
  cable.faults = NO_FAULTS;
  await clock.advance(5000);
  peerHost.send(back);
  await clock.advance(2000);
  t.same(host.frames.at(-1), back, "the driver is back");
  t.equal(host.frames.length, 2);
  await settle(clock, driver.close());
});
