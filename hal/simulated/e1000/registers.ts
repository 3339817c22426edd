/**
 * The 82540EM's registers as the chip has them (Intel, PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's
 * Manual, chapter 13): 32 bits wide, in a window of 128 KiB, named by their offset in it.
 *
 * The driver has a table of its own on purpose: a model that shared it would agree with every mistake in it.
 */

export const CTRL = 0x0000;
export const STATUS = 0x0008;
export const EECD = 0x0010;
export const EERD = 0x0014;
export const CTRL_EXT = 0x0018;
export const MDIC = 0x0020;
export const VET = 0x0038;
export const ICR = 0x00c0;
export const ITR = 0x00c4;
export const ICS = 0x00c8;
export const IMS = 0x00d0;
export const IMC = 0x00d8;
export const RCTL = 0x0100;
export const TCTL = 0x0400;
export const LEDCTL = 0x0e00;
export const PBA = 0x1000;
export const RDBAL = 0x2800;
export const RDBAH = 0x2804;
export const RDLEN = 0x2808;
export const RDH = 0x2810;
export const RDT = 0x2818;
export const RDTR = 0x2820;
export const RADV = 0x282c;
export const RSRPD = 0x2c00;
export const TDBAL = 0x3800;
export const TDBAH = 0x3804;
export const TDLEN = 0x3808;
export const TDH = 0x3810;
export const TDT = 0x3818;
export const TIDV = 0x3820;
export const TXDCTL = 0x3828;
export const TADV = 0x382c;
export const RXCSUM = 0x5000;
export const MTA = 0x5200;
export const RAL = 0x5400;
export const RAH = 0x5404;
export const VFTA = 0x5600;
export const MANC = 0x5820;

/** Entries of RAL/RAH. */
export const ADDRESSES = 16;

/** CTRL */
export const CTRL_SLU = 0x0040;
export const CTRL_RST = 0x04000000;
export const CTRL_RFCE = 0x08000000;
export const CTRL_TFCE = 0x10000000;
export const CTRL_VME = 0x40000000;
export const CTRL_PHY_RST = 0x80000000;

/** STATUS. Speed and auto-detected speed are 10b for 1000 Mbit/s. */
export const STATUS_FD = 0x0001;
export const STATUS_LU = 0x0002;
export const STATUS_SPEED_1000 = 0x0080;
export const STATUS_ASDV_1000 = 0x0200;

/** EECD: the four wires of the EEPROM, and who has them. */
export const EECD_SK = 0x01;
export const EECD_CS = 0x02;
export const EECD_DI = 0x04;
export const EECD_DO = 0x08;
export const EECD_REQ = 0x0040;
export const EECD_GNT = 0x0080;

/** EERD */
export const EERD_START = 0x0001;
export const EERD_DONE = 0x0010;

/** CTRL_EXT */
export const EXT_EE_RST = 0x2000;

/** MDIC */
export const MDIC_WRITE = 1;
export const MDIC_READ = 2;
export const MDIC_READY = 0x10000000;
export const MDIC_INTERRUPT = 0x20000000;
export const MDIC_ERROR = 0x40000000;

/** Interrupt causes, in ICR, ICS, IMS and IMC alike. */
export const TXDW = 0x0001;
export const TXQE = 0x0002;
export const LSC = 0x0004;
export const RXDMT0 = 0x0010;
export const RXO = 0x0040;
export const RXT0 = 0x0080;
export const MDAC = 0x0200;
export const TXD_LOW = 0x8000;
export const SRPD = 0x00010000;
export const CAUSES = 0x1ffff;

/** RCTL */
export const RCTL_EN = 0x0002;
export const RCTL_SBP = 0x0004;
export const RCTL_UPE = 0x0008;
export const RCTL_MPE = 0x0010;
export const RCTL_LPE = 0x0020;
export const RCTL_LBM_SHIFT = 6;
export const RCTL_RDMTS_SHIFT = 8;
export const RCTL_MO_SHIFT = 12;
export const RCTL_BAM = 0x8000;
export const RCTL_BSIZE_SHIFT = 16;
export const RCTL_VFE = 0x00040000;
export const RCTL_CFIEN = 0x00080000;
export const RCTL_CFI = 0x00100000;
export const RCTL_DPF = 0x00400000;
export const RCTL_PMCF = 0x00800000;
export const RCTL_BSEX = 0x02000000;
export const RCTL_SECRC = 0x04000000;

/** TCTL */
export const TCTL_EN = 0x0002;
export const TCTL_PSP = 0x0008;

/** RDTR, TIDV: flush now; reads 0. */
export const FLUSH = 0x80000000;

/** TXDCTL */
export const LWTHRESH_SHIFT = 25;

/** RXCSUM */
export const PCSS = 0xff;
export const IPOFL = 0x0100;
export const TUOFL = 0x0200;

