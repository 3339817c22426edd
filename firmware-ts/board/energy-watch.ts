/**
 * Looks on at a system with one device on a simulated wire and keeps two tallies of what it does: of a node that is always awake, and of one
 * that sleeps whenever nothing is owed. Something is owed while a neighbour is being asked for or is about to be (INCOMPLETE, DELAY,
 * PROBE), and while a datagram waits for that; a datagram wakes the node. Timers run on while it sleeps.
 */
import { ETHERNET_HEADER } from "../../hal/ethernet.ts";
import type { WireTap } from "../../hal/simulated/segment.ts";
import { ICMP6_REDIRECT, ICMP6_ROUTER_SOLICITATION } from "../ip6/common/icmp6-types.ts";
import { Nud } from "../neigh/states.ts";
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

  tally(times: Pick<Tally, "span" | "asleep" | "wakes"> & { readonly waiting: number }, datagrams: number): Tally {
    const { waiting, ...rest } = times;
    const { sent, received, asked, answered, transactions, bytes } = this;
    const resolution = { sent: asked, received: answered, waiting };
    return { ...rest, sent, received, resolution, bus: { transactions, bytes }, datagrams };
  }
}

export class EnergyWatch {
  readonly #system: System;
  readonly #device: string;
  readonly #awake = new Counts();
  readonly #sleepy = new Counts();
  readonly #since: number;
  /** Entries in a state of OWED. */
  #owed = 0;
  /** When the node was woken last; when that was for somebody's sake who is owed something. */
  #wokenAt = Number.NEGATIVE_INFINITY;
  #openedAt = 0;
  #closedAt = Number.NEGATIVE_INFINITY;
  #waited = 0;
  #wakes = 0;
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
    this.#awake.transactions += transactions;
    this.#awake.bytes += bytes;
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

  /** Of a node that never sleeps, and of one that sleeps whenever it can. */
  tallies(): { readonly awake: Tally; readonly sleepy: Tally } {
    this.#endBurst();
    const now = this.#system.clock.now();
    const span = now - this.#since;
    const waiting = this.#waited + (this.#owed > 0 ? now - this.#openedAt : 0);
    const always = { span, asleep: 0, wakes: 0, waiting: 0 };
    const sometimes = { span, asleep: span - waiting, wakes: this.#wakes, waiting };
    return {
      awake: this.#awake.tally(always, this.#datagrams),
      sleepy: this.#sleepy.tally(sometimes, this.#datagrams),
    };
  }

  readonly #tap: WireTap = (bytes, length, _now, from) => {
    const own = from.name === this.#device;
    const resolution = isResolution(bytes, length);
    this.#awake.frame(own, resolution, length);
    // A node that sleeps hears no frame, and answers none.
    if (this.#owed === 0 && (!own || resolution)) return;
    this.#burstCounts = true;
    this.#sleepy.frame(own, resolution, length);
  };

  #moved(change: number): void {
    if (change === 0) return;
    const now = this.#system.clock.now();
    const before = this.#owed;
    this.#owed += change;
    if (before === 0) {
      this.#openedAt = now;
      this.#wake(now);
    } else if (this.#owed === 0) {
      this.#waited += now - this.#openedAt;
      this.#closedAt = now;
    }
  }

  #wake(now: number): void {
    if (now !== this.#wokenAt) this.#wakes++;
    this.#wokenAt = now;
    this.#burstCounts = true;
  }

  #endBurst(): void {
    if (this.#burstCounts) {
      this.#sleepy.transactions += this.#burstTransactions;
      this.#sleepy.bytes += this.#burstBytes;
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
