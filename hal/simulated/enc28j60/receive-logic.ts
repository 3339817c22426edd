/** The receive logic of the ENC28J60: frames from the wire go through the filters into the ring in buffer memory. */
import { FCS_BYTES, frameCheckSequence } from "../../kit/fcs.ts";
import { isBroadcast } from "../../kit/receive-filter.ts";
import type { ChipContext } from "./context.ts";
import type { ChipCounters } from "./counters.ts";
import type { Errata } from "./errata.ts";
import { accepts, isStation } from "./filters.ts";
import { ADDRESS_MASK, type BufferMemory } from "./memory.ts";
import {
  ECON1,
  EIR,
  EPKTCNT,
  ERXNDL,
  ERXRDPTL,
  ERXSTL,
  ERXWRPTL,
  FRMLNEN,
  FULDPX,
  HFRMEN,
  MACON1,
  MACON3,
  MAMXFLL,
  MARXEN,
  PASSALL,
  type RegisterFile,
  RXEN,
  RXERIF,
  RXPAUS,
  RXRST,
} from "./registers.ts";

/** Next packet pointer and receive status vector (section 7.2.2). */
const PREFIX = 6;
/** Destination, source, type: the chip throws shorter frames away. */
const SHORTEST = 14;
/** Type/length values above this are types. */
const LONGEST_LENGTH = 1500;
export const TYPE_CONTROL = 0x8808;
export const TYPE_VLAN = 0x8100;
const OPCODE_PAUSE = 0x0001;
/** The address that bridges do not forward (IEEE 802.3 annex 31B.1). */
export const PAUSE_ADDRESS: readonly number[] = [0x01, 0x80, 0xc2, 0x00, 0x00, 0x01];

/** Receive status vector, table 7-3; bits 0..15 are the byte count with FCS. */
const DROP_EVENT = 1 << 16;
const CRC_ERROR = 1 << 20;
const LENGTH_CHECK_ERROR = 1 << 21;
const LENGTH_OUT_OF_RANGE = 1 << 22;
const RECEIVED_OK = 1 << 23;
const MULTICAST = 1 << 24;
const BROADCAST = 1 << 25;
const CONTROL = 1 << 27;
const PAUSE = 1 << 28;
const UNKNOWN_OPCODE = 1 << 29;
const VLAN = 1 << 30;

/** Takes frames from the wire into the ring of received packets (section 7.2). */
export class ReceiveLogic {
  /** A pause frame for this station, in full duplex, with RXPAUS. */
  onPause: ((quanta: number) => void) | null = null;
  /** A packet is written to memory. */
  onStore: (() => void) | null = null;
  readonly #registers: RegisterFile;
  readonly #memory: BufferMemory;
  readonly #counters: ChipCounters;
  readonly #errata: Errata;
  /**
   * ERXRDPT has the value of the reset, or one that was written before reception began and with no packet in the ring. Drivers in
   * the field start with an even one (EtherCard, UIPEthernet: 0), and silicon bears it.
   */
  #initial = true;
  /** A frame was lost since the last one that was written; the next status vector tells it. */
  #dropped = false;
  /** Address of the next byte while a packet is written. */
  #address = 0;

  constructor({ registers, memory, counters, errata }: ChipContext) {
    this.#registers = registers;
    this.#memory = memory;
    this.#counters = counters;
    this.#errata = errata;
  }

  reset(): void {
    this.#dropped = false;
    this.#initial = true;
  }

  /** Both bytes of ERXRDPT have a new value. */
  readPointerWritten(): void {
    this.#initial = !this.#registers.has(ECON1, RXEN) && this.#registers.get(EPKTCNT) === 0;
  }

  /** One frame without its FCS, while the receiver has power and clock. */
  frame(bytes: Uint8Array, length: number, fcsOk: boolean): void {
    const registers = this.#registers;
    const counters = this.#counters;
    const enabled = registers.has(ECON1, RXEN) && !registers.has(ECON1, RXRST) && registers.has(MACON1, MARXEN);
    if (!enabled) {
      counters.deaf++;
      return;
    }
    if (length < SHORTEST) {
      counters.runts++;
      return;
    }
    if (length + FCS_BYTES > registers.word(MAMXFLL) && !registers.has(MACON3, HFRMEN)) {
      counters.tooLong++;
      return;
    }
    const right = frameCheckSequence(bytes, length);
    // The wrong check sequence that came is unknown; the complement is wrong in every byte.
    const fcs = fcsOk ? right : ~right;
    const control = fcsOk && typeOf(bytes) === TYPE_CONTROL;
    if (control && isPause(bytes, length) && length >= SHORTEST + 4) this.#pause(bytes);
    if (control && !registers.has(MACON1, PASSALL)) {
      counters.control++;
    } else if (!accepts(registers, this.#errata, bytes, length, fcs, fcsOk)) {
      counters.filtered++;
    } else if (PREFIX + length + FCS_BYTES + (length & 1) > this.#free() || registers.get(EPKTCNT) === 255) {
      counters.overflowed++;
      this.#dropped = true;
      registers.raise(EIR, RXERIF);
    } else {
      this.#store(bytes, length, fcs, fcsOk);
    }
  }

  /** Obeyed when it came to the pause address or to the station's own (IEEE 802.3 clause 31.5). */
  #pause(bytes: Uint8Array): void {
    const registers = this.#registers;
    if (!registers.has(MACON1, RXPAUS) || !registers.has(MACON3, FULDPX)) return;
    if (!isStation(registers, bytes, 0) && !PAUSE_ADDRESS.every((octet, at) => bytes[at] === octet)) return;
    this.#counters.pausesObeyed++;
    this.onPause?.((bytes[16]! << 8) | bytes[17]!);
  }

