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
import type { DeviceKind, SpecTail } from "./kinds/kind.ts";
import { busesOf, busKind, DRIVERS, deviceResource, findDevice, specForms } from "./kinds/lookup.ts";
import { parseDeviceName } from "./rig/names.ts";
import { type BusConfig, type DeviceConfig, RIG_DEFAULTS } from "./rig/rig.ts";
import { parseStationMac, UnitError } from "./rig/units.ts";
import { closest, didYouMean, show } from "./rig/wording.ts";

/** The refusal of a SPEC. `code` is SPEC_INVALID; the message quotes the SPEC and the wrong part of it, and says what would be right. */
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

/**
 * The SPEC that parseDeviceSpec() reads back to the same device. Left out: rates, pipelining, addresses and the wire, for which a SPEC
 * has no words.
 */
export function formatDeviceSpec(device: DeviceConfig): string {
  const { name, bus, mac } = device;
  const options = busKind(bus).options?.write(bus) ?? [];
  return [`${name}=${formatBody(device)}`, ...(mac ? [`mac=${formatMac(mac)}`] : []), ...options].join(",");
}

function formatBody({ driver, bus }: DeviceConfig): string {
  return `${driver}:${busKind(bus).toSpec(bus)}`;
}

function readSpec(spec: string, index: number): DeviceConfig {
  const [head = "", ...options] = spec.split(",");
  const named = /^([^=:@]*)=(.*)$/s.exec(head);
  const name = named ? parseDeviceName(named[1]!) : `eth${index}`;
  const body = named ? named[2]! : head;
  const colon = body.indexOf(":");
  const device = readDriver(spec, colon < 0 ? body : body.slice(0, colon));
  const plain = readBus(spec, device, colon < 0 ? "" : body.slice(colon + 1));
  const { bus, mac } = readOptions(spec, options, plain, device);
  const { fallback, when } = RIG_DEFAULTS;
  return { name, driver: device.driver, bus, fallback, when, ...(mac ? { mac } : {}), addresses: [] };
}

function readDriver(spec: string, word: string): DeviceKind {
  const device = findDevice(word);
  if (device) return device;
  if (word === "") throw new DeviceSpecError(spec, "no driver; say e.g. enc28j60:sim or packet:eth1");
  const right = didYouMean(word, DRIVERS) || `; drivers are ${DRIVERS.join(", ")}`;
  throw new DeviceSpecError(spec, `${show(word)}: not a driver${right}`);
}

function readBus(spec: string, device: DeviceKind, rest: string): BusConfig {
  const wrong = (problem: string): DeviceSpecError => new DeviceSpecError(spec, `${problem}; say ${specForms(device).join(", ")}`);
  const buses = busesOf(device);
  const wordless = buses.find((bus) => bus.wordless);
  if (wordless) return wordless.fromSpec({ mark: "", path: rest, wrong });
  if (rest === "") throw wrong(`${device.driver} without its bus`);
  const [, word = "", mark = "", path = ""] = /^([^:@]*)([:@]?)(.*)$/s.exec(rest)!;
  const bus = buses.find(({ kind }) => kind === word);
  if (bus) return bus.fromSpec({ mark: mark as SpecTail["mark"], path, wrong });
  const near = closest(
    word,
    buses.map(({ kind }) => kind),
  );
  throw wrong(`${show(word)}: not a bus of ${device.driver}${near ? `, perhaps ${near}` : ""}`);
}

/** The bus with what its options say, and the station address. */
function readOptions(
  spec: string,
  options: readonly string[],
  plain: BusConfig,
  device: DeviceKind,
): { readonly bus: BusConfig; readonly mac?: Uint8Array } {
  const known = busKind(plain).options;
  const own = known?.suit(device) ? known : null;
  let bus = plain;
  let mac: Uint8Array | null = null;
  const seen = new Set<string>();
  for (const option of options) {
    const [, key = "", sign, value = ""] = /^([^=]*)(?:(=)(.*))?$/s.exec(option) ?? [];
    if (seen.has(key)) throw new DeviceSpecError(spec, `${key} given twice; say it once`);
    seen.add(key);
    if (key === "mac" && sign) {
      mac = parseStationMac(value);
      continue;
    }
    const more = own?.read(bus, key, sign ? value : null);
    if (more) {
      bus = more;
      continue;
    }
    const station = "mac=AA:BB:CC:DD:EE:FF";
    const those = own ? `those there are: ${station}, ${own.forms}` : `the one there is: ${station}`;
    throw new DeviceSpecError(spec, `${show(option)}: not an option; ${those}`);
  }
  return { bus, ...(mac && { mac }) };
}
