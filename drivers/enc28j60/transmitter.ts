/** Sending, one frame at a time: the chip has one transmit buffer (DS39662 section 7.1). */
import type { Clock } from "../../hal/clock.ts";
import { DropReason } from "../../hal/drop-reason.ts";
import { type ControllerHost, MIN_FRAME } from "../../hal/ethernet.ts";
import { appendFcs, FCS_BYTES } from "../../hal/kit/fcs.ts";
import type { SkBuff } from "../../hal/skbuff.ts";
import type { Timer } from "../../hal/timer.ts";
import type { CommandList } from "./command-list.ts";
import { Econ1, Estat, Interrupt, Register, STUCK } from "./registers.ts";
import { TRANSMIT_START } from "./ring.ts";
import type { BusUser, Session } from "./session.ts";
import { controlByte } from "./setup.ts";
import { Fate, StatusVector } from "./status-vector.ts";

/** Resends of one frame after late collisions, real ones or not (erratum 13). */
const LATE_COLLISION_RETRIES = 16;
/** Preamble, FCS and gap, in bytes; one byte takes 0.8 us at 10 Mbit/s. */
const FRAME_OVERHEAD = 24;
const BYTE_TIME = 0.0008;
/** The part of that overhead that comes when the chip is done with the frame already. */
const GAP = 13;
/** How often a frame that did not arrive in the chip whole is written again. */
const LOAD_RETRIES = 3;
/** Frames in a row that did not leave though there is a link: the chip is set up anew, but not more often than this, in ms. */
const MOST_LOST = 5;
const REPAIR_INTERVAL = 60_000;
/** How often the status vector is read until it tells what became of the frame. */
const READINGS = 4;

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
  /** It has left, and the status vector is to tell whether whole. */
  LEFT: 7,
} as const;
type Phase = (typeof Phase)[keyof typeof Phase];

const Step = { SEND: 0, RESEND: 1, COMPLETE: 2, ABORT: 3, INQUIRE: 4, RESET: 5, LOAD: 6, START: 7, LOOK: 8, READ: 9 } as const;
type Step = (typeof Step)[keyof typeof Step];

export class Transmitter implements BusUser {
  /** How often a transmission never ended. */
  timeouts = 0;
  /** How often a frame was sent again after a late collision, real or not (erratum 13). */
  lateCollisionRetries = 0;
  readonly #session: Session;
  readonly #limit: number;
  readonly #watchdog: Timer;
  readonly #vector: StatusVector;
  #frame: SkBuff | null = null;
  #phase: Phase = Phase.IDLE;
  #step: Step = Step.SEND;
  /** Somebody was turned away and has been promised a wake(). */
  #refused = false;
  #retries = 0;
  #loads = 0;
  /** Readings of the status vector of this frame, and whether the last one said that it was damaged. */
  #readings = 0;
  #damaged = false;
  #answer = -1;
  /** Frames in a row that did not leave, and when that last led to a repair. */
  #lostInARow = 0;
  #repairedAt = Number.NEGATIVE_INFINITY;
  readonly #clock: Clock;
  readonly #confused: (reason: Error) => void;

