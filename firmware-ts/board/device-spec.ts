/**
 * `--device NAME=DRIVER[:BUS[:PATH]][,mac=AA:BB:CC:DD:EE:FF]`: one device in one word. Behind enc28j60:sim there may also be
 * `,revision=B5`, `,errata=13+14` (or none) and `,strict`: which chip the model is (ChipConfig).
 *
 *     enc28j60:sim                  chip model on a simulated segment with a simulated gateway
 *     enc28j60:sim@eth1             chip model whose wire is the Linux interface eth1; e1000 likewise
 *     enc28j60:serprog:/dev/ttyACM0 the chip behind a serial programmer; tcp:HOST:PORT in place of the port
 *     enc28j60:spidev:/dev/spidev0.0
 *     enc28j60:bus-pirate:/dev/ttyUSB0
 *     e1000:qemu@eth1               QEMU's e1000, its wire on eth1
 *     packet:eth1                   AF_PACKET on eth1
 *     tap:tap0                      a TAP device made for the stack
 */
import { formatMac } from "../net/ethernet.ts";
import { type ChipConfig, formatErrata, parseErrata, parseRevision } from "./chip-config.ts";
import { parseBridgePort, parseDeviceName, parseDevicePath, parseInterfaceName } from "./names.ts";
import { type BusConfig, type DeviceConfig, DRIVER_BUSES, DRIVERS, type DriverName, deviceResource, RIG_DEFAULTS } from "./rig.ts";
import { parseStationMac, UnitError } from "./units.ts";
import { closest, show } from "./wording.ts";

/** What each driver may be followed by, as the messages show it. */
const FORMS: Readonly<Record<DriverName, readonly string[]>> = {
  enc28j60: [
    "enc28j60:sim",
    "enc28j60:sim@IFACE",
    "enc28j60:serprog:/dev/ttyACM0",
    "enc28j60:spidev:/dev/spidev0.0",
    "enc28j60:bus-pirate:/dev/ttyUSB0",
  ],
  e1000: ["e1000:sim", "e1000:sim@IFACE", "e1000:qemu@IFACE"],
  packet: ["packet:IFACE"],
  tap: ["tap:IFACE"],
};

/** A SPEC that is not one. `code` is SPEC_INVALID; the message quotes the SPEC and what in it is wrong, and says what would be right. */
export class DeviceSpecError extends Error {
  readonly code: "SPEC_INVALID" = "SPEC_INVALID";
  readonly spec: string;

  constructor(spec: string, problem: string) {
    super(`--device ${show(spec)}: ${problem}`);
    this.name = "DeviceSpecError";
    this.spec = spec;
  }
}

/**
 * Reads one SPEC. Without NAME= the device is called `eth` and its index.
 * @throws DeviceSpecError
 */
export function parseDeviceSpec(spec: string, index: number): DeviceConfig {
  try {
    return readSpec(spec, index);
  } catch (error) {
    if (error instanceof UnitError) throw new DeviceSpecError(spec, error.message);
    throw error;
  }
}

/**
 * Reads all `--device` options of one command and holds them against each other.
 * @throws DeviceSpecError for a SPEC that is wrong, a name given twice, or an interface or port that two devices claim
 */
export function parseDeviceSpecs(specs: readonly string[]): DeviceConfig[] {
  const devices: DeviceConfig[] = [];
  for (const [index, spec] of specs.entries()) {
    const device = parseDeviceSpec(spec, index);
    const resource = deviceResource(device);
    for (const other of devices) {
      if (other.name === device.name) {
        throw new DeviceSpecError(
          spec,
          `${device.name} is taken already; give this one another name, as in eth${specs.length}=${formatBody(device)}`,
        );
      }
      if (resource !== null && deviceResource(other) === resource) {
        throw new DeviceSpecError(spec, `${resource} is ${other.name}'s already; each device needs one of its own`);
      }
    }
    devices.push(device);
  }
  return devices;
}

/** The SPEC that parseDeviceSpec() reads back to the same device. What a SPEC cannot say (rates, pipelining, addresses, the wire) is left out. */
export function formatDeviceSpec(device: DeviceConfig): string {
  const { bus, mac } = device;
  const { revision, errata, strict } = (bus.kind === "sim" && bus.chip) || {};
  const options = [
    mac && `mac=${formatMac(mac)}`,
    revision && `revision=${revision}`,
    errata && `errata=${formatErrata(errata)}`,
    strict && "strict",
  ];
  return [`${device.name}=${formatBody(device)}`, ...options.filter(Boolean)].join(",");
}

function formatBody({ driver, bus }: DeviceConfig): string {
  switch (bus.kind) {
    case "sim":
      return `${driver}:sim${bus.iface === undefined ? "" : `@${bus.iface}`}`;
    case "serprog":
      return `${driver}:serprog:${bus.port}`;
    case "spidev":
      return `${driver}:spidev:${bus.path}`;
    case "bus-pirate":
      return `${driver}:bus-pirate:${bus.port}`;
    case "qemu":
      return `${driver}:qemu@${bus.iface}`;
    case "interface":
      return `${driver}:${bus.iface}`;
  }
}

