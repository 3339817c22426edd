/**
 * A field of telemetry nodes and their gateway on a simulated switch. Each node is a stack of its own with the telemetry firmware on it;
 * they share a virtual clock and packet memory, and nothing else.
 *
 *     const field = await Field.open({ clock, hosts: 1000, interval: 10_000, seed: 1, profile: "linux", staticGateway: false });
 *     clock.advanceSync(3_600_000);
 *     const { frames, tables } = field.report();
 */
import type { Timer, VirtualClock } from "../../hal/clock.ts";
import type { Sensor } from "../../hal/gpio.ts";
import { type Random, SeededRandom } from "../../hal/random.ts";
import { sensorKind } from "../../hal/sensor-kinds.ts";
import { AnalogSignal } from "../../hal/simulated/analog-signal.ts";
import { EthernetSwitch } from "../../hal/simulated/switch/switch.ts";
import { WireNic } from "../../hal/simulated/wire-nic.ts";
import { DropCounters, SkBuffPool } from "../../hal/skbuff.ts";
import { Telemetry } from "../apps/telemetry/telemetry.ts";
import { dropsOf } from "../control/drops.ts";
import { formatIpv4 } from "../ip/address.ts";
import type { ProfileName } from "../neigh/profile.ts";
import type { NetDevice } from "../net/device.ts";
import { formatMac } from "../net/ethernet.ts";
import { ipv4, Stack } from "../stack.ts";
import { FrameKinds, type FramesByKind } from "./field-frames.ts";
import { LldpSender } from "./field-lldp.ts";
import { GATEWAY_MAC, SimulatedGateway } from "./gateway.ts";

/** Most nodes: the subnet has 65,534 addresses, and a node takes some 100 KiB. */
export const MOST_HOSTS = 20_000;
const PREFIX = 16;
const GATEWAY = "10.0.0.1";
const FIRST_NODE: number = ipv4("10.0.0.2");
const PORT = 8094;
/** An ENC28J60's cable, and the gateway's. */
const NODE_RATE = 10e6;
const GATEWAY_RATE = 100e6;
/** An Uno's converter. */
const CONVERTER = { fullScale: 1023, aref: 5 };
const SENSOR = "thermometer";

export interface FieldOptions {
  readonly clock: VirtualClock;
  readonly hosts: number;
  /** Between two readings of a node, ms. */
  readonly interval: number;
  readonly seed: number;
  /** Behaviour of the nodes' neighbours. */
  readonly profile: ProfileName;
  /** Every node has a static entry for the gateway. */
  readonly staticGateway: boolean;
}

export interface FieldReport {
  /** By kind, each counted once, where it enters the switch. */
  readonly frames: FramesByKind;
  /** Frames that stations received: one for everybody counts once for each of them. */
  readonly received: number;
  readonly datagrams: {
    readonly sent: number;
    readonly queued: number;
    readonly failed: number;
    /** By the gateway's socket. */
    readonly received: number;
  };
  /** Entries at the end. */
  readonly tables: {
    readonly gateway: number;
    readonly nodes: number;
    readonly switch: number;
  };
  /** Frames and packets lost anywhere, by reason; those of the switch have its counters' names. */
  readonly drops: Readonly<Record<string, number>>;
  /** The most bytes that waited for a cable. */
  readonly longestQueue: number;
}

interface Node {
  readonly stack: Stack;
  readonly device: NetDevice;
  readonly firmware: Telemetry;
  readonly start: Timer;
}

export class Field {
  readonly lan: EthernetSwitch;
  readonly gateway: SimulatedGateway;
  readonly #kinds = new FrameKinds();
  /** All nodes', without a limit: the packet that one has done with is in the processor's caches for the next one. */
  readonly #pool = new SkBuffPool({ limit: Number.POSITIVE_INFINITY });
  readonly #nodes: Node[] = [];
  #lldp: LldpSender | null = null;

  /** Makes and opens everything. Each node's first reading is due at a time of its own within the first interval. */
  static async open(options: FieldOptions): Promise<Field> {
    const random = new SeededRandom(options.seed);
    const field = new Field(options.clock, random);
    await field.#openGateway(options.clock);
    for (let number = 0; number < options.hosts; number++) await field.#addNode(number, options, random.fork(`node/${number}`));
    return field;
  }

