/** The rate limits of ICMP errors, as Linux sets them by default. */
import type { Clock } from "../../hal/clock.ts";
import type { IpAddress } from "./address.ts";

/** Error messages a destination gets at once, and then one every INTERVAL ms (net.ipv4.icmp_ratelimit). */
const BURST = 6;
const INTERVAL = 1000;
/** Messages a second to all destinations together, and how many at once (net.ipv4.icmp_msgs_per_sec, icmp_msgs_burst). */
const GLOBAL_RATE = 1000;
const GLOBAL_BURST = 50;
/** Destinations told apart; two that share a slot share its tokens, so that no flood of addresses can take memory. */
const SLOTS = 256;

/** Token buckets for ICMP errors (RFC 1812 4.3.2.8), of fixed size. */
export class IcmpRateLimit {
  readonly #clock: Clock;
  readonly #tokens = new Float64Array(SLOTS).fill(BURST);
  readonly #filled = new Float64Array(SLOTS);
  #globalTokens: number = GLOBAL_BURST;
  #globalFilled = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#globalFilled = clock.now();
    this.#filled.fill(clock.now());
  }

  /** Tells whether all destinations together have a message left. Takes no token. */
  allowGlobal(): boolean {
    const now = this.#clock.now();
    this.#globalTokens = Math.min(GLOBAL_BURST, this.#globalTokens + ((now - this.#globalFilled) * GLOBAL_RATE) / 1000);
    this.#globalFilled = now;
    return this.#globalTokens >= 1;
  }

  /** Takes a token of all destinations together. */
  takeGlobal(): void {
    this.#globalTokens -= 1;
  }

  /** Takes a token of one destination. Returns false when it has none. */
  takeHost(destination: IpAddress): boolean {
    const now = this.#clock.now();
    const slot = (Math.imul(typeof destination === "number" ? destination : destination.hash, 0x9e3779b1) >>> 24) & (SLOTS - 1);
    const gained = (now - this.#filled[slot]!) / INTERVAL;
    const tokens = Math.min(BURST, this.#tokens[slot]! + gained);
    this.#filled[slot] = now;
    this.#tokens[slot] = tokens >= 1 ? tokens - 1 : tokens;
    return tokens >= 1;
  }
}
