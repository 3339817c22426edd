/**
 * IPv4 options (RFC 791 3.1, RFC 1122 3.2.1.8, RFC 1812 5.3.13): checks those of a packet that came in, leaves our address and the time in
 * record route and timestamp, and makes the options of an answer. Source routes are not taken, as in Linux by default, and security labels
 * (CIPSO) are those of domains that nobody has set up here.
 */
import type { Clock } from "../../../hal/clock.ts";
import { IP_HEADER, IP_VERSION_IHL, writeChecksum } from "./ip-header.ts";
import { timeOfDay } from "./time-of-day.ts";

const OPTION_END = 0;
const OPTION_NOP = 1;
const OPTION_RECORD_ROUTE = 7;
const OPTION_TIMESTAMP = 68;
const OPTION_LSRR = 131;
const OPTION_CIPSO = 134;
const OPTION_SSRR = 137;
const OPTION_ROUTER_ALERT = 148;
/** A whole router alert, and its bytes. */
const ROUTER_ALERT = 0x94040000 | 0;
export const ALERT_BYTES = 4;

/** Set in the kind of an option that every fragment has. */
const COPIED = 0x80;

/** Offsets in an option. */
const LENGTH = 1;
const POINTER = 2;
/** In a timestamp only: overflow counter in the high half, flag in the low one. */
const FLAGS = 3;

/** Flags of a timestamp option. */
const TIMES_ONLY = 0;
const ADDRESSES_AND_TIMES = 1;
const GIVEN_ADDRESSES = 3;

/** The least pointer: that to the first slot. */
const FIRST_ROUTE = 4;
const FIRST_TIME = 5;
/** Bytes of an address, and of a time. */
const WORD = 4;
const MAX_OPTIONS = 40;
/** A security label (CIPSO) of fewer bytes is none; of any other it is the domain that we do not know, behind its length. */
const MIN_CIPSO = 8;
const CIPSO_DOMAIN = 2;

/** An option's fault is returned as its offset in the IP header; these are no faults. */
export const OPTIONS_SOUND = 0;
/** A source route: the packet is dropped and nobody is told. */
export const OPTIONS_SOURCE_ROUTE = -1;

export class IpOptions {
  /** The options that answer() has made. */
  readonly #bytes = new Uint8Array(MAX_OPTIONS);
  readonly #view = new DataView(this.#bytes.buffer);
  readonly #clock: Clock;
  readonly #foreign: (address: number) => boolean;

  /** @param foreign tells whether an address is another host's: neither ours nor a broadcast or group address */
  constructor(clock: Clock, foreign: (address: number) => boolean) {
    this.#clock = clock;
    this.#foreign = foreign;
  }

  /**
   * Checks the options of the header at view[header..end) and fills in what they ask of us.
   * @param own the address to record
   * @returns OPTIONS_SOUND, OPTIONS_SOURCE_ROUTE, or the offset in the header of what is wrong
   */
  receive(view: DataView, header: number, end: number, own: number): number {
    let recorded = false;
    let stamped = false;
    for (let at = nextOption(view, header + 20, end); at < end; at = nextOption(view, at + view.getUint8(at + LENGTH), end)) {
      const kind = view.getUint8(at);
      if (!whole(view, at, end)) return at - header;
      let fault = 0;
      if (kind === OPTION_RECORD_ROUTE) {
        fault = recorded ? at : this.#recordRoute(view, at, own);
        recorded = true;
      } else if (kind === OPTION_TIMESTAMP) {
        fault = stamped ? at : this.#stamp(view, at, own);
        stamped = true;
      } else if (kind === OPTION_LSRR || kind === OPTION_SSRR) {
        fault = faultOf(view, at, 3, FIRST_ROUTE);
        if (fault === 0) return OPTIONS_SOURCE_ROUTE;
      } else if (kind === OPTION_CIPSO) {
        fault = at + (view.getUint8(at + LENGTH) < MIN_CIPSO ? LENGTH : CIPSO_DOMAIN);
      } else if (kind === OPTION_ROUTER_ALERT && view.getUint8(at + LENGTH) < 4) {
        fault = at + LENGTH;
      }
      if (fault !== 0) return fault - header;
    }
    return OPTIONS_SOUND;
  }

  /** Makes a router alert (RFC 2113): routers look at the packet. Returns its bytes, for write(). */
  alert(): number {
    this.#view.setInt32(0, ROUTER_ALERT);
    return ALERT_BYTES;
  }

