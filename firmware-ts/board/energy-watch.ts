/**
 * Looks on at a system with one device on a simulated wire, and keeps a tally of each way of life:
 *
 *     awake     it never sleeps
 *     owed      it sleeps whenever nothing is owed, its timers run on: something is owed while a neighbour is being asked for or is about
 *               to be (INCOMPLETE, DELAY, PROBE); a datagram wakes it. Worked out from a system that is awake
 *     slept     it sleeps as its stack does: counted on a system whose rig says so, by what its device tells
 */
import { ETHERNET_HEADER } from "../../hal/ethernet.ts";
import type { WireTap } from "../../hal/simulated/segment.ts";
import { ICMP6_REDIRECT, ICMP6_ROUTER_SOLICITATION } from "../ip6/common/icmp6-types.ts";
import { Nud } from "../neigh/states.ts";
import type { NetDevice } from "../net/device.ts";
import type { DeviceEvent } from "../net/device-words.ts";
import { ETH_P_ARP, ETH_P_IPV6 } from "../net/ethernet.ts";
import type { FrameTally, Tally } from "./energy/ledger.ts";
import { tablesOf } from "./summary.ts";
import type { System } from "./system.ts";

/** States in which the entry's timer decides what becomes of it, soon. */
const OWED: number = Nud.INCOMPLETE | Nud.DELAY | Nud.PROBE;
/** Transfers that are further apart than this, in ms, have nothing to do with each other: a full frame takes 1.2 ms. */
const BURST_GAP = 5;
const TYPE_AT = 12;
const NEXT_HEADER_AT: number = ETHERNET_HEADER + 6;
const IP6_HEADER = 40;
const ICMP6 = 58;

/** The ways of life, in the order in which they are shown. */
export const WAYS = ["awake", "owed", "slept"] as const;
export type Way = (typeof WAYS)[number];

type Times = Pick<Tally, "span" | "asleep" | "listening" | "wakes"> & { readonly waiting: number };

/** Counts of one way of life. */
class Counts {
  readonly sent: FrameTally = { frames: 0, bytes: 0 };
  readonly received: FrameTally = { frames: 0, bytes: 0 };
  readonly asked: FrameTally = { frames: 0, bytes: 0 };
  readonly answered: FrameTally = { frames: 0, bytes: 0 };
  transactions = 0;
  bytes = 0;

  frame(own: boolean, resolution: boolean, length: number): void {
    const counter = resolution ? (own ? this.asked : this.answered) : own ? this.sent : this.received;
    counter.frames++;
    counter.bytes += length;
  }

  tally(times: Times, datagrams: number): Tally {
    const { waiting, ...rest } = times;
    const { sent, received, asked, answered, transactions, bytes } = this;
    const resolution = { sent: asked, received: answered, waiting };
    return { ...rest, sent, received, resolution, bus: { transactions, bytes }, datagrams };
  }
}

export class EnergyWatch {
  readonly #system: System;
  readonly #device: string;
  /** Counts of all that happens, and of what happens while something is owed. */
  readonly #all = new Counts();
  readonly #needed = new Counts();
  readonly #since: number;
  /** Entries in a state of OWED. */
  #owed = 0;
  /** When the node was woken last; when that was for somebody's sake who is owed something. */
  #wokenAt = Number.NEGATIVE_INFINITY;
  #openedAt = 0;
  #closedAt = Number.NEGATIVE_INFINITY;
  #waited = 0;
  #wakes = 0;
  /** When the node sent a frame last, and when a question. */
  #sentAt = Number.NEGATIVE_INFINITY;
  #askedAt = Number.NEGATIVE_INFINITY;
  /** By the device's own word: asleep since then, null while it is awake, and in all. */
  #asleepAt: number | null = null;
  #listens = false;
  #slept = 0;
  #listened = 0;
  #woken = 0;
  #datagrams = 0;
  /** A burst of transfers: when the last one was, what it has had, and whether the node that sleeps had a hand in it. */
  #burstAt = Number.NEGATIVE_INFINITY;
  #burstTransactions = 0;
  #burstBytes = 0;
  #burstCounts = false;

