/**
 * The driver's numbers for the 82540EM, next to the chip model's, which has a table of its own, and next to Intel's manual (317453) for
 * bits. A bit that a bring-up only clears, or that only faulty silicon sets, shows in no frame.
 */
import t from "tap";
import {
  Bmcr,
  Cause,
  Ctrl,
  DD,
  DESCRIPTOR_BYTES,
  DESCRIPTOR_WORDS,
  Eerd,
  Mdic,
  MTA_WORDS,
  Phy,
  RAH_VALID,
  Rctl,
  RECEIVE_ADDRESSES,
  Register,
  RingRegister,
  Rxcsum,
  RxStatus,
  Statistic,
  Status,
  Tctl,
  TIPG_COPPER,
  TxCommand,
  TxStatus,
} from "../../../drivers/e1000/registers.ts";
import { registerName } from "../../../hal/simulated/e1000/registers.ts";

/** Names that the model has otherwise: the first of an array, the low half of a pair, a slip of a letter in the manual. */
const OTHERWISE: Readonly<Record<string, string>> = {
  MTA: "MTA[0]",
  RAL: "RAL[0]",
  RAH: "RAH[0]",
  GORC: "GORCL",
  GOTC: "GOTCL",
  MGPRC: "MGTPRC",
  MGPDC: "MGTPDC",
  MGPTC: "MGTPTC",
};

t.test("registers and statistics lie where the model has them", async (t) => {
  for (const [name, offset] of Object.entries({ ...Register, ...Statistic })) {
    t.equal(registerName(offset), OTHERWISE[name] ?? name, `0x${offset.toString(16)}`);
  }
});

t.test("bits, by the manual", async (t) => {
  t.same(
    { ...Ctrl },
    {
      LRST: 2 ** 3,
      ASDE: 2 ** 5,
      SLU: 2 ** 6,
      ILOS: 2 ** 7,
      FRCSPD: 2 ** 11,
      FRCDPX: 2 ** 12,
      RST: 2 ** 26,
      RFCE: 2 ** 27,
      TFCE: 2 ** 28,
      VME: 2 ** 30,
      PHY_RST: 2 ** 31,
    },
    "13.4.1",
  );
  t.same({ ...Status }, { FD: 2 ** 0, LU: 2 ** 1, TXOFF: 2 ** 4 }, "13.4.2");
  t.same({ ...Eerd }, { START: 2 ** 0, DONE: 2 ** 4, ADDRESS_SHIFT: 8, DATA_SHIFT: 16 }, "13.4.4");
  t.same(
    { ...Mdic },
    { REGISTER_SHIFT: 16, PHY: 2 ** 21, WRITE: 2 ** 26, READ: 2 ** 27, READY: 2 ** 28, ERROR: 2 ** 30 },
    "13.4.13",
  );
  t.same({ ...Cause }, { TXDW: 2 ** 0, LSC: 2 ** 2, RXSEQ: 2 ** 3, RXDMT0: 2 ** 4, RXO: 2 ** 6, RXT0: 2 ** 7 }, "13.4.17");
  t.same({ ...Rctl }, { EN: 2 ** 1, UPE: 2 ** 3, MPE: 2 ** 4, BAM: 2 ** 15, MO_SHIFT: 12, SECRC: 2 ** 26 }, "13.4.22");
  t.same(
    { ...Tctl },
    { EN: 2 ** 1, PSP: 2 ** 3, CT: 15 * 2 ** 4, COLD_FULL_DUPLEX: 0x40 * 2 ** 12, COLD_HALF_DUPLEX: 0x200 * 2 ** 12 },
    "13.4.33",
  );
  t.equal(TIPG_COPPER, 10 + 8 * 2 ** 10 + 6 * 2 ** 20, "13.4.34");
  t.same({ ...Rxcsum }, { IPOFL: 2 ** 8, TUOFL: 2 ** 9 }, "13.4.31");
  t.same([RAH_VALID, RECEIVE_ADDRESSES, MTA_WORDS], [2 ** 31, 16, 128], "13.5");
});

t.test("descriptors, rings and the PHY, by the manual", async (t) => {
  t.same([DESCRIPTOR_WORDS, DESCRIPTOR_BYTES, DD], [4, 16, 1]);
  t.same({ ...RingRegister }, { BASE_HIGH: 4, LENGTH: 8, HEAD: 16, TAIL: 24 }, "table 13-2");
  const errors = 2 ** 8 + 2 ** 9 + 2 ** 10 + 2 ** 12 + 2 ** 15;
  t.same({ ...RxStatus }, { EOP: 2 ** 1, IXSM: 2 ** 2, TCPCS: 2 ** 5, TCPE: 2 ** 13, DAMAGED: errors }, "3.2.3");
  t.same(
    { ...TxCommand },
    { EOP: 2 ** 24, IFCS: 2 ** 25, RS: 2 ** 27, DEXT: 2 ** 29, DTYP_DATA: 2 ** 20, TCP: 2 ** 24 },
    "3.3.6, 3.3.7",
  );
  t.same({ ...TxStatus }, { EC: 2 ** 1, LC: 2 ** 2, TXSM: 2 ** 9 }, "3.3.3");
  t.same({ ...Phy }, { BMCR: 0, ID1: 2 });
  t.same(
    { ...Bmcr },
    { RESTART_AUTONEGOTIATION: 2 ** 9, ISOLATE: 2 ** 10, POWER_DOWN: 2 ** 11, AUTONEGOTIATION: 2 ** 12, LOOPBACK: 2 ** 14 },
    "IEEE 802.3 clause 22",
  );
});
