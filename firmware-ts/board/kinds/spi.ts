/** The common ground of all SPI buses: a port or a path to open, the clock's rate, and a chip's driver on top. */
import type * as v from "valibot";
import type { Clock } from "../../../hal/clock.ts";
import type { SpiBus } from "../../../hal/spi.ts";
import { type BusConfig, RIG_LIMITS } from "../rig/rig.ts";
import { type Keys, leaf, ranged } from "../rig/schema.ts";
import { formatRate, parseInteger, parseRate } from "../rig/units.ts";
import { loadDriver, onHardware } from "./hardware.ts";
import type { BusKind, BusSource, Complaint } from "./kind.ts";
import { bare, stationAddress } from "./part.ts";

/** An SPI bus of a Rig. */
export interface SpiBusConfig extends BusConfig {
  readonly spiHz: number;
}

/** The schema of a line's rate, in baud. */
export const baudKey: v.GenericSchema<unknown, number> = leaf("115200", (text) => parseInteger(text, ...RIG_LIMITS.baud));
/** The schema of the SPI clock's rate, in Hz. */
export const spiHzKey: v.GenericSchema<unknown, number> = ranged("10MHz", parseRate, formatRate, RIG_LIMITS.spiHz);

/** One kind of SPI bus, without the parts that all of them share. */
export interface SpiBusParts<C extends SpiBusConfig> {
  readonly kind: string;
  /** The key of the thing to open (`port`, `path`), an example, and its reader. */
  readonly path: { readonly key: string; readonly example: string; readonly parse: (text: string) => string };
  /** The meaning of its SPEC, for the help. */
  readonly meaning: string;
  /** The other keys. */
  readonly keys: Keys;
  /** As BusKind's; keys that are not there get their defaults. */
  fromFile(source: BusSource): C;
  check?(source: Readonly<Record<string, unknown>>): readonly Complaint[];
  resource(bus: C): string;
  describe(bus: C): string;
  /** Loads the bridge's code and makes the bus, opening nothing. */
  load(bus: C): Promise<(clock: Clock) => SpiBus>;
}

export function spiBusKind<C extends SpiBusConfig>(parts: SpiBusParts<C>): BusKind<C> {
  const { kind, path, keys, meaning } = parts;
  return {
    ...parts,
    attachment: "spi",
    keys: { [path.key]: leaf(path.example, path.parse), ...keys },
    examples: { [path.key]: path.example },
    claims: path.key,
    mayBeMissing: true,
    forms: [`${kind}:${path.example}`],
    meanings: [meaning],
    fromSpec: (tail) => {
      if (tail.mark !== ":" || tail.path === "") throw tail.wrong(`${kind} without : and its path`);
      return parts.fromFile({ kind, [path.key]: path.parse(tail.path) });
    },
    toSpec: (bus) => `${kind}:${parts.resource(bus)}`,
    realTime: (_bus, device) => onHardware(device),
    load: async (bus, device) => {
      const [driver, spi] = await Promise.all([loadDriver(device, "spi", kind), parts.load(bus)]);
      return (config, shop) => {
        const { clock, pins = null } = shop;
        return bare(driver({ clock, name: config.name, address: stationAddress(config, shop), pins }, spi(clock)));
      };
    },
  };
}
