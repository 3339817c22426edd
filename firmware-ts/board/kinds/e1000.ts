/** Intel's 82540EM, the e1000: QEMU's, or our model. */
import { VirtualClock } from "../../../hal/clock.ts";
import type { DeviceKind } from "./kind.ts";

export const e1000: DeviceKind = {
  driver: "e1000",
  attach: {
    model: async () => {
      const { E1000 } = await import("../../../drivers/e1000/e1000.ts");
      const { E1000Chip } = await import("../../../hal/simulated/e1000/chip.ts");
      return ({ clock, name, address }, segment) => {
        // In real time the line takes no time, as with the ENC28J60: a frame's 0.7 us are less than any timer can tell.
        const lineRate = clock instanceof VirtualClock ? 1_000_000_000 : Number.POSITIVE_INFINITY;
        return new E1000(clock, new E1000Chip(clock, segment, name, { mac: address, lineRate }));
      };
    },
    mmio: async () => {
      const { E1000 } = await import("../../../drivers/e1000/e1000.ts");
      return ({ clock }, bus) => new E1000(clock, bus);
    },
  },
};