  /** Begins to watch a system that is ready, before its firmware sends. @param device its name */
  constructor(system: System, device: string) {
    this.#system = system;
    this.#device = device;
    this.#since = system.clock.now();
    const { stack } = system;
    for (const table of tablesOf(stack)) {
      table.onTransition(({ from, to }) => this.#moved(((to ?? 0) & OWED ? 1 : 0) - ((from ?? 0) & OWED ? 1 : 0)));
    }
    system.wire(device)?.tap(this.#tap);
  }

  /** Tells of a transfer on the device's bus. */
  readonly onSpi = (transactions: number, bytes: number): void => {
    const now = this.#system.clock.now();
    this.#all.transactions += transactions;
    this.#all.bytes += bytes;
    if (now - this.#burstAt > BURST_GAP) this.#endBurst();
    this.#burstAt = now;
    this.#burstTransactions += transactions;
    this.#burstBytes += bytes;
    if (this.#owed > 0) this.#burstCounts = true;
  };

  /** Tells that a datagram was sent, or that it will not be. */
  datagram(sent: boolean): void {
    if (sent) this.#datagrams++;
    const now = this.#system.clock.now();
    // One that had to wait leaves right behind the answer.
    if (this.#owed === 0 && now - this.#closedAt > BURST_GAP) this.#wake(now);
  }

  /** Tells of an event of the device. */
  device({ power }: NetDevice, event: DeviceEvent): void {
    const now = this.#system.clock.now();
    if (event === "asleep") {
      this.#asleepAt = now;
      this.#listens = power.controller !== "down";
      this.#pauseWaiting(now);
    } else if (event === "awake" && this.#asleepAt !== null) {
      const { slept, listened } = this.#sleptBy(now);
      this.#slept = slept;
      this.#listened = listened;
      this.#asleepAt = null;
      // The end of a run wakes the node to close it.
      if (now < this.#system.deadline) this.#woken++;
      this.#openedAt = now;
    }
  }

  tally(way: Way): Tally {
    const now = this.#system.clock.now();
    const span = now - this.#since;
    const waiting = this.#waited + (this.#owed > 0 && this.#asleepAt === null ? now - this.#openedAt : 0);
    if (way === "awake") {
      return this.#all.tally({ span, asleep: 0, listening: 0, wakes: 0, waiting: 0 }, this.#datagrams);
    }
    if (way === "owed") {
      this.#endBurst();
      return this.#needed.tally({ span, asleep: span - waiting, listening: 0, wakes: this.#wakes, waiting }, this.#datagrams);
    }
    const { slept, listened } = this.#sleptBy(now);
    return this.#all.tally({ span, asleep: slept, listening: listened, wakes: this.#woken, waiting }, this.#datagrams);
  }

  #sleptBy(now: number): { slept: number; listened: number } {
    const since = this.#asleepAt === null ? 0 : now - this.#asleepAt;
    return { slept: this.#slept + since, listened: this.#listened + (this.#listens ? since : 0) };
  }

  readonly #tap: WireTap = (bytes, length, now, from) => {
    const own = from.name === this.#device;
    // A controller that is down hears nothing.
    if (!own && this.#asleepAt !== null && !this.#listens) return;
    const resolution = isResolution(bytes, length);
    this.#all.frame(own, resolution, length);
    if (own) {
      this.#sentAt = now;
      if (resolution) this.#askedAt = now;
      // The sender of each frame woke the node, also one that tells of no datagram.
      if (this.#owed === 0 && now - this.#closedAt > BURST_GAP) this.#wake(now);
    } else if (this.#owed === 0) {
      // Nor does a node that owes nothing, but for an answer that comes at once.
      if (now - this.#sentAt > BURST_GAP) return;
      if (resolution && now - this.#askedAt <= BURST_GAP) {
        this.#waited += now - this.#askedAt;
        this.#askedAt = Number.NEGATIVE_INFINITY;
      }
    }
    this.#burstCounts = true;
    this.#needed.frame(own, resolution, length);
  };

  #moved(change: number): void {
    if (change === 0) return;
    const now = this.#system.clock.now();
    const before = this.#owed;
    if (before > 0 && before + change === 0) {
      this.#pauseWaiting(now);
      this.#closedAt = now;
    }
    this.#owed += change;
    if (before > 0) return;
    this.#openedAt = now;
    this.#wake(now);
  }

  /** The time for which something was owed up to now is noted. */
  #pauseWaiting(now: number): void {
    if (this.#owed > 0) this.#waited += now - this.#openedAt;
    this.#openedAt = now;
  }

  #wake(now: number): void {
    if (now - this.#wokenAt > BURST_GAP) this.#wakes++;
    this.#wokenAt = now;
    this.#burstCounts = true;
  }

  #endBurst(): void {
    if (this.#burstCounts) {
      this.#needed.transactions += this.#burstTransactions;
      this.#needed.bytes += this.#burstBytes;
    }
    this.#burstTransactions = 0;
    this.#burstBytes = 0;
    this.#burstCounts = false;
  }
}

/** A frame of ARP, or of neighbour discovery (RFC 4861: router and neighbour messages, redirects). */
function isResolution(bytes: Uint8Array, length: number): boolean {
  const type = (bytes[TYPE_AT]! << 8) | bytes[TYPE_AT + 1]!;
  if (type === ETH_P_ARP) return true;
  const at = ETHERNET_HEADER + IP6_HEADER;
  if (type !== ETH_P_IPV6 || length <= at || bytes[NEXT_HEADER_AT] !== ICMP6) return false;
  return bytes[at]! >= ICMP6_ROUTER_SOLICITATION && bytes[at]! <= ICMP6_REDIRECT;
}
