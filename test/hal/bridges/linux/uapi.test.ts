/**
 * Requests and structures of spidev and of the GPIO character device, and numbers of capabilities, held against headers that nobody here
 * wrote: those of the kernel, as Debian's linux-libc-dev has them. uapi.c is a device that reads what it is handed by them, over the same
 * way as the kernel is reached: through koffi, at real addresses.
 */
import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import koffi from "koffi";
import t from "tap";
import { GpioChipRequest, GpiochipInfo, GpioV2LineInfo } from "../../../../hal/bridges/linux/gpio-chip.ts";
import { EVENT_BYTES, GpioLineRequest, GpioV2LineFlag, GpioV2LineRequest } from "../../../../hal/bridges/linux/gpio-line.ts";
import { type Libc, loadLibc } from "../../../../hal/bridges/linux/libc.ts";
import { Capability } from "../../../../hal/bridges/linux/privileges.ts";
import { MOST_TRANSFERS, SpidevRequest, SpiIocTransfer, spiIocMessage } from "../../../../hal/bridges/linux/spidev-message.ts";
import { SpidevBus } from "../../../../hal/bridges/spidev.ts";
import { SpiBatch } from "../../../../hal/spi.ts";
import { scratch } from "../../../support/own.ts";

const SOURCE = fileURLToPath(new URL("./uapi.c", import.meta.url));
const HEADERS = ["linux/spi/spidev.h", "linux/gpio.h", "linux/capability.h"].map((name) => `/usr/include/${name}`);
const COMPILE = 30_000;

/** Expressions of the headers, and what our code has for them. */
const VALUES: readonly (readonly [expression: string, ours: number])[] = [
  ["SPI_IOC_WR_MODE", SpidevRequest.WR_MODE],
  ["SPI_IOC_WR_BITS_PER_WORD", SpidevRequest.WR_BITS_PER_WORD],
  ["SPI_IOC_WR_MAX_SPEED_HZ", SpidevRequest.WR_MAX_SPEED_HZ],
  ["SPI_IOC_MESSAGE(1)", spiIocMessage(1)],
  ["SPI_IOC_MESSAGE(8)", spiIocMessage(8)],
  ["SPI_IOC_MESSAGE(511)", spiIocMessage(MOST_TRANSFERS)],
  // One more does not fit into the number, which then says none.
  ["SPI_MSGSIZE(512)", 0],
  ["sizeof(struct spi_ioc_transfer)", SpiIocTransfer.BYTES],
  ["offsetof(struct spi_ioc_transfer, tx_buf)", SpiIocTransfer.TX_BUF],
  ["offsetof(struct spi_ioc_transfer, rx_buf)", SpiIocTransfer.RX_BUF],
  ["offsetof(struct spi_ioc_transfer, len)", SpiIocTransfer.LEN],
  ["offsetof(struct spi_ioc_transfer, cs_change)", SpiIocTransfer.CS_CHANGE],
  ["GPIO_GET_CHIPINFO_IOCTL", GpioChipRequest.GET_CHIPINFO],
  ["GPIO_V2_GET_LINEINFO_IOCTL", GpioChipRequest.V2_GET_LINEINFO],
  ["GPIO_V2_GET_LINE_IOCTL", GpioLineRequest.V2_GET_LINE],
  ["GPIO_V2_LINE_GET_VALUES_IOCTL", GpioLineRequest.V2_LINE_GET_VALUES],
  ["sizeof(struct gpiochip_info)", GpiochipInfo.BYTES],
  ["offsetof(struct gpiochip_info, name)", GpiochipInfo.NAME],
  ["offsetof(struct gpiochip_info, label)", GpiochipInfo.LABEL],
  ["offsetof(struct gpiochip_info, lines)", GpiochipInfo.LINES],
  ["sizeof(struct gpio_v2_line_info)", GpioV2LineInfo.BYTES],
  ["offsetof(struct gpio_v2_line_info, name)", GpioV2LineInfo.NAME],
  ["offsetof(struct gpio_v2_line_info, offset)", GpioV2LineInfo.OFFSET],
  ["sizeof(struct gpio_v2_line_request)", GpioV2LineRequest.BYTES],
  ["offsetof(struct gpio_v2_line_request, offsets)", GpioV2LineRequest.OFFSETS],
  ["offsetof(struct gpio_v2_line_request, consumer)", GpioV2LineRequest.CONSUMER],
  ["offsetof(struct gpio_v2_line_request, config.flags)", GpioV2LineRequest.FLAGS],
  ["offsetof(struct gpio_v2_line_request, num_lines)", GpioV2LineRequest.NUM_LINES],
  ["offsetof(struct gpio_v2_line_request, fd)", GpioV2LineRequest.FD],
  ["GPIO_V2_LINE_FLAG_ACTIVE_LOW", GpioV2LineFlag.ACTIVE_LOW],
  ["GPIO_V2_LINE_FLAG_INPUT", GpioV2LineFlag.INPUT],
  ["GPIO_V2_LINE_FLAG_EDGE_RISING", GpioV2LineFlag.EDGE_RISING],
  ["GPIO_V2_LINE_FLAG_BIAS_PULL_UP", GpioV2LineFlag.BIAS_PULL_UP],
  ["sizeof(struct gpio_v2_line_event)", EVENT_BYTES],
  ...Object.entries(Capability),
];

