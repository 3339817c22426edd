/**
 * The Intel 82540EM as its driver sees it: registers, bits and descriptor fields, named as in Intel's "PCI/PCI-X Family of Gigabit
 * Ethernet Controllers Software Developer's Manual" (317453, "SDM" in these files): registers in chapter 13, descriptors in 3.2 and
 * 3.3, EEPROM in chapter 5. The chip model has a table of its own, so that a slip in one shows as a disagreement with the other.
 */

/** Byte offsets in the register window; every access is of 32 bits. */
export const Register = {
  CTRL: 0x0000,
  STATUS: 0x0008,
  EERD: 0x0014,
  MDIC: 0x0020,
  FCAL: 0x0028,
  FCAH: 0x002c,
  FCT: 0x0030,
  ICR: 0x00c0,
  ITR: 0x00c4,
  IMS: 0x00d0,
  IMC: 0x00d8,
  RCTL: 0x0100,
  FCTTV: 0x0170,
  TCTL: 0x0400,
  TIPG: 0x0410,
  RDBAL: 0x2800,
  RDBAH: 0x2804,
  RDLEN: 0x2808,
  RDH: 0x2810,
  RDT: 0x2818,
  RDTR: 0x2820,
  RADV: 0x282c,
  TDBAL: 0x3800,
  TDBAH: 0x3804,
  TDLEN: 0x3808,
  TDH: 0x3810,
  TDT: 0x3818,
  TIDV: 0x3820,
  TADV: 0x382c,
  RXCSUM: 0x5000,
  /** 128 words: a hash of 4096 bits. */
  MTA: 0x5200,
  /** 16 pairs, low then high. */
  RAL: 0x5400,
  RAH: 0x5404,
} as const;

/** The registers of a ring, as offsets from its RDBAL or TDBAL: both rings have them alike (SDM table 13-2). */
export const RingRegister: { readonly BASE_HIGH: number; readonly LENGTH: number; readonly HEAD: number; readonly TAIL: number } = {
  BASE_HIGH: Register.RDBAH - Register.RDBAL,
  LENGTH: Register.RDLEN - Register.RDBAL,
  HEAD: Register.RDH - Register.RDBAL,
  TAIL: Register.RDT - Register.RDBAL,
};

export const Ctrl = {
  /** Link reset, not for a copper PHY. */
  LRST: 0x08,
  /** Auto-speed detection: take speed and duplex from the PHY. */
  ASDE: 0x20,
  /** Set link up: the MAC listens to the PHY. */
  SLU: 0x40,
  /** Invert loss of signal. */
  ILOS: 0x80,
  /** Force speed, force duplex: not from the PHY. */
  FRCSPD: 0x0800,
  FRCDPX: 0x1000,
  RST: 0x0400_0000,
  /** Obey and send pause frames. */
  RFCE: 0x0800_0000,
  TFCE: 0x1000_0000,
  /** VLAN tags apart from the frame. */
  VME: 0x4000_0000,
  PHY_RST: 0x8000_0000,
} as const;

export const Status = {
  FD: 0x01,
  LU: 0x02,
  /** The far end has asked for silence by a pause frame. */
  TXOFF: 0x10,
} as const;

export const Eerd = { START: 0x01, DONE: 0x10, ADDRESS_SHIFT: 8, DATA_SHIFT: 16 } as const;

export const Mdic = {
  REGISTER_SHIFT: 16,
  /** The PHY inside the chip has address 1. */
  PHY: 0x0020_0000,
  WRITE: 0x0400_0000,
  READ: 0x0800_0000,
  READY: 0x1000_0000,
  ERROR: 0x4000_0000,
} as const;

/** Interrupt causes, in ICR, IMS and IMC. */
export const Cause = {
  /** A transmit descriptor that asked for it was written back. */
  TXDW: 0x01,
  /** Link status change. */
  LSC: 0x04,
  RXSEQ: 0x08,
  /** Few receive descriptors are left. */
  RXDMT0: 0x10,
  /** Frames were lost for want of memory. */
  RXO: 0x40,
  /** A frame was received, or the receive timer ran out. */
  RXT0: 0x80,
} as const;
/** For IMC. */
export const ALL_CAUSES = 0xffff_ffff;

export const Rctl = {
  EN: 0x02,
  /** Unicast promiscuous. */
  UPE: 0x08,
  /** Multicast promiscuous. */
  MPE: 0x10,
  /** Accept broadcast. */
  BAM: 0x8000,
  /** Position of MO (bits 13:12), which chooses the bits of an address that select a bit of the MTA. */
  MO_SHIFT: 12,
  /** Strip the FCS. */
  SECRC: 0x0400_0000,
} as const;