  /**
   * @param limit time after which a transmission is given up, in ms
   * @param confused called when frame after frame does not leave
   * @param overdue called when it is over and this part is due
   */
  constructor(session: Session, clock: Clock, limit: number, confused: (reason: Error) => void, overdue: () => void) {
    this.#session = session;
    this.#limit = limit;
    this.#clock = clock;
    this.#confused = confused;
    this.#vector = new StatusVector(session);
    this.#watchdog = clock.timer(() => {
      this.#phase = Phase.OVERDUE;
      overdue();
    });
  }

  /** Drops a frame that cannot be sent, and counts it. @returns true, for transmit() */
  refuse(host: ControllerHost, skb: SkBuff, reason: DropReason): true {
    this.#session.statistics.txErrors++;
    if (reason === DropReason.TX_ABORTED) this.#session.statistics.txAbortedErrors++;
    host.drops.drop(skb, reason);
    return true;
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

  /** It was started. */
  get #inChip(): boolean {
    return this.#phase !== Phase.IDLE && this.#phase !== Phase.WAITING && this.#phase !== Phase.LOADED;
  }

  get due(): boolean {
    const phase = this.#phase;
    if (this.#session.doubtful || this.#session.swept) return true;
    return (phase !== Phase.IDLE && phase !== Phase.SENDING) || (this.#session.events & (Interrupt.TX | Interrupt.TXER)) !== 0;
  }

  /** The chip was reset: its registers hold nothing of ours. */
  restart(): void {
    this.#lostInARow = 0;
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
      this.#ask(commands);
    } else if (events !== 0) {
      const aborted = (events & Interrupt.TXER) !== 0 && this.#inChip;
      this.#step = aborted ? Step.ABORT : Step.COMPLETE;
      if (aborted) this.#abort(commands);
      else this.#complete(commands, events);
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
    } else if (this.#phase === Phase.LEFT) {
      this.#step = Step.READ;
      this.#vector.read(commands);
    } else if (this.#phase === Phase.OVERDUE) {
      this.#step = Step.INQUIRE;
      this.#ask(commands);
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
        if (!this.#inChip) break;
        if (session.lossy) this.#left();
        else this.#sent();
        break;
      case Step.READ:
        this.#left();
        break;
      case Step.ABORT:
        session.events &= ~(Interrupt.TX | Interrupt.TXER);
        this.#aborted();
        break;
      case Step.INQUIRE:
        // An event that is noted now comes before this: the frame had ended and nobody had heard of it.
        this.#phase = Phase.STUCK;
        this.#look(commands, session.polled);
        break;
      case Step.LOOK:
        this.#look(commands, true);
        break;
      case Step.RESET:
        this.timeouts++;
        this.#lost(session.carrier ? DropReason.TX_ABORTED : DropReason.TX_CARRIER);
        break;
    }
  }

  /** ECON1 first: a frame that ends in between shows in EIR. */
  #ask(commands: CommandList): void {
    this.#answer = commands.read(Register.ECON1);
    commands.read(Register.EIR);
  }

  /** @param ended TXRTS is what tells that the frame has ended: TXIF was cleared, or never is */
  #look(commands: CommandList, ended: boolean): void {
    const session = this.#session;
    const control = commands.value(this.#answer) & (STUCK | Econ1.RXEN | Econ1.TXRTS);
    // A chip that was reset says that it has sent, and one that is not there that it is not sending: RXEN tells them from this one.
    if ((control & ~Econ1.TXRTS) !== Econ1.RXEN) {
      session.doubt();
      return;
    }
    session.note(commands.value(this.#answer + 1));
    if (ended && control === Econ1.RXEN && (session.events & (Interrupt.TX | Interrupt.TXER)) === 0) this.#sent();
  }

  /** Copies the frame from where it lies into the chip, and starts it unless it is to be looked at first. */
  #send(commands: CommandList, skb: SkBuff): void {
    const session = this.#session;
    const { lossy, stale } = session;
    if (stale) {
      session.stale = false;
      session.transmitEnd = -1;
      commands.write16(Register.ETXST, TRANSMIT_START);
    }
    const { transmitEnd } = session;
    // Opcode and control byte go in front of the frame: make room where the sender left none.
    const room = lossy || stale ? 2 : 1;
    if (skb.data < room) {
      const shift = room - skb.data;
      skb.bytes.copyWithin(room, skb.data, skb.tail);
      skb.data += shift;
      skb.tail += shift;
    }
    let end = TRANSMIT_START + skb.length;
    if (lossy) {
      end = TRANSMIT_START + complete(skb) + FCS_BYTES;
    }
    if (lossy || stale) {
      skb.bytes[skb.data - 1] = controlByte(lossy);
      commands.write16(Register.EWRPT, TRANSMIT_START);
      commands.writeBuffer(skb.bytes, skb.data - 1, end - TRANSMIT_START + 1);
    } else {
      // Behind the control byte, which stays.
      commands.write16(Register.EWRPT, TRANSMIT_START + 1);
      commands.writeBuffer(skb.bytes, skb.data, skb.length);
    }
    if (transmitEnd < 0 || (end & 0xff) !== (transmitEnd & 0xff)) commands.write(Register.ETXND, end & 0xff);
    if (transmitEnd < 0 || end >> 8 !== transmitEnd >> 8) commands.write(Register.ETXND + 1, end >> 8);
    session.transmitEnd = end;
    session.sent = true;
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
    if (written === this.#session.transmitEnd + 1 && end === this.#session.transmitEnd) {
      this.#phase = Phase.LOADED;
      return;
    }
    this.#again();
  }

  /** Clears the flags; where the FCS is ours, the status vector tells whether the chip got to send what it was given. */
  #complete(commands: CommandList, events: number): void {
    commands.clearBits(Register.EIR, events);
    this.#readings = 0;
    this.#damaged = false;
    if (this.#session.lossy && this.#inChip) this.#vector.read(commands);
  }

  /** The status vector was read. That a frame has to be sent again is believed when it says so twice. */
  #left(): void {
    const { fate } = this.#vector;
    if (fate === Fate.SENT) {
      this.#sent();
    } else if (fate === Fate.DAMAGED && this.#damaged) {
      this.#again();
    } else if (++this.#readings < READINGS) {
      this.#damaged = fate === Fate.DAMAGED;
      this.#phase = Phase.LEFT;
      this.#watchdog.cancel();
    } else {
      this.#lost(DropReason.TX_ABORTED);
    }
  }

  /** The frame in the chip is not the one that it was given. */
  #again(): void {
    this.#session.transmitEnd = -1;
    this.#watchdog.cancel();
    this.#session.sending = false;
    this.#phase = Phase.WAITING;
    if (++this.#loads <= LOAD_RETRIES) return;
    this.#lost(DropReason.TX_ABORTED);
  }

  /** Fetches the status vector. */
  #abort(commands: CommandList): void {
    this.#vector.read(commands);
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
    this.#session.statistics.collisions += this.#vector.collisions;
    if (this.#vector.lateCollision && this.#retries < LATE_COLLISION_RETRIES) {
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
    this.#lostInARow = 0;
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
    if (reason === DropReason.TX_ABORTED) this.#countLoss();
  }

  /** One frame may be lost on a busy line; if that goes on, the chip is to blame. */
  #countLoss(): void {
    this.#lostInARow++;
    this.#session.onDoubt?.();
    const now = this.#clock.now();
    if (this.#lostInARow < MOST_LOST || now - this.#repairedAt < REPAIR_INTERVAL) return;
    this.#repairedAt = now;
    this.#confused(new Error(`${this.#lostInARow} frames in a row did not leave`));
  }

  #clear(): void {
    this.#loads = 0;
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
  appendFcs(bytes, data, length);
  return length;
}
