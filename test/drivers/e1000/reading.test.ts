/** Reading a chip that is misread, busy or gone: how often is looked, and what is believed. */
import t from "tap";
import { wakePhy } from "../../../drivers/e1000/phy.ts";
import { silent, steady } from "../../../drivers/e1000/reading.ts";
import { Mdic, Register } from "../../../drivers/e1000/registers.ts";
import { waitFor } from "../../../drivers/e1000/sleep.ts";
import { VirtualClock } from "../../../hal/clock.ts";
import { ControllerHealth } from "../../../hal/ethernet.ts";
import { NO_ANSWER } from "../../../hal/mmio.ts";
import { settle } from "../../support/waiting.ts";
import { FakeChip } from "./fake-chip.ts";

/** Every read gives the next of these, the last one again and again. */
class Scripted extends FakeChip {
  readonly #values: number[];

  constructor(...values: number[]) {
    super(4096);
    this.#values = values;
  }

  override read32(): number {
    this.reads++;
    return (this.#values.length > 1 ? this.#values.shift() : this.#values[0]) ?? NO_ANSWER;
  }
}

t.test("a value is believed when two readings in a row agree; eight readings, and the last one counts", async (t) => {
  const rows: [values: number[], value: number, reads: number, suspicions: number][] = [
    [[7], 7, 2, 0],
    [[7, 8, 8, 9], 8, 3, 1],
    [[7, 8, 7, 7, 9], 7, 4, 2],
    [[1, 2, 3, 4, 5, 6, 7, 8, 9], 8, 8, 7],
  ];
  for (const [values, value, reads, suspicions] of rows) {
    const [bus, health] = [new Scripted(...values), new ControllerHealth()];
    t.equal(steady(bus, Register.STATUS, health), value, `${values}`);
    t.same([bus.reads, health.suspicions], [reads, suspicions]);
  }
});

t.test("nobody is there after four readings of ones alone", async (t) => {
  for (const [ones, gone] of [
    [0, false],
    [3, false],
    [4, true],
  ] as const) {
    const bus = new Scripted(...new Array<number>(ones).fill(NO_ANSWER), 0x83);
    t.equal(silent(bus), gone, `${ones} of them`);
    t.equal(bus.reads, Math.min(ones + 1, 4));
  }
});

t.test("what is waited for must show twice in a row; 16 looks, then a ms for the chip, five times", async (t) => {
  const clock = new VirtualClock();
  const ended = (value: number): boolean => value >= 10;
  const once = new Scripted(1, 12, 2, 13, 13, 14);
  t.equal(await settle(clock, waitFor(once, clock, Register.MDIC, ended)), 13);
  t.equal(once.reads, 5);
  const never = new Scripted(1);
  const began = clock.now();
  t.equal(await settle(clock, waitFor(never, clock, Register.MDIC, ended)), null);
  t.same([never.reads, clock.now() - began], [6 * 16, 5]);
  const late = new Scripted(...new Array<number>(50).fill(1), 10);
  t.equal(await settle(clock, waitFor(late, clock, Register.MDIC, ended)), 10, "in the fourth millisecond");
});

t.test("the PHY is waited for while it is busy; an error or no end is said", async (t) => {
  const clock = new VirtualClock();
  const busy = new Scripted(0, 0, 0, Mdic.READY | 0x0141, Mdic.READY | 0x0141, 0, 0, Mdic.READY | 0x1140);
  await settle(clock, wakePhy(busy, clock));
  t.same(busy.written(Register.MDIC), [0x0822_0000, 0x0820_0000], "its identifier and its control register are read");
  t.equal(busy.reads, 9);
  await t.rejects(settle(clock, wakePhy(new Scripted(Mdic.ERROR), clock)), { code: "E1000_PHY", message: /with an error/ });
  await t.rejects(settle(clock, wakePhy(new Scripted(0), clock)), { code: "E1000_PHY", message: /does not end/ });
  for (const id of [0, 0xffff]) {
    await t.rejects(settle(clock, wakePhy(new Scripted(Mdic.READY | id), clock)), { code: "E1000_PHY", message: /identifier/ });
  }
});
