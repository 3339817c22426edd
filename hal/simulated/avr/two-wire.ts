/**
 * The two-wire bus (I2C) of a simulated ATmega328P as its master: A4 is SDA, A5 is SCL. A bus with no device on it answers as one
 * with pull-ups does: nobody acknowledges an address. TWBR and the prescaler set the time of a bit. Not modelled: other masters,
 * and the MCU as a slave.
 */
import type { TWIEventHandler } from "avr8js";
import type { Mcu } from "./mcu.ts";
import type { TwoWireDevice, TwoWireWiring } from "./wiring.ts";

/** A byte and its acknowledgement. */
const BYTE_BITS = 9;
const TWINT = 0x80;

export class TwoWireBus implements TwoWireWiring {
  readonly #devices: TwoWireDevice[] = [];
  #selected: TwoWireDevice | null = null;

  attach(device: TwoWireDevice): void {
    this.#devices.push(device);
  }

  /** For the MCU, at every restart: its TWI becomes the bus's master. */
  connect({ avr, cpu, frequency }: Mcu): void {
    const config = avr.twiConfig;
    const twi = new avr.AVRTWI(cpu, config, frequency);
    const flag = {
      address: config.twiInterrupt,
      flagRegister: config.TWCR,
      flagMask: TWINT,
      enableRegister: config.TWCR,
      enableMask: 1,
    };
    // avr8js sets TWINT for the idle state, too; the chip does neither after a reset nor after a STOP (section 22.5.5).
    const idle = (): void => cpu.clearInterrupt(flag);
    const after = (bits: number, then: () => void): void => {
      cpu.addClockEvent(then, (bits * frequency) / twi.sclFrequency);
    };
    const master: TWIEventHandler = {
      start: () => {
        this.#release();
        after(1, () => twi.completeStart());
      },
      stop: () => {
        this.#release();
        after(1, () => {
          twi.completeStop();
          idle();
        });
      },
      connectToSlave: (address, write) => {
        const device = this.#devices.find((each) => each.address === address);
        const acknowledged = device?.select(!write) ?? false;
        this.#selected = acknowledged && device ? device : null;
        after(BYTE_BITS, () => twi.completeConnect(acknowledged));
      },
      writeByte: (value) => {
        const acknowledged = this.#selected?.write(value) ?? false;
        after(BYTE_BITS, () => twi.completeWrite(acknowledged));
      },
      readByte: (acknowledge) => {
        const value = this.#selected?.read(!acknowledge) ?? 0xff;
        after(BYTE_BITS, () => twi.completeRead(value));
      },
    };
    this.#selected = null;
    twi.eventHandler = master;
    idle();
  }

  #release(): void {
    this.#selected?.release();
    this.#selected = null;
  }
}
