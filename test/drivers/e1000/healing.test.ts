/** A chip that forgets what it was told, lies, or is lied about: found within a second, mended within two, and never believed. */
import t, { type Test } from "tap";
import { E1000 } from "../../../drivers/e1000/e1000.ts";
import { VirtualClock } from "../../../hal/clock.ts";
import { DropReason } from "../../../hal/drop-reason.ts";
import { NO_ANSWER } from "../../../hal/mmio.ts";
import { SeededRandom } from "../../../hal/random.ts";
import { E1000Chip } from "../../../hal/simulated/e1000/chip.ts";
import { EthernetSegment } from "../../../hal/simulated/segment.ts";
import { FakeHost } from "../../support/controller-host.ts";
import { frameOf, STATION } from "../../support/enc28j60-bench.ts";
import { MeddledBus, nothingTrue, oneIn } from "../../support/meddled-bus.ts";
import { settle } from "../../support/waiting.ts";
import { Bench } from "./bench.ts";
import { Offset } from "./fake-chip.ts";

const RESET = 0x0400_0000;

/** The driver on the chip's model, somebody in between, and a station at the far end. */
class ModelBench {
  readonly clock = new VirtualClock();
  readonly #segment = new EthernetSegment(this.clock, new SeededRandom("healing"));
  readonly chip = new E1000Chip(this.clock, this.#segment, "chip", { mac: STATION });
  readonly bus = new MeddledBus(this.chip);
  readonly driver = new E1000(this.clock, this.bus, { rxRing: 64, txRing: 32 });
  readonly host = new FakeHost(this.clock);
  readonly arrived: Uint8Array[] = [];
  readonly peer = this.#segment.attach("peer", {
    wireFrame: (bytes, length) => void this.arrived.push(bytes.slice(0, length)),
    wireLink: () => {},
  });

  async open(): Promise<this> {
    await settle(this.clock, this.host.open(this.driver));
    return this;
  }

  /** A frame each way; whether both got through, `ms` later. */
  passes(ms = 1): boolean {
    const [out, back] = [this.arrived.length, this.host.received];
    this.host.send(frameOf(60));
    const frame = frameOf(60, 0, this.driver.address);
    this.peer.transmit(frame, 0, frame.length);
    this.clock.advanceSync(ms);
    return this.arrived.length > out && this.host.received > back;
  }
}

const { CTRL, IMC, RCTL, TCTL, RDBAL, RDLEN, RDH, RDT, TDBAL, TDLEN, RAL } = Offset;

/** Each a way to lose a set-up, and the first register that shows it. */
const LOSSES: readonly [what: string, shows: string, writes: readonly [register: number, value: number][]][] = [
  ["reset", "CTRL", [[CTRL, RESET]]],
  ["receiver off", "RCTL", [[RCTL, 0]]],
  ["loopback on", "RCTL", [[RCTL, 0x0400_80c2]]],
  ["transmitter off", "TCTL", [[TCTL, 0]]],
  ["interrupts masked", "IMS", [[IMC, NO_ANSWER]]],
  ["receive ring elsewhere", "RDBAL", [[RDBAL, 0x0018_0000]]],
  ["receive ring gone", "RDLEN", [[RDLEN, 0]]],
  ["few descriptors to receive", "RDT", [[RDT, 5]]],
  ["the receive head moved", "RDH", [[RDH, 5]]],
  ["transmit ring elsewhere", "TDBAL", [[TDBAL, 0x0018_0000]]],
  ["transmit ring gone", "TDLEN", [[TDLEN, 0]]],
  ["link not set up", "CTRL", [[CTRL, 0]]],
  ["another station address", "RAL0", [[RAL, 0x1234_5678]]],
  ["the address not valid", "RAH0", [[RAL + 4, 0]]],
];

