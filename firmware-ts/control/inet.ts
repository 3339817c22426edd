/** `link.*`, `address.*`: devices and their addresses as `ip -j` has them, and what an operator changes about them. */
import { DropReason, dropReasonName } from "../../hal/drop-reason.ts";
import { formatIpv4, prefixMask } from "../ip/address.ts";
import { InetError } from "../ip/inet-error.ts";
import type { AddressOptions, InterfaceAddress } from "../ip4/routing/addresses.ts";
import { Scope } from "../ip4/routing/scope.ts";
import { DeviceError, type NetDevice } from "../net/device.ts";
import { formatMac } from "../net/ethernet.ts";
import type { Stack } from "../stack.ts";
import {
  deviceOf,
  flag,
  hostPrefixOf,
  ipv4Of,
  linkAddressOf,
  optionalFlag,
  optionalInteger,
  optionalText,
  text,
} from "./params.ts";
import { ControlError, type Json, type JsonObject, type Method } from "./rpc/protocol.ts";

/** What `ip` says of a device, whatever it was asked for. */
export interface DeviceView {
  ifindex: number;
  ifname: string;
  flags: string[];
  mtu: number;
  qdisc: string;
  operstate: string;
  linkmode?: string;
  group: string;
  txqlen: number;
  link_type: string;
  address: string;
  broadcast: string;
}

export interface LinkView extends DeviceView {
  /** What `ip` has no word for: the controller, and why frames were dropped. */
  driver: string;
  description: string;
  simulated: boolean;
  ifalias?: string;
  error?: string;
  stats64: { rx: Record<string, number>; tx: Record<string, number> };
  drops: Record<string, number>;
  arp: Record<string, number>;
}

export interface AddressView extends DeviceView {
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
  type: "unicast" | "local" | "broadcast" | "multicast";
  dst: string;
  gateway?: string;
  dev: string;
  table: "main" | "local";
  protocol: string;
  scope: string;
  prefsrc?: string;
  metric?: number;
  flags: string[];
}

export function inetMethods(stack: Stack): [string, Method][] {
  return [
    ["link.show", (params) => devices(stack, params).map((device) => link(stack, device)) as unknown as Json],
    ["link.set", (params) => setLink(stack, params)],
    ["address.show", (params) => devices(stack, params).map((device) => address(stack, device)) as unknown as Json],
    ["address.add", (params) => addAddress(stack, params)],
    ["address.del", (params) => removeAddress(stack, params)],
    ["address.flush", (params) => flushAddresses(stack, params)],
  ];
}

function devices(stack: Stack, params: JsonObject): readonly NetDevice[] {
  const name = optionalText(params, "dev");
  const up = flag(params, "up");
  const shown = name === undefined ? stack.devices : stack.devices.filter((device) => device.name === name);
  // Here, and here only, `ip` has other words for it.
  if (name !== undefined && shown.length === 0) throw new ControlError("NO_DEVICE", `Device "${name}" does not exist.`);
  return up ? shown.filter((device) => device.up) : shown;
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
const NO_MAC = "00:00:00:00:00:00";

function flagsOf(device: NetDevice): string[] {
  return [
    [device.up && !device.hasCarrier, "NO-CARRIER"],
    [device.loopback, "LOOPBACK"],
    [!device.loopback && !device.pointToPoint, "BROADCAST"],
    [device.pointToPoint, "POINTOPOINT"],
    [!device.loopback, "MULTICAST"],
    [device.noArp, "NOARP"],
    [device.promiscuous, "PROMISC"],
    [device.up, "UP"],
    [device.hasCarrier, "LOWER_UP"],
  ].flatMap(([on, word]) => (on ? [word as string] : []));
}

function base(device: NetDevice, linkmode: { linkmode?: string } = {}): DeviceView {
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
    txqlen: device.txQueueLength,
    link_type: loopback ? "loopback" : "ether",
    address: formatMac(device.address),
    broadcast: loopback ? NO_MAC : formatMac(device.broadcast),
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
    ...base(device, { linkmode: "DEFAULT" }),
    driver: controller.driver,
    description: controller.description,
    simulated: controller.simulated,
    ...(device.alias ? { ifalias: device.alias } : {}),
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
    arp: { ...stack.neighbours(4).counters(device) },
  };
}

/** In the kernel's order: address, mtu, flags. What was set before a refusal stays set. */
/** Most octets of an alias (IFALIASZ less its end). */
const ALIAS_LENGTH = 255;

