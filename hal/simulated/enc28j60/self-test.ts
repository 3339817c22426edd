/**
 * The memory self-test behind EBSTCON (DS39662 section 15): fills the whole buffer memory and leaves the checksum of what it wrote
 * in EBSTCS, for the host to compare with the DMA's own. The generator of the random fill is not published; this one is ours.
 */
import { internetChecksum } from "./internet-checksum.ts";
import { type BufferMemory, MEMORY_BYTES } from "./memory.ts";
import { EBSTCON, EBSTCSL, EBSTSD, type RegisterFile } from "./registers.ts";

/** EBSTCON */
const BISTST = 0x01;
const TME = 0x02;
const TMSEL_SHIFT = 2;
const PSV_SHIFT = 5;

const Fill = { RANDOM: 0, ADDRESS: 1, SHIFT: 2 } as const;

/** EBSTCON was written. The model is through at once; BISTST reads 0 again. */
export function selfTest(registers: RegisterFile, memory: BufferMemory): void {
  const control = registers.get(EBSTCON);
  registers.lower(EBSTCON, BISTST);
  if ((control & BISTST) === 0 || (control & TME) === 0) return;
  const mode = (control >> TMSEL_SHIFT) & 3;
  const shift = control >> PSV_SHIFT;
  let value = registers.get(EBSTSD);
  let sum = 0;
  for (let address = 0; address < MEMORY_BYTES; address++) {
    if (mode === Fill.ADDRESS) value = (address ^ (address >> 8)) & 0xff;
    memory.bytes[address] = value;
    sum += (address & 1) === 0 ? value << 8 : value;
    if (mode === Fill.SHIFT) value = ((value << shift) | (value >> (8 - shift))) & 0xff;
    else value = ((value >> 1) | ((((value >> 7) ^ (value >> 5) ^ (value >> 4) ^ (value >> 3) ^ 1) & 1) << 7)) & 0xff;
  }
  registers.setWord(EBSTCSL, internetChecksum(sum));
}
