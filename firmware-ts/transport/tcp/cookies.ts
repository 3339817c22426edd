/** SYN cookies (RFC 4987 3.6): a handshake whose state is in our first sequence number, and its options in our time stamp. */
import { type Endpoints, wordOf } from "./flow.ts";
import type { KeyedHash } from "./keyed-hash.ts";
import type { Segment } from "./segment.ts";

/** Sizes of segments that a cookie can say. */
const SIZES = [536, 1220, 1440, 1460] as const;
/** A count of the time, in ms, and how many of them a cookie lives. */
const PERIOD = 60_000;
const LIFE = 2;

/** Low bits of a time stamp: the shift of the window (15: none), SACK, ECN. */
const OPTION_BITS = 6;
const NO_SCALE = 0xf;
const SACK_BIT = 0x10;
const ECN_BIT = 0x20;

export class Cookies {
  readonly #hash: KeyedHash;

  constructor(hash: KeyedHash) {
    this.#hash = hash;
  }

  /** Returns the first sequence number that says all of a SYN. */
  make(endpoints: Endpoints, segment: Segment, now: number): number {
    const count = Math.floor(now / PERIOD) & 0xff;
    let size = SIZES.length - 1;
    while (size > 0 && (segment.mss || SIZES[0]) < SIZES[size]!) size--;
    const low = (this.#of(endpoints, count, 2) + size) & 0xffffff;
    return (this.#of(endpoints, 0, 1) + segment.seq + (count << 24) + low) | 0;
  }

  /**
   * Reads a cookie that came back.
   * @param irs the first sequence number of the peer
   * @returns the size of the peer's segments; 0 when it is none of our cookies, or an old one
   */
  read(endpoints: Endpoints, cookie: number, irs: number, now: number): number {
    const rest = (cookie - this.#of(endpoints, 0, 1) - irs) | 0;
    const count = Math.floor(now / PERIOD) & 0xff;
    const age = (count - (rest >>> 24)) & 0xff;
    if (age >= LIFE) return 0;
    const size = (rest - this.#of(endpoints, (count - age) & 0xff, 2)) & 0xffffff;
    return SIZES[size] ?? 0;
  }

  #of({ localAddress, remoteAddress, localPort, remotePort }: Endpoints, count: number, purpose: number): number {
    return this.#hash.hash(wordOf(localAddress), wordOf(remoteAddress), (localPort << 16) | remotePort, count, purpose);
  }
}

/** Returns a time stamp of about now that says what the peer's SYN has offered. */
export function stampOptions(timestamp: number, segment: Segment, ecn: boolean): number {
  const scale = segment.windowScale < 0 ? NO_SCALE : segment.windowScale;
  const options = scale | (segment.sackPermitted ? SACK_BIT : 0) | (ecn ? ECN_BIT : 0);
  const stamp = ((timestamp >>> OPTION_BITS) << OPTION_BITS) | options;
  // A time stamp never lies ahead: the peer's next one may come at once.
  return ((stamp - timestamp) | 0) > 0 ? (stamp - (1 << OPTION_BITS)) | 0 : stamp;
}

/** Reads the echo of such a time stamp. @returns the shift, -1 for none, and whether SACK is permitted and ECN agreed on */
export function readStamp(echo: number): { windowScale: number; sack: boolean; ecn: boolean } {
  const scale = echo & NO_SCALE;
  return { windowScale: scale === NO_SCALE ? -1 : scale, sack: (echo & SACK_BIT) !== 0, ecn: (echo & ECN_BIT) !== 0 };
}
