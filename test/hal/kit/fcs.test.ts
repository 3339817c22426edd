/** The frame check sequence against zlib, and the hash table against Microchip's code. */
import { crc32 } from "node:zlib";
import t from "tap";
import { frameCheckSequence } from "../../../hal/kit/fcs.ts";
import { SeededRandom } from "../../../hal/random.ts";
import { hashIndex } from "../../../hal/simulated/enc28j60/filters.ts";

t.test("the check sequence is zlib's CRC-32", async (t) => {
  const random = new SeededRandom("fcs");
  for (let round = 0; round < 200; round++) {
    const bytes = Uint8Array.from({ length: random.below(1600) }, () => random.below(256));
    t.equal(frameCheckSequence(bytes, bytes.length) >>> 0, crc32(bytes));
  }
  t.equal(frameCheckSequence(new TextEncoder().encode("123456789"), 9) >>> 0, 0xcbf43926, "the check value of the CRC catalogue");
});

t.test("hash table positions that Microchip's own code computes", async (t) => {
  const vectors: [string, number][] = [
    ["01005e000001", 63],
    ["01005e0000fb", 62],
    ["333300000001", 51],
    ["0180c200000e", 14],
    ["ffffffffffff", 62],
  ];
  for (const [address, index] of vectors) t.equal(hashIndex(Buffer.from(address, "hex")), index, address);
});