t.test("each way to lose a set-up is found, mended within two seconds and told; no frame is lost for it", async (t) => {
  for (const [what, shows, writes] of LOSSES) {
    const bench = await new ModelBench().open();
    const { clock, bus, host, driver } = bench;
    t.ok(bench.passes(), what);
    for (const [register, value] of writes) bus.meddle(register, value);
    const sent = bench.arrived.length;
    const cookies = [1, 2, 3].map((number) => host.send(frameOf(60, number)));
    clock.advanceSync(shows === "RDH" ? 2100 : 1100);
    t.match(host.repairs, [new RegExp(`^${shows} is `)], what);
    t.same([driver.health.repairs, host.errors.length], [1, 0], what);
    t.equal(bench.arrived.length - sent, what === "loopback on" ? 0 : 3, `${what}: what was kept goes out by itself`);
    t.ok(bench.passes(), `${what}: frames pass both ways`);
    const told = cookies.filter((cookie) => host.settlements[cookie] === DropReason.NONE).length;
    t.equal(told, 3, `${what}: all three were sent in the end`);
    // Frames that went round within the chip count as sent: nobody can tell otherwise.
    t.equal(bench.arrived.length - sent, what === "loopback on" ? 1 : 4, `${what}: and no more than that`);
    t.equal(host.carriers.at(-1), true, what);
    await host.close();
    t.equal(host.pool.inUse, 0, `${what}: every buffer came back`);
  }
});

t.test("a group that fell out of its filter, exact or hashed, is found within as many looks as there are words", async (t) => {
  for (const lost of [RAL + 8, RAL + 12, Offset.MTA + 4 * 8]) {
    const bench = await new ModelBench().open();
    const groups = Array.from({ length: 17 }, (_, at) => Uint8Array.of(1, 0, 0x5e, 0, 0x12, at));
    bench.driver.setReceiveMode({ promiscuous: false, allMulticast: false, groups });
    bench.bus.meddle(lost, 0);
    for (let second = 0; second < 40 && bench.driver.health.repairs === 0; second++) await bench.clock.advance(1000);
    t.equal(bench.driver.health.repairs, 1, `${lost.toString(16)}: ${bench.host.repairs}`);
    const before = bench.host.received;
    for (const group of groups) bench.peer.transmit(frameOf(60, 0, group), 0, 60);
    bench.clock.advanceSync(10);
    t.equal(bench.host.received - before, 17);
    await bench.driver.close();
  }
});

t.test("a chip that is well is never repaired: an hour with a frame a second, and one without", async (t) => {
  const bench = await new ModelBench().open();
  for (let second = 0; second < 600; second++) if (!bench.passes(1000)) t.fail(`second ${second}`);
  bench.clock.advanceSync(600_000);
  t.match(bench.driver.health, { repairs: 0, suspicions: 0 });
  t.ok(bench.clock.now() - (bench.driver.health.provenAt as number) <= 1000, "the last proof of life is a second old");
  await bench.host.close();
});

t.test("a chip that does not keep its set-up has failed, and says so once", async (t) => {
  const bench = await new ModelBench().open();
  const { bus, host } = bench;
  bus.damage = (offset, value) => (offset === RCTL ? value & ~2 : value);
  bench.clock.advanceSync(10_000);
  t.match(host.errors, [{ code: "E1000_BROKEN", message: /cannot be repaired: RCTL is 0x04008000 instead of 0x04008002/ }]);
  t.equal(host.errors.length, 1);
  t.equal(host.carriers.at(-1), false);
  bus.damage = null;
  await bench.open();
  t.ok(bench.passes());
  await bench.host.close();
});

