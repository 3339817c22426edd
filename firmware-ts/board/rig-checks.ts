/**
 * Checks the values of a rig file against each other. Every check copes with a draft, in which refused values are undefined, and is
 * silent where it cannot judge: one mistake is reported once.
 */
import { isHostName } from "../apps/host-names.ts";
import type { Endpoint } from "../ip/endpoint.ts";
import { formatMac } from "../net/ethernet.ts";
import { appFiles, deviceAddressedBy, deviceOfApp, findApp, pinsOf } from "./apps.ts";
import { DEVICE_KINDS } from "./kinds/index.ts";
import { busesOf, findBus, findDevice, MODELLED } from "./kinds/lookup.ts";
import type { Draft } from "./rig/schema.ts";
import { type Cidr, holdsHost, isOfIpv6, isOfOneLink } from "./rig/units.ts";
import { didYouMean, show } from "./rig/wording.ts";
import type { DeviceSource, RigSource } from "./rig-schema.ts";
import { SettingsTrial } from "./rig-settings.ts";
import { checkStrategy } from "./rig-strategy.ts";
import { formatPath, type Path, type YamlFile, type YamlValue } from "./rig-yaml.ts";

/** The drivers whose chips have pins that a board can hold. */
const WITH_PINS = DEVICE_KINDS.filter(({ pins }) => pins)
  .map(({ driver }) => driver)
  .join(" or ");

/** Notes on `file` all values in `draft` that do not fit together. @param firmware the rig's firmware will run */
export function checkTogether(file: YamlFile, draft: Draft<RigSource>, firmware: boolean): void {
  const written = keysOf(file.value, "devices");
  const good = Object.keys(draft?.devices ?? {});
  // With a device's name refused, no reference can be judged.
  const names = good.length === written.length ? good : [];
  checkDevices(file, draft, written);
  checkLinkLayer(file, draft, names);
  checkStrategy(
    file,
    draft?.neighbours,
    (draft?.apps ?? []).some((app) => app?.["kind"] === "registrar"),
  );
  checkRoutes(file, draft, names);
  checkDestinations(file, draft, names);
  checkAppDevices(file, draft, names);
  checkSysctl(file, draft, names);
  checkPins(file, draft, firmware);
  checkSleep(file, draft);
  checkJoules(file, draft);
}

/** A node sleeps as a whole: another firmware would stand still with it. */
function checkSleep(file: YamlFile, draft: Draft<RigSource>): void {
  const firmwares: [Path, Readonly<Record<string, unknown>>][] = draft?.telemetry ? [[["telemetry"], draft.telemetry]] : [];
  for (const [index, app] of (draft?.apps ?? []).entries())
    if (app && findApp(app["kind"])?.role === "firmware") firmwares.push([["apps", index], app]);
  if (firmwares.length < 2) return;
  for (const [at, { sleep }] of firmwares)
    if (sleep !== undefined)
      file.note([...at, "sleep"], "the node sleeps as a whole, and the rig has another firmware", { key: true });
}

/** Joules are told by the rig's parameters, which are those of one device. */
function checkJoules(file: YamlFile, draft: Draft<RigSource>): void {
  const devices = keysOf(file.value, "devices").length;
  const trouble = !(draft && "energy" in draft)
    ? "needs the rig's parameters; say e.g. energy: { board: { kind: pi-zero-2w } }"
    : devices > 1 && `the energy of a node with one device is modelled, and the rig has ${devices}`;
  if (!trouble) return;
  const telemetry = draft?.telemetry && { kind: "telemetry", ...draft.telemetry };
  const apps: (readonly [Path, Readonly<Record<string, unknown>> | undefined])[] = [[["telemetry"], telemetry]];
  for (const [index, app] of (draft?.apps ?? []).entries()) apps.push([["apps", index], app]);
  for (const [at, app] of apps) {
    const index = app?.["kind"] === "telemetry" ? ((app["own"] ?? []) as readonly unknown[]).indexOf("joules") : -1;
    if (index >= 0) file.note([...at, "own", index], `joules: ${trouble}`);
  }
}

type DeviceDraft = Draft<DeviceSource>;

function devicesOf(draft: Draft<RigSource>): [string, NonNullable<DeviceDraft>][] {
  const entries: [string, NonNullable<DeviceDraft>][] = [];
  for (const [name, device] of Object.entries(draft?.devices ?? {})) if (device) entries.push([name, device]);
  return entries;
}

/** The keys below `key` as the file has them, good names or not. */
function keysOf(value: YamlValue, key: string): readonly string[] {
  if (typeof value === "string" || Array.isArray(value)) return [];
  const below = value[key];
  return below === undefined || typeof below === "string" || Array.isArray(below) ? [] : Object.keys(below);
}

