/** Turns the words of `whohas run` into a rig: a rig file or the built-in bench, changed by the command's options. */
import { type TelemetryConfig, telemetryWith } from "../apps/telemetry/kind.ts";
import type { Endpoint } from "../ip/endpoint.ts";
import type { ProfileName } from "../neigh/profile.ts";
import { deviceAddressedBy } from "./apps.ts";
import { benchRig } from "./bench.ts";
import { parseDeviceSpecs } from "./device-spec.ts";
import { type DeviceConfig, isAutomatic, RIG_DEFAULTS, type Rig } from "./rig/rig.ts";
import { formatCidr, holdsHost, isOfIpv6, isOfOneLink, parseHost, parseInterfaceAddress, UnitError } from "./rig/units.ts";

/** The port of telemetry that is given no other: Telegraf's socket_listener, by custom. */
export const TELEMETRY_PORT = 8094;

export interface RunRequest {
  /** Path of a rig file, `-` for standard input; without it the devices given, or the built-in bench. */
  file?: string;
  /** Gets the text of standard input when that was read. */
  onInput?: (text: string) => void;
  /** SPECs: these devices instead of the rig's. */
  devices: readonly string[];
  /** CIDRs, of each family one a device in their order; `dhcp` and `link-local` are of IPv4. */
  addresses: readonly string[];
  /** Next hop of the default route; on the first device, where it is an address of one link. */
  gateway?: string;
  seed?: number;
  /** The neighbour table's profile, instead of the rig's. */
  profile?: ProfileName;
  /** Where figures are served, instead of the rig's place. */
  metrics?: Endpoint<string>;
  /** The telemetry firmware will run. */
  app: boolean;
}

/** Rejects with RigFileError, RigError, DeviceSpecError or UnitError. */
export async function rigFor(request: RunRequest): Promise<Rig> {
  const { metrics } = request;
  const named = withProfile(await baseRig(request), request.profile);
  const base = metrics ? { ...named, metrics } : named;
  const devices = withAddresses(base.devices, request.addresses);
  const seed = request.seed ?? base.seed;
  if (request.gateway === undefined) return { ...base, seed, devices };
  const gateway = parseHost(request.gateway);
  // A default route of the other family stays.
  const others = base.routes.filter(({ to, via = "" }) => to !== "default" || isOfIpv6(via) !== isOfIpv6(gateway));
  const link = isOfOneLink(gateway) && devices[0] ? { dev: devices[0].name } : {};
  checkOnLink(gateway, { ...base, devices });
  return { ...base, seed, devices, routes: [...others, { to: "default", via: gateway, ...link }] };
}

/** Refuses a gateway that no link of the rig leads to. One of a single link is asked for on its device, whatever its addresses. */
function checkOnLink(gateway: string, { devices, routes, apps = [] }: Rig): void {
  // Nobody knows beforehand which subnet a server gives.
  if (devices.some(({ automatic = [] }) => automatic.length > 0) || apps.some((app) => deviceAddressedBy(app) !== undefined))
    return;
  const own = devices.flatMap(({ addresses }) => addresses);
  const linked = routes.flatMap(({ to, via }) => (to === "default" || via !== undefined ? [] : [to]));
  if (isOfOneLink(gateway) || [...own, ...linked].some((subnet) => holdsHost(subnet, gateway))) return;
  const all = own.filter(({ address }) => isOfIpv6(address) === isOfIpv6(gateway)).map(formatCidr);
  const there = all.length > 0 ? `the devices have ${all.join(", ")}` : "no device has an address of its family";
  throw new UnitError(`--gateway ${gateway}: on no link of a device; ${there}: say --address with the gateway's subnet`);
}

function withProfile(rig: Rig, profile: ProfileName | undefined): Rig {
  return profile === undefined ? rig : { ...rig, neighbours: { ...rig.neighbours, profile } };
}

async function baseRig(request: RunRequest): Promise<Rig> {
  const { file } = request;
  if (request.devices.length === 0) return file === undefined ? benchRig() : fromFile(file, request);
  const devices = parseDeviceSpecs(request.devices);
  if (file !== undefined) return withDevices(await fromFile(file, request), devices);
  const telemetry = request.app ? telemetryTo(request.gateway) : undefined;
  return {
    name: devices[0]?.name ?? "board",
    seed: RIG_DEFAULTS.seed,
    board: { io: RIG_DEFAULTS.io, leds: {} },
    devices,
    routes: [],
    neighbours: RIG_DEFAULTS.neighbours,
    sysctl: {},
    ...(telemetry ? { telemetry } : {}),
  };
}

async function fromFile(path: string, { app, onInput }: RunRequest): Promise<Rig> {
  const { readRigFile } = await import("./read-rig.ts");
  return readRigFile(path, { firmware: app }, onInput);
}

/** The rig with other devices. Its routes and neighbours must fit them. */
function withDevices(rig: Rig, devices: readonly DeviceConfig[]): Rig {
  const names = devices.map((device) => device.name);
  const used: [string, string | undefined][] = [
    ...rig.routes.map(({ to, dev }): [string, string | undefined] => [`route to ${to === "default" ? to : to.address}`, dev]),
    ...rig.neighbours.static.map(({ ip, dev }): [string, string] => [`static neighbour ${ip}`, dev]),
  ];
  for (const [what, dev] of used) {
    if (dev === undefined || names.includes(dev)) continue;
    throw new UnitError(
      `--device: the rig's ${what} is on ${dev}; there is ${names.join(", ")}: say ${dev}=DRIVER… for one of them`,
    );
  }
  return { ...rig, devices };
}

function telemetryTo(gateway: string | undefined): TelemetryConfig {
  if (gateway === undefined) {
    throw new UnitError("telemetry has nowhere to go: give --gateway ADDR, a rig file with telemetry.to, or --no-app");
  }
  return telemetryWith({ to: { address: parseHost(gateway), port: TELEMETRY_PORT } });
}

/** Each device has one address of each family: the first of a family is the first device's. */
function withAddresses(devices: readonly DeviceConfig[], addresses: readonly string[]): DeviceConfig[] {
  const families = [false, true].map((six) => addresses.filter((address) => isOfIpv6(address) === six));
  for (const own of families) {
    if (own.length <= devices.length) continue;
    const count = devices.length === 1 ? "is 1 device" : `are ${devices.length} devices`;
    throw new UnitError(`--address ${own[devices.length]}: there ${count} only, one address of a family each`);
  }
  return devices.map((device, at) => {
    const texts = families.flatMap((texts) => texts.slice(at, at + 1));
    if (texts.length === 0) return device;
    const words = texts.filter(isAutomatic);
    const addresses = texts.filter((text) => !isAutomatic(text)).map(parseInterfaceAddress);
    const { automatic: _automatic, ...rest } = device;
    return { ...rest, addresses, ...(words.length > 0 && { automatic: words }) };
  });
}
