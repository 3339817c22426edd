/** Packet memory: headers are pushed and pulled in place, every packet comes home once, and who sent it learns what became of it. */
import t from "tap";
import { DROP_REASONS, DropReason, dropReasonName } from "../../hal/drop-reason.ts";
import {
  Checksum,
  DropCounters,
  HEADROOM,
  PacketType,
  type SkBuff,
  SkBuffPool,
  SkBuffQueue,
  SLOT_BYTES,
} from "../../hal/skbuff.ts";

function make(pool: SkBuffPool): SkBuff {
  const skb = pool.allocate();
  if (!skb) throw new Error("the pool is empty");
  return skb;
}

t.test("a packet grows at the tail, and headers go in front of it without a copy", async (t) => {
  const skb = make(new SkBuffPool());
  t.equal(skb.length, 0);
  t.equal(skb.headroom, HEADROOM);
  const payload = skb.put(4);
  t.equal(payload, HEADROOM);
  skb.view.setUint32(payload, 0xdeadbeef);
  const header = skb.push(2);
  skb.view.setUint16(header, 0x0806);
  t.same([...skb.contents()], [0x08, 0x06, 0xde, 0xad, 0xbe, 0xef], "network byte order, header first");
  t.equal(skb.length, 6);
  t.equal(skb.pull(2), payload, "pulling the header leaves the payload where it was");
  t.same([...skb.contents()], [0xde, 0xad, 0xbe, 0xef]);
  skb.trim(2);
  t.same([...skb.contents()], [0xde, 0xad], "trim cuts padding");
  skb.trim(10);
  t.equal(skb.length, 2, "and never lengthens");
});

t.test("a slot holds the largest frame behind its headroom", async (t) => {
  t.ok(SLOT_BYTES - HEADROOM >= 1518);
  const skb = make(new SkBuffPool());
  t.equal(skb.bytes.length, SLOT_BYTES);
});

t.test("slots do not overlap", async (t) => {
  const pool = new SkBuffPool({ chunk: 4 });
  const packets = Array.from({ length: 9 }, () => make(pool));
  for (const [at, skb] of packets.entries()) skb.bytes.fill(at + 1);
  for (const [at, skb] of packets.entries()) t.ok(skb.bytes.every((byte) => byte === at + 1) && skb.view.getUint8(0) === at + 1);
});

t.test("the pool grows in chunks up to its limit, says null there, and uses slots again", async (t) => {
  const pool = new SkBuffPool({ limit: 5, chunk: 2 });
  t.equal(pool.size, 0, "nothing is taken before it is needed");
  const packets = Array.from({ length: 5 }, () => make(pool));
  t.equal(pool.size, 5, "the last chunk is cut to the limit");
  t.equal(pool.inUse, 5);
  t.equal(pool.allocate(), null);
  packets[3]?.consume();
  t.equal(pool.inUse, 4);
  t.equal(pool.allocate(), packets[3], "the slot that came back goes out again");
  for (const skb of packets) skb.drop(DropReason.NOMEM);
  t.equal(pool.inUse, 0, "every packet came home");
  t.equal(pool.size, 5);
});

t.test("the pool begins small and grows by halves, by a chunk at most", async (t) => {
  const pool = new SkBuffPool({ limit: 1000, chunk: 100 });
  const sizes = new Set<number>();
  while (pool.allocate()) sizes.add(pool.size);
  t.same([...sizes], [16, 32, 48, 72, 108, 162, 243, 343, 443, 543, 643, 743, 843, 943, 1000]);
  const memory = new Uint8Array(20 * SLOT_BYTES);
  const shared = new SkBuffPool({ memory });
  const first = make(shared);
  for (let more = 0; more < 19; more++) make(shared);
  t.equal(shared.allocate(), null, "no slot lies outside of the memory that was given");
  t.equal(first.bytes.buffer, memory.buffer);
});

