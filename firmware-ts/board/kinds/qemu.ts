/**
 * A chip that QEMU emulates. Its wire is a segment of ours and ends at a Linux interface, so that it is captured like every other.
 *
 *     bus: { kind: qemu, wire: eth1 }                      SPEC e1000:qemu@eth1
 */
import { parseInterfaceName } from "../rig/names.ts";
import { type BusConfig, RIG_DEFAULTS } from "../rig/rig.ts";
import { INTERFACE_NEEDS, ifaceKey, loadDriver, onHardware } from "./hardware.ts";
import type { BusKind, SourceOf } from "./kind.ts";
import { loadWire, stationAddress } from "./part.ts";

export interface QemuBus extends BusConfig {
  readonly kind: "qemu";
  readonly iface: string;
}

const keys = { wire: ifaceKey };

export const qemu: BusKind<QemuBus> = {
  kind: "qemu",
  attachment: "mmio",
  keys,
  examples: { wire: "eth1" },
  claims: "wire",
  mayBeMissing: true,
  forms: ["qemu@IFACE"],
  meanings: ["QEMU's chip; its wire is a Linux interface (needs qemu-system-x86_64)"],
  fromFile: (source: SourceOf<typeof keys>) => ({ kind: "qemu", iface: source.wire }),
  fromSpec: ({ mark, path, wrong }) => {
    if (mark !== "@") throw wrong("qemu without @ and the interface of its wire");
    if (path === "") throw wrong("no interface behind @");
    return { kind: "qemu", iface: parseInterfaceName(path) };
  },
  toSpec: ({ iface }) => `qemu@${iface}`,
  needs: () => INTERFACE_NEEDS,
  resource: ({ iface }) => iface,
  describe: ({ iface }) => `in QEMU, its wire is ${iface}`,
  realTime: (_bus, device) => onHardware(device),
  load: async (bus, device) => {
    const [driver, wire] = await Promise.all([loadDriver(device, "mmio", "qemu"), loadWire()]);
    const { QemuBus } = await import("../../../hal/bridges/qemu/bus.ts");
    const { QemuWire } = await import("../../../hal/bridges/qemu/wire.ts");
    const { EthernetSegment } = await import("../../../hal/simulated/segment.ts");
    return (config, shop) => {
      const { clock, random, pins = null } = shop;
      const { name } = config;
      const segment = new EthernetSegment(clock, random.fork(`segment/${name}`), RIG_DEFAULTS.segment);
      const address = stationAddress(config, shop);
      const chip = new QemuBus(clock, { wire: new QemuWire(segment, name), address });
      const controller = driver({ clock, name, address, pins }, chip);
      return { controller, segment, wantsGateway: false, fallback: null, wire: wire(shop, segment, bus.iface, address) };
    };
  },
};
