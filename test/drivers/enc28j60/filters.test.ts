/** The filters that the chip is told, by receive mode; the hash of a group against a CRC that nobody here wrote. */
import { crc32 } from "node:zlib";
import t from "tap";
import { Filters } from "../../../drivers/enc28j60/filters.ts";
import { Register } from "../../../drivers/enc28j60/registers.ts";

const NOTHING = { promiscuous: false, allMulticast: false, groups: [] as Uint8Array[] };

/** Bits 28 to 23 of the CRC (DS39662 section 8.4). zlib's is reflected and inverted: bit n of it is bit 31-n of the CRC. */
function hashOf(group: Uint8Array): number {
  const crc = ~crc32(group) >>> 0;
  let hash = 0;
  for (let bit = 28; bit >= 23; bit--) hash = hash * 2 + (Math.floor(crc / 2 ** (31 - bit)) % 2);
  return hash;
}

t.test("ERXFCON by mode; the hash table where single groups are wanted", async (t) => {
  const group = Uint8Array.of(1, 0, 0x5e, 0, 0, 1);
  const rows: [what: string, mode: typeof NOTHING, config: number, registers: number][] = [
    ["nothing", NOTHING, 0xa1, 1],
    ["everything", { ...NOTHING, promiscuous: true, groups: [group] }, 0x00, 1],
    ["all groups", { ...NOTHING, allMulticast: true, groups: [group] }, 0xa3, 1],
    ["a group", { ...NOTHING, groups: [group] }, 0xa5, 9],
  ];
  for (const [what, mode, config, registers] of rows) {
    const filters = new Filters();
    filters.set(mode);
    t.ok(filters.due, `${what}: the chip was told nothing yet`);
    const told = filters.tell();
    t.same([told[0], told.length, filters.hashing], [[Register.ERXFCON, config], registers, registers > 1], what);
    t.same(filters.told, told);
    filters.set(mode);
    t.notOk(filters.due, `${what}: and nothing is to be told again`);
    filters.set({ ...NOTHING, groups: [Uint8Array.of(1, 0, 0x5e, 0, 0, 2)] });
    t.ok(filters.due);
  }
});

t.test("each group sets its bit, and no other", async (t) => {
  const seen = new Set<number>();
  for (let n = 0; n < 300; n++) {
    const group = Uint8Array.of(0x01, 0x00, 0x5e, n & 0x7f, (n * 7) & 0xff, (n * 31) & 0xff);
    const filters = new Filters();
    filters.set({ ...NOTHING, groups: [group] });
    const bits = filters
      .tell()
      .slice(1)
      .flatMap(([register, value], at) => {
        t.equal(register, Register.EHT0 + at);
        return Array.from({ length: 8 }, (_, bit) => (value >> bit) & 1);
      });
    const hash = hashOf(group);
    seen.add(hash);
    if (bits.indexOf(1) !== hash || bits.lastIndexOf(1) !== hash) t.fail(`${group}: bit ${bits.indexOf(1)} instead of ${hash}`);
  }
  t.ok(seen.size > 50, `${seen.size} bits of 64 were tried`);
});
