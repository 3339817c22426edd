/**
 * Registers that are read in a quiet second where the interrupt line is connected, 16 bytes of SPI at most: ECON1, EIE and MACON1,
 * without which nothing works, ERXWRPT, and one of the others in turn. The rarer ones come round in two minutes and a half; after a
 * frame was sent, all of them are read within a second and a half. The first frame after a quiet second depends on none of the rarer
 * ones: it writes ETXST, ETXND and its control byte anew (transmitter.ts).
 */
import { HASH_BYTES, LESSER_MAC, Register, STATION_ADDRESS } from "./registers.ts";

/** The bytes of ERXWRPT that are read. A packet that nothing told of (erratum 6) nearly always shows in the low one. */
export const Pointer = { NONE: 0, LOW: 1, BOTH: 3 } as const;
export type Pointer = (typeof Pointer)[keyof typeof Pointer];

export interface QuietLook {
  /** Besides ECON1. */
  readonly registers: readonly number[];
  readonly pointer: Pointer;
  /** One more step of a read of PHSTAT2. */
  readonly link: boolean;
}

const { EIE, ECON2, MACON1 } = Register;

function look(registers: readonly number[], pointer: Pointer = Pointer.LOW, link = false): QuietLook {
  return { registers, pointer, link };
}

/** ECON2 does harm where frames pass only; power save shows in MACON1 as well. */
const CONTROL = look([EIE, ECON2, MACON1]);
const LINK = look([EIE, MACON1], Pointer.LOW, true);

/** Instead of ECON2. */
const FIRST_BANKS: readonly QuietLook[] = [
  look([EIE, MACON1], Pointer.BOTH),
  look([Register.ERXFCON, MACON1], Pointer.NONE),
  ...[Register.ETXST, Register.ERXST, Register.ERXND, Register.ERXRDPT]
    .flatMap((register) => [register, register + 1])
    .map((register) => look([EIE, register, MACON1])),
];

/** And those of the hash table, where the chip goes by it. */
const HASHED_FIRST_BANKS: readonly QuietLook[] = [
  ...FIRST_BANKS,
  ...Array.from({ length: HASH_BYTES }, (_, at) => look([Register.EHT0 + at, MACON1], Pointer.NONE)),
];

/** Instead of the link. The station address is in a bank of its own, and there is room for two changes of bank and nothing else. */
const MAC_BANKS: readonly QuietLook[] = [
  ...[Register.MACON3, ...LESSER_MAC].map((register) => look([EIE, MACON1, register])),
  ...STATION_ADDRESS.map((register) => look([EIE, MACON1, register], Pointer.NONE)),
];

/** Three of four looks of either kind are its usual one. */
const CYCLE = 4;

/**
 * @param turn looks since the chip was set up
 * @param hashing the chip filters by its hash table
 */
export function quietLook(turn: number, hashing: boolean): QuietLook {
  const firstBanks = hashing ? HASHED_FIRST_BANKS : FIRST_BANKS;
  const pair = turn >> 1;
  const round = Math.floor(pair / CYCLE);
  const usual = pair % CYCLE !== CYCLE - 1;
  if ((turn & 1) === 0) return usual ? CONTROL : firstBanks[round % firstBanks.length]!;
  return usual ? LINK : MAC_BANKS[round % MAC_BANKS.length]!;
}
