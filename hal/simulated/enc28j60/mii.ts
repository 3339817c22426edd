/** The ENC28J60's MII registers, in front of its PHY. */
import type { Clock } from "../../clock.ts";
import type { ChipContext } from "./context.ts";
import type { Phy } from "./phy.ts";
import { BUSY, MICMD, MIIRD, MIISCAN, MIRDL, MIREGADR, MIWRH, MIWRL, NVALID, type RegisterFile, SCAN } from "./registers.ts";
import type { Violations } from "./violations.ts";

/** One register's way to or from the PHY, in ms (section 3.3.1: 10.24 us). */
const ACCESS = 0.01024;

/**
 * The MII management interface: the only way to the PHY's registers, one at a time and not at once (section 3.3).
 *
 * Its registers stay open to the host while an access is under way. Only the start of another one is forbidden then: of a scan or a
 * write during a read, of a scan or a read during a write, of either during a scan and until it has ended (sections 3.3.1 to
 * 3.3.3). Such a start is counted and does not happen. Everything else takes effect at once, so a driver may clear MIIRD before
 * BUSY is through; the read goes on.
 */
export class MiiManagement {
  readonly #clock: Clock;
  readonly #registers: RegisterFile;
  readonly #phy: Phy;
  readonly #violations: Violations;
  /** ms that an access takes. */
  readonly #access: number;
  #busyUntil = Number.NEGATIVE_INFINITY;
  /** The value that a read under way leaves in MIRD; -1: no read is under way. */
  #reading = -1;
  #scanning = false;
  #scanStart = 0;
  /** The last turn of the scan whose value is in MIRD. */
  #scanned = 0;

  constructor({ clock, registers, violations, byteTime }: ChipContext, phy: Phy) {
    this.#clock = clock;
    this.#registers = registers;
    this.#phy = phy;
    this.#violations = violations;
    this.#access = byteTime === 0 ? 0 : ACCESS;
  }

  reset(): void {
    this.#busyUntil = Number.NEGATIVE_INFINITY;
    this.#reading = -1;
    this.#scanning = false;
  }

  /** MISTAT */
  get status(): number {
    if (!this.#scanning) return this.#busy ? BUSY : 0;
    return SCAN | BUSY | (this.#turn() === 0 ? NVALID : 0);
  }

  /** The host writes `value` to MICMD. A bit that would start what may not start now stays 0, so that it can be set later. */
  command(value: number): void {
    const registers = this.#registers;
    const old = registers.get(MICMD);
    const started = value & ~old & (MIISCAN | MIIRD);
    this.refresh();
    if ((old & ~value & MIISCAN) !== 0) {
      this.#scanning = false;
      this.#busyUntil = this.#clock.now() + this.#access;
    }
    let forbidden = 0;
    if (this.#scanning || (this.#busy && this.#reading < 0)) forbidden = started;
    else if (this.#busy) forbidden = started & MIISCAN;
    else if ((started & MIISCAN) !== 0) forbidden = started & MIIRD;
    if (forbidden !== 0) this.#violations.note("mii-busy", MICMD);
    registers.set(MICMD, value & ~forbidden);
    const begun = started & ~forbidden;
    if ((begun & MIISCAN) !== 0) {
      this.#scanning = true;
      this.#scanStart = this.#clock.now();
      this.#scanned = 0;
    } else if ((begun & MIIRD) !== 0) {
      this.#reading = this.#phy.read(registers.get(MIREGADR));
      this.#busyUntil = this.#clock.now() + this.#access;
    }
  }

  /** The host writes MIWRH: all 16 bits go to the PHY. */
  write(value: number): void {
    if (this.#scanning || this.#busy) {
      this.#violations.note("mii-busy", MIWRH);
      return;
    }
    this.refresh();
    this.#registers.set(MIWRH, value);
    this.#phy.write(this.#registers.get(MIREGADR), this.#registers.word(MIWRL));
    this.#busyUntil = this.#clock.now() + this.#access;
  }

  /** The host reads MIRDL or MIRDH, with the value that has arrived by now. */
  fetch(register: number): void {
    this.refresh();
    if (this.#reading >= 0) this.#violations.note("mii-early", register);
  }

  /** Brings a value that has arrived by now into MIRD. */
  refresh(): void {
    if (this.#scanning) {
      const turn = this.#turn();
      if (turn === this.#scanned && this.#access > 0) return;
      this.#scanned = turn;
      this.#registers.setWord(MIRDL, this.#phy.read(this.#registers.get(MIREGADR)));
    } else if (this.#reading >= 0 && !this.#busy) {
      this.#registers.setWord(MIRDL, this.#reading);
      this.#reading = -1;
    }
  }

  /** A read or a write is under way, or the last turn of a scan that was stopped. */
  get #busy(): boolean {
    return this.#clock.now() < this.#busyUntil;
  }

  /** Complete turns of the scan. */
  #turn(): number {
    return this.#access === 0 ? 1 : Math.floor((this.#clock.now() - this.#scanStart) / this.#access);
  }
}
