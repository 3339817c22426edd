/**
 * The state machine of a DHCP client (RFC 2131 4.4, figure 5). It knows messages, leases and time; who uses it puts addresses on devices.
 *
 * | state      | what is sent                                  | ends with                                                       |
 * |------------|-----------------------------------------------|-----------------------------------------------------------------|
 * | SELECTING  | DISCOVER to all, 4 s, 8 s … 64 s apart, ±1 s  | the first OFFER that can be: REQUESTING                         |
 * | REQUESTING | REQUEST to all, four times                    | ACK: CHECKING; NAK or silence: SELECTING                        |
 * | REBOOTING  | REQUEST to all for the address of before      | ACK: CHECKING; NAK: SELECTING; silence: that, or the old lease, |
 * |            |                                               | which is CHECKED where it was not in use (RFC 2131 3.2 4)       |
 * | CHECKING   | nothing                                       | accept(): BOUND; decline(): DECLINE to all, 10 s, SELECTING     |
 * | BOUND      | nothing                                       | T1: RENEWING                                                    |
 * | RENEWING   | REQUEST to the server                         | ACK: BOUND; NAK: SELECTING; T2: REBINDING                       |
 * | REBINDING  | REQUEST to all, with our address              | ACK: BOUND; NAK or the end of the lease: SELECTING              |
 *
 * INIT, INIT-REBOOT and the wait before either are the state WAITING.
 */
import type { Clock, Timer } from "../../../hal/clock.ts";
import type { Random } from "../../../hal/random.ts";
import type { LeaseStore } from "../lease-store.ts";
import { type Lease, leaseOf } from "./lease.ts";
import { type DhcpIdentity, type DhcpReply, type DhcpRequest, readReply, writeRequest } from "./message.ts";
import { wordOf } from "./options.ts";
import { type DhcpArrival, type DhcpPort, NO_ADDRESS } from "./port.ts";
import { formatStored, parseStored, type StoredLease } from "./stored-lease.ts";
import { DhcpOption, DhcpType } from "./wire.ts";

/** Times of repetition in ms (RFC 2131 4.1). */
const FIRST_WAIT = 4000;
const LAST_WAIT = 64_000;
const JITTER = 1000;
/** REQUESTs without an answer until the client begins anew (RFC 2131 3.1 5). */
const REQUESTS = 4;
const REBOOTS = 2;
/** After an address in use (RFC 2131 3.1 5). */
const DECLINE_WAIT = 10_000;
/** Shortest time between REQUESTs to extend a lease (RFC 2131 4.4.5). */
const LEAST_RENEWAL = 60_000;
/** After a server's NAK, doubled with each one that follows it: two servers that do not agree must not make a storm. */
const NAK_WAIT = 1000;
/** From this DISCOVER on the answer is to go to everybody: perhaps a relay on the way cannot send to an address that is not there yet. */
const BROADCAST_FROM = 2;
/** DISCOVERs without an answer until the user is told. */
const SILENCE = 3;
/** T1 and T2 come so much earlier or later, as a part of themselves: boards that started together do not renew together. */
const FUZZ = 0.02;

/** A server that answers does so within this time, in ms. */
const ANSWER_TIME = 1000;

export type DhcpState =
  | "STOPPED"
  | "WAITING"
  | "SELECTING"
  | "REQUESTING"
  | "REBOOTING"
  | "CHECKING"
  | "BOUND"
  | "RENEWING"
  | "REBINDING";

/** Hears of leases. */
export interface DhcpUser {
  /** A server gives a lease whose address is to be checked: accept() or decline() answers, now or later. */
  offered(lease: Lease): void;
  /** The lease in use is extended, and its other values may have changed. */
  renewed(lease: Lease): void;
  /** The address must not be used any more. */
  lost(why: "expired" | "refused"): void;
  /** No server answers. Told once for each time that the client begins to ask. */
  silent(): void;
}

export interface DhcpClientOptions {
  readonly identity: DhcpIdentity;
  /** Longest time before the first message, in ms; the time is random up to it (RFC 2131 4.4.1). */
  readonly startWithin: number;
  /** The name of the lease in the store. */
  readonly name: string;
}

/** The surroundings of a client. */
export interface DhcpGround {
  readonly clock: Clock;
  readonly random: Random;
  readonly port: DhcpPort;
  readonly store: LeaseStore;
  /** The device's link address, as it is now. */
  readonly lladdr: Uint8Array;
  /** The device's MTU. */
  readonly mtu: number;
}

