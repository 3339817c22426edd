/** Subjects on the e1000's driver: on bare rings (ring-engine.ts), and on the chip model and the in-process wire. */

import { E1000 } from "../../drivers/e1000/e1000.ts";
import type { NetDevice } from "../../firmware-ts/net/device.ts";
import { Stack } from "../../firmware-ts/stack.ts";
import { VirtualClock } from "../../hal/clock.ts";
import { SeededRandom } from "../../hal/random.ts";
import { E1000Chip } from "../../hal/simulated/e1000/chip.ts";
import { arp, mac, T1, US, udp } from "../support/wire-format.ts";
import { DriverBench } from "./driver-bench.ts";
import { PollTimes } from "./poll-times.ts";
import { RingEngine } from "./ring-engine.ts";
import type { Subject } from "./subject.ts";
import { type Bench, FILL, HEADERS, receiver, sender } from "./traffic.ts";
import { BIG_COUNT, expectCount, inBursts, TICK, WireBench } from "./wire-bench.ts";

/** Payload of the smallest frame, 60 bytes, and of the largest, 1514. */
const SMALL = 18;
const LARGE = 1472;
/** Size of the stack's own packet memory where the chip sees it, in bytes. */
const SHARED = 2 * 1024 * 1024;

export const E1000_SUBJECTS: Readonly<Record<string, () => Promise<Subject>>> = {
  "e1000 rings, udp receive, 60 B frame": () => ringReceive(SMALL, true),
  "e1000 rings, udp receive, 1514 B frame": () => ringReceive(LARGE, true),
  "e1000 rings, no offload, udp receive, 60 B": () => ringReceive(SMALL, false),
  "e1000 rings, no offload, udp receive, 1514 B": () => ringReceive(LARGE, false),
  "e1000 rings, udp send, 60 B frame": () => ringSend(SMALL, false),
  "e1000 rings, udp send, 1514 B frame": () => ringSend(LARGE, false),
  "e1000 rings, shared pool, udp send, 60 B": () => ringSend(SMALL, true),
  "e1000 rings, shared pool, udp send, 1514 B": () => ringSend(LARGE, true),
  "e1000 rings, arp request answered": () => ringArp(),
  "e1000 rings, driver alone, receive 60 B": () => driverReceive(),
  "e1000 rings, driver alone, send 60 B": () => driverSend(),
  "e1000 model, udp receive, 60 B frame": () => chipReceive(SMALL),
  "e1000 model, udp receive, 1514 B frame": () => chipReceive(LARGE),
  "e1000 model, udp send, 60 B frame": () => chipSend(SMALL),
  "e1000 model, udp send, 1514 B frame": () => chipSend(LARGE),
};

/** One stack, 10.0.0.1, on rings that nobody is behind; 10.0.0.2 is a static entry. */
class RingBench implements Bench {
  readonly clock: VirtualClock = new VirtualClock();
  readonly stack: Stack;
  readonly eth0: NetDevice;
  readonly sink: RingEngine;

  /** @param shared the stack's packets lie in memory that the rings' descriptors can point to */
  private constructor(sums: boolean, shared: boolean) {
    this.sink = new RingEngine(sums);
    const { bytes } = this.sink.dma;
    const pool = shared ? { pool: { memory: bytes.subarray(bytes.length - SHARED) } } : {};
    this.stack = new Stack({ clock: this.clock, random: new SeededRandom(1), ...pool });
    this.eth0 = this.stack.addDevice("eth0", new E1000(this.clock, this.sink, { mac: Uint8Array.from(mac(US)) }));
  }

  static async open(sums: boolean, shared: boolean): Promise<RingBench> {
    const bench = new RingBench(sums, shared);
    bench.clock.advanceSync(1.5);
    const opened = bench.eth0.open();
    await bench.clock.advance(100);
    await opened;
    bench.stack.addAddress(bench.eth0, "10.0.0.1/24");
    bench.stack.addNeighbour("10.0.0.2", T1, bench.eth0);
    const { statistics } = bench.eth0;
    statistics.rxBytes = BIG_COUNT;
    statistics.txBytes = BIG_COUNT;
    return bench;
  }

  tick(): void {
    this.clock.advanceSync(TICK);
  }
}