t.test("one reading in fifty damaged: the device lives, its link too, and its counters stay true", async (t) => {
  const bench = await new ModelBench().open();
  const { bus, host, driver } = bench;
  bus.damage = oneIn(50, new SeededRandom("one in fifty"));
  const frames = 20_000;
  for (let number = 0; number < frames; number++) {
    bench.host.send(frameOf(60, number));
    bench.clock.advanceSync(number % 4 === 0 ? 37 : 0);
  }
  bench.clock.advanceSync(5000);
  bus.damage = null;
  t.ok(bus.damaged > 100, `${bus.damaged} readings were damaged`);
  t.same(host.errors, [], "and none ended the device");
  t.same(host.carriers, [true], "nor was the link said to be gone");
  t.equal(driver.health.repairs, 0, "nor was the chip repaired for nothing");
  t.ok(driver.health.suspicions > 50, `${driver.health.suspicions} were found out`);
  t.ok(bench.passes());
  const counters = new Map(driver.driverStatistics());
  t.ok((counters.get("tx_packets") as number) <= frames + 1, `${counters.get("tx_packets")} frames counted by the chip`);
  t.ok((counters.get("tx_bytes") as number) < 1e12, `${counters.get("tx_bytes")} bytes`);
  t.equal(driver.statistics.txPackets, frames + 1);
  t.equal(bench.arrived.length, frames + 1);
  await host.close();
});

t.test("nothing read is true for a while: told at most once, and everything comes back when it is opened again", async (t) => {
  const bench = await new ModelBench().open();
  const { bus, host, clock } = bench;
  bus.damage = nothingTrue(new SeededRandom("lies"));
  const cookies = Array.from({ length: 50 }, (_, number) => {
    clock.advanceSync(100);
    return host.send(frameOf(60, number));
  });
  t.equal(host.errors.length, 1);
  t.ok(
    cookies.every((cookie) => host.settlements[cookie] !== undefined),
    "every sender is told",
  );
  bus.damage = null;
  await host.close();
  await bench.open();
  t.ok(bench.passes());
  await host.close();
  t.equal(host.pool.inUse, 0);
});

/** Marks what is in the transmit ring as done, as memory does that is damaged. */
function markDone(bench: Bench): void {
  const { chip } = bench;
  const start = (chip.get(TDBAL) - chip.dma.base) / 4;
  for (let at = 0; at < chip.get(TDLEN) / 16; at++) chip.dma.words[start + 4 * at + 3] = 1;
}

/** Sends a frame every 10 ms to a chip that sends none and looks as if it did; returns how many were said to be sent. */
function deceive(t: Test, bench: Bench, frames: number): number {
  const cookies: number[] = [];
  for (let number = 0; number < frames; number++) {
    cookies.push(bench.host.send(frameOf(60, number)));
    bench.clock.advanceSync(5);
    if (bench.chip.holdsTransmit) markDone(bench);
    bench.clock.advanceSync(5);
  }
  bench.clock.advanceSync(1500);
  const told = cookies.filter((cookie) => bench.host.settlements[cookie] === DropReason.NONE).length;
  t.comment(`${told} of ${frames} were said to be sent`);
  return told;
}

t.test("frames that are marked as sent and were not: taken back, and not believed any more", async (t) => {
  const bench = new Bench();
  await bench.open();
  const { chip, driver, host } = bench;
  for (let number = 0; number < 20; number++) host.send(frameOf(60, number));
  bench.run(3000);
  chip.holdsTransmit = true;
  const told = deceive(t, bench, 250);
  t.ok(told <= 110, `${told} before it was found out, a second later, and none from then on`);
  t.match(host.repairs[0], /^\d+ frames were marked as sent that the chip has not counted$/);
  chip.holdsTransmit = false;
  bench.run(5000);
  const { txPackets, txErrors, txBytes } = driver.statistics;
  t.equal(txPackets, chip.frames.length, "what is said to be sent is what went out");
  t.equal(txBytes, 60 * txPackets);
  t.ok(txErrors > 0 && driver.health.repairs > 0);
  const after = Array.from({ length: 5 }, (_, number) => host.send(frameOf(60, number)));
  bench.run(100);
  t.ok(
    after.every((cookie) => host.settlements[cookie] === DropReason.NONE),
    "and it goes on",
  );
  await host.close();
  t.equal(host.pool.inUse, 0);
});

