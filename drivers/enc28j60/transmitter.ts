/** Sending, one frame at a time: the chip has one transmit buffer (DS39662 section 7.1). */
import type { Clock } from "../../hal/clock.ts";
import { DropReason } from "../../hal/drop-reason.ts";
import { type ControllerHost, MIN_FRAME } from "../../hal/ethernet.ts";
import { appendFcs, FCS_BYTES } from "../../hal/fcs.ts";
import type { SkBuff } from "../../hal/skbuff.ts";
import type { Timer } from "../../hal/timer.ts";
import type { CommandList } from "./command-list.ts";
import { Econ1, Estat, Interrupt, Register } from "./registers.ts";
import { TRANSMIT_START } from "./ring.ts";
import type { BusUser, Session } from "./session.ts";

/** Resends of one frame after late collisions, real ones or not (erratum 13). */
const LATE_COLLISION_RETRIES = 16;
/** Preamble, FCS and gap, in bytes; one byte takes 0.8 us at 10 Mbit/s. */
const FRAME_OVERHEAD = 24;
const BYTE_TIME = 0.0008;
/** Of that overhead, what comes when the chip is done with the frame already. */
const GAP = 13;
/** How often a frame that did not arrive in the chip whole is written again. */
const LOAD_RETRIES = 3;
/** Transmit status vector: 7 bytes behind the frame (table 7-1). */
const STATUS_VECTOR = 7;

const Phase = {
  IDLE: 0,
  /** The frame is in its SkBuff, until the bus is free. */
  WAITING: 1,
  /** It is in the chip and TXRTS is set. */
  SENDING: 2,
  /** It met a late collision and goes out again. */
  AGAIN: 3,
  /** The chip has said nothing for too long: ask; */
  OVERDUE: 4,
  /** still nothing: give up. */
  STUCK: 5,
  /** It is in the chip, and what was read back says that it is there whole: start it. */
  LOADED: 6,
} as const;
type Phase = (typeof Phase)[keyof typeof Phase];

const Step = { SEND: 0, RESEND: 1, COMPLETE: 2, ABORT: 3, INQUIRE: 4, RESET: 5, LOAD: 6, START: 7, LOOK: 8 } as const;
type Step = (typeof Step)[keyof typeof Step];

export class Transmitter implements BusUser {
  /** How often a transmission never ended. */
  timeouts = 0;
  /** How often a frame was sent again after a late collision, real or not (erratum 13). */
  lateCollisionRetries = 0;
  readonly #session: Session;
  readonly #limit: number;
  readonly #watchdog: Timer;
  readonly #vector = new Uint8Array(STATUS_VECTOR);
  #frame: SkBuff | null = null;
  #phase: Phase = Phase.IDLE;
  #step: Step = Step.SEND;
  /** Somebody was turned away and has been promised a wake(). */
  #refused = false;
  #retries = 0;
  #loads = 0;
  /** What ETXND holds, -1 when not known: bytes of it that stay the same are not written again. */
  #end = -1;
  #answer = -1;
  readonly #clock: Clock;

