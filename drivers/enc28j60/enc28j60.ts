/**
 * Microchip ENC28J60: 10 Mbit/s Ethernet behind SPI.
 *
 * One engine owns the bus. Transmitter, receiver and link monitor say when they have something for it; the engine chooses the most
 * urgent, lets it fill one batch, hands the batch to the bus and lets the same part digest the answers; then it chooses again. A
 * bus that answers at once is served in a loop, one that answers later continues that loop from its callback: one code path, no
 * recursion, and nothing allocated for a frame.
 *
 * The interrupt is masked in software: while a poll is due or under way the line is not listened to. It is level triggered, so one
 * look at its level when the poll is over finds whatever came meanwhile, and EIE.INTIE need not be written twice a poll.
 *
 * Sections are those of Microchip's DS39662, errata those of DS80349.
 */
import type { Clock } from "../../hal/clock.ts";
import { DropReason } from "../../hal/drop-reason.ts";
import {
  ControllerError,
  type ControllerHost,
  ETHERNET_HEADER,
  type EthernetController,
  type LinkStatistics,
  MAC_BYTES,
  MAX_FRAME,
  POLL_PENDING,
  type ReceiveMode,
} from "../../hal/ethernet.ts";
import type { InterruptLine } from "../../hal/interrupt.ts";
import type { SkBuff } from "../../hal/skbuff.ts";
import type { SpiBus } from "../../hal/spi.ts";
import type { Timer } from "../../hal/timer.ts";
import { Audit } from "./audit.ts";
import { BringUp } from "./bring-up.ts";
import { Checkup } from "./checkup.ts";
import { CommandList } from "./command-list.ts";
import { LinkMonitor } from "./link.ts";
import { Receiver, type ReceiverOwner } from "./receiver.ts";
import { Recovery } from "./recovery.ts";
import { Econ1, Interrupt, Register } from "./registers.ts";
import { ReceiveRing } from "./ring.ts";
import { type BusUser, Session } from "./session.ts";
import { Transmitter } from "./transmitter.ts";

export interface Enc28j60DriverOptions {
  /** Station address, 6 bytes; the chip has none of its own. */
  address: Uint8Array;
  /** The chip's INT pin, where it is wired to the host by itself. Without it, and without one on the bus, the chip is polled. */
  interrupt?: InterruptLine;
  /** Time between polls where there is no interrupt line, in ms. Default 5; a poll that found frames is followed by another soon. */
  pollInterval?: number;
  /** Must agree with the link partner: the chip does not negotiate, and a partner that does then takes half duplex. Default false. */
  fullDuplex?: boolean;
  /**
   * Time after which a transmission that never ended is given up and the transmit logic is reset, in ms. Default 500: sixteen
   * attempts with the longest back-offs between them take 386.
   */
  watchdog?: number;
}

const DEFAULT_POLL_INTERVAL = 5;
const DEFAULT_WATCHDOG = 500;
/** After a poll that found frames more are likely; in ms. */
const BUSY_POLL_INTERVAL = 1;
/** PKTIF may stay clear though packets wait (erratum 6): EPKTCNT is asked for after this many empty polls... */
const EMPTY_POLLS = 8;
/** ...or, with an interrupt line, after this long without an interrupt, in ms. */
const QUIET_TIME = 1000;
/** How long close() waits for a bus that does not answer, in ms. */
const CLOSE_LIMIT = 1000;

const State = { CLOSED: 0, OPENING: 1, OPEN: 2, CLOSING: 3, FAILED: 4, RECOVERING: 5 } as const;
type State = (typeof State)[keyof typeof State];

export class Enc28j60 implements EthernetController {
  readonly driver = "enc28j60";
  readonly address: Uint8Array;
  readonly #bus: SpiBus;
  readonly #pollInterval: number;
  readonly #mode: ReceiveMode = { promiscuous: false, allMulticast: false };

  readonly #commands = new CommandList();
  readonly #session = new Session();
  readonly #ring = new ReceiveRing();
  readonly #transmitter: Transmitter;
  readonly #receiver: Receiver;
  readonly #link: LinkMonitor;
  readonly #bringUp: BringUp;
  readonly #recovery: Recovery;
  readonly #checkup: Checkup;
  readonly #pollTimer: Timer;
  readonly #sleepTimer: Timer;
  readonly #onAssert = (): void => this.#requestPoll();

