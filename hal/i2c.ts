/** I2C as meters use it: a register of a part is read. Whoever opens a bus closes it. */

export interface I2cBus {
  /** The bus and how it is reached, for people. */
  readonly description: string;
  /** The parts on it are not real. */
  readonly simulated: boolean;
  /** @throws I2cError, or what the board throws when it cannot be opened */
  open(): Promise<void>;
  close(): Promise<void>;
  /**
   * Writes the register's number and reads `length` bytes from the part at `address`, 0x08 to 0x77.
   * @throws I2cError I2C_SILENT: the part does not answer; I2C_SHORT: it sent less
   */
  read(address: number, register: number, length: number): Promise<Uint8Array>;
}

/** A part of an I2C bus, or the bus, does not do what was asked. `code` is stable. */
export class I2cError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "I2cError";
    this.code = code;
  }
}
