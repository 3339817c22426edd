/** Chooses the frames that the chip lets through: exact addresses, a hash of group addresses, and modes (SDM 13.5, 13.4.22). */
import { MAC_BYTES, type ReceiveMode } from "../../hal/ethernet.ts";
import { includesGroup } from "../../hal/kit/receive-filter.ts";
import type { MmioBus } from "../../hal/mmio.ts";
import { MTA_WORDS, RAH_VALID, Rctl, RECEIVE_ADDRESSES, Register } from "./registers.ts";

/** Groups that have an entry of their own: all entries but the station's. */
export const EXACT_GROUPS: number = RECEIVE_ADDRESSES - 1;
/** Bits of the MTA: all groups beyond those go by it, and others with them. */
export const HASH_BITS: number = 32 * MTA_WORDS;
/** RCTL.MO: the hash is the highest 12 bits of an address, bits 47:36. */
const MULTICAST_OFFSET = 0;
/** How far a hash lies above the lowest bit of an address's last two octets, by MO (SDM table 13-67). */
const HASH_SHIFTS = [4, 3, 2, 0] as const;

/** A register of the filters and what it was told. */
export interface FilterWord {
  readonly name: string;
  readonly register: number;
  readonly value: number;
}

export class AddressFilter {
  /** Bits of RCTL that the receive mode adds. */
  #modeBits: number = Rctl.BAM;
  /** The group of each exact entry behind the station's. A group keeps its entry for as long as it is joined. */
  #entries: (Uint8Array | null)[] = new Array<Uint8Array | null>(EXACT_GROUPS).fill(null);
  #hash = new Uint32Array(MTA_WORDS);
  /** Registers that a joined group depends on. */
  #words: readonly FilterWord[] = [];

  /** RCTL while the receiver runs: buffers of 2048 bytes, frames of up to 1522, FCS stripped, no damaged frames. */
  get rctl(): number {
    return Rctl.EN | Rctl.SECRC | (MULTICAST_OFFSET << Rctl.MO_SHIFT) | this.#modeBits;
  }

  /** One register after the other that a joined group depends on, as it ought to be; null while no group is joined. */
  word(turn: number): FilterWord | null {
    const words = this.#words;
    return words.length === 0 ? null : words[turn % words.length]!;
  }

  /**
   * Takes over a receive mode.
   * @param bus where the chip runs: what has changed, RCTL excepted, is written there
   */
  set({ promiscuous, allMulticast, groups: joined, ownOnly }: ReceiveMode, bus: MmioBus | null): void {
    this.#modeBits = ownOnly ? 0 : Rctl.BAM | (promiscuous ? Rctl.UPE | Rctl.MPE : 0) | (allMulticast ? Rctl.MPE : 0);
    const groups = ownOnly ? [] : joined;
    const [entries, hash] = [this.#entries, this.#hash];
    const kept = entries.filter((entry) => entry !== null);
    const rest = groups.filter((group) => !includesGroup(kept, group));
    this.#entries = entries.map((entry) => {
      if (entry && includesGroup(groups, entry)) return entry;
      return rest.shift()?.slice(0, MAC_BYTES) ?? null;
    });
    this.#hash = new Uint32Array(MTA_WORDS);
    for (const group of rest) {
      const bit = hashOf(group);
      this.#hash[bit >> 5] = this.#hash[bit >> 5]! | (1 << (bit & 31));
    }
    this.#words = [...this.#exactWords(), ...this.#hashWords()];
    if (!bus) return;
    for (const [at, entry] of this.#entries.entries()) if (entry !== entries[at]) writeAddress(bus, at + 1, entry);
    for (const [word, bits] of this.#hash.entries()) if (bits !== hash[word]) bus.write32(Register.MTA + 4 * word, bits);
  }

  /** Writes everything but RCTL. */
  write(bus: MmioBus, station: Uint8Array): void {
    writeAddress(bus, 0, station);
    for (const [at, entry] of this.#entries.entries()) writeAddress(bus, at + 1, entry);
    for (const [word, bits] of this.#hash.entries()) bus.write32(Register.MTA + 4 * word, bits);
  }

  #exactWords(): FilterWord[] {
    return this.#entries.flatMap((entry, at) => {
      if (!entry) return [];
      const [low, high] = filterWords(entry);
      const number = at + 1;
      return [
        { name: `RAL${number}`, register: Register.RAL + 8 * number, value: low },
        { name: `RAH${number}`, register: Register.RAH + 8 * number, value: high },
      ];
    });
  }

  #hashWords(): FilterWord[] {
    const words = [...this.#hash.entries()].filter(([, bits]) => bits !== 0);
    return words.map(([word, value]) => ({ name: `MTA${word}`, register: Register.MTA + 4 * word, value }));
  }
}

/** The bit of the MTA that stands for an address. */
function hashOf(address: Uint8Array): number {
  const upper = address[4]! | (address[5]! << 8);
  return (upper >> HASH_SHIFTS[MULTICAST_OFFSET]) & (HASH_BITS - 1);
}

/** Values of RAL and RAH for an address; zeros for none. */
export function filterWords(address: Uint8Array | null): [low: number, high: number] {
  if (!address) return [0, 0];
  const octet = (at: number): number => address[at]!;
  const low = octet(0) | (octet(1) << 8) | (octet(2) << 16) | (octet(3) << 24);
  const high = octet(4) | (octet(5) << 8) | RAH_VALID;
  return [low >>> 0, high >>> 0];
}

function writeAddress(bus: MmioBus, entry: number, address: Uint8Array | null): void {
  const [low, high] = filterWords(address);
  // An entry that is valid only halfway would match an address that nobody asked for.
  bus.write32(Register.RAH + 8 * entry, 0);
  bus.write32(Register.RAL + 8 * entry, low);
  if (high !== 0) bus.write32(Register.RAH + 8 * entry, high);
}