/** A lease with the times at which something is due, in the clock's ms. */
interface Terms {
  readonly lease: Lease;
  readonly renewal: number;
  readonly rebinding: number;
  readonly end: number;
}

export class DhcpClient {
  readonly #ground: DhcpGround;
  readonly #options: DhcpClientOptions;
  readonly #user: DhcpUser;
  readonly #timer: Timer;
  #state: DhcpState = "STOPPED";
  #xid = 0;
  /** When the client began to ask, and when it asked last. */
  #began = 0;
  #asked = 0;
  #tries = 0;
  #naks = 0;
  /** The lease that is offered, or is being checked. */
  #offer: Lease | null = null;
  #terms: Terms | null = null;
  #serverLladdr: Uint8Array | null = null;
  #remembered = false;

  constructor(ground: DhcpGround, options: DhcpClientOptions, user: DhcpUser) {
    this.#ground = ground;
    this.#options = options;
    this.#user = user;
    this.#timer = ground.clock.timer(() => this.#due());
    ground.port.onMessage = (arrival) => this.#message(arrival);
  }

  get state(): DhcpState {
    return this.#state;
  }

  /** The lease whose address is in use. */
  get lease(): Lease | null {
    return this.#terms?.lease ?? null;
  }

  /** The link address of the server of the last lease, where its answer came straight from it; null where a relay stood between. */
  get serverLladdr(): Uint8Array | null {
    return this.#serverLladdr;
  }

  /** A server's answer may be on its way, or an address is being checked: no time to sleep. */
  get expecting(): boolean {
    if (this.#state === "CHECKING") return true;
    return this.#state !== "BOUND" && this.#ground.clock.now() - this.#asked < ANSWER_TIME;
  }

  /** The lease that is checked or in use is that of before a restart: no server has spoken for it since. */
  get remembered(): boolean {
    return this.#remembered;
  }

  /** Time since the request that the last lease answers, in ms. */
  get age(): number {
    return this.#ground.clock.now() - this.#asked;
  }

  /** Begins to ask, or asks again for the address that is in use: the link is new, and may be another one (RFC 2131 3.7). */
  start(): void {
    this.#tries = 0;
    this.#naks = 0;
    this.#offer = null;
    this.#wait(this.#terms ? 0 : this.#ground.random.next() * this.#options.startWithin);
  }

  /** The link is gone: nothing is asked until start(). The lease runs on. */
  pause(): void {
    if (this.#state === "STOPPED") return;
    this.#ground.port.listening = false;
    this.#offer = null;
    // The lease ends without a link, too.
    this.#rest("STOPPED", this.#terms?.end ?? Number.POSITIVE_INFINITY);
  }

  /** Ends. @param release gives the lease back to its server (RFC 2131 4.4.6) */
  stop(release: boolean): void {
    const terms = this.#terms;
    if (terms && release) {
      this.#newTransaction();
      const { address, server } = terms.lease;
      this.#ground.port.unicast(this.#write({ type: DhcpType.RELEASE, ciaddr: address, server }), server);
      this.#forget();
    }
    this.#terms = null;
    this.#rest("STOPPED", Number.POSITIVE_INFINITY);
    this.#ground.port.close();
  }

  /** The address of offered() is free, and in use from now on. */
  accept(): void {
    if (this.#state !== "CHECKING" || !this.#offer) return;
    this.#naks = 0;
    this.#bind(this.#offer, this.#asked);
    this.#offer = null;
  }

  /** Another station has the address of offered(). */
  decline(): void {
    const lease = this.#offer ?? this.#terms?.lease;
    if (!lease) return;
    this.#newTransaction();
    const { address, server } = lease;
    this.#ground.port.broadcast(this.#write({ type: DhcpType.DECLINE, requested: address, server }), NO_ADDRESS);
    this.#abandon();
    this.#wait(DECLINE_WAIT);
  }

  #due(): void {
    switch (this.#state) {
      case "WAITING":
        this.#begin();
        break;
      case "SELECTING":
        if (this.#tries === SILENCE) this.#user.silent();
        this.#discover();
        break;
      case "REQUESTING":
        if (this.#tries < REQUESTS) this.#request();
        else this.#wait(0);
        break;
      case "REBOOTING":
        if (this.#tries < REBOOTS) this.#reboot();
        else this.#unanswered();
        break;
      case "BOUND":
      case "RENEWING":
      case "REBINDING":
        this.#extend();
        break;
      case "STOPPED":
        this.#expire();
        break;
      case "CHECKING":
    }
  }

  #begin(): void {
    this.#began = this.#ground.clock.now();
    this.#tries = 0;
    this.#newTransaction();
    this.#ground.port.listening = true;
    if (this.#terms || this.#stored) this.#reboot();
    else this.#discover();
  }

  /** The lease of before, to ask for again; null for none, or when its time is over. */
  get #stored(): StoredLease | null {
    const text = this.#naks > 0 ? null : this.#ground.store.load(this.#options.name);
    const stored = text === null ? null : parseStored(text);
    return stored && stored.until > this.#ground.clock.wallTime() ? stored : null;
  }

  #discover(): void {
    this.#state = "SELECTING";
    const broadcast = this.#tries >= BROADCAST_FROM;
    this.#toAll({ type: DhcpType.DISCOVER, requested: this.#stored?.address ?? 0, broadcast });
  }

  #request(): void {
    const { address, server } = this.#offer as Lease;
    this.#state = "REQUESTING";
    this.#toAll({ type: DhcpType.REQUEST, requested: address, server });
  }

  #reboot(): void {
    this.#state = "REBOOTING";
    this.#toAll({ type: DhcpType.REQUEST, requested: this.#terms?.lease.address ?? this.#stored?.address ?? 0 });
  }

  /** Nobody answers for the address of before: a lease that lasts goes on, else any address will do. */
  #unanswered(): void {
    if (this.#terms) {
      this.#settle(this.#terms);
      return;
    }
    const { clock } = this.#ground;
    const { lease, from } = this.#stored?.whole ?? { from: Number.POSITIVE_INFINITY };
    // By a clock that stands before the lease began nobody knows how much of it is left.
    if (lease && from <= clock.wallTime()) {
      this.#asked = clock.now() - (clock.wallTime() - from);
      this.#serverLladdr = null;
      this.#remembered = true;
      this.#check(lease);
      return;
    }
    this.#tries = 0;
    this.#newTransaction();
    this.#discover();
  }

