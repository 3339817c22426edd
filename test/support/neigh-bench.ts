/**
 * A neighbour table with nothing around it: a protocol that writes down what it is asked for, devices on a cable with nobody at the
 * other end, virtual time.
 *
 *     const bench = await NeighBench.open({ lateness: "kernel" });
 *     bench.send(2);                                     // a packet to neighbour 2: it waits
 *     t.same(bench.log, ["0 ask 2 all"]);
 */
import { ARP_DEFAULTS } from "../../firmware-ts/ip4/arp/defaults.ts";
import type { NeighDefaults } from "../../firmware-ts/neigh/defaults.ts";
import type { Neighbour, NeighEvent, NeighFamily } from "../../firmware-ts/neigh/entry.ts";
import { type Fate, output, probesUnicast } from "../../firmware-ts/neigh/machine.ts";
import type { NeighParameters } from "../../firmware-ts/neigh/parameters.ts";
import { Nud, nudName } from "../../firmware-ts/neigh/states.ts";
import { NeighTable, type NeighTableOptions } from "../../firmware-ts/neigh/table.ts";
import { UpdateFlags, update } from "../../firmware-ts/neigh/update.ts";
import type { NetDevice } from "../../firmware-ts/net/device.ts";
import { Network } from "../../firmware-ts/net/network.ts";
import { VirtualClock } from "../../hal/clock.ts";
import { SeededRandom } from "../../hal/random.ts";
import { EthernetSegment } from "../../hal/simulated/segment.ts";
import { WireNic } from "../../hal/simulated/wire-nic.ts";
import type { SkBuff } from "../../hal/skbuff.ts";

/** The charge of a packet. */
export const TRUESIZE = 832;

/** The link address 02:00:00:00:00:N. */
export function mac(n: number): Uint8Array {
  return Uint8Array.of(2, 0, 0, 0, 0, n);
}

export class NeighBench implements NeighFamily {
  readonly keyLength = 4;
  readonly defaults: NeighDefaults = ARP_DEFAULTS;
  readonly clock: VirtualClock = new VirtualClock();
  readonly network: Network;
  readonly table: NeighTable;
  readonly devices: NetDevice[] = [];
  /** `time what`: requests (`ask KEY all|one`), frames (`out KEY`), reports (`error KEY`), news (`new KEY STATE`), in their order. */
  log: string[] = [];
  /** Keys that construct() refuses, and those that it makes one. */
  refused: number | null = null;
  shared: number | null = null;

  private constructor(options: NeighTableOptions) {
    const random = new SeededRandom(5);
    this.network = new Network(this.clock);
    this.table = new NeighTable(this.clock, random.fork("table"), this, options);
    this.table.onChange((entry, event, pid) => this.#news(entry, event, pid));
    this.network.tap((skb, _device, outgoing) => {
      if (outgoing) this.say(`out ${skb.bytes[skb.data + 5]}`);
    });
  }

  static async open(options: NeighTableOptions = {}, devices = 1): Promise<NeighBench> {
    const bench = new NeighBench(options);
    for (let n = 0; n < devices; n++) await bench.addDevice();
    return bench;
  }

  async addDevice(): Promise<NetDevice> {
    const n = this.devices.length;
    const segment = new EthernetSegment(this.clock, new SeededRandom(n));
    const device = this.network.addDevice(`e${n}`, new WireNic(this.clock, segment, `e${n}`, mac(0xe0 + n)));
    segment.attach("nobody", { wireFrame: () => {}, wireLink: () => {} });
    this.devices.push(device);
    await device.open();
    return device;
  }

  get device(): NetDevice {
    return this.devices[0] as NetDevice;
  }

  get parameters(): NeighParameters {
    return this.table.parametersOf(this.device);
  }

  say(what: string): void {
    this.log.push(`${this.clock.now()} ${what}`);
  }

  /** Takes what was written down. */
  take(): string[] {
    return this.log.splice(0);
  }

  run(ms: number): void {
    this.clock.advanceSync(ms);
  }

  entry(key = 2, device: NetDevice = this.device): Neighbour {
    const entry = this.table.find(key, device) ?? this.table.create(key, device);
    if (!entry) throw new Error(`no entry for ${key}`);
    return entry;
  }

  state(key = 2, device: NetDevice = this.device): string {
    const entry = this.table.find(key, device);
    return entry ? nudName(entry.nudState) || "NONE" : "-";
  }

  /** A packet to the neighbour. */
  send(key = 2, device: NetDevice = this.device): Fate {
    const packet = this.network.pool.allocate() as SkBuff;
    packet.put(20);
    packet.truesize = TRUESIZE;
    packet.cookie = key;
    return output(this.entry(key, device), packet);
  }

  /** An entry at mac(key) in a state, made at this very instant; nothing of it is in the log. */
  make(state: Nud, key = 2): Neighbour {
    const entry = this.entry(key);
    update(entry, mac(key), 0, state, UpdateFlags.ADMIN | UpdateFlags.OVERRIDE);
    if (state === Nud.NONE || state === Nud.INCOMPLETE || state === Nud.FAILED) {
      update(entry, null, 0, state, UpdateFlags.ADMIN);
    }
    this.take();
    return entry;
  }

  construct(entry: Neighbour): boolean {
    if (entry.key === this.refused) return false;
    if (this.shared !== null) entry.key = this.shared;
    if (entry.key === 224) {
      entry.multicast = true;
      entry.nudState = Nud.STALE;
    }
    return true;
  }

  solicit(entry: Neighbour, packet: SkBuff | null): void {
    this.say(`ask ${entry.key} ${probesUnicast(entry) ? "one" : "all"}${packet ? "" : " nobody waits"}`);
  }

  reportError(entry: Neighbour, packet: SkBuff): void {
    this.say(`error ${entry.key}${packet.free ? " FREE" : ""}`);
  }

  #news(entry: Neighbour, event: NeighEvent, pid: number): void {
    const by = pid ? ` by ${pid}` : "";
    this.say(`${event} ${entry.key} ${nudName(entry.nudState) || "NONE"}${by} probes ${entry.probes}`.replace(/ probes 0$/, ""));
  }
}
