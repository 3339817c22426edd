/**
 * A simulated learning switch (IEEE 802.1Q, one VLAN, no spanning tree), with as many ports as stations are attached. It learns stations
 * from the frames that they send, sends a frame to the port where its receiver is, and floods what is for everybody or for somebody that
 * it does not know. Stations plug in as into a segment:
 *
 *     const lan = new EthernetSwitch(clock, { rate: 10e6 });
 *     const nic = new WireNic(clock, lan, "eth0", address);
 */
import type { Clock } from "../../clock.ts";
import { ETHERNET_HEADER, MAC_BYTES } from "../../ethernet.ts";
import type { WireStation } from "../../wire.ts";
import { Carrier } from "../carrier.ts";
import type { FrameTap, SimulatedWire } from "../simulated-wire.ts";
import { Departures, type StoredFrame } from "./departures.ts";
import { Learned, type MacEntry, MacTable } from "./mac-table.ts";
import { SwitchPort, type SwitchPortOptions } from "./switch-port.ts";

/** Longest frame that fits into the switch's memory, without FCS, as on a segment. */
const LONGEST = 2044;
/** IEEE 802.1Q 8.8.3: recommended. */
const DEFAULT_AGEING = 300_000;
const DEFAULT_ADDRESSES = 8192;
/** 01:80:c2:00:00:0X is for the switch itself (IEEE 802.1Q table 8-1). */
const RESERVED_HIGH = 0x0180_c200;

export interface SwitchOptions extends SwitchPortOptions {
  /** Time from a frame's arrival to the beginning of its way out, in ms. Default 0: with the event loop's next turn. */
  latency?: number;
  /** Time after which a silent station is forgotten, in ms. Default 300 s. 0: nothing is learned, every frame is flooded. */
  ageing?: number;
  /** Most stations known at a time; frames to others are flooded. Default 8192. */
  addresses?: number;
}

export class EthernetSwitch implements SimulatedWire {
  latency: number;
  /**
   * Fates of the frames that came in: each is one of `forwarded`, `flooded`, `filtered` (the receiver is where the frame came from)
   * or not taken: `reserved` (for a switch), `badSource` (from a group or from nobody), `runt`, `jabber` (too short and too long), and
   * `unlinked` (from a port without a link).
   */
  readonly counters: {
    forwarded: number;
    flooded: number;
    filtered: number;
    reserved: number;
    badSource: number;
    runt: number;
    jabber: number;
    unlinked: number;
    /** Stations that became known, that were heard behind another port, and that the full table had no room for. */
    learned: number;
    moved: number;
    tableFull: number;
  } = {
    forwarded: 0,
    flooded: 0,
    filtered: 0,
    reserved: 0,
    badSource: 0,
    runt: 0,
    jabber: 0,
    unlinked: 0,
    learned: 0,
    moved: 0,
    tableFull: 0,
  };
  readonly #clock: Clock;
  readonly #options: SwitchPortOptions;
  readonly #ports: SwitchPort[] = [];
  /** A new list with each change: a tap may leave while it sees a frame, and the others see it all the same. */
  #taps: readonly FrameTap<SwitchPort>[] = [];
  readonly #table: MacTable<SwitchPort>;
  readonly #departures: Departures;

  constructor(clock: Clock, options: SwitchOptions = {}) {
    const { latency = 0, ageing = DEFAULT_AGEING, addresses = DEFAULT_ADDRESSES, ...ports } = options;
    this.#clock = clock;
    this.latency = latency;
    this.#options = ports;
    this.#table = new MacTable(addresses, ageing);
    this.#departures = new Departures(clock);
  }

  get ports(): readonly SwitchPort[] {
    return this.#ports;
  }

  /** Time after which a silent station is forgotten, in ms. */
  get ageing(): number {
    return this.#table.ageing;
  }

  set ageing(ageing: number) {
    this.#table.ageing = ageing;
  }

  /** Number of stations known. */
  get known(): number {
    return this.#table.sizeAt(this.#clock.now());
  }

  /** The stations known, the one heard last first. */
  stations(): MacEntry<SwitchPort>[] {
    return this.#table.entries(this.#clock.now());
  }

