/** What the ENC28J60 is told once, after its reset (DS39662 section 6). */
import { ControllerError, type ReceiveMode } from "../../hal/ethernet.ts";
import type { CommandList } from "./command-list.ts";
import {
  Econ1,
  Erxfcon,
  HDLDIS,
  Interrupt,
  LEDS_LINK_AND_TRAFFIC,
  LINK_INTERRUPTS,
  Macon1,
  Macon3,
  Macon4,
  PDPXMD,
  Phy,
  Register,
  STATION_ADDRESS,
} from "./registers.ts";
import { MAX_FRAME_WITH_FCS, type ReceiveRing, TRANSMIT_START } from "./ring.ts";

/** Leaving power save (erratum 19) and the oscillator's start take 300 us. */
export const OSCILLATOR_START = 1;
/** After a system reset, ms: the PHY's clock stands still for 1 ms while CLKRDY says that it runs (erratum 2). */
export const RESET_TIME = 2;
/** A PHY access takes 10.24 us. In ms; a clock's timer never fires early, so BUSY need not be asked for. */
export const PHY_TIME = 0.011;

/** Collision window, in bytes: the widest makes erratum 13's false late collisions rarer. */
const WIDEST_COLLISION_WINDOW = 63;

export function filterFor(mode: ReceiveMode): number {
  if (mode.promiscuous) return 0;
  return Erxfcon.UCEN | Erxfcon.CRCEN | Erxfcon.BCEN | (mode.allMulticast ? Erxfcon.MCEN : 0);
}

/** Packet memory, filters and MAC. */
export function setUpMac(
  commands: CommandList,
  ring: ReceiveRing,
  address: Uint8Array,
  mode: ReceiveMode,
  fullDuplex: boolean,
): void {
  ring.layOut(commands);
  commands.write16(Register.ETXST, TRANSMIT_START);
  // The per-packet control byte 0, "as MACON3 says", is written once and stays.
  commands.write16(Register.EWRPT, TRANSMIT_START);
  commands.writeBuffer(new Uint8Array(2), 1, 1);
  commands.write(Register.ERXFCON, filterFor(mode));
  commands.write(Register.MACON1, Macon1.MARXEN | (fullDuplex ? Macon1.TXPAUS | Macon1.RXPAUS : 0));
  commands.write(Register.MACON3, Macon3.PAD60 | Macon3.TXCRCEN | (fullDuplex ? Macon3.FULDPX : 0));
  commands.write(Register.MACON4, fullDuplex ? 0 : Macon4.DEFER);
  commands.write(Register.MABBIPG, fullDuplex ? 0x15 : 0x12);
  commands.write(Register.MAIPGL, 0x12);
  if (!fullDuplex) {
    commands.write(Register.MAIPGH, 0x0c);
    commands.write(Register.MACLCON2, WIDEST_COLLISION_WINDOW);
  }
  commands.write16(Register.MAMXFL, MAX_FRAME_WITH_FCS);
  for (const [at, register] of STATION_ADDRESS.entries()) commands.write(register, address[at] as number);
}

/** PHY registers and their values, to be written one after the other. The LED wiring decides PDPXMD at reset: always write it. */
export function phySetup(fullDuplex: boolean): readonly (readonly [register: number, value: number])[] {
  return [
    [Phy.PHCON1, fullDuplex ? PDPXMD : 0],
    [Phy.PHCON2, fullDuplex ? 0 : HDLDIS],
    [Phy.PHLCON, LEDS_LINK_AND_TRAFFIC],
    [Phy.PHIE, LINK_INTERRUPTS],
  ];
}

/** Interrupts and reception on. EIR.LINKIF needs EIE.LINKIE even where nobody listens to the INT pin. */
export function start(commands: CommandList, interruptLine: boolean): void {
  const sources = Interrupt.PKT | Interrupt.LINK | Interrupt.TX | Interrupt.TXER | Interrupt.RXER;
  commands.clearBits(Register.EIR, Interrupt.DMA | Interrupt.TX | Interrupt.TXER | Interrupt.RXER);
  commands.write(Register.EIE, sources | (interruptLine ? Interrupt.INTIE : 0));
  commands.setBits(Register.ECON1, Econ1.RXEN);
}

/** @param erevid what was read where a silicon revision should be */
export function notFound(bus: string, erevid: number): ControllerError {
  return new ControllerError(
    "ENC28J60_NOT_FOUND",
    `no ENC28J60 answers on ${bus}: EREVID reads 0x${erevid.toString(16).padStart(2, "0")}, which is no revision; ` +
      "check its 3.3 V supply, the wiring of CS, SI, SO and SCK, and that SPI runs in mode 0 at 8 to 20 MHz",
  );
}