/** RAH */
export const RAH_AV = 0x80000000;

/** Statistics: all read-only, cleared by reading; those named …L are followed by their upper half. */
export const STATISTICS = 0x4000;
export const CRCERRS = 0x4000;
export const MPC = 0x4010;
export const RLEC = 0x4040;
export const XONRXC = 0x4048;
export const XOFFRXC = 0x4050;
export const FCRUC = 0x4058;
export const PRC64 = 0x405c;
export const GPRC = 0x4074;
export const BPRC = 0x4078;
export const MPRC = 0x407c;
export const GPTC = 0x4080;
export const GORCL = 0x4088;
export const GOTCL = 0x4090;
export const RNBC = 0x40a0;
export const RUC = 0x40a4;
export const RFC = 0x40a8;
export const ROC = 0x40ac;
export const RJC = 0x40b0;
export const TORL = 0x40c0;
export const TOTL = 0x40c8;
export const TPR = 0x40d0;
export const TPT = 0x40d4;
export const PTC64 = 0x40d8;
export const MPTC = 0x40f0;
export const BPTC = 0x40f4;
export const TSCTC = 0x40f8;
export const STATISTICS_END = 0x4100;

/** The effect of a write on a register. The chip handles every kind but PLAIN and READ_ONLY where it belongs. */
export const UNKNOWN = 0;
export const READ_ONLY = 1;
export const PLAIN = 2;
export const ACTIVE = 3;

type Row = readonly [offset: number, name: string, kind: number, reset: number, writable: number];

const ALL = 0xffffffff;
const ROWS: readonly Row[] = [
  [CTRL, "CTRL", ACTIVE, 0x00000201, ALL],
  [STATUS, "STATUS", READ_ONLY, 0, 0],
  [EECD, "EECD", ACTIVE, 0x00000110, 0x00000077],
  [EERD, "EERD", ACTIVE, 0, 0],
  [CTRL_EXT, "CTRL_EXT", ACTIVE, 0, 0x00ffffff],
  [MDIC, "MDIC", ACTIVE, MDIC_READY, 0],
  [0x0028, "FCAL", PLAIN, 0x00c28001, ALL],
  [0x002c, "FCAH", PLAIN, 0x00000100, 0x0000ffff],
  [0x0030, "FCT", PLAIN, 0x00008808, 0x0000ffff],
  [VET, "VET", PLAIN, 0x00008100, 0x0000ffff],
  [ICR, "ICR", ACTIVE, 0, 0],
  [ITR, "ITR", ACTIVE, 0, 0x0000ffff],
  [ICS, "ICS", ACTIVE, 0, 0],
  [IMS, "IMS", ACTIVE, 0, 0],
  [IMC, "IMC", ACTIVE, 0, 0],
  [RCTL, "RCTL", ACTIVE, 0, 0x06dfbffe],
  [0x0170, "FCTTV", PLAIN, 0, 0x0000ffff],
  [0x0178, "TXCW", PLAIN, 0, ALL],
  [TCTL, "TCTL", ACTIVE, 0, 0x03fffffa],
  [0x0410, "TIPG", PLAIN, 0x00602008, 0x3fffffff],
  [0x0458, "AIT", PLAIN, 0, 0x0000ffff],
  [LEDCTL, "LEDCTL", PLAIN, 0x07068302, ALL],
  [PBA, "PBA", ACTIVE, 0x00100030, 0x0000ffff],
  [0x2160, "FCRTL", PLAIN, 0, 0x8000fff8],
  [0x2168, "FCRTH", PLAIN, 0, 0x8000fff8],
  [RDBAL, "RDBAL", ACTIVE, 0, 0xfffffff0],
  [RDBAH, "RDBAH", ACTIVE, 0, ALL],
  [RDLEN, "RDLEN", ACTIVE, 0, 0x000fff80],
  [RDH, "RDH", ACTIVE, 0, 0x0000ffff],
  [RDT, "RDT", ACTIVE, 0, 0x0000ffff],
  [RDTR, "RDTR", ACTIVE, 0, 0x0000ffff],
  [0x2828, "RXDCTL", PLAIN, 0x00010000, 0x013f3f3f],
  [RADV, "RADV", PLAIN, 0, 0x0000ffff],
  [RSRPD, "RSRPD", PLAIN, 0, 0x00000fff],
  [TDBAL, "TDBAL", ACTIVE, 0, 0xfffffff0],
  [TDBAH, "TDBAH", ACTIVE, 0, ALL],
  [TDLEN, "TDLEN", ACTIVE, 0, 0x000fff80],
  [TDH, "TDH", ACTIVE, 0, 0x0000ffff],
  [TDT, "TDT", ACTIVE, 0, 0x0000ffff],
  [TIDV, "TIDV", ACTIVE, 0, 0x0000ffff],
  [TXDCTL, "TXDCTL", PLAIN, 0, 0xff3f3f3f],
  [TADV, "TADV", PLAIN, 0, 0x0000ffff],
  [0x3830, "TSPMT", PLAIN, 0x01000400, ALL],
  [RXCSUM, "RXCSUM", PLAIN, 0, 0x000003ff],
  [0x5800, "WUC", PLAIN, 0, 0x0000000f],
  [0x5808, "WUFC", PLAIN, 0, 0x000f80ff],
  [0x5810, "WUS", PLAIN, 0, 0],
  [MANC, "MANC", PLAIN, 0, ALL],
];

