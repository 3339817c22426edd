/**
 * TI's INA219 (SBOS448) and INA226 (SBOS547) power meters on I2C. Voltage over the shunt and voltage of the bus are read and multiplied
 * here, so the chip's calibration is not needed and nothing is written to it: after power-up both chips measure without end.
 */
import type { I2cBus } from "../../hal/i2c.ts";
import { MeterError, type PowerMeter } from "../../hal/power-meter.ts";

interface Chip {
  /** Volts of a bit of the shunt register, and of the bus register behind its shift. */
  readonly shuntBit: number;
  readonly busBit: number;
  readonly busShift: number;
  /** The largest shunt reading: there the chip's range ends. */
  readonly shuntEnd: number;
  /** A register that tells the chip, and its content. */
  readonly identity?: readonly [register: number, value: number];
}

export type Ina2xxChip = "ina219" | "ina226";

const CHIPS: Readonly<Record<Ina2xxChip, Chip>> = {
  /** 10 uV; 4 mV in bits 3 to 15; at most 320 mV at the gain of power-up. */
  ina219: { shuntBit: 10e-6, busBit: 4e-3, busShift: 3, shuntEnd: 32_000 },
  /** 2.5 uV; 1.25 mV; manufacturer "TI". */
  ina226: { shuntBit: 2.5e-6, busBit: 1.25e-3, busShift: 0, shuntEnd: 0x7fff, identity: [0xfe, 0x5449] },
};

const CONFIGURATION = 0x00;
const SHUNT_VOLTAGE = 0x01;
const BUS_VOLTAGE = 0x02;
/** Lowest bits of the configuration: shunt and bus are measured without end. */
const MODE = 0x07;

export interface Ina2xxOptions {
  readonly chip: Ina2xxChip;
  /** 0x40 to 0x4f, by the pins A0 and A1. */
  readonly address: number;
  /** Ohms of the shunt resistor. */
  readonly shunt: number;
}

export class Ina2xx implements PowerMeter {
  readonly #bus: I2cBus;
  readonly #options: Ina2xxOptions;
  readonly #chip: Chip;

  constructor(bus: I2cBus, options: Ina2xxOptions) {
    this.#bus = bus;
    this.#options = options;
    this.#chip = CHIPS[options.chip];
  }

  get description(): string {
    const { chip, address, shunt } = this.#options;
    return `${chip.toUpperCase()} at 0x${address.toString(16)} with ${shunt} ohm on ${this.#bus.description}`;
  }

  get simulated(): boolean {
    return this.#bus.simulated;
  }

  async open(): Promise<void> {
    await this.#bus.open();
    try {
      const { identity } = this.#chip;
      if (identity && (await this.#word(identity[0])) !== identity[1]) {
        throw new MeterError("METER_NOT_FOUND", `${this.description}: another chip answers there`);
      }
      const configuration = await this.#word(CONFIGURATION);
      if ((configuration & MODE) !== MODE) {
        const found = `0x${configuration.toString(16).padStart(4, "0")}`;
        throw new MeterError(
          "METER_IDLE",
          `${this.description}: it does not measure without end (configuration ${found}); power it up anew`,
        );
      }
    } catch (error) {
      await this.#bus.close();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#bus.close();
  }

  async read(): Promise<number> {
    const { shuntBit, busBit, busShift, shuntEnd } = this.#chip;
    const shunt = ((await this.#word(SHUNT_VOLTAGE)) << 16) >> 16;
    if (Math.abs(shunt) >= shuntEnd) {
      throw new MeterError("METER_RANGE", `${this.description}: more current than it can measure; use a smaller shunt`);
    }
    const volts = ((await this.#word(BUS_VOLTAGE)) >>> busShift) * busBit;
    return ((shunt * shuntBit) / this.#options.shunt) * volts;
  }

  async #word(register: number): Promise<number> {
    const [high = 0, low = 0] = await this.#bus.read(this.#options.address, register, 2);
    return (high << 8) | low;
  }
}