function readSpec(spec: string, index: number): DeviceConfig {
  const [head = "", ...options] = spec.split(",");
  const named = /^([^=:@]*)=(.*)$/s.exec(head);
  const name = named ? parseDeviceName(named[1]!) : `eth${index}`;
  const body = named ? named[2]! : head;
  const colon = body.indexOf(":");
  const driver = readDriver(spec, colon < 0 ? body : body.slice(0, colon));
  const rest = colon < 0 ? "" : body.slice(colon + 1);
  const plain = readBus(spec, driver, rest);
  const { mac, ...chip } = readOptions(spec, options, driver === "enc28j60" && plain.kind === "sim");
  const bus = plain.kind === "sim" && Object.keys(chip).length > 0 ? { ...plain, chip } : plain;
  const { fallback, when } = RIG_DEFAULTS;
  return { name, driver, bus, fallback, when, ...(mac ? { mac } : {}), addresses: [] };
}

function readDriver(spec: string, word: string): DriverName {
  const driver = DRIVERS.find((known) => known === word);
  if (driver) return driver;
  if (word === "") throw new DeviceSpecError(spec, `no driver; say e.g. ${FORMS.enc28j60[0]} or packet:eth1`);
  const near = closest(word, DRIVERS);
  throw new DeviceSpecError(
    spec,
    `${show(word)}: not a driver${near ? `; did you mean ${near}?` : `; drivers are ${DRIVERS.join(", ")}`}`,
  );
}

function readBus(spec: string, driver: DriverName, rest: string): BusConfig {
  const right = `say ${FORMS[driver].join(", ")}`;
  if (driver === "packet" || driver === "tap") {
    if (rest === "") throw new DeviceSpecError(spec, `no interface; ${right}`);
    return { kind: "interface", iface: parseInterfaceName(rest) };
  }
  if (rest === "") throw new DeviceSpecError(spec, `${driver} without its bus; ${right}`);
  const [, word = "", mark = "", path = ""] = /^([^:@]*)([:@]?)(.*)$/s.exec(rest)!;
  const wrong = (problem: string): DeviceSpecError => new DeviceSpecError(spec, `${problem}; ${right}`);
  const iface = (): string => {
    if (path === "") throw wrong("no interface behind @");
    return parseInterfaceName(path);
  };
  if (word === "sim") {
    if (mark === ":") throw wrong(`:${show(path)}: sim has no path, its wire follows an @`);
    return { kind: "sim", ...(mark === "@" ? { iface: iface() } : {}), segment: RIG_DEFAULTS.segment };
  }
  if (driver === "e1000" && word === "qemu") {
    if (mark !== "@") throw wrong("qemu without @ and the interface of its wire");
    return { kind: "qemu", iface: iface() };
  }
  if (driver === "enc28j60" && (word === "serprog" || word === "spidev" || word === "bus-pirate")) {
    if (mark !== ":" || path === "") throw wrong(`${word} without : and its path`);
    const { baud, spiHz, pipelining, answerTimeout } = RIG_DEFAULTS;
    if (word === "serprog") return { kind: "serprog", port: parseBridgePort(path), baud, spiHz, pipelining, answerTimeout };
    if (word === "bus-pirate") return { kind: "bus-pirate", port: parseDevicePath(path, word), baud, spiHz };
    return { kind: "spidev", path: parseDevicePath(path, word), spiHz };
  }
  const near = closest(word, DRIVER_BUSES[driver]);
  throw wrong(`${show(word)}: not a bus of ${driver}${near ? `, perhaps ${near}` : ""}`);
}

/** @param model the chip is one, so it can be chosen */
function readOptions(spec: string, options: readonly string[], model: boolean): ChipConfig & { readonly mac?: Uint8Array } {
  let read: ChipConfig & { readonly mac?: Uint8Array } = {};
  const seen = new Set<string>();
  for (const option of options) {
    const [, key = "", , value = ""] = /^([^=]*)(=(.*))?$/s.exec(option) ?? [];
    if (seen.has(key)) throw new DeviceSpecError(spec, `${key} given twice; say it once`);
    seen.add(key);
    if (key === "mac" && option !== key) read = { ...read, mac: parseStationMac(value) };
    else if (model && key === "revision" && option !== key) read = { ...read, revision: parseRevision(value) };
    else if (model && key === "errata" && option !== key) read = { ...read, errata: parseErrata(value) };
    else if (model && option === "strict") read = { ...read, strict: true };
    else {
      const those = model
        ? "those there are: mac=AA:BB:CC:DD:EE:FF, revision=B5, errata=13+14 (or none), strict"
        : "the one there is: mac=AA:BB:CC:DD:EE:FF";
      throw new DeviceSpecError(spec, `${show(option)}: not an option; ${those}`);
    }
  }
  return read;
}
