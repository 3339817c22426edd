/**
 * Receiving: the steps of one poll, from the event flags to the last packet that the budget allows.
 *
 * A lone packet takes two round trips: flags and header, then the rest of it, its release and the flags again. Where several wait
 * they come together, also in two: how many and where they end, then all of them in one read. See burst.ts.
 */

import { DropReason } from "../../hal/drop-reason.ts";
import type { ControllerHost } from "../../hal/ethernet.ts";
import { copyFrame } from "../../hal/kit/copy-frame.ts";
import { FCS_BYTES, hasFcs } from "../../hal/kit/fcs.ts";
import { HEADROOM, type SkBuff } from "../../hal/skbuff.ts";
import { Burst } from "./burst.ts";
import type { CommandList } from "./command-list.ts";
import { Delivery } from "./delivery.ts";
import type { Filters } from "./filters.ts";
import type { EventFlags } from "./flags.ts";
import { Econ1, Interrupt, Register, SEND_PAUSE } from "./registers.ts";
import { DECREMENTS, type ReceiveRing, takeOff, Verdict } from "./ring.ts";
import type { BusUser, Session } from "./session.ts";

/** EPKTCNT has 8 bits: a chip that still claims packets after that many were taken off it is not there any more. */
const MOST_PACKETS = 255;

const Step = {
  IDLE: 0,
  /** Which events are there? */
  STATUS: 1,
  /** How many packets are there, whatever PKTIF says? (erratum 6) */
  COUNT: 2,
  /** Where does the oldest packet end, and is it good? */
  HEADER: 3,
  /** Its bytes; its memory goes back to the chip. */
  BODY: 4,
  /** Its memory goes back without a look at its bytes. */
  SKIP: 5,
  /** All packets that wait, in one read; those beyond the budget are kept for the next poll. */
  BURST: 6,
  /** Receive reset: stop, take the packets off the counter, begin again. */
  STOP: 7,
  DRAIN: 8,
  BEGIN: 9,
  END: 10,
} as const;
type Step = (typeof Step)[keyof typeof Step];

/** A step outside the poll's sequence. */
const Extra = { NONE: 0, OVERFLOW: 1, FILTER: 2 } as const;
type Extra = (typeof Extra)[keyof typeof Extra];

/** Calls of the receiver to the driver. */
export interface ReceiverOwner {
  /** The poll is over. */
  pollEnded(): void;
  /** The chip does not behave like one any more. */
  chipLost(): void;
}

export class Receiver implements BusUser {
  /** How often the ring was found corrupt and laid out afresh. */
  resets = 0;
  /** Pause frames that were asked for. */
  pauses = 0;
  /** Packets taken from the ring in this poll, damaged ones included, so that the budget bounds the work. */
  work = 0;
  /** Ask for EPKTCNT in the next poll, whatever PKTIF says. */
  countDue = false;
  /** The ring holds packets that the chip does not count: it is laid out afresh if it is so at the next look. */
  stray = false;
  /** The interrupt line is active and the chip has no reason for it: listening to it would not end. */
  spurious = false;
  readonly #session: Session;
  readonly #ring: ReceiveRing;
  readonly #burst: Burst;
  readonly #filters: Filters;
  readonly #owner: ReceiverOwner;
  readonly #flags: EventFlags;
  readonly #delivery: Delivery;
  #step: Step = Step.IDLE;
  #extra: Extra = Extra.NONE;
  #budget = 0;
  #incoming: SkBuff | null = null;
  /** Packets that EPKTCNT vouched for. */
  #counted = 0;
  #drained = 0;
  #eirAt = -1;
  #countAt = -1;
  /** The header was read along with the flags. */
  #ahead = false;
  /** Several packets waited when it was last looked at: they come together from now on. */
  #several = false;
  /** The flags that came with the last burst said that there are more. */
  #more = false;
  /** Packets that were taken off the chip's counter and could not be found in what was read. */
  #spoiled = 0;

