/**
 * A chip behind a Bus Pirate v3.
 *
 *     bus: { kind: bus-pirate, port: /dev/ttyUSB0, baud: 115200, spiHz: 8MHz }    SPEC enc28j60:bus-pirate:/dev/ttyUSB0
 */
import * as v from "valibot";
import { parseDevicePath } from "../rig/names.ts";
import { RIG_DEFAULTS } from "../rig/rig.ts";
import { formatRate } from "../rig/units.ts";
import type { BusKind, SourceOf } from "./kind.ts";
import { baudKey, type SpiBusConfig, spiBusKind, spiHzKey } from "./spi.ts";

export interface BusPirateBus extends SpiBusConfig {
  readonly kind: "bus-pirate";
  /** Serial port. */
  readonly port: string;
  readonly baud: number;
}

const keys = { baud: v.exactOptional(baudKey), spiHz: v.exactOptional(spiHzKey) };

export const busPirate: BusKind<BusPirateBus> = spiBusKind<BusPirateBus>({
  kind: "bus-pirate",
  path: { key: "port", example: "/dev/ttyUSB0", parse: (text) => parseDevicePath(text, "bus-pirate") },
  meaning: "the chip behind a Bus Pirate v3",
  keys,
  fromFile: (source: SourceOf<typeof keys> & { readonly port: string }) => ({
    kind: "bus-pirate",
    port: source.port,
    baud: source.baud ?? RIG_DEFAULTS.baud,
    spiHz: source.spiHz ?? RIG_DEFAULTS.spiHz,
  }),
  resource: ({ port }) => port,
  describe: ({ port, baud, spiHz }) => `behind a Bus Pirate on ${port}, ${baud} baud, SPI ${formatRate(spiHz)}`,
  load: async ({ port, baud, spiHz }) => {
    const { BusPirateBus } = await import("../../../hal/bridges/bus-pirate/bus-pirate.ts");
    const { SerialPortStream } = await import("../../../hal/bridges/serial-port.ts");
    return (clock) => new BusPirateBus(clock, new SerialPortStream(clock, { path: port, baud }), { spiHz, baud });
  },
});
