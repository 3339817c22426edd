import { ADDRESS_MASK, type BufferMemory } from "./memory.ts";
import { CSUMEN, DMAIF, DMAST, ECON1, EDMACSL, EDMADSTL, EDMANDL, EDMASTL, EIR, type RegisterFile } from "./registers.ts";
import type { Violations } from "./violations.ts";

/**
 * ECON1.DMAST was set: copies EDMAST..EDMAND to EDMADST, or with CSUMEN sums it up (section 13). The source goes round the receive
 * buffer. The model is through at once; silicon takes some 80 ns a byte.
 */
export function runDma(registers: RegisterFile, memory: BufferMemory, violations: Violations): void {
  const start = registers.word(EDMASTL);
  const end = registers.word(EDMANDL);
  if (start === end) violations.note("dma-single-byte", start);
  else if (registers.has(ECON1, CSUMEN)) registers.setWord(EDMACSL, checksum(memory, start, end));
  else copy(memory, start, end, registers.word(EDMADSTL));
  registers.lower(ECON1, DMAST);
  registers.raise(EIR, DMAIF);
}

function copy(memory: BufferMemory, start: number, end: number, to: number): void {
  let from = start;
  // An end that the source never meets would go on for ever: once round memory is enough.
  for (let count = 0; count <= ADDRESS_MASK; count++) {
    memory.bytes[(to + count) & ADDRESS_MASK] = memory.bytes[from] as number;
    if (from === end) return;
    from = memory.behind(from);
  }
}

/** RFC 1071 */
function checksum(memory: BufferMemory, start: number, end: number): number {
  let sum = 0;
  let from = start;
  for (let count = 0; count <= ADDRESS_MASK; count++) {
    const byte = memory.bytes[from] as number;
    sum += (count & 1) === 0 ? byte << 8 : byte;
    if (from === end) break;
    from = memory.behind(from);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