/** A frame is in the ring, to the return of the socket's handler. One copy: the DMA engine's, which hardware would make. */
async function ringReceive(bytes: number, sums: boolean): Promise<Subject> {
  const bench = await RingBench.open(sums, false);
  const frame = udp({}, new Uint8Array(bytes).fill(FILL));
  const say = (): void => {
    if (!bench.sink.receive(frame)) throw new Error("no buffer in the ring");
  };
  return {
    floor: { frame: HEADERS + bytes, copies: 1, payloadSums: sums ? 0 : 1, headerSums: 1 },
    run: receiver(bench, say),
    polls: new PollTimes(bench.eth0),
    lwip: `receive ${bytes}`,
  };
}

/** socket.send() to the doorbell and the descriptor's DD. The payload's checksum is hardware's. Copies: into packet memory, unless it is shared into the ring's, onto the wire. */
async function ringSend(bytes: number, shared: boolean): Promise<Subject> {
  const bench = await RingBench.open(true, shared);
  return {
    floor: { frame: HEADERS + bytes, copies: shared ? 2 : 3, payloadSums: 0, headerSums: 1 },
    run: sender(bench, bytes),
    lwip: `send-ring ${bytes} 1`,
  };
}

/** A request is in the ring, to the answer's DD. */
async function ringArp(): Promise<Subject> {
  const bench = await RingBench.open(true, true);
  const request = arp();
  const { sink } = bench;
  return {
    floor: { frame: HEADERS, copies: 2, payloadSums: 0, headerSums: 0 },
    run: (count) => {
      sink.frames = 0;
      inBursts(
        count,
        () => {
          if (!sink.receive(request)) throw new Error("no buffer in the ring");
        },
        () => bench.tick(),
      );
      expectCount("arp", sink.frames, count);
    },
    lwip: "arp-ring",
  };
}

/** The driver, NAPI's poll loop and the engine behind the rings: a host that has no use for frames. */
async function driverReceive(): Promise<Subject> {
  const bench = await DriverBench.open();
  const frame = udp({}, new Uint8Array(SMALL).fill(FILL));
  return {
    floor: { frame: HEADERS + SMALL, copies: 1, payloadSums: 0, headerSums: 0 },
    run: (count) => {
      bench.received = 0;
      inBursts(
        count,
        () => {
          if (!bench.engine.receive(frame)) throw new Error("no buffer in the ring");
        },
        () => bench.tick(),
      );
      expectCount("receive", bench.received, count);
    },
  };
}

async function driverSend(): Promise<Subject> {
  const bench = await DriverBench.open();
  const frame = udp({}, new Uint8Array(SMALL).fill(FILL));
  return {
    floor: { frame: HEADERS + SMALL, copies: 1, payloadSums: 0, headerSums: 0 },
    run: (count) => {
      bench.engine.frames = 0;
      inBursts(
        count,
        () => bench.send(frame.length),
        () => bench.tick(),
      );
      expectCount("send", bench.engine.frames, count);
    },
  };
}

async function chipBench(): Promise<WireBench> {
  const bench = await WireBench.open((clock, segment) => {
    const chip = new E1000Chip(clock, segment, "eth0", { mac: Uint8Array.from(mac(US)) });
    // Every burst is told of at once, as the clock of these subjects hardly moves.
    return new E1000(clock, chip, { interruptRate: 0 });
  });
  bench.pin();
  return bench;
}

/** As on rings, and through wire, filters, checksums and statistics of the chip before. */
async function chipReceive(bytes: number): Promise<Subject> {
  const bench = await chipBench();
  const frame = udp({}, new Uint8Array(bytes).fill(FILL));
  return {
    // Onto the wire, into the chip, into the ring; the chip takes the payload's checksum.
    floor: { frame: HEADERS + bytes, copies: 3, payloadSums: 1, headerSums: 2 },
    run: receiver(bench, bench.speaker(frame)),
    polls: new PollTimes(bench.eth0),
  };
}

async function chipSend(bytes: number): Promise<Subject> {
  const bench = await chipBench();
  return { floor: { frame: HEADERS + bytes, copies: 4, payloadSums: 1, headerSums: 1 }, run: sender(bench, bytes) };
}
