/** The ENC28J60's PHY: its registers, its link and its interrupt. */
import type { Timer } from "../../clock.ts";
import type { ChipContext } from "./context.ts";
import type { Errata } from "./errata.ts";
import type { Enc28j60Options } from "./options.ts";
import type { Violations } from "./violations.ts";

/** PHY register addresses (table 3-3); all are 16 bits wide and reached through the MII only. */
export const PHCON1 = 0x00;
export const PHSTAT1 = 0x01;
export const PHID1 = 0x02;
export const PHID2 = 0x03;
export const PHCON2 = 0x10;
export const PHSTAT2 = 0x11;
export const PHIE = 0x12;
export const PHIR = 0x13;
export const PHLCON = 0x14;

const PRST = 0x8000;
const PLOOPBK = 0x4000;
const PPWRSV = 0x0800;
const PDPXMD = 0x0100;

const FRCLNK = 0x4000;
const TXDIS = 0x2000;
const HDLDIS = 0x0100;

const PFDPX = 0x1000;
const PHDPX = 0x0800;
const LLSTAT = 0x0004;

const TXSTAT = 0x2000;
const RXSTAT = 0x1000;
const COLSTAT = 0x0800;
const LSTAT = 0x0400;
const DPXSTAT = 0x0200;

/** PHIE and PHIR differ in where their second bit is. */
const PLNK = 0x0010;
const PGEIE = 0x0002;
const PGIF = 0x0004;

/** Microchip's identifier; the revision in PHID2's low bits is not told apart here. */
const IDENTIFIER_1 = 0x0083;
const IDENTIFIER_2 = 0x1400;
const PHLCON_RESET = 0x3422;

/** Bits that the host can change; -1: none, -2: no such register. */
function writableBits(address: number): number {
  switch (address) {
    case PHCON1:
      return PRST | PLOOPBK | PPWRSV | PDPXMD;
    case PHCON2:
      return FRCLNK | TXDIS | 0x0400 | HDLDIS;
    case PHIE:
      return PLNK | PGEIE;
    case PHLCON:
      return 0x0ffe;
    case PHSTAT1:
    case PHID1:
    case PHID2:
    case PHSTAT2:
    case PHIR:
      return -1;
    default:
      return -2;
  }
}

/** Activity at the line, as PHSTAT2 shows it. */
export interface LineActivity {
  readonly receiving: boolean;
  readonly colliding: boolean;
}

/** The 10BASE-T transceiver. */
export class Phy {
  /** Shown as PHSTAT2.TXSTAT. */
  transmitting = false;
  /** The link came or went, perhaps some time after the wire's. */
  onLink: (() => void) | null = null;
  /** Shown as RXSTAT and COLSTAT. */
  line: LineActivity | null = null;
  readonly #errata: Errata;
  /** From the wire's link to PHSTAT2.LSTAT, in ms. */
  readonly #linkDelay: number;
  readonly #linkTimer: Timer;
  /** LEDB is wired so that PDPXMD should be 1 after a reset (section 2.6). */
  readonly #fullDuplexWiring: boolean;
  readonly #violations: Violations;
  readonly #registers = new Uint16Array(32);
  #powered = true;
  #wire = false;
  #link = false;
  /** LLSTAT: the link has been up ever since PHSTAT1 was read. */
  #linkHeld = false;
  /** PLNKIF */
  #linkChanged = false;

  constructor({ clock, violations, errata }: ChipContext, options: Enc28j60Options) {
    this.#violations = violations;
    this.#errata = errata;
    this.#linkDelay = options.linkDelay ?? 0;
    this.#fullDuplexWiring = options.fullDuplexWiring ?? false;
    this.#linkTimer = clock.timer(() => this.#setLink(true));
    this.reset();
  }

