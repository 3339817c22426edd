/**
 * A bench for addresses that a board gets by itself, in virtual time: the board's stack and its app at one end of a wire, a DHCP server at
 * the other, and a tester that hears every frame and can send any.
 */
import type { AddressEvent } from "../../firmware-ts/apps/address-event.ts";
import type { App, AppContext, AppDevice } from "../../firmware-ts/apps/app.ts";
import { DHCP_DEFAULTS, type DhcpConfig } from "../../firmware-ts/apps/dhcp/config.ts";
import { Dhcp } from "../../firmware-ts/apps/dhcp/dhcp.ts";
import { LeaseMemory } from "../../firmware-ts/apps/lease-store.ts";
import { DhcpServer, type DhcpServerOptions } from "../../firmware-ts/board/dhcp-server.ts";
import { formatIpv4 } from "../../firmware-ts/ip/address.ts";
import type { NetDevice } from "../../firmware-ts/net/device.ts";
import { ipv4, Stack } from "../../firmware-ts/stack.ts";
import { SeededRandom } from "../../hal/random.ts";
import { SimulatedBoardIo } from "../../hal/simulated/board-io.ts";
import { SimulatedIo } from "../../hal/simulated/io.ts";
import { WireNic } from "../../hal/simulated/wire-nic.ts";
import { Lab, type LabOptions } from "./lab.ts";
import { mac } from "./wire-format.ts";

export const SERVER = "192.168.10.1";
export const SERVER_MAC = "02:00:5e:10:00:fe";
export const FIRST = "192.168.10.50";

/** A DHCP message on the wire, read without a line of the stack's code. */
export interface SeenDhcp {
  readonly at: number;
  readonly type: number;
  readonly xid: number;
  readonly secs: number;
  readonly broadcast: boolean;
  readonly ciaddr: string;
  readonly yiaddr: string;
  readonly from: string;
  readonly to: string;
  readonly lladdr: string;
  readonly options: ReadonlyMap<number, readonly number[]>;
}

const NAMES = ["", "DISCOVER", "OFFER", "REQUEST", "DECLINE", "ACK", "NAK", "RELEASE", "INFORM"];

export interface DhcpBenchOptions extends LabOptions {
  readonly server?: Partial<DhcpServerOptions>;
  readonly leases?: LeaseMemory;
}

export class DhcpBench {
  readonly lab: Lab;
  readonly server: DhcpServer;
  readonly far: Stack;
  readonly events: AddressEvent[] = [];
  readonly leases: LeaseMemory;
  readonly #apps: App[] = [];

  private constructor(lab: Lab, far: Stack, server: DhcpServer, leases: LeaseMemory) {
    this.lab = lab;
    this.far = far;
    this.server = server;
    this.leases = leases;
  }

  static async open({ server = {}, leases = new LeaseMemory(), ...options }: DhcpBenchOptions = {}): Promise<DhcpBench> {
    const lab = await Lab.open({ addresses: [], ...options });
    // An answer that takes no time at all confirms nothing that begins at the same moment.
    lab.wire.latency = 0.1;
    const far = new Stack({ clock: lab.clock, random: new SeededRandom("server") });
    const device = far.addDevice("eth0", new WireNic(lab.clock, lab.wire, "server", Uint8Array.from(mac(SERVER_MAC))));
    await device.open();
    far.addAddress(device, `${SERVER}/24`);
    const made = new DhcpServer(far, device, { address: ipv4(SERVER), prefixLength: 24, seconds: 3600, ...server });
    return new DhcpBench(lab, far, made, leases);
  }

  get device(): NetDevice {
    return this.lab.eth0;
  }

  get context(): AppContext {
    const { lab, events, leases } = this;
    const on: AppDevice = { stack: lab.stack, device: lab.eth0 };
    return {
      stack: lab.stack,
      node: "bench",
      io: new SimulatedBoardIo(new SimulatedIo(lab.clock, new SeededRandom("io"))),
      devices: [lab.eth0],
      random: new SeededRandom("apps"),
      clockIsSet: () => true,
      secret: (octets) => new Uint8Array(octets),
      leases,
      files: null,
      names: { find: () => undefined, onChange: () => undefined },
      sequence: 0,
      sleeper: { sleepUntil: () => undefined },
      joules: null,
      tell: () => undefined,
      addressed: (event) => events.push(event),
      on: () => on,
    };
  }

