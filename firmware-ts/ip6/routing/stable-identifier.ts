/**
 * Interface identifiers that stay the same on one link and differ on every other (RFC 7217), as Linux makes them: the first half of one
 * block of SHA-1 (FIPS 180-4 6.1) over the secret, the prefix, the device's own address and the number of failures before.
 */

/** Bytes of a secret. */
export const SECRET_BYTES = 16;

/** The block: secret, prefix, link address (room for the longest there is), failures. */
const BLOCK_BYTES = 64;
const PREFIX_AT = SECRET_BYTES;
const LINK_AT = 24;
const FAILURES_AT = 56;

const ROUNDS = 80;
const WORDS = 16;
const START: readonly number[] = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];

/** Identifiers that are reserved (RFC 5453): that of all routers of a subnet, proxies' for mobile nodes, and the anycast ones. */
function isReserved(c: number, d: number): boolean {
  if ((c | d) === 0) return true;
  if (c >>> 0 === 0x02005eff && d >>> 24 === 0xfe) return true;
  return c >>> 0 === 0xfdffffff && d >>> 0 >= 0xffffff80;
}

/** A secret, and what it makes. */
export class StableIdentifier {
  /** The last two words of the address. */
  c = 0;
  d = 0;
  readonly #block = new Uint8Array(BLOCK_BYTES);
  readonly #view = new DataView(this.#block.buffer);
  readonly #words = new Int32Array(ROUNDS);

  /**
   * Makes the identifier of a device behind a prefix of two words.
   * @param link the device's own address, whatever an operator calls it
   * @param failures times that an identifier made so before was somebody else's
   * @returns the failures that it stands for: more than were given, where one before it is reserved
   */
  make(secret: Uint8Array, a: number, b: number, link: Uint8Array, failures: number): number {
    const block = this.#block;
    block.fill(0);
    block.set(secret.subarray(0, SECRET_BYTES));
    this.#view.setInt32(PREFIX_AT, a);
    this.#view.setInt32(PREFIX_AT + 4, b);
    block.set(link, LINK_AT);
    for (let count = failures; ; count++) {
      block[FAILURES_AT] = count;
      this.#digest();
      if (!isReserved(this.c, this.d)) return count;
    }
  }

  #digest(): void {
    const words = this.#words;
    for (let at = 0; at < WORDS; at++) words[at] = this.#view.getInt32(4 * at);
    for (let at = WORDS; at < ROUNDS; at++) {
      words[at] = left(words[at - 3]! ^ words[at - 8]! ^ words[at - 14]! ^ words[at - 16]!, 1);
    }
    let [a = 0, b = 0, c = 0, d = 0, e = 0] = START;
    for (let at = 0; at < ROUNDS; at++) {
      const next = (left(a, 5) + mix(at, b, c, d) + e + words[at]!) | 0;
      e = d;
      d = c;
      c = left(b, 30);
      b = a;
      a = next;
    }
    // Linux takes the words as its processor has them, the low octet first.
    this.c = swapped((a + START[0]!) | 0);
    this.d = swapped((b + START[1]!) | 0);
  }
}

function left(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

function mix(round: number, b: number, c: number, d: number): number {
  if (round < 20) return ((b & c) | (~b & d)) + 0x5a827999;
  if (round < 40) return (b ^ c ^ d) + 0x6ed9eba1;
  if (round < 60) return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
  return (b ^ c ^ d) + 0xca62c1d6;
}

function swapped(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}