  /** All registers to their reset values; the link is lost and, with a wire that has one, found again. */
  reset(): void {
    this.#registers.fill(0);
    this.#registers[PHLCON] = PHLCON_RESET;
    // Erratum 16: the pin may read as the other wiring.
    if (this.#fullDuplexWiring !== this.#errata.strikes(16)) this.#registers[PHCON1] = PDPXMD;
    this.#linkTimer.cancel();
    this.#link = false;
    this.#linkHeld = false;
    this.#linkChanged = false;
    this.#update();
  }

  set wire(up: boolean) {
    this.#wire = up;
    this.#update();
  }

  set powered(powered: boolean) {
    this.#powered = powered;
    this.#update();
  }

  get link(): boolean {
    return this.#link;
  }

  /** PHLCON */
  get ledControl(): number {
    return this.#registers[PHLCON]!;
  }

  get fullDuplex(): boolean {
    return this.#has(PHCON1, PDPXMD);
  }

  /** Frames that are sent come back: on request, and in half duplex unless HDLDIS switches that off (register 3-7). */
  get loopsBack(): boolean {
    return this.#has(PHCON1, PLOOPBK) || (!this.fullDuplex && !this.#has(PHCON2, HDLDIS));
  }

  /** A frame that is looped back does not arrive: the internal loopback is unreliable (errata 9 and 10). */
  loopFails(): boolean {
    return this.#has(PHCON1, PLOOPBK) && this.#errata.strikes(this.fullDuplex ? 10 : 9);
  }

  /** Frames reach the wire. */
  get sends(): boolean {
    return this.receives && !this.#has(PHCON2, TXDIS);
  }

  /** Frames from the wire reach the MAC. */
  get receives(): boolean {
    return this.#powered && !this.#has(PHCON1, PPWRSV) && !this.#has(PHCON1, PLOOPBK);
  }

  /** EIR.LINKIF shows this (section 12.1.5): a link change, with both PHY interrupt enables set. */
  get interrupt(): boolean {
    return this.#linkChanged && this.#has(PHIE, PLNK) && this.#has(PHIE, PGEIE);
  }

  /** Reading has effects: PHSTAT1's latch starts anew, PHIR is cleared. */
  read(address: number): number {
    switch (address) {
      case PHSTAT1: {
        const held = this.#linkHeld;
        this.#linkHeld = this.#link;
        return PFDPX | PHDPX | (held ? LLSTAT : 0);
      }
      case PHSTAT2:
        return (
          (this.transmitting ? TXSTAT : 0) |
          (this.line?.receiving ? RXSTAT : 0) |
          (this.line?.colliding ? COLSTAT : 0) |
          (this.#link ? LSTAT : 0) |
          (this.fullDuplex ? DPXSTAT : 0)
        );
      case PHIR: {
        const flags = this.#linkChanged ? PLNK | (this.#has(PHIE, PLNK) ? PGIF : 0) : 0;
        this.#linkChanged = false;
        return flags;
      }
      case PHID1:
        return IDENTIFIER_1;
      case PHID2:
        return IDENTIFIER_2;
      default:
        if (writableBits(address) === -2) this.#violations.note("reserved-phy-register", address);
        return this.#registers[address]!;
    }
  }

  write(address: number, value: number): void {
    const writable = writableBits(address);
    if (writable < 0) {
      this.#violations.note(writable === -1 ? "read-only-phy-register" : "reserved-phy-register", address);
    } else if (address === PHCON1 && (value & PRST) !== 0) {
      this.reset();
    } else {
      this.#registers[address] = (this.#registers[address]! & ~writable) | (value & writable);
      this.#update();
    }
  }

  #has(address: number, bits: number): boolean {
    return (this.#registers[address]! & bits) !== 0;
  }

  #update(): void {
    const awake = this.#powered && !this.#has(PHCON1, PPWRSV);
    const forced = awake && this.#has(PHCON2, FRCLNK);
    const link = forced || (awake && this.#wire);
    if (!link) this.#linkTimer.cancel();
    if (link === this.#link) return;
    if (!link || forced || this.#linkDelay === 0) this.#setLink(link);
    else if (!this.#linkTimer.armed) this.#linkTimer.arm(this.#linkDelay);
  }

  #setLink(link: boolean): void {
    this.#linkTimer.cancel();
    this.#link = link;
    this.#linkChanged = true;
    if (!link) this.#linkHeld = false;
    this.onLink?.();
  }
}
