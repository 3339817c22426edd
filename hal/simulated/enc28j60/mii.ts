import type { Clock } from "../../clock.ts";
import type { Phy } from "./phy.ts";
import { BUSY, MICMD, MIIRD, MIISCAN, MIRDL, MIREGADR, MIWRL, NVALID, type RegisterFile, SCAN } from "./registers.ts";

/** One register's way to or from the PHY, in ms (section 3.3.1: 10.24 us). */
const ACCESS = 0.01024;

/** The MII management interface: the only way to the PHY's registers, one at a time and not at once (section 3.3). */
export class MiiManagement {
  readonly #clock: Clock;
  readonly #registers: RegisterFile;
  readonly #phy: Phy;
  /** ms that an access takes. */
  readonly #access: number;
  #busyUntil = Number.NEGATIVE_INFINITY;
  /** What a read under way will leave in MIRD; -1: none. */
  #reading = -1;
  #scanning = false;
  #scanStart = 0;
  /** Which of its turns the scan has last brought in. */
  #scanned = 0;

  /** @param instant accesses take no time */
  constructor(clock: Clock, registers: RegisterFile, phy: Phy, instant: boolean) {
    this.#clock = clock;
    this.#registers = registers;
    this.#phy = phy;
    this.#access = instant ? 0 : ACCESS;
  }

  reset(): void {
    this.#busyUntil = Number.NEGATIVE_INFINITY;
    this.#reading = -1;
    this.#scanning = false;
  }

  /** An access is under way and its registers may not be touched. A scan goes on for good and may be read. */
  get locked(): boolean {
    return !this.#scanning && this.#clock.now() < this.#busyUntil;
  }

  /** MISTAT */
  get status(): number {
    if (!this.#scanning) return this.locked ? BUSY : 0;
    return SCAN | BUSY | (this.#turn() === 0 ? NVALID : 0);
  }

  /** MICMD was written; it held `old`. */
  command(old: number): void {
    const now = this.#registers.get(MICMD);
    const set = now & ~old;
    if ((set & MIISCAN) !== 0) {
      this.#scanning = true;
      this.#scanStart = this.#clock.now();
      this.#scanned = 0;
    } else if ((old & ~now & MIISCAN) !== 0) {
      this.refresh();
      this.#scanning = false;
      this.#busyUntil = this.#clock.now() + this.#access;
    }
    if ((set & MIIRD) !== 0) {
      this.#reading = this.#phy.read(this.#registers.get(MIREGADR));
      this.#busyUntil = this.#clock.now() + this.#access;
    }
  }

  /** MIWRH was written: all 16 bits go to the PHY. */
  write(): void {
    this.#phy.write(this.#registers.get(MIREGADR), this.#registers.word(MIWRL));
    this.#busyUntil = this.#clock.now() + this.#access;
  }

  /** Brings into MIRD what has arrived by now. */
  refresh(): void {
    if (this.#scanning) {
      const turn = this.#turn();
      if (turn === this.#scanned && this.#access > 0) return;
      this.#scanned = turn;
      this.#registers.setWord(MIRDL, this.#phy.read(this.#registers.get(MIREGADR)));
    } else if (this.#reading >= 0 && !this.locked) {
      this.#registers.setWord(MIRDL, this.#reading);
      this.#reading = -1;
    }
  }

  /** How often the scan has been through. */
  #turn(): number {
    return this.#access === 0 ? 1 : Math.floor((this.#clock.now() - this.#scanStart) / this.#access);
  }
}