  /** Renews with the server from T1 on, with any from T2 on, and gives up at the end of the lease. */
  #extend(): void {
    const { lease, rebinding, end } = this.#terms as Terms;
    const now = this.#ground.clock.now();
    if (now >= end) {
      this.#expire();
      this.start();
      return;
    }
    if (this.#state === "BOUND") {
      this.#began = now;
      this.#newTransaction();
      this.#ground.port.listening = true;
    }
    const toServer = now < rebinding;
    this.#state = toServer ? "RENEWING" : "REBINDING";
    const message = this.#write({ type: DhcpType.REQUEST, ciaddr: lease.address });
    this.#asked = now;
    if (toServer) this.#ground.port.unicast(message, lease.server);
    else this.#ground.port.broadcast(message, lease.address);
    const until = toServer ? rebinding : end;
    this.#timer.armAt(Math.min(until, now + Math.max(LEAST_RENEWAL, (until - now) / 2)));
  }

  #expire(): void {
    this.#abandon();
    this.#user.lost("expired");
  }

  /** Sends to everybody, and arms the next time. */
  #toAll(request: Partial<DhcpRequest> & { readonly type: DhcpType }): void {
    const { clock, port, random } = this.#ground;
    this.#asked = clock.now();
    port.broadcast(this.#write(request), NO_ADDRESS);
    const wait = Math.min(LAST_WAIT, FIRST_WAIT * 2 ** Math.min(this.#tries, 10));
    this.#tries++;
    this.#timer.arm(wait + (2 * random.next() - 1) * JITTER);
  }

  #write(request: Partial<DhcpRequest> & { readonly type: DhcpType }): Uint8Array {
    const { clock, mtu, lladdr } = this.#ground;
    const waited = clock.now() - this.#began;
    const whole = { xid: this.#xid, waited, ciaddr: 0, requested: 0, server: 0, broadcast: false, most: mtu, ...request };
    return writeRequest(whole, this.#options.identity, lladdr);
  }

  #message({ bytes, at, length, source, lladdr }: DhcpArrival): void {
    const reply = readReply(bytes, at, length, this.#xid, this.#ground.lladdr);
    if (!reply) return;
    switch (this.#state) {
      case "SELECTING":
        if (reply.type === DhcpType.OFFER) this.#offered(reply);
        return;
      case "REQUESTING":
      case "REBOOTING":
      case "RENEWING":
      case "REBINDING":
        if (reply.type === DhcpType.NAK) this.#refused(reply);
        else if (reply.type === DhcpType.ACK) this.#acknowledged(reply, { bytes, at, length, source, lladdr });
    }
  }

  #offered({ yiaddr, options }: DhcpReply): void {
    this.#offer = leaseOf(yiaddr, options);
    if (!this.#offer) return;
    this.#tries = 0;
    this.#request();
  }

  #acknowledged({ yiaddr, options }: DhcpReply, arrival: DhcpArrival): void {
    const lease = leaseOf(yiaddr, options);
    if (!lease) return;
    // An answer of a server that was not asked, or with another address than was asked for, is none.
    const asked = this.#state === "REQUESTING" ? this.#offer : null;
    if (asked && (lease.server !== asked.server || lease.address !== asked.address)) return;
    const terms = this.#terms;
    if (terms && lease.address === terms.lease.address) {
      if (arrival.source === lease.server) this.#ground.port.confirm();
      this.#remembered = false;
      this.#user.renewed(lease);
      this.#bind(lease, this.#asked);
      return;
    }
    if (this.#state === "RENEWING" || this.#state === "REBINDING") return;
    if (this.#state === "REBOOTING" && !terms && lease.address !== this.#stored?.address) return;
    if (terms) {
      this.#abandon();
      this.#user.lost("refused");
    }
    this.#remembered = false;
    this.#serverLladdr = arrival.source === lease.server ? arrival.bytes.slice(arrival.lladdr, arrival.lladdr + 6) : null;
    this.#check(lease);
  }

  /** Has the user look whether the address is free. */
  #check(lease: Lease): void {
    this.#ground.port.listening = false;
    this.#offer = lease;
    this.#rest("CHECKING", Number.POSITIVE_INFINITY);
    this.#user.offered(lease);
  }

  /** The address is not ours, says a server (RFC 2131 4.3.2). */
  #refused({ options }: DhcpReply): void {
    const server = wordOf(options.get(DhcpOption.SERVER_ID));
    if (server === undefined || (this.#state === "REQUESTING" && server !== this.#offer?.server)) return;
    const used = this.#terms !== null;
    this.#abandon();
    const wait = Math.min(LAST_WAIT, NAK_WAIT * 2 ** Math.min(this.#naks, 10));
    this.#naks++;
    if (used) this.#user.lost("refused");
    this.#wait(wait);
  }

  #bind(lease: Lease, from: number): void {
    const { clock, port, store, random } = this.#ground;
    const fuzz = 1 + (2 * random.next() - 1) * FUZZ;
    const at = (seconds: number): number => from + seconds * 1000;
    const end = at(lease.seconds);
    const rebinding = Math.min(at(lease.rebinding * fuzz), end);
    const terms = { lease, renewal: Math.min(at(lease.renewal * fuzz), rebinding), rebinding, end };
    this.#terms = terms;
    store.save(this.#options.name, formatStored(lease, clock.wallTime() - (clock.now() - from)));
    port.bind(lease.address, lease.server);
    this.#settle(terms);
  }

  /** Rests until the lease is to be renewed. */
  #settle({ renewal }: Terms): void {
    this.#ground.port.listening = false;
    this.#rest("BOUND", Math.max(renewal, this.#ground.clock.now()));
  }

  #rest(state: DhcpState, due: number): void {
    this.#state = state;
    this.#tries = 0;
    if (due === Number.POSITIVE_INFINITY) this.#timer.cancel();
    else this.#timer.armAt(due);
  }

  #wait(ms: number): void {
    this.#ground.port.listening = false;
    this.#rest("WAITING", this.#ground.clock.now() + ms);
  }

  /** Neither the lease nor its address is ours any more. */
  #abandon(): void {
    this.#terms = null;
    this.#offer = null;
    this.#ground.port.unbind();
    this.#forget();
  }

  #forget(): void {
    this.#ground.store.save(this.#options.name, null);
  }

  #newTransaction(): void {
    this.#xid = this.#ground.random.below(0x100000000) | 0;
  }
}
