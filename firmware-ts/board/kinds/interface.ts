/**
 * A Linux interface itself (packet), or the TAP device to be made (tap).
 *
 *     bus: { kind: interface, name: eth1 }                 SPEC packet:eth1, tap:tap0
 */
import { parseInterfaceName } from "../rig/names.ts";
import type { BusConfig } from "../rig/rig.ts";
import { INTERFACE_NEEDS, ifaceKey, loadDriver, onHardware } from "./hardware.ts";
import type { BusKind, SourceOf } from "./kind.ts";
import { bare } from "./part.ts";

export interface InterfaceBus extends BusConfig {
  readonly kind: "interface";
  readonly iface: string;
}

const keys = { name: ifaceKey };

export const netInterface: BusKind<InterfaceBus> = {
  kind: "interface",
  attachment: "interface",
  keys,
  examples: { name: "eth1" },
  claims: "name",
  mayBeMissing: false,
  wordless: true,
  forms: ["IFACE"],
  meanings: ["a Linux interface (root)"],
  fromFile: (source: SourceOf<typeof keys>) => ({ kind: "interface", iface: source.name }),
  fromSpec: ({ path, wrong }) => {
    if (path === "") throw wrong("no interface");
    return { kind: "interface", iface: parseInterfaceName(path) };
  },
  toSpec: ({ iface }) => iface,
  needs: (_bus, { makesInterface }) => (makesInterface ? ["CAP_NET_ADMIN"] : INTERFACE_NEEDS),
  resource: ({ iface }) => iface,
  describe: ({ iface }, { makesInterface }) => (makesInterface ? `as ${iface}, made for the stack` : `on ${iface}`),
  realTime: (_bus, device) => onHardware(device),
  load: async (bus, device) => {
    const driver = await loadDriver(device, "interface", "interface");
    return ({ mac }, { clock }) => bare(driver(clock, bus.iface, mac));
  },
};
