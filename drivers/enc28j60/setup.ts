/** The set-up of the ENC28J60 after its reset (DS39662 section 6). */
import type { CommandList } from "./command-list.ts";
import type { Filters } from "./filters.ts";
import {
  Control,
  Econ1,
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
import type { Session } from "./session.ts";

/** Leaving power save (erratum 19) and the oscillator's start take 300 us. */
export const OSCILLATOR_START = 1;
/** After a system reset, ms: the PHY's clock stands still for 1 ms while CLKRDY says that it runs (erratum 2). */
export const RESET_TIME = 2;
/** A PHY access takes 10.24 us. In ms; a clock's timer never fires early, so BUSY need not be asked for. */
export const PHY_TIME = 0.011;

/** SPI clock below which revisions B1 and B4 lose what is written to their MAC (erratum 1), in Hz. */
export const SLOWEST_CLOCK = 8_000_000;
/** EPAUS: what a partner is asked for when the ring runs full, in 512 bit times: 13 ms, time to empty it over a fast bus. */
const PAUSE_TIME = 0x0100;

/** MACLCON1 at reset: how often a frame is sent again after a collision. */
const RETRANSMISSIONS = 0x0f;

/** Writes in one batch where the bus may damage bytes: the shorter it is, the likelier it passes whole. */
const PART = 5;

/** The control byte to be written, with room for the command in front of it. */
const controlBytes = new Uint8Array(2);

/** Collision window, in bytes: the widest makes erratum 13's false late collisions rarer. */
const WIDEST_COLLISION_WINDOW = 63;

/** Settings of a chip, besides the duplex mode, which is the session's. */
export interface ChipSettings {
  readonly address: Uint8Array;
  readonly filters: Filters;
}

/** A register and what it is told. */
export type RegisterValue = readonly [register: number, value: number];

/** A register pair, low byte first. */
export function both(register: number, value: number): readonly RegisterValue[] {
  return [
    [register, value & 0xff],
    [register + 1, value >> 8],
  ];
}

/**
 * MAC registers and their values. Where the bus may damage bytes the chip neither pads nor appends an FCS: both come from the
 * driver, so that a damaged frame is told by its FCS at the other end.
 */
export function macSetup(address: Uint8Array, { fullDuplex, lossy }: Session): readonly RegisterValue[] {
  return [
    ...macMode(fullDuplex, lossy),
    ...both(Register.MAMXFL, MAX_FRAME_WITH_FCS),
    ...STATION_ADDRESS.map((register, at) => [register, address[at]!] as const),
  ];
}

function macMode(fullDuplex: boolean, lossy: boolean): readonly RegisterValue[] {
  const always: readonly RegisterValue[] = [
    [Register.MACON1, Macon1.MARXEN | (fullDuplex ? Macon1.TXPAUS | Macon1.RXPAUS : 0)],
    [Register.MACON3, (lossy ? 0 : Macon3.PAD60 | Macon3.TXCRCEN) | (fullDuplex ? Macon3.FULDPX : 0)],
    [Register.MACON4, fullDuplex ? 0 : Macon4.DEFER],
    [Register.MABBIPG, fullDuplex ? 0x15 : 0x12],
    [Register.MAIPGL, 0x12],
  ];
  if (fullDuplex) return [...always, ...both(Register.EPAUS, PAUSE_TIME)];
  return [...always, [Register.MAIPGH, 0x0c], [Register.MACLCON2, WIDEST_COLLISION_WINDOW]];
}

/** Registers that are never written and hold their reset values. */
export const UNTOLD: readonly RegisterValue[] = [[Register.MACLCON1, RETRANSMISSIONS]];

/** The per-packet control byte. It says the same as MACON3 and overrides it: a frame leaves whole where MACON3 has lost its bits. */
export function controlByte(lossy: boolean): number {
  return Control.OVERRIDE | (lossy ? 0 : Control.CRC | Control.PAD);
}

/** It is not written with each frame. Only while none is in the chip. */
export function writeControlByte(commands: CommandList, lossy: boolean): void {
  controlBytes[1] = controlByte(lossy);
  commands.write16(Register.EWRPT, TRANSMIT_START);
  commands.writeBuffer(controlBytes, 1, 1);
}

/** Packet memory, filters and MAC, in parts: one batch each. */
export function setUpMac(
  session: Session,
  ring: ReceiveRing,
  { address, filters }: ChipSettings,
): readonly ((commands: CommandList) => void)[] {
  const [config, ...hash] = filters.tell();
  const writes = [...hash, ...macSetup(address, session)];
  const parts: ((commands: CommandList) => void)[] = [
    (commands) => ring.layOut(commands),
    (commands) => {
      commands.write16(Register.ETXST, TRANSMIT_START);
      writeControlByte(commands, session.lossy);
      if (config) commands.write(...config);
    },
  ];
  const size = session.lossy ? PART : writes.length;
  for (let first = 0; first < writes.length; first += size) {
    const some = writes.slice(first, first + size);
    parts.push((commands) => {
      for (const [register, value] of some) commands.write(register, value);
    });
  }
  return parts;
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

/** EIE. EIR.LINKIF needs EIE.LINKIE even where nobody listens to the INT pin. */
export function enabledInterrupts(interruptLine: boolean): number {
  const sources = Interrupt.PKT | Interrupt.LINK | Interrupt.TX | Interrupt.TXER | Interrupt.RXER;
  return sources | (interruptLine ? Interrupt.INTIE : 0);
}

/** Interrupts and reception on. */
export function start(commands: CommandList, interruptLine: boolean): void {
  commands.clearBits(Register.EIR, Interrupt.DMA | Interrupt.TX | Interrupt.TXER | Interrupt.RXER);
  commands.write(Register.EIE, enabledInterrupts(interruptLine));
  commands.setBits(Register.ECON1, Econ1.RXEN);
}
