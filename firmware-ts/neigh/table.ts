/** The neighbour table of one family: look-up by key and device, creation within limits, removal, settings of each device. */
import type { Clock } from "../../hal/clock.ts";
import { DropReason } from "../../hal/drop-reason.ts";
import type { Random } from "../../hal/random.ts";
import { DropCounters } from "../../hal/skbuff.ts";
import type { NetDevice } from "../net/device.ts";
import { Lateness, type LatenessOptions } from "../net/lateness.ts";
import { TimerWheel } from "../net/timer-wheel.ts";
import {
  type Cause,
  type DeviceNeighbours,
  Neighbour,
  type NeighEvent,
  type NeighFamily,
  type NeighHost,
  type NeighStrategy,
  type SuspicionKind,
} from "./entry.ts";
import { NeighFlags } from "./flags.ts";
import { GarbageCollector } from "./gc.ts";
import { NeighHash } from "./hash.ts";
import type { KeyRest } from "./key.ts";
import { expired } from "./machine.ts";
import { ManagedEntries } from "./managed.ts";
import type { NeighNamespace } from "./namespace.ts";
import { type NeighListener, Notifier, type TransitionListener } from "./notify.ts";
import { OverflowLog } from "./overflow-log.ts";
import { NeighParameters } from "./parameters.ts";
import { type NeighPolicy, PROFILES, type Profile, type ProfileName } from "./profile.ts";
import { type ProxyChange, ProxyTable } from "./proxy.ts";
import { ProxyQueue } from "./proxy-queue.ts";
import { purge } from "./queue.ts";
import { NeighSleep } from "./sleep.ts";
import { StampBlocks } from "./stamps.ts";
import { Nud } from "./states.ts";
import { NeighStatistics } from "./statistics.ts";
import { Suspicions } from "./suspicions.ts";
import { UpdateFlags, update } from "./update.ts";

export interface NeighTableOptions extends LatenessOptions {
  /** The behaviour of the table. Default `linux`. */
  profile?: ProfileName;
  /** Keeps the entries true in another way than Linux's; one object serves all tables of a stack. Default, and null: Linux's way. */
  strategy?: NeighStrategy | null;
}

/** The ways in which a device differs from its table. */
export interface AttachOptions {
  /** The family's client in the device's namespace. Default: that of the table. */
  family?: NeighFamily;
  /** Default: the initial one. */
  namespace?: NeighNamespace;
}

/** The reason why create() made no entry: the table is full (ENOBUFS), or the device has no configuration for the family (EINVAL). */
export type Refusal = "full" | "unconfigured";

export class NeighTable implements NeighHost {
  readonly clock: Clock;
  readonly family: NeighFamily;
  readonly lateness: Lateness;
  readonly profile: Profile;
  readonly policy: NeighPolicy;
  readonly strategy: NeighStrategy | null;
  readonly timers: TimerWheel;
  readonly stamps: StampBlocks = new StampBlocks();
  /** The namespace of devices that were attached without another. */
  readonly namespace: NeighNamespace = { initial: true };
  readonly statistics: NeighStatistics = new NeighStatistics();
  /** Packets that this table dropped: queue overflow, failed resolution, purge. */
  readonly drops: DropCounters = new DropCounters();
  /** New devices copy their parameters from here. */
  readonly defaults: NeighParameters;
  readonly gc: GarbageCollector;
  readonly proxies: ProxyTable;
  readonly proxyQueue: ProxyQueue;
  readonly overflow: OverflowLog;
  readonly suspicions: Suspicions;
  readonly sleep: NeighSleep;
  /** The reason of the last create() that returned null. */
  refusal: Refusal = "full";
  readonly #hash: NeighHash;
  readonly #managed: ManagedEntries;
  readonly #notifier = new Notifier();
  readonly #devices = new Map<NetDevice, DeviceNeighbours>();

