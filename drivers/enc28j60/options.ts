/** How an ENC28J60 is wired and to be driven. */
import type { ChipPins } from "../../hal/chip-pins.ts";
import type { InterruptLine } from "../../hal/interrupt.ts";

export interface Enc28j60DriverOptions {
  /** Station address, 6 bytes; the chip has none of its own. */
  address: Uint8Array;
  /** The chip's INT pin, where it is wired to the host by itself. Without it, and without one on the bus, the chip is polled. */
  interrupt?: InterruptLine;
  /** Time between polls where there is no interrupt line, in ms. Default 5; a poll that found frames is followed by another soon. */
  pollInterval?: number;
  /** Must agree with the link partner: the chip does not negotiate, and a partner that does then takes half duplex. Default false. */
  fullDuplex?: boolean;
  /**
   * Time after which a transmission that never ended is given up and the transmit logic is reset, in ms. Default 500: sixteen
   * attempts with the longest back-offs between them take 386.
   */
  watchdog?: number;
  /** The chip's reset and power, where the board holds them: it is powered while the driver is open. */
  pins?: ChipPins;
}
