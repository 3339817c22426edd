/** A neighbour entry and its surroundings: the table, the device, the protocol family. Data only; machine.ts and update.ts change it. */
import type { Clock } from "../../hal/clock.ts";
import { MAC_BYTES } from "../../hal/ethernet.ts";
import type { DropCounters, SkBuff, SkBuffQueue } from "../../hal/skbuff.ts";
import type { NetDevice } from "../net/device.ts";
import { highOctets, lowOctets } from "../net/ethernet.ts";
import type { Lateness } from "../net/lateness.ts";
import { TimerNode, type TimerWheel } from "../net/timer-wheel.ts";
import type { NeighDefaults } from "./defaults.ts";
import { NTF_GC_EXEMPT } from "./flags.ts";
import { copyRest, type KeyRest } from "./key.ts";
import type { NeighNamespace } from "./namespace.ts";
import type { NeighParameters } from "./parameters.ts";
import type { NeighPolicy } from "./profile.ts";
import type { ProxyEntry } from "./proxy.ts";
import { Stamp, type StampBlocks } from "./stamps.ts";
import { NUD_VALID, Nud } from "./states.ts";
import type { NeighStatistics } from "./statistics.ts";

/** `new` (RTM_NEWNEIGH): the entry changed. `deleted` (RTM_DELNEIGH). `miss` (RTM_GETNEIGH): a program is asked to resolve the entry. */
export type NeighEvent = "new" | "deleted" | "miss";

/** The cause of a change of state. */
export type Cause = "packet" | "use" | "managed" | "timer" | "frame" | "admin" | "gc" | "device" | "sleep" | "close";

/** A frame contradicted the link address that is known: what became of it. */
export const SuspicionKind = {
  /** The new address was believed. */
  CHANGED: "changed",
  /** It was believed, and is the one that the last change had replaced. */
  FLIP_FLOP: "flip-flop",
  /** The entry is static and stays as it is. */
  STATIC: "static",
  /** The known address stays for now: it is too young to be replaced, or is asked first. */
  REFUSED: "refused",
} as const;
export type SuspicionKind = (typeof SuspicionKind)[keyof typeof SuspicionKind];

/** A protocol family, as a client of the machine. It brings everything in which one family differs from another. */
export interface NeighFamily {
  /** Octets of a key: 4, or 16 for keys with a rest. */
  readonly keyLength: number;
  readonly defaults: NeighDefaults;
  /**
   * Gives a new entry its initial state and address, and says whether it is a group's; may rewrite its key, where all keys of a device share one entry.
   * Returns false when there can be none: the device has no configuration for this protocol (EINVAL).
   */
  construct(entry: Neighbour): boolean;
  /** Sends one request. `packet` is the newest that waits, null if none does. */
  solicit(entry: Neighbour, packet: SkBuff | null): void;
  /** Resolution has failed: tells the sender of a packet that waited, before it is dropped. The packet stays the caller's. */
  reportError?(entry: Neighbour, packet: SkBuff): void;
  /** A proxy entry of one device has come, or has gone. */
  proxyChanged?(entry: ProxyEntry, device: NetDevice, present: boolean): void;
  /** Tells whether a route of ours leads by this neighbour. */
  isNextHop?(entry: Neighbour): boolean;
}

/** Something that speaks against the address that is known of a neighbour, or has it looked at again. */
export type DoubtCause =
  /** A frame names another link address. Anybody can send one. */
  | "claim"
  /** An ICMP error says that packets do not come through. Anybody can send one, too. */
  | "icmp"
  /** A peer that owes answers gives none. */
  | "silence"
  /** The link was lost and is back. */
  | "carrier"
  /** The time between two looks is over. */
  | "check"
  /** The look before found nobody. */
  | "again";

/**
 * How a table keeps its entries true, where that is not Linux's way. The machine asks at points that the way of a frame does not pass; a
 * table without a strategy asks nobody. strategies/ has them, and docs/neighbour-strategies.md shows who asks whom.
 */
