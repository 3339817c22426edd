/** Mutation of bytes that knows no format, and picks from lists. */
import type { Random } from "../../hal/random.ts";

/** Values at which a field of one or two octets tends to break. */
const EDGES: readonly number[] = [0, 1, 2, 4, 7, 8, 15, 16, 20, 27, 28, 63, 64, 127, 128, 254, 255];

export function pick<T>(random: Random, list: readonly T[]): T {
  return list[random.below(list.length)] as T;
}

/** True once in `n` times. */
export function oneIn(random: Random, n: number): boolean {
  return random.below(n) === 0;
}

export function fillRandom(bytes: Uint8Array, from: number, to: number, random: Random): void {
  for (let at = from; at < to; at++) bytes[at] = random.below(256);
}

export function randomBytes(length: number, random: Random): Uint8Array {
  const bytes = new Uint8Array(length);
  fillRandom(bytes, 0, length, random);
  return bytes;
}

/** A changed copy: one to four bits flipped, bytes set, cut out, doubled, or the end cut off. At most `longest` bytes. */
export function mutateBytes(piece: Uint8Array, random: Random, longest = 2048): Uint8Array {
  let bytes: Uint8Array = piece.slice();
  for (let left = 1 + random.below(4); left > 0; left--) {
    if (bytes.length === 0) bytes = Uint8Array.of(random.below(256));
    const at = random.below(bytes.length);
    switch (random.below(8)) {
      case 0:
        bytes[at] = bytes[at]! ^ (1 << random.below(8));
        break;
      case 1:
      case 2:
        bytes[at] = random.below(256);
        break;
      case 3:
        bytes[at] = pick(random, EDGES);
        break;
      case 4:
        bytes[at] = bytes[at]! + pick(random, [1, 255]);
        break;
      case 5:
        bytes = spliced(bytes, at, random.below(8), new Uint8Array(0));
        break;
      case 6:
        bytes = spliced(
          bytes,
          at,
          0,
          oneIn(random, 2) ? bytes.slice(at, at + 1 + random.below(16)) : randomBytes(1 + random.below(4), random),
        );
        break;
      default:
        bytes = bytes.slice(0, at);
    }
  }
  return bytes.length > longest ? bytes.slice(0, longest) : bytes;
}

function spliced(bytes: Uint8Array, at: number, cut: number, more: Uint8Array): Uint8Array {
  const rest = bytes.subarray(Math.min(bytes.length, at + cut));
  const made = new Uint8Array(at + more.length + rest.length);
  made.set(bytes.subarray(0, at), 0);
  made.set(more, at);
  made.set(rest, at + more.length);
  return made;
}
