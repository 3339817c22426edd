/** The transmit logic of the ENC28J60: a frame in buffer memory goes onto the wire, its status vector behind it. */
import { FCS_BYTES, hasFcs } from "../../kit/fcs.ts";
import { isBroadcast } from "../../kit/receive-filter.ts";
import type { WirePort } from "../../wire.ts";
import type { ChipContext } from "./context.ts";
import type { ChipCounters } from "./counters.ts";
import type { Errata } from "./errata.ts";
import { type LineAccess, Outcome } from "./line-access.ts";
import { ADDRESS_MASK, type BufferMemory, firstShared, MEMORY_BYTES, TRANSMIT_STATUS } from "./memory.ts";
import type { Phy } from "./phy.ts";
import { isPause, lengthFits, type ReceiveLogic, TYPE_CONTROL, TYPE_VLAN, typeOf } from "./receive-logic.ts";
import {
  ECON1,
  EIR,
  ERXNDL,
  ERXSTL,
  ESTAT,
  ETXNDL,
  ETXSTL,
  FRMLNEN,
  HFRMEN,
  LATECOL,
  MACON3,
  MAMXFLL,
  PADCFG_SHIFT,
  type RegisterFile,
  TXABRT,
  TXCRCEN,
  TXERIF,
  TXIF,
  TXRST,
  TXRTS,
} from "./registers.ts";
import type { Violations } from "./violations.ts";

const SHORTEST = 14;
const LONGEST_LENGTH = 1500;

/** Per packet control byte (figure 7-1). */
const POVERRIDE = 0x01;
const PCRCEN = 0x02;
const PPADEN = 0x04;
const PHUGEEN = 0x08;

/** Transmit status vector (table 7-1), its third byte (bits 16..23), fourth (24..31) and seventh (48..55). */
const CRC_ERROR = 0x10;
const LENGTH_CHECK_ERROR = 0x20;
const LENGTH_OUT_OF_RANGE = 0x40;
const DONE = 0x80;
const MULTICAST = 0x01;
const BROADCAST = 0x02;
const DEFERRED = 0x04;
const EXCESSIVE_DEFER = 0x08;
const EXCESSIVE_COLLISIONS = 0x10;
const LATE_COLLISION = 0x20;
const GIANT = 0x40;
const CONTROL = 0x01;
const PAUSE = 0x02;
const BACK_PRESSURE = 0x04;
const VLAN = 0x08;

/** The way of a frame out of the chip. */
export interface TransmitPath {
  readonly access: LineAccess;
  readonly phy: Phy;
  readonly port: WirePort;
  /** Gets the frames that the PHY sends back. */
  readonly loop: ReceiveLogic;
}

/** Sends frames from the transmit buffer onto the wire (section 7.1). */
export class TransmitLogic {
  /** Called when a transmission has ended by itself and flags have changed. */
  onDone: (() => void) | null = null;
  readonly #registers: RegisterFile;
  readonly #memory: BufferMemory;
  readonly #phy: Phy;
  readonly #port: WirePort;
  readonly #loop: ReceiveLogic;
  readonly #counters: ChipCounters;
  readonly #violations: Violations;
  readonly #access: LineAccess;
  readonly #errata: Errata;
  /** The frame as it goes out; buffer memory wraps and has no room for padding. */
  readonly #frame = new Uint8Array(MEMORY_BYTES + 64);
  #underWay = false;
  /** After an abort in half duplex: nothing goes out until TXRST (erratum 12). */
  #hung = false;
  #start = 0;
  #end = 0;
  #control = 0;

  constructor(context: ChipContext, path: TransmitPath) {
    this.#access = path.access;
    this.#errata = context.errata;
    this.#registers = context.registers;
    this.#memory = context.memory;
    this.#phy = path.phy;
    this.#port = path.port;
    this.#loop = path.loop;
    this.#counters = context.counters;
    this.#violations = context.violations;
    path.access.onDone = (outcome) => this.#finish(outcome);
  }

