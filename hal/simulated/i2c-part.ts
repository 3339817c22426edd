/** A part on a simulated board's I2C. */

export interface SimulatedI2cPart {
  /** Content of a register of 16 bits. */
  read(register: number): number;
}
