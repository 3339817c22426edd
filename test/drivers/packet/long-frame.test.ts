/** Frames that a sender left to the hardware to part: each piece is the frame that would have been on a wire. */
import fc from "fast-check";
import t from "tap";
import { LongFrame } from "../../../drivers/packet/long-frame.ts";
import { NATIVE } from "../../../hal/bridges/linux/libc.ts";
import { completeChecksum } from "../../../hal/kit/outgoing.ts";
import { Checksum, SkBuffPool } from "../../../hal/skbuff.ts";
import { tcp, timestamps } from "../../support/tcp-frames.ts";
import { checksum, ip, udp } from "../../support/wire-format.ts";

const TCPV4 = 1;
const TCPV6 = 4;
const UDP_L4 = 5;
const pool = new SkBuffPool();

interface Vnet {
  type: number;
  size: number;
  start: number;
  offset: number;
  flags?: number;
}

/** A vnet header and the frame, as the kernel hands them over: the sum of the pseudo header stands in the place of the checksum. */
function begin(long: LongFrame, frame: Uint8Array, { type, size, start, offset, flags = 1 }: Vnet): boolean {
  const view = new DataView(long.bytes.buffer, long.bytes.byteOffset);
  long.bytes.set(frame.subarray(0, long.bytes.length - 10), 10);
  view.setUint8(0, flags);
  view.setUint8(1, type);
  view.setUint16(2, 0, NATIVE);
  view.setUint16(4, size, NATIVE);
  view.setUint16(6, start, NATIVE);
  view.setUint16(8, offset, NATIVE);
  return long.begin(frame.length);
}

/** The pieces, with their checksums filled in. */
function pieces(long: LongFrame): Uint8Array[] {
  const taken: Uint8Array[] = [];
  while (long.pending) {
    const skb = pool.allocate()!;
    long.next(skb);
    t.equal(skb.checksum, Checksum.PARTIAL);
    t.ok(completeChecksum(skb));
    t.equal(skb.more, long.pending, "all but the last say that another one follows");
    taken.push(Uint8Array.from(skb.contents()));
    skb.consume();
  }
  return taken;
}

/** Leaves the checksum open. */
function open(frame: Uint8Array, start: number, offset: number, pseudo: number[]): Uint8Array {
  const sum = ~checksum(pseudo) & 0xffff;
  frame[start + offset] = sum >> 8;
  frame[start + offset + 1] = sum & 255;
  return frame;
}

function pseudo4(protocol: number, length: number): number[] {
  return [...ip("10.0.0.2"), ...ip("10.0.0.1"), 0, protocol, length >> 8, length & 255];
}

const bytes = (count: number): number[] => Array.from({ length: count }, (_, at) => (at * 7 + (at >> 8)) & 255);

t.test("TCP over IPv4: sequence numbers, identifications, flags, lengths and checksums", async (t) => {
  const payload = bytes(3000);
  const tcpOptions = timestamps(5, 6);
  const shared = { tcpOptions, ack: 9, seq: -1000 };
  const whole = tcp({ ...shared, flags: "FPAC", payload, id: 0xfffe });
  const long = new LongFrame();
  const length = 32 + payload.length;
  t.ok(begin(long, open(whole, 34, 16, pseudo4(6, length)), { type: TCPV4, size: 1448, start: 34, offset: 16 }));
  t.strictSame(pieces(long), [
    tcp({ ...shared, flags: "AC", payload: payload.slice(0, 1448), id: 0xfffe }),
    tcp({ ...shared, flags: "A", payload: payload.slice(1448, 2896), id: 0xffff, seq: 448 }),
    tcp({ ...shared, flags: "FPA", payload: payload.slice(2896), id: 0, seq: 1896 }),
  ]);
});

t.test("UDP over IPv4, behind a VLAN tag", async (t) => {
  const payload = bytes(250);
  const tag = (frame: Uint8Array): Uint8Array => Uint8Array.of(...frame.subarray(0, 12), 0x81, 0, 0, 7, ...frame.subarray(12));
  const whole = open(udp({ id: 7 }, Uint8Array.from(payload)), 34, 6, pseudo4(17, 258));
  const long = new LongFrame();
  t.ok(begin(long, tag(whole), { type: UDP_L4, size: 100, start: 38, offset: 6 }));
  const parts = [payload.slice(0, 100), payload.slice(100, 200), payload.slice(200)];
  t.strictSame(
    pieces(long),
    parts.map((part, at) => tag(udp({ id: 7 + at }, Uint8Array.from(part)))),
  );
});

