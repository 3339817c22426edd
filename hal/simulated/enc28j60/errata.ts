/**
 * The faults that Microchip's errata sheet DS80349 admits, by their numbers there, and the silicon revisions that have them.
 * Those that strike now and then do so as a seeded source decides, each from a sequence of its own: switching one off leaves the
 * others as they were. How often silicon shows them is not published; the rates here are guesses on the rare side.
 */
import type { Random } from "../../random.ts";

/**
 *   1 MAC and MII registers are unreliable below 8 MHz of SPI clock
 *   2 CLKRDY stays set through a system reset though the PHY's clock stands still
 *   5 a write to ERXST may leave the write pointer at 0
 *   6 PKTIF may read 0 though packets wait
 *   9, 10 the PHY's loopback is unreliable in half, in full duplex
 *   11 LED code 1110 shows duplex only
 *   12 after an abort in half duplex the transmit logic may hang until TXRST
 *   13 a link pulse may be taken for a late collision
 *   14 an even ERXRDPT may corrupt the receive buffer, but for the one that reception starts with
 *   15 ESTAT.LATECOL is unreliable
 *   16 the duplex mode that LEDB's wiring should set at reset is not
 *   17 a DMA checksum is wrong when a frame comes in meanwhile
 *   18 the pattern filter lets frames in that do not match
 *   19 a system reset does nothing in power save
 *
 * Not there, for no bus shows them: 3 and 8 (operating range, RBIAS), 4 (CLKOUT stops in power save, always modelled), 7 (polarity).
 */
export type Erratum = 1 | 2 | 5 | 6 | 9 | 10 | 11 | 12 | 13 | 14 | 15 | 16 | 17 | 18 | 19;

/** True: as often as the model thinks right; a number: with that probability, 0..1; false: never. */
export type ErrataOptions = { readonly [N in Erratum]?: boolean | number };

export type Revision = "B1" | "B4" | "B5" | "B7";

/** EREVID */
const EREVIDS: Readonly<Record<Revision, number>> = { B1: 0x02, B4: 0x04, B5: 0x05, B7: 0x06 };
export const REVISIONS: readonly Revision[] = Object.keys(EREVIDS) as Revision[];
const OLD: readonly number[] = [EREVIDS.B1, EREVIDS.B4];
const NEW: readonly number[] = [EREVIDS.B5, EREVIDS.B7];
const ALL: readonly number[] = [...OLD, ...NEW];

/** Erratum, probability each time it could strike, revisions. */
const TABLE: readonly (readonly [erratum: Erratum, rate: number, revisions: readonly number[]])[] = [
  [1, 0.25, OLD],
  [2, 1, ALL],
  [5, 0.25, ALL],
  [6, 1 / 256, ALL],
  [9, 0.5, ALL],
  [10, 0.5, ALL],
  [11, 1, ALL],
  [12, 0.5, ALL],
  [13, 1 / 512, NEW],
  [14, 0.25, ALL],
  [15, 0.5, ALL],
  [16, 0.5, ALL],
  [17, 1, ALL],
  [18, 1 / 16, ALL],
  [19, 1, ALL],
];

export const ERRATA: readonly Erratum[] = TABLE.map(([erratum]) => erratum);

export class Errata {
  readonly #rates = new Float64Array(20);
  readonly #sources: (Random | null)[] = [];
  readonly #strikes = new Uint32Array(20);
  /** Chances that pass before the next strike: drawn once a strike, so that a frame on which nothing strikes draws nothing. */
  readonly #passes = new Int32Array(20);

  constructor(revision: number, options: ErrataOptions, random: Random) {
    for (const [erratum, rate, revisions] of TABLE) {
      const asked = options[erratum] ?? revisions.includes(revision);
      this.#rates[erratum] = asked === true ? rate : Number(asked);
      this.#sources[erratum] = random.fork(`erratum ${erratum}`);
      this.#draw(erratum);
    }
  }

  /** This chip has the fault. */
  has(erratum: Erratum): boolean {
    return this.#rates[erratum]! > 0;
  }

  /** Here it could strike: does it? */
  strikes(erratum: Erratum): boolean {
    if (!this.has(erratum)) return false;
    const passes = this.#passes[erratum]!;
    if (passes > 0) {
      this.#passes[erratum] = passes - 1;
      return false;
    }
    this.#draw(erratum);
    this.#strikes[erratum] = this.#strikes[erratum]! + 1;
    return true;
  }

  /** Draws the chances that pass before the next strike: a geometric distribution. */
  #draw(erratum: Erratum): void {
    const rate = this.#rates[erratum]!;
    if (rate === 0 || rate >= 1) return;
    const passes = Math.log(1 - this.#sources[erratum]!.next()) / Math.log(1 - rate);
    this.#passes[erratum] = Math.min(passes, 0x7fff_ffff);
  }

  /** Counts its strikes, so that a test of a workaround can make sure that there was something to work around. */
  count(erratum: Erratum): number {
    return this.#strikes[erratum]!;
  }

  /** Anything below `bound`, from an erratum's own sequence. */
  below(erratum: Erratum, bound: number): number {
    return this.#sources[erratum]!.below(bound);
  }
}

/** EREVID of a revision by its name. */
export function erevidOf(revision: number | Revision): number {
  return typeof revision === "number" ? revision : EREVIDS[revision];
}

/** B1, B4, … or the number. */
export function revisionName(erevid: number): string {
  for (const [name, value] of Object.entries(EREVIDS)) if (value === erevid) return name;
  return `${erevid.toString(16).toUpperCase().padStart(2, "0")}h`;
}
