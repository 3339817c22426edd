/**
 * The gateway's side of the registrar: it keeps an entry for each node that has registered, so that the gateway never asks for one that
 * sleeps. It says nothing to anybody without the key; a message that was heard and is sent again does nothing, because each cookie is good once.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Clock, Timer } from "../../../hal/clock.ts";
import { isStationAddress } from "../../../hal/ethernet.ts";
import { type Message, readMessage, Status, Type, writeMessage } from "./message.ts";

/** Longest time of an entry, in s, and the lifetime of a cookie that belongs to no entry yet, in ms. */
const LONGEST = 65_535;
const COOKIE_TIME = 60_000;
const COOKIE = 8;

export interface RegistryGround {
  readonly clock: Clock;
  readonly key: Uint8Array;
  /** Octets that nobody can guess. */
  secret(octets: number): Uint8Array;
  /** The gateway's link address. */
  readonly mac: Uint8Array;
  /** The address may be a node's on this link: on its subnet, not ours, and with no entry that somebody else keeps. */
  accepts(address: string): boolean;
  /** Makes the entry, or makes it anew. */
  install(address: string, mac: Uint8Array): void;
  remove(address: string): void;
  /** Most entries. Default 256. */
  readonly most?: number;
}

interface Registered {
  readonly mac: Uint8Array;
  cookie: Uint8Array;
  /** When it ends, in the clock's ms. */
  end: number;
}

export class Registry {
  /** Messages by what became of them. */
  readonly counters: {
    registered: number;
    refreshed: number;
    challenged: number;
    refused: number;
    expired: number;
    ignored: number;
  } = {
    registered: 0,
    refreshed: 0,
    challenged: 0,
    refused: 0,
    expired: 0,
    ignored: 0,
  };
  readonly #ground: RegistryGround;
  readonly #secret: Uint8Array;
  readonly #entries = new Map<string, Registered>();
  readonly #timer: Timer;

  constructor(ground: RegistryGround) {
    this.#ground = ground;
    this.#secret = ground.secret(32);
    this.#timer = ground.clock.timer(() => this.#expire());
  }

  /** Addresses with an entry. */
  get addresses(): readonly string[] {
    return [...this.#entries.keys()];
  }

  /**
   * Takes a datagram.
   * @param from the address that it came from
   * @returns the answer, as long as the datagram; null for none
   */
  receive(bytes: Uint8Array, from: string): Uint8Array | null {
    const message = readMessage(this.#ground.key, bytes);
    const sound = message?.type === Type.REGISTER && message.address === from && isNode(message.mac, this.#ground.mac);
    if (!message || !sound) {
      this.counters.ignored++;
      return null;
    }
    const known = this.#entries.get(message.address);
    if (!this.#isFresh(message, known)) {
      this.counters.challenged++;
      return this.#write(Type.CHALLENGE, message, known?.cookie ?? this.#cookieOf(message, 0), Status.DONE);
    }
    return this.#register(message, known);
  }

  /** Removes every entry. */
  close(): void {
    this.#timer.cancel();
    for (const address of this.#entries.keys()) this.#ground.remove(address);
    this.#entries.clear();
  }

  #register(message: Message, known: Registered | undefined): Uint8Array {
    const { clock, most = 256 } = this.#ground;
    const { address, mac, seconds } = message;
    const status = this.#refusal(message, known, most);
    if (status !== Status.DONE) {
      this.counters.refused++;
      return this.#write(Type.ANSWER, message, known?.cookie ?? this.#cookieOf(message, 0), status);
    }
    if (seconds === 0) {
      if (this.#entries.delete(address)) this.#ground.remove(address);
      return this.#write(Type.ANSWER, message, this.#cookieOf(message, 0), Status.DONE);
    }
    const cookie = this.#ground.secret(COOKIE);
    const end = clock.now() + Math.min(seconds, LONGEST) * 1000;
    if (known) {
      known.cookie = cookie;
      known.end = end;
      this.counters.refreshed++;
    } else {
      this.#entries.set(address, { mac, cookie, end });
      this.counters.registered++;
    }
    // Somebody may have taken it away meanwhile.
    this.#ground.install(address, mac);
    this.#arm();
    return this.#write(Type.ANSWER, message, cookie, Status.DONE);
  }

  #refusal({ address, mac }: Message, known: Registered | undefined, most: number): number {
    if (known) return same(known.mac, mac) ? Status.DONE : Status.TAKEN;
    if (!this.#ground.accepts(address)) return Status.NOT_HERE;
    return this.#entries.size < most ? Status.DONE : Status.FULL;
  }

  #isFresh(message: Message, known: Registered | undefined): boolean {
    if (known) return timingSafeEqual(known.cookie, message.cookie);
    return [0, 1].some((ago) => timingSafeEqual(this.#cookieOf(message, ago), message.cookie));
  }

  /** The cookie of a node without an entry: nothing is kept for those who have not come back with one. */
  #cookieOf({ address, mac }: Message, ago: number): Uint8Array {
    const time = Math.floor(this.#ground.clock.now() / COOKIE_TIME) - ago;
    const text = `${address} ${Array.from(mac).join(":")} ${time}`;
    return createHmac("sha256", this.#secret).update(text).digest().subarray(0, COOKIE);
  }

  #write(type: number, { seconds, address, mac, nonce }: Message, cookie: Uint8Array, status: number): Uint8Array {
    return writeMessage(this.#ground.key, { type, seconds, address, mac, nonce, cookie, status, gateway: this.#ground.mac });
  }

  #arm(): void {
    const next = Math.min(...[...this.#entries.values()].map(({ end }) => end));
    if (Number.isFinite(next)) this.#timer.armAt(next);
  }

  #expire(): void {
    const now = this.#ground.clock.now();
    for (const [address, { end }] of [...this.#entries]) {
      if (end > now) continue;
      this.#entries.delete(address);
      this.#ground.remove(address);
      this.counters.expired++;
    }
    this.#arm();
  }
}

function same(one: Uint8Array, other: Uint8Array): boolean {
  return one.every((octet, at) => octet === other[at]);
}

/** A station's address that is not the gateway's own. */
function isNode(mac: Uint8Array, own: Uint8Array): boolean {
  return isStationAddress(mac) && mac.some((octet) => octet !== 0) && !same(mac, own);
}