t.test("TCP over IPv6", async (t) => {
  const payload = bytes(2000);
  const addresses = [...Array(15).fill(0), 1, ...Array(15).fill(0), 2];
  const make = (part: number[], seq: number, flags: number, sum: boolean): Uint8Array => {
    const length = 20 + part.length;
    const header = [0, 80, 0, 81, 0, 0, seq >> 8, seq & 255, 0, 0, 0, 1, 0x50, flags, 1, 0, 0, 0, 0, 0];
    const pseudo = [...addresses, 0, 0, length >> 8, length & 255, 0, 0, 0, 6];
    const value = sum ? checksum([...pseudo, ...header, ...part]) : ~checksum(pseudo) & 0xffff;
    header.splice(16, 2, value >> 8, value & 255);
    const head = [...Array(12).fill(2), 0x86, 0xdd, 0x60, 0, 0, 0, length >> 8, length & 255, 6, 64, ...addresses];
    return Uint8Array.from([...head, ...header, ...part]);
  };
  const long = new LongFrame();
  t.ok(begin(long, make(payload, 100, 0x18, false), { type: TCPV6, size: 1200, start: 54, offset: 16 }));
  t.strictSame(pieces(long), [make(payload.slice(0, 1200), 100, 0x10, true), make(payload.slice(1200), 1300, 0x18, true)]);
});

t.test("frames whose headers do not fit together are refused, and any bytes do no harm", async (t) => {
  const whole = tcp({ payload: bytes(3000) });
  const good: Vnet = { type: TCPV4, size: 1448, start: 34, offset: 16 };
  const long = new LongFrame();
  const rows: [string, Uint8Array, Vnet][] = [
    ["of another kind", whole, { ...good, type: 3 }],
    ["of the other family", whole, { ...good, type: TCPV6 }],
    ["without an open checksum", whole, { ...good, flags: 0 }],
    ["no size", whole, { ...good, size: 0 }],
    ["pieces longer than a frame", whole, { ...good, size: 1500 }],
    ["a checksum at another place", whole, { ...good, offset: 6 }],
    ["a transport header within the IP header", whole, { ...good, start: 30 }],
    ["a transport header behind the end", whole, { ...good, start: 3050 }],
    ["a data offset behind the end", tcp({ dataOffset: 15 }), good],
    ["no payload", tcp({}), good],
    ["longer than any", new Uint8Array(70_000), good],
    ["nothing", new Uint8Array(0), good],
  ];
  for (const [name, frame, vnet] of rows) t.equal(begin(long, frame, vnet), false, name);
  t.equal(long.pending, false);
  t.ok(begin(long, whole, good), "and the next good one is taken");
  const vnet = fc.record({
    type: fc.constantFrom(TCPV4, TCPV6, UDP_L4, TCPV4 | 0x80),
    size: fc.integer({ min: 0, max: 2000 }),
    start: fc.integer({ min: 0, max: 200 }),
    offset: fc.constantFrom(6, 16),
  });
  const damage = fc.array(fc.tuple(fc.integer({ min: 12, max: 80 }), fc.integer({ min: 0, max: 255 })), { maxLength: 3 });
  fc.assert(
    fc.property(vnet, damage, fc.integer({ min: 0, max: 3054 }), (header, changes, length) => {
      const frame = whole.slice(0, length);
      for (const [at, value] of changes) if (at < length) frame[at] = value;
      if (!begin(long, frame, header)) return;
      let payload = 0;
      for (let count = 0; long.pending; count++) {
        const skb = pool.allocate()!;
        long.next(skb);
        payload += skb.length;
        const sound = skb.length <= 1518 && skb.csumStart + skb.csumOffset + 2 <= skb.tail && count < 4000;
        skb.consume();
        if (!sound) throw new Error("a piece that is no frame");
      }
      if (payload < length) throw new Error("bytes were lost");
    }),
    { numRuns: 2000, seed: 1 },
  );
  t.equal(pool.inUse, 0);
});