export interface NeighStrategy {
  readonly name: string;
  /** Switches in which it differs from the profile. */
  readonly policy: Partial<NeighPolicy>;
  /** The time in ms for which a proof of reachability holds. */
  reachableTime(entry: Neighbour): number;
  /** The entry's timer has fired. Returns true when that was all, false when the machine goes on. */
  expired(entry: Neighbour): boolean;
  /** A packet is to go to a STALE entry. Returns true when it goes and starts nothing. */
  trusts(entry: Neighbour): boolean;
  /** A packet has left for an entry that was not ready for the fast path. */
  sent(entry: Neighbour): void;
  /**
   * A frame names address[at..at+6) for an entry at another one. Returns true when the entry stays as it is.
   * @param wanted the state that the frame stands for: REACHABLE for an answer to us
   */
  disputes(entry: Neighbour, address: Uint8Array, at: number, wanted: Nud): boolean;
  /**
   * An operator names a neighbour that it shall look after from the time on at which its link address is known. Returns false when it
   * does so for none in particular.
   */
  adopt(entry: Pick<Neighbour, "key" | "rest" | "device">): boolean;
  /** Gives an entry that was adopted its link address by word of the operator. */
  pin(entry: Neighbour, address: Uint8Array): void;
  /** It looks after this entry's address itself, so that nobody else asks whether it holds. */
  guards(entry: Neighbour): boolean;
  /** A frame has given the entry another state, or an operator has changed it. */
  updated(entry: Neighbour, byOperator: boolean): void;
  /** Something else than a frame of the neighbour speaks against the entry. */
  doubt(entry: Neighbour, cause: DoubtCause): void;
  /** The link of a device is back. */
  carrierReturned(device: NetDevice): void;
  /** The entry has left its table. */
  forget(entry: Neighbour): void;
  /** Returns its deeds so far, and its knowledge of the neighbours on a device (all devices without one). */
  report(device?: NetDevice): StrategyReport;
}

/** The state of a strategy, for people and programs. */
export interface StrategyReport {
  readonly name: string;
  /** Counts since the start, of all devices. */
  readonly counters: readonly (readonly [name: string, value: number])[];
  /** Frames that it may send in the next 24 hours; null where it has no budget. */
  readonly budgetLeft: number | null;
  readonly neighbours: readonly StrategyNeighbour[];
}

/** A neighbour that a strategy looks after. */
export interface StrategyNeighbour {
  readonly entry: Neighbour;
  /** `trusted`, `asked` (at the known address), `searched` (everybody was asked), `doubted` (nobody answered). */
  readonly phase: string;
  /** ms since the neighbour last proved to be there; null when it has not yet. */
  readonly proofAge: number | null;
}

/** The table's record of one device. */
export interface DeviceNeighbours {
  readonly device: NetDevice;
  readonly host: NeighHost;
  readonly family: NeighFamily;
  readonly namespace: NeighNamespace;
  readonly parameters: NeighParameters;
  /** Head of the device's list of entries, the newest first. */
  newest: Neighbour | null;
  /** Number of requests for proxied addresses that wait. */
  proxied: number;
}

/** The table, as an entry and the machine see it. */
export interface NeighHost {
  readonly clock: Clock;
  readonly lateness: Lateness;
  readonly policy: NeighPolicy;
  /** Null for Linux's own way. */
  readonly strategy: NeighStrategy | null;
  readonly timers: TimerWheel;
  /** New entries keep their times here. */
  readonly stamps: StampBlocks;
  readonly statistics: NeighStatistics;
  readonly drops: DropCounters;
  /** The present in the unit of the time stamps, ms. */
  now(): number;
  /** Tells the listeners what the kernel would announce by netlink now. */
  notify(entry: Neighbour, event: NeighEvent, pid?: number): void;
  /** Notes a change of state. `from` is null for a new entry, `to` for a removed one. */
  moved(entry: Neighbour, from: Nud | null, to: Nud | null, cause: Cause): void;
  /** Notes a frame that contradicted the link address known until then, which is given as an entry keeps it. */
  suspect(entry: Neighbour, kind: SuspicionKind, wasHigh: number, wasLow: number, claimed: Uint8Array, at: number): void;
  /** Puts the entry on the list of the garbage collection, or takes it off. */
  updateGcList(entry: Neighbour): void;
  /** Notes that the entry's MANAGED flag has changed. */
  updateManaged(entry: Neighbour): void;
  /** Notes that the entry's timer has fired. */
  expired(entry: Neighbour): void;
}

/** Fields that a look-up and the fast path read stand first, side by side in memory. */
export class Neighbour extends TimerNode {
  /** The last four octets of the protocol address. Fixed once the entry is in its table. */
  key: number;
  /** The octets before them; null where the family's addresses have no more than four. */
  readonly rest: KeyRest | null;
  readonly on: DeviceNeighbours;

  nudState: Nud = Nud.NONE;
  /** Removed from its table. */
  dead = false;
  /** A packet has passed the slow path, so that the fast path may be taken (the kernel's header cache). */
  headerReady = false;
  /** The link address: its first two octets, and its last four as int32. A million entries need no arrays that way. */
  addressHigh = 0;
  addressLow = 0;

