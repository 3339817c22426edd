/** The header in front of each packet in the receive ring: which ones are a frame, which a damaged one, and which cannot be true. */
import t from "tap";
import { MAX_FRAME_WITH_FCS, ReceiveRing, RING_BYTES, RING_END, Verdict } from "../../../drivers/enc28j60/ring.ts";

const OK = 0x0080;
const FCS = 4;

/** A header that agrees with itself, for a frame of so many bytes without FCS at `head`. */
function ring(head: number, length: number, { status = OK, next = behind(head, length) } = {}): ReceiveRing {
  const ring = new ReceiveRing();
  ring.head = head;
  const count = length + FCS;
  ring.header.set([next & 0xff, next >> 8, count & 0xff, count >> 8, status & 0xff, status >> 8]);
  return ring;
}

function behind(head: number, length: number): number {
  const end = head + 6 + length + FCS;
  return (end + (end & 1)) % RING_BYTES;
}

t.test("a frame shorter than an Ethernet header is damaged, whatever the status says", async (t) => {
  for (let length = -FCS; length <= 13; length++) t.equal(ring(0x100, length).parse(), Verdict.BAD, `${length} bytes`);
  for (const length of [14, 15, 60, 1514, MAX_FRAME_WITH_FCS - FCS]) {
    const good = ring(0x100, length);
    t.same([good.parse(), good.length, good.next], [Verdict.FRAME, length, behind(0x100, length)]);
    t.equal(good.remainder, behind(0x100, length) - 0x106, "up to the next header");
  }
});

t.test("a status without RECEIVED OK is a damaged frame", async (t) => {
  const damaged = ring(0x100, 60, { status: 0x0010 });
  t.same([damaged.parse(), damaged.status], [Verdict.BAD, 0x0010]);
  const group = ring(0x100, 60, { status: OK | 0x0300 });
  t.same([group.parse(), group.status], [Verdict.FRAME, 0x0380]);
});

t.test("a header that contradicts itself: where the next packet begins is not known", async (t) => {
  const rows: [string, ReceiveRing][] = [
    ["a pointer 2 too far", ring(0x100, 60, { next: behind(0x100, 60) + 2 })],
    ["a pointer 2 short", ring(0x100, 60, { next: behind(0x100, 60) - 2 })],
    ["a pointer of an odd length that is not made even", ring(0x100, 61, { next: 0x100 + 6 + 61 + FCS })],
    ["longer than the longest", ring(0x100, MAX_FRAME_WITH_FCS - FCS + 1)],
    ["the bit that is always zero", ring(0x100, 60, { status: OK | 0x8000 })],
  ];
  for (const [what, wrong] of rows) t.equal(wrong.parse(), Verdict.CORRUPT, what);
});

t.test("packets go round the end of the ring", async (t) => {
  const head = RING_END + 1 - (6 + 60 + FCS);
  const last = ring(head, 60);
  t.same([last.parse(), last.next], [Verdict.FRAME, 0], "one that ends with it");
  const across = ring(head + 2, 60);
  t.same([across.parse(), across.next], [Verdict.FRAME, 2]);
  t.equal(ring(head - 2, 60, { next: 0 }).parse(), Verdict.CORRUPT);
  t.equal(ring(head, 60, { next: RING_END + 1 }).parse(), Verdict.CORRUPT, "the address behind the end is none");
});

t.test("bytes from the oldest packet to the write pointer", async (t) => {
  const ring = new ReceiveRing();
  ring.head = 0x100;
  t.same(
    [0x100, 0x102, RING_END - 1, 0, 0x0fe].map((pointer) => ring.filled(pointer)),
    [0, 2, RING_END - 1 - 0x100, RING_BYTES - 0x100, RING_BYTES - 2],
  );
});
