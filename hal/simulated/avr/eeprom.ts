/** The ATmega328P's EEPROM, a backend of avr8js's: kept through resets and without power. */

const BYTES = 1024;

export class Eeprom {
  /** As from the factory: erased. */
  readonly bytes: Uint8Array = new Uint8Array(BYTES).fill(0xff);

  /** The address register has 10 bits (ATmega328P data sheet, section 8.6.1). */
  readMemory(address: number): number {
    return this.bytes[address % BYTES]!;
  }

  /** Without an erasure before it, a write can clear bits only. */
  writeMemory(address: number, value: number): void {
    this.bytes[address % BYTES] = this.bytes[address % BYTES]! & value;
  }

  eraseMemory(address: number): void {
    this.bytes[address % BYTES] = 0xff;
  }
}