  constructor(session: Session, ring: ReceiveRing, filters: Filters, owner: ReceiverOwner, flags: EventFlags) {
    this.#flags = flags;
    this.#session = session;
    this.#ring = ring;
    this.#burst = new Burst(ring);
    this.#delivery = new Delivery(session, ring);
    this.#filters = filters;
    this.#owner = owner;
  }

  get due(): boolean {
    return this.#step !== Step.IDLE || this.#filters.due || (this.#session.events & Interrupt.RXER) !== 0;
  }

  /**
   * Nobody else may have the bus: a header that was read has left ERDPT inside its packet, and a ring under repair is nobody's.
   */
  get exclusive(): boolean {
    return this.#step >= Step.BODY && this.#step <= Step.BEGIN;
  }

  /** Packets were read from the chip and not handed up yet. */
  get holding(): boolean {
    return this.#burst.left;
  }

  get polling(): boolean {
    return this.#step !== Step.IDLE;
  }

  /** The budget is not used up yet. */
  get withinBudget(): boolean {
    return this.work < this.#budget;
  }

  restart(): void {
    this.countDue = false;
    this.stray = false;
    this.#spoiled = 0;
    this.spurious = false;
    this.#extra = Extra.NONE;
    this.#flags.restart();
    this.#counted = 0;
    this.#session.astray = false;
    this.#several = false;
    this.#burst.clear();
    this.#more = false;
  }

  poll(budget: number): void {
    this.#budget = budget;
    this.work = 0;
    if (this.#burst.left) {
      this.#more = true;
      this.#dealOut();
      return;
    }
    this.#begin();
  }