  /** The key is a group's: nobody is asked for its link address, and forced collection may take the entry at any age. */
  multicast = false;
  /** Sum of NeighFlags, never with USE. */
  flags = 0;
  /** The originator (RTPROT_*) that an operator named; 0 for none. */
  protocol = 0;
  /** Requests sent since the last start, as the machine counts them. */
  probes = 0;
  /** Packets that wait for the address. The queue is made with the first one. */
  queue: SkBuffQueue | null = null;
  /** Sum of their truesize. */
  queueBytes = 0;
  /** The queue is dropping old packets for a new one right now. */
  makingRoom = false;

  /** Links of the table's collection list and of its device's list; kept by the table. */
  gcPrevious: Neighbour | null = null;
  gcNext: Neighbour | null = null;
  onGcList = false;
  newer: Neighbour | null = null;
  older: Neighbour | null = null;

  readonly #stamps: Float64Array;
  readonly #at: number;

  constructor(on: DeviceNeighbours, key: number, rest: KeyRest | null = null) {
    super();
    this.#stamps = on.host.stamps.block;
    this.#at = on.host.stamps.take();
    const now = on.host.now();
    this.on = on;
    this.key = key;
    this.rest = copyRest(rest);
    this.used = now;
    this.updated = now;
    this.confirmed = now - 2 * on.parameters.baseReachableTime;
  }

  get timerDue(): number {
    return this.#stamps[this.#at + Stamp.DUE]!;
  }

  set timerDue(due: number) {
    this.#stamps[this.#at + Stamp.DUE] = due;
  }

  /** Time of the last proof of reachability. */
  get confirmed(): number {
    return this.#stamps[this.#at + Stamp.CONFIRMED]!;
  }

  set confirmed(time: number) {
    this.#stamps[this.#at + Stamp.CONFIRMED] = time;
  }

  /** Time of the last use on the slow path. */
  get used(): number {
    return this.#stamps[this.#at + Stamp.USED]!;
  }

  set used(time: number) {
    this.#stamps[this.#at + Stamp.USED] = time;
  }

  /** Time of the last change of state or address. */
  get updated(): number {
    return this.#stamps[this.#at + Stamp.UPDATED]!;
  }

  set updated(time: number) {
    this.#stamps[this.#at + Stamp.UPDATED] = time;
  }

  get device(): NetDevice {
    return this.on.device;
  }

  get host(): NeighHost {
    return this.on.host;
  }

  get parameters(): NeighParameters {
    return this.on.parameters;
  }

  get valid(): boolean {
    return (this.nudState & NUD_VALID) !== 0;
  }

  /** Garbage collection neither counts nor takes the entry. */
  get gcExempt(): boolean {
    return (this.nudState & Nud.PERMANENT) !== 0 || (this.flags & NTF_GC_EXEMPT) !== 0;
  }

  get queued(): number {
    return this.queue?.length ?? 0;
  }

  /** The reference count as netlink reports it: the holders other than the table. A running timer is one. */
  get references(): number {
    return this.timerArmed ? 1 : 0;
  }

  /** A copy of the link address. It allocates: not for the frame path. */
  get address(): Uint8Array {
    const address = new Uint8Array(MAC_BYTES);
    this.copyAddress(address, 0);
    return address;
  }

  setAddress(from: ArrayLike<number>, at: number): void {
    this.addressHigh = highOctets(from, at);
    this.addressLow = lowOctets(from, at);
    this.unsettle();
  }

  /** Headers that somebody has made of this entry are made anew, or not used any more. */
  unsettle(): void {
    if (this.headerReady) this.on.device.changes.next();
  }

  copyAddress(to: Uint8Array, at: number): void {
    writeOctets(this.addressHigh, this.addressLow, to, at);
  }

  sameAddress(other: ArrayLike<number>, at: number): boolean {
    return this.addressHigh === highOctets(other, at) && this.addressLow === lowOctets(other, at);
  }

  override timerFired(): void {
    this.on.host.expired(this);
  }
}

/** Writes a link address that is kept as two numbers to to[at..at+6). */
export function writeOctets(high: number, low: number, to: Uint8Array, at: number): void {
  to[at] = high >>> 8;
  to[at + 1] = high;
  to[at + 2] = low >>> 24;
  to[at + 3] = low >>> 16;
  to[at + 4] = low >>> 8;
  to[at + 5] = low;
}
