/** A transmitter that hangs, a link that flaps, a bus that breaks: every frame is accounted for, and the device comes back. */
import t from "tap";
import { DropReason } from "../../../hal/drop-reason.ts";
import { ControllerError } from "../../../hal/ethernet.ts";
import { firstDifference, frameOf } from "../../support/enc28j60-bench.ts";
import { Bench } from "./bench.ts";
import { Offset } from "./fake-chip.ts";

t.test("a transmitter that hangs is found and the chip reset; its frames are dropped, those that waited go out", async (t) => {
  const bench = new Bench({ txRing: 16 });
  await bench.open();
  const { chip, driver, host } = bench;
  chip.holdsTransmit = true;
  const frames = Array.from({ length: 20 }, (_, number) => frameOf(60, number));
  for (const frame of frames) host.send(frame);
  t.equal(host.queued, 6);
  bench.run(100);
  chip.receive(frameOf(60));
  chip.set(Offset.IMS, 0);
  bench.run(1850);
  t.equal(host.settlements.length, 0, "not before it has had two seconds");
  chip.holdsTransmit = false;
  bench.run(4100);
  t.same(new Set(host.settlements.slice(0, 14)), new Set([DropReason.TX_ABORTED]));
  t.equal(host.drops.get(DropReason.TX_ABORTED), 14);
  t.equal(firstDifference(chip.frames, frames.slice(14)), -1, "the queue went on after the reset");
  t.equal(new Map(driver.driverStatistics()).get("tx_timeout_count"), 1);
  t.match(driver.statistics, { txErrors: 14, txAbortedErrors: 14, txPackets: 6 });
  t.same(host.carriers, [true], "the link was there all the time");
  t.equal(host.pool.inUse, 0);
  chip.receive(frameOf(99));
  bench.run();
  t.same(host.frames.at(-1), frameOf(99), "receives again");
  t.same(host.breaches, []);
  await driver.close();
});

t.test("an interrupt that got lost is no hang", async (t) => {
  const bench = new Bench();
  await bench.open();
  const { chip, driver, host } = bench;
  chip.holdsTransmit = true;
  host.send(frameOf(60));
  bench.run(10);
  chip.step();
  bench.run(0);
  chip.receive(frameOf(60));
  host.send(frameOf(60));
  bench.run(0);
  chip.set(Offset.ICR, 0);
  const interrupt = chip.interrupt.onAssert;
  chip.interrupt.onAssert = null;
  chip.step();
  chip.receive(frameOf(60));
  bench.run(4100);
  chip.interrupt.onAssert = interrupt;
  t.same(host.settlements, [DropReason.NONE, DropReason.NONE]);
  t.equal(host.received, 2);
  t.equal(new Map(driver.driverStatistics()).get("tx_timeout_count"), 0);
  await driver.close();
});

t.test("a slow transmitter is no hang", async (t) => {
  const bench = new Bench();
  await bench.open();
  const { chip, host } = bench;
  chip.holdsTransmit = true;
  for (let number = 0; number < 10; number++) host.send(frameOf(60, number));
  for (let step = 0; step < 10; step++) {
    bench.run(1900);
    chip.step(1);
  }
  bench.run();
  t.same(new Set(host.settlements), new Set([DropReason.NONE]));
  await bench.driver.close();
});

t.test("closed in the middle of a reset", async (t) => {
  const bench = new Bench();
  await bench.open();
  const { chip, driver, host } = bench;
  chip.holdsTransmit = true;
  host.send(frameOf(60));
  bench.run();
  chip.receive(frameOf(60));
  chip.setLink(false);
  // The link task comes before the poll's second turn; the reset waits for its timer.
  bench.run(5);
  const during = host.send(frameOf(60));
  await driver.close();
  t.equal(host.settlements[0], DropReason.TX_CARRIER);
  t.equal(host.settlements[during], DropReason.TX_CARRIER);
  t.equal(bench.driverClock.armed, 0);
  t.equal(host.pool.inUse, 0);
  t.equal(driver.buffers?.inUse, 0);
  bench.run(100);
  t.equal(chip.get(Offset.RCTL), 0, "no late restart");
  chip.linkUp = true;
  chip.holdsTransmit = false;
  await bench.open();
  const after = host.send(frameOf(60));
  bench.run();
  t.equal(host.settlements[after], DropReason.NONE);
  await driver.close();
});

