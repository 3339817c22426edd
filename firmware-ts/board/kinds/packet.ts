/** A network interface of this machine by AF_PACKET: the stack has it to itself. */
import type { DeviceKind } from "./kind.ts";

export const packet: DeviceKind = {
  driver: "packet",
  meaning: "AF_PACKET on a Linux interface, which the stack has to itself (root)",
  attach: {
    interface: async () => {
      const { PacketController } = await import("../../../drivers/packet/packet.ts");
      return (clock, iface, address) => new PacketController(clock, { interface: iface, ...(address && { address }) });
    },
  },
};
