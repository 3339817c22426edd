/** `link.show`, `address.show`, `route.show`: devices, addresses and routes as `ip -j` has them. */
import { DropReason, dropReasonName } from "../../hal/drop-reason.ts";
import { formatIpv4 } from "../inet/address.ts";
import type { Route } from "../inet/routes.ts";
import type { NetDevice } from "../net/device.ts";
import { formatMac } from "../net/ethernet.ts";
import type { Stack } from "../stack.ts";
import { deviceOf, optionalText } from "./params.ts";
import { ControlError, type Json, type JsonObject, type Method } from "./rpc.ts";

export interface LinkView {
  ifindex: number;
  ifname: string;
  flags: string[];
  mtu: number;
  qdisc: string;
  operstate: string;
  linkmode: string;
  group: string;
  txqlen: number;
  link_type: string;
  address: string;
  broadcast: string;
  /** What `ip` has no word for: the controller, and why frames were dropped. */
  driver: string;
  description: string;
  simulated: boolean;
  error?: string;
  stats64: { rx: Record<string, number>; tx: Record<string, number> };
  drops: Record<string, number>;
  arp: Record<string, number>;
}

export interface AddressView {
  ifindex: number;
  ifname: string;
  flags: string[];
  mtu: number;
  qdisc: string;
  operstate: string;
  group: string;
  txqlen: number;
  link_type: string;
  address: string;
  broadcast: string;
  addr_info: {
    family: string;
    local: string;
    prefixlen: number;
    broadcast?: string;
    scope: string;
    secondary?: boolean;
    label: string;
    valid_life_time: number;
    preferred_life_time: number;
  }[];
}

export interface RouteView {
  dst: string;
  gateway?: string;
  dev: string;
  protocol: string;
  scope?: string;
  prefsrc?: string;
  metric?: number;
  flags: string[];
}

export function inetMethods(stack: Stack): [string, Method][] {
  return [
    ["link.show", (params) => devices(stack, params).map((device) => link(stack, device)) as unknown as Json],
    ["address.show", (params) => devices(stack, params).map((device) => address(stack, device)) as unknown as Json],
    ["route.show", (params) => routes(stack, params) as unknown as Json],
  ];
}

function devices(stack: Stack, params: JsonObject): readonly NetDevice[] {
  const name = optionalText(params, "dev");
  if (name === undefined) return stack.devices;
  const device = stack.network.device(name);
  // Here, and here only, `ip` has other words for it.
  if (!device) throw new ControlError("NO_DEVICE", `Device "${name}" does not exist.`);
  return [device];
}

/** Drops that only a frame on its way out can meet. */
const TX_REASONS: readonly DropReason[] = [
  DropReason.QDISC_DROP,
  DropReason.DEV_READY,
  DropReason.PKT_TOO_BIG,
  DropReason.TX_ABORTED,
  DropReason.TX_CARRIER,
];
/** How `ip` writes "forever". */
const FOREVER = 0xffffffff;

function base(device: NetDevice): Omit<AddressView, "addr_info"> {
  const flags = ["BROADCAST", "MULTICAST"];
  if (device.up && !device.hasCarrier) flags.unshift("NO-CARRIER");
  if (device.up) flags.push("UP");
  if (device.hasCarrier) flags.push("LOWER_UP");
  return {
    ifindex: device.ifindex,
    ifname: device.name,
    flags,
    mtu: device.mtu,
    qdisc: "pfifo",
    operstate: device.hasCarrier ? "UP" : "DOWN",
    group: "default",
    txqlen: device.txQueueLength,
    link_type: "ether",
    address: formatMac(device.address),
    broadcast: formatMac(device.broadcast),
  };
}

/** The device's drops by reason, those that happened. */
export function dropsOf(counters: { readonly counts: Float64Array }): Record<string, number> {
  const drops: Record<string, number> = {};
  counters.counts.forEach((count, reason) => {
    if (count > 0) drops[dropReasonName(reason)] = count;
  });
  return drops;
}

function link(stack: Stack, device: NetDevice): LinkView {
  const s = device.statistics;
  const { controller } = device;
  const txDropped = TX_REASONS.reduce<number>((sum, reason) => sum + device.drops.get(reason), 0);
  return {
    ...base(device),
    linkmode: "DEFAULT",
    driver: controller.driver,
    description: controller.description,
    simulated: controller.simulated,
    ...(device.error ? { error: device.error.message } : {}),
    stats64: {
      rx: {
        bytes: s.rxBytes,
        packets: s.rxPackets,
        errors: s.rxErrors,
        dropped: device.drops.total - txDropped,
        over_errors: s.rxOverErrors,
        multicast: s.rxMulticast,
        length_errors: s.rxLengthErrors,
        crc_errors: s.rxCrcErrors,
      },
      tx: {
        bytes: s.txBytes,
        packets: s.txPackets,
        errors: s.txErrors,
        dropped: txDropped,
        carrier_errors: s.txCarrierErrors,
        collisions: s.collisions,
        aborted_errors: s.txAbortedErrors,
      },
    },
    drops: dropsOf(device.drops),
    arp: { ...stack.arp.counters(device) },
  };
}

function address(stack: Stack, device: NetDevice): AddressView {
  const info = stack.ip.addresses.of(device).map((own) => ({
    family: "inet",
    local: formatIpv4(own.local),
    prefixlen: own.prefixLength,
    ...(own.broadcast ? { broadcast: formatIpv4(own.broadcast) } : {}),
    scope: "global",
    ...(own.secondary ? { secondary: true } : {}),
    label: device.name,
    valid_life_time: FOREVER,
    preferred_life_time: FOREVER,
  }));
  return { ...base(device), addr_info: info };
}

/** By address, the longest prefix first, then the smallest metric: the order of `ip route`. */
function routes(stack: Stack, params: JsonObject): RouteView[] {
  const name = optionalText(params, "dev");
  const device = name === undefined ? undefined : deviceOf(stack, name);
  const shown = stack.ip.routes.list.filter((route) => !device || route.device === device);
  const order = (a: Route, b: Route): number =>
    (a.destination >>> 0) - (b.destination >>> 0) || b.prefixLength - a.prefixLength || a.metric - b.metric;
  return [...shown].sort(order).map(routeView);
}

function routeView(route: Route): RouteView {
  const { prefixLength, gateway, source, metric } = route;
  const dst = prefixLength === 0 ? "default" : formatIpv4(route.destination) + (prefixLength === 32 ? "" : `/${prefixLength}`);
  return {
    dst,
    ...(gateway ? { gateway: formatIpv4(gateway) } : {}),
    dev: route.device.name,
    protocol: route.protocol,
    ...(gateway ? {} : { scope: "link" }),
    ...(source ? { prefsrc: formatIpv4(source) } : {}),
    ...(metric ? { metric } : {}),
    flags: route.device.hasCarrier ? [] : ["linkdown"],
  };
}
