/** Messages of neighbour discovery (RFC 4861 4) and the look for their options (RFC 4861 4.6, RFC 3971 5.3.2). */
import { ICMP6_HEADER } from "../common/icmp6-types.ts";

/** Offsets in a neighbour solicitation or advertisement, from the ICMPv6 header on: flags, target, options. */
export const ND_FLAGS = 4;
export const ND_TARGET: number = ICMP6_HEADER;
/** Bytes of one without options. */
export const ND_BYTES = 24;

/** Flags of an advertisement: the sender is a router, it answers a solicitation, its link address replaces a known one. */
export const NA_ROUTER: number = 0x80000000 | 0;
export const NA_SOLICITED = 0x40000000;
export const NA_OVERRIDE = 0x20000000;

/** The hop limit of every message: no router has passed it on (RFC 4861 3.1). */
export const ND_HOPS = 255;

/** Types of options. */
export const OPTION_SOURCE_LINK = 1;
export const OPTION_TARGET_LINK = 2;
export const OPTION_PREFIX = 3;
export const OPTION_REDIRECTED = 4;
export const OPTION_MTU = 5;
export const OPTION_NONCE = 14;
/** RFC 4191 2.3. */
export const OPTION_ROUTE = 24;

/** Lengths of options are in units of so many bytes. */
export const OPTION_UNIT = 8;
/** Bytes of the option with an Ethernet address. */
export const LINK_OPTION = 8;
/** Offsets in an option: its type, its length in units, its contents. */
const OPTION_LENGTH = 1;
export const OPTION_CONTENTS = 2;

/** Types of which the first one holds, and others like it are passed over. */
const KEPT = OPTION_NONCE + 1;

/** Where the options of a message are. Its owner parses one message after the other. */
export class NdOptions {
  /** Offset of the first option of each type that was seen. */
  readonly #first = new Int32Array(KEPT);
  /** A bit for each of these types. */
  #seen = 0;
  #view: DataView = new DataView(new ArrayBuffer(0));

  /** Reads the options in view[at..end). Returns false when they are broken: one without a length, or one that ends behind the message. */
  parse(view: DataView, at: number, end: number): boolean {
    const first = this.#first;
    this.#seen = 0;
    this.#view = view;
    for (let next = at; next < end; ) {
      if (next + OPTION_CONTENTS > end) return false;
      const type = view.getUint8(next);
      const length = view.getUint8(next + OPTION_LENGTH) * OPTION_UNIT;
      if (length === 0 || next + length > end) return false;
      if (type < KEPT && ((this.#seen >>> type) & 1) === 0) {
        this.#seen |= 1 << type;
        first[type] = next;
      }
      next += length;
    }
    return true;
  }

  /** Offset of the first option of a type; 0 for none. */
  find(type: number): number {
    return ((this.#seen >>> type) & 1) === 0 ? 0 : this.#first[type]!;
  }

  /** Offset of the next option of a type from `at` on, in a message that was parsed and ends at `end`; 0 for none. */
  next(type: number, at: number, end: number): number {
    for (let next = at; next < end; next += this.lengthAt(next)) if (this.#view.getUint8(next) === type) return next;
    return 0;
  }

  /** Bytes of the option at an offset. */
  lengthAt(at: number): number {
    return this.#view.getUint8(at + OPTION_LENGTH) * OPTION_UNIT;
  }

  /**
   * Offset of the link address in an option of this type: 0 when there is no such option, -1 when it has not the length that Ethernet's
   * addresses need.
   */
  linkAddress(type: number): number {
    const at = this.find(type);
    if (at === 0) return 0;
    return this.lengthAt(at) === LINK_OPTION ? at + OPTION_CONTENTS : -1;
  }
}
