/**
 * Silicon in software, on a simulated wire with a simulated gateway at its far end; or the wire is a Linux interface.
 *
 *     bus: { kind: sim }                                   SPEC enc28j60:sim, e1000:sim
 *     bus: { kind: sim, wire: eth1 }                       SPEC enc28j60:sim@eth1
 *     bus: { kind: sim, segment: { latency: 2ms, loss: 0.01, duplication: 0, corruption: 0 } }
 *     bus: { kind: sim, chip: { revision: B5, errata: [13, 14], strict: true } }      of an enc28j60
 */
import * as v from "valibot";
import type { SegmentOptions } from "../../../hal/simulated/segment.ts";
import {
  CHIP_OPTIONS,
  type ChipConfig,
  describeChip,
  parseErratum,
  parseRevision,
  readChipOption,
  writeChipOptions,
} from "../rig/chip-config.ts";
import { parseInterfaceName } from "../rig/names.ts";
import { type BusConfig, RIG_DEFAULTS, RIG_LIMITS } from "../rig/rig.ts";
import { leaf, ranged, shaped, table, truth } from "../rig/schema.ts";
import { formatDuration, parseDuration, parseNumber } from "../rig/units.ts";
import { show } from "../rig/wording.ts";
import { INTERFACE_NEEDS, ifaceKey, loadDriver } from "./hardware.ts";
import type { BusKind, SourceOf } from "./kind.ts";
import { loadWire, stationAddress } from "./part.ts";

export interface SimulatedBus extends BusConfig {
  readonly kind: "sim";
  /** The Linux interface that is the wire. Without it the wire is simulated, with a gateway on it. */
  readonly iface?: string;
  /** The choice of an enc28j60's model. */
  readonly chip?: ChipConfig;
  /** The wire's effect on frames; latency in ms, the rest probabilities 0..1. */
  readonly segment: Readonly<Required<SegmentOptions>>;
}

const probability = leaf("0.01", (text) => parseNumber(text, 0, 1));
const segment = table({
  latency: v.exactOptional(ranged("2ms", parseDuration, formatDuration, RIG_LIMITS.latency)),
  loss: v.exactOptional(probability),
  duplication: v.exactOptional(probability),
  corruption: v.exactOptional(probability),
});
const chip = table({
  revision: v.exactOptional(leaf("B5", parseRevision)),
  errata: v.exactOptional(shaped(true, "[13, 14]", v.array(leaf("13", parseErratum)))),
  strict: v.exactOptional(leaf("true", truth)),
});
const keys = {
  wire: v.exactOptional(ifaceKey),
  segment: v.exactOptional(shaped(false, "{ loss: 0.01 }", segment)),
  chip: v.exactOptional(shaped(false, "{ revision: B5 }", chip)),
};

export const sim: BusKind<SimulatedBus> = {
  kind: "sim",
  attachment: "model",
  keys,
  claims: "wire",
  mayBeMissing: false,
  forms: ["sim", "sim@IFACE"],
  meanings: ["the chip's model on a simulated wire with a simulated gateway", "the model; its wire is a Linux interface (root)"],
  fromFile: (source: SourceOf<typeof keys>) => ({
    kind: "sim",
    ...(source.wire !== undefined && { iface: source.wire }),
    segment: { ...RIG_DEFAULTS.segment, ...source.segment },
    ...(source.chip && { chip: source.chip }),
  }),
  check: ({ chip }, device) =>
    chip && device?.attach.model && !device.revisions
      ? [{ key: "chip", message: "only an enc28j60's model has revisions and errata", atKey: true }]
      : [],
  fromSpec: ({ mark, path, wrong }) => {
    if (mark === ":") throw wrong(`:${show(path)}: sim has no path, its wire follows an @`);
    if (mark === "@" && path === "") throw wrong("no interface behind @");
    return { kind: "sim", ...(mark === "@" && { iface: parseInterfaceName(path) }), segment: RIG_DEFAULTS.segment };
  },
  toSpec: ({ iface }) => `sim${iface === undefined ? "" : `@${iface}`}`,
  options: {
    forms: CHIP_OPTIONS,
    suit: (device) => device.revisions === true,
    read: (bus, key, value) => {
      const option = readChipOption(key, value);
      return option && { ...bus, chip: { ...bus.chip, ...option } };
    },
    write: ({ chip }) => writeChipOptions(chip ?? {}),
  },
  needs: ({ iface }) => (iface === undefined ? [] : INTERFACE_NEEDS),
  resource: ({ iface }) => iface ?? null,
  describe: ({ iface, chip, segment }) => {
    const wire = iface === undefined ? "on a simulated wire with a simulated gateway" : `its wire is ${iface}`;
    return `simulated${describeChip(chip ?? {})}, ${wire}${describeSegment(segment)}`;
  },
  realTime: ({ iface }, { name }) => (iface === undefined ? null : `the wire of ${name} is the interface ${iface}`),
  load: async (bus, device) => {
    const [model, wire] = await Promise.all([loadDriver(device, "model", "sim"), bus.iface === undefined ? null : loadWire()]);
    const { EthernetSegment } = await import("../../../hal/simulated/segment.ts");
    return (config, shop) => {
      const { clock, random, pins = null, onSpi } = shop;
      const { name } = config;
      const segment = new EthernetSegment(clock, random.fork(`segment/${name}`), bus.segment);
      const address = stationAddress(config, shop);
      const controller = model({ clock, name, address, pins, ...(onSpi && { onSpi }) }, segment, bus.chip ?? {});
      const { iface } = bus;
      const port = wire && iface !== undefined ? wire(shop, segment, iface, address) : null;
      return { controller, segment, wantsGateway: iface === undefined, fallback: null, wire: port };
    };
  },
};

/** The wire's effects on frames, for people. */
function describeSegment(segment: SimulatedBus["segment"]): string {
  let text = segment.latency > 0 ? `, latency ${formatDuration(segment.latency)}` : "";
  for (const key of ["loss", "duplication", "corruption"] as const) if (segment[key] > 0) text += `, ${key} ${segment[key]}`;
  return text;
}
