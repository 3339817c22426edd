/** One port of a simulated switch: the cable to a station, and the queue of frames that wait to go out on it. */
import type { WirePort, WireStation } from "../../wire.ts";

export interface SwitchPortOptions {
  /** Speed of the cable towards the station, bit/s. Default Infinity: a frame takes no time. */
  rate?: number;
  /** Bytes of frames that may wait for the cable; a frame for which there is no room is lost (drop-tail). Default 512 KiB. */
  queue?: number;
}

const DEFAULT_QUEUE = 512 * 1024;
/** Bytes that a frame takes on the cable besides its own: preamble, FCS and the gap behind it (IEEE 802.3 clauses 3.2 and 4.4.2). */
const OVERHEAD = 8 + 4 + 12;
const BITS = 8;
const MS = 1000;

/** The instant of a departure that waits for nothing but the event loop's next turn. */
export const NEXT_TURN: number = Number.NEGATIVE_INFINITY;

/** The switch, as a port sees it. */
interface Fabric {
  carry(from: SwitchPort, bytes: Uint8Array, at: number, length: number, view: DataView | null): void;
  /** The port's link comes or goes. */
  linkChanged(port: SwitchPort, up: boolean): void;
}

export class SwitchPort implements WirePort {
  readonly name: string;
  readonly station: WireStation;
  rate: number;
  queue: number;
  /** Told to the station last. */
  linkUp = false;
  /** Frames, as the switch sees it: `rx` came from the station, `tx` went to it. Bytes are without FCS. */
  readonly counters: {
    rxPackets: number;
    rxBytes: number;
    txPackets: number;
    txBytes: number;
    /** The queue had no room for them. */
    txDropped: number;
    /** They waited in the queue when the link went away. */
    txPurged: number;
  } = { rxPackets: 0, rxBytes: 0, txPackets: 0, txBytes: 0, txDropped: 0, txPurged: 0 };
  /** Frames and bytes that wait, and the most bytes that did. */
  queued = 0;
  queuedBytes = 0;
  mostQueuedBytes = 0;
  /** Which life of the link this is: a frame that was queued in another one is gone. */
  life = 0;
  readonly #fabric: Fabric;
  #plugged = false;
  /** When the cable has taken all that waits. */
  #freeAt = 0;
  /** The frame that was queued last waits for a time, and those behind it must not overtake it. */
  #timed = false;

  constructor(fabric: Fabric, name: string, station: WireStation, { rate, queue }: SwitchPortOptions) {
    this.#fabric = fabric;
    this.name = name;
    this.station = station;
    this.rate = rate ?? Number.POSITIVE_INFINITY;
    this.queue = queue ?? DEFAULT_QUEUE;
  }

  get plugged(): boolean {
    return this.#plugged;
  }

  /** Plugs or pulls the cable. Frames that wait for it are lost when it is pulled. */
  set plugged(plugged: boolean) {
    if (plugged === this.#plugged) return;
    this.#plugged = plugged;
    if (!plugged) this.#purge();
    this.#fabric.linkChanged(this, plugged);
    this.linkUp = plugged;
    this.station.wireLink(plugged);
  }

  transmit(bytes: Uint8Array, at: number, length: number, view: DataView | null = null): void {
    this.#fabric.carry(this, bytes, at, length, view);
  }

  /** Takes a frame of `length` bytes into the queue. Returns false when there is no room; the frame is counted. Called by the switch. */
  enqueue(length: number): boolean {
    if (this.queuedBytes + length > this.queue) {
      this.counters.txDropped++;
      return false;
    }
    this.queued++;
    this.queuedBytes += length;
    if (this.queuedBytes > this.mostQueuedBytes) this.mostQueuedBytes = this.queuedBytes;
    return true;
  }

  /**
   * Books the cable for the frame that was queued last, which can leave `latency` from now. Returns the time at which its last bit is
   * out, or NEXT_TURN. Called by the switch.
   */
  book(now: number, latency: number, length: number): number {
    this.#timed = latency > 0 || this.rate !== Number.POSITIVE_INFINITY || (this.queued > 1 && this.#timed);
    if (!this.#timed) return NEXT_TURN;
    this.#freeAt = Math.max(now + latency, this.#freeAt) + ((length + OVERHEAD) * BITS * MS) / this.rate;
    return this.#freeAt;
  }

  /** Takes a frame out of the queue and hands it to the station. Called by the switch. */
  depart(bytes: Uint8Array, length: number, view: DataView): void {
    this.queued--;
    this.queuedBytes -= length;
    this.counters.txPackets++;
    this.counters.txBytes += length;
    this.station.wireFrame(bytes, length, true, view);
  }

  #purge(): void {
    this.counters.txPurged += this.queued;
    this.queued = 0;
    this.queuedBytes = 0;
    this.#freeAt = 0;
    this.life++;
  }
}
