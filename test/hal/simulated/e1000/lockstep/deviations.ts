/**
 * Differences that are not compared, and why. Everything else is: a difference that is not in this list is a bug, ours or QEMU's.
 *
 * The model's "qemu" switch (quirks.ts) is on, so the quirks that it reproduces are compared and not listed here.
 */
import * as R from "../../../../../hal/simulated/e1000/registers.ts";

export interface Deviation {
  readonly what: string;
  readonly why: string;
}

const ALL = 0xffff_ffff;

/** Registers that are written with any value, and the bits of it that both keep. */
export const WRITTEN: readonly (readonly [offset: number, bits: number])[] = [
  [R.VET, 0xffff],
  [R.LEDCTL, ALL],
  [R.RDBAH, 0],
  [R.TXDCTL, 0x013f_3f3f],
  [0x0458, 0xffff], // AIT
  [0x5800, 0x000f], // WUC
  [0x5808, 0x000f_80ff], // WUFC
  [R.RAL, ALL],
  [R.RAH, 0x8003_ffff],
  [R.RAL + 8, ALL],
  [R.RAH + 8, 0x8003_ffff],
  [R.RAL + 120, ALL],
  [R.RAH + 120, 0x8003_ffff],
  [R.MTA, ALL],
  [R.MTA + 4 * 127, ALL],
  [R.VFTA, ALL],
  [R.VFTA + 4 * 127, ALL],
  [R.CTRL_EXT, 0],
];

/** PHY registers that are written, and the bits of it that both keep. */
export const PHY_WRITTEN: readonly (readonly [register: number, bits: number])[] = [
  [4, 0xffff],
  [9, 0xff00],
  [16, 0xffff],
  [20, 0xffff],
];

/** PHY registers that are read. */
export const PHY_READ: readonly number[] = [0, 2, 3, 4, 5, 6, 9, 10, 16, 17, 20, 21];

/** Words of the EEPROM that are read: the address, and what nobody gives a meaning. */
export const EEPROM_READ: readonly number[] = [0, 1, 2, 3, 4, 8, 9, 10, 11, 12, 13, 14, 15, 37, 40, 47, 51, 62];

const ABSENT_IN_QEMU = ["FCAL FCAH FCT FCTTV FCRTL FCRTH", "TXCW TIPG TIDV TSPMT", "RXDCTL RSRPD RXCSUM MANC"];
const COUNTED_OTHERWISE = "PTC64 PTC127 PTC255 PTC511 PTC1023 PTC1522 PRC64 PRC127 PRC255 PRC511 PRC1023 PRC1522";
const SENT_OTHERWISE = "GPTC GOTCL GOTCH TOTL TOTH";
const RECEIVED_BYTES = "TORL TORH GORCL GORCH";
const LENGTH_ERRORS = "ROC RLEC";
const COUNTED_BY_FILTER = "MPRC BPRC";
const TIMED = "ITR RDTR RADV TADV";
const WITH_EFFECT = "EECD MDIC EERD CTRL_EXT";

export const DEVIATIONS: readonly Deviation[] = [
  {
    what: ABSENT_IN_QEMU.join(" "),
    why: "QEMU reads them as 0 (MANC as a constant) whatever was written: no flow control, gaps, thresholds or receive checksums there",
  },
  {
    what: COUNTED_OTHERWISE,
    why: "QEMU counts by the length without FCS what is sent, and what is received with SECRC; what is then below 64 bytes, nowhere",
  },
  { what: "received frames of 1519 to 1522 bytes without FCS", why: "without LPE, QEMU's limit of 1522 is meant without FCS" },
  { what: "frames that wait while RCTL is written", why: "QEMU loses them a second later if there is still no descriptor" },
  {
    what: COUNTED_BY_FILTER,
    why: "QEMU counts by the filter that let a frame in (the hash table: multicast, an address entry: neither), and lost ones too",
  },
  { what: SENT_OTHERWISE, why: "QEMU takes frames that are too short for good ones, and leaves inserted tags out of the bytes" },
  { what: RECEIVED_BYTES, why: "QEMU leaves the FCS out of them with SECRC, and a tag that is stripped" },
  { what: "ICS", why: "for writing; QEMU gives ICR when it is read" },
  { what: "TSCTC", why: "QEMU counts TCP only, and only what becomes more than one frame" },
  { what: "MPC RNBC", why: "QEMU does not clear them when they are read: compared as sums, after every operation" },
  { what: LENGTH_ERRORS, why: "QEMU looks at the length before the address and knows no RLEC" },
  { what: "RCTL.SBP", why: "in QEMU it lets nothing through but frames that are too long, and these count as good" },
  { what: TIMED, why: "QEMU delays interrupts by them in real time; the model's share of it is tested in virtual time" },
  { what: WITH_EFFECT, why: "the EEPROM's wires are not modelled; MDIC and EERD are compared after a command only" },
  { what: "reserved bits", why: "QEMU keeps whatever is written; the chip's are 0, and a driver writes 0" },
  { what: "PBA", why: "the model gives the transmitter what the receiver leaves, as the chip does; QEMU keeps what is written" },
  { what: "FCRUC, WUS", why: "QEMU lets the host write them; they are the chip's to write" },
  { what: "BMSR, PHY registers 7, 8, 11 to 15, 18, 19, 22 to 31", why: "QEMU answers with an error, or without extended status" },
  { what: "EEPROM words 5 to 7, 16 to 36, 48 to 50, 63", why: "board identity and power budget of another board" },
  { what: "TXQE when TCTL.EN is written", why: "QEMU sets it whenever it has looked at the ring, even at an empty one" },
  { what: "IPCSE 0", why: "two sums that cover each other depend on their order, of which the manual says nothing" },
  { what: "segmentation of IPv6", why: "QEMU counts the IPv6 header as payload (RFC 8200, section 3: it is none)" },
  { what: "segmentation into whole segments", why: "QEMU sends one more frame, of the header alone" },
  { what: "IC in legacy descriptors", why: "QEMU inserts checksums by context and data descriptors only" },
  { what: "descriptors' buffers outside memory", why: "the model complains; QEMU reads what a PC has there" },
  { what: "CTRL.PHY_RST, BMCR's reset and restart", why: "both take the link away for a time of their own" },
  {
    what: "frames that wait while there is no receive descriptor",
    why: "in a socket with QEMU, in the FIFO here; one is compared",
  },
];

const names = new Set(
  [
    ...ABSENT_IN_QEMU,
    COUNTED_OTHERWISE,
    SENT_OTHERWISE,
    RECEIVED_BYTES,
    LENGTH_ERRORS,
    COUNTED_BY_FILTER,
    TIMED,
    WITH_EFFECT,
    "PBA FCRUC WUS ICS TSCTC MPC RNBC",
  ]
    .join(" ")
    .split(" "),
);

/** Registers that are read at any time: all that have a name. */
export const READ: readonly number[] = Array.from({ length: 0x2000 }, (_, at) => 4 * at).filter((offset) => {
  const name = R.registerName(offset);
  return !/^[0-9A-F]{5}h$/.test(name) && !names.has(name);
});
