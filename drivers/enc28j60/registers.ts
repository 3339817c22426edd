/**
 * The ENC28J60 as its driver sees it: SPI opcodes, registers and bits (Microchip DS39662, sections 3, 4 and the chapters named
 * below). The chip model has a table of its own, so that a slip in one shows as a disagreement with the other.
 */

/** First byte of an SPI command (section 4.2); the register commands carry the address in the low five bits. */
export const Opcode = {
  /** Read control register. */
  RCR: 0x00,
  /** Read buffer memory from ERDPT on. */
  RBM: 0x3a,
  /** Write control register. */
  WCR: 0x40,
  /** Write buffer memory from EWRPT on. */
  WBM: 0x7a,
  /** Set bits; ETH registers only. */
  BFS: 0x80,
  /** Clear bits; ETH registers only. */
  BFC: 0xa0,
  /** System reset. */
  SRC: 0xff,
} as const;

/** Address in the bank, bits 4:0. */
export const ADDRESS_MASK = 0x1f;
/** From this address on a register shows in every bank. */
export const FIRST_COMMON = 0x1b;
/** Bank of a register below: bits 6:5. */
export const BANK_SHIFT = 5;
/** Bit 7 of a register below: MAC or MII; its reads deliver a dummy byte first, and BFS and BFC do not work on it. */
export const SLOW_READ = 0x80;

/** Registers: address, bank and kind in one number. Of a 16-bit register the low half; the high half is the next number. */
export const Register = {
  EIE: 0x1b,
  EIR: 0x1c,
  ESTAT: 0x1d,
  ECON2: 0x1e,
  ECON1: 0x1f,

  ERDPT: 0x00,
  EWRPT: 0x02,
  ETXST: 0x04,
  ETXND: 0x06,
  ERXST: 0x08,
  ERXND: 0x0a,
  ERXRDPT: 0x0c,
  ERXWRPT: 0x0e,

  /** The hash table, HASH_BYTES registers from here on. */
  EHT0: 0x20,
  ERXFCON: 0x38,
  EPKTCNT: 0x39,

  MACON1: 0xc0,
  MACON3: 0xc2,
  MACON4: 0xc3,
  MABBIPG: 0xc4,
  MAIPGL: 0xc6,
  MAIPGH: 0xc7,
  MACLCON1: 0xc8,
  MACLCON2: 0xc9,
  MAMXFL: 0xca,
  MICMD: 0xd2,
  MIREGADR: 0xd4,
  MIWRL: 0xd6,
  MIWRH: 0xd7,
  MIRDL: 0xd8,
  MIRDH: 0xd9,

  EREVID: 0x72,
  EFLOCON: 0x77,
  EPAUS: 0x78,
} as const;

/** EHT0 to EHT7 (section 8.4). */
export const HASH_BYTES = 8;

/** Registers of the MAC that no frame on a good line depends on. */
export const LESSER_MAC: readonly number[] = [
  Register.MACON4,
  Register.MABBIPG,
  Register.MAIPGL,
  Register.MAIPGH,
  Register.MACLCON1,
  Register.MACLCON2,
  Register.MAMXFL,
  Register.MAMXFL + 1,
];

/** Registers of the station address, first octet on the wire first. The chip keeps them in an order of its own. */
export const STATION_ADDRESS: readonly number[] = [0xe4, 0xe5, 0xe2, 0xe3, 0xe0, 0xe1];

/** EIR and EIE share these positions; INTIE stands in EIE only. */
export const Interrupt = { INTIE: 0x80, PKT: 0x40, DMA: 0x20, LINK: 0x10, TX: 0x08, TXER: 0x02, RXER: 0x01 } as const;

/** EIR's bit 7 is not implemented and reads 0: an answer that has it is not the chip's. */
export const NO_ANSWER = 0x80;

/** LATECOL is not reliable (erratum 15): it is only ever cleared here. */
export const Estat = { LATECOL: 0x10, ALWAYS_ZERO: 0x08, RXBUSY: 0x04, TXABRT: 0x02, CLKRDY: 0x01 } as const;

export const Econ2 = { AUTOINC: 0x80, PKTDEC: 0x40, PWRSV: 0x20, VRPS: 0x08 } as const;

export const Econ1 = { TXRST: 0x80, RXRST: 0x40, DMAST: 0x20, CSUMEN: 0x10, TXRTS: 0x08, RXEN: 0x04, BSEL: 0x03 } as const;

/** Bits of ECON1 that stay set by a damaged command and stop the chip. */
export const STUCK: number = Econ1.TXRST | Econ1.RXRST | Econ1.DMAST | Econ1.CSUMEN;

/** Receive filters (section 8). 0 lets everything through, frames with a wrong FCS included. */
export const Erxfcon = { UCEN: 0x80, CRCEN: 0x20, HTEN: 0x04, MCEN: 0x02, BCEN: 0x01 } as const;

export const Macon1 = { TXPAUS: 0x08, RXPAUS: 0x04, MARXEN: 0x01 } as const;

/** PAD60: short frames are padded to 60 bytes before the FCS; works only together with TXCRCEN. */
export const Macon3 = { PAD60: 0x20, TXCRCEN: 0x10, FULDPX: 0x01 } as const;

/** The per-packet control byte (figure 7-1): with OVERRIDE its other bits count, and not MACON3's. PAD: to 60 bytes. */
export const Control = { OVERRIDE: 0x01, CRC: 0x02, PAD: 0x04 } as const;

/** EFLOCON: one pause frame with the time in EPAUS, full duplex only. */
export const SEND_PAUSE = 0x01;

export const Macon4 = { DEFER: 0x40 } as const;

export const Micmd = { MIIRD: 0x01 } as const;

/** Bits of PHY registers that decide whether frames pass and the link is told; the others differ between revisions. */
export const PHY_MASK: Readonly<Record<number, number>> = { 0: 0xc900, 16: 0x6500, 18: 0x0012, 20: 0x0ff2 };

/** PHY registers, reached through the MII registers (section 3.3). */
export const Phy = { PHCON1: 0x00, PHCON2: 0x10, PHSTAT2: 0x11, PHIE: 0x12, PHIR: 0x13, PHLCON: 0x14 } as const;

/** PHCON1: full duplex; must agree with MACON3.FULDPX. */
export const PDPXMD = 0x0100;
/** PHCON2: no loopback of what is sent in half duplex; without it every own frame is received. */
export const HDLDIS = 0x0100;
/** PHSTAT2: link is up. */
export const LSTAT = 0x0400;
/** PHIE: PLNKIE and PGEIE; both are needed for EIR.LINKIF. */
export const LINK_INTERRUPTS = 0x0012;
/** PHLCON: LED A shows the link, LED B traffic, pulses stretched so that an eye sees them. */
export const LEDS_LINK_AND_TRAFFIC = 0x3476;

/** Receive status vector, its upper 16 bits (table 7-3). */
export const ReceiveStatus = {
  CRC_ERROR: 0x0010,
  LENGTH_ERROR: 0x0020,
  OK: 0x0080,
  MULTICAST: 0x0100,
  BROADCAST: 0x0200,
  ZERO: 0x8000,
} as const;

/** Name of a silicon revision from EREVID; null when the byte can not be one. */
export function revisionName(erevid: number): string | null {
  if (erevid === 0x00 || erevid === 0xff) return null;
  return `B${erevid === 0x02 ? 1 : erevid === 0x06 ? 7 : erevid}`;
}

/** B1 and B4 lose what is written to MAC registers at a slow SPI clock (erratum 1). */
export function needsFastClock(erevid: number): boolean {
  return erevid <= 0x04;
}