export const Tctl = {
  EN: 0x02,
  /** Pad short packets. */
  PSP: 0x08,
  /** Collision threshold 15. */
  CT: 0xf0,
  COLD_FULL_DUPLEX: 0x0004_0000,
  COLD_HALF_DUPLEX: 0x0020_0000,
} as const;
/** Inter packet gap of a copper PHY: IPGT 10, IPGR1 8, IPGR2 6 (SDM 13.4.34). */
export const TIPG_COPPER = 0x0060_200a;

export const Rxcsum = { IPOFL: 0x0100, TUOFL: 0x0200 } as const;

/** RAH: the entry is in use. */
export const RAH_VALID = 0x8000_0000;
/** Exact address filters; the first one holds the station address. */
export const RECEIVE_ADDRESSES = 16;
export const MTA_WORDS = 128;

/** Words of 32 bits in a descriptor of any kind. Word 0 is the low, word 1 the high half of the buffer's address. */
export const DESCRIPTOR_WORDS = 4;
export const DESCRIPTOR_BYTES = 16;
/** Descriptor done; in word 3 of every kind. */
export const DD = 1;

/** Receive descriptor, word 3 (SDM 3.2.3); word 2 holds the length in its low half. */
export const RxStatus = {
  EOP: 0x02,
  /** The chip has not looked at checksums. */
  IXSM: 0x04,
  /** It has looked at that of TCP or UDP; */
  TCPCS: 0x20,
  /** and it is wrong. */
  TCPE: 0x2000,
  /** CE, SE, SEQ, RXE: the frame is damaged. */
  DAMAGED: 0x9700,
} as const;

/** Transmit descriptor, word 2, of every kind: commands in the highest byte (SDM 3.3.3, 3.3.6, 3.3.7). */
export const TxCommand = {
  EOP: 0x0100_0000,
  IFCS: 0x0200_0000,
  /** Report status: write DD back. */
  RS: 0x0800_0000,
  /** Context or data descriptor, not legacy. */
  DEXT: 0x2000_0000,
  /** Data descriptor; without it, a context descriptor. */
  DTYP_DATA: 0x0010_0000,
  /** Context descriptor: the packet is TCP. */
  TCP: 0x0100_0000,
} as const;

/** Transmit descriptor, word 3. */
export const TxStatus = {
  /** Excess collisions. */
  EC: 0x02,
  /** Late collision. */
  LC: 0x04,
  /** Data descriptor, POPTS: insert the TCP or UDP checksum. */
  TXSM: 0x0200,
} as const;

/** MII registers of the PHY (IEEE 802.3 clause 22). */
export const Phy = { BMCR: 0, ID1: 2 } as const;

export const Bmcr = {
  RESTART_AUTONEGOTIATION: 0x0200,
  ISOLATE: 0x0400,
  POWER_DOWN: 0x0800,
  AUTONEGOTIATION: 0x1000,
  LOOPBACK: 0x4000,
} as const;

/** Statistics (SDM 13.7): 32 bits, reading clears, and they stop at their highest value. */
export const Statistic = {
  CRCERRS: 0x4000,
  ALGNERRC: 0x4004,
  RXERRC: 0x400c,
  MPC: 0x4010,
  SCC: 0x4014,
  ECOL: 0x4018,
  MCC: 0x401c,
  LATECOL: 0x4020,
  COLC: 0x4028,
  DC: 0x4030,
  TNCRS: 0x4034,
  CEXTERR: 0x403c,
  XONRXC: 0x4048,
  XONTXC: 0x404c,
  XOFFRXC: 0x4050,
  XOFFTXC: 0x4054,
  GPRC: 0x4074,
  BPRC: 0x4078,
  MPRC: 0x407c,
  GPTC: 0x4080,
  /** The high half follows; reading it clears both. */
  GORC: 0x4088,
  GOTC: 0x4090,
  RNBC: 0x40a0,
  RUC: 0x40a4,
  RFC: 0x40a8,
  ROC: 0x40ac,
  MGPRC: 0x40b4,
  MGPDC: 0x40b8,
  MGPTC: 0x40bc,
  /** All packets transmitted, whatever their kind: a second witness of GPTC. */
  TPT: 0x40d4,
  MPTC: 0x40f0,
  BPTC: 0x40f4,
  TSCTC: 0x40f8,
  TSCTFC: 0x40fc,
} as const;
