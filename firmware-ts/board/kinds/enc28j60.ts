/** Microchip's ENC28J60 behind SPI, or its model. */
import type { DeviceKind } from "./kind.ts";

export const enc28j60: DeviceKind = {
  driver: "enc28j60",
  pins: true,
  revisions: true,
  attach: {
    model: async () => {
      const { Enc28j60 } = await import("../../../drivers/enc28j60/enc28j60.ts");
      const { WatchedSpiBus } = await import("../../../hal/kit/watched-spi-bus.ts");
      const { SimulatedSpiBus } = await import("../../../hal/simulated/spi-bus.ts");
      const { enc28j60Chip } = await import("./chip-model.ts");
      return ({ clock, name, address, pins, onSpi }, segment, config) => {
        const chip = enc28j60Chip(clock, segment, name, config);
        const bus = new SimulatedSpiBus(chip, clock);
        const watched = onSpi ? new WatchedSpiBus(bus, onSpi) : bus;
        return new Enc28j60(watched, clock, { address, interrupt: chip.interrupt, ...(pins && { pins }) });
      };
    },
    spi: async () => {
      const { Enc28j60 } = await import("../../../drivers/enc28j60/enc28j60.ts");
      return ({ clock, address, pins }, bus) => new Enc28j60(bus, clock, { address, ...(pins && { pins }) });
    },
  },
  note: (bus) =>
    typeof bus["spiHz"] === "number" && bus["spiHz"] < 8_000_000
      ? "below 8 MHz an ENC28J60 of revision B1 or B4 is unreliable (erratum 1)"
      : null,
};
