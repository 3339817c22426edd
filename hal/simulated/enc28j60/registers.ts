/**
 * The ENC28J60's control registers as the chip has them (data sheet DS39662, section 3): four banks of 32, of which 1Bh..1Fh are
 * the same five in every bank. A register is named here by bank * 32 + address, the common five by their address in bank 0.
 *
 * The driver has a table of its own on purpose: a model that shared it would agree with every mistake in it.
 */

/** The part of the chip that a register lives in; MAC and MII registers answer a read one byte later (section 4.2.1). */
export const RESERVED = 0;
export const ETH = 1;
export const MAC = 2;
export const MII = 3;

export const REGISTERS = 128;
export const COMMON = 0x1b;

export const ERDPTL = 0x00;
export const EWRPTL = 0x02;
export const ETXSTL = 0x04;
export const ETXSTH = 0x05;
export const ETXNDL = 0x06;
export const ETXNDH = 0x07;
export const ERXSTL = 0x08;
export const ERXSTH = 0x09;
export const ERXNDL = 0x0a;
export const ERXNDH = 0x0b;
export const ERXRDPTL = 0x0c;
export const ERXRDPTH = 0x0d;
export const ERXWRPTL = 0x0e;
export const EDMASTL = 0x10;
export const EDMANDL = 0x12;
export const EDMADSTL = 0x14;
export const EDMACSL = 0x16;
export const EIE = 0x1b;
export const EIR = 0x1c;
export const ESTAT = 0x1d;
export const ECON2 = 0x1e;
export const ECON1 = 0x1f;
export const EHT0 = 0x20;
export const EPMM0 = 0x28;
export const EPMCSL = 0x30;
export const EPMOL = 0x34;
export const ERXFCON = 0x38;
export const EPKTCNT = 0x39;
export const MACON1 = 0x40;
export const MACON3 = 0x42;
export const MACON4 = 0x43;
export const MABBIPG = 0x44;
export const MAIPGL = 0x46;
export const MAIPGH = 0x47;
export const MACLCON1 = 0x48;
export const MACLCON2 = 0x49;
export const MAMXFLL = 0x4a;
export const MICMD = 0x52;
export const MIREGADR = 0x54;
export const MIWRL = 0x56;
export const MIWRH = 0x57;
export const MIRDL = 0x58;
export const MIRDH = 0x59;
export const EBSTSD = 0x66;
export const EBSTCON = 0x67;
export const EBSTCSL = 0x68;
export const MISTAT = 0x6a;
export const EREVID = 0x72;
export const ECOCON = 0x75;
export const EFLOCON = 0x77;
export const EPAUSL = 0x78;

/** MAADR1..MAADR6: where the octets of the station address are, in the order in which they go over the wire. */
export const MAADR: readonly number[] = [0x64, 0x65, 0x62, 0x63, 0x60, 0x61];

/** EIE. The enable bits below stand where EIR has their flags. */
export const INTIE = 0x80;

/** EIR */
export const PKTIF = 0x40;
export const DMAIF = 0x20;
export const LINKIF = 0x10;
export const TXIF = 0x08;
export const TXERIF = 0x02;
export const RXERIF = 0x01;

/** ESTAT */
export const INT = 0x80;
export const LATECOL = 0x10;
export const RXBUSY = 0x04;
export const TXABRT = 0x02;
export const CLKRDY = 0x01;

/** ECON2 */
export const AUTOINC = 0x80;
export const PKTDEC = 0x40;
export const PWRSV = 0x20;

/** ECON1 */
export const TXRST = 0x80;
export const RXRST = 0x40;
export const DMAST = 0x20;
export const CSUMEN = 0x10;
export const TXRTS = 0x08;
export const RXEN = 0x04;
export const BSEL = 0x03;

/** ERXFCON */
export const UCEN = 0x80;
export const ANDOR = 0x40;
export const CRCEN = 0x20;
export const PMEN = 0x10;
export const MPEN = 0x08;
export const HTEN = 0x04;
export const MCEN = 0x02;
export const BCEN = 0x01;

/** MACON1 */
export const TXPAUS = 0x08;
export const RXPAUS = 0x04;
export const PASSALL = 0x02;
export const MARXEN = 0x01;

/** MACON3; PADCFG are its top three bits. */
export const PADCFG_SHIFT = 5;
export const TXCRCEN = 0x10;
export const HFRMEN = 0x04;
export const FRMLNEN = 0x02;
export const FULDPX = 0x01;

