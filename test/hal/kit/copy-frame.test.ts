/** Frames arrive where they should, byte for byte, from memory of any size, and the source stays as it was. */
import t from "tap";
import { copyFrame, copyFrameByWords, copyPart } from "../../../hal/kit/copy-frame.ts";
import { PacketView, packetSlot } from "../../../hal/packet-memory.ts";

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

t.test("by the kernel, by words and by blocks: the frame and nothing before it; no slot runs over into the next", async (t) => {
  const owner = {};
  const kinds = [packetSlot(3 * SLOT, owner), new Uint8Array(3 * SLOT)];
  t.same(
    kinds.map((memory) => new PacketView(memory).place >= 0),
    [true, false],
  );
  const wrong: string[] = [];
  for (const [number, memory] of kinds.entries()) {
    const [from, slot, next] = [0, 1, 2].map((at) => memory.subarray(at * SLOT, (at + 1) * SLOT)) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    const [fromView, slotView] = [new PacketView(from), new PacketView(slot)];
    for (let at = 0; at < SLOT; at++) from[at] = (at * 7 + (at >> 8)) & 0xff;
    for (const length of [1, 42, 60, 160, 161, 1514, 1900]) {
      for (const fromAt of [0, 2, 114, SLOT - length]) {
        for (const at of [0, 2, 128, SLOT - length, SLOT - 1]) {
          slot.fill(0xee);
          next.fill(0xdd);
          copyFrameByWords(slot, slotView, at, from, fromView, fromAt, length);
          const fits = at + length <= SLOT;
          const right = !fits || Buffer.compare(slot.subarray(at, at + length), from.subarray(fromAt, fromAt + length)) === 0;
          if (!right || next.some((octet) => octet !== 0xdd))
            wrong.push(`memory ${number}: ${length} bytes from ${fromAt} to ${at}`);
        }
      }
    }
  }
  t.same(wrong, []);
});

t.test("a part: from slots of any size, nothing around it, and never beyond its slot", async (t) => {
  const owner = {};
  const wrong: string[] = [];
  for (const [number, make] of [(bytes: number) => packetSlot(bytes, owner), (bytes: number) => new Uint8Array(bytes)].entries()) {
    const from = make(2 * SLOT).map((_, at) => (at * 7 + (at >> 8)) & 0xff);
    const source = make(2 * SLOT);
    source.set(from);
    const memory = make(2 * SLOT);
    const slot = new PacketView(memory.subarray(0, SLOT));
    for (const length of [0, 1, 3, 8, 1480, SLOT]) {
      for (const fromAt of [0, 5, 2 * SLOT - length]) {
        for (const at of [0, 7, SLOT - length]) {
          if (at + length > SLOT || fromAt + length > 2 * SLOT) continue;
          memory.fill(0xee);
          copyPart(slot, at, new PacketView(source), fromAt, length);
          const right = new Uint8Array(2 * SLOT).fill(0xee);
          right.set(from.subarray(fromAt, fromAt + length), at);
          if (Buffer.compare(memory, right) !== 0) wrong.push(`memory ${number}: ${length} bytes from ${fromAt} to ${at}`);
        }
      }
    }
    memory.fill(0xee);
    t.throws(() => copyPart(slot, SLOT - 4, new PacketView(source), 0, 8), RangeError);
    t.ok(
      memory.subarray(SLOT).every((octet) => octet === 0xee),
      "the next slot is as it was",
    );
  }
  t.same(wrong, []);
});