function checkDevices(file: YamlFile, draft: Draft<RigSource>, names: readonly string[]): void {
  if (draft?.devices && names.length === 0)
    file.note(["devices"], "no device; say e.g. eth0: { driver: enc28j60, bus: { kind: sim } }");
  const resources = new Map<string, string>();
  const addresses = new Map<string, string>();
  for (const [name, device] of devicesOf(draft)) {
    const at = ["devices", name];
    const { bus } = device;
    const driver = findDevice(device.driver);
    const kind = findBus(bus?.["kind"]);
    if (driver && kind) {
      const buses = busesOf(driver);
      if (!buses.includes(kind)) {
        const names = buses.map(({ kind }) => kind);
        file.note([...at, "bus", "kind"], `${kind.kind}: not a bus of ${driver.driver}, which has ${names.join(", ")}`);
      }
    }
    if (driver && !driver.attach.model && device.fallback === "simulated") {
      const chips = MODELLED.join(", ");
      file.note([...at, "fallback"], `simulated: ${driver.driver} has no model to fall back to; only chips have (${chips})`);
    }
    if (kind && bus) {
      for (const { key, message, atKey } of kind.check?.(bus, driver) ?? [])
        file.note([...at, "bus", key], message, { key: atKey });
      const resource = bus[kind.claims];
      if (typeof resource === "string") {
        const owner = resources.get(resource);
        if (owner !== undefined)
          file.note([...at, "bus", kind.claims], `${show(resource)}: ${owner} has it already; each device needs one of its own`);
        else resources.set(resource, name);
      }
    }
    checkAutomatic(file, device, at);
    for (const [index, cidr] of (device.addresses ?? []).entries()) {
      if (typeof cidr === "string" || !cidr?.address) continue;
      const place = `${device.netns ?? ""} ${cidr.address}`;
      const owner = addresses.get(place);
      if (owner !== undefined) file.note([...at, "addresses", index], `${cidr.address}: given twice, ${owner} has it already`);
      else addresses.set(place, name);
    }
  }
}

/** The subnets that a device has by its file. */
function subnetsOf(device: NonNullable<DeviceDraft>): NonNullable<Draft<Cidr>>[] {
  return (device.addresses ?? []).flatMap((one) => (one && typeof one !== "string" ? [one] : []));
}

/** The devices that get addresses by themselves. */
function automaticDevices(draft: Draft<RigSource>): string[] {
  const short = devicesOf(draft).flatMap(([name, device]) =>
    (device.addresses ?? []).some((one) => typeof one === "string") ? [name] : [],
  );
  return [...short, ...(draft?.apps ?? []).flatMap((app) => deviceAddressedBy(app ?? {}) ?? [])];
}

function checkAutomatic(file: YamlFile, device: NonNullable<DeviceDraft>, at: Path): void {
  const words = new Set<string>();
  for (const [index, one] of (device.addresses ?? []).entries()) {
    if (typeof one !== "string") continue;
    if (words.has(one)) file.note([...at, "addresses", index], `${one}: given twice`);
    words.add(one);
  }
}

/** An app for a device names one that is there; a device gets its addresses from one app of a kind. */
function checkAppDevices(file: YamlFile, draft: Draft<RigSource>, names: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const [name, device] of devicesOf(draft))
    for (const one of device.addresses ?? []) if (typeof one === "string") seen.set(`${one} ${name}`, `devices.${name}.addresses`);
  for (const [index, app] of (draft?.apps ?? []).entries()) {
    const device = deviceOfApp(app ?? {});
    if (device === undefined) continue;
    const at = ["apps", index, "device"];
    checkName(file, names, device, at);
    const kind = String(app?.["kind"]);
    const given = app?.["address"] as Draft<Cidr>;
    const key = [kind, device, given?.address].filter(Boolean).join(" ");
    const first = seen.get(key);
    if (first !== undefined) file.note(at, `${show(device)}: has ${kind} already, by ${first}`);
    else seen.set(key, `apps[${index}]`);
  }
}

/** The namespace of a device; that of one that is not named, or not known, is the initial one. */
function netnsOf(draft: Draft<RigSource>, device: string | undefined): string {
  return (device !== undefined && draft?.devices?.[device]?.netns) || "";
}

/** Refuses a reference to a device that the file does not have. */
function checkName(file: YamlFile, names: readonly string[], name: string | undefined, path: Path): void {
  if (name === undefined || names.length === 0 || names.includes(name)) return;
  file.note(path, noSuchDevice(name, names, names));
}

/** The refusal of a device's name. @param candidates the words that may have been meant */
function noSuchDevice(name: string, names: readonly string[], candidates: readonly string[]): string {
  return `${show(name)}: no such device${didYouMean(name, candidates) || `; there is ${names.map(show).join(", ")}`}`;
}