  /** TXRTS was set. @param clocked the MAC has power and clock; without, the frame waits for good */
  start(clocked: boolean): void {
    const registers = this.#registers;
    const start = registers.word(ETXSTL);
    if (registers.has(ECON1, TXRST)) {
      this.#violations.note("transmit-in-reset", start);
      registers.lower(ECON1, TXRTS);
      return;
    }
    if (!clocked) {
      this.#violations.note("transmit-without-clock", start);
      return;
    }
    this.#start = start;
    this.#end = registers.word(ETXNDL);
    this.#control = this.#memory.bytes[start]!;
    if (this.#end <= start) this.#violations.note("transmit-empty", start);
    else this.#checkRing();
    if (!this.#overrides(POVERRIDE) && this.#padding() && !registers.has(MACON3, TXCRCEN)) {
      this.#violations.note("padding-without-crc", registers.get(MACON3));
    }
    if (this.#hung) return;
    this.#underWay = true;
    this.#phy.transmitting = true;
    this.#access.request(this.#giant() ? registers.word(MAMXFLL) : this.#wireLength());
  }

  /** TXRTS was cleared by the host: the frame is cut off. */
  cancel(): void {
    if (!this.#underWay) return;
    this.#stop();
    this.#abort(0);
  }

  /** Transmit logic reset, by TXRST or with the whole chip. A frame under way ends as aborted, but without a status vector. */
  reset(): void {
    this.#hung = false;
    if (!this.#underWay) return;
    this.#stop();
    this.#counters.aborted++;
    this.#registers.lower(ECON1, TXRTS);
    this.#registers.raise(EIR, TXERIF);
  }

  #stop(): void {
    this.#access.cancel();
    this.#underWay = false;
    this.#phy.transmitting = false;
  }

  #finish(outcome: Outcome): void {
    if (!this.#underWay) return;
    this.#underWay = false;
    this.#phy.transmitting = false;
    if (outcome === Outcome.LATE_COLLISION) this.#late();
    else if (outcome === Outcome.EXCESSIVE_COLLISIONS) this.#abort(EXCESSIVE_COLLISIONS);
    else if (outcome === Outcome.EXCESSIVE_DEFER) this.#abort(EXCESSIVE_DEFER);
    else if (this.#giant()) this.#abort(GIANT);
    else this.#send();
    this.onDone?.();
  }

  #late(): void {
    this.#counters.lateCollisions++;
    this.#abort(LATE_COLLISION);
    // Erratum 15: the flag is unreliable.
    if (!this.#errata.strikes(15)) this.#registers.raise(ESTAT, LATECOL);
  }

  #send(): void {
    const registers = this.#registers;
    const frame = this.#frame;
    const given = this.#length();
    this.#load(given);
    const total = this.#wireLength();
    let body = total - FCS_BYTES;
    let good = true;
    if (this.#appendsCrc()) {
      for (let at = given; at < body; at++) frame[at] = 0;
    } else {
      for (let at = given; at < total; at++) frame[at] = 0;
      good = hasFcs(frame, 0, total);
      body = Math.max(0, body);
    }
    let third = DONE | (good ? 0 : CRC_ERROR);
    if (body >= SHORTEST) {
      const type = typeOf(frame);
      if (type > LONGEST_LENGTH) third |= LENGTH_OUT_OF_RANGE;
      else if (registers.has(MACON3, FRMLNEN) && !lengthFits(type, body)) third |= LENGTH_CHECK_ERROR;
    }
    this.#status(total, third | this.#collisions(), this.#addressBits() | this.#deferred(), this.#typeBits(body));
    registers.lower(ECON1, TXRTS);
    registers.raise(EIR, TXIF);
    if (!good) {
      this.#counters.sentWithoutFcs++;
      return;
    }
    if (this.#phy.sends) {
      this.#counters.transmitted++;
      this.#port.transmit(frame, 0, body);
    } else {
      this.#counters.notOnWire++;
    }
    if (this.#phy.loopsBack && !this.#phy.loopFails()) this.#loop.frame(frame, body, true);
  }

  /** @param fourth what the fourth byte of the status vector tells besides the address */
  #abort(fourth: number): void {
    const given = this.#length();
    this.#load(given);
    const sent = fourth === GIANT ? this.#registers.word(MAMXFLL) : 0;
    this.#status(sent, this.#collisions(), fourth | this.#addressBits() | this.#deferred(), this.#typeBits(given));
    this.#counters.aborted++;
    if (!this.#access.fullDuplex && this.#errata.strikes(12)) this.#hung = true;
    this.#registers.lower(ECON1, TXRTS);
    this.#registers.raise(EIR, TXIF | TXERIF);
    this.#registers.raise(ESTAT, TXABRT);
  }

  #status(bytes: number, third: number, fourth: number, seventh: number): void {
    const memory = this.#memory.bytes;
    const at = this.#end + 1;
    memory[at & ADDRESS_MASK] = bytes;
    memory[(at + 1) & ADDRESS_MASK] = bytes >> 8;
    memory[(at + 2) & ADDRESS_MASK] = third;
    memory[(at + 3) & ADDRESS_MASK] = fourth;
    memory[(at + 4) & ADDRESS_MASK] = bytes;
    memory[(at + 5) & ADDRESS_MASK] = bytes >> 8;
    memory[(at + 6) & ADDRESS_MASK] = seventh;
  }

  /** Collisions of this frame so far: four bits of the third byte. */
  #collisions(): number {
    return Math.min(this.#access.collisions, 15);
  }

  #deferred(): number {
    return this.#access.deferred ? DEFERRED : 0;
  }

  #addressBits(): number {
    if (isBroadcast(this.#frame, 0)) return BROADCAST;
    return (this.#frame[0]! & 1) !== 0 ? MULTICAST : 0;
  }

  #typeBits(length: number): number {
    const pressed = this.#access.pressing ? BACK_PRESSURE : 0;
    if (length < SHORTEST) return pressed;
    const type = typeOf(this.#frame);
    if (type === TYPE_VLAN) return pressed | VLAN;
    if (type !== TYPE_CONTROL) return pressed;
    return pressed | (isPause(this.#frame, length) ? CONTROL | PAUSE : CONTROL);
  }

  #load(length: number): void {
    const memory = this.#memory.bytes;
    const frame = this.#frame;
    const first = this.#start + 1;
    for (let at = 0; at < length; at++) frame[at] = memory[(first + at) & ADDRESS_MASK]!;
  }

  #checkRing(): void {
    const first = this.#registers.word(ERXSTL);
    const ring = this.#registers.word(ERXNDL) - first + 1;
    // The status vector of a frame at the end of memory goes to its beginning.
    const span = this.#end - this.#start + 1 + TRANSMIT_STATUS;
    if (firstShared(this.#start, span, first, ring) >= 0) this.#violations.note("transmit-in-ring", this.#start);
  }

  /** Bytes of the frame in buffer memory. */
  #length(): number {
    return (this.#end - this.#start) & ADDRESS_MASK;
  }

  #overrides(bit: number): boolean {
    return (this.#control & POVERRIDE) !== 0 && (this.#control & bit) !== 0;
  }

  #follows(bit: number): boolean {
    return (this.#control & POVERRIDE) === 0 && this.#registers.has(MACON3, bit);
  }

  #appendsCrc(): boolean {
    return this.#overrides(PCRCEN) || this.#follows(TXCRCEN);
  }

  #giant(): boolean {
    const huge = this.#overrides(PHUGEEN) || this.#follows(HFRMEN);
    return !huge && this.#wireLength() > this.#registers.word(MAMXFLL);
  }

  /** Bytes of the frame on the wire, with padding and FCS. */
  #wireLength(): number {
    return Math.max(this.#length(), this.#padTo()) + (this.#appendsCrc() ? FCS_BYTES : 0);
  }

  /** MACON3 asks for padding of some kind: PADCFG's odd values do (register 6-2). */
  #padding(): boolean {
    return ((this.#registers.get(MACON3) >> PADCFG_SHIFT) & 1) !== 0;
  }

  #padTo(): number {
    if ((this.#control & POVERRIDE) !== 0) return this.#overrides(PPADEN) ? 60 : 0;
    if (!this.#padding() || !this.#registers.has(MACON3, TXCRCEN)) return 0;
    switch (this.#registers.get(MACON3) >> PADCFG_SHIFT) {
      case 1:
        return 60;
      case 5:
        return this.#isTagged() ? 64 : 60;
      default:
        return 64;
    }
  }

  #isTagged(): boolean {
    const memory = this.#memory.bytes;
    const at = this.#start + 1 + 12;
    return this.#length() >= SHORTEST && (memory[at & ADDRESS_MASK]! << 8) + memory[(at + 1) & ADDRESS_MASK]! === TYPE_VLAN;
  }
}
