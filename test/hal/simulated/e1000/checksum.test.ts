/** The model's ones' complement sum over any range of a frame. */
import fc from "fast-check";
import t from "tap";
import { sumOf } from "../../../../hal/simulated/e1000/checksum.ts";
import { ChipMemory } from "../../../../hal/simulated/e1000/memory.ts";

/** RFC 1071 as it is written down: 16-bit words in network byte order, the last one filled up with zeros. */
function plainSum(bytes: Uint8Array, at: number, end: number, sum: number): number {
  let total = sum;
  for (let byte = at; byte < end; byte++) total += bytes[byte]! << ((byte - at) % 2 === 0 ? 8 : 0);
  while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 0x10000);
  return total;
}

t.test("any range of a frame, from even and odd offsets, sums up to what RFC 1071 says", async () => {
  const frame = new ChipMemory(4096, 0).incoming;
  const range = fc.tuple(fc.nat(200), fc.nat(1600), fc.nat(0x2_0000));
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1800, maxLength: 1800 }), range, (content, [at, length, sum]) => {
      frame.bytes.set(content);
      return sumOf(frame, at, at + length, sum) === plainSum(frame.bytes, at, at + length, sum);
    }),
    { numRuns: 300, seed: 4 },
  );
});

t.test("the largest frame of ones does not overflow", async (t) => {
  const frame = new ChipMemory(4096, 0).incoming;
  frame.bytes.fill(0xff);
  for (const [at, end] of [
    [0, 16448],
    [1, 16448],
    [1, 16447],
  ] as const) {
    t.equal(sumOf(frame, at, end, 0xffff), plainSum(frame.bytes, at, end, 0xffff), `${at} to ${end}`);
  }
});
