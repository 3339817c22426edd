/** Sending, one frame at a time: the chip has one transmit buffer (DS39662 section 7.1). */
import type { Clock } from "../../hal/clock.ts";
import { DropReason } from "../../hal/drop-reason.ts";
import { type ControllerHost, MIN_FRAME } from "../../hal/ethernet.ts";
import type { SkBuff } from "../../hal/skbuff.ts";
import type { Timer } from "../../hal/timer.ts";
import type { CommandList } from "./command-list.ts";
import { Econ1, Estat, Interrupt, Register } from "./registers.ts";
import { type ReceiveRing, TRANSMIT_START } from "./ring.ts";
import type { BusUser, Session } from "./session.ts";

/** Resends of one frame after late collisions, real ones or not (erratum 13). */
const LATE_COLLISION_RETRIES = 16;
/** Preamble, FCS and gap, in bytes; one byte takes 0.8 us at 10 Mbit/s. */
const FRAME_OVERHEAD = 24;
const BYTE_TIME = 0.0008;
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
} as const;
type Phase = (typeof Phase)[keyof typeof Phase];

const Step = { SEND: 0, RESEND: 1, COMPLETE: 2, ABORT: 3, INQUIRE: 4, RESET: 5 } as const;
type Step = (typeof Step)[keyof typeof Step];

export class Transmitter implements BusUser {
  /** How often a transmission never ended. */
  timeouts = 0;
  readonly #session: Session;
  readonly #ring: ReceiveRing;
  readonly #limit: number;
  readonly #watchdog: Timer;
  readonly #vector = new Uint8Array(STATUS_VECTOR);
  #frame: SkBuff | null = null;
  #phase: Phase = Phase.IDLE;
  #step: Step = Step.SEND;
  /** Somebody was turned away and has been promised a wake(). */
  #refused = false;
  #retries = 0;
  /** What ETXND holds, -1 when not known: bytes of it that stay the same are not written again. */
  #end = -1;
  #answer = -1;

  /**
   * @param limit time after which a transmission is given up, in ms
   * @param overdue called when it is over and this part is due
   */
  constructor(session: Session, ring: ReceiveRing, clock: Clock, limit: number, overdue: () => void) {
    this.#session = session;
    this.#ring = ring;
    this.#limit = limit;
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

  get due(): boolean {
    const phase = this.#phase;
    return (phase !== Phase.IDLE && phase !== Phase.SENDING) || (this.#session.events & (Interrupt.TX | Interrupt.TXER)) !== 0;
  }

  /** The chip was reset: its registers hold nothing of ours. */
  restart(): void {
    this.#end = -1;
    this.#refused = false;
  }

  /** Drops the frame that was not sent yet. */
  stop(reason: DropReason): void {
    this.#watchdog.cancel();
    this.#phase = Phase.IDLE;
    const frame = this.#frame;
    this.#frame = null;
    if (frame) (this.#session.host as ControllerHost).drops.drop(frame, reason);
  }

  prepare(commands: CommandList): void {
    const events = this.#session.events & (Interrupt.TX | Interrupt.TXER);
    if (events !== 0) {
      const aborted = (events & Interrupt.TXER) !== 0 && this.#frame !== null && this.#phase !== Phase.WAITING;
      this.#step = aborted ? Step.ABORT : Step.COMPLETE;
      if (aborted) this.#abort(commands);
      else commands.clearBits(Register.EIR, events);
    } else if (this.#phase === Phase.WAITING) {
      this.#step = Step.SEND;
      if (this.#session.carrier) this.#send(commands, this.#frame as SkBuff);
      else this.#lost(DropReason.TX_CARRIER);
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
      case Step.SEND:
      case Step.RESEND:
        this.#phase = Phase.SENDING;
        this.#watchdog.arm(this.#limit);
        break;
      case Step.COMPLETE:
        session.events &= ~(Interrupt.TX | Interrupt.TXER);
        if (this.#phase !== Phase.WAITING) this.#sent();
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
      case Step.RESET:
        this.timeouts++;
        this.#lost(session.carrier ? DropReason.TX_ABORTED : DropReason.TX_CARRIER);
        break;
    }
  }

  /** Copies the frame from where it lies into the chip and starts it. */
  #send(commands: CommandList, skb: SkBuff): void {
    if (skb.data === 0) {
      // The opcode goes in front of the frame: make room where the sender left none.
      skb.bytes.copyWithin(1, 0, skb.tail);
      skb.data++;
      skb.tail++;
    }
    // Behind the control byte, which was written once and stays.
    commands.write16(Register.EWRPT, TRANSMIT_START + 1);
    commands.writeBuffer(skb.bytes, skb.data, skb.length);
    const end = TRANSMIT_START + skb.length;
    if (this.#end < 0 || (end & 0xff) !== (this.#end & 0xff)) commands.write(Register.ETXND, end & 0xff);
    if (this.#end < 0 || end >> 8 !== this.#end >> 8) commands.write(Register.ETXND + 1, end >> 8);
    commands.setBits(Register.ECON1, Econ1.TXRTS);
    this.#end = end;
    this.#retries = 0;
  }

  /** Fetches the status vector; ERDPT goes back to where the receiver needs it. */
  #abort(commands: CommandList): void {
    commands.write16(Register.ERDPT, this.#end + 1);
    commands.readBuffer(this.#vector, 0, STATUS_VECTOR);
    commands.write16(Register.ERDPT, this.#ring.head);
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
