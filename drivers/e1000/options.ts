/** Options of an e1000, and their checks. */
import { ControllerError, isStationAddress } from "../../hal/ethernet.ts";

export interface E1000Options {
  /** Receive descriptors: 8 to 4096, a multiple of 8. Default 256. */
  rxRing?: number;
  /** Transmit descriptors: 8 to 4096, a multiple of 8. Default 256. A frame takes one, or two with a checksum to fill in. */
  txRing?: number;
  /** Station address, 6 bytes. Default: the EEPROM's. With it the EEPROM is not looked at. */
  mac?: Uint8Array;
  /** Most interrupts a second, 60 to 500,000; 0: no limit. Default 20,000. */
  interruptRate?: number;
}

const DEFAULT_RING = 256;
/** RDLEN and TDLEN count multiples of 128 bytes, 8 descriptors; 4096 is what Linux lets this chip have. */
const MULTIPLE = 8;
const SMALLEST = 8;
const LARGEST = 4096;
const DEFAULT_INTERRUPT_RATE = 20_000;
/** Counts in units of 256 ns. */
const ITR_UNIT = 256e-9;
const ITR_LARGEST = 0xffff;
const LOWEST_RATE: number = Math.ceil(1 / (ITR_LARGEST * ITR_UNIT));
const HIGHEST_RATE = 500_000;

/** Options that make sense. */
export interface Settings {
  rxRing: number;
  txRing: number;
  mac: Uint8Array | null;
  /** For ITR. */
  itr: number;
}

/** @throws ControllerError E1000_RING, E1000_ADDRESS, E1000_INTERRUPT_RATE */
export function settingsOf(options: E1000Options): Settings {
  const { mac } = options;
  if (mac && !isStationAddress(mac)) {
    const message = "e1000: the station address must be 6 bytes, the first one even, as in 02:00:5e:10:00:01";
    throw new ControllerError("E1000_ADDRESS", message);
  }
  return {
    rxRing: checkRing("rxRing", options.rxRing ?? DEFAULT_RING),
    txRing: checkRing("txRing", options.txRing ?? DEFAULT_RING),
    mac: mac ? mac.slice() : null,
    itr: throttle(options.interruptRate ?? DEFAULT_INTERRUPT_RATE),
  };
}

function checkRing(what: "rxRing" | "txRing", descriptors: number): number {
  if (Number.isInteger(descriptors) && descriptors % MULTIPLE === 0 && descriptors >= SMALLEST && descriptors <= LARGEST)
    return descriptors;
  throw new ControllerError(
    "E1000_RING",
    `e1000: ${what} cannot be ${descriptors}: a ring has ${SMALLEST} to ${LARGEST} descriptors, a multiple of ${MULTIPLE}`,
  );
}

/** ITR for so many interrupts a second at most; 0 for as many as there may be. */
function throttle(rate: number): number {
  if (rate === 0) return 0;
  if (rate >= LOWEST_RATE && rate <= HIGHEST_RATE) return Math.round(1 / (rate * ITR_UNIT));
  throw new ControllerError(
    "E1000_INTERRUPT_RATE",
    `e1000: an interrupt rate of ${rate} will not do: it takes ${LOWEST_RATE} to ${HIGHEST_RATE} a second, or 0 for no limit`,
  );
}