t.test("a link that flaps: told once each, whether or not an interrupt says so", async (t) => {
  const bench = new Bench();
  await bench.open();
  const { chip, host } = bench;
  chip.setLink(true);
  bench.run();
  t.same(host.carriers, [true]);
  chip.setLink(false);
  chip.setLink(true);
  bench.run();
  t.same(host.carriers, [true], "gone and back within a turn");
  chip.linkUp = false;
  bench.run(2100);
  t.same(host.carriers, [true, false], "found by the watchdog");
  chip.setLink(true);
  bench.run();
  t.same(host.carriers, [true, false, true]);
  await bench.driver.close();
  chip.linkUp = false;
  await bench.open();
  t.same(host.carriers, [true, false, true, false], "opened without a link");
  await bench.driver.close();
});

const CRASH = new ControllerError("QEMU_DIED", "qemu died");

t.test("a bus that breaks: said once, carrier down, everything accounted for, and open() works again", async (t) => {
  for (const closes of [true, false]) {
    const bench = new Bench();
    await bench.open();
    const { chip, driver, host } = bench;
    chip.holdsTransmit = true;
    for (let number = 0; number < 4; number++) host.send(frameOf(60, number));
    bench.run(0);
    chip.step(1);
    chip.receive(frameOf(60));
    chip.receive(frameOf(61));
    chip.mute = true;
    chip.onFailed?.(CRASH);
    chip.onFailed?.(CRASH);
    t.same(host.errors, [], "in the middle of whatever touched the bus nothing happens yet");
    bench.run();
    t.same(host.errors, [CRASH]);
    t.same(host.carriers, [true, false]);
    const { NONE, TX_ABORTED, DEV_READY } = DropReason;
    t.same(host.settlements, [NONE, TX_ABORTED, TX_ABORTED, TX_ABORTED], "what was sent, was sent");
    t.equal(host.received + host.drops.get(DropReason.QUEUE_PURGE), 2);
    t.equal(driver.buffers?.inUse, 0);
    t.equal(bench.driverClock.armed, 0);
    t.equal(host.settlements[host.send(frameOf(60))], DEV_READY);
    bench.run(10_000);
    t.equal(host.errors.length, 1);
    if (closes) await driver.close();
    chip.mute = false;
    chip.holdsTransmit = false;
    await bench.open();
    t.equal(chip.opened, 1);
    const after = host.send(frameOf(60));
    chip.receive(frameOf(60));
    bench.run();
    t.equal(host.settlements[after], NONE);
    t.same(host.frames.at(-1), frameOf(60));
    t.same(host.breaches, []);
    await driver.close();
  }
});

t.test("a device that falls silent without a word from its bus is found by the watchdog", async (t) => {
  const bench = new Bench();
  await bench.open();
  bench.chip.mute = true;
  bench.run(2100);
  t.match(bench.host.errors, [{ code: "E1000_LOST", message: /stopped answering.*0xffffffff/ }]);
  t.same(bench.host.carriers, [true, false]);
  t.equal(bench.driver.statistics.rxErrors, 0, "ones are no counts");
  await bench.driver.close();
});

t.test("a bus that breaks while the device is opened, or does not open at all", async (t) => {
  const bench = new Bench();
  const opened = bench.host.open(bench.driver);
  const refused = t.rejects(opened, { code: "QEMU_DIED" });
  await bench.clock.advance(5);
  bench.chip.mute = true;
  bench.chip.onFailed?.(CRASH);
  await bench.clock.advance(50);
  await refused;
  t.equal(bench.chip.opened, 0);
  t.same(bench.host.errors, [], "open() has said it");
  bench.chip.mute = false;
  bench.chip.refuses = CRASH;
  await t.rejects(bench.host.open(bench.driver), { code: "QEMU_DIED" });
  bench.chip.refuses = null;
  await bench.open();
  await bench.driver.close();
  t.equal(bench.chip.opened, 0);
});
