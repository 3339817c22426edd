/**
 * Two stacks in virtual time, with a path between them that delays, loses, doubles and reorders frames as a seeded source decides.
 *
 *     const lab = await TcpLab.open({ delay: 10, loss: 0.01 });
 *     const far = lab.listen(80);                        // takes one connection after the other
 *     const near = lab.connect(80);
 *     lab.run(100);
 *     t.same(near.events, ["connected"]);
 */
import type { InetError } from "../../firmware-ts/ip/inet-error.ts";
import type { NetDevice } from "../../firmware-ts/net/device.ts";
import { Stack } from "../../firmware-ts/stack.ts";
import type {
  TcpConnection,
  TcpConnectOptions,
  TcpListener,
  TcpListenOptions,
  TcpUser,
} from "../../firmware-ts/transport/tcp/contract.ts";
import { VirtualClock } from "../../hal/clock.ts";
import { SeededRandom } from "../../hal/random.ts";
import { EthernetSegment } from "../../hal/simulated/segment.ts";
import { WireNic } from "../../hal/simulated/wire-nic.ts";
import { type Crossing, FaultyPath, type PathOptions } from "./faulty-path.ts";

export interface TcpLabOptions extends PathOptions {
  seed?: number;
  ip6?: boolean;
}

/** A connection with its user, who writes down what he is told and takes what comes. */
export class Peer implements TcpUser {
  connection!: TcpConnection;
  readonly events: string[] = [];
  error: InetError | null = null;
  over = false;
  /** Reads by itself. */
  reads = true;
  readonly chunks: Uint8Array[] = [];
  received = 0;
  onReadable: (() => void) | null = null;
  onWritable: (() => void) | null = null;
  onEnded: (() => void) | null = null;

  connected(): void {
    this.events.push("connected");
    this.onWritable?.();
  }

  readable(): void {
    this.onReadable?.();
    if (this.reads) this.take();
  }

  writable(): void {
    this.events.push("writable");
    this.onWritable?.();
  }

  ended(): void {
    this.events.push("ended");
    this.onEnded?.();
  }

  closed(error: InetError | null): void {
    this.over = true;
    this.error = error;
    this.events.push(error ? `closed ${error.errno}` : "closed");
  }

  take(): void {
    const bytes = new Uint8Array(this.connection.available);
    this.received += this.connection.read(bytes);
    this.chunks.push(bytes);
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString();
  }

  say(text: string): number {
    return this.connection.write(Buffer.from(text));
  }

  /** Writes all of it, as room comes, and ends. */
  pour(bytes: Uint8Array, end = true): void {
    let at = 0;
    const more = (): void => {
      at += this.connection.write(bytes.subarray(at));
      if (at === bytes.length && end) this.connection.end();
    };
    this.onWritable = more;
    if (this.connection.state !== "SYN_SENT") more();
  }
}

export class TcpLab {
  readonly clock: VirtualClock = new VirtualClock();
  readonly near: Stack;
  readonly far: Stack;
  readonly nearDevice: NetDevice;
  readonly farDevice: NetDevice;
  readonly path: FaultyPath;
  crossings: Crossing[] = [];
  /** Returns false for a frame that is to be lost. */
  filter: ((crossing: Crossing) => boolean) | null = null;
  readonly #ip6: boolean;

  private constructor({ seed = 1, ip6 = false, ...path }: TcpLabOptions) {
    this.#ip6 = ip6;
    const random = new SeededRandom(seed);
    const segments = ["near", "far"].map((name) => new EthernetSegment(this.clock, random.fork(name)));
    const [nearWire, farWire] = segments as [EthernetSegment, EthernetSegment];
    this.path = new FaultyPath(this.clock, random.fork("path"), nearWire, farWire, path);
    this.path.watch = (crossing) => {
      this.crossings.push(crossing);
      return this.filter?.(crossing) ?? true;
    };
    const families = ip6 ? ([4, 6] as const) : ([4] as const);
    const stack = (name: string): Stack =>
      new Stack({
        clock: this.clock,
        random: random.fork(`stack ${name}`),
        families,
        ip6Automatic: false,
        pool: { limit: 20_000 },
      });
    this.near = stack("near");
    this.far = stack("far");
    const nic = (wire: EthernetSegment, last: number): WireNic =>
      new WireNic(this.clock, wire, `nic${last}`, Uint8Array.of(2, 0, 0, 0, 0, last), { queue: 4096 });
    this.nearDevice = this.near.addDevice("eth0", nic(nearWire, 1));
    this.farDevice = this.far.addDevice("eth0", nic(farWire, 2));
  }

  static async open(options: TcpLabOptions = {}): Promise<TcpLab> {
    const lab = new TcpLab(options);
    await lab.nearDevice.open();
    await lab.farDevice.open();
    lab.near.addAddress(lab.nearDevice, "10.0.0.1/24");
    lab.far.addAddress(lab.farDevice, "10.0.0.2/24");
    if (options.ip6) {
      lab.near.addAddress(lab.nearDevice, "fd00::1/64");
      lab.far.addAddress(lab.farDevice, "fd00::2/64");
    }
    return lab;
  }

  run(ms: number): void {
    this.clock.advanceSync(ms);
  }

  /** The far stack takes connections; each gets a Peer. */
  listen(port: number, options: TcpListenOptions = {}): { listener: TcpListener; peers: Peer[] } {
    const peers: Peer[] = [];
    const listener = this.far.tcp.listen(
      port,
      null,
      (connection) => {
        const peer = new Peer();
        peer.connection = connection;
        peers.push(peer);
        return peer;
      },
      options,
    );
    return { listener, peers };
  }

  connect(port: number, options: TcpConnectOptions = {}): Peer {
    const peer = new Peer();
    peer.connection = this.near.tcp.connect(this.#ip6 ? "fd00::2" : "10.0.0.2", port, peer, options);
    return peer;
  }

  /** Takes the TCP segments that crossed since the last time, as `time > SYN 0:0 win 65535`. */
  segments(): string[] {
    const crossings = this.crossings;
    this.crossings = [];
    return crossings.filter(({ bytes }) => isTcp(bytes)).map(line);
  }
}

function isTcp(bytes: Uint8Array): boolean {
  return (bytes[12] === 8 && bytes[23] === 6) || (bytes[12] === 0x86 && bytes[20] === 6);
}

/** A segment in short: flags and length of payload. */
function line({ time, outbound, bytes }: Crossing): string {
  const at = bytes[12] === 8 ? 34 : 54;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const total = bytes[12] === 8 ? view.getUint16(16) + 14 : view.getUint16(18) + 54;
  const flags = bytes[at + 13]!;
  const names = ["FIN", "SYN", "RST", "PSH", "ACK"].filter((_, bit) => flags & (1 << bit));
  return `${Math.round(time * 1000) / 1000} ${outbound ? ">" : "<"} ${names.join(" ")} ${total - at - (bytes[at + 12]! >>> 4) * 4}`;
}
