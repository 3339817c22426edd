/**
 * The pins of a simulated Arduino Uno from outside: tests observe the outputs that the MCU drives and wire levels and voltages to
 * its inputs. The wiring stays when the MCU restarts. Names are those on the board, `2`..`13` and `A0`..`A5`.
 */
import type { AVRADC, AVRIOPort, CPU } from "avr8js";
import type { UnoWiring } from "./wiring.ts";

const ANALOG_PINS = 6;
/** Digital pins of port D, then of port B; A0..A5 are port C's. */
const D_PINS = 8;
const B_PINS = 6;
const PORTS = 3;
const BITS = 8;

/** One 8-bit port of the MCU. */
class Port {
  /** Bits that something outside drives, and their levels. */
  driven = 0;
  levels = 0;
  /** Bits that are outputs and high. */
  high = 0;
  pulledUp = 0;
  avr: AVRIOPort | null = null;
}

export class UnoPins implements UnoWiring {
  onChange: ((pin: string, high: boolean) => void) | null = null;
  readonly #ports: readonly Port[] = Array.from({ length: PORTS }, () => new Port());
  readonly #volts: number[] = new Array<number>(ANALOG_PINS).fill(0);
  #cpu: CPU | null = null;
  #adc: AVRADC | null = null;

  /** For the MCU, at every restart: its ports D, B and C, and its converter. */
  attach(cpu: CPU, ports: readonly AVRIOPort[], adc: AVRADC): void {
    this.#cpu = cpu;
    this.#adc = adc;
    this.#volts.forEach((volts, channel) => {
      adc.channelValues[channel] = volts;
    });
    for (const [index, port] of this.#ports.entries()) {
      const avr = ports[index] as AVRIOPort;
      port.avr = avr;
      port.pulledUp = 0;
      this.#drives(index, 0);
      for (let bit = 0; bit < BITS; bit++) if (port.driven & (1 << bit)) avr.setPin(bit, (port.levels & (1 << bit)) !== 0);
      avr.addListener((latch) => this.#latched(index, latch));
    }
  }

  level(pin: string): boolean {
    const { index, mask } = place(pin);
    const port = this.#ports[index] as Port;
    if (!port.avr) return false;
    const { DDR, PIN } = port.avr.portConfig;
    const { data } = this.#cpu as CPU;
    // PINx follows an output only after its listeners have been told.
    const levels = data[DDR]! & mask ? port.high : data[PIN]!;
    return (levels & mask) !== 0;
  }

  drive(pin: string, level: boolean | null): void {
    const { index, mask, bit } = place(pin);
    const port = this.#ports[index] as Port;
    if (level === null) port.driven &= ~mask;
    else port.driven |= mask;
    if (level) port.levels |= mask;
    else port.levels &= ~mask;
    port.avr?.setPin(bit, level ?? (port.pulledUp & mask) !== 0);
  }

  voltage(pin: string, volts: number): void {
    const channel = /^A[0-5]$/.test(pin) ? Number(pin[1]) : -1;
    if (channel < 0) throw new RangeError(`pin ${pin} of an Uno has no analog channel; A0..A${ANALOG_PINS - 1} have`);
    this.#volts[channel] = volts;
    if (this.#adc) this.#adc.channelValues[channel] = volts;
  }

  /** The MCU wrote a port's data or its directions; the latch of an input is its pull-up. */
  #latched(index: number, latch: number): void {
    const port = this.#ports[index] as Port;
    const avr = port.avr as AVRIOPort;
    const outputs = (this.#cpu as CPU).data[avr.portConfig.DDR]!;
    const pulledUp = latch & ~outputs;
    const changed = (pulledUp ^ port.pulledUp) & ~port.driven;
    port.pulledUp = pulledUp;
    for (let bit = 0; changed >> bit !== 0; bit++) if (changed & (1 << bit)) avr.setPin(bit, (pulledUp & (1 << bit)) !== 0);
    this.#drives(index, latch & outputs);
  }

  #drives(index: number, high: number): void {
    const port = this.#ports[index] as Port;
    const changed = high ^ port.high;
    port.high = high;
    if (!this.onChange) return;
    for (let bit = 0; changed >> bit !== 0; bit++) {
      if (changed & (1 << bit)) this.onChange(nameOf(index, bit), (high & (1 << bit)) !== 0);
    }
  }
}

function nameOf(index: number, bit: number): string {
  return index === 2 ? `A${bit}` : String(index === 0 ? bit : D_PINS + bit);
}

function place(pin: string): { index: number; bit: number; mask: number } {
  const match = /^(A?)(\d{1,2})$/.exec(pin);
  const number = Number(match?.[2] ?? Number.NaN);
  const index = match?.[1] === "A" ? 2 : number < D_PINS ? 0 : 1;
  const bit = index === 1 ? number - D_PINS : number;
  if (!match || bit >= (index === 0 ? D_PINS : B_PINS)) {
    throw new RangeError(`an Uno has no pin ${pin}; it has 0..${D_PINS + B_PINS - 1} and A0..A${ANALOG_PINS - 1}`);
  }
  return { index, bit, mask: 1 << bit };
}