  private constructor(clock: VirtualClock, random: Random) {
    // Room for every station, so that the table of a small switch is not what is looked at.
    this.lan = new EthernetSwitch(clock, { rate: NODE_RATE, addresses: 2 * MOST_HOSTS });
    this.gateway = new SimulatedGateway(clock, random.fork("gateway"), this.lan, `${GATEWAY}/${PREFIX}`, [PORT]);
    for (const port of this.lan.ports) port.rate = GATEWAY_RATE;
    this.lan.tap((bytes, length) => this.#kinds.count(bytes, length));
  }

  async #openGateway(clock: VirtualClock): Promise<void> {
    await this.gateway.open();
    for (const device of this.gateway.stack.devices) {
      this.#lldp = new LldpSender(clock, device);
      this.#lldp.start();
    }
  }

  async #addNode(number: number, options: FieldOptions, random: Random): Promise<void> {
    const { clock, interval, profile, staticGateway } = options;
    const name = `node${number}`;
    const stack = new Stack({ clock, random: random.fork("stack"), neighbours: { profile }, pool: this.#pool });
    const device = stack.addDevice("eth0", new WireNic(clock, this.lan, name, stationAddress(number)));
    await device.open();
    stack.addAddress(device, `${formatIpv4(FIRST_NODE + number)}/${PREFIX}`);
    if (staticGateway) stack.addNeighbour(GATEWAY, formatMac(GATEWAY_MAC), device);
    const sensors = [thermometer(clock, random.fork("sensor"))];
    const firmware = new Telemetry(stack, { node: name, address: GATEWAY, port: PORT, every: interval, sensors });
    const start = clock.timer(() => firmware.start());
    start.arm(random.fork("start").next() * interval);
    this.#nodes.push({ stack, device, firmware, start });
  }

  /** Stops the firmware of every node: what was sent arrives still, and nothing new is. */
  stop(): void {
    this.#lldp?.stop();
    for (const { firmware, start } of this.#nodes) {
      start.cancel();
      firmware.stop();
    }
  }

  async close(): Promise<void> {
    this.stop();
    for (const { stack } of this.#nodes) await stack.close();
    await this.gateway.close();
  }

  report(): FieldReport {
    const datagrams = { sent: 0, queued: 0, failed: 0, received: counterOf(this.gateway.stack, "UdpInDatagrams") };
    const drops = new DropCounters();
    let entries = 0;
    for (const { stack, firmware } of this.#nodes) {
      const { sent, queued, failed } = firmware.counters;
      datagrams.sent += sent;
      datagrams.queued += queued;
      datagrams.failed += failed;
      entries += stack.neighbours(4).table.entries;
      addDrops(drops, stack);
    }
    addDrops(drops, this.gateway.stack);
    const { ports } = this.lan;
    return {
      frames: this.#kinds.byKind(),
      received: sum(ports.map(({ counters }) => counters.txPackets)),
      datagrams,
      tables: { gateway: this.gateway.stack.neighbours(4).table.entries, nodes: entries, switch: this.lan.known },
      drops: { ...dropsOf(drops), ...this.#lostOnTheWay() },
      longestQueue: Math.max(...ports.map(({ mostQueuedBytes }) => mostQueuedBytes)),
    };
  }

  /** Frames lost in the switch and in controllers, those that were. */
  #lostOnTheWay(): Record<string, number> {
    const { ports, counters } = this.lan;
    const devices = [...this.#nodes.map(({ device }) => device), ...this.gateway.stack.devices];
    const lost = {
      queue: sum(ports.map(({ counters: { txDropped } }) => txDropped)),
      purged: sum(ports.map(({ counters: { txPurged } }) => txPurged)),
      unlinked: counters.unlinked,
      jabber: counters.jabber,
      controller: sum(devices.map(({ statistics }) => statistics.rxErrors)),
    };
    return Object.fromEntries(Object.entries(lost).filter(([, count]) => count > 0));
  }
}

/** 02:00:10 and the node's number. */
function stationAddress(number: number): Uint8Array {
  return Uint8Array.of(0x02, 0x00, 0x10, number >>> 16, (number >>> 8) & 0xff, number & 0xff);
}

function thermometer(clock: VirtualClock, random: Random): Sensor {
  const { unit, shape, convert } = sensorKind(SENSOR);
  const signal = new AnalogSignal(shape ?? { mean: 0, swing: 0, noise: 0 }, random);
  const read = (): number => {
    const sample = Math.round((signal.at(clock.now()) / CONVERTER.aref) * CONVERTER.fullScale);
    return convert ? convert(sample, CONVERTER) : sample;
  };
  return { kind: SENSOR, pin: "A0", unit, read };
}

function addDrops(to: DropCounters, stack: Stack): void {
  to.add(stack.neighbours(4).table.drops);
  to.add(stack.ip.drops);
  for (const { drops } of stack.devices) to.add(drops);
}

function counterOf(stack: Stack, wanted: string): number {
  return stack.counters().find(([name]) => name === wanted)?.[1] ?? 0;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
