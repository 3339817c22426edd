/** The ENC28J60 driver over a simulated bridge and a cable that may be bad, with a peer at the far end of the wire. */

import { Enc28j60 } from "../../drivers/enc28j60/enc28j60.ts";
import { SerprogBus } from "../../hal/bridges/serprog/serprog.ts";
import { SeededRandom } from "../../hal/random.ts";
import { FaultyStream } from "../../hal/simulated/bridges/faulty-stream.ts";
import type { SerprogResponderOptions } from "../../hal/simulated/bridges/serprog-responder.ts";
import { WireNic } from "../../hal/simulated/wire-nic.ts";
import { FakeHost } from "./controller-host.ts";
import { PEER, STATION } from "./enc28j60-bench.ts";
import { type BridgeKind, type SerprogBench, serprogBench } from "./serprog-bench.ts";
import { settle } from "./waiting.ts";

export interface Chain {
  bench: SerprogBench;
  cable: FaultyStream;
  bus: SerprogBus;
  driver: Enc28j60;
  host: FakeHost;
  peer: WireNic;
  peerHost: FakeHost;
  close(): Promise<void>;
}

export async function chain(kind: BridgeKind, seed = 1, options: SerprogResponderOptions = {}): Promise<Chain> {
  const bench = await serprogBench(kind, options);
  const { clock } = bench;
  const cable = new FaultyStream(clock, new SeededRandom(seed), bench.line);
  const baud = 2_000_000;
  const bus = new SerprogBus(clock, cable, { spiHz: 10_000_000, baud });
  const driver = new Enc28j60(bus, clock, { address: STATION });
  const host = new FakeHost(clock);
  const peer = new WireNic(clock, bench.segment, "peer", PEER);
  const peerHost = new FakeHost(clock);
  await peerHost.open(peer);
  await settle(clock, host.open(driver));
  await clock.advance(50);
  return {
    bench,
    cable,
    bus,
    driver,
    host,
    peer,
    peerHost,
    async close() {
      await settle(clock, driver.close());
      await peer.close();
      bench.stop();
    },
  };
}

/** A frame that says its number, and whose every byte follows from it. */
export function numbered(to: Uint8Array, from: Uint8Array, number: number, length: number): Uint8Array {
  const frame = new Uint8Array(length);
  frame.set(to);
  frame.set(from, 6);
  frame.set([0x88, 0xb5], 12);
  new DataView(frame.buffer).setUint32(14, number);
  for (let at = 18; at < length; at++) frame[at] = (number * 31 + at * 7) & 0xff;
  return frame;
}

/** Numbers of the frames that arrived; throws for one whose bytes are not what was sent. */
export function numbersOf(
  frames: readonly Uint8Array[],
  to: Uint8Array,
  from: Uint8Array,
  lengthOf: (number: number) => number,
): number[] {
  return frames.map((frame) => {
    const number = new DataView(frame.buffer, frame.byteOffset).getUint32(14);
    const sent = numbered(to, from, number, lengthOf(number));
    for (let at = 0; at < frame.length; at++) {
      if (frame[at] !== (sent[at] ?? 0)) throw new Error(`frame ${number}: byte ${at} is not what was sent`);
    }
    return number;
  });
}

/** Nothing twice, nothing out of order. */
export function rising(numbers: readonly number[]): boolean {
  return numbers.every((number, at) => at === 0 || number > numbers[at - 1]!);
}
