/** Which frames the chip lets through: exact addresses, a hash of multicast addresses, and modes (SDM 13.5, 13.4.22). */
import { MAC_BYTES, type ReceiveMode } from "../../hal/ethernet.ts";
import type { MmioBus } from "../../hal/mmio.ts";
import { MTA_WORDS, RAH_VALID, Rctl, RECEIVE_ADDRESSES, Register } from "./registers.ts";

export class AddressFilter {
  readonly mode: ReceiveMode = { promiscuous: false, allMulticast: false };
  #multicast: readonly Uint8Array[] = [];
  readonly #hash = new Uint32Array(MTA_WORDS);

  /** What RCTL ought to hold while the receiver runs: buffers of 2048 bytes, frames of up to 1522, FCS stripped, no damaged frames. */
  get rctl(): number {
    let rctl = Rctl.EN | Rctl.BAM | Rctl.SECRC;
    if (this.mode.promiscuous) rctl |= Rctl.UPE | Rctl.MPE;
    if (this.mode.allMulticast) rctl |= Rctl.MPE;
    return rctl;
  }

  setMulticast(addresses: readonly Uint8Array[]): void {
    this.#multicast = addresses.map((address) => address.slice(0, MAC_BYTES));
  }

  /** Writes everything but RCTL. */
  write(bus: MmioBus, station: Uint8Array): void {
    writeAddress(bus, 0, station);
    this.writeMulticast(bus, true);
  }

  /**
   * The first fifteen groups have an exact filter each, and only what is more goes by the hash, which lets others through as well.
   * @param all write the whole hash, not only what has changed
   */
  writeMulticast(bus: MmioBus, all: boolean): void {
    for (let entry = 1; entry < RECEIVE_ADDRESSES; entry++) writeAddress(bus, entry, this.#multicast[entry - 1] ?? null);
    const wanted = new Uint32Array(MTA_WORDS);
    for (const address of this.#multicast.slice(RECEIVE_ADDRESSES - 1)) {
      const hash = hashOf(address);
      wanted[hash >> 5] = wanted[hash >> 5]! | (1 << (hash & 31));
    }
    for (let word = 0; word < MTA_WORDS; word++) {
      if (!all && wanted[word] === this.#hash[word]) continue;
      bus.write32(Register.MTA + 4 * word, wanted[word]!);
    }
    this.#hash.set(wanted);
  }
}

/** The upper 12 bits of an address, as the chip sees them with RCTL.MO = 0. */
function hashOf(address: Uint8Array): number {
  return ((address[4]! >> 4) | (address[5]! << 4)) & 0xfff;
}

/** Values of RAL and RAH for an address; zeros for none. */
export function filterWords(address: Uint8Array | null): [low: number, high: number] {
  if (!address) return [0, 0];
  const [a, b, c, d, e, f] = address as unknown as [number, number, number, number, number, number];
  return [(a | (b << 8) | (c << 16) | (d << 24)) >>> 0, (e | (f << 8) | RAH_VALID) >>> 0];
}

function writeAddress(bus: MmioBus, entry: number, address: Uint8Array | null): void {
  const [low, high] = filterWords(address);
  // An entry that is valid only halfway would match an address that nobody asked for.
  bus.write32(Register.RAH + 8 * entry, 0);
  bus.write32(Register.RAL + 8 * entry, low);
  if (high !== 0) bus.write32(Register.RAH + 8 * entry, high);
}