  /** Writes `length` bytes of the answer behind the plain header at `at`, and makes its length and its checksum right. */
  write(view: DataView, at: number, length: number): void {
    for (let byte = 0; byte < length; byte++) view.setUint8(at + IP_HEADER + byte, this.#bytes[byte]!);
    view.setUint8(at + IP_VERSION_IHL, 0x45 + length / 4);
    writeChecksum(view, at, IP_HEADER + length);
  }

  /**
   * Makes the options of an answer to the packet whose header, filled in by receive(), is view[header..end): its record route and its
   * timestamp, with another slot filled in, and the label with which something is wrong.
   * @param end of the header, or the place of what is wrong with it: only options before it are answered
   * @returns bytes of them, a multiple of four; -1 when there is no room for a slot that was begun, so that there can be no answer
   */
  answer(view: DataView, header: number, end: number, source: number): number {
    const route = this.#copy(view, find(view, header + 20, end, OPTION_RECORD_ROUTE), 0);
    if (route > 0 && !this.#answerRoute(0, source)) return -1;
    const both = this.#copy(view, find(view, header + 20, end, OPTION_TIMESTAMP), route);
    if (both > route && !this.#answerTimestamp(route, source)) return -1;
    const all = this.#copy(view, findLabel(view, header + 20, end), both);
    const padded = (all + 3) & ~3;
    this.#bytes.fill(OPTION_END, all, padded);
    return padded;
  }

  /** Appends an option to the answer's; returns their new end. */
  #copy(view: DataView, from: number, at: number): number {
    if (from === 0) return at;
    const length = view.getUint8(from + LENGTH);
    for (let byte = 0; byte < length; byte++) this.#bytes[at + byte] = view.getUint8(from + byte);
    return at + length;
  }

  #recordRoute(view: DataView, at: number, own: number): number {
    const fault = faultOf(view, at, 3, FIRST_ROUTE);
    if (fault !== 0) return fault;
    const slot = view.getUint8(at + POINTER);
    const length = view.getUint8(at + LENGTH);
    if (slot > length) return 0;
    if (slot + 3 > length) return at + POINTER;
    fill(view, at, slot, own);
    return 0;
  }

  #stamp(view: DataView, at: number, own: number): number {
    const fault = faultOf(view, at, 4, FIRST_TIME);
    if (fault !== 0) return fault;
    const slot = view.getUint8(at + POINTER);
    const length = view.getUint8(at + LENGTH);
    const flags = view.getUint8(at + FLAGS);
    if (slot > length) {
      // One more host than there was room for.
      if (flags >> 4 === 15) return at + FLAGS;
      view.setUint8(at + FLAGS, flags + 0x10);
      return 0;
    }
    const flag = flags & 15;
    const pair = flag === ADDRESSES_AND_TIMES || flag === GIVEN_ADDRESSES;
    if (slot + (pair ? 7 : 3) > length) return at + POINTER;
    if (pair || flag === TIMES_ONLY) this.#fillTime(view, at, slot, flag, own);
    return 0;
  }

  #answerRoute(at: number, source: number): boolean {
    const view = this.#view;
    const slot = view.getUint8(at + POINTER);
    const length = view.getUint8(at + LENGTH);
    if (slot > length) return true;
    if (slot + 3 > length) return false;
    fill(view, at, slot, source);
    return true;
  }

  #answerTimestamp(at: number, source: number): boolean {
    const view = this.#view;
    const slot = view.getUint8(at + POINTER);
    const length = view.getUint8(at + LENGTH);
    const flag = view.getUint8(at + FLAGS) & 15;
    if (slot > length) return true;
    if (flag !== TIMES_ONLY && flag !== ADDRESSES_AND_TIMES && flag !== GIVEN_ADDRESSES) return true;
    const needs = flag === ADDRESSES_AND_TIMES ? 7 : 3;
    if (slot + needs > length) return false;
    if (flag !== GIVEN_ADDRESSES || slot + 7 <= length) this.#fillTime(view, at, slot, flag, source);
    return true;
  }

  /** Fills a slot of a timestamp option, unless it is another host's. */
  #fillTime(view: DataView, at: number, slot: number, flag: number, own: number): void {
    const time = timeOfDay(this.#clock);
    if (flag === TIMES_ONLY) {
      fill(view, at, slot, time);
    } else if (flag === ADDRESSES_AND_TIMES) {
      fill(view, at, slot, own);
      fill(view, at, slot + WORD, time);
    } else if (!this.#foreign(view.getInt32(at + slot - 1))) {
      fill(view, at, slot + WORD, time);
    }
  }
}

/** Turns the options of the header at view[header..end) that only the first fragment has into padding, in the header of a later one. */
export function keepCopiedOptions(view: DataView, header: number, end: number): void {
  for (let at = nextOption(view, header + IP_HEADER, end); at < end && whole(view, at, end); ) {
    const next = at + view.getUint8(at + LENGTH);
    if ((view.getUint8(at) & COPIED) === 0) for (let byte = at; byte < next; byte++) view.setUint8(byte, OPTION_NOP);
    at = nextOption(view, next, end);
  }
}

/** Writes a word to an option's slot (counted from 1) and moves its pointer behind it. */
function fill(view: DataView, at: number, slot: number, word: number): void {
  view.setInt32(at + slot - 1, word);
  view.setUint8(at + POINTER, slot + WORD);
}

/** Returns the place of an option that begins at `from` or behind padding there; `end` when there is none. */
function nextOption(view: DataView, from: number, end: number): number {
  let at = from;
  while (at < end && view.getUint8(at) === OPTION_NOP) at++;
  return at < end && view.getUint8(at) !== OPTION_END ? at : end;
}

/** False when the option has no length, or one that cannot be. */
function whole(view: DataView, at: number, end: number): boolean {
  if (at + LENGTH >= end) return false;
  const length = view.getUint8(at + LENGTH);
  return length >= 2 && at + length <= end;
}

/** Returns the place of what is wrong with an option's length or pointer, 0 when they are not too small. */
function faultOf(view: DataView, at: number, minLength: number, first: number): number {
  if (view.getUint8(at + LENGTH) < minLength) return at + LENGTH;
  return view.getUint8(at + POINTER) < first ? at + POINTER : 0;
}

/** Returns the place of the first option of a kind that lies before `end` as a whole; 0 when there is none. */
function find(view: DataView, from: number, end: number, kind: number): number {
  for (let at = nextOption(view, from, end); at < end && whole(view, at, end); ) {
    if (view.getUint8(at) === kind) return at;
    at = nextOption(view, at + view.getUint8(at + LENGTH), end);
  }
  return 0;
}

/** Returns the place of the first label that begins before `end`, the place of what is wrong with it; 0 when there is none. */
function findLabel(view: DataView, from: number, end: number): number {
  for (let at = nextOption(view, from, end); at < end; ) {
    if (view.getUint8(at) === OPTION_CIPSO) return at;
    at = nextOption(view, at + Math.max(view.getUint8(at + LENGTH), 2), end);
  }
  return 0;
}
