/**
 * Checks the chip once a second, on every bus: its set-up (audit.ts), packets that nothing announced (erratum 6), and now and then the
 * link. A quiet second costs little (quiet-looks.ts). After frames were sent, whose senders have been told so, and for a while after
 * trouble, all registers are read; on a bus that may damage bytes all the time, in short pieces.
 *
 * A finding is believed when a second look confirms it.
 */
import type { Clock } from "../../hal/clock.ts";
import type { Timer } from "../../hal/timer.ts";
import type { Audit } from "./audit.ts";
import type { CommandList } from "./command-list.ts";
import type { LinkMonitor } from "./link.ts";
import { quietLook } from "./quiet-looks.ts";
import type { ReceiveRing } from "./ring.ts";
import type { BusUser, Session } from "./session.ts";
import { writeControlByte } from "./setup.ts";

/** From one look to the next, in ms. */
const INTERVAL = 1000;
/** A look waits for a gap of this length between frames, in ms, but not more often than so many times. */
const GAP = 50;
const MOST_GAPS = 10;
/** How long after trouble all registers are looked at each time, in ms. Trouble within this time of other trouble is the bus's fault. */
const PROBATION = 60_000;
/** The link is asked for with every so many full looks while it is up, with each while it is down. */
const LINK_LOOKS = 3;

/** Findings that the driver is told. */
export interface CheckupOwner {
  /** The set-up is lost, or what is read is not true. */
  confused(reason: Error): void;
  /** Packets wait in the ring. @param stray the same ones as a look ago, so the chip does not count them */
  packetsWait(stray: boolean): void;
  /** This part is due. */
  ready(): void;
}

export class Checkup implements BusUser {
  readonly #session: Session;
  readonly #audit: Audit;
  readonly #link: LinkMonitor;
  readonly #ring: ReceiveRing;
  readonly #owner: CheckupOwner;
  readonly #clock: Clock;
  readonly #timer: Timer;
  #waiting = false;
  /** Looks since the chip was set up. */
  #turn = 0;
  /** Those of them at all registers: frames at a steady pace make every so many a full one, so that turns tell nothing. */
  #fullLooks = 0;
  /** How often the look that is due may still wait for a gap. */
  #gaps = 0;
  /** Frames were sent since the last look. */
  #sent = false;
  /** The last look found something, and this one is to confirm it. */
  #second = false;
  /** Somebody has a reason to ask for all of it now. */
  #urgent = false;
  #full = false;
  #troubleAt = Number.NEGATIVE_INFINITY;
  /** When something last was wrong that a second look confirmed, or did not. */
  #wrongAt = Number.NEGATIVE_INFINITY;
  /** Address of the oldest packet when packets were last said to wait; -1 when none did. */
  #strayHead = -1;

  constructor(session: Session, audit: Audit, link: LinkMonitor, ring: ReceiveRing, clock: Clock, owner: CheckupOwner) {
    this.#session = session;
    this.#audit = audit;
    this.#link = link;
    this.#ring = ring;
    this.#clock = clock;
    this.#owner = owner;
    this.#timer = clock.timer(() => this.#tick());
  }

  get due(): boolean {
    return this.#waiting && !this.#link.looking;
  }

  /** The device is opened: what is known of its bus may have been another's. */
  forget(): void {
    this.#troubleAt = this.#wrongAt = Number.NEGATIVE_INFINITY;
    this.#session.distrusted = false;
    this.#audit.forget();
  }

  /** The chip was set up. */
  start(): void {
    this.stop();
    this.#turn = this.#fullLooks = 0;
    this.#second = this.#urgent = false;
    this.#strayHead = -1;
    this.#sent = this.#session.sent = this.#session.received = this.#session.stale = false;
    this.#session.health.provenAt = this.#clock.now();
    this.#arm();
  }

  stop(): void {
    this.#waiting = false;
    this.#timer.cancel();
  }

