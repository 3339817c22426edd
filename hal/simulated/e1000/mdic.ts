/** The 82540EM's MDIC register, in front of its PHY. */
import type { Phy } from "./phy.ts";
import { MDIC_ERROR, MDIC_INTERRUPT, MDIC_READ, MDIC_READY, MDIC_WRITE } from "./registers.ts";
import type { Violations } from "./violations.ts";

/** Where this chip's PHY answers. */
const PHY_ADDRESS = 1;

/** MDIC: the way to the PHY's registers (section 13.4.6). */
export class Mdic {
  readonly #phy: Phy;
  readonly #violations: Violations;
  /** Reads of MDIC before it says READY. */
  readonly #busyReads: number;
  #left = 0;
  #register = MDIC_READY;

  constructor(phy: Phy, busyReads: number, violations: Violations) {
    this.#phy = phy;
    this.#busyReads = busyReads;
    this.#violations = violations;
  }

  /** Writes MDIC; true when that ends in an interrupt. */
  command(value: number): boolean {
    if (this.#left > 0) this.#violations.note("mdic-busy", value);
    const opcode = (value >>> 26) & 3;
    const register = (value >>> 16) & 0x1f;
    const interrupts = (value & MDIC_INTERRUPT) !== 0;
    this.#register = (value & (0x0fffffff | MDIC_INTERRUPT)) | MDIC_READY;
    // A driver that asked for an interrupt does not poll.
    this.#left = interrupts ? 0 : this.#busyReads;
    if (opcode !== MDIC_READ && opcode !== MDIC_WRITE) this.#violations.note("mdic-command", value);
    else if (((value >>> 21) & 0x1f) !== PHY_ADDRESS) this.#register |= MDIC_ERROR;
    else if (opcode === MDIC_WRITE) this.#phy.write(register, value & 0xffff);
    else this.#register = (this.#register & ~0xffff) | this.#phy.read(register);
    return interrupts;
  }

  read(): number {
    if (this.#left === 0) return this.#register >>> 0;
    this.#left--;
    return (this.#register & ~MDIC_READY) >>> 0;
  }

  reset(): void {
    this.#register = MDIC_READY;
    this.#left = 0;
  }
}