  /** Starts the DHCP app; it asks at once unless a delay is given. */
  dhcp(config: Partial<DhcpConfig> = {}): Dhcp {
    const { context } = this;
    return this.start(new Dhcp(context.on("eth0"), { ...DHCP_DEFAULTS, delay: 0, device: "eth0", ...config }, context));
  }

  start<A extends App>(app: A): A {
    this.#apps.push(app);
    app.start();
    return app;
  }

  /** The tester puts a frame on the wire, and the board takes it in. */
  say(frame: Uint8Array): void {
    this.lab.say(frame);
    this.lab.run(this.lab.wire.latency);
  }

  /** Lets so many seconds pass. */
  run(seconds: number): void {
    this.lab.run(seconds * 1000);
  }

  /** The addresses of the device now. */
  get addresses(): string[] {
    return this.lab.stack.ip.addresses.of(this.device).map(({ local, prefixLength }) => `${formatIpv4(local)}/${prefixLength}`);
  }

  /** The events since the last time: `got 192.168.10.50/24`. */
  told(): string[] {
    return this.events.splice(0).map(({ change, address, reason }) => [change, address, reason].filter(Boolean).join(" "));
  }

  /** The frames since the last time: the DHCP messages, and the ARP frames of the board by kind. */
  heard(): { dhcp: SeenDhcp[]; probes: number; announcements: number; requests: number; replies: number } {
    const seen = { dhcp: [] as SeenDhcp[], probes: 0, announcements: 0, requests: 0, replies: 0 };
    for (const { time, bytes } of this.lab.take()) {
      if (word(bytes, 12) === 0x0806) {
        if (text(bytes, 6, 6, ":") === SERVER_MAC) continue;
        const [sip, tip] = [text(bytes, 28, 4), text(bytes, 38, 4)];
        if (bytes[21] === 2) seen.replies++;
        else if (sip === "0.0.0.0") seen.probes++;
        else if (sip === tip) seen.announcements++;
        else seen.requests++;
      }
      const message = readDhcp(time, bytes);
      if (message) seen.dhcp.push(message);
    }
    return seen;
  }

  /** The kinds of messages since the last time, with the place that each went to. */
  said(): string[] {
    return this.heard().dhcp.map(({ type, to }) => `${NAMES[type]} > ${to}`);
  }

  async close(): Promise<void> {
    for (const app of this.#apps) app.stop();
    await this.lab.stack.close();
    await this.far.close();
    if (this.lab.inUse !== 0) throw new Error(`${this.lab.inUse} buffers left`);
  }
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function text(bytes: Uint8Array, at: number, length: number, between = "."): string {
  const octets = [...bytes.subarray(at, at + length)];
  return octets.map((octet) => (between === ":" ? octet.toString(16).padStart(2, "0") : `${octet}`)).join(between);
}

/** Null for a frame that is no DHCP message. */
export function readDhcp(at: number, bytes: Uint8Array): SeenDhcp | null {
  if (word(bytes, 12) !== 0x0800 || bytes[23] !== 17 || ![67, 68].includes(word(bytes, 36))) return null;
  const message = 42;
  const options = new Map<number, readonly number[]>();
  for (let next = message + 240; next < bytes.length && bytes[next] !== 255; ) {
    const [code = 0, length = 0] = bytes.subarray(next, next + 2);
    if (code !== 0) options.set(code, [...bytes.subarray(next + 2, next + 2 + length)]);
    next += code === 0 ? 1 : 2 + length;
  }
  const [type = 0] = options.get(53) ?? [];
  const xid = word(bytes, message + 4) * 65_536 + word(bytes, message + 6);
  return {
    at,
    type,
    xid,
    secs: word(bytes, message + 8),
    broadcast: (word(bytes, message + 10) & 0x8000) !== 0,
    ciaddr: text(bytes, message + 12, 4),
    yiaddr: text(bytes, message + 16, 4),
    from: text(bytes, 26, 4),
    to: text(bytes, 30, 4),
    lladdr: text(bytes, 0, 6, ":"),
    options,
  };
}