function checkLinkLayer(file: YamlFile, draft: Draft<RigSource>, names: readonly string[]): void {
  const own = new Map<string, string>();
  for (const [name, device] of devicesOf(draft))
    for (const { address } of subnetsOf(device)) if (address) own.set(`${device.netns ?? ""} ${address}`, name);
  const seen = new Map<string, number>();
  for (const [index, neighbour] of (draft?.neighbours?.static ?? []).entries()) {
    const at = ["neighbours", "static", index];
    const { ip, lladdr, dev } = neighbour ?? {};
    checkName(file, names, dev, [...at, "dev"]);
    if (ip === undefined) continue;
    const owner = own.get(`${netnsOf(draft, dev)} ${ip}`);
    if (owner !== undefined) file.note([...at, "ip"], `${ip}: ${owner}'s own address, not a neighbour's`);
    if (dev === undefined) continue;
    const first = seen.get(`${ip} ${dev}`);
    if (first !== undefined) file.note([...at, "ip"], `${ip}: given twice on ${show(dev)}; first in static[${first}]`);
    else seen.set(`${ip} ${dev}`, index);
    const mac = draft?.devices?.[dev]?.mac;
    if (mac && lladdr && formatMac(mac) === formatMac(lladdr))
      file.note([...at, "lladdr"], `${formatMac(lladdr)}: ${dev}'s own address`);
  }
}

/** A next hop must be a neighbour: on the subnet of a device, or of a route that leads straight out of one (as the kernel has it). */
function checkRoutes(file: YamlFile, draft: Draft<RigSource>, names: readonly string[]): void {
  const routes = draft?.routes ?? [];
  const links: { readonly subnet: Draft<Cidr>; readonly dev: string | undefined }[] = [];
  const sameNetns = (one: string | undefined, other: string | undefined): boolean => netnsOf(draft, one) === netnsOf(draft, other);
  const devices = devicesOf(draft);
  for (const [name, device] of devices)
    for (const subnet of device.addresses ?? []) if (typeof subnet !== "string") links.push({ subnet, dev: name });
  // Nobody knows beforehand what a server gives.
  const unknown = new Set(automaticDevices(draft));
  for (const route of routes) {
    if (route && !("via" in route) && typeof route.to !== "string") links.push({ subnet: route.to, dev: route.dev });
  }
  // With an address or a device refused, no next hop can be judged.
  const complete =
    names.length > 0 &&
    devices.length === names.length &&
    devices.every(([, device]) => !("addresses" in device) || device.addresses !== undefined) &&
    links.every((link) => link.subnet !== undefined);
  const seen = new Map<string, number>();
  for (const [index, route] of routes.entries()) {
    if (!route) continue;
    const at = ["routes", index];
    checkName(file, names, route.dev, [...at, "dev"]);
    if (!("via" in route) && !("dev" in route)) file.note(at, "a route needs via, dev or both; say e.g. via: 192.168.10.1");
    const { to, via, dev } = route;
    if (to !== undefined) {
      const target = typeof to === "string" ? "default" : `${to.address}/${to.prefix}`;
      // A default route is of its next hop's family.
      const family = typeof to === "string" && via !== undefined && isOfIpv6(via) ? "6" : "";
      const place = `${netnsOf(draft, dev)} ${target}${family}`;
      const first = seen.get(place);
      if (first !== undefined) file.note([...at, "to"], `${target}: given twice; first in routes[${first}]`);
      else seen.set(place, index);
    }
    if (via === undefined || !complete) continue;
    if (typeof to !== "string" && to?.address !== undefined && isOfIpv6(to.address) && !isOfIpv6(via)) {
      file.note([...at, "via"], `${via}: no next hop of ${to.address}; that of an IPv6 route is of IPv6`);
      continue;
    }
    if (isOfOneLink(via)) {
      if (dev === undefined)
        file.note([...at, "via"], `${via}: an address of one link; say by which device, e.g. dev: ${names[0]}`);
      continue;
    }
    if (dev === undefined ? [...unknown].some((name) => sameNetns(name, dev)) : unknown.has(dev)) continue;
    const onLink = links.some(
      (link) => (dev === undefined ? sameNetns(link.dev, dev) : link.dev === dev) && contains(link.subnet, via),
    );
    if (!onLink)
      file.note(
        [...at, "via"],
        `${via}: on no subnet of ${dev === undefined ? "any device" : show(dev)}; a next hop is a neighbour`,
      );
    const own = links.find((link) => link.subnet?.address === via && sameNetns(link.dev, dev));
    if (own) file.note([...at, "via"], `${via}: ${show(own.dev ?? "")}'s own address, not a next hop`);
  }
}