  constructor(clock: Clock, random: Random, family: NeighFamily, options: NeighTableOptions = {}) {
    this.clock = clock;
    this.family = family;
    this.lateness = new Lateness(options);
    this.profile = PROFILES[options.profile ?? "linux"];
    this.strategy = options.strategy ?? null;
    this.policy = this.strategy === null ? this.profile.policy : { ...this.profile.policy, ...this.strategy.policy };
    this.timers = new TimerWheel(clock, this.lateness);
    this.defaults = new NeighParameters(random, this.lateness, { ...family.defaults.parameters, ...this.profile.parameters });
    this.#hash = new NeighHash(random.below(0x100000000) | 1);
    this.gc = new GarbageCollector(this, family.defaults.limits);
    this.#managed = new ManagedEntries(this.timers, this.defaults);
    const tell: ProxyChange = (entry, device, present) => this.on(device).family.proxyChanged?.(entry, device, present);
    this.proxies = new ProxyTable((device) => this.on(device).namespace, this.namespace, tell);
    this.proxyQueue = new ProxyQueue(this);
    this.overflow = new OverflowLog(clock, this.name);
    this.suspicions = new Suspicions(clock);
    this.sleep = new NeighSleep(this, (on) => this.#pause(on));
  }

  /** The name of the table, as its family gives it. */
  get name(): string {
    return this.family.defaults.name;
  }

  now(): number {
    return this.lateness.stamp(this.clock.now());
  }

  get entries(): number {
    return this.#hash.size;
  }

  /** Takes a device in, as one of a namespace. A device that is never attached belongs to the initial one. */
  attach(device: NetDevice, options: AttachOptions = {}): DeviceNeighbours {
    this.detach(device);
    const { family = this.family, namespace = this.namespace } = options;
    const parameters = this.defaults.derive(namespace.initial);
    const on: DeviceNeighbours = { device, host: this, family, namespace, parameters, newest: null, proxied: 0 };
    this.#devices.set(device, on);
    return on;
  }

  /** Lets a device go, with its entries, its proxy entries and its settings. */
  detach(device: NetDevice): void {
    const on = this.#devices.get(device);
    if (!on) return;
    this.ifdown(device, false);
    this.defaults.release(on.parameters);
    this.#devices.delete(device);
  }

  /** The record of a device, made when it is asked for first. */
  on(device: NetDevice): DeviceNeighbours {
    return this.#devices.get(device) ?? this.attach(device);
  }

  parametersOf(device: NetDevice): NeighParameters {
    return this.on(device).parameters;
  }

  /** Milliseconds between two questions about one address on a device. */
  retransTime(device: NetDevice): number {
    return Math.max(this.parametersOf(device).retransTime, this.lateness.minRearm);
  }

  /** Every set in use: the defaults, and one for each device. */
  *allParameters(): Iterable<NeighParameters> {
    yield this.defaults;
    for (const { parameters } of this.#devices.values()) yield parameters;
  }

  /** Adds a listener for every change that Linux announces; the returned function removes it. */
  onChange(listener: NeighListener): () => void {
    return this.#notifier.onChange(listener);
  }

  /** Adds a watcher for every change of state, with its cause; the returned function removes it. */
  onTransition(watcher: TransitionListener): () => void {
    return this.#notifier.onTransition(watcher);
  }

  notify(entry: Neighbour, event: NeighEvent, pid = 0): void {
    this.#notifier.changed(entry, event, pid);
  }

  moved(entry: Neighbour, from: Nud | null, to: Nud | null, cause: Cause): void {
    this.#notifier.moved(entry, from, to, cause);
  }

  suspect(entry: Neighbour, kind: SuspicionKind, wasHigh: number, wasLow: number, claimed: Uint8Array, at: number): void {
    this.suspicions.note(entry, kind, wasHigh, wasLow, claimed, at);
  }

  expired(entry: Neighbour): void {
    expired(entry);
  }

  updateGcList(entry: Neighbour): void {
    this.gc.update(entry);
  }

  updateManaged(entry: Neighbour): void {
    this.#managed.update(entry);
  }

  /** Finds an entry for the send path: the look-up is not counted. */
  find(key: number, device: NetDevice, rest: KeyRest | null = null): Neighbour | null {
    return this.#hash.find(key, device, rest);
  }

  /** Finds an entry; the look-up is counted. */
  lookup(key: number, device: NetDevice, rest: KeyRest | null = null): Neighbour | null {
    this.statistics.lookups++;
    const entry = this.find(key, device, rest);
    if (entry) this.statistics.hits++;
    return entry;
  }

  /**
   * Makes an entry that is not there yet, or returns the one that all keys of the device share if the family makes them one.
   * @param exempt garbage collection neither counts nor takes the entry: it will be PERMANENT, or is a control plane's
   * @param flags sum of NeighFlags
   * @returns null when it was refused; `refusal` says why
   */
  create(
    key: number,
    device: NetDevice,
    exempt: boolean = device.loopback,
    flags = 0,
    rest: KeyRest | null = null,
    cause: Cause = "packet",
  ): Neighbour | null {
    if (!exempt && !this.gc.makeRoom()) {
      this.statistics.tableFulls++;
      this.overflow.say();
      return this.#refuse("full");
    }
    const on = this.on(device);
    const entry = new Neighbour(on, key, rest);
    entry.flags = flags;
    if (!on.family.construct(entry)) return this.#refuse("unconfigured");
    const known = entry.key === key ? null : this.find(entry.key, device, rest);
    if (known) return known;
    if (this.#hash.add(entry)) this.statistics.hashGrows++;
    this.statistics.allocs++;
    on.parameters.entries++;
    entry.older = on.newest;
    if (on.newest) on.newest.newer = entry;
    on.newest = entry;
    if (!exempt) this.gc.append(entry);
    if (flags & NeighFlags.MANAGED) this.#managed.update(entry);
    this.moved(entry, null, entry.nudState, cause);
    return entry;
  }

  #refuse(why: Refusal): null {
    this.refusal = why;
    return null;
  }

  /** Deletes an entry as an operator does: the senders of what waits are told first. */
  delete(entry: Neighbour, pid = 0): void {
    update(entry, null, 0, Nud.FAILED, UpdateFlags.ADMIN | UpdateFlags.OVERRIDE, pid);
    this.remove(entry);
  }

  /** Takes an entry out. The packets that wait in it are dropped, and their senders are not told. */
  remove(entry: Neighbour, cause: Cause = "admin"): void {
    if (entry.dead) return;
    const { on } = entry;
    this.#hash.remove(entry);
    entry.dead = true;
    entry.unsettle();
    this.timers.cancel(entry);
    this.strategy?.forget(entry);
    this.gc.forget(entry);
    this.#managed.update(entry);
    // The entry's own links stay as they are, for a walk along the list that may be under way.
    if (entry.newer) entry.newer.older = entry.older;
    else on.newest = entry.older;
    if (entry.older) entry.older.newer = entry.newer;
    on.parameters.entries--;
    this.statistics.destroys++;
    purge(entry, DropReason.QUEUE_PURGE);
    this.moved(entry, entry.nudState, null, cause);
    this.notify(entry, "deleted");
  }

  /** Calls back with every entry, in no particular order. The table may be changed meanwhile. */
  forEach(callback: (entry: Neighbour) => void): void {
    this.#hash.forEach(callback);
  }

  /** Every entry, of one namespace or of all, in no particular order. */
  list(namespace?: NeighNamespace): Neighbour[] {
    const entries: Neighbour[] = [];
    this.forEach((entry) => {
      if (!namespace || entry.on.namespace === namespace) entries.push(entry);
    });
    return entries;
  }

  /** Removes a device's entries, the newest first: all of them, or all but the PERMANENT and EXT_VALIDATED ones. */
  flushDevice(device: NetDevice, keepPermanent: boolean): void {
    for (let entry = this.on(device).newest; entry; entry = entry.older) {
      const kept = entry.nudState & Nud.PERMANENT || entry.flags & NeighFlags.EXT_VALIDATED;
      if (!(keepPermanent && kept)) this.remove(entry, "device");
    }
  }

  /** Flushes a device that is down or without carrier: entries, proxy entries, and the proxied requests that wait in its namespace. */
  ifdown(device: NetDevice, keepPermanent: boolean): void {
    this.flushDevice(device, keepPermanent);
    this.proxies.flushDevice(device, keepPermanent);
    this.proxyQueue.purge(this.on(device).namespace);
  }

  /** Rests from the work that it does now and then by itself, or goes on with it. */
  #pause(on: boolean): void {
    if (on) {
      this.gc.stop();
      this.#managed.stop();
      this.proxyQueue.purge();
    } else {
      this.gc.start();
      this.#managed.start();
    }
  }

  /** Removes every entry and stops every timer. The table cannot be used afterwards. */
  close(): void {
    this.gc.stop();
    this.#managed.stop();
    this.proxyQueue.purge();
    for (const entry of this.list()) this.remove(entry, "close");
  }
}
