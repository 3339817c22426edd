/** Opening and closing: what the chip is told, what is given back, and what a person reads when something is wrong with the chip. */
import t from "tap";
import { E1000 } from "../../../drivers/e1000/e1000.ts";
import { DropReason } from "../../../hal/drop-reason.ts";
import { ControllerError } from "../../../hal/ethernet.ts";
import { frameOf } from "../../support/enc28j60-bench.ts";
import { Bench } from "./bench.ts";
import { MAC, Offset } from "./fake-chip.ts";

t.test("after opening the chip is as the manual wants it", async (t) => {
  const { chip, driver, host, ...bench } = new Bench();
  const opened = host.open(driver);
  t.same(host.carriers, [], "nothing is told before it is up");
  await bench.clock.advance(50);
  await opened;
  t.same(driver.address, MAC, "the EEPROM's address");
  t.same([chip.get(Offset.RAL), chip.get(Offset.RAL + 4)], [0x1200_5452, 0x8000_5634]);
  t.equal(chip.get(Offset.CTRL) & 0xd800_18e8, 0x60, "SLU and ASDE; nothing forced, no flow control, no VLAN");
  t.equal(chip.get(Offset.RCTL), 0x0400_8002, "EN, BAM, SECRC, buffers of 2048, no long, no damaged frames");
  t.equal(chip.get(Offset.TCTL), 0x4_00fa, "EN, PSP, CT 15, COLD for full duplex");
  t.equal(chip.get(Offset.RXCSUM), 0x300);
  t.equal(chip.get(Offset.ITR), 195, "20,000 interrupts a second");
  t.same([chip.get(Offset.RDLEN), chip.get(Offset.TDLEN)], [4096, 4096]);
  t.same([chip.get(Offset.RDBAL) % 16, chip.get(Offset.TDBAL) % 16], [0, 0]);
  t.equal(chip.free, 255, "all but one are the chip's");
  t.equal(chip.mask, 0xdc, "RXT0, RXO, RXDMT0, RXSEQ, LSC");
  t.same(host.carriers, [true]);
  t.equal(driver.description, "82540EM on fake");
  t.ok(driver.simulated);

  const order = chip.writes.map(([offset]) => offset);
  t.ok(order.indexOf(Offset.IMC) < order.indexOf(Offset.CTRL), "masked before the reset");
  t.ok(order.lastIndexOf(Offset.RDLEN) < order.lastIndexOf(Offset.RCTL), "rings before the receiver");
  t.ok(order.lastIndexOf(Offset.RCTL) < order.lastIndexOf(Offset.RDT), "descriptors are given to a receiver that is on");
  t.equal(chip.written(Offset.RCTL).length, 2, "off before, on after");

  await driver.close();
  t.equal(chip.get(Offset.RCTL) & 2, 0, "deaf");
  t.equal(chip.get(Offset.TCTL) & 2, 0, "dumb");
  t.equal(chip.mask, 0);
  t.equal(chip.opened, 0);
  t.equal(driver.buffers?.inUse, 0);
  t.equal(bench.driverClock.armed, 0);
});

t.test("whatever a loader left in CTRL: what is forced, pauses and tags are off, and nothing else is touched", async (t) => {
  for (const bit of [0x08, 0x80, 0x0800, 0x1000, 0x0800_0000, 0x1000_0000, 0x4000_0000, 0x8000_0000]) {
    const bench = new Bench();
    bench.chip.set(Offset.CTRL, bit | 0x0201);
    await bench.open();
    t.equal(bench.chip.get(Offset.CTRL), 0x0261, `0x${bit.toString(16)}`);
    bench.chip.set(Offset.CTRL, 0x0261 | bit);
    await bench.clock.advance(1000);
    t.match(bench.host.repairs, [/^CTRL /], "and one that shows later is a set-up that was lost");
    await bench.driver.close();
  }
});

t.test("options", async (t) => {
  await t.test("rings and rate reach the chip, an address of one's own goes before the EEPROM's", async (t) => {
    const mac = Uint8Array.of(2, 0, 0, 0, 0, 9);
    const bench = new Bench({ rxRing: 8, txRing: 4096, interruptRate: 0, mac, memory: 16 << 20 });
    bench.chip.words.fill(0);
    await bench.open();
    t.same([bench.chip.get(Offset.RDLEN), bench.chip.get(Offset.TDLEN)], [128, 65536]);
    t.equal(bench.chip.free, 7);
    t.equal(bench.chip.get(Offset.ITR), 0);
    t.same(bench.driver.address, mac, "though the EEPROM is blank");
    await bench.driver.close();
  });
  for (const rxRing of [0, 7, 12, 4104, 8.5, Number.NaN]) {
    t.throws(() => new Bench({ rxRing }), { code: "E1000_RING", message: /rxRing cannot be .*8 to 4096.*multiple of 8/ });
  }
  t.throws(() => new Bench({ txRing: 4 }), { code: "E1000_RING" });
  t.throws(() => new Bench({ interruptRate: 5 }), { code: "E1000_INTERRUPT_RATE", message: /60 to 500000.*or 0/ });
  for (const mac of [Uint8Array.of(1, 2, 3, 4, 5, 6), new Uint8Array(5)])
    t.throws(() => new Bench({ mac }), { code: "E1000_ADDRESS" });
});

