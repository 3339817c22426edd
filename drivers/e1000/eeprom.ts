/** Reads the station address from the chip's serial EEPROM, a word at a time through EERD (SDM 13.4.4). */
import type { Clock } from "../../hal/clock.ts";
import { ControllerError, MAC_BYTES } from "../../hal/ethernet.ts";
import { type MmioBus, NO_ANSWER } from "../../hal/mmio.ts";
import { Eerd, Register } from "./registers.ts";
import { waitFor } from "./sleep.ts";

const WORDS = 64;
/** The sum of all words, modulo 65536 (SDM 5.6.35). */
const CHECKSUM = 0xbaba;

/**
 * @returns the station address
 * @throws ControllerError E1000_EEPROM no answer, a wrong checksum, or an address that cannot be one
 */
export async function readStationAddress(bus: MmioBus, clock: Clock): Promise<Uint8Array> {
  const words = new Uint16Array(WORDS);
  let sum = 0;
  for (let address = 0; address < WORDS; address++) {
    const word = await readWord(bus, clock, address);
    words[address] = word;
    sum = (sum + word) & 0xffff;
  }
  if (sum !== CHECKSUM) {
    throw bad(bus, `its ${WORDS} words sum up to 0x${hex(sum, 4)} instead of 0x${hex(CHECKSUM, 4)}`);
  }
  const mac = new Uint8Array(MAC_BYTES);
  for (let at = 0; at < MAC_BYTES; at++) mac[at] = words[at >> 1]! >> (8 * (at & 1));
  if ((mac[0]! & 1) !== 0 || mac.every((octet) => octet === 0)) {
    throw bad(bus, `its station address is ${Array.from(mac, (octet) => hex(octet, 2)).join(":")}, which no station may have`);
  }
  return mac;
}

async function readWord(bus: MmioBus, clock: Clock, address: number): Promise<number> {
  bus.write32(Register.EERD, Eerd.START | (address << Eerd.ADDRESS_SHIFT));
  const value = await waitFor(bus, clock, Register.EERD, (now) => now !== NO_ANSWER && (now & Eerd.DONE) !== 0);
  if (value === null) throw bad(bus, `reading word ${address} does not end`);
  return value >>> Eerd.DATA_SHIFT;
}

function bad(bus: MmioBus, what: string): ControllerError {
  const message = `e1000: the EEPROM of ${bus.description} is not usable: ${what}; give the device a station address (mac=) to do without it`;
  return new ControllerError("E1000_EEPROM", message);
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