  /** Looks at the chip, with as much of the answer in the first batch as is likely to be needed. */
  #begin(): void {
    this.#step = this.#several || this.countDue || this.#session.lossy ? Step.COUNT : Step.STATUS;
  }

  /** Counts as lost all packets in the chip, as far as their number is known. */
  lose(): void {
    this.#session.statistics.rxErrors += this.#counted;
    this.#counted = 0;
  }

  /** Ends the poll where it is. */
  stop(): void {
    const { drops } = this.#session.host as ControllerHost;
    const incoming = this.#incoming;
    this.#incoming = null;
    if (incoming) drops.drop(incoming, DropReason.QUEUE_PURGE);
    while (this.#burst.left && this.#burst.next() !== Verdict.CORRUPT) {
      drops.count(DropReason.QUEUE_PURGE);
      this.#burst.advance();
      if (this.#counted > 0) this.#counted--;
    }
    if (this.polling) this.#end();
  }

  prepare(commands: CommandList): void {
    if (!this.exclusive && this.#prepareExtra(commands)) return;
    switch (this.#step) {
      case Step.STATUS:
        this.#burst.settle(commands);
        this.#flags.read(commands);
        // The line is down and no frame of ours is out: it is a packet, nearly always.
        this.#ahead =
          this.#session.line?.asserted === true && !this.#session.sending && this.#session.events === 0 && !this.spurious;
        if (this.#ahead) this.#prepareHeader(commands);
        break;
      case Step.COUNT:
        this.#burst.settle(commands);
        this.#flags.read(commands);
        this.#burst.ask(commands, this.#several || this.#session.lossy);
        break;
      case Step.HEADER:
        this.#prepareHeader(commands);
        break;
      case Step.BURST:
        if (this.#session.astray) commands.write16(Register.ERDPT, this.#ring.head);
        this.#session.astray = false;
        if (this.#session.fullDuplex && this.#burst.heavy) {
          this.pauses++;
          commands.write(Register.EFLOCON, SEND_PAUSE);
        }
        this.#burst.read(commands);
        this.#eirAt = commands.read(Register.EIR);
        break;
      case Step.BODY:
        commands.readBuffer((this.#incoming as SkBuff).bytes, HEADROOM, this.#ring.remainder);
        this.#prepareRelease(commands);
        break;
      case Step.SKIP:
        commands.write16(Register.ERDPT, this.#ring.next);
        this.#prepareRelease(commands);
        break;
      case Step.STOP:
        commands.clearBits(Register.ECON1, Econ1.RXEN);
        commands.setBits(Register.ECON1, Econ1.RXRST);
        commands.clearBits(Register.ECON1, Econ1.RXRST);
        this.#drained = 0;
        this.#countAt = commands.read(Register.EPKTCNT);
        break;
      case Step.DRAIN:
        takeOff(commands, Math.min(this.#counted, DECREMENTS));
        this.#drained += Math.min(this.#counted, DECREMENTS);
        this.#countAt = commands.read(Register.EPKTCNT);
        break;
      case Step.BEGIN:
        this.#ring.layOut(commands);
        commands.clearBits(Register.EIR, Interrupt.RXER);
        commands.setBits(Register.ECON1, Econ1.RXEN);
        break;
      case Step.END:
        this.#end();
    }
  }

  finish(commands: CommandList): void {
    if (this.#extra !== Extra.NONE) {
      this.#finishExtra();
      return;
    }
    switch (this.#step) {
      case Step.STATUS:
        this.#statusRead(commands);
        break;
      case Step.COUNT:
        this.#countRead(commands);
        break;
      case Step.BURST:
        this.#burst.arrived();
        this.#more = this.#session.note(commands.value(this.#eirAt));
        this.#dealOut();
        break;
      case Step.HEADER:
        this.#headerRead();
        break;
      case Step.BODY:
        this.#delivered();
        this.#released(commands);
        break;
      case Step.SKIP:
        this.#released(commands);
        break;
      case Step.STOP:
      case Step.DRAIN:
        this.#counted = commands.value(this.#countAt);
        if (this.#drained > MOST_PACKETS && this.#counted > 0) this.#owner.chipLost();
        else this.#step = this.#counted > 0 ? Step.DRAIN : Step.BEGIN;
        break;
      case Step.BEGIN:
        this.resets++;
        this.#session.statistics.rxErrors += Math.max(1, this.#drained + this.#spoiled);
        this.#spoiled = 0;
        this.stray = false;
        this.#session.onDoubt?.();
        this.#session.events &= ~Interrupt.RXER;
        // Counted as work, so that a chip that corrupts its ring for ever does not keep this poll.
        this.work++;
        this.#session.astray = false;
        this.#several = false;
        this.#burst.clear();
        this.#step = this.withinBudget ? Step.STATUS : Step.END;
    }
  }

  #prepareHeader(commands: CommandList): void {
    if (this.#session.astray) commands.write16(Register.ERDPT, this.#ring.head);
    this.#session.astray = false;
    commands.readBuffer(this.#ring.header, 0, this.#ring.header.length);
  }

  #prepareExtra(commands: CommandList): boolean {
    if ((this.#session.events & Interrupt.RXER) !== 0) {
      this.#extra = Extra.OVERFLOW;
      commands.clearBits(Register.EIR, Interrupt.RXER);
    } else if (this.#filters.due) {
      // Reception is off while the filters change (section 8).
      this.#extra = Extra.FILTER;
      commands.clearBits(Register.ECON1, Econ1.RXEN);
      this.#filters.write(commands);
      commands.setBits(Register.ECON1, Econ1.RXEN);
    } else {
      return false;
    }
    return true;
  }

  #finishExtra(): void {
    if (this.#extra === Extra.OVERFLOW) {
      // The chip does not tell how many: at least one.
      this.#session.events &= ~Interrupt.RXER;
      this.#session.statistics.rxErrors++;
      this.#session.statistics.rxOverErrors++;
      // There may be room, and ERXRDPT damaged.
      this.#session.onDoubt?.();
    }
    this.#extra = Extra.NONE;
  }

  #statusRead(commands: CommandList): void {
    const packets = this.#flags.take(commands);
    const { eir } = this.#flags;
    const unexplained = this.#unexplained(eir);
    if (!unexplained) this.spurious = false;
    if (packets && this.#ahead && this.withinBudget) {
      this.#headerRead();
      return;
    }
    if (this.#ahead) this.#session.astray = true;
    if (packets) this.#step = this.withinBudget ? Step.HEADER : Step.END;
    else this.#step = this.countDue || unexplained ? Step.COUNT : Step.END;
  }

  /** The interrupt line is active, and the flags do not say why. */
  #unexplained(eir: number): boolean {
    return this.#session.line?.asserted === true && !this.#session.reasonIn(eir);
  }

  #countRead(commands: CommandList): void {
    const count = this.#burst.count(commands);
    this.#flags.take(commands);
    const { eir } = this.#flags;
    this.#counted = count;
    this.countDue = false;
    this.spurious = count === 0 && this.#unexplained(eir);
    // When this poll has taken packets already, the next one is likely to find more than one, too.
    this.#several = count > 1 || this.work > 0;
    if (count > 0) this.stray = false;
    if (this.stray && this.withinBudget) this.#step = Step.STOP;
    else if (count === 0 || !this.withinBudget) this.#step = Step.END;
    else if (this.#burst.usable(commands, this.#budget - this.work)) this.#step = Step.BURST;
    // On a bus that may damage answers a packet counts when count and write pointer agree: stale packets lie behind the newest one.
    else this.#step = this.#session.lossy ? Step.END : Step.HEADER;
  }

  /** Hands up what a burst brought, as far as the budget goes. */
  #dealOut(): void {
    const burst = this.#burst;
    while (burst.left && this.withinBudget) {
      const verdict = burst.next();
      if (verdict === Verdict.CORRUPT) {
        this.#spoiled = burst.packets - burst.owed;
        burst.clear();
        this.#step = Step.STOP;
        return;
      }
      this.work++;
      if (this.#counted > 0) this.#counted--;
      if (verdict === Verdict.BAD) this.#delivery.countDamage();
      else this.#handUp(burst);
      burst.advance();
    }
    if (this.#more && this.withinBudget) this.#begin();
    else if (burst.owes && this.withinBudget) this.#step = Step.STATUS;
    else this.#step = Step.END;
  }

  /** Copies the packet found last out of a burst. */
  #handUp(burst: Burst): void {
    const host = this.#session.host as ControllerHost;
    const { length } = this.#ring;
    if (this.#session.lossy && !hasFcs(burst.bytes, burst.body, length + FCS_BYTES)) {
      this.#delivery.damagedOnTheBus();
      return;
    }
    const skb = host.pool.allocate();
    if (!skb) {
      host.drops.count(DropReason.NOMEM);
      return;
    }
    copyFrame(skb.bytes, skb.put(length), burst.bytes, burst.body, length);
    this.#delivery.deliver(skb);
  }

  #headerRead(): void {
    const host = this.#session.host as ControllerHost;
    const verdict = this.#ring.parse();
    if (verdict === Verdict.CORRUPT) {
      this.#step = Step.STOP;
    } else if (verdict === Verdict.BAD) {
      this.#delivery.countDamage();
      this.#step = Step.SKIP;
    } else {
      this.#incoming = host.pool.allocate();
      if (!this.#incoming) host.drops.count(DropReason.NOMEM);
      this.#step = this.#incoming ? Step.BODY : Step.SKIP;
    }
  }

  /** Frees the packet, and asks for the event flags where the budget allows another one. */
  #prepareRelease(commands: CommandList): void {
    this.#ring.release(commands);
    this.#eirAt = this.work + 1 < this.#budget ? commands.read(Register.EIR) : -1;
  }

  #released(commands: CommandList): void {
    this.work++;
    if (this.#counted > 0) this.#counted--;
    const more = this.#eirAt >= 0 && (this.#session.note(commands.value(this.#eirAt)) || this.#counted > 0);
    this.#several = more;
    this.#step = more ? Step.COUNT : Step.END;
  }

  #delivered(): void {
    const skb = this.#incoming as SkBuff;
    const { length } = this.#ring;
    this.#incoming = null;
    if (this.#session.lossy && !hasFcs(skb.bytes, HEADROOM, length + FCS_BYTES)) {
      this.#delivery.damagedOnTheBus();
      skb.consume();
      return;
    }
    skb.put(length);
    this.#delivery.deliver(skb);
  }

  #end(): void {
    this.#step = Step.IDLE;
    this.#owner.pollEnded();
  }
}