/** MACON4 */
export const DEFER = 0x40;
export const BPEN = 0x20;
export const NOBKOFF = 0x10;

/** EFLOCON */
export const FULDPXS = 0x04;
export const FCEN = 0x03;

/** MICMD */
export const MIISCAN = 0x02;
export const MIIRD = 0x01;

/** MISTAT */
export const NVALID = 0x04;
export const SCAN = 0x02;
export const BUSY = 0x01;

/** Address, name, part, bits that the host can change, value after power-on. */
type Row = readonly [address: number, name: string, part: number, writable: number, reset: number];

const TABLE: readonly Row[] = [
  [0x00, "ERDPTL", ETH, 0xff, 0xfa],
  [0x01, "ERDPTH", ETH, 0x1f, 0x05],
  [0x02, "EWRPTL", ETH, 0xff, 0x00],
  [0x03, "EWRPTH", ETH, 0x1f, 0x00],
  [0x04, "ETXSTL", ETH, 0xff, 0x00],
  [0x05, "ETXSTH", ETH, 0x1f, 0x00],
  [0x06, "ETXNDL", ETH, 0xff, 0x00],
  [0x07, "ETXNDH", ETH, 0x1f, 0x00],
  [0x08, "ERXSTL", ETH, 0xff, 0xfa],
  [0x09, "ERXSTH", ETH, 0x1f, 0x05],
  [0x0a, "ERXNDL", ETH, 0xff, 0xff],
  [0x0b, "ERXNDH", ETH, 0x1f, 0x1f],
  [0x0c, "ERXRDPTL", ETH, 0xff, 0xfa],
  [0x0d, "ERXRDPTH", ETH, 0x1f, 0x05],
  [0x0e, "ERXWRPTL", ETH, 0x00, 0x00],
  [0x0f, "ERXWRPTH", ETH, 0x00, 0x00],
  [0x10, "EDMASTL", ETH, 0xff, 0x00],
  [0x11, "EDMASTH", ETH, 0x1f, 0x00],
  [0x12, "EDMANDL", ETH, 0xff, 0x00],
  [0x13, "EDMANDH", ETH, 0x1f, 0x00],
  [0x14, "EDMADSTL", ETH, 0xff, 0x00],
  [0x15, "EDMADSTH", ETH, 0x1f, 0x00],
  [0x16, "EDMACSL", ETH, 0x00, 0x00],
  [0x17, "EDMACSH", ETH, 0x00, 0x00],

  [0x1b, "EIE", ETH, 0xfb, 0x00],
  [0x1c, "EIR", ETH, 0x2b, 0x00],
  [0x1d, "ESTAT", ETH, 0x52, 0x00],
  [0x1e, "ECON2", ETH, 0xe8, 0x80],
  [0x1f, "ECON1", ETH, 0xff, 0x00],

  [0x20, "EHT0", ETH, 0xff, 0x00],
  [0x21, "EHT1", ETH, 0xff, 0x00],
  [0x22, "EHT2", ETH, 0xff, 0x00],
  [0x23, "EHT3", ETH, 0xff, 0x00],
  [0x24, "EHT4", ETH, 0xff, 0x00],
  [0x25, "EHT5", ETH, 0xff, 0x00],
  [0x26, "EHT6", ETH, 0xff, 0x00],
  [0x27, "EHT7", ETH, 0xff, 0x00],
  [0x28, "EPMM0", ETH, 0xff, 0x00],
  [0x29, "EPMM1", ETH, 0xff, 0x00],
  [0x2a, "EPMM2", ETH, 0xff, 0x00],
  [0x2b, "EPMM3", ETH, 0xff, 0x00],
  [0x2c, "EPMM4", ETH, 0xff, 0x00],
  [0x2d, "EPMM5", ETH, 0xff, 0x00],
  [0x2e, "EPMM6", ETH, 0xff, 0x00],
  [0x2f, "EPMM7", ETH, 0xff, 0x00],
  [0x30, "EPMCSL", ETH, 0xff, 0x00],
  [0x31, "EPMCSH", ETH, 0xff, 0x00],
  [0x34, "EPMOL", ETH, 0xff, 0x00],
  [0x35, "EPMOH", ETH, 0x1f, 0x00],
  [0x38, "ERXFCON", ETH, 0xff, 0xa1],
  [0x39, "EPKTCNT", ETH, 0x00, 0x00],

  [0x40, "MACON1", MAC, 0x0f, 0x00],
  [0x42, "MACON3", MAC, 0xff, 0x00],
  [0x43, "MACON4", MAC, 0x70, 0x00],
  [0x44, "MABBIPG", MAC, 0x7f, 0x00],
  [0x46, "MAIPGL", MAC, 0x7f, 0x00],
  [0x47, "MAIPGH", MAC, 0x7f, 0x00],
  [0x48, "MACLCON1", MAC, 0x0f, 0x0f],
  [0x49, "MACLCON2", MAC, 0x3f, 0x37],
  [0x4a, "MAMXFLL", MAC, 0xff, 0x00],
  [0x4b, "MAMXFLH", MAC, 0xff, 0x06],
  [0x52, "MICMD", MII, 0x03, 0x00],
  [0x54, "MIREGADR", MII, 0x1f, 0x00],
  [0x56, "MIWRL", MII, 0xff, 0x00],
  [0x57, "MIWRH", MII, 0xff, 0x00],
  [0x58, "MIRDL", MII, 0x00, 0x00],
  [0x59, "MIRDH", MII, 0x00, 0x00],

  [0x60, "MAADR5", MAC, 0xff, 0x00],
  [0x61, "MAADR6", MAC, 0xff, 0x00],
  [0x62, "MAADR3", MAC, 0xff, 0x00],
  [0x63, "MAADR4", MAC, 0xff, 0x00],
  [0x64, "MAADR1", MAC, 0xff, 0x00],
  [0x65, "MAADR2", MAC, 0xff, 0x00],
  [0x66, "EBSTSD", ETH, 0xff, 0x00],
  [0x67, "EBSTCON", ETH, 0xff, 0x00],
  [0x68, "EBSTCSL", ETH, 0x00, 0x00],
  [0x69, "EBSTCSH", ETH, 0x00, 0x00],
  [0x6a, "MISTAT", MII, 0x00, 0x00],
  [0x72, "EREVID", ETH, 0x00, 0x00],
  [0x75, "ECOCON", ETH, 0x07, 0x04],
  [0x77, "EFLOCON", ETH, 0x03, 0x00],
  [0x78, "EPAUSL", ETH, 0xff, 0x00],
  [0x79, "EPAUSH", ETH, 0xff, 0x10],
];

