/** A line found by its name or its chip's label, as gpioinfo shows them. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { formatGpioLine, type GpioLineAddress, gpioChips } from "../../../../hal/bridges/linux/gpio-chip.ts";
import { GpioLine } from "../../../../hal/bridges/linux/gpio-line.ts";
import { FakeGpio } from "../../../support/fake-gpio.ts";
import { scratch } from "../../../support/own.ts";

/** A Raspberry Pi 5: the header, a chip whose lines have no names, and the old name of the header as a link. */
function raspberryPi5(): FakeGpio {
  const gpio = new FakeGpio();
  const header = {
    name: "gpiochip0",
    label: "pinctrl-rp1",
    lines: Array.from({ length: 54 }, (_, at) => (at < 28 ? `GPIO${at}` : "-")),
  };
  gpio.chips.splice(
    0,
    1,
    { path: "/dev/gpiochip0", ...header },
    { path: "/dev/gpiochip4", ...header },
    { path: "/dev/gpiochip10", name: "gpiochip10", label: "INT34C6:00", lines: ["", "", "P9_15 [gpio1_16], and what is cut"] },
  );
  return gpio;
}

t.test("the chips of a machine, in the order of their numbers", async (t) => {
  const folder = scratch("gpio-chips");
  for (const name of ["gpiochip10", "gpiochip2", "gpiochip", "gpiochip1x", "mem"]) writeFileSync(join(folder, name), "");
  t.same(await gpioChips(folder), [`${folder}/gpiochip2`, `${folder}/gpiochip10`]);
});

t.test("found by name, by label and number, by both", async (t) => {
  const rows: [GpioLineAddress, chip: string, line: number][] = [
    [{ line: "GPIO25" }, "/dev/gpiochip0", 25],
    [{ line: "GPIO2" }, "/dev/gpiochip0", 2],
    [{ chip: "pinctrl-rp1", line: 25 }, "/dev/gpiochip0", 25],
    [{ chip: "pinctrl-rp1", line: "GPIO0" }, "/dev/gpiochip0", 0],
    [{ chip: "/dev/gpiochip4", line: "GPIO27" }, "/dev/gpiochip4", 27],
    [{ chip: "/dev/gpiochip4", line: 27 }, "/dev/gpiochip4", 27],
    [{ chip: "INT34C6:00", line: 1 }, "/dev/gpiochip10", 1],
    [{ line: "P9_15 [gpio1_16], and what is c" }, "/dev/gpiochip10", 2],
  ];
  for (const [address, chip, line] of rows) {
    const gpio = raspberryPi5();
    const interrupt = new GpioLine(address, gpio);
    await interrupt.open();
    t.match(gpio.request, { chip, line }, formatGpioLine(address));
    t.equal(gpio.openFds.size, 1, "no chip is held");
    interrupt.close();
  }
});

t.test("not found, or not for certain: one line that says what to do", async (t) => {
  const refused = async (address: GpioLineAddress, expected: { code: string; message: RegExp }, gpio = raspberryPi5()) => {
    await t.rejects(new GpioLine(address, gpio).open(), expected);
    t.equal(gpio.openFds.size, 0, "nothing stays open");
  };
  await refused(
    { line: "GPIO28" },
    { code: "GPIO_LINE_MISSING", message: /^line GPIO28: no line has this name; list them with: gpioinfo$/ },
  );
  const label = /^pinctrl-bcm2711 line 25: no GPIO chip has the label pinctrl-bcm2711; list them with: gpiodetect$/;
  await refused({ chip: "pinctrl-bcm2711", line: 25 }, { code: "GPIO_LINE_MISSING", message: label });
  await refused(
    { chip: "pinctrl-rp1", line: 54 },
    { code: "GPIO_LINE_MISSING", message: /^\/dev\/gpiochip0: line 54 is not one of its/ },
  );
  await refused(
    { chip: "/dev/gpiochip0", line: "INT" },
    { code: "GPIO_LINE_MISSING", message: /^\/dev\/gpiochip0 line INT: no line / },
  );
  await refused({ chip: "/dev/gpiochip7", line: "INT" }, { code: "GPIO_LINE_MISSING", message: /no such GPIO chip/ });
  const several =
    /^line -: there are 26, among them \/dev\/gpiochip0 line 28 and \/dev\/gpiochip0 line 29; say the device and number/;
  await refused({ line: "-" }, { code: "GPIO_LINE_AMBIGUOUS", message: several });
  const twins = raspberryPi5();
  twins.chips.push({ path: "/dev/gpiochip11", name: "gpiochip11", label: "pinctrl-rp1", lines: [""] });
  await refused({ chip: "pinctrl-rp1", line: 0 }, { code: "GPIO_LINE_AMBIGUOUS", message: /there are 2/ }, twins);
  const none = new FakeGpio();
  none.chips.length = 0;
  await refused({ line: "GPIO25" }, { code: "GPIO_LINE_MISSING", message: /has no GPIO chips/ }, none);
  const old = raspberryPi5();
  old.oldKernel = true;
  await refused({ line: "GPIO25" }, { code: "GPIO_LINE_FAILED", message: /older than 5\.10/ }, old);
});

t.test("a chip that may not be opened matters only where the line is not on another", async (t) => {
  const gpio = raspberryPi5();
  for (const chip of gpio.chips.slice(2)) chip.fails = "EACCES";
  await new GpioLine({ line: "GPIO25" }, gpio).open();
  t.match(gpio.request, { line: 25 });
  await t.rejects(new GpioLine({ line: "P9_15" }, gpio).open(), { code: "GPIO_LINE_PERMISSION", message: /gpiochip10: .*usermod/ });
});