t.test("a slot that is used again remembers nothing of its last packet", async (t) => {
  const pool = new SkBuffPool({ limit: 1 });
  const skb = make(pool);
  skb.put(100);
  skb.pull(14);
  Object.assign(skb, { network: 1, transport: 2, protocol: 0x800, packetType: PacketType.OTHERHOST, checksum: Checksum.PARTIAL });
  Object.assign(skb, { truesize: 768, confirm: true, cookie: 9, owner: { settled: () => {} }, next: skb });
  skb.consume();
  const again = make(pool);
  t.equal(again, skb);
  const fresh = make(new SkBuffPool());
  for (const key of [
    "data",
    "tail",
    "network",
    "transport",
    "protocol",
    "packetType",
    "checksum",
    "truesize",
    "confirm",
    "cookie",
    "owner",
    "next",
  ] as const) {
    t.equal(again[key], fresh[key], key);
  }
});

t.test("the owner learns once what became of its packet, while the packet is still intact", async (t) => {
  const pool = new SkBuffPool();
  const told: [cookie: number, reason: number, byte: number, home: number][] = [];
  const owner = {
    settled: (skb: SkBuff, reason: DropReason) => void told.push([skb.cookie, reason, skb.bytes[skb.data]!, pool.inUse]),
  };
  for (const [cookie, end] of [(skb: SkBuff) => skb.consume(), (skb: SkBuff) => skb.drop(DropReason.NEIGH_FAILED)].entries()) {
    const skb = make(pool);
    skb.bytes[skb.put(1)] = 0xa0 + cookie;
    skb.owner = owner;
    skb.cookie = cookie;
    end(skb);
    t.equal(skb.owner, null);
  }
  t.same(told, [
    [0, DropReason.NONE, 0xa0, 1],
    [1, DropReason.NEIGH_FAILED, 0xa1, 1],
  ]);
  t.equal(pool.inUse, 0);
});

t.test("an owner may send the next packet from within settled()", async (t) => {
  const pool = new SkBuffPool({ limit: 2 });
  const first = make(pool);
  let second: SkBuff | null = null;
  first.owner = {
    settled: () => {
      second = pool.allocate();
    },
  };
  first.consume();
  t.not(second, first, "the settled packet is not given out while its owner looks at it");
  t.ok(second);
  t.equal(pool.inUse, 1);
});

t.test("a queue is first in, first out, and one can be put back in front", async (t) => {
  const pool = new SkBuffPool();
  const [a, b, c] = [make(pool), make(pool), make(pool)];
  const queue = new SkBuffQueue();
  t.equal(queue.dequeue(), null);
  queue.enqueue(a);
  queue.enqueue(b);
  t.equal(queue.length, 2);
  t.equal(queue.head, a);
  t.equal(queue.tail, b);
  t.equal(queue.dequeue(), a);
  t.equal(a.next, null, "a packet that left carries no link");
  queue.requeue(a);
  queue.enqueue(c);
  t.same(
    [queue.dequeue(), queue.dequeue(), queue.dequeue(), queue.dequeue()].map((skb) => [a, b, c].indexOf(skb as SkBuff)),
    [0, 1, 2, -1],
  );
  t.equal(queue.length, 0);
  t.equal(queue.head, null);
  t.equal(queue.tail, null, "emptied to both ends");
  queue.requeue(b);
  queue.enqueue(c);
  t.equal(queue.dequeue(), b, "putting back into an empty queue sets both ends");
  t.equal(queue.dequeue(), c);
});

t.test("every drop is counted by its reason, with or without a buffer", async (t) => {
  const pool = new SkBuffPool();
  const drops = new DropCounters();
  drops.drop(make(pool), DropReason.UDP_CSUM);
  drops.drop(make(pool), DropReason.UDP_CSUM);
  drops.count(DropReason.NOMEM);
  t.equal(drops.get(DropReason.UDP_CSUM), 2);
  t.equal(drops.get(DropReason.NOMEM), 1);
  t.equal(drops.get(DropReason.IP_CSUM), 0);
  t.equal(drops.total, 3);
  t.equal(pool.inUse, 0, "and the packets came home");
});

t.test("drop reasons are numbered without gaps and have names", async (t) => {
  t.same(
    Object.values(DropReason),
    Array.from({ length: DROP_REASONS }, (_, at) => at),
    "a table indexed by reason fits",
  );
  t.equal(dropReasonName(DropReason.NEIGH_FAILED), "NEIGH_FAILED");
  t.equal(dropReasonName(DROP_REASONS), `REASON_${DROP_REASONS}`);
});