  /** Something is strange: looks at all of it as soon as the bus is free. */
  urge(): void {
    this.#urgent = true;
    this.#waiting = true;
    this.#owner.ready();
  }

  /** The chip is about to be set up anew, for it was found to have lost its set-up, or the bus its trust. */
  repairing(): void {
    const now = this.#clock.now();
    if (now - this.#wrongAt < PROBATION) this.#session.distrusted = true;
    this.#wrongAt = this.#troubleAt = now;
  }

  /** Looks as soon as the bus is free, before a frame leaves, and not only after an interval. */
  look(): void {
    this.#waiting = true;
    this.#owner.ready();
  }

  prepare(commands: CommandList): void {
    this.#waiting = false;
    const { lossy } = this.#session;
    this.#full = this.#urgent || lossy || !this.#quiet;
    if (lossy && !this.#urgent) {
      this.#audit.prepareGroup(commands, this.#turn % this.#audit.groups);
    } else if (this.#full) {
      this.#audit.prepareAll(commands);
      // It cannot be read without leaving the oldest packet, and costs as much to write.
      if (!lossy && !this.#session.sending) writeControlByte(commands, lossy);
    } else {
      const look = quietLook(this.#turn, this.#audit.hashing);
      this.#audit.prepareQuietly(commands, look);
      if (look.link) this.#link.prepareQuietly(commands);
    }
    commands.returnToFirstBank();
  }

  finish(commands: CommandList): void {
    const wrong = this.#audit.wrong(commands);
    const confirmed = this.#second;
    this.#urgent = false;
    this.#second = wrong !== null && !confirmed;
    if (wrong !== null) {
      this.#session.health.suspicions++;
      this.#troubleAt = this.#clock.now();
      this.#link.dropQuietly();
      if (confirmed) this.#owner.confused(wrong.reason);
      else this.urge();
      return;
    }
    this.#session.health.provenAt = this.#clock.now();
    this.#session.stale = !this.#full;
    this.#lookForPackets(commands);
    this.#lookAtLink(commands);
    this.#turn++;
    this.#sent = false;
    this.#arm();
    if (confirmed) this.#wasALie();
  }

  /** The link is up, nothing was sent that has to be vouched for, nothing was wrong. */
  get #quiet(): boolean {
    return this.#session.carrier && !this.#sent && this.#clock.now() - this.#troubleAt > PROBATION;
  }

  #arm(): void {
    this.#gaps = MOST_GAPS;
    this.#timer.arm(this.#session.lossy ? INTERVAL / this.#audit.groups : INTERVAL);
  }

  #tick(): void {
    const session = this.#session;
    const passing = session.sent || session.received;
    this.#sent ||= session.sent;
    session.sent = session.received = false;
    if (passing && !session.lossy && this.#gaps-- > 0) {
      this.#timer.arm(GAP);
      return;
    }
    this.#waiting = true;
    this.#owner.ready();
  }

  /** The first of two looks read what was not there. */
  #wasALie(): void {
    const now = this.#clock.now();
    const again = now - this.#wrongAt < PROBATION;
    this.#wrongAt = now;
    if (again && !this.#session.lossy) this.#owner.confused(new Error("what is read of the chip is not always true"));
  }

  #lookForPackets(commands: CommandList): void {
    if (!this.#audit.toldOfPackets) return;
    if (!this.#audit.packetsWait(commands)) {
      this.#strayHead = -1;
      return;
    }
    const stray = this.#strayHead === this.#ring.head;
    this.#strayHead = this.#ring.head;
    this.#owner.packetsWait(stray);
  }

  #lookAtLink(commands: CommandList): void {
    this.#link.finishQuietly(commands);
    if (!this.#full) return;
    const rounds = this.#session.lossy ? this.#audit.groups : 1;
    const every = this.#session.carrier ? rounds * LINK_LOOKS : rounds;
    if (++this.#fullLooks % every === 0) this.#link.ask();
  }
}
