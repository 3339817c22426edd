import type { Clock, Task, Timer } from "../../clock.ts";
import type { SegmentPort } from "../segment.ts";
import type { ChipCounters } from "./counters.ts";
import { frameCheckSequence } from "./fcs.ts";
import { isBroadcast } from "./filters.ts";
import { ADDRESS_MASK, type BufferMemory, MEMORY_BYTES, TRANSMIT_STATUS } from "./memory.ts";
import type { Phy } from "./phy.ts";
import { isPause, lengthFits, type Receiver, TYPE_CONTROL, TYPE_VLAN, typeOf } from "./receive.ts";
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

const FCS = 4;
const SHORTEST = 14;
const LONGEST_LENGTH = 1500;
/** On the line besides the frame: preamble and start delimiter 8, gap 12 (IEEE 802.3 clause 4.4.2). */
const LINE_OVERHEAD = 20;

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
const GIANT = 0x40;
const CONTROL = 0x01;
const PAUSE = 0x02;
const VLAN = 0x08;

/** From the transmit buffer onto the wire (section 7.1). */
export class Transmitter {
  /** Called when a transmission has ended by itself and flags have changed. */
  onDone: (() => void) | null = null;
  readonly #registers: RegisterFile;
  readonly #memory: BufferMemory;
  readonly #phy: Phy;
  readonly #port: SegmentPort;
  readonly #loop: Receiver;
  readonly #counters: ChipCounters;
  readonly #violations: Violations;
  /** ms for each byte on the line. */
  readonly #byteTime: number;
  readonly #timer: Timer;
  readonly #task: Task;
  /** The frame as it goes out; buffer memory wraps and has no room for padding. */
  readonly #frame = new Uint8Array(MEMORY_BYTES + 64);
  #underWay = false;
  #start = 0;
  #end = 0;
  #control = 0;

  constructor(
    clock: Clock,
    lineRate: number,
    registers: RegisterFile,
    memory: BufferMemory,
    phy: Phy,
    port: SegmentPort,
    loop: Receiver,
    counters: ChipCounters,
    violations: Violations,
  ) {
    this.#registers = registers;
    this.#memory = memory;
    this.#phy = phy;
    this.#port = port;
    this.#loop = loop;
    this.#counters = counters;
    this.#violations = violations;
    this.#byteTime = 8000 / lineRate;
    this.#timer = clock.timer(() => this.#finish());
    this.#task = clock.task(() => this.#finish());
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
    this.#control = this.#memory.bytes[start] as number;
    if (this.#end <= start) this.#violations.note("transmit-empty", start);
    else this.#checkRing();
    if (!this.#overrides(POVERRIDE) && this.#padding() && !registers.has(MACON3, TXCRCEN)) {
      this.#violations.note("padding-without-crc", registers.get(MACON3));
    }
    this.#underWay = true;
    this.#phy.transmitting = true;
    const bytes = this.#giant() ? registers.word(MAMXFLL) : this.#wireLength();
    if (this.#byteTime > 0) this.#timer.arm((bytes + LINE_OVERHEAD) * this.#byteTime);
    else this.#task.schedule();
  }

  /** TXRTS was cleared by the host: the frame is cut off. */
  cancel(): void {
    if (!this.#underWay) return;
    this.#stop();
    this.#abort(0);
  }

  /** Transmit logic reset, by TXRST or with the whole chip. What was under way ends as aborted, but nothing is written about it. */
  reset(): void {
    if (!this.#underWay) return;
    this.#stop();
    this.#counters.aborted++;
    this.#registers.lower(ECON1, TXRTS);
    this.#registers.raise(EIR, TXERIF);
  }

  #stop(): void {
    this.#timer.cancel();
    this.#underWay = false;
    this.#phy.transmitting = false;
  }

  #finish(): void {
    // A task cannot be taken back: one whose frame was cancelled comes here with nothing to do.
    if (!this.#underWay) return;
    this.#stop();
    if (this.#giant()) this.#abort(GIANT);
    else this.#send();
    this.onDone?.();
  }

  #send(): void {
    const registers = this.#registers;
    const frame = this.#frame;
    const given = this.#length();
    this.#load(given);
    const total = this.#wireLength();
    let body = total - FCS;
    let good = true;
    if (this.#appendsCrc()) {
      for (let at = given; at < body; at++) frame[at] = 0;
    } else {
      for (let at = given; at < total; at++) frame[at] = 0;
      good = body >= 0 && hasFcs(frame, body);
      body = Math.max(0, body);
    }
    let third = DONE | (good ? 0 : CRC_ERROR);
    if (body >= SHORTEST) {
      const type = typeOf(frame);
      if (type > LONGEST_LENGTH) third |= LENGTH_OUT_OF_RANGE;
      else if (registers.has(MACON3, FRMLNEN) && !lengthFits(type, body)) third |= LENGTH_CHECK_ERROR;
    }
    this.#status(total, third, this.#addressBits(), this.#typeBits(body));
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
    if (this.#phy.loopsBack) this.#loop.frame(frame, body, true);
  }

  /** @param fourth what the fourth byte of the status vector tells besides the address */
  #abort(fourth: number): void {
    const given = this.#length();
    this.#load(given);
    const sent = fourth === GIANT ? this.#registers.word(MAMXFLL) : 0;
    this.#status(sent, 0, fourth | this.#addressBits(), this.#typeBits(given));
    this.#counters.aborted++;
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

  #addressBits(): number {
    if (isBroadcast(this.#frame, 0)) return BROADCAST;
    return ((this.#frame[0] as number) & 1) !== 0 ? MULTICAST : 0;
  }

  #typeBits(length: number): number {
    if (length < SHORTEST) return 0;
    const type = typeOf(this.#frame);
    if (type === TYPE_VLAN) return VLAN;
    if (type !== TYPE_CONTROL) return 0;
    return isPause(this.#frame, length) ? CONTROL | PAUSE : CONTROL;
  }

  #load(length: number): void {
    const memory = this.#memory.bytes;
    const frame = this.#frame;
    const first = this.#start + 1;
    for (let at = 0; at < length; at++) frame[at] = memory[(first + at) & ADDRESS_MASK] as number;
  }

  #checkRing(): void {
    const first = this.#registers.word(ERXSTL);
    const last = this.#registers.word(ERXNDL);
    if (this.#start <= last && this.#end + TRANSMIT_STATUS >= first) this.#violations.note("transmit-in-ring", this.#start);
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
    return Math.max(this.#length(), this.#padTo()) + (this.#appendsCrc() ? FCS : 0);
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
    return (
      this.#length() >= SHORTEST &&
      ((memory[at & ADDRESS_MASK] as number) << 8) + (memory[(at + 1) & ADDRESS_MASK] as number) === TYPE_VLAN
    );
  }
}

/** frame[length..length+4) is the check sequence of what stands before it. */
function hasFcs(frame: Uint8Array, length: number): boolean {
  const fcs = frameCheckSequence(frame, length);
  for (let byte = 0; byte < FCS; byte++) if (frame[length + byte] !== ((fcs >>> (8 * byte)) & 0xff)) return false;
  return true;
}
