/** A meter in one word of a command line: `hwmon:ina226`, `ina219@0x41,shunt=0.01`. */
import { parseNumber, UnitError } from "./rig/units.ts";
import { show } from "./rig/wording.ts";

/** An INA219 or INA226 on the board's I2C; a sensor of this machine. */
export type MeterSpec =
  | { readonly kind: "hwmon"; readonly name: string }
  | { readonly kind: "ina219" | "ina226"; readonly address: number; readonly shunt: number };

/** With both address pins low. */
const ADDRESS = 0x40;
/** That of the boards which are sold, in ohms. */
const SHUNT = 0.1;
const LARGEST_SHUNT = 1000;

/** @throws UnitError */
export function parseMeterSpec(text: string): MeterSpec {
  const [, name] = /^hwmon:([A-Za-z0-9_][A-Za-z0-9_-]{0,63})$/.exec(text) ?? [];
  if (name !== undefined) return { kind: "hwmon", name };
  const [, chip, address, shunt] = /^(ina219|ina226)(?:@0x(4[0-9a-f]))?(?:,shunt=(.*))?$/i.exec(text) ?? [];
  if (chip === undefined) throw new UnitError(`${show(text)}: not a meter; say hwmon:NAME, or e.g. ina219@0x40,shunt=0.1 (ohms)`);
  const ohms = shunt === undefined ? SHUNT : parseNumber(shunt, 0, LARGEST_SHUNT);
  if (ohms === 0) throw new UnitError(`${show(text)}: a shunt of 0 ohms measures nothing; say e.g. shunt=0.1`);
  return {
    kind: chip.toLowerCase() as "ina219" | "ina226",
    address: address === undefined ? ADDRESS : Number.parseInt(address, 16),
    shunt: ohms,
  };
}
