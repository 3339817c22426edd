/**
 * The tester's end of all cables that are Linux interfaces: one packet socket receives the frames of every interface of the tester's
 * namespace, with the kernel's own time stamp, and sends on any of them.
 *
 * There is one socket because making and closing a socket with a ring both wait for the kernel's readers (10 to 40 ms) and block the whole
 * process; a socket for each case would spoil the times of the cases beside it.
 */
import { type ReceiveRing, SLOT, SlotStatus } from "../../../drivers/packet/ring.ts";
import { MSG_DONTWAIT, PacketSocket } from "../../../drivers/packet/socket.ts";
import { VnetHeader } from "../../../drivers/packet/vnet-header.ts";
import { type Libc, NATIVE, type Watch } from "../../../hal/bridges/linux/libc.ts";
import { LinkSocket } from "../../../hal/bridges/linux/link.ts";
import type { SystemCalls } from "./system-calls.ts";

/** struct tpacket2_hdr: tp_sec and tp_nsec, when the frame came, by CLOCK_REALTIME; behind it a struct sockaddr_ll. */
const TP_SEC = 16;
const TP_NSEC = 20;
const SLL_IFINDEX = 32 + 4;
/** struct sockaddr_ll. */
const SOCKADDR = 20;
const AF_PACKET = 17;
/** struct virtio_net_hdr: flags, csum_start, csum_offset; the checksum from csum_start on is still to be filled in. */
const NEEDS_CSUM = 1;
const CSUM_START = 6;
const CSUM_OFFSET = 8;
const CLOCK_REALTIME = 0;
const SOL_PACKET = 263;
const PACKET_QDISC_BYPASS = 20;
/** 8 MiB; enough for a burst of 4096 frames while the process is busy. */
const RING_FRAMES = 4096;
/** The offset between the two clocks is measured again after this many ms, because only one of them is slewed. */
const OFFSET_AGE = 1000;

/** A frame came, at this time of performance.now(). */
export type FrameHandler = (time: number, bytes: Uint8Array) => void;

export class TesterSocket {
  readonly #libc: Libc;
  readonly #calls: SystemCalls;
  readonly #socket: PacketSocket;
  readonly #ring: ReceiveRing;
  readonly #watch: Watch;
  readonly #handlers = new Map<number, FrameHandler>();
  readonly #address: Uint8Array = new Uint8Array(SOCKADDR);
  #offset = 0;
  #offsetAt = Number.NEGATIVE_INFINITY;

  /** Make it inside the tester's namespace. @throws ControllerError */
  constructor(libc: Libc, calls: SystemCalls) {
    this.#libc = libc;
    this.#calls = calls;
    this.#socket = new PacketSocket(libc, "every interface");
    this.#ring = this.#socket.receiveRing(RING_FRAMES);
    // A new interface sends nothing until the kernel's link watch has given it a queue. On a busy machine this takes 100 ms and more,
    // because all namespaces wait for one lock. So the socket bypasses the queue.
    const on = new Uint8Array(4);
    new DataView(on.buffer).setInt32(0, 1, NATIVE);
    libc.setsockopt(this.#socket.fd, SOL_PACKET, PACKET_QDISC_BYPASS, on, 4);
    // Interface 0 is all of them.
    this.#socket.bind(0);
    this.#watch = libc.watch(this.#socket.fd, (failed) => {
      // An interface that goes down leaves ENETDOWN behind; reading it clears it.
      if (failed) this.#socket.takeError();
      this.drain();
      this.#watch.want(true, false);
    });
    this.#watch.want(true, false);
  }

  /** Takes frames from an interface. Returns its index, which send() needs. */
  attach(name: string, handler: FrameHandler): number {
    const links = new LinkSocket(this.#libc, "packet");
    const index = links.find(name)?.index;
    links.close();
    if (index === undefined) throw new Error(`no interface ${name}`);
    this.#handlers.set(index, handler);
    return index;
  }

  detach(index: number): void {
    this.#handlers.delete(index);
  }

  /** Sends a frame. Fails silently when the cable is pulled, as a wire does. */
  send(index: number, bytes: Uint8Array): void {
    const packet = new Uint8Array(VnetHeader.BYTES + bytes.length);
    packet.set(bytes, VnetHeader.BYTES);
    const view = new DataView(this.#address.buffer);
    view.setUint16(0, AF_PACKET, NATIVE);
    view.setInt32(4, index, NATIVE);
    this.#calls.sendto(this.#socket.fd, packet, packet.length, MSG_DONTWAIT, this.#address, SOCKADDR);
  }

  /** Passes on the frames that have arrived. */
  drain(): void {
    const ring = this.#ring;
    while ((ring.status & SlotStatus.USER) !== 0) {
      const slot = ring.frame - (ring.frame % SLOT);
      const handler = this.#handlers.get(new DataView(ring.bytes.buffer).getInt32(slot + SLL_IFINDEX, NATIVE));
      const frame = handler ? this.#take(ring, slot) : null;
      ring.release();
      if (handler && frame) handler(frame.time, frame.bytes);
    }
  }

  close(): void {
    this.#handlers.clear();
    this.#watch.close();
    this.#ring.close();
    this.#socket.close();
  }

  #take(ring: ReceiveRing, slot: number): { time: number; bytes: Uint8Array } {
    const all = new DataView(ring.bytes.buffer);
    const at = ring.frame;
    const real = all.getUint32(slot + TP_SEC, NATIVE) * 1000 + all.getUint32(slot + TP_NSEC, NATIVE) / 1e6;
    const bytes = ring.bytes.slice(at, at + Math.min(ring.length, ring.captured));
    const header = at - VnetHeader.BYTES;
    if ((all.getUint8(header) & NEEDS_CSUM) !== 0) {
      const start = all.getUint16(header + CSUM_START, NATIVE);
      fillChecksum(bytes, start, start + all.getUint16(header + CSUM_OFFSET, NATIVE));
    }
    return { time: real - this.#realTimeOffset(), bytes };
  }

  /** Difference of CLOCK_REALTIME and performance.now(), in ms. */
  #realTimeOffset(): number {
    if (performance.now() - this.#offsetAt < OFFSET_AGE) return this.#offset;
    // struct timespec: two longs.
    const bytes = new Uint8Array(16);
    const view = new DataView(bytes.buffer);
    const { word } = this.#calls;
    let best = Number.POSITIVE_INFINITY;
    // The reading that took least is the truest.
    for (let round = 0; round < 5; round++) {
      const before = performance.now();
      this.#calls.clock_gettime(CLOCK_REALTIME, bytes);
      const took = performance.now() - before;
      if (took >= best) continue;
      best = took;
      const long = (at: number): number => (word === 8 ? Number(view.getBigInt64(at, NATIVE)) : view.getInt32(at, NATIVE));
      this.#offset = long(0) * 1000 + long(word) / 1e6 - (before + took / 2);
    }
    this.#offsetAt = performance.now();
    return this.#offset;
  }
}

/** Completes a checksum that the kernel left to the hardware: the field already holds the pseudo header's sum. */
function fillChecksum(bytes: Uint8Array, start: number, at: number): void {
  let sum = 0;
  for (let i = start; i < bytes.length; i++) sum += (i - start) % 2 === 0 ? bytes[i]! << 8 : bytes[i]!;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  const value = 0xffff - sum || 0xffff;
  bytes[at] = value >>> 8;
  bytes[at + 1] = value & 0xff;
}
