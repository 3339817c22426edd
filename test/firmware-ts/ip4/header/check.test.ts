/** A received header is sound, or it says why not: next to a reading of RFC 791 and RFC 1071 octet by octet. */
import fc from "fast-check";
import t from "tap";
import { checkHeader } from "../../../../firmware-ts/ip4/header/check.ts";
import { DropReason } from "../../../../hal/drop-reason.ts";
import { SkBuffPool } from "../../../../hal/skbuff.ts";

const HEADER = 20;

/** The checksum that the header's octets want, taken in 16-bit words with the carry put back each time. */
function checksumOf(header: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < header.length; at += 2) {
    sum += (header[at]! << 8) | header[at + 1]!;
    if (sum > 0xffff) sum -= 0xffff;
  }
  return 0xffff - sum;
}

t.test("a checksum is right or it is not, whatever the header holds", async (t) => {
  const pool = new SkBuffPool();
  const octets = fc.uint8Array({ minLength: 2 * HEADER, maxLength: 2 * HEADER });
  fc.assert(
    fc.property(octets, fc.integer({ min: 0, max: 5 }), fc.integer({ min: -3, max: 3 }), (bytes, options, wrong) => {
      const length = HEADER + 4 * options;
      const header = bytes.subarray(0, length);
      header[0] = 0x40 | (length / 4);
      header[2] = 0;
      header[3] = 2 * HEADER;
      // Small numbers, so that a word that is taken for its negative is off by no more than the checksum is.
      header[6] = 0;
      header[7] = header[7]! & 1;
      header[10] = 0;
      header[11] = 0;
      const right = checksumOf(header);
      const told = right + wrong;
      if (told < 0 || told > 0xffff) return;
      header[10] = told >> 8;
      header[11] = told & 0xff;
      const skb = pool.allocate();
      if (!skb) throw new Error("no buffer");
      skb.bytes.set(bytes, skb.put(bytes.length));
      const reason = checkHeader(skb);
      skb.consume();
      // 0 and 0xffff are the same number in ones' complement.
      const fits = wrong === 0 || (right % 0xffff === 0 && told % 0xffff === 0);
      return reason === (fits ? DropReason.NONE : DropReason.IP_CSUM);
    }),
    { numRuns: 20_000, seed: 1 },
  );
  t.equal(pool.inUse, 0);
});
