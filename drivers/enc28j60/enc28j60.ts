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
import { CommandList } from "./command-list.ts";
import { LinkMonitor } from "./link.ts";
import { Receiver, type ReceiverOwner } from "./receiver.ts";
import { Econ1, Econ2, Estat, Interrupt, LSTAT, Phy, Register, revisionName } from "./registers.ts";
import { ReceiveRing } from "./ring.ts";
import { type BusUser, Session } from "./session.ts";
import { notFound, OSCILLATOR_START, PHY_TIME, phySetup, RESET_TIME, setUpMac, start } from "./setup.ts";
import { Transmitter } from "./transmitter.ts";

export interface Enc28j60DriverOptions {
  /** Station address, 6 bytes; the chip has none of its own. */
  address: Uint8Array;
  /** The chip's INT pin. Without it the chip is polled. */
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

const State = { CLOSED: 0, OPENING: 1, OPEN: 2, CLOSING: 3, FAILED: 4 } as const;
type State = (typeof State)[keyof typeof State];

export class Enc28j60 implements EthernetController {
  readonly driver = "enc28j60";
  readonly address: Uint8Array;
  readonly #bus: SpiBus;
  readonly #line: InterruptLine | null;
  readonly #pollInterval: number;
  readonly #fullDuplex: boolean;
  readonly #mode: ReceiveMode = { promiscuous: false, allMulticast: false };

  readonly #commands = new CommandList();
  readonly #session = new Session();
  readonly #ring = new ReceiveRing();
  readonly #transmitter: Transmitter;
  readonly #receiver: Receiver;
  readonly #link: LinkMonitor;
  readonly #pollTimer: Timer;
  readonly #sleepTimer: Timer;
  readonly #onAssert = (): void => this.#requestPoll();

  #state: State = State.CLOSED;
  #revision: string | null = null;
  /** The open() under way, and what continues it, or close(), when the bus or the timer it waits for is done. */
  #opening: Promise<void> | null = null;
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
    this.#line = options.interrupt ?? null;
    this.#pollInterval = options.pollInterval ?? DEFAULT_POLL_INTERVAL;
    this.#fullDuplex = options.fullDuplex ?? false;
    const run = (): void => this.#run();
    const owner: ReceiverOwner = { pollEnded: () => this.#pollEnded(), chipLost: () => this.#chipLost() };
    this.#transmitter = new Transmitter(this.#session, this.#ring, clock, options.watchdog ?? DEFAULT_WATCHDOG, run);
    this.#receiver = new Receiver(this.#session, this.#ring, this.#line, this.#mode, owner);
    this.#link = new LinkMonitor(this.#session, clock, run);
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
    return `ENC28J60${this.#revision ? ` rev ${this.#revision}` : ""} on ${bus}`;
  }

  /** How often the receive ring was found corrupt and laid out afresh. */
  get receiveResets(): number {
    return this.#receiver.resets;
  }

  /** How often a transmission never ended and the transmit logic was reset. */
  get transmitTimeouts(): number {
    return this.#transmitter.timeouts;
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
    await this.#opening?.catch(() => undefined);
    if (this.#state === State.CLOSED || this.#state === State.CLOSING) return;
    let answering = this.#state === State.OPEN;
    this.#state = State.CLOSING;
    this.#ignoreEvents();
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
    if (!host || this.#state !== State.OPEN) {
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
    this.#session.host = host;
    try {
      await this.#bus.open();
      await this.#bringUp().catch(async (error: unknown) => {
        await this.#bus.close();
        throw error;
      });
    } catch (error) {
      this.#ignoreEvents();
      this.#state = State.CLOSED;
      throw error;
    }
    this.#state = State.OPEN;
    host.carrier(this.#session.carrier);
    this.#unmask();
  }

  async #bringUp(): Promise<void> {
    const commands = this.#commands;
    this.#session.events = 0;
    this.#transmitter.restart();
    this.#receiver.restart();
    this.#masked = true;
    this.#emptyPolls = 0;

    // A chip in power save ignores a reset (erratum 19): wake it first.
    commands.clear();
    commands.clearBits(Register.ECON2, Econ2.PWRSV);
    await this.#exchange();
    await this.#sleep(OSCILLATOR_START);
    commands.clear();
    commands.reset();
    await this.#exchange();
    await this.#sleep(RESET_TIME);
    await this.#identify();

    commands.clear();
    setUpMac(commands, this.#ring, this.address, this.#mode, this.#fullDuplex);
    await this.#exchange();
    for (const [register, value] of phySetup(this.#fullDuplex)) {
      commands.clear();
      commands.writePhy(register, value);
      await this.#exchange();
      await this.#sleep(PHY_TIME);
    }
    // PHIR before PHSTAT2, and EIE after both: a link that changes from here on leaves LINKIF set.
    await this.#readPhy(Phy.PHIR);
    this.#session.carrier = ((await this.#readPhy(Phy.PHSTAT2)) & LSTAT) !== 0;
    if (this.#line) this.#line.onAssert = this.#onAssert;
    commands.clear();
    start(commands, this.#line !== null);
    await this.#exchange();
  }

  async #identify(): Promise<void> {
    const commands = this.#commands;
    commands.clear();
    const revisionAt = commands.read(Register.EREVID);
    const statusAt = commands.read(Register.ESTAT);
    await this.#exchange();
    const erevid = commands.value(revisionAt);
    this.#revision = revisionName(erevid);
    if (this.#revision && (commands.value(statusAt) & Estat.ALWAYS_ZERO) === 0) return;
    throw notFound(this.#bus.description, erevid);
  }

  async #readPhy(register: number): Promise<number> {
    this.#commands.clear();
    this.#commands.startPhyRead(register);
    await this.#exchange();
    await this.#sleep(PHY_TIME);
    this.#commands.clear();
    const at = this.#commands.finishPhyRead();
    await this.#exchange();
    return this.#commands.phyValue(at);
  }

  /** Runs the batch as it stands, for open(). */
  async #exchange(): Promise<void> {
    const { batch } = this.#commands;
    if (!this.#bus.transfer(batch)) await this.#resumed();
    if (batch.error) throw this.#busError(batch.error);
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
    return new ControllerError("ENC28J60_BUS", `${this.description}: the SPI bus failed: ${cause.message}`, { cause });
  }

  #chipLost(): void {
    this.#fail(
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
    if (this.#line) this.#line.onAssert = null;
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
    if (this.#line) this.#receiver.countDue = true;
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
    if (this.#line) {
      if (this.#line.asserted && !receiver.spurious) this.#requestPoll();
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
    if (this.#transmitter.due) return this.#transmitter;
    if (this.#link.due) return this.#link;
    return this.#receiver.due ? this.#receiver : null;
  }

  #finish(user: BusUser): void {
    const { error } = this.#commands.batch;
    if (error) {
      this.#fail(this.#busError(error));
      return;
    }
    user.finish(this.#commands);
    // Without an interrupt line nobody tells that a frame has left: look when it should have.
    if (user === this.#transmitter && !this.#line && !this.#masked) this.#pollTimer.arm(this.#untilNextPoll());
  }
}
