/** An ENC28J60's registers, PHY and memory, reached behind the driver's back. */
import type { VirtualClock } from "../../hal/clock.ts";
import type { Enc28j60Chip } from "../../hal/simulated/enc28j60/chip.ts";

export class BackDoor {
  readonly #chip: Enc28j60Chip;
  readonly #clock: VirtualClock;
  readonly #changed: () => void;

  /** @param changed called after whatever may have changed the chip's interrupt line */
  constructor(chip: Enc28j60Chip, clock: VirtualClock, changed: () => void) {
    this.#chip = chip;
    this.#clock = clock;
    this.#changed = changed;
  }

  /** One SRC byte on the bus: the chip forgets all that it was told. */
  reset(): void {
    this.#command([0xff], 0);
    this.#changed();
  }

  /** Writes a register; violations are forgotten. */
  disturb(bank: number, address: number, change: (value: number) => number): void {
    this.#inBank(bank, () => {
      const slow = bank === 2 || (bank === 3 && address < 6);
      const value = slow ? this.#command([address], 2)[1]! : this.#command([address], 1)[0]!;
      this.#command([0x40 | address, change(value)], 0);
    });
    this.#changed();
    this.#chip.violations.clear();
  }

  /** Reads PHIR, which clears LINKIF; MIREGADR is left as it was. */
  clearLinkFlag(): void {
    this.#inBank(2, () => {
      const address = this.#command([0x14], 2)[1]!;
      this.#command([0x54, 0x13], 0);
      this.#command([0x52, 1], 0);
      this.#clock.advanceSync(0.011);
      this.#command([0x52, 0], 0);
      this.#command([0x18], 2);
      this.#command([0x54, address], 0);
    });
    this.#changed();
  }

  /** Writes a PHY register. */
  writePhy(register: number, value: number): void {
    this.#inBank(2, () => {
      const address = this.#command([0x14], 2)[1]!;
      this.#command([0x54, register], 0);
      this.#command([0x56, value & 0xff], 0);
      this.#command([0x57, value >> 8], 0);
      this.#clock.advanceSync(0.011);
      this.#command([0x54, address], 0);
    });
    this.#changed();
  }

  /** Reads an ETH register, leaving the bank as it was. */
  register(bank: number, address: number): number {
    return this.#inBank(bank, () => this.#command([address], 1)[0]!);
  }

  /** Reads a MAC or MII register. */
  macRegister(bank: number, address: number): number {
    return this.#inBank(bank, () => this.#command([address], 2)[1]!);
  }

  /** Writes packet memory. */
  poke(address: number, bytes: readonly number[]): void {
    this.#inBank(0, () => {
      this.#command([0x42, address & 0xff], 0);
      this.#command([0x43, address >> 8], 0);
      this.#command([0x7a, ...bytes], 0);
    });
    this.#chip.violations.clear();
  }

  #inBank<T>(bank: number, action: () => T): T {
    const selected = this.#command([0x1f], 1)[0]! & 3;
    this.#command([0xbf, 3], 0);
    this.#command([0x9f, bank], 0);
    const result = action();
    this.#command([0xbf, 3], 0);
    this.#command([0x9f, selected], 0);
    return result;
  }

  #command(bytes: readonly number[], readLength: number): Uint8Array {
    const read = new Uint8Array(readLength);
    this.#chip.exchange(Uint8Array.from(bytes), 0, bytes.length, read, 0, readLength);
    return read;
  }
}