  /** Bytes that may be written before the hardware would reach ERXRDPT (example 7-1). */
  #free(): number {
    const start = this.#registers.word(ERXSTL);
    const end = this.#registers.word(ERXNDL);
    const read = this.#registers.word(ERXRDPTL);
    const write = this.#registers.word(ERXWRPTL);
    return write >= read ? end - start - (write - read) : read - write - 1;
  }

  #store(bytes: Uint8Array, length: number, fcs: number, fcsOk: boolean): void {
    const registers = this.#registers;
    const memory = this.#memory;
    const start = registers.word(ERXSTL);
    const end = registers.word(ERXNDL);
    const first = registers.word(ERXWRPTL);
    // The next pointer goes in front but is known only behind: leave room, come back.
    this.#address = memory.behind(memory.behind(first));
    this.#put(this.#status(bytes, length, fcsOk), 4);
    const ring = memory.bytes;
    let address = this.#address;
    for (let at = 0; at < length; at++) {
      ring[address] = bytes[at]!;
      address = address === end ? start : (address + 1) & ADDRESS_MASK;
    }
    this.#address = address;
    this.#put(fcs, FCS_BYTES);
    // Every packet starts on an even address (section 7.2.2).
    const next = (this.#address & 1) === 0 ? this.#address : memory.behind(this.#address);
    this.#address = first;
    this.#put(next, 2);
    // Erratum 14: behind an even read pointer the hardware loses its place, and writes a wrong header for the packet.
    if (!this.#initial && (registers.get(ERXRDPTL) & 1) === 0 && this.#errata.strikes(14)) {
      ring[first] = ring[first]! ^ 0x24;
      ring[memory.behind(first)] = ring[memory.behind(first)]! ^ 0x03;
    }
    registers.setWord(ERXWRPTL, next);
    this.onStore?.();
    registers.set(EPKTCNT, registers.get(EPKTCNT) + 1);
    this.#counters.received++;
    this.#dropped = false;
  }

  /** Little-endian, round the ring. */
  #put(value: number, count: number): void {
    for (let byte = 0; byte < count; byte++) {
      this.#memory.bytes[this.#address] = value >>> (8 * byte);
      this.#address = this.#memory.behind(this.#address);
    }
  }

  #status(bytes: Uint8Array, length: number, fcsOk: boolean): number {
    const type = typeOf(bytes);
    let status = (length + FCS_BYTES) & 0xffff;
    if (this.#dropped) status |= DROP_EVENT;
    status |= fcsOk ? RECEIVED_OK : CRC_ERROR;
    if (type > LONGEST_LENGTH) status |= LENGTH_OUT_OF_RANGE;
    else if (this.#registers.has(MACON3, FRMLNEN) && !lengthFits(type, length)) status |= LENGTH_CHECK_ERROR;
    if (isBroadcast(bytes, 0)) status |= BROADCAST;
    else if ((bytes[0]! & 1) !== 0) status |= MULTICAST;
    if (type === TYPE_VLAN) status |= VLAN;
    if (type === TYPE_CONTROL) status |= CONTROL | (isPause(bytes, length) ? PAUSE : UNKNOWN_OPCODE);
    return status;
  }
}

/** The type/length field. */
export function typeOf(bytes: Uint8Array): number {
  return (bytes[12]! << 8) | bytes[13]!;
}

export function isPause(bytes: Uint8Array, length: number): boolean {
  return length >= SHORTEST + 2 && ((bytes[14]! << 8) | bytes[15]!) === OPCODE_PAUSE;
}

/** A length field tells the bytes of data, padding apart: the shortest frame may have more. */
export function lengthFits(field: number, length: number): boolean {
  return field === length - SHORTEST || (length <= 60 && field < length - SHORTEST);
}
