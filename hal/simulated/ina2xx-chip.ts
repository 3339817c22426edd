/** An INA219 or INA226 as it is after power-up, for the registers that are read: configuration, shunt and bus voltage, identity. */
import type { SimulatedI2cPart } from "./i2c-part.ts";

const SHUNT_VOLTAGE = 0x01;
const BUS_VOLTAGE = 0x02;
/** The other registers of each chip, bits of a volt at shunt and bus, and where the shunt register ends. */
const CHIPS = {
  ina219: { registers: { 0: 0x399f }, shunt: 1e5, bus: 250, shift: 3, end: 32_000 },
  ina226: { registers: { 0: 0x4127, 254: 0x5449, 255: 0x2260 }, shunt: 4e5, bus: 800, shift: 0, end: 0x7fff },
} as const;

export class Ina2xxModel implements SimulatedI2cPart {
  readonly #chip: (typeof CHIPS)[keyof typeof CHIPS];
  readonly #shunt: number;
  readonly #load: () => { readonly volts: number; readonly amperes: number };

  /**
   * @param shunt ohms
   * @param load what is measured, now
   */
  constructor(chip: keyof typeof CHIPS, shunt: number, load: () => { readonly volts: number; readonly amperes: number }) {
    this.#chip = CHIPS[chip];
    this.#shunt = shunt;
    this.#load = load;
  }

  read(register: number): number {
    const { registers, shunt, bus, shift, end } = this.#chip;
    const { volts, amperes } = this.#load();
    if (register === SHUNT_VOLTAGE) {
      const reading = Math.round(amperes * this.#shunt * shunt);
      return Math.min(end, Math.max(-end, reading)) & 0xffff;
    }
    if (register === BUS_VOLTAGE) return (Math.round(volts * bus) << shift) & 0xffff;
    return (registers as Readonly<Record<number, number>>)[register] ?? 0;
  }
}
