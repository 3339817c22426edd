/** Options of a simulated ENC28J60. */
import type { Random } from "../../random.ts";
import type { ErrataOptions, Revision } from "./errata.ts";

export interface Enc28j60Options {
  /** By its name, or as EREVID shows it: 0x02 B1, 0x04 B4, 0x05 B5, 0x06 B7. Default B7. */
  revision?: number | Revision;
  /** Errata to have or not to have, by number; the others are those of the revision. */
  errata?: ErrataOptions;
  /** Decides when errata strike and how long collisions back off. Default: seeded with the port's name. */
  random?: Random;
  /** The SPI clock that the host drives, in Hz; the model can not see it. Default 20 MHz. */
  spiHz?: number;
  /** Time from a plugged cable, a reset or a wake-up to PHSTAT2.LSTAT, in ms; silicon takes tens of them. Default 0. */
  linkDelay?: number;
  /** Wiring of LEDB, which sets the duplex mode after a reset, erratum 16 permitting (section 2.6). Default half duplex. */
  fullDuplexWiring?: boolean;
  /**
   * Rate of the line, in bit/s. Infinity: a transmission takes no time and is over with the clock's next task, and a PHY register
   * is read or written at once. Default 10 000 000.
   */
  lineRate?: number;
  /**
   * Bit field set and clear do nothing to MAC and MII registers, which is all that the data sheet lets a driver count on (section
   * 4.2.5). Default false: they take effect, as on silicon; three Arduino libraries set MACON3 in no other way. They are counted
   * as violations either way.
   */
  strict?: boolean;
}