t.test("what can be wrong with a chip is said in one line, and nothing is left open", async (t) => {
  const cases: [name: string, breaks: (bench: Bench) => void, code: string, message: RegExp][] = [
    ["no chip", ({ chip }) => (chip.mute = true), "E1000_NOT_FOUND", /no 82540EM answers on fake.*0xffffffff/],
    ["bad checksum", ({ chip }) => (chip.words[5] = 7), "E1000_EEPROM", /sum up to 0xbac1 instead of 0xbaba.*mac=/],
    ["group address", badAddress, "E1000_EEPROM", /station address is 01:00:00:00:00:00/],
    ["EEPROM that hangs", ({ chip }) => (chip.eepromBusy = true), "E1000_EEPROM", /reading word 0 does not end/],
    ["reset that hangs", ({ chip }) => (chip.resetStuck = true), "E1000_RESET", /does not come out of reset.*after 10 ms/],
  ];
  for (const [name, breaks, code, message] of cases) {
    const bench = new Bench();
    breaks(bench);
    const opened = bench.host.open(bench.driver).then(
      () => null,
      (error: unknown) => error,
    );
    await bench.clock.advance(100);
    const error = (await opened) as ControllerError;
    t.ok(error instanceof ControllerError, name);
    t.equal(error.code, code, name);
    t.match(error.message, message);
    t.notMatch(error.message, "\n");
    t.equal(bench.chip.opened, 0, `${name}: the bus was closed`);
    t.equal(bench.driverClock.armed, 0);
    t.same(bench.host.carriers, []);
  }
  const bench = new Bench({ rxRing: 256, memory: 1 << 20 });
  const opened = bench.host.open(bench.driver);
  await t.rejects(opened, { code: "DMA_NO_MEMORY" });
  t.equal(bench.chip.opened, 0);
});

function badAddress({ chip }: Bench): void {
  chip.words.fill(0);
  chip.words[0] = 1;
  chip.words[63] = 0xbaba - 1;
}

t.test("a poll that comes when the driver is closed ends at once, with nothing done", async (t) => {
  const bench = new Bench();
  await bench.open();
  await bench.driver.close();
  const completed: number[] = [];
  bench.host.complete = (work) => {
    completed.push(work);
    return true;
  };
  t.same([bench.driver.poll(64), bench.driver.poll(0), completed], [0, 0, [0]], "a budget of 0 has nothing to complete");
});

t.test("a PHY that sleeps is woken, one that negotiates is left alone", async (t) => {
  for (const [before, after] of [
    [0x1140, 0x1140],
    [0x1940, 0x1200],
    [0x0140, 0x1200],
  ] as const) {
    const bench = new Bench();
    bench.chip.phyControl = before;
    await bench.open();
    t.equal(bench.chip.phyControl, after);
    await bench.driver.close();
  }
});

t.test("opening twice is refused, closing while opening ends it", async (t) => {
  const bench = new Bench();
  const opened = bench.host.open(bench.driver);
  await t.rejects(bench.host.open(bench.driver), { code: "E1000_OPEN" });
  const refused = t.rejects(opened, { code: "E1000_OPEN", message: /closed while it was being opened/ });
  const closed = bench.driver.close();
  await bench.clock.advance(50);
  await Promise.all([refused, closed]);
  t.equal(bench.chip.opened, 0);
  await bench.open();
  await t.rejects(bench.host.open(bench.driver), { code: "E1000_OPEN", message: /open already/ });
  t.same(bench.host.carriers, [true]);
  await bench.driver.close();
  await bench.driver.close();
});

t.test("opened and closed a thousand times under traffic, nothing is left behind and every frame is accounted for", async (t) => {
  const bench = new Bench({ rxRing: 16, txRing: 16, memory: 1 << 20 });
  const { chip, driver, host } = bench;
  let delivered = 0;
  let sends = 0;
  for (let round = 0; round < 1000; round++) {
    await bench.open();
    chip.holdsTransmit = round % 3 === 0;
    for (let number = 0; number < 3; number++) {
      if (chip.receive(frameOf(60 + number))) delivered++;
      host.send(frameOf(100 + number));
      sends++;
    }
    // Closed before the poll, after it, or in the middle of what follows.
    bench.run(0);
    if (round % 2 === 0) bench.run(1);
    if (chip.receive(frameOf(60))) delivered++;
    await driver.close();
    if (driver.buffers?.inUse !== 0 || host.pool.inUse !== 0 || bench.driverClock.armed !== 0 || chip.opened !== 0)
      throw new Error(`something was left in round ${round}`);
  }
  const purged = host.drops.get(DropReason.QUEUE_PURGE);
  const unsent = host.settlements.filter((reason) => reason === DropReason.QUEUE_PURGE).length;
  t.equal(host.settlements.filter((reason) => reason !== undefined).length, sends, "the fate of every frame was told");
  t.equal(host.received + (purged - unsent), delivered, "what came in and was not handed up was counted");
  t.ok(unsent > 900 && purged - unsent >= 1000, "both happened");
  t.same(host.breaches, []);
  chip.writes.length = 0;
  bench.run(10_000);
  t.same(chip.writes, [], "silence once closed");
});

t.test("a frame that comes when there is no device finds none", async (t) => {
  const bench = new Bench();
  const fates: DropReason[] = [];
  // Not by the host's send(), which has no driver before the first open().
  const send = (): void => {
    const skb = bench.host.packet(frameOf(60));
    skb.owner = { settled: (_, reason) => fates.push(reason) };
    t.ok(bench.driver.transmit(skb), "taken");
  };
  send();
  await bench.open();
  await bench.driver.close();
  send();
  t.same(fates, [DropReason.DEV_READY, DropReason.DEV_READY]);
  t.equal(bench.driver.poll(64), 0, "a poll that was due is harmless");
});

t.test("a driver is known by its type alone", async (t) => {
  t.equal(new E1000(new Bench().clock, new Bench().chip).driver, "e1000");
});
