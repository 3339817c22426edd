/** A TAP device that is made for the stack; the kernel is at its other end. */
import type { DeviceKind } from "./kind.ts";

export const tap: DeviceKind = {
  driver: "tap",
  meaning: "a TAP device made for the stack; the kernel is at its other end (root)",
  makesInterface: true,
  attach: {
    interface: async () => {
      const { TapController } = await import("../../../drivers/tap/tap.ts");
      return (clock, iface, address) => new TapController(clock, { interface: iface, ...(address && { address }) });
    },
  },
};
