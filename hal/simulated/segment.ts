/**
 * A simulated Ethernet wire. Every other port receives a frame that one port transmits, `latency` later and in order; on the way
 * frames may be lost, doubled or damaged, as a seeded source decides. With two ports it is a cable: unplug one end and both lose
 * their link. With more it is a hub: each port has a link of its own.
 */
import type { Clock, Task, Timer } from "../clock.ts";
import { copyFrameByWords } from "../kit/copy-frame.ts";
import { PacketView, packetSlot } from "../packet-memory.ts";
import type { Random } from "../random.ts";
import { SLOT_BYTES } from "../skbuff.ts";
import type { WirePort, WireStation } from "../wire.ts";
import { Carrier } from "./carrier.ts";
import type { FrameTap, SimulatedWire } from "./simulated-wire.ts";

/** Longest frame that a wire carries, without FCS; longer ones are jabber and vanish. */
const MAX_WIRE_FRAME = 2044;

export interface SegmentOptions {
  /** From the end of a frame's transmission to its arrival, in ms. Default 0: with the event loop's next turn. */
  latency?: number;
  /** Probability that a frame does not arrive, 0..1. Default 0. */
  loss?: number;
  /** Probability that a frame arrives twice, 0..1. Default 0. */
  duplication?: number;
  /** Probability that one bit of a frame is flipped and its FCS no longer fits, 0..1. Default 0. */
  corruption?: number;
}

export type WireTap = FrameTap<SegmentPort>;

export class SegmentPort implements WirePort {
  readonly name: string;
  readonly station: WireStation;
  readonly #segment: EthernetSegment;
  #plugged = true;
  /** Told to the station last. */
  linkUp = false;

  constructor(segment: EthernetSegment, name: string, station: WireStation) {
    this.#segment = segment;
    this.name = name;
    this.station = station;
  }

  get plugged(): boolean {
    return this.#plugged;
  }

  /** Plugs or pulls this end of the cable. */
  set plugged(plugged: boolean) {
    this.#plugged = plugged;
    this.#segment.linkChanged();
  }

  /** Puts bytes[at..at+length) on the wire, without FCS. Without a link it goes nowhere. @param view as WirePort has it */
  transmit(bytes: Uint8Array, at: number, length: number, view: DataView | null = null): void {
    this.#segment.carry(this, bytes, at, length, view);
  }
}

class FlyingFrame {
  /** As large as packet memory, so that frames are copied from and to it whole. */
  readonly bytes: Uint8Array = packetSlot(SLOT_BYTES, this);
  readonly view: PacketView = new PacketView(this.bytes);
  length = 0;
  due = 0;
  fcsOk = true;
  from: SegmentPort | null = null;
}

export class EthernetSegment implements SimulatedWire {
  latency: number;
  loss: number;
  duplication: number;
  corruption: number;
  /** Frames put on the wire, and what became of them there; `unlinked` and `jabber` (too long) never got that far. */
  readonly counters: {
    carried: number;
    lost: number;
    duplicated: number;
    corrupted: number;
    unlinked: number;
    jabber: number;
  } = {
    unlinked: 0,
    jabber: 0,
    carried: 0,
    lost: 0,
    duplicated: 0,
    corrupted: 0,
  };
  /** The carrier, for stations that share the wire in half duplex. */
  readonly carrier: Carrier;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #ports: SegmentPort[] = [];
  /** A new list with each change: a tap may leave while it sees a frame, and the others see it all the same. */
  #taps: readonly WireTap[] = [];
  /** Ring of frames in flight, a power of two of them; grows to the most that were ever in flight together. */
  #flying: FlyingFrame[] = [new FlyingFrame()];
  #first = 0;
  #count = 0;
  readonly #timer: Timer;
  readonly #task: Task;

  constructor(clock: Clock, random: Random, options: SegmentOptions = {}) {
    this.#clock = clock;
    this.carrier = new Carrier(clock);
    this.#random = random;
    this.latency = options.latency ?? 0;
    this.loss = options.loss ?? 0;
    this.duplication = options.duplication ?? 0;
    this.corruption = options.corruption ?? 0;
    this.#timer = clock.timer(() => this.#arrive());
    this.#task = clock.task(() => this.#arrive());
  }

  get ports(): readonly SegmentPort[] {
    return this.#ports;
  }

  attach(name: string, station: WireStation): SegmentPort {
    const port = new SegmentPort(this, name, station);
    this.#ports.push(port);
    this.linkChanged();
    return port;
  }

