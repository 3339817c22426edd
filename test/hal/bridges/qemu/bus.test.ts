/** QEMU's e1000 behind qtest: start and failures, registers, memory, interrupt, frames, its end. */
import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { QemuBus } from "../../../../hal/bridges/qemu/bus.ts";
import type { ControllerError } from "../../../../hal/ethernet.ts";
import { NO_ANSWER } from "../../../../hal/mmio.ts";
import { missingPrograms } from "../../../support/netns.ts";
import { realTime } from "../../../support/real-time.ts";
import { ADDRESS, Bench, CTRL, clock, frame, ICR, ICS, IMC, IMS, LSC, lives, RXT0, STATUS, skip, TDT, until } from "./bench.ts";

const STRANGER = Uint8Array.of(0x02, 0, 0, 0, 0, 0x09);

/** A program that stands in for QEMU. */
function script(t: Test, text: string): string {
  const path = join(t.testdir(), "not-qemu");
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

function descriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

t.test("options that make no sense are refused when they are given", async (t) => {
  const wire = { kind: "user" } as const;
  t.throws(() => new QemuBus(clock, { wire, memory: 1_000_000 }), { code: "QEMU_OPTIONS", message: /1000000/ });
  t.throws(() => new QemuBus(clock, { wire, address: Uint8Array.of(1, 0, 0, 0, 0, 1) }), { code: "QEMU_OPTIONS" });
  t.throws(() => new QemuBus(clock, { wire: { kind: "tap", interface: "a,script=/tmp/x" } }), { code: "QEMU_OPTIONS" });
});

t.test("a program that is missing is named, with what to install", async (t) => {
  const bus = new QemuBus(clock, { wire: { kind: "user" }, program: "qemu-system-none" });
  await t.rejects(bus.open(), { code: "QEMU_MISSING", message: /qemu-system-none is not installed .*apt install qemu-system-x86/ });
  t.equal(bus.read32(STATUS), NO_ANSWER);
});

realTime(t, "a start that fails says why", { skip: missingPrograms("setpriv") }, async (t) => {
  const wire = { kind: "user" } as const;
  await t.test("QEMU ends", async (t) => {
    const bus = new QemuBus(clock, { wire, program: script(t, "echo first >&2; echo no such machine >&2; exit 3") });
    const before = descriptors();
    await t.rejects(bus.open(), { code: "QEMU_START", message: /does not start: exit status 3: no such machine$/ });
    await t.rejects(bus.open(), { code: "QEMU_START" }, "and may be tried again");
    t.equal(descriptors(), before + 2, "only the memory and the firmware are kept");
  });
  await t.test("QEMU says nothing", async (t) => {
    const pidFile = join(t.testdir(), "pid");
    const program = script(t, `echo $$ > ${pidFile}; exec sleep 60`);
    const bus = new QemuBus(clock, { wire, program, startTimeout: 300 });
    await t.rejects(bus.open(), { code: "QEMU_START", message: /said nothing within 300 ms/ });
    t.notOk(lives(Number(readFileSync(pidFile, "utf8"))), "it was stopped");
  });
  await t.test("closed meanwhile", async (t) => {
    const bus = new QemuBus(clock, { wire, program: script(t, "exec sleep 60") });
    const opening = bus.open();
    const early = t.rejects(opening, { code: "QEMU_OPEN" });
    await bus.close();
    await early;
    const late = bus.open();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const rejected = t.rejects(late, { code: "QEMU_OPEN", message: /closed while/ });
    await bus.close();
    await rejected;
  });
});

realTime(t, "registers, EEPROM and shared memory of a real model", { skip }, async (t) => {
  const bench = new Bench(t);
  const { bus } = bench;
  await bus.open();
  await t.rejects(bus.open(), { code: "QEMU_OPEN" });
  t.equal(bus.read32(STATUS), 0x8008_0783);
  t.equal(bus.read32(CTRL), 0x0014_0240);
  t.same([bench.eeprom(0), bench.eeprom(1), bench.eeprom(2)], [0x0002, 0x0000, 0x5100], "the address it was given");
  t.equal(bus.dma.base, 0x0010_0000);
  t.equal(bus.dma.bytes.length, 31 << 20);
  // Far more writes than may wait for their answers.
  for (let value = 0; value < 1000; value++) bus.write32(TDT, value);
  t.equal(bus.read32(TDT), 999, "writes arrive in order, before the read");
  await bus.close();
  t.equal(bus.read32(STATUS), NO_ANSWER, "nobody answers after close()");
  bus.write32(TDT, 1);
});

realTime(t, "the interrupt line", { skip }, async (t) => {
  const bench = new Bench(t);
  const { bus } = bench;
  await bus.open();
  bus.read32(ICR);
  let told = 0;
  bus.interrupt.onAssert = () => told++;
  bus.write32(ICS, RXT0);
  bus.read32(STATUS);
  t.equal(told, 0, "masked");
  bus.write32(IMS, RXT0 | LSC);
  bus.read32(STATUS);
  t.ok(bus.interrupt.asserted);
  t.equal(told, 1);
  bus.write32(IMC, RXT0);
  bus.read32(STATUS);
  t.notOk(bus.interrupt.asserted, "masking releases it");
  bus.write32(IMC, 0xffff_ffff);
  bus.write32(IMS, RXT0 | LSC);
  bus.write32(IMC, 0xffff_ffff);
  bus.read32(STATUS);
  t.equal(told, 1, "raised and released before anybody looked: nothing to serve");
  bus.write32(IMS, RXT0 | LSC);
  // QEMU keeps 128 us between two interrupts (8254x manual 13.4.18, ITR), which may be longer than these few accesses took.
  await until(() => told === 2, "the interrupt that was held back");
  t.equal(bus.read32(ICR), RXT0 | 0);
  t.notOk(bus.interrupt.asserted);
  // The handler may use the registers.
  let seen = 0;
  bus.interrupt.onAssert = () => {
    seen |= bus.read32(ICR);
  };
  bus.write32(ICS, RXT0);
  t.equal(bus.read32(STATUS), 0x8008_0783, "a read that brings an interrupt gives its own value");
  t.equal(seen, RXT0);

  bench.far.port.plugged = false;
  await until(() => (seen & LSC) !== 0, "an interrupt while nothing is asked");
  t.equal(bus.read32(STATUS) & 2, 0, "no link");
  seen = 0;
  bench.far.port.plugged = true;
  await until(() => (seen & LSC) !== 0, "the link's return");
  t.equal(bus.read32(STATUS) & 2, 2);
});

realTime(t, "frames go both ways, byte for byte", { skip }, async (t) => {
  const bench = new Bench(t);
  await bench.bus.open();
  bench.start();
  const sizes = [60, 61, 127, 128, 511, 1000, 1513, 1514];
  for (const size of sizes) bench.send(frame(STRANGER, size));
  await until(() => bench.far.frames.length === sizes.length, "frames from QEMU");
  t.strictSame(
    bench.far.frames,
    sizes.map((size) => frame(STRANGER, size)),
  );
  bench.send(frame(ADDRESS, 20));
  await until(() => bench.far.frames.length === sizes.length + 1, "a short frame");
  t.strictSame(bench.far.frames.at(-1)?.length, 60, "padded on the wire");
  t.ok(
    bench.far.frames
      .at(-1)
      ?.subarray(20)
      .every((byte) => byte === 0),
    "with zeros",
  );

  // Never more than the ring holds: of those that have to wait, QEMU's model loses all but as many as the next buffers take.
  const count = 40;
  let given = 0;
  const got: Uint8Array[] = [];
  await until(() => {
    for (let bytes = bench.receive(); bytes; bytes = bench.receive()) got.push(bytes);
    for (; given < count && given - got.length < 7; given++) {
      const bytes = frame(ADDRESS, 60 + given * 36, given);
      bench.far.port.transmit(bytes, 0, bytes.length);
    }
    return got.length === count;
  }, "frames to QEMU");
  t.strictSame(
    got,
    Array.from({ length: count }, (_, number) => frame(ADDRESS, 60 + number * 36, number)),
  );
  t.match(bench.wire.counters, { sent: sizes.length + 1, received: count, overruns: 0, unheard: 0 });
  t.ok(bench.wire.settled);
});

realTime(t, "killed: told with the reason, and brought up again with the same memory", { skip }, async (t) => {
  const bench = new Bench(t);
  const { bus } = bench;
  const before = descriptors();
  await bus.open();
  const { dma } = bus;
  const running = descriptors();
  for (const alone of [true, false]) {
    bench.start();
    const failed = new Promise<ControllerError>((resolve) => {
      bus.onFailed = resolve;
    });
    const pid = bus.pid as number;
    process.kill(pid, "SIGKILL");
    // Found by the event loop, or by whoever asks first.
    if (!alone) while (bus.read32(STATUS) !== NO_ANSWER);
    const error = await failed;
    t.equal(error.code, "QEMU_DIED");
    t.match(error.message, /QEMU ended \(killed by SIGKILL\)/);
    t.equal(bus.read32(STATUS), NO_ANSWER);
    t.notOk(bus.interrupt.asserted);
    bus.write32(TDT, 1);
    bench.far.port.transmit(frame(ADDRESS, 60), 0, 60);
    await until(() => bench.wire.counters.unheard === 1, "the frame that nobody hears");
    bench.wire.counters.unheard = 0;
    await bus.open();
    t.equal(bus.dma, dma);
    t.equal(descriptors(), running);
    bench.start();
    bench.far.frames.length = 0;
    bench.send(frame(ADDRESS, 100));
    await until(() => bench.far.frames.length === 1, "a frame from the new QEMU");
    t.strictSame(bench.far.frames, [frame(ADDRESS, 100)]);
  }
  bus.onFailed = () => t.fail("close() is no failure");
  const { pid } = bus;
  await bus.close();
  t.notOk(lives(pid));
  t.ok(descriptors() <= before + 3, `${descriptors()} descriptors after, ${before} before: memory, firmware, and what koffi keeps`);
});

realTime(t, "stopped: a read is not waited for longer than its time", { skip }, async (t) => {
  const bench = new Bench(t, { answerTimeout: 200 });
  const { bus } = bench;
  await bus.open();
  const failed = new Promise<ControllerError>((resolve) => {
    bus.onFailed = resolve;
  });
  const pid = bus.pid as number;
  process.kill(pid, "SIGSTOP");
  const started = clock.now();
  for (let value = 0; value < 10; value++) bus.write32(TDT, value);
  t.equal(bus.read32(STATUS), NO_ANSWER);
  t.equal(bus.read32(STATUS), NO_ANSWER);
  const took = clock.now() - started;
  t.ok(took >= 200 && took < 1000, `${took} ms`);
  const error = await failed;
  t.match(error, { code: "QEMU_STALLED", message: /no answer from QEMU within 200 ms/ });
  t.notOk(lives(pid));
  await bus.open();
  t.equal(bus.read32(STATUS), 0x8008_0783);
});

realTime(t, "up and down many times", { skip }, async (t) => {
  const bench = new Bench(t);
  await bench.bus.open();
  await bench.bus.close();
  const before = descriptors();
  const pids: (number | undefined)[] = [];
  for (let round = 0; round < 8; round++) {
    await bench.bus.open();
    pids.push(bench.bus.pid);
    await bench.bus.close();
  }
  t.equal(descriptors(), before);
  t.same(pids.filter(lives), []);
});
