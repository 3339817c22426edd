/** The receive filters (DS39662 section 8): the wanted set-up, and the one that the chip has. */
import type { ReceiveMode } from "../../hal/ethernet.ts";
import { crcRegister } from "../../hal/kit/fcs.ts";
import type { CommandList } from "./command-list.ts";
import { Erxfcon, HASH_BYTES, Register } from "./registers.ts";

/** Bits of the hash table. */
export const HASH_BITS: number = 8 * HASH_BYTES;

/** A register and what it is told. */
type FilterRegister = readonly [register: number, value: number];

export class Filters {
  /** The chip was not told yet what is wanted of it. */
  due = false;
  /** ERXFCON as it is wanted. */
  #config: number = Erxfcon.UCEN | Erxfcon.CRCEN | Erxfcon.BCEN;
  /** EHT0 to EHT7 as they are wanted; of no account without HTEN. */
  readonly #hash = new Uint8Array(HASH_BYTES);
  /** Registers as the chip was told them last: ERXFCON, and EHT0 to EHT7 where it has HTEN. */
  #told: readonly FilterRegister[] = [];

  /** Registers and values that the chip was told last. */
  get told(): readonly FilterRegister[] {
    return this.#told;
  }

  /** The chip goes by its hash table. */
  get hashing(): boolean {
    return this.#told.length > 1;
  }

  set(mode: ReceiveMode): void {
    this.#config = configFor(mode);
    this.#hash.fill(0);
    for (const group of mode.groups) {
      const bit = hashOf(group);
      this.#hash[bit >> 3] = this.#hash[bit >> 3]! | (1 << (bit & 7));
    }
    const wanted = this.#wanted();
    this.due = wanted.length !== this.#told.length || wanted.some(([, value], at) => value !== this.#told[at]?.[1]);
  }

  /** Registers and the values that they are about to be told. Reception is off while the filters change. */
  tell(): readonly FilterRegister[] {
    this.due = false;
    this.#told = this.#wanted();
    return this.#told;
  }

  /** Writes all of it. */
  write(commands: CommandList): void {
    for (const [register, value] of this.tell()) commands.write(register, value);
  }

  #wanted(): readonly FilterRegister[] {
    const config: FilterRegister = [Register.ERXFCON, this.#config];
    if ((this.#config & Erxfcon.HTEN) === 0) return [config];
    return [config, ...Array.from(this.#hash, (value, at): FilterRegister => [Register.EHT0 + at, value])];
  }
}

function configFor({ promiscuous, allMulticast, groups, ownOnly }: ReceiveMode): number {
  if (ownOnly) return Erxfcon.UCEN | Erxfcon.CRCEN;
  if (promiscuous) return 0;
  const own = Erxfcon.UCEN | Erxfcon.CRCEN | Erxfcon.BCEN;
  // All groups pass: the hash table would add nothing.
  if (allMulticast) return own | Erxfcon.MCEN;
  return groups.length > 0 ? own | Erxfcon.HTEN : own;
}

/**
 * The bit of the hash table that stands for an address (section 8.4): bits 28 to 23 of its CRC, the most significant bit first. The
 * register here is reflected, so that they are its bits 3 to 8, the other way round.
 */
function hashOf(address: Uint8Array): number {
  const crc = crcRegister(address, 0, address.length);
  let hash = 0;
  for (let bit = 3; bit <= 8; bit++) hash = (hash << 1) | ((crc >>> bit) & 1);
  return hash;
}
