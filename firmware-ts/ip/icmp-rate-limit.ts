/** The rate limits of ICMP messages, as Linux sets them: token buckets of fixed size (RFC 1812 4.3.2.8). */
import type { Clock } from "../../hal/clock.ts";
import type { IpAddress } from "./address.ts";

/** The settings, with the kernel's names. */
export interface IcmpLimits {
  /** Milliseconds for which a destination has to wait for the next message. */
  readonly icmpRatelimit: number;
  /** Messages a second to all destinations together, and how many at once. */
  readonly icmpMsgsPerSec: number;
  readonly icmpMsgsBurst: number;
}

/** Messages that a destination gets at once. */
const BURST = 6;
/** Destinations told apart; two that share a slot share its tokens, so that no flood of addresses can take memory. */
const SLOTS = 256;
/** Milliseconds of tokens that a destination has which got none before. */
const AT_FIRST = 60_000;

/**
 * Redirects (net.ipv4.route.redirect_load, redirect_number, redirect_silence): milliseconds to the second one, twice as many to each one
 * after that; one destination gets so many, and more only when it has sent nothing the wrong way for a while.
 */
const REDIRECT_LOAD = 20;
export const REDIRECT_NUMBER = 9;
const REDIRECT_SILENCE: number = REDIRECT_LOAD << (REDIRECT_NUMBER + 1);

export class IcmpRateLimit {
  readonly #clock: Clock;
  readonly #limits: IcmpLimits;
  /** Milliseconds that a destination has saved up. */
  readonly #tokens = new Float64Array(SLOTS);
  /** When it last got a message or was refused one. */
  readonly #last = new Float64Array(SLOTS);
  readonly #redirects = new Uint8Array(SLOTS);
  #globalTokens: number;
  #globalFilled: number;

  constructor(clock: Clock, limits: IcmpLimits) {
    this.#clock = clock;
    this.#limits = limits;
    this.#globalTokens = limits.icmpMsgsBurst;
    this.#globalFilled = clock.now();
    this.#last.fill(clock.now() - AT_FIRST);
  }

  /** Tells whether all destinations together have a message left. Takes no token. */
  allowGlobal(): boolean {
    const now = this.#clock.now();
    const { icmpMsgsPerSec, icmpMsgsBurst } = this.#limits;
    const gained = ((now - this.#globalFilled) * icmpMsgsPerSec) / 1000;
    this.#globalTokens = Math.min(icmpMsgsBurst, this.#globalTokens + gained);
    this.#globalFilled = now;
    return this.#globalTokens >= 1;
  }

  /** Takes a token of all destinations together. */
  takeGlobal(): void {
    this.#globalTokens -= 1;
  }

  /**
   * Takes a token of one destination. Returns false when it has none.
   * @param wait milliseconds from one message to the next
   */
  takeHost(destination: IpAddress, wait: number = this.#limits.icmpRatelimit): boolean {
    const now = this.#clock.now();
    const slot = slotOf(destination);
    const tokens = Math.min(BURST * wait, this.#tokens[slot]! + now - this.#last[slot]!);
    const allowed = tokens >= wait;
    this.#last[slot] = now;
    this.#tokens[slot] = allowed ? tokens - wait : tokens;
    return allowed;
  }

  /** Notes that a destination gets a redirect now, and returns how many it got by that; 0 when it may not get any. */
  takeRedirect(destination: IpAddress): number {
    const now = this.#clock.now();
    const slot = slotOf(destination);
    const last = this.#last[slot]!;
    if (now - last > REDIRECT_SILENCE) {
      this.#tokens[slot] = 0;
      this.#redirects[slot] = 0;
    }
    const sent = this.#redirects[slot]!;
    // One that takes no notice is told no more, for as long as it goes on.
    if (sent >= REDIRECT_NUMBER) this.#last[slot] = now;
    if (sent >= REDIRECT_NUMBER || (sent > 0 && now - last <= REDIRECT_LOAD << sent)) return 0;
    this.#last[slot] = now;
    this.#redirects[slot] = sent + 1;
    return sent + 1;
  }
}

function slotOf(destination: IpAddress): number {
  return (Math.imul(typeof destination === "number" ? destination : destination.hash, 0x9e3779b1) >>> 24) & (SLOTS - 1);
}
