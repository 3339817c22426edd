/** A simulated part on SPI as its pins see it, for a simulated MCU to clock: a chip select, and bytes that go both ways at once. */
export interface SpiPins {
  /** The chip select went low. */
  select(): void;
  /** Eight clocks: takes what the master sent, returns what it reads meanwhile. */
  clock(out: number): number;
  /** The chip select went high. */
  deselect(): void;
}
