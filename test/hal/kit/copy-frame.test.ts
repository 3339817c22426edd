/** Frames arrive where they should, byte for byte, from memory of any size, and the source stays as it was. */
import t from "tap";
import { copyFrame } from "../../../hal/kit/copy-frame.ts";

const SLOT = 2048;

for (const size of [60, 1514, SLOT, SLOT + 1, 8256]) {
  t.test(`from memory of ${size} bytes`, async (t) => {
    const from = Uint8Array.from({ length: size }, (_, at) => (at * 7 + (at >> 8)) & 0xff);
    const before = from.slice();
    const wrong: string[] = [];
    for (const length of [1, 60, 128, 129, 1514]) {
      for (const fromAt of [0, 1, 114, size - length]) {
        if (fromAt < 0 || fromAt + length > size) continue;
        for (const at of [0, 128, fromAt, SLOT - length]) {
          if (at + length > SLOT) continue;
          const slot = new Uint8Array(SLOT).fill(0xee);
          copyFrame(slot, at, from, fromAt, length);
          const right = Buffer.compare(slot.subarray(at, at + length), before.subarray(fromAt, fromAt + length)) === 0;
          if (!right) wrong.push(`${length} bytes from ${fromAt} to ${at}`);
        }
      }
    }
    t.same(wrong, []);
    t.same(from, before, "the source is as it was");
  });
}