  /** @param options where the port differs from the others */
  attach(name: string, station: WireStation, options: SwitchPortOptions = {}): SwitchPort {
    const port = new SwitchPort(this, name, station, { ...this.#options, ...options });
    this.#ports.push(port);
    port.plugged = true;
    return port;
  }

  detach(port: SwitchPort): void {
    const at = this.#ports.indexOf(port);
    if (at < 0) return;
    this.#ports.splice(at, 1);
    port.plugged = false;
  }

  /** Adds a tap; the returned function removes it. */
  tap(tap: FrameTap<SwitchPort>): () => void {
    const own: FrameTap<SwitchPort> = (bytes, length, time, from) => tap(bytes, length, time, from);
    this.#taps = [...this.#taps, own];
    return () => {
      this.#taps = this.#taps.filter((other) => other !== own);
    };
  }

  stationCarrier(): Carrier {
    return new Carrier(this.#clock);
  }

  /** Called by ports. */
  linkChanged(port: SwitchPort, up: boolean): void {
    if (!up) this.#table.flush(port);
  }

  /** Called by ports: see SwitchPort.transmit. */
  carry(from: SwitchPort, bytes: Uint8Array, at: number, length: number, view: DataView | null): void {
    const { counters } = this;
    if (!from.linkUp) counters.unlinked++;
    else if (length > LONGEST) counters.jabber++;
    else if (length < ETHERNET_HEADER) counters.runt++;
    else {
      from.counters.rxPackets++;
      from.counters.rxBytes += length;
      const frame = this.#departures.store(bytes, at, length, view);
      try {
        this.#take(from, frame);
      } finally {
        this.#departures.release(frame);
      }
    }
  }

  #take(from: SwitchPort, frame: StoredFrame): void {
    const { counters } = this;
    const { bytes, length } = frame;
    const now = this.#clock.now();
    for (const tap of this.#taps) tap(bytes, length, now, from);
    if (!isStation(bytes, MAC_BYTES)) {
      counters.badSource++;
      return;
    }
    const reserved = reservedNumber(bytes);
    // A pause is between the two ends of a cable: nothing is learned from it (IEEE 802.3 annex 31B).
    if (reserved !== PAUSE) this.#learn(from, bytes, now);
    // Without a spanning tree its frames are like any others, so that they reach the bridges that have one.
    if (reserved > BRIDGE_GROUP) {
      counters.reserved++;
      return;
    }
    if ((bytes[0]! & 1) === 0) {
      const to = this.#table.find(bytes, 0, now);
      if (to === from) {
        counters.filtered++;
        return;
      }
      if (to !== null) {
        counters.forwarded++;
        this.#send(frame, to, now);
        return;
      }
    }
    counters.flooded++;
    for (let at = 0; at < this.#ports.length; at++) {
      const port = this.#ports[at] as SwitchPort;
      if (port !== from && port.linkUp) this.#send(frame, port, now);
    }
  }

  #learn(from: SwitchPort, bytes: Uint8Array, now: number): void {
    const { counters } = this;
    const learned = this.#table.learn(bytes, MAC_BYTES, from, now);
    if (learned === Learned.KNOWN) return;
    if (learned === Learned.NEW) counters.learned++;
    else if (learned === Learned.MOVED) counters.moved++;
    else counters.tableFull++;
  }

  #send(frame: StoredFrame, port: SwitchPort, now: number): void {
    if (port.enqueue(frame.length)) this.#departures.add(frame, port, port.book(now, this.latency, frame.length));
  }
}

/** In the last byte of a reserved address. */
const BRIDGE_GROUP = 0;
const PAUSE = 1;

/** X of a frame to 01:80:c2:00:00:0X; -1 of any other. */
function reservedNumber(bytes: Uint8Array): number {
  const high = (bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!;
  return high === RESERVED_HIGH && bytes[4] === 0 && bytes[5]! < 16 ? bytes[5]! : -1;
}

/** Returns true when the address at bytes[at..at+6) can be a station's: no group's, and not zero. */
function isStation(bytes: Uint8Array, at: number): boolean {
  if (bytes[at]! & 1) return false;
  for (let octet = 0; octet < MAC_BYTES; octet++) if (bytes[at + octet] !== 0) return true;
  return false;
}
