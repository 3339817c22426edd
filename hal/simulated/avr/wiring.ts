/**
 * The outside of a simulated Uno: what is wired to it and seen of it. Nothing in here is avr8js's, so a program that uses it compiles
 * without that package.
 */

/** The pins of an Uno, by the names on the board: `2`..`13` and `A0`..`A5`. */
export interface UnoWiring {
  /** An output went high, or went low or became an input. */
  onChange: ((pin: string, high: boolean) => void) | null;
  /** The level at a pin: the MCU's if it drives the pin, else the wire's, else the pull-up's. @throws RangeError */
  level(pin: string): boolean;
  /** Wires a pin to a level; null: takes the wire off. @throws RangeError */
  drive(pin: string, level: boolean | null): void;
  /** Puts a voltage on an analog input. @throws RangeError */
  voltage(pin: string, volts: number): void;
}

/** A device on the two-wire bus (NXP UM10204, section 3.1). */
export interface TwoWireDevice {
  /** 7 bits. */
  readonly address: number;
  /** Its address was sent behind a START or a repeated one. False: it does not acknowledge. */
  select(read: boolean): boolean;
  /** False: it does not acknowledge. */
  write(value: number): boolean;
  /** @param last the master wants no more */
  read(last: boolean): number;
  /** STOP, or a repeated START. */
  release(): void;
}

/** The two-wire bus (I2C): A4 is SDA, A5 is SCL. */
export interface TwoWireWiring {
  /** Wires a device to the bus. Of two with the same address the first answers. */
  attach(device: TwoWireDevice): void;
}