  #state: State = State.CLOSED;
  /** The open(), or the repair, under way. */
  #opening: Promise<void> | null = null;
  /** Continues close() when the bus or the timer it waits for is done. */
  #resume: (() => void) | null = null;
  /** The engine is at work: in its loop, or waiting for the bus to answer `#user`. */
  #busy = false;
  #user: BusUser | null = null;
  #masked = true;
  /** The poll under way returned POLL_PENDING. */
  #pending = false;
  #emptyPolls = 0;

  /** @throws ControllerError ENC28J60_ADDRESS when the station address is not one */
  constructor(bus: SpiBus, clock: Clock, options: Enc28j60DriverOptions) {
    const { address } = options;
    if (address.length !== MAC_BYTES || ((address[0] as number) & 1) !== 0) {
      const text = Array.from(address, (byte) => byte.toString(16).padStart(2, "0")).join(":");
      throw new ControllerError(
        "ENC28J60_ADDRESS",
        `ENC28J60: station address ${text} will not do: it takes 6 bytes, the first one even, as in 02:00:5e:10:00:01`,
      );
    }
    this.address = Uint8Array.from(address);
    this.#bus = bus;
    this.#session.ownLine = options.interrupt ?? null;
    this.#pollInterval = options.pollInterval ?? DEFAULT_POLL_INTERVAL;
    const run = (): void => this.#run();
    const owner: ReceiverOwner = { pollEnded: () => this.#pollEnded(), chipLost: () => this.#chipLost() };
    const settings = { address: this.address, mode: this.#mode, fullDuplex: options.fullDuplex ?? false };
    this.#transmitter = new Transmitter(this.#session, clock, options.watchdog ?? DEFAULT_WATCHDOG, run);
    this.#receiver = new Receiver(this.#session, this.#ring, this.#mode, owner);
    this.#link = new LinkMonitor(this.#session, clock, run);
    this.#bringUp = new BringUp(bus, clock, this.#session, this.#ring, settings);
    this.#recovery = new Recovery(bus, clock, this.#session, this.#bringUp);
    const confused = (what: string): void => this.#disturbed(new Error(`${what} does not hold what was written to it`));
    this.#checkup = new Checkup(this.#session, new Audit(this.#session, settings), this.#link, clock, confused, run);
    this.#pollTimer = clock.timer(() => this.#pollTimerFired());
    this.#sleepTimer = clock.timer(() => this.#continue());
    this.#commands.batch.onDone = () => this.#answered();
  }

  get statistics(): LinkStatistics {
    return this.#session.statistics;
  }

  get simulated(): boolean {
    return this.#bus.simulated;
  }

  get description(): string {
    const bus = this.#bus.description;
    // A simulated chip that is a bus's only device has introduced itself already.
    if (/enc28j60/i.test(bus)) return bus;
    return `ENC28J60${this.#bringUp.revision ? ` rev ${this.#bringUp.revision}` : ""} on ${bus}`;
  }

  /** How often the receive ring was found corrupt and laid out afresh. */
  get receiveResets(): number {
    return this.#receiver.resets;
  }

  /** How often a transmission never ended and the transmit logic was reset. */
  get transmitTimeouts(): number {
    return this.#transmitter.timeouts;
  }

  /** How often the bus or the chip had to be brought back, and how long that took in all, in ms. */
  get recoveries(): number {
    return this.#recovery.count;
  }

  get recoveryTime(): number {
    return this.#recovery.time;
  }

  /** @throws ControllerError ENC28J60_NOT_FOUND, ENC28J60_BUS, ENC28J60_OPEN, or what the bus throws when it can not be opened */
  open(host: ControllerHost): Promise<void> {
    if (this.#state !== State.CLOSED) {
      return Promise.reject(new ControllerError("ENC28J60_OPEN", `${this.description} is open already; close it first`));
    }
    this.#state = State.OPENING;
    this.#opening = this.#open(host).finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  async close(): Promise<void> {
    const recovering = this.#state === State.RECOVERING;
    if (recovering) {
      this.#state = State.CLOSING;
      this.#recovery.stop();
    }
    await this.#opening?.catch(() => undefined);
    if (!recovering && (this.#state === State.CLOSED || this.#state === State.CLOSING)) return;
    let answering = this.#state === State.OPEN;
    this.#state = State.CLOSING;
    this.#ignoreEvents();
    this.#transmitter.forget();
    if (this.#busy) {
      await this.#sleep(CLOSE_LIMIT);
      answering = !this.#busy;
    }
    this.#release(DropReason.QUEUE_PURGE);
    if (answering) {
      this.#commands.clear();
      this.#commands.clearBits(Register.EIE, Interrupt.INTIE);
      this.#commands.clearBits(Register.ECON1, Econ1.RXEN | Econ1.TXRTS);
      if (!this.#bus.transfer(this.#commands.batch)) await this.#sleep(CLOSE_LIMIT);
    }
    this.#sleepTimer.cancel();
    await this.#bus.close();
    this.#busy = false;
    this.#state = State.CLOSED;
  }

  transmit(skb: SkBuff): boolean {
    const host = this.#session.host;
    if (!host || (this.#state !== State.OPEN && this.#state !== State.RECOVERING)) {
      if (host) host.drops.drop(skb, DropReason.DEV_READY);
      else skb.drop(DropReason.DEV_READY);
      return true;
    }
    const { length } = skb;
    if (length < ETHERNET_HEADER || length > MAX_FRAME) {
      this.statistics.txErrors++;
      host.drops.drop(skb, length > MAX_FRAME ? DropReason.PKT_TOO_BIG : DropReason.PKT_TOO_SMALL);
      return true;
    }
    if (!this.#transmitter.accept(skb)) return false;
    this.#run();
    return true;
  }

  /** The number returned is that of the packets taken from the chip, damaged ones included. */
  poll(budget: number): number {
    if (this.#state !== State.OPEN) {
      if (budget > 0) this.#session.host?.complete(0);
      return 0;
    }
    this.#masked = true;
    this.#receiver.poll(budget);
    this.#run();
    if (!this.#receiver.polling) return this.#receiver.work;
    this.#pending = true;
    return POLL_PENDING;
  }

  setReceiveMode(mode: ReceiveMode): void {
    this.#mode.promiscuous = mode.promiscuous;
    this.#mode.allMulticast = mode.allMulticast;
    if (this.#state !== State.OPEN) return;
    this.#receiver.filterDue = true;
    this.#run();
  }

  async #open(host: ControllerHost): Promise<void> {
    const session = this.#session;
    session.host = host;
    try {
      await this.#bus.open();
      session.lossy = this.#bus.lossy;
      session.line = session.ownLine ?? this.#bus.interrupt;
      this.#transmitter.forget();
      await this.#bringUp.run(session.line !== null).catch(async (error: unknown) => {
        await this.#bus.close();
        throw error;
      });
    } catch (error) {
      this.#state = State.CLOSED;
      throw error;
    }
    host.carrier(session.carrier);
    this.#start();
  }

  /** The chip is set up: from here on the engine has it. */
  #start(): void {
    const { line } = this.#session;
    this.#session.events = 0;
    this.#commands.bankIsFirst();
    this.#transmitter.restart();
    this.#receiver.restart();
    this.#emptyPolls = 0;
    this.#masked = true;
    this.#state = State.OPEN;
    if (line) line.onAssert = this.#onAssert;
    this.#checkup.start();
    this.#unmask();
  }

  /** The bus failed, or the chip makes no sense: what was under way is lost, and both are brought back. */
  #disturbed(reason: Error): void {
    if (this.#state !== State.OPEN) return;
    this.#state = State.RECOVERING;
    this.#ignoreEvents();
    this.#release(DropReason.TX_ABORTED);
    this.#opening = this.#recover(reason).finally(() => {
      this.#opening = null;
    });
  }

  async #recover(reason: Error): Promise<void> {
    const failure = await this.#recovery.run(reason);
    if (this.#state !== State.RECOVERING) return;
    if (failure) {
      this.#fail(this.#busError(failure));
      return;
    }
    this.#busy = false;
    this.#start();
    this.#transmitter.resumed();
    this.#run();
  }

  /** Waits for `duration` ms, or less where the bus is done before. */
  #sleep(duration: number): Promise<void> {
    this.#sleepTimer.arm(duration);
    return this.#resumed();
  }

  #resumed(): Promise<void> {
    return new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  #continue(): void {
    const resume = this.#resume;
    this.#resume = null;
    resume?.();
  }

  #busError(cause: Error): ControllerError {
    if (cause instanceof ControllerError && cause.code.startsWith("ENC28J60_")) return cause;
    return new ControllerError("ENC28J60_BUS", `${this.description}: the SPI bus failed: ${cause.message}`, { cause });
  }

  #chipLost(): void {
    this.#disturbed(
      new ControllerError("ENC28J60_LOST", `${this.description}: the chip stopped answering sensibly; check its supply and wiring`),
    );
  }

  #fail(error: ControllerError): void {
    this.#state = State.FAILED;
    this.#ignoreEvents();
    this.#release(DropReason.TX_ABORTED);
    this.#session.host?.failed(error);
  }

  #ignoreEvents(): void {
    const { line } = this.#session;
    if (line) line.onAssert = null;
    this.#checkup.stop();
    this.#pollTimer.cancel();
    this.#sleepTimer.cancel();
    this.#link.stop();
  }

  /** Gives back every buffer, and ends the poll that may be under way. */
  #release(reason: DropReason): void {
    this.#transmitter.stop(reason);
    this.#receiver.stop();
  }

  #pollTimerFired(): void {
    if (this.#session.line) this.#receiver.countDue = true;
    this.#requestPoll();
  }

  #requestPoll(): void {
    if (this.#masked || this.#state !== State.OPEN) return;
    this.#masked = true;
    this.#session.host?.schedule();
  }

  #pollEnded(): void {
    const host = this.#session.host as ControllerHost;
    const { work, withinBudget } = this.#receiver;
    if (withinBudget && host.complete(work)) this.#unmask();
    if (!this.#pending) return;
    this.#pending = false;
    host.polled(work);
  }

  /** Listens again, once the host has agreed that there is no more for now. */
  #unmask(): void {
    if (this.#state !== State.OPEN) return;
    const receiver = this.#receiver;
    this.#masked = false;
    if (this.#session.line) {
      if (this.#session.line.asserted && !receiver.spurious) this.#requestPoll();
      else this.#pollTimer.arm(receiver.spurious ? this.#pollInterval : QUIET_TIME);
      return;
    }
    if (receiver.work > 0 || receiver.countDue) this.#emptyPolls = 0;
    else if (++this.#emptyPolls >= EMPTY_POLLS) receiver.countDue = true;
    this.#pollTimer.arm(this.#untilNextPoll());
  }

  #untilNextPoll(): number {
    const sent = this.#transmitter.expected;
    if (sent > 0) return Math.min(this.#pollInterval, sent);
    return this.#receiver.work > 0 ? Math.min(this.#pollInterval, BUSY_POLL_INTERVAL) : this.#pollInterval;
  }

  #run(): void {
    if (this.#busy) return;
    this.#busy = true;
    this.#loop();
  }

  #loop(): void {
    const { batch } = this.#commands;
    for (let user = this.#choose(); user; user = this.#choose()) {
      this.#commands.clear();
      user.prepare(this.#commands);
      if (batch.length === 0) continue;
      this.#user = user;
      if (!this.#bus.transfer(batch)) return;
      this.#finish(user);
    }
    this.#busy = false;
    if (this.#state === State.CLOSING) this.#continue();
  }

  /** The batch that was on the bus has its answers. */
  #answered(): void {
    if (this.#state === State.OPEN) {
      this.#finish(this.#user as BusUser);
      this.#loop();
      return;
    }
    if (this.#state === State.CLOSING) this.#busy = false;
    this.#continue();
  }

  /** Whoever is most urgent: a packet half read, then frames out, then the link, then the next packet in. */
  #choose(): BusUser | null {
    if (this.#state !== State.OPEN) return null;
    if (this.#receiver.exclusive) return this.#receiver;
    if (this.#checkup.due) return this.#checkup;
    if (this.#transmitter.due) return this.#transmitter;
    if (this.#link.due) return this.#link;
    return this.#receiver.due ? this.#receiver : null;
  }

  #finish(user: BusUser): void {
    const { error } = this.#commands.batch;
    if (error) {
      this.#disturbed(error);
      return;
    }
    user.finish(this.#commands);
    // Without an interrupt line nobody tells that a frame has left: look when it should have.
    if (user === this.#transmitter && !this.#session.line && !this.#masked) this.#pollTimer.arm(this.#untilNextPoll());
  }
}