const STATISTICS_NAMES =
  "CRCERRS ALGNERRC SYMERRS RXERRC MPC SCC ECOL MCC LATECOL - COLC - DC TNCRS SEC CEXTERR RLEC - XONRXC XONTXC XOFFRXC XOFFTXC " +
  "FCRUC PRC64 PRC127 PRC255 PRC511 PRC1023 PRC1522 GPRC BPRC MPRC GPTC - GORCL GORCH GOTCL GOTCH - - RNBC RUC RFC ROC RJC MGTPRC " +
  "MGTPDC MGTPTC TORL TORH TOTL TOTH TPR TPT PTC64 PTC127 PTC255 PTC511 PTC1023 PTC1522 MPTC BPTC TSCTC TSCTFC";

/** Registers end below this; the rest of the window is packet buffer memory and reserved. */
const FILE = 0x8000;

const kinds = new Uint8Array(FILE >> 2);
const resets = new Uint32Array(FILE >> 2);
const masks = new Uint32Array(FILE >> 2);
const names = new Map<number, string>();

function define([offset, name, kind, reset, writable]: Row): void {
  kinds[offset >> 2] = kind;
  resets[offset >> 2] = reset;
  masks[offset >> 2] = writable;
  names.set(offset, name);
}

for (const row of ROWS) define(row);
STATISTICS_NAMES.split(" ").forEach((name, at) => {
  if (name !== "-") define([STATISTICS + 4 * at, name, READ_ONLY, 0, 0]);
});
for (let at = 0; at < 128; at++) {
  define([MTA + 4 * at, `MTA[${at}]`, PLAIN, 0, ALL]);
  define([VFTA + 4 * at, `VFTA[${at}]`, PLAIN, 0, ALL]);
}
for (let at = 0; at < ADDRESSES; at++) {
  define([RAL + 8 * at, `RAL[${at}]`, PLAIN, 0, ALL]);
  define([RAH + 8 * at, `RAH[${at}]`, PLAIN, 0, 0x8003ffff]);
}

/** `RDT`, `MTA[5]`, or the offset. */
export function registerName(offset: number): string {
  return names.get(offset) ?? `${offset.toString(16).toUpperCase().padStart(5, "0")}h`;
}

/** The filter tables hold this after power-up. */
const UNDEFINED = 0xa5a5a5a5;

function isTable(offset: number): boolean {
  return (offset >= MTA && offset < MTA + 512) || (offset >= VFTA && offset < VFTA + 512);
}

/** Holds the registers' values. Values are unsigned. */
export class RegisterFile {
  readonly #values = new Uint32Array(FILE >> 2);

  /** As after power-up. The contents of the filter tables are undefined then, so here they are something that a driver notices. */
  constructor() {
    this.reset();
    for (let at = 0; at < 128; at++) {
      this.set(MTA + 4 * at, UNDEFINED);
      this.set(VFTA + 4 * at, UNDEFINED);
    }
  }

  /** Every register to 0, the tables too. */
  clear(): void {
    this.#values.fill(0);
  }

  /** Resets as CTRL.RST does: hash table and VLAN filter are memories and keep their contents (sections 13.5.1 and 13.5.4). */
  reset(): void {
    for (let at = 0; at < resets.length; at++) if (!isTable(4 * at)) this.#values[at] = resets[at]!;
  }

  /** READ_ONLY, PLAIN, ACTIVE or UNKNOWN. */
  kind(offset: number): number {
    return offset < FILE ? kinds[offset >> 2]! : UNKNOWN;
  }

  get(offset: number): number {
    return this.#values[offset >> 2]!;
  }

  set(offset: number, value: number): void {
    this.#values[offset >> 2] = value;
  }

  /** Any of `bits` is set. */
  has(offset: number, bits: number): boolean {
    return (this.#values[offset >> 2]! & bits) !== 0;
  }

  /** Stores a value that the host writes; bits that cannot be written stay as they are. */
  store(offset: number, value: number): void {
    const mask = masks[offset >> 2]!;
    const values = this.#values;
    values[offset >> 2] = (values[offset >> 2]! & ~mask) | (value & mask);
  }
}