t.test("a count that was once misread as one too low is found out once, and no frame is taken back for it", async (t) => {
  const bench = new Bench();
  await bench.open();
  const read = bench.chip.read32.bind(bench.chip);
  let misread = false;
  bench.chip.read32 = (offset) => {
    const value = read(offset);
    if (misread || offset !== Offset.GPTC || value === 0) return value;
    misread = true;
    return value - 1;
  };
  for (let number = 0; number < 20; number++) bench.host.send(frameOf(60, number));
  bench.run(5000);
  t.ok(misread);
  t.match(bench.driver.statistics, { txPackets: 20, txErrors: 0 });
  t.match(bench.driver.health, { repairs: 0, suspicions: 1 });
  await bench.host.close();
});

t.test("a count that was once misread as too high hides no frame that is marked as sent and was not", async (t) => {
  for (const register of [0x4090, 0x4080]) {
    for (const more of [1, 1 << 10, 1 << 16, 1 << 20]) {
      const bench = new Bench();
      await bench.open();
      for (let number = 0; number < 20; number++) bench.host.send(frameOf(60, number));
      bench.run(3000);
      const read = bench.chip.read32.bind(bench.chip);
      let misread = false;
      bench.chip.read32 = (offset) => {
        if (misread || offset !== register) return read(offset);
        misread = true;
        return read(offset) + more;
      };
      bench.run(3000);
      bench.chip.holdsTransmit = true;
      t.ok(misread && deceive(t, bench, 250) <= 110, `${more} more`);
      await bench.host.close();
    }
  }
});

t.test("a chip that never sends again has failed, however often its descriptors say otherwise", async (t) => {
  const bench = new Bench();
  await bench.open();
  bench.chip.holdsTransmit = true;
  deceive(t, bench, 1500);
  t.match(bench.host.errors, [{ code: "E1000_BROKEN" }]);
  t.equal(bench.host.errors.length, 1);
  t.equal(bench.host.carriers.at(-1), false);
  await bench.host.close();
});

t.test("counts that no wire can bring are not added, and a chip that counts less than it did is asked twice", async (t) => {
  const bench = new Bench();
  await bench.open();
  const { chip, driver, host } = bench;
  host.send(frameOf(60));
  bench.run(10);
  for (const counter of [Offset.GPRC, Offset.GORC, Offset.GORC + 4, Offset.MPC, Offset.GPTC]) chip.set(counter, NO_ANSWER);
  t.match(driver.statistics, { rxOverErrors: 0, txPackets: 1 });
  const counters = new Map(driver.driverStatistics());
  t.same([counters.get("rx_packets"), counters.get("rx_bytes"), counters.get("tx_packets")], [0, 0, 0]);
  t.equal(driver.health.suspicions, 4);
  bench.run(3000);
  t.match([driver.health.repairs, driver.statistics.txPackets], [0, 1], "one of two witnesses is not enough");
  await host.close();
});

t.test("an interrupt whose causes are misread is none the less one", async (t) => {
  for (const reading of [0, NO_ANSWER]) {
    const bench = await new ModelBench().open();
    bench.bus.damage = (offset, value) => (offset === Offset.ICR ? reading : value);
    t.ok(bench.passes(), `causes 0x${reading.toString(16)}`);
    t.same(bench.host.errors, []);
    await bench.host.close();
  }
});

t.test("four all-ones readings in a row are no end, when the fifth is the chip's own", async (t) => {
  const bench = await new ModelBench().open();
  let left = 4;
  // The causes of an interrupt, and STATUS, which is asked then.
  bench.bus.damage = (offset, value) => ((offset === Offset.ICR || offset === Offset.STATUS) && left-- > 0 ? NO_ANSWER : value);
  t.ok(bench.passes());
  bench.clock.advanceSync(3000);
  t.same([bench.host.errors, bench.host.carriers], [[], [true]]);
  await bench.host.close();
});