async function setLink(stack: Stack, params: JsonObject): Promise<Json> {
  const device = deviceOf(stack, text(params, "dev"));
  const lladdr = optionalText(params, "address");
  const mtu = optionalInteger(params, "mtu", 0, 0x7fffffff);
  const arp = optionalFlag(params, "arp");
  const up = optionalFlag(params, "up");
  const promisc = optionalFlag(params, "promisc");
  const alias = optionalText(params, "alias");
  const mac = lladdr === undefined ? undefined : linkAddressOf(lladdr);
  try {
    if (mac) device.setAddress(mac);
    if (mtu !== undefined) device.setMtu(mtu);
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    throw new ControlError(error.code, /^[A-Z]/.test(error.message) ? error.message : `Error: ${error.message}`);
  }
  if (arp !== undefined) device.setArp(arp);
  if (promisc !== undefined) device.setPromiscuous(promisc);
  if (alias !== undefined) device.alias = alias.slice(0, ALIAS_LENGTH);
  if (up === true) await device.open();
  if (up === false) await device.close();
  return null;
}

/** Scopes by name; `ip` prints others as numbers. */
const SCOPES: readonly (readonly [name: string, scope: number])[] = [
  ["global", Scope.GLOBAL],
  ["link", Scope.LINK],
  ["host", Scope.HOST],
  ["nowhere", Scope.NOWHERE],
];

export function scopeName(scope: number): string {
  return SCOPES.find(([, value]) => value === scope)?.[0] ?? String(scope);
}

function address(stack: Stack, device: NetDevice): AddressView {
  const info = stack.ip.addresses.of(device).map((own) => ({
    family: "inet",
    local: formatIpv4(own.local),
    prefixlen: own.prefixLength,
    ...(own.broadcast ? { broadcast: formatIpv4(own.broadcast) } : {}),
    scope: scopeName(own.scope),
    ...(own.secondary ? { secondary: true } : {}),
    label: own.label,
    valid_life_time: FOREVER,
    preferred_life_time: FOREVER,
  }));
  return { ...base(device), addr_info: info };
}

/** What `ip` prints for a refusal: those that the kernel explains, and those of which it gives but the number. */
const REFUSALS: Readonly<Record<string, string>> = {
  ROUTE_INVALID: "Error: Invalid prefix for given prefix length.",
  ROUTE_EXISTS: "RTNETLINK answers: File exists",
  ROUTE_MISSING: "RTNETLINK answers: No such process",
  ROUTE_NOT_THERE: "RTNETLINK answers: No such file or directory",
};

/** Does what is asked of addresses and routes, refused in the words of `ip`. */
export function asked<T>(request: () => T): T {
  try {
    return request();
  } catch (error) {
    if (error instanceof InetError) throw new ControlError(error.code, REFUSALS[error.code] ?? `Error: ${error.message}`);
    throw error;
  }
}

function addAddress(stack: Stack, params: JsonObject): Json {
  const device = deviceOf(stack, text(params, "dev"));
  const { address: local, length } = hostPrefixOf(text(params, "local"));
  const label = optionalText(params, "label");
  const scope = optionalText(params, "scope");
  const options: AddressOptions = { broadcast: broadcastOf(optionalText(params, "broadcast"), local, length) };
  if (label !== undefined) options.label = label;
  if (scope !== undefined) {
    const known = SCOPES.find(([name]) => name === scope);
    if (!known) throw new ControlError("SCOPE_INVALID", `Error: argument "${scope}" is wrong: invalid scope value.`);
    options.scope = known[1];
  }
  asked(() => stack.ip.fib.addAddress(device, local, length, options));
  return null;
}

/** `ip` gives an address no broadcast address unless it is told to; `+` and `-` are all ones and all zeros. */
function broadcastOf(written: string | undefined, local: number, length: number): number {
  const mask = prefixMask(length);
  if (written === undefined) return 0;
  if (written === "+") return local | ~mask;
  return written === "-" ? local & mask : ipv4Of(written);
}

function removeAddress(stack: Stack, params: JsonObject): Json {
  const device = deviceOf(stack, text(params, "dev"));
  const { address: local, length } = hostPrefixOf(text(params, "local"));
  const anyLength = flag(params, "anyLength");
  const label = optionalText(params, "label");
  const meant = (own: InterfaceAddress): boolean =>
    own.local === local && (anyLength || own.prefixLength === length) && (label === undefined || own.label === label);
  const own = stack.ip.addresses.of(device).find(meant);
  if (!own) throw new ControlError("ADDRESS_MISSING", "Error: ipv4: Address not found.");
  stack.ip.fib.removeAddress(own);
  return null;
}

/** Answers how many went. */
function flushAddresses(stack: Stack, params: JsonObject): Json {
  let gone = 0;
  for (const device of devices(stack, params)) {
    for (let own = stack.ip.addresses.of(device)[0]; own; own = stack.ip.addresses.of(device)[0]) {
      gone += stack.ip.fib.removeAddress(own).length;
    }
  }
  return gone;
}
