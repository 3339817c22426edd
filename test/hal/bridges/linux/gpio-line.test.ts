/** A GPIO line of Linux as an interrupt: the request, levels and edges, errors. */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import t from "tap";
import { type GpioMachine, gpioChips } from "../../../../hal/bridges/linux/gpio-chip.ts";
import { GpioLine } from "../../../../hal/bridges/linux/gpio-line.ts";
import { loadLibc } from "../../../../hal/bridges/linux/libc.ts";
import { FakeGpio } from "../../../support/fake-gpio.ts";

const MACHINE: GpioMachine = { loadLibc: () => loadLibc("gpio"), gpioChips };
const ADDRESS = { chip: "/dev/gpiochip0", line: 25 };

t.test("asks for one input, active low, told of when it becomes active, pulled up", async (t) => {
  const gpio = new FakeGpio();
  const line = new GpioLine(ADDRESS, gpio);
  await line.open();
  t.match(gpio.request, { line: 25, lines: 1, consumer: "whohas interrupt", flags: 0x116n });
  t.equal(gpio.openFds.size, 1, "the chip itself is not held");
  line.close();
  t.equal(gpio.openFds.size, 0);
  line.close();
});

t.test("the level is the pin's, at once; the change is told by the event loop", async (t) => {
  const gpio = new FakeGpio();
  const line = new GpioLine(ADDRESS, gpio);
  let told = 0;
  line.onAssert = () => {
    told++;
  };
  t.notOk(line.asserted, "before it is open");
  await line.open();
  t.notOk(line.asserted);
  gpio.level = false;
  t.ok(line.asserted);
  t.equal(told, 0);
  gpio.turn();
  t.equal(told, 1);
  gpio.turn();
  t.equal(told, 1, "a level that stays is told once");
  gpio.level = true;
  t.notOk(line.asserted, "released: seen before any event");
  gpio.turn();
  t.equal(told, 1);
  gpio.level = false;
  gpio.level = true;
  gpio.level = false;
  gpio.turn();
  t.equal(told, 2, "two changes within one turn are one call");
  line.close();
  gpio.level = true;
  gpio.level = false;
  gpio.turn();
  t.equal(told, 2);
  t.notOk(line.asserted);
  await line.open();
  t.ok(line.asserted, "opened again");
  line.close();
});

t.test("errors say what to do", async (t) => {
  const gpio = new FakeGpio();
  const line = new GpioLine(ADDRESS, gpio);
  gpio.failOpen = "ENOENT";
  await t.rejects(line.open(), { code: "GPIO_LINE_MISSING", message: /^\/dev\/gpiochip0: there is no such GPIO chip.*ls/ });
  gpio.failOpen = "EACCES";
  await t.rejects(line.open(), { code: "GPIO_LINE_PERMISSION", message: /usermod -aG gpio/ });
  gpio.failOpen = null;
  gpio.failRequest = "EBUSY";
  await t.rejects(line.open(), { code: "GPIO_LINE_BUSY", message: /line 25 is in use/ });
  gpio.failRequest = "ENOTTY";
  await t.rejects(line.open(), { code: "GPIO_LINE_MISSING", message: /is not a GPIO chip/ });
  gpio.failRequest = null;
  const beyond = new GpioLine({ chip: "/dev/gpiochip0", line: 54 }, gpio);
  await t.rejects(beyond.open(), { code: "GPIO_LINE_MISSING", message: /line 54 is not one of its lines/ });
  t.equal(gpio.openFds.size, 0, "nothing stays open");
});

const linux = process.platform === "linux";

t.test("the machine's own C library", { skip: linux ? false : "not Linux" }, async (t) => {
  const missing = new GpioLine({ chip: "/dev/gpiochip-none", line: 0 }, MACHINE);
  await t.rejects(missing.open(), { code: "GPIO_LINE_MISSING", message: /no such GPIO chip/ });
  const stranger = new GpioLine({ chip: "/dev/null", line: 0 }, MACHINE);
  await t.rejects(stranger.open(), { code: "GPIO_LINE_MISSING", message: /is not a GPIO chip/ });
});

const SIM = "/sys/kernel/config/gpio-sim";
const noSim = existsSync(SIM) && process.getuid?.() === 0 ? false : `needs root and the kernel module gpio-sim (${SIM})`;

t.test("the kernel's gpio-sim", { skip: noSim }, async (t) => {
  const label = `whohas-${process.pid}`;
  const device = `${SIM}/${label}`;
  mkdirSync(device);
  t.teardown(() => {
    writeFileSync(`${device}/live`, "0");
    rmdirSync(`${device}/bank0/line2`);
    rmdirSync(`${device}/bank0`);
    rmdirSync(device);
  });
  mkdirSync(`${device}/bank0`);
  writeFileSync(`${device}/bank0/num_lines`, "4");
  writeFileSync(`${device}/bank0/label`, label);
  mkdirSync(`${device}/bank0/line2`);
  writeFileSync(`${device}/bank0/line2/name`, `${label}-INT`);
  writeFileSync(`${device}/live`, "1");
  const chip = readFileSync(`${device}/bank0/chip_name`, "utf8").trim();
  const name = readFileSync(`${device}/dev_name`, "utf8").trim();
  const pull = (way: "up" | "down"): void => writeFileSync(`/sys/devices/platform/${name}/${chip}/sim_gpio2/pull`, `pull-${way}`);
  const line = new GpioLine({ chip: `/dev/${chip}`, line: 2 }, MACHINE);
  await line.open();
  t.teardown(() => line.close());
  t.notOk(line.asserted);
  const told = new Promise<void>((resolve) => {
    line.onAssert = resolve;
  });
  pull("down");
  t.ok(line.asserted);
  await told;
  pull("up");
  t.notOk(line.asserted);
  const second = new GpioLine({ chip: `/dev/${chip}`, line: 2 }, MACHINE);
  await t.rejects(second.open(), { code: "GPIO_LINE_BUSY" });
  line.close();
  for (const address of [{ line: `${label}-INT` }, { chip: label, line: 2 }, { chip: label, line: `${label}-INT` }]) {
    const named = new GpioLine(address, MACHINE);
    await named.open();
    pull("down");
    t.ok(named.asserted, JSON.stringify(address));
    pull("up");
    named.close();
  }
});
