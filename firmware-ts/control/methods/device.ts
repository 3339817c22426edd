/** A device as `link.*` and `address.*` show it, and the devices that they select. */
import * as v from "valibot";
import type { NetDevice } from "../../net/device.ts";
import { formatMac } from "../../net/ethernet.ts";
import { FLAG, maybe, TEXT } from "./forms.ts";
import type { MethodContext } from "./method.ts";

/** Parts that `ip link` and `ip address` have in common. */
export const DEVICE = {
  ifindex: v.number(),
  ifname: v.string(),
  flags: v.array(v.string()),
  mtu: v.number(),
  qdisc: v.string(),
  operstate: v.string(),
  linkmode: v.exactOptional(v.string()),
  group: v.string(),
  txqlen: v.exactOptional(v.pipe(v.number(), v.description("frames that may wait; none for 0"))),
  link_type: v.string(),
  address: v.string(),
  broadcast: v.string(),
};

const VIEW = v.object(DEVICE);

export type DeviceView = v.InferOutput<typeof VIEW>;

/** Parameters that select devices. */
export const DEVICES = { dev: maybe(TEXT, "one device"), up: maybe(FLAG, "devices that are up") };

/** @throws ControlError NO_DEVICE */
export function devicesOf(
  context: MethodContext,
  { dev, up }: { dev?: string | undefined; up?: boolean | undefined },
): readonly NetDevice[] {
  const shown = dev === undefined ? context.stack.devices : [context.device(dev)];
  return up ? shown.filter((device) => device.up) : shown;
}

const NO_MAC = "00:00:00:00:00:00";

function flagsOf(device: NetDevice): string[] {
  const flags: [on: boolean, word: string][] = [
    [device.up && !device.hasCarrier, "NO-CARRIER"],
    [device.loopback, "LOOPBACK"],
    [!device.loopback && !device.pointToPoint, "BROADCAST"],
    [device.pointToPoint, "POINTOPOINT"],
    [!device.loopback && device.multicast, "MULTICAST"],
    [device.noArp, "NOARP"],
    [device.allMulticast, "ALLMULTI"],
    [device.promiscuous, "PROMISC"],
    [device.up, "UP"],
    [device.hasCarrier, "LOWER_UP"],
  ];
  return flags.flatMap(([on, word]) => (on ? [word] : []));
}

export function deviceView(device: NetDevice, linkmode: { linkmode?: string } = {}): DeviceView {
  const { loopback } = device;
  return {
    ifindex: device.ifindex,
    ifname: device.name,
    flags: flagsOf(device),
    mtu: device.mtu,
    qdisc: loopback ? "noqueue" : "pfifo",
    operstate: device.hasCarrier ? (loopback ? "UNKNOWN" : "UP") : "DOWN",
    ...linkmode,
    group: "default",
    ...(device.txQueueLength === 0 ? {} : { txqlen: device.txQueueLength | 0 }),
    link_type: loopback ? "loopback" : "ether",
    address: formatMac(device.address),
    broadcast: loopback ? NO_MAC : formatMac(device.broadcast),
  };
}
