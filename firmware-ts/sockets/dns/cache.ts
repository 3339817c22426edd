/** Answers that are kept for as long as they say, those that say "there is none" too (RFC 2308). */
import type { Clock } from "../../../hal/clock.ts";

/** One record of an answer. */
export interface Found {
  readonly data: unknown;
  /** Seconds that it is good for. */
  readonly ttl: number;
}

/** The answer to one question. */
export interface Answer {
  /** ENOTFOUND, ENODATA; null when there are records. */
  readonly code: string | null;
  readonly records: readonly Found[];
}

interface Kept extends Answer {
  /** Clock time of both, in ms. */
  readonly since: number;
  readonly until: number;
}

/** Most answers at a time: the oldest give way. */
const MOST = 512;
/** Longest time, in s, whatever an answer says: a day, and for "there is none" three hours (RFC 2308 5). */
const LONGEST = 86_400;
const LONGEST_NOTHING = 10_800;

export class DnsCache {
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#kept.size;
  }

  /** Returns what is known, with the time that is left. */
  find(key: string): Answer | null {
    const kept = this.#kept.get(key);
    if (kept === undefined) return null;
    const now = this.#clock.now();
    if (now >= kept.until) {
      this.#kept.delete(key);
      return null;
    }
    const age = Math.floor((now - kept.since) / 1000);
    return { code: kept.code, records: kept.records.map(({ data, ttl }) => ({ data, ttl: Math.max(0, ttl - age) })) };
  }

  /** @param ttl of an answer without records, in s; 0 for one that is not to be kept */
  keep(key: string, answer: Answer, ttl: number): void {
    const seconds = Math.min(ttl, answer.code === null ? LONGEST : LONGEST_NOTHING);
    if (seconds <= 0) return;
    this.#kept.delete(key);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= MOST && oldest !== undefined) this.#kept.delete(oldest);
    const since = this.#clock.now();
    this.#kept.set(key, { ...answer, since, until: since + seconds * 1000 });
  }

  clear(): void {
    this.#kept.clear();
  }
}
