/**
 * A chip on the board's own SPI, through Linux spidev.
 *
 *     bus: { kind: spidev, path: /dev/spidev0.0, spiHz: 10MHz }                   SPEC enc28j60:spidev:/dev/spidev0.0
 *     bus: { kind: spidev, path: /dev/spidev0.0, interrupt: gpiochip0:25 }        also pinctrl-rp1:25 (by label), GPIO25 (by name)
 */
import * as v from "valibot";
import { formatGpioLine, type GpioLineAddress } from "../../../hal/bridges/linux/gpio-chip.ts";
import { parseDevicePath, parseGpioLine } from "../rig/names.ts";
import { RIG_DEFAULTS } from "../rig/rig.ts";
import { leaf } from "../rig/schema.ts";
import { formatRate } from "../rig/units.ts";
import type { BusKind, SourceOf } from "./kind.ts";
import { type SpiBusConfig, spiBusKind, spiHzKey } from "./spi.ts";

export interface SpidevBus extends SpiBusConfig {
  readonly kind: "spidev";
  /** `/dev/spidev0.0`. */
  readonly path: string;
  /** The GPIO line that the chip's INT pin is wired to. */
  readonly interrupt?: GpioLineAddress;
}

const keys = {
  spiHz: v.exactOptional(spiHzKey),
  interrupt: v.exactOptional(leaf("gpiochip0:25", parseGpioLine)),
};

export const spidev: BusKind<SpidevBus> = spiBusKind<SpidevBus>({
  kind: "spidev",
  path: { key: "path", example: "/dev/spidev0.0", parse: (text) => parseDevicePath(text, "spidev") },
  meaning: "the chip on the board's own SPI",
  keys,
  fromFile: (source: SourceOf<typeof keys> & { readonly path: string }) => ({
    kind: "spidev",
    path: source.path,
    spiHz: source.spiHz ?? RIG_DEFAULTS.spiHz,
    ...(source.interrupt && { interrupt: source.interrupt }),
  }),
  resource: ({ path }) => path,
  describe: ({ path, spiHz, interrupt }) =>
    `on ${path}, SPI ${formatRate(spiHz)}${interrupt ? `, interrupt on ${formatGpioLine(interrupt)}` : ""}`,
  load: async ({ path, spiHz, interrupt }) => {
    const { SpidevBus } = await import("../../../hal/bridges/spidev.ts");
    return () => new SpidevBus({ path, spiHz, ...(interrupt && { interruptGpio: interrupt }) });
  },
});
