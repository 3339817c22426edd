/** The 82540EM's PHY: its registers, its link and its negotiation. */
import type { Clock, Timer } from "../../clock.ts";
import type { Violations } from "./violations.ts";

/** Registers of IEEE 802.3 clause 22 and of the Marvell 88E1011 (its M88E1011 inside this chip). */
export const BMCR = 0;
export const BMSR = 1;
export const SPECIFIC_STATUS = 17;

const BMCR_RESET = 0x8000;
const BMCR_LOOPBACK = 0x4000;
const BMCR_POWER_DOWN = 0x0800;
const BMCR_ISOLATE = 0x0400;
const BMCR_RESTART = 0x0200;

/** Abilities in BMSR: 100 and 10 Mbit/s in both duplex modes, extended status, no preamble, negotiation. */
const BMSR_ABILITIES = 0x7949;
const BMSR_NEGOTIATED = 0x0020;
const BMSR_LINK = 0x0004;

/** Register 17: 1000 Mbit/s, full duplex, resolved, link. */
const SPECIFIC_UP = 0xac00;

/** Address, value after reset, bits that can be written. */
const REGISTERS: readonly (readonly [address: number, reset: number, writable: number])[] = [
  [BMCR, 0x1140, 0x7dc0],
  [BMSR, BMSR_ABILITIES, 0],
  [2, 0x0141, 0], // Marvell's identifier
  [3, 0x0c20, 0], // model 88E1011
  [4, 0x0de1, 0xffff], // advertised
  [5, 0x01e0, 0], // partner's abilities
  [6, 0x0000, 0],
  [7, 0x2001, 0xffff], // next page
  [8, 0x0000, 0],
  [9, 0x0e00, 0xff00], // 1000BASE-T control
  [10, 0x3c00, 0], // 1000BASE-T status: both receivers fine, partner does 1000
  [15, 0x3000, 0], // extended status: 1000BASE-T
  [16, 0x0360, 0xffff], // specific control
  [17, 0x0000, 0],
  [18, 0x0000, 0xffff], // interrupt enable
  [19, 0x0000, 0],
  [20, 0x0d60, 0xffff], // extended specific control
  [21, 0x0000, 0], // receive errors
  [24, 0x4100, 0xffff], // LED control
  [29, 0x0000, 0xffff],
  [30, 0x0000, 0xffff],
];

const ABSENT = -1;
const writable = new Int32Array(32).fill(ABSENT);
for (const [address, , bits] of REGISTERS) writable[address] = bits;

/** The 1000BASE-T transceiver. Its link is the wire's, once negotiation is over. */
export class Phy {
  /** Called when `link` has changed. */
  onLink: () => void = () => {};
  readonly #violations: Violations;
  readonly #registers = new Uint16Array(32);
  readonly #negotiation: number;
  readonly #timer: Timer;
  #wire = false;
  #held = false;
  #link = false;
  /** BMSR's link bit: the link has been up ever since it was read (IEEE 802.3 clause 22.2.4.2.13). */
  #latched = false;

  /** @param negotiation ms from the wire's link to the PHY's */
  constructor(clock: Clock, negotiation: number, violations: Violations) {
    this.#violations = violations;
    this.#negotiation = negotiation;
    this.#timer = clock.timer(() => this.#set(this.#able));
    this.#fill();
  }

  get link(): boolean {
    return this.#link;
  }

  /** Loopback: frames that are sent come back, and none gets on the wire. */
  get loopsBack(): boolean {
    return this.#has(BMCR_LOOPBACK);
  }

  set wire(up: boolean) {
    this.#wire = up;
    this.#update();
  }

  /** CTRL.PHY_RST resets the registers, and there is no link while it is held. */
  set held(held: boolean) {
    this.#held = held;
    if (held) this.#fill();
    this.#update();
  }

  read(address: number): number {
    const bits = writable[address]!;
    if (bits === ABSENT) {
      this.#violations.note("unknown-phy-register", address);
      return 0;
    }
    if (address === SPECIFIC_STATUS) return this.#link ? SPECIFIC_UP : 0;
    if (address !== BMSR) return this.#registers[address]!;
    const status = BMSR_ABILITIES | (this.#link ? BMSR_NEGOTIATED : 0) | (this.#latched ? BMSR_LINK : 0);
    this.#latched = this.#link;
    return status;
  }

  write(address: number, value: number): void {
    const bits = writable[address]!;
    if (bits === ABSENT || bits === 0) {
      this.#violations.note(bits === 0 ? "read-only-phy-register" : "unknown-phy-register", address);
      return;
    }
    if (address === BMCR && (value & BMCR_RESET) !== 0) {
      this.#fill();
      this.#renegotiate();
      return;
    }
    this.#registers[address] = (this.#registers[address]! & ~bits) | (value & bits);
    if (address !== BMCR) return;
    if ((value & BMCR_RESTART) !== 0) this.#renegotiate();
    else this.#update();
  }

  get #able(): boolean {
    return this.#wire && !this.#held && !this.#has(BMCR_POWER_DOWN) && !this.#has(BMCR_ISOLATE);
  }

  #has(bits: number): boolean {
    return (this.#registers[BMCR]! & bits) !== 0;
  }

  #fill(): void {
    this.#registers.fill(0);
    for (const [address, reset] of REGISTERS) this.#registers[address] = reset;
  }

  #renegotiate(): void {
    this.#timer.cancel();
    this.#set(false);
    this.#update();
  }

  #update(): void {
    if (!this.#able) {
      this.#timer.cancel();
      this.#set(false);
    } else if (!this.#link && !this.#timer.armed) {
      if (this.#negotiation > 0) this.#timer.arm(this.#negotiation);
      else this.#set(true);
    }
  }

  #set(link: boolean): void {
    if (link === this.#link) return;
    this.#link = link;
    if (!link) this.#latched = false;
    this.onLink();
  }
}
