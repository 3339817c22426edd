/** Frames in both directions at once between one of Linux's drivers and a peer at the other end of the wire, each looked at byte for byte. */
import type { VirtualClock } from "../../hal/clock.ts";
import { SeededRandom } from "../../hal/random.ts";
import type { EthernetSegment, SegmentPort } from "../../hal/simulated/segment.ts";
import type { WireStation } from "../../hal/wire.ts";
import type { ForeignMachine } from "./machine.ts";

export const PEER: Uint8Array = Uint8Array.of(0x02, 0x00, 0x5e, 0x10, 0x00, 0xfe);
const SHORTEST = 60;
const LONGEST = 1514;
/** Local experiments (IEEE 802). */
const ETHERTYPE: readonly number[] = [0x88, 0xb5];
/** Preamble, check sequence and gap, in bytes. */
const LINE_OVERHEAD = 24;

export interface Report {
  /** Frames that arrived as they were sent, in order. */
  toDriver: number;
  fromDriver: number;
  /** The first few frames that arrived and were neither the next one nor a later one, in words. */
  wrong: string[];
  /** Virtual time that it took, in ms. */
  took: number;
}

export interface TrafficOptions {
  frames: number;
  /** Bit rate of the wire, in bit/s: the peer sends at this pace. */
  lineRate: number;
  /** Part of the time that the peer sends, above 0 to 1. */
  load: number;
  /** Frames given to the driver one behind the other. Default 1. */
  burst?: number;
  /** Bytes behind a frame that the driver hands up with it: the check sequence. Default 0. */
  tail?: number;
}

/** The peer: what it receives is checked against what the driver was given. */
export class Peer implements WireStation {
  onFrame: ((frame: Uint8Array) => void) | null = null;
  readonly port: SegmentPort;

  constructor(segment: EthernetSegment) {
    this.port = segment.attach("peer", this);
  }

  wireFrame(bytes: Uint8Array, length: number, fcsOk: boolean): void {
    if (fcsOk) this.onFrame?.(bytes.subarray(0, length));
  }

  wireLink(_up: boolean): void {}
}

/** Frame `number` of a direction: every length comes, those at the ends most often, and no two frames are alike. */
export function testFrame(number: number, to: Uint8Array, from: Uint8Array): Uint8Array {
  const span = LONGEST - SHORTEST + 1;
  const length = number % 10 === 0 ? SHORTEST : number % 10 === 1 ? LONGEST : SHORTEST + ((number * 619) % span);
  const frame = new Uint8Array(length);
  const random = new SeededRandom(number);
  frame.set(to);
  frame.set(from, 6);
  frame.set(ETHERTYPE, 12);
  new DataView(frame.buffer).setUint32(14, number);
  for (let at = 18; at < length; at++) frame[at] = random.below(256);
  return frame;
}

/** Compares the frames that arrive at one end with those sent at the other. */
class Arrivals {
  right = 0;
  #next = 0;
  readonly #wrong: string[];
  readonly #what: string;
  readonly #sent: readonly Uint8Array[];

  constructor(what: string, sent: readonly Uint8Array[], wrong: string[]) {
    this.#what = what;
    this.#sent = sent;
    this.#wrong = wrong;
  }

  take(frame: Uint8Array, tail: number): void {
    const number = new DataView(frame.buffer, frame.byteOffset, frame.length).getUint32(14);
    const sent = this.#sent[number];
    const same = sent !== undefined && sent.length + tail === frame.length && sent.every((byte, at) => byte === frame[at]);
    if (same && number >= this.#next) {
      this.#next = number + 1;
      this.right++;
      return;
    }
    if (this.#wrong.length < 10) this.#wrong.push(`${this.#what}: ${frame.length} bytes, number ${number} after ${this.#next - 1}`);
  }
}

export function traffic(machine: ForeignMachine, clock: VirtualClock, peer: Peer, options: TrafficOptions): Report {
  const { frames, lineRate, load, burst = 1, tail = 0 } = options;
  const down = Array.from({ length: frames }, (_, number) => testFrame(number, machine.address, PEER));
  const up = Array.from({ length: frames }, (_, number) => testFrame(number + 5, PEER, machine.address));
  up.forEach((frame, number) => {
    new DataView(frame.buffer).setUint32(14, number);
  });
  const wrong: string[] = [];
  const atDriver = new Arrivals("at the driver", down, wrong);
  const atPeer = new Arrivals("at the peer", up, wrong);
  machine.onFrame = (frame) => atDriver.take(frame, tail);
  peer.onFrame = (frame) => atPeer.take(frame, 0);
  let sent = 0;
  let next = 0;
  const timer = clock.timer(() => {
    const frame = down[next++] as Uint8Array;
    peer.port.transmit(frame, 0, frame.length);
    if (next < frames) timer.arm(((frame.length + LINE_OVERHEAD) * 8000) / lineRate / load);
  });
  const start = clock.now();
  timer.arm(0);
  machine.runUntil(() => {
    for (let left = burst; left > 0 && sent < frames && machine.ready; left--) {
      if (machine.send(up[sent] as Uint8Array, left > 1 && sent + 1 < frames)) sent++;
    }
    return next === frames && sent === frames;
  }, 60_000);
  machine.runUntil(() => atDriver.right === frames && atPeer.right === frames, 100);
  machine.onFrame = null;
  peer.onFrame = null;
  return { toDriver: atDriver.right, fromDriver: atPeer.right, wrong, took: clock.now() - start };
}
