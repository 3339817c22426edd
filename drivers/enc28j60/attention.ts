/**
 * Decides when the chip is polled: by its interrupt line, or by a timer where there is none. While a poll is due or under way the line
 * is masked in software. It is level triggered: one look at its level after the poll finds every event that came meanwhile, so that
 * EIE.INTIE need not be written twice a poll.
 */
import type { Clock } from "../../hal/clock.ts";
import type { Timer } from "../../hal/timer.ts";
import type { Receiver } from "./receiver.ts";
import type { Session } from "./session.ts";
import type { Transmitter } from "./transmitter.ts";

/** After a poll that found frames more are likely; in ms. */
const BUSY_POLL_INTERVAL = 1;
/** PKTIF may stay clear though packets wait (erratum 6): where there is no interrupt line, EPKTCNT is asked for after this many empty polls. */
const EMPTY_POLLS = 8;

export class Attention {
  readonly #session: Session;
  readonly #receiver: Receiver;
  readonly #transmitter: Transmitter;
  readonly #interval: number;
  readonly #look: () => unknown;
  readonly #timer: Timer;
  readonly #onAssert = (): void => this.request();
  #masked = true;
  #emptyPolls = 0;

  /**
   * @param interval time between polls where there is no interrupt line, in ms
   * @param look called when the chip is to be polled
   */
  constructor(session: Session, receiver: Receiver, transmitter: Transmitter, clock: Clock, interval: number, look: () => unknown) {
    this.#session = session;
    this.#receiver = receiver;
    this.#transmitter = transmitter;
    this.#interval = interval;
    this.#look = look;
    this.#timer = clock.timer(() => this.request());
  }

  start(): void {
    const { line } = this.#session;
    this.#emptyPolls = 0;
    if (line) line.onAssert = this.#onAssert;
    this.unmask();
  }

  stop(): void {
    const { line } = this.#session;
    if (line) line.onAssert = null;
    this.#masked = true;
    this.#timer.cancel();
  }

  /** A poll is under way. */
  mask(): void {
    this.#masked = true;
  }

  /** Asks for a poll unless there is one. */
  request(): void {
    if (this.#masked) return;
    this.#masked = true;
    this.#look();
  }

  /** Listens again: the last poll found no more for now. */
  unmask(): void {
    const receiver = this.#receiver;
    const { line } = this.#session;
    this.#masked = false;
    if (line) {
      if (line.asserted && !receiver.spurious) this.request();
      else if (receiver.spurious) this.#timer.arm(this.#interval);
      return;
    }
    this.#emptyPolls = receiver.work > 0 ? 0 : this.#emptyPolls + 1;
    if (this.#emptyPolls >= EMPTY_POLLS) {
      this.#emptyPolls = 0;
      receiver.countDue = true;
    }
    this.#timer.arm(this.#untilNextPoll());
  }

  /** A frame went to the chip. Without an interrupt line nobody tells that it has left: look when it should have. */
  sending(): void {
    if (!this.#session.line && !this.#masked) this.#timer.arm(this.#untilNextPoll());
  }

  #untilNextPoll(): number {
    const sent = this.#transmitter.expected;
    if (sent > 0) return Math.min(this.#interval, sent);
    return this.#receiver.work > 0 ? Math.min(this.#interval, BUSY_POLL_INTERVAL) : this.#interval;
  }
}