  detach(port: SegmentPort): void {
    const at = this.#ports.indexOf(port);
    if (at < 0) return;
    this.#ports.splice(at, 1);
    if (port.linkUp) {
      port.linkUp = false;
      port.station.wireLink(false);
    }
    this.linkChanged();
  }

  stationCarrier(): Carrier {
    return this.carrier;
  }

  /** Adds a tap; the returned function removes it. */
  tap(tap: WireTap): () => void {
    const own: WireTap = (bytes, length, time, from) => tap(bytes, length, time, from);
    this.#taps = [...this.#taps, own];
    return () => {
      this.#taps = this.#taps.filter((other) => other !== own);
    };
  }

  /** Tells every station whose link changed. Called by ports. */
  linkChanged(): void {
    for (const port of [...this.#ports]) {
      const up = this.#hasLink(port);
      if (up === port.linkUp) continue;
      port.linkUp = up;
      port.station.wireLink(up);
    }
  }

  /** Called by ports: see SegmentPort.transmit. */
  carry(from: SegmentPort, bytes: Uint8Array, at: number, length: number, view: DataView | null): void {
    if (!from.linkUp || length > MAX_WIRE_FRAME) {
      if (from.linkUp) this.counters.jabber++;
      else this.counters.unlinked++;
      return;
    }
    this.counters.carried++;
    if (this.#taps.length > 0) this.#show(from, bytes, at, length);
    if (this.loss > 0 && this.#random.next() < this.loss) {
      this.counters.lost++;
      return;
    }
    this.#launch(from, bytes, at, length, view);
    if (this.duplication > 0 && this.#random.next() < this.duplication) {
      this.counters.duplicated++;
      this.#launch(from, bytes, at, length, view);
    }
  }

  #show(from: SegmentPort, bytes: Uint8Array, at: number, length: number): void {
    const frame = bytes.subarray(at, at + length);
    for (const tap of this.#taps) tap(frame, length, this.#clock.now(), from);
  }

  #hasLink(port: SegmentPort): boolean {
    if (!port.plugged || this.#ports.length < 2) return false;
    return this.#ports.length > 2 || this.#ports.every((end) => end.plugged);
  }

  #launch(from: SegmentPort, bytes: Uint8Array, at: number, length: number, view: DataView | null): void {
    const frame = this.#claim();
    copyFrameByWords(frame.bytes, frame.view, 0, bytes, view, at, length);
    frame.length = length;
    frame.from = from;
    frame.fcsOk = true;
    if (this.corruption > 0 && this.#random.next() < this.corruption) {
      const bit = this.#random.below(length * 8);
      frame.bytes[bit >> 3] = frame.bytes[bit >> 3]! ^ (1 << (bit & 7));
      frame.fcsOk = false;
      this.counters.corrupted++;
    }
    if (this.latency > 0) {
      frame.due = this.#clock.now() + this.latency;
      if (!this.#timer.armed) this.#timer.armAt(frame.due);
    } else {
      frame.due = 0;
      this.#task.schedule();
    }
  }

  #claim(): FlyingFrame {
    if (this.#count === this.#flying.length) {
      const grown: FlyingFrame[] = [];
      for (let at = 0; at < 2 * this.#count; at++) {
        grown.push(at < this.#count ? (this.#flying[(this.#first + at) & (this.#count - 1)] as FlyingFrame) : new FlyingFrame());
      }
      this.#flying = grown;
      this.#first = 0;
    }
    return this.#flying[(this.#first + this.#count++) & (this.#flying.length - 1)] as FlyingFrame;
  }

  /** Delivers the frames that have arrived by now. Answers of the stations fly off after this. */
  #arrive(): void {
    const now = this.#clock.now();
    for (let left = this.#count; left > 0; left--) {
      const frame = this.#flying[this.#first] as FlyingFrame;
      if (frame.due > now) break;
      for (let index = 0; index < this.#ports.length; index++) {
        const port = this.#ports[index] as SegmentPort;
        if (port !== frame.from && port.linkUp) port.station.wireFrame(frame.bytes, frame.length, frame.fcsOk, frame.view);
      }
      this.#first = (this.#first + 1) & (this.#flying.length - 1);
      this.#count--;
    }
    if (this.#count === 0) return;
    const next = this.#flying[this.#first] as FlyingFrame;
    if (next.due > now) this.#timer.armAt(next.due);
    else this.#task.schedule();
  }
}