  /**
   * @param limit time after which a transmission is given up, in ms
   * @param overdue called when it is over and this part is due
   */
  constructor(session: Session, clock: Clock, limit: number, overdue: () => void) {
    this.#session = session;
    this.#limit = limit;
    this.#clock = clock;
    this.#watchdog = clock.timer(() => {
      this.#phase = Phase.OVERDUE;
      overdue();
    });
  }

  /** Takes a frame, unless there is one already. */
  accept(skb: SkBuff): boolean {
    if (this.#frame) {
      this.#refused = true;
      return false;
    }
    this.#frame = skb;
    this.#phase = Phase.WAITING;
    return true;
  }

  /** Time until the frame in the chip is likely to have left it, in ms; 0 when there is none. */
  get expected(): number {
    return this.#frame && this.#phase === Phase.SENDING
      ? (Math.max(MIN_FRAME, this.#frame.length) + FRAME_OVERHEAD) * BYTE_TIME
      : 0;
  }

  get idle(): boolean {
    return this.#frame === null;
  }

  /** The frame in the chip has had its time on the line. */
  get sentByNow(): boolean {
    // The watchdog was armed when the frame was started.
    return this.#clock.now() >= this.#watchdog.due - this.#limit + this.expected - GAP * BYTE_TIME;
  }

  get due(): boolean {
    const phase = this.#phase;
    if (this.#session.doubtful) return true;
    return (phase !== Phase.IDLE && phase !== Phase.SENDING) || (this.#session.events & (Interrupt.TX | Interrupt.TXER)) !== 0;
  }

  /** The chip was reset: its registers hold nothing of ours. */
  restart(): void {
    this.#end = -1;
    this.#session.swept = false;
    this.#session.doubtful = false;
  }

  /** Nobody waits for a wake() any more. */
  forget(): void {
    this.#refused = false;
  }

  /** The chip works again: whoever was turned away meanwhile may come back. */
  resumed(): void {
    this.#wake();
  }

  /** Drops the frame that was not sent yet. */
  stop(reason: DropReason): void {
    this.#watchdog.cancel();
    this.#phase = Phase.IDLE;
    this.#session.sending = false;
    this.#loads = 0;
    const frame = this.#frame;
    this.#frame = null;
    if (frame) (this.#session.host as ControllerHost).drops.drop(frame, reason);
  }

  prepare(commands: CommandList): void {
    const events = this.#session.events & (Interrupt.TX | Interrupt.TXER);
    if (this.#session.swept) {
      this.#session.swept = false;
      this.#session.events &= ~Interrupt.TX;
      this.#sent();
    } else if (this.#session.doubtful) {
      this.#session.doubtful = false;
      this.#step = Step.LOOK;
      this.#answer = commands.read(Register.EIR);
      commands.read(Register.ECON1);
    } else if (events !== 0) {
      const aborted =
        (events & Interrupt.TXER) !== 0 &&
        this.#phase !== Phase.IDLE &&
        this.#phase !== Phase.WAITING &&
        this.#phase !== Phase.LOADED;
      this.#step = aborted ? Step.ABORT : Step.COMPLETE;
      if (aborted) this.#abort(commands);
      else commands.clearBits(Register.EIR, events);
    } else if (this.#phase === Phase.WAITING) {
      this.#step = this.#session.lossy ? Step.LOAD : Step.SEND;
      if (this.#session.carrier) this.#send(commands, this.#frame as SkBuff);
      else this.#lost(DropReason.TX_CARRIER);
    } else if (this.#phase === Phase.LOADED) {
      this.#step = Step.START;
      commands.setBits(Register.ECON1, Econ1.TXRTS);
    } else if (this.#phase === Phase.AGAIN) {
      // The frame still lies in the chip, and ETXND still ends it.
      this.#step = Step.RESEND;
      commands.setBits(Register.ECON1, Econ1.TXRTS);
    } else if (this.#phase === Phase.OVERDUE) {
      this.#step = Step.INQUIRE;
      this.#answer = commands.read(Register.EIR);
    } else {
      this.#step = Step.RESET;
      this.#reset(commands);
    }
  }

  finish(commands: CommandList): void {
    const session = this.#session;
    switch (this.#step) {
      case Step.LOAD:
        this.#loaded(commands);
        break;
      case Step.SEND:
      case Step.START:
      case Step.RESEND:
        session.sending = true;
        this.#phase = Phase.SENDING;
        this.#watchdog.arm(this.#limit);
        break;
      case Step.COMPLETE:
        session.events &= ~(Interrupt.TX | Interrupt.TXER);
        if (this.#phase !== Phase.WAITING && this.#phase !== Phase.LOADED) this.#sent();
        break;
      case Step.ABORT:
        session.events &= ~(Interrupt.TX | Interrupt.TXER);
        this.#aborted();
        break;
      case Step.INQUIRE:
        session.note(commands.value(this.#answer));
        // An event that was noted now comes before this: the frame had ended and nobody had heard of it.
        this.#phase = Phase.STUCK;
        break;
      case Step.LOOK: {
        session.note(commands.value(this.#answer));
        const ended = (commands.value(this.#answer + 1) & Econ1.TXRTS) === 0;
        if (ended && (session.events & (Interrupt.TX | Interrupt.TXER)) === 0) this.#sent();
        break;
      }
      case Step.RESET:
        this.timeouts++;
        this.#lost(session.carrier ? DropReason.TX_ABORTED : DropReason.TX_CARRIER);
        break;
    }
  }

  /** Copies the frame from where it lies into the chip, and starts it unless it is to be looked at first. */
  #send(commands: CommandList, skb: SkBuff): void {
    const { lossy } = this.#session;
    // Opcode and control byte go in front of the frame: make room where the sender left none.
    const room = lossy ? 2 : 1;
    if (skb.data < room) {
      const shift = room - skb.data;
      skb.bytes.copyWithin(room, skb.data, skb.tail);
      skb.data += shift;
      skb.tail += shift;
    }
    let end = TRANSMIT_START + skb.length;
    if (lossy) {
      end = TRANSMIT_START + complete(skb) + FCS_BYTES;
      commands.write16(Register.EWRPT, TRANSMIT_START);
      commands.writeBuffer(skb.bytes, skb.data - 1, end - TRANSMIT_START + 1);
    } else {
      // Behind the control byte, which was written once and stays.
      commands.write16(Register.EWRPT, TRANSMIT_START + 1);
      commands.writeBuffer(skb.bytes, skb.data, skb.length);
    }
    if (this.#end < 0 || (end & 0xff) !== (this.#end & 0xff)) commands.write(Register.ETXND, end & 0xff);
    if (this.#end < 0 || end >> 8 !== this.#end >> 8) commands.write(Register.ETXND + 1, end >> 8);
    this.#end = end;
    this.#retries = 0;
    if (this.#step !== Step.LOAD) {
      commands.setBits(Register.ECON1, Econ1.TXRTS);
      return;
    }
    // Two registers, two bytes each, one behind the other.
    this.#answer = commands.read(Register.EWRPT);
    commands.read(Register.EWRPT + 1);
    commands.read(Register.ETXND);
    commands.read(Register.ETXND + 1);
  }

  /** Had the frame landed elsewhere, the chip would now send the one before it a second time. */
  #loaded(commands: CommandList): void {
    const written = commands.value(this.#answer) | (commands.value(this.#answer + 1) << 8);
    const end = commands.value(this.#answer + 2) | (commands.value(this.#answer + 3) << 8);
    if (written === this.#end + 1 && end === this.#end) {
      this.#loads = 0;
      this.#phase = Phase.LOADED;
      return;
    }
    this.#end = -1;
    if (++this.#loads <= LOAD_RETRIES) return;
    this.#loads = 0;
    this.#lost(DropReason.TX_ABORTED);
  }

  /** Fetches the status vector. */
  #abort(commands: CommandList): void {
    commands.write16(Register.ERDPT, this.#end + 1);
    commands.readBuffer(this.#vector, 0, STATUS_VECTOR);
    this.#session.astray = true;
    this.#reset(commands);
  }

  /** After an abort the next transmission may hang (erratum 12). The reset may raise TXERIF: the flags are cleared behind it. */
  #reset(commands: CommandList): void {
    commands.clearBits(Register.ECON1, Econ1.TXRTS);
    commands.setBits(Register.ECON1, Econ1.TXRST);
    commands.clearBits(Register.ECON1, Econ1.TXRST);
    commands.clearBits(Register.EIR, Interrupt.TX | Interrupt.TXER);
    commands.clearBits(Register.ESTAT, Estat.TXABRT | Estat.LATECOL);
  }

  #aborted(): void {
    this.#session.statistics.collisions += (this.#vector[2] as number) & 0x0f;
    // Bit 29; ESTAT.LATECOL can not be relied on (erratum 15).
    const lateCollision = ((this.#vector[3] as number) & 0x20) !== 0;
    if (lateCollision && this.#retries < LATE_COLLISION_RETRIES) {
      this.#retries++;
      this.lateCollisionRetries++;
      this.#watchdog.cancel();
      this.#phase = Phase.AGAIN;
    } else {
      this.#lost(this.#session.carrier ? DropReason.TX_ABORTED : DropReason.TX_CARRIER);
    }
  }

  #sent(): void {
    const frame = this.#frame;
    if (!frame) return;
    this.#session.statistics.txPackets++;
    this.#session.statistics.txBytes += frame.length;
    this.#clear();
    frame.consume();
    this.#wake();
  }

  #lost(reason: DropReason): void {
    const { host, statistics } = this.#session;
    const frame = this.#frame as SkBuff;
    statistics.txErrors++;
    if (reason === DropReason.TX_CARRIER) statistics.txCarrierErrors++;
    else statistics.txAbortedErrors++;
    this.#clear();
    (host as ControllerHost).drops.drop(frame, reason);
    this.#wake();
  }

  #clear(): void {
    this.#session.sending = false;
    this.#watchdog.cancel();
    this.#phase = Phase.IDLE;
    this.#frame = null;
  }

  #wake(): void {
    if (!this.#refused) return;
    this.#refused = false;
    this.#session.host?.wake();
  }
}

/** Pads a frame and appends its FCS behind it, in its own slot; returns its length without FCS. */
function complete(skb: SkBuff): number {
  const { bytes, data, tail } = skb;
  const length = Math.max(MIN_FRAME, tail - data);
  bytes.fill(0, tail, data + length);
  bytes[data - 1] = 0;
  appendFcs(bytes, data, length);
  return length;
}