function contains(subnet: Draft<Cidr>, host: string): boolean {
  if (subnet?.address === undefined) return false;
  return holdsHost({ address: subnet.address, prefix: subnet.prefix ?? (isOfIpv6(subnet.address) ? 128 : 32) }, host);
}

/** An app's destination may name its device, as in `[fe80::1%eth0]:8094`. */
function checkDestinations(file: YamlFile, draft: Draft<RigSource>, names: readonly string[]): void {
  const asked = keysOf({ rig: file.value }, "rig").includes("dns");
  const check = (options: Readonly<Record<string, unknown>> | undefined, at: Path): void => {
    const { address } = (options?.["to"] ?? {}) as Partial<Endpoint<string>>;
    checkName(file, names, /%(.+)$/.exec(address ?? "")?.[1], [...at, "to"]);
    if (address === undefined || !isHostName(address) || asked || automaticDevices(draft).length > 0) return;
    file.note(
      [...at, "to"],
      `${show(address)}: a name, and nobody to ask for it; say e.g. dns: [192.168.10.1], or addresses: [dhcp]`,
    );
  };
  check(draft?.telemetry, ["telemetry"]);
  for (const [index, app] of (draft?.apps ?? []).entries()) check(app, ["apps", index]);
}

/** `net.ipv4.neigh.DEVICE.key` and `net.ipv4.conf.DEVICE.key`, the same of IPv6, and keys without a device. */
function checkSysctl(file: YamlFile, draft: Draft<RigSource>, names: readonly string[]): void {
  const settings = Object.entries(draft?.sysctl ?? {});
  if (settings.length === 0 || names.length === 0) return;
  const trial = new SettingsTrial(names);
  for (const [key, value] of settings) {
    const at = ["sysctl", key];
    const device = /^net\.ipv[46]\.(?:neigh|conf)\.([^.]+)\./.exec(key)?.[1];
    if (device !== undefined && !["default", "all", "lo", ...names].includes(device)) {
      file.note(at, noSuchDevice(device, names, [...names, "default", "all"]), { key: true });
    } else if (value !== undefined) {
      const refusal = trial.refusal(key, value);
      if (refusal) file.note(at, refusal.message, { key: refusal.atKey });
    }
  }
}

function checkPins(file: YamlFile, draft: Draft<RigSource>, firmware: boolean): void {
  const pins = new Map<string, string>();
  const claim = (pin: string | undefined, owner: string, path: Path): void => {
    if (pin === undefined) return;
    const first = pins.get(pin);
    if (first !== undefined) file.note(path, `${pin}: taken already by ${first}; each part needs a pin of its own`);
    else pins.set(pin, owner);
  };
  const files = new Map<string, string>();
  const { io, leds } = draft?.board ?? {};
  const noBoard = io === "none" || !keysOf(file.value, "board").includes("io");
  const claimAll = (app: unknown, options: Readonly<Record<string, unknown>> | undefined, at: Path): void => {
    const kind = findApp(app);
    if (!kind || !options) return;
    if (kind.needsBoard !== undefined && noBoard)
      file.note(at, `${kind.needsBoard} need a board; say e.g. io: simulated`, { key: true });
    for (const { at: below, message, atKey = false } of kind.check?.(options) ?? [])
      file.note([...at, ...below], message, { key: atKey });
    for (const { path, at: below } of appFiles(kind, options)) {
      const owner = formatPath([...at, ...below]);
      const first = files.get(path);
      if (first !== undefined) file.note([...at, ...below], `${show(path)}: written already by ${first}; each app needs its own`);
      else files.set(path, owner);
    }
    for (const { pin, part, at: below } of pinsOf(kind, options)) {
      claim(pin, formatPath([...at, ...part]), [...at, ...below]);
      // An app that makes no sense without a board is refused as a whole.
      if (noBoard && firmware && kind.role === "firmware" && kind.needsBoard === undefined)
        file.note([...at, ...below], `pin ${pin} needs a board; say e.g. board: { io: simulated }`);
    }
  };
  claimAll("link-leds", leds, ["board", "leds"]);
  for (const [name, device] of devicesOf(draft)) {
    for (const key of ["reset", "power"] as const) {
      const at = ["devices", name, key];
      if (device[key] === undefined) continue;
      const driver = findDevice(device.driver);
      if (driver && !driver.pins) {
        file.note(at, `${driver.driver} has no ${key} pin; only an ${WITH_PINS} has`, { key: true });
      } else if (noBoard) {
        file.note(at, `${key} needs a board; say e.g. board: { io: simulated }`, { key: true });
      }
      claim(device[key], `${name}'s ${key}`, at);
    }
  }
  claimAll("telemetry", draft?.telemetry, ["telemetry"]);
  for (const [index, app] of (draft?.apps ?? []).entries()) claimAll(app?.["kind"], app, ["apps", index]);
}