const names: string[] = [];
const parts = new Uint8Array(REGISTERS);
const writable = new Uint8Array(REGISTERS);
const resets = new Uint8Array(REGISTERS);
for (const [address, name, part, mask, reset] of TABLE) {
  names[address] = name;
  parts[address] = part;
  writable[address] = mask;
  resets[address] = reset;
}

/** Name of a register for people, as `MACON3`, or where it would be. */
export function registerName(index: number): string {
  return names[index] ?? `bank ${index >> 5} register ${(index & 0x1f).toString(16).toUpperCase().padStart(2, "0")}h`;
}

/** The contents of the registers. Their owners do everything else that a read or a write sets off. */
export class RegisterFile {
  readonly bytes: Uint8Array = new Uint8Array(REGISTERS);

  constructor() {
    this.bytes.set(resets);
  }

  /** All to their reset values. COCON keeps its setting through every reset but power-on (section 2.3), EREVID is fixed. */
  reset(): void {
    const clockOut = this.get(ECOCON);
    const revision = this.get(EREVID);
    this.bytes.set(resets);
    this.set(ECOCON, clockOut);
    this.set(EREVID, revision);
  }

  get(index: number): number {
    return this.bytes[index]!;
  }

  set(index: number, value: number): void {
    this.bytes[index] = value;
  }

  /** The register pair whose low byte is at `low`. */
  word(low: number): number {
    return this.bytes[low]! | (this.bytes[low + 1]! << 8);
  }

  setWord(low: number, value: number): void {
    this.bytes[low] = value;
    this.bytes[low + 1] = value >> 8;
  }

  has(index: number, bits: number): boolean {
    return (this.bytes[index]! & bits) !== 0;
  }

  raise(index: number, bits: number): void {
    this.bytes[index] = this.bytes[index]! | bits;
  }

  lower(index: number, bits: number): void {
    this.bytes[index] = this.bytes[index]! & ~bits;
  }

  /** RESERVED, ETH, MAC or MII. */
  part(index: number): number {
    return parts[index]!;
  }

  /** The bits of a register that the host can change. */
  writable(index: number): number {
    return writable[index]!;
  }
}
