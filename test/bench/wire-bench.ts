/** Stacks on the in-process wire, set up for measuring: a virtual clock that stands at odd fractions, and counting stations. */

import type { IpFamily } from "../../firmware-ts/ip/address.ts";
import type { NetDevice } from "../../firmware-ts/net/device.ts";
import { Stack } from "../../firmware-ts/stack.ts";
import { VirtualClock } from "../../hal/clock.ts";
import type { EthernetController } from "../../hal/ethernet.ts";
import { PacketView, packetSlot } from "../../hal/packet-memory.ts";
import { SeededRandom } from "../../hal/random.ts";
import { EthernetSegment, type SegmentPort } from "../../hal/simulated/segment.ts";
import { WireNic } from "../../hal/simulated/wire-nic.ts";
import { SLOT_BYTES } from "../../hal/skbuff.ts";
import type { WireStation } from "../../hal/wire.ts";
import { arpReply, mac, T1, US } from "../support/wire-format.ts";

/** Frames that are under way together before the clock goes on; below every queue's limit. */
export const BURST = 64;
/** Virtual time between bursts, in ms: no whole number, as real time is none, and so small that no neighbour grows stale. */
export const TICK: number = 1 / 4096;
/** Above what a small integer holds: a counter has to cost the same after two thousand million bytes. */
export const BIG_COUNT = 3e9;

/** Takes frames off the wire and counts them. */
export class Sink implements WireStation {
  frames = 0;
  /** So that somebody looks at what arrived. */
  last = 0;

  wireFrame(bytes: Uint8Array, length: number): void {
    this.frames++;
    this.last = bytes[length - 1]!;
  }

  wireLink(): void {}
}

export type MakeController = (clock: VirtualClock, segment: EthernetSegment) => EthernetController;

/** One stack, 10.0.0.1, and a counting station at the other end of its cable. */
export class WireBench {
  readonly clock: VirtualClock;
  readonly segment: EthernetSegment;
  readonly stack: Stack;
  readonly eth0: NetDevice;
  readonly sink: Sink = new Sink();
  readonly port: SegmentPort;

  private constructor(make: MakeController, families: readonly IpFamily[]) {
    const random = new SeededRandom(1);
    this.clock = new VirtualClock();
    this.segment = new EthernetSegment(this.clock, random.fork("wire"));
    const controller = make(this.clock, this.segment);
    this.stack = new Stack({ clock: this.clock, random: random.fork("stack"), families, ip6Automatic: false });
    this.eth0 = this.stack.addDevice("eth0", controller);
    this.port = this.segment.attach("sink", this.sink);
  }

  static async open(make: MakeController = wireNic("eth0", US), families: readonly IpFamily[] = [4]): Promise<WireBench> {
    const bench = new WireBench(make, families);
    bench.clock.advanceSync(1.5);
    const opened = bench.eth0.open();
    await bench.clock.advance(100);
    await opened;
    bench.stack.addAddress(bench.eth0, "10.0.0.1/24");
    const { statistics } = bench.eth0;
    statistics.rxBytes = BIG_COUNT;
    statistics.txBytes = BIG_COUNT;
    return bench;
  }

  /** 10.0.0.2 is asked for and answers, as in life. */
  resolve(): void {
    const socket = this.stack.udp.open();
    socket.send(Uint8Array.of(0), socket.to("10.0.0.2", 9));
    this.tick();
    const reply = arpReply();
    this.port.transmit(reply, 0, reply.length);
    this.tick();
    this.sink.frames = 0;
  }

  /** As resolve(), for so many hosts of 10.1.0.0/16; their addresses. */
  resolveMany(count: number): string[] {
    this.stack.addAddress(this.eth0, "10.1.0.1/16");
    const socket = this.stack.udp.open();
    const peers: string[] = [];
    for (let number = 0; number < count; number++) {
      const [high, low] = [(number >> 8) + 1, number & 0xff];
      const text = `10.1.${high}.${low}`;
      const hex = [high, low].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
      socket.send(Uint8Array.of(0), socket.to(text, 9));
      this.tick();
      const reply = arpReply({ sip: text, sha: `02:00:00:01:${hex}`, tip: "10.1.0.1" });
      this.port.transmit(reply, 0, reply.length);
      this.tick();
      peers.push(text);
    }
    socket.close();
    this.sink.frames = 0;
    return peers;
  }

  /** 10.0.0.2 is a static entry. */
  pin(): void {
    this.stack.addNeighbour("10.0.0.2", T1, this.eth0);
  }

  /** Returns what puts the frame on the wire: from packet memory, as a station has it. */
  speaker(frame: Uint8Array): () => void {
    const bytes = packetSlot(SLOT_BYTES, this);
    const view = new PacketView(bytes);
    bytes.set(frame);
    const { length } = frame;
    return () => this.port.transmit(bytes, 0, length, view);
  }

  /** Everything that is under way arrives. */
  tick(): void {
    this.clock.advanceSync(TICK);
  }
}

export function wireNic(name: string, address: string): MakeController {
  return (clock, segment) => new WireNic(clock, segment, name, Uint8Array.from(mac(address)));
}

/** Does `operation` `count` times in bursts, with time going on between them. */
export function inBursts(count: number, operation: () => void, tick: () => void, burst: number = BURST): void {
  for (let done = 0; done < count; ) {
    const end = Math.min(count, done + burst);
    for (; done < end; done++) operation();
    tick();
  }
}

/** @throws Error when an operation did not do what it is timed for */
export function expectCount(name: string, found: number, wanted: number): void {
  if (found !== wanted) throw new Error(`${name}: ${found} of ${wanted} arrived; the figures would mean nothing`);
}
