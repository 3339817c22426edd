/** The table of one family's neighbour entries: look-up by key and device, creation within limits, removal. */
import type { Clock } from "../../hal/clock.ts";
import { DropReason } from "../../hal/drop-reason.ts";
import type { Random } from "../../hal/random.ts";
import { DropCounters } from "../../hal/skbuff.ts";
import type { NetDevice } from "../net/device.ts";
import { Neighbour, type NeighEvent, type NeighFamily, type NeighHost } from "./entry.ts";
import { GarbageCollector } from "./gc.ts";
import { NeighParameters } from "./parameters.ts";
import { purge } from "./queue.ts";
import { Nud } from "./states.ts";
import { NeighStatistics } from "./statistics.ts";
import { UpdateFlags, update } from "./update.ts";

/** Buckets of an empty table. */
const FIRST_BUCKETS = 8;

export type NeighListener = (entry: Neighbour, event: NeighEvent) => void;

export class NeighTable implements NeighHost {
  readonly clock: Clock;
  readonly family: NeighFamily;
  readonly statistics: NeighStatistics = new NeighStatistics();
  /** Packets lost to this table: queue overflow, failed resolution, purge. */
  readonly drops: DropCounters = new DropCounters();
  /** What a new device's parameters are copied from. */
  readonly defaults: NeighParameters;
  readonly gc: GarbageCollector;
  readonly #seed: number;
  readonly #parameters = new Map<NetDevice, NeighParameters>();
  readonly #listeners: NeighListener[] = [];
  #buckets: (Neighbour | null)[] = new Array<Neighbour | null>(FIRST_BUCKETS).fill(null);
  #entries = 0;

  constructor(clock: Clock, random: Random, family: NeighFamily) {
    this.clock = clock;
    this.family = family;
    this.defaults = new NeighParameters(random);
    this.#seed = random.below(0x100000000) | 1;
    this.gc = new GarbageCollector(this);
  }

  get entries(): number {
    return this.#entries;
  }

  parametersOf(device: NetDevice): NeighParameters {
    let parameters = this.#parameters.get(device);
    if (!parameters) {
      parameters = this.defaults.clone();
      this.#parameters.set(device, parameters);
    }
    return parameters;
  }

  /** Every set in use: the defaults and one a device. */
  *allParameters(): Iterable<NeighParameters> {
    yield this.defaults;
    yield* this.#parameters.values();
  }

  onChange(listener: NeighListener): void {
    this.#listeners.push(listener);
  }

  notify(entry: Neighbour, event: NeighEvent): void {
    // A sender that was told of its packet's fate may have removed the entry in the midst of its change.
    if (entry.dead && event === "new") return;
    for (const listener of this.#listeners) listener(entry, event);
  }

  updateGcList(entry: Neighbour): void {
    this.gc.update(entry);
  }

  /** The send path's look-up: not counted. */
  find(key: number, device: NetDevice): Neighbour | null {
    let entry = this.#buckets[this.#bucket(key, device)] as Neighbour | null;
    while (entry && (entry.key !== key || entry.device !== device)) entry = entry.chain;
    return entry;
  }

  lookup(key: number, device: NetDevice): Neighbour | null {
    this.statistics.lookups++;
    const entry = this.find(key, device);
    if (entry) this.statistics.hits++;
    return entry;
  }

  /**
   * Makes an entry that is not there yet.
   * @param permanent it will be PERMANENT: garbage collection neither counts nor takes it
   * @returns null when the table is full and nothing could be collected
   */
  create(key: number, device: NetDevice, permanent = false): Neighbour | null {
    if (!permanent && !this.gc.makeRoom()) {
      this.statistics.tableFulls++;
      return null;
    }
    const entry = new Neighbour(this, key, device, this.parametersOf(device));
    this.family.construct(entry);
    if (this.#entries >= this.#buckets.length) this.#grow();
    const bucket = this.#bucket(key, device);
    entry.chain = this.#buckets[bucket] as Neighbour | null;
    this.#buckets[bucket] = entry;
    this.#entries++;
    entry.serial = this.statistics.allocs++;
    if (!permanent) this.gc.update(entry);
    return entry;
  }

  /** An operator's delete: those who wait are told, then the entry goes. */
  delete(entry: Neighbour): void {
    update(entry, null, 0, Nud.FAILED, UpdateFlags.ADMIN);
    this.remove(entry);
  }

  /** Takes an entry out; what waits in it is dropped without a word to its sender. */
  remove(entry: Neighbour): void {
    if (entry.dead) return;
    const bucket = this.#bucket(entry.key, entry.device);
    let at = this.#buckets[bucket] as Neighbour | null;
    if (at === entry) {
      this.#buckets[bucket] = entry.chain;
    } else {
      while (at && at.chain !== entry) at = at.chain;
      if (at) at.chain = entry.chain;
    }
    entry.chain = null;
    entry.dead = true;
    entry.timer?.cancel();
    this.gc.forget(entry);
    this.#entries--;
    this.statistics.destroys++;
    purge(entry, DropReason.QUEUE_PURGE);
    this.notify(entry, "deleted");
  }

  /** Every entry, in no particular order. The table may be changed meanwhile. */
  list(): Neighbour[] {
    const entries: Neighbour[] = [];
    for (const head of this.#buckets) for (let entry = head; entry; entry = entry.chain) entries.push(entry);
    return entries;
  }

  /** Removes a device's entries, the newest first: all of them, or all but the PERMANENT ones. */
  flushDevice(device: NetDevice, keepPermanent: boolean): void {
    const gone = this.list().filter((entry) => entry.device === device && !(keepPermanent && entry.nudState & Nud.PERMANENT));
    for (const entry of gone.sort((a, b) => b.serial - a.serial)) this.remove(entry);
  }

  /** Stops every timer. The table is of no use afterwards. */
  close(): void {
    this.gc.stop();
    for (const entry of this.list()) this.remove(entry);
  }

  #bucket(key: number, device: NetDevice): number {
    const mixed = Math.imul(key ^ Math.imul(device.ifindex, 0x9e3779b1) ^ (key >>> 15), this.#seed);
    return (mixed ^ (mixed >>> 16)) & (this.#buckets.length - 1);
  }

  #grow(): void {
    const entries = this.list();
    this.statistics.hashGrows++;
    this.#buckets = new Array<Neighbour | null>(this.#buckets.length * 2).fill(null);
    for (const entry of entries) {
      const bucket = this.#bucket(entry.key, entry.device);
      entry.chain = this.#buckets[bucket] as Neighbour | null;
      this.#buckets[bucket] = entry;
    }
  }
}
