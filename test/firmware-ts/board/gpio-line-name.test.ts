/** The ways to say which GPIO line a chip's interrupt is on, as they stand in a rig file and are shown again. */
import t from "tap";
import { describeRig } from "../../../firmware-ts/board/rig-describe.ts";
import { parseRig } from "../../../firmware-ts/board/rig-file.ts";

const text = (line: string): string =>
  `devices:\n  eth0:\n    driver: enc28j60\n    bus: { kind: spidev, path: /dev/spidev0.0, interrupt: ${line} }\n    addresses: [10.0.0.5/24]\n`;

t.test("chip and line, each by number or by name", async (t) => {
  for (const [said, chip, line, shown] of [
    ["gpiochip0:25", "/dev/gpiochip0", 25, "/dev/gpiochip0 line 25"],
    ["/dev/gpiochip4:025", "/dev/gpiochip4", 25, "/dev/gpiochip4 line 25"],
    ["gpiochip0:GPIO25", "/dev/gpiochip0", "GPIO25", "/dev/gpiochip0 line GPIO25"],
    ["pinctrl-rp1:25", "pinctrl-rp1", 25, "pinctrl-rp1 line 25"],
    ["pinctrl-rp1:GPIO25", "pinctrl-rp1", "GPIO25", "pinctrl-rp1 line GPIO25"],
    ['"INT34C6:00:7"', "INT34C6:00", 7, "INT34C6:00 line 7"],
    ["GPIO25", undefined, "GPIO25", "line GPIO25"],
    ['"P9_15 [gpio1_16]"', undefined, "P9_15 [gpio1_16]", "line P9_15 [gpio1_16]"],
  ] as const) {
    const rig = parseRig(text(said), "rig.yaml");
    const { bus } = rig.devices[0]!;
    t.same(bus.kind === "spidev" && bus["interrupt"], { ...(chip !== undefined && { chip }), line }, said);
    t.match(
      describeRig(rig).find((row) => row.startsWith("device")),
      `interrupt on ${shown}`,
    );
  }
});

t.test("what is no line is refused", async (t) => {
  const right = /4:59: devices\.eth0\.bus\.interrupt: .*not a GPIO line; say gpiochip0:25, .* pinctrl-rp1:25, .* GPIO25$/m;
  const lines = ["25", "gpiochip0", '"gpiochip0:"', ":25", "/dev/spidev0.0:25", '"gpiochip0: GPIO25"', '"a\\tb"', "x".repeat(32)];
  for (const line of lines) t.throws(() => parseRig(text(line), "rig.yaml"), { message: right }, line);
});
