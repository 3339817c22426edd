/**
 * A bench in virtual time: our stack on an ideal controller at one end of a cable without delay, a raw station at the other that
 * records every frame with its time and can send any bytes.
 *
 *     const lab = await Lab.open();
 *     lab.poke();                                        // a datagram to 10.0.0.2, nobody known there
 *     t.same(lab.heard(), ["0 who-has 10.0.0.2 tell 10.0.0.1 us > all"]);
 *     lab.say(arpReply());
 *     t.equal(lab.state(), "REACHABLE");
 */

import type { Destination } from "../../firmware-ts/ip/destination.ts";
import type { SendResult } from "../../firmware-ts/ip/send-result.ts";
import type { Neighbour } from "../../firmware-ts/neigh/entry.ts";
import { nudName } from "../../firmware-ts/neigh/states.ts";
import type { NetDevice } from "../../firmware-ts/net/device.ts";
import type { NapiOptions } from "../../firmware-ts/net/softnet.ts";
import { ipv4, type NeighbourOptions, Stack } from "../../firmware-ts/stack.ts";
import type { UdpSocket } from "../../firmware-ts/transport/udp-socket.ts";
import { VirtualClock } from "../../hal/clock.ts";
import { SeededRandom } from "../../hal/random.ts";
import { EthernetSegment, type SegmentPort } from "../../hal/simulated/segment.ts";
import { WireNic } from "../../hal/simulated/wire-nic.ts";
import type { SkBuffPoolOptions } from "../../hal/skbuff.ts";
import type { WireStation } from "../../hal/wire.ts";
import { decode, mac, US } from "./wire-format.ts";

export interface Heard {
  time: number;
  bytes: Uint8Array;
}

/** Records what it receives. */
export class Tester implements WireStation {
  frames: Heard[] = [];
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  wireFrame(bytes: Uint8Array, length: number): void {
    this.frames.push({ time: this.#clock.now(), bytes: bytes.slice(0, length) });
  }

  wireLink(): void {}
}

export interface LabOptions {
  seed?: number;
  addresses?: string[];
  pool?: SkBuffPoolOptions;
  napi?: NapiOptions;
  /** Frames that the controller keeps for its poll. */
  queue?: number;
  /** The stack has a device `lo`. */
  loopback?: boolean;
  neighbours?: NeighbourOptions;
  /** The stack has IPv6, too. */
  ip6?: boolean;
  /** It asks whether addresses are free, and looks for routers, by itself. */
  automatic?: boolean;
}

export class Lab {
  readonly clock: VirtualClock = new VirtualClock();
  readonly wire: EthernetSegment;
  readonly stack: Stack;
  readonly nic: WireNic;
  readonly eth0: NetDevice;
  readonly tester: Tester;
  readonly port: SegmentPort;
  /** Fates of the datagrams that poke() sent, as `cookie status reason`. */
  readonly fates: string[] = [];
  /** `new 10.0.0.2 STALE`, `deleted 10.0.0.2 STALE`: every change of the table that is told. */
  readonly events: string[] = [];
  #socket: UdpSocket | null = null;
  readonly #destinations = new Map<string, Destination>();
  #cookie = 0;

  private constructor(options: LabOptions) {
    const random = new SeededRandom(options.seed ?? 1);
    this.wire = new EthernetSegment(this.clock, random.fork("wire"));
    this.nic = new WireNic(this.clock, this.wire, "eth0", Uint8Array.from(mac(US)), { queue: options.queue ?? 40_000 });
    const {
      pool = { limit: 40_000 },
      napi = {},
      neighbours = {},
      loopback = false,
      ip6 = false,
      automatic: ip6Automatic = false,
    } = options;
    const families = ip6 ? ([4, 6] as const) : ([4] as const);
    this.stack = new Stack({
      clock: this.clock,
      random: random.fork("stack"),
      pool,
      napi,
      neighbours,
      loopback,
      families,
      ip6Automatic,
    });
    this.eth0 = this.stack.addDevice("eth0", this.nic);
    this.tester = new Tester(this.clock);
    this.port = this.wire.attach("tester", this.tester);
    this.stack.neighbours(4).table.onChange((entry, event) => {
      const address = [24, 16, 8, 0].map((shift) => (entry.key >>> shift) & 255).join(".");
      this.events.push(`${event} ${address} ${nudName(entry.nudState)}`);
    });
  }

  static async open(options: LabOptions = {}): Promise<Lab> {
    const lab = new Lab(options);
    await lab.eth0.open();
    for (const address of options.addresses ?? ["10.0.0.1/24"]) lab.stack.addAddress(lab.eth0, address);
    return lab;
  }

  /** The socket of poke(), with its fates written down. */
  get socket(): UdpSocket {
    if (!this.#socket) {
      this.#socket = this.stack.udp.open(4444);
      this.#socket.onFate = (cookie, result) => this.fates.push(`${cookie} ${say(result)}`);
    }
    return this.#socket;
  }

  /** Port 9 of a host: the same destination each time, so that whatever changes meanwhile must be noticed by it. */
  to(host = "10.0.0.2"): Destination {
    const destination = this.#destinations.get(host) ?? this.socket.to(host, 9);
    this.#destinations.set(host, destination);
    return destination;
  }

  /** Sends one datagram to port 9 and says what send() said; its cookie is how many were poked before. */
  poke(to = "10.0.0.2", payload: string | Uint8Array = "hi", confirm = false): string {
    const bytes = typeof payload === "string" ? Buffer.from(payload) : payload;
    const result = say(this.socket.send(bytes, this.to(to), this.#cookie++, confirm));
    this.run(0);
    return result;
  }

  /** The tester puts a frame on the wire, and the stack takes it in. */
  say(frame: Uint8Array): void {
    this.port.transmit(frame, 0, frame.length);
    this.run(0);
  }

  run(ms: number): void {
    this.clock.advanceSync(ms);
  }

  /** Takes the frames heard since the last time, as `time line`; with faults where one is malformed. */
  heard(): string[] {
    return this.take().map(({ time, bytes }) => {
      const { line, faults } = decode(bytes);
      return [time, line, ...faults.map((fault) => `FAULT: ${fault}`)].join(" ");
    });
  }

  /** Takes the frames heard since the last time. */
  take(): Heard[] {
    const frames = this.tester.frames;
    this.tester.frames = [];
    return frames;
  }

  entry(address = "10.0.0.2"): Neighbour {
    const entry = this.stack.neighbours(4).table.find(ipv4(address), this.eth0);
    if (!entry) throw new Error(`no entry for ${address}`);
    return entry;
  }

  /** The state of an entry, `-` if there is none. */
  state(address = "10.0.0.2"): string {
    const entry = this.stack.neighbours(4).table.find(ipv4(address), this.eth0);
    return entry ? nudName(entry.nudState) || "NONE" : "-";
  }

  /** Packet buffers out in the stack. */
  get inUse(): number {
    return this.stack.network.pool.inUse;
  }
}

export function say(result: SendResult): string {
  return result.reason ? `${result.status} ${result.reason}` : result.status;
}
