/**
 * HalfSipHash-2-4 with a result of 32 bits (J.-P. Aumasson, D. J. Bernstein): a function of a few words that nobody can guess without its
 * key. Start values of sequence numbers, ports, time stamps and SYN cookies come from it.
 */
import type { Random } from "../../../hal/random.ts";

export class KeyedHash {
  readonly #k0: number;
  readonly #k1: number;
  #a = 0;
  #b = 0;
  #c = 0;
  #d = 0;

  constructor(random: Random) {
    this.#k0 = random.below(0x100000000) | 0;
    this.#k1 = random.below(0x100000000) | 0;
  }

  /** Hashes up to eight words. Returns an int32. */
  hash(w0: number, w1: number, w2: number, w3 = 0, w4 = 0, w5 = 0): number {
    this.#a = this.#k0;
    this.#b = this.#k1;
    this.#c = 0x6c796765 ^ this.#k0;
    this.#d = 0x74656462 ^ this.#k1;
    this.#word(w0);
    this.#word(w1);
    this.#word(w2);
    this.#word(w3);
    this.#word(w4);
    this.#word(w5);
    // The length in the top octet, as of a message of 24 bytes.
    this.#word(24 << 24);
    this.#c ^= 0xff;
    for (let round = 0; round < 4; round++) this.#round();
    return this.#b ^ this.#d;
  }

  #word(word: number): void {
    this.#d ^= word;
    this.#round();
    this.#round();
    this.#a ^= word;
  }

  #round(): void {
    let a = (this.#a + this.#b) | 0;
    let b = rotate(this.#b, 5) ^ a;
    a = rotate(a, 16);
    let c = (this.#c + this.#d) | 0;
    let d = rotate(this.#d, 8) ^ c;
    a = (a + d) | 0;
    d = rotate(d, 7) ^ a;
    c = (c + b) | 0;
    b = rotate(b, 13) ^ c;
    this.#a = a;
    this.#b = b;
    this.#c = rotate(c, 16);
    this.#d = d;
  }
}

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}