/** Names the things that are missing on this machine to build it; false when none is. */
function missing(): string | false {
  if (process.platform !== "linux") return "not Linux";
  if (spawnSync("gcc", ["--version"]).error) return "gcc";
  const header = HEADERS.find((path) => !existsSync(path));
  return header === undefined ? false : `linux-libc-dev (${header})`;
}

function build(directory: string) {
  writeFileSync(join(directory, "uapi-values.inc"), VALUES.map(([expression]) => `${expression},\n`).join(""));
  const library = join(directory, "uapi.so");
  const flags = ["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", `-I${directory}`, "-o", library, SOURCE];
  const { status, stderr } = spawnSync("gcc", flags, { timeout: COMPILE, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  const device = koffi.load(library);
  return {
    value: device.func("uapi_value", "double", ["int"]) as (at: number) => number,
    setting: device.func("uapi_setting", "uint32_t", ["int"]) as (at: number) => number,
    sent: device.func("uapi_sent", "uint32_t", ["void *"]) as (out: Uint8Array) => number,
    line: device.func("uapi_line", "uint32_t", []) as () => number,
    consumer: device.func("uapi_consumer", "const char *", []) as () => string,
    ioctl: device.func("uapi_ioctl", "int", ["int", "unsigned long", "void *"]) as Libc["ioctl"],
  };
}

t.test("against the kernel's headers", { skip: missing() }, async (t) => {
  const { value, setting, sent, line, consumer, ioctl } = build(scratch("uapi"));
  for (const [at, [expression, ours]] of VALUES.entries()) t.equal(ours, value(at), expression);

  const libc: Libc = {
    ...(await loadLibc("spidev")),
    open: (path) => (path.startsWith("/dev/spidev") ? 1 : 2),
    ioctl,
    close: () => 0,
    watch: () => ({ want: () => {}, close: () => {} }),
  };
  const bus = new SpidevBus(
    { path: "/dev/spidev0.0", spiHz: 12_345_678, interruptGpio: { chip: "uapi-chip", line: "INT" } },
    {
      realPath: async (path) => path,
      bufferSize: async () => 4096,
      loadLibc: async () => libc,
      gpioChips: async () => ["/dev/gpiochip5"],
    },
  );
  await bus.open();
  t.same([setting(0), setting(1), setting(2)], [0, 8, 12_345_678]);
  t.same([line(), consumer(), bus.interrupt?.asserted], [3, "whohas interrupt", true]);

  const batch = new SpiBatch();
  const first = batch.command(0x11, 0x12, 3);
  batch.command(0x22, 0x33);
  const memory = Uint8Array.of(0, 7, 8, 9, 0, 0);
  batch.add(memory, 1, 3, memory, 4, 2);
  t.ok(bus.transfer(batch));
  t.equal(batch.error, null);
  const log = new Uint8Array(1 << 16);
  t.same([...log.subarray(0, sent(log))], [5, 0x11, 0x12, 0, 0, 0, 2, 0x22, 0x33, 5, 7, 8, 9, 0, 0]);
  t.same(
    [0, 1, 2].map((at) => batch.answer(first, at)),
    [2, 3, 4],
  );
  t.same([...memory], [0, 7, 8, 9, 10, 11]);
  await bus.close();
});
