/**
 * Microchip ENC28J60: 10 Mbit/s Ethernet behind SPI.
 *
 * One engine (engine.ts) owns the bus. Transmitter, receiver, link monitor and check-up say when they have work for it. The engine lets
 * the most urgent one fill a batch, hands the batch to the bus, lets the same part digest the answers, and chooses again. It serves a
 * bus that answers at once in a loop; one that answers later continues the loop from its callback: one code path, no recursion, and
 * nothing allocated for a frame. attention.ts decides when the chip is polled.
 *
 * Sections are those of Microchip's DS39662, errata those of DS80349.
 */
import type { ChipPins } from "../../hal/chip-pins.ts";
import type { Clock } from "../../hal/clock.ts";
import { DropReason } from "../../hal/drop-reason.ts";
import {
  type ControllerCapabilities,
  type ControllerHealth,
  type ControllerHost,
  type EthernetController,
  type LinkStatistics,
  POLL_PENDING,
  type ReceiveMode,
} from "../../hal/ethernet.ts";
import { unsendable } from "../../hal/kit/outgoing.ts";
import type { SkBuff } from "../../hal/skbuff.ts";
import type { SpiBus } from "../../hal/spi.ts";
import { Attention } from "./attention.ts";
import { Audit } from "./audit.ts";
import { BringUp } from "./bring-up.ts";
import { CAPABILITIES } from "./capabilities.ts";
import { Checkup } from "./checkup.ts";
import { type Counter, countersOf } from "./counters.ts";
import { Engine } from "./engine.ts";
import { busFailed, lost, notOpen, openAlready, stationAddress } from "./errors.ts";
import { Exchange } from "./exchange.ts";
import { Filters } from "./filters.ts";
import { EventFlags } from "./flags.ts";
import { LinkMonitor } from "./link.ts";
import type { Enc28j60DriverOptions } from "./options.ts";
import { Power } from "./power.ts";
import { Receiver, type ReceiverOwner } from "./receiver.ts";
import { isSilent, Recovery } from "./recovery.ts";
import { Econ1, Interrupt, Register } from "./registers.ts";
import { ReceiveRing } from "./ring.ts";
import { Session } from "./session.ts";
import { Transmitter } from "./transmitter.ts";
import { Waiter } from "./waiter.ts";

export type { Enc28j60DriverOptions } from "./options.ts";

const DEFAULT_POLL_INTERVAL = 5;
const DEFAULT_WATCHDOG = 500;
/** How long close() waits for a bus that does not answer, in ms. */
const CLOSE_LIMIT = 1000;
/** How long suspend() waits for frames under way, in ms, beyond the watchdog's time. */
const DRAIN_TIME = 100;

const State = { CLOSED: 0, OPENING: 1, OPEN: 2, CLOSING: 3, FAILED: 4, RECOVERING: 5, SUSPENDED: 6, RESUMING: 7 } as const;
type State = (typeof State)[keyof typeof State];

export class Enc28j60 implements EthernetController {
  readonly driver = "enc28j60";
  readonly heals = true;
  readonly capabilities: ControllerCapabilities = CAPABILITIES;
  readonly address: Uint8Array;
  readonly #bus: SpiBus;
  readonly #pins: ChipPins | null;
  readonly #drainTime: number;
  readonly #filters = new Filters();

  readonly #session: Session;
  readonly #ring = new ReceiveRing();
  readonly #transmitter: Transmitter;
  readonly #receiver: Receiver;
  readonly #link: LinkMonitor;
  readonly #engine: Engine;
  readonly #exchange: Exchange;
  readonly #attention: Attention;
  readonly #bringUp: BringUp;
  readonly #power: Power;
  readonly #recovery: Recovery;
  readonly #checkup: Checkup;
  /** For what close() and suspend() wait for. */
  readonly #waiter: Waiter;

  #state: State = State.CLOSED;
  /** The open(), suspend(), resume() or repair under way. */
  #transition: Promise<void> | null = null;
  /** suspend() waits for what is under way. */
  #draining = false;
  /** The poll under way returned POLL_PENDING. */
  #pending = false;

  /** @throws ControllerError ENC28J60_ADDRESS when the station address is not one */
  constructor(bus: SpiBus, clock: Clock, options: Enc28j60DriverOptions) {
    this.address = stationAddress(options.address);
    this.#bus = bus;
    const watchdog = options.watchdog ?? DEFAULT_WATCHDOG;
    this.#session = new Session(options.fullDuplex ?? false);
    this.#session.ownLine = options.interrupt ?? null;
    this.#drainTime = watchdog + DRAIN_TIME;
    const run = (): void => this.#engine.run();
    const chipLost = (): void => this.#disturbed(lost(this.description));
    const owner: ReceiverOwner = { pollEnded: () => this.#pollEnded(), chipLost };
    const exchange = new Exchange(bus, clock, this.#session);
    this.#exchange = exchange;
    const confused = (reason: Error): void => {
      this.#checkup.repairing();
      this.#disturbed(reason, true);
    };
    this.#session.onDoubt = () => this.#checkup.urge();
    this.#transmitter = new Transmitter(this.#session, clock, watchdog, confused, run);
    const flags = new EventFlags(this.#session, () => this.#transmitter.sentByNow);
    this.#receiver = new Receiver(this.#session, this.#ring, this.#filters, owner, flags);
    this.#link = new LinkMonitor(this.#session, clock, confused, run);
    const look = (): unknown => this.#session.host?.schedule();
    const interval = options.pollInterval ?? DEFAULT_POLL_INTERVAL;
    this.#attention = new Attention(this.#session, this.#receiver, this.#transmitter, clock, interval, look);
    const audit = new Audit(this.#session, this.address, this.#ring, this.#filters);
    this.#bringUp = new BringUp(bus, exchange, this.#session, this.#ring, { address: this.address, filters: this.#filters }, audit);
    this.#power = new Power(exchange, this.#session);
    this.#pins = options.pins ?? null;
    if (this.#pins) this.#pins.onDisturbed = () => this.#pinsDisturbed();
    this.#recovery = new Recovery(bus, clock, this.#session, this.#bringUp, this.#pins);
    this.#checkup = new Checkup(this.#session, audit, this.#link, this.#ring, clock, {
      confused,
      packetsWait: (stray) => this.#packetsWait(stray),
      ready: run,
    });
    const parts = { receiver: this.#receiver, checkup: this.#checkup, transmitter: this.#transmitter, link: this.#link };
    this.#engine = new Engine(bus, parts, {
      disturbed: (reason) => this.#disturbed(reason),
      transmitted: () => this.#attention.sending(),
      idle: () => this.#waiter.done(),
    });
    this.#waiter = new Waiter(clock);
  }

  get statistics(): LinkStatistics {
    return this.#session.statistics;
  }

  get health(): ControllerHealth {
    return this.#session.health;
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

  /** Everything that is counted, by name, as `ethtool -S` has it. */
  driverStatistics(): readonly Counter[] {
    return countersOf(this.statistics, this.#receiver, this.#transmitter, this.#recovery, [this.#engine, this.#exchange]);
  }

  /**
   * @throws ControllerError ENC28J60_NOT_FOUND, ENC28J60_SPI_CLOCK, ENC28J60_BUS, ENC28J60_OPEN, or what the bus throws when it can
   * not be opened
   */
  open(host: ControllerHost): Promise<void> {
    if (this.#state !== State.CLOSED) {
      return Promise.reject(openAlready(this.description));
    }
    this.#state = State.OPENING;
    return this.#inTransition(this.#open(host));
  }

  async close(): Promise<void> {
    let stopped = false;
    // One may end in another: a chip that does not fall asleep is repaired.
    for (let transition = this.#transition; transition; transition = this.#transition) {
      if (this.#state === State.RECOVERING || this.#state === State.FAILED) {
        this.#state = State.CLOSING;
        stopped = true;
        this.#recovery.stop();
      }
      await transition.catch(() => undefined);
    }
    if (!stopped && (this.#state === State.CLOSED || this.#state === State.CLOSING)) return;
    let answering = this.#state === State.OPEN;
    this.#state = State.CLOSING;
    this.#ignoreEvents();
    this.#transmitter.forget();
    if (this.#engine.busy) {
      await this.#waiter.sleep(CLOSE_LIMIT);
      answering = !this.#engine.busy;
    }
    this.#release(DropReason.QUEUE_PURGE);
    if (answering) {
      this.#engine.commands.clear();
      this.#engine.commands.clearBits(Register.EIE, Interrupt.INTIE);
      this.#engine.commands.clearBits(Register.ECON1, Econ1.RXEN | Econ1.TXRTS);
      if (!this.#bus.transfer(this.#engine.commands.batch)) await this.#waiter.sleep(CLOSE_LIMIT);
    }
    await this.#bus.close();
    this.#pins?.off();
    this.#engine.busy = false;
    this.#state = State.CLOSED;
  }

  /**
   * Puts the chip to sleep, frames that it already has sent first; those offered from now on are dropped with DEV_READY. The carrier
   * is not told to be gone: whoever sleeps a while wants to know its neighbours when it wakes. close() works on a sleeping chip.
   * @throws ControllerError ENC28J60_NOT_OPEN; ENC28J60_BUS, and then the chip is being repaired
   */
  suspend(): Promise<void> {
    if (this.#state === State.SUSPENDED) return Promise.resolve();
    if (this.#state !== State.OPEN || this.#draining) return Promise.reject(notOpen(this.description, "sleep"));
    return this.#inTransition(this.#suspend());
  }

  /**
   * Wakes it. Frames are accepted from the call on and sent when the link is back; one that was there before is waited for a while,
   * and then said to be gone.
   * @throws ControllerError ENC28J60_NOT_OPEN; ENC28J60_BUS, and then the chip is being repaired
   */
  resume(): Promise<void> {
    if (this.#state === State.OPEN && !this.#draining) return Promise.resolve();
    if (this.#state !== State.SUSPENDED) return Promise.reject(notOpen(this.description, "wake"));
    const { disturbance } = this.#engine;
    if (disturbance) {
      this.#state = State.OPEN;
      this.#disturbed(disturbance);
      return Promise.resolve();
    }
    this.#state = State.RESUMING;
    return this.#inTransition(this.#wake());
  }

  transmit(skb: SkBuff): boolean {
    const host = this.#session.host;
    const accepting = this.#state === State.OPEN || this.#state === State.RECOVERING || this.#state === State.RESUMING;
    if (!host || !accepting || this.#draining) {
      if (host) host.drops.drop(skb, DropReason.DEV_READY);
      else skb.drop(DropReason.DEV_READY);
      return true;
    }
    const refusal = unsendable(skb);
    if (refusal !== DropReason.NONE) return this.#transmitter.refuse(host, skb, refusal);
    if (!this.#transmitter.accept(skb)) return false;
    this.#engine.run();
    return true;
  }

  /** The number returned is that of the packets taken from the chip, damaged ones included. */
  poll(budget: number): number {
    if (this.#state !== State.OPEN) {
      if (budget > 0) this.#session.host?.complete(0);
      return 0;
    }
    this.#attention.mask();
    this.#receiver.poll(budget);
    this.#engine.run();
    if (!this.#receiver.polling) return this.#receiver.work;
    this.#pending = true;
    return POLL_PENDING;
  }

  setReceiveMode(mode: ReceiveMode): void {
    this.#filters.set(mode);
    if (this.#state === State.OPEN) this.#engine.run();
  }

  async #open(host: ControllerHost): Promise<void> {
    const session = this.#session;
    session.host = host;
    try {
      await this.#pins?.on();
      this.#engine.disturbance = null;
      await this.#bus.open();
      this.#checkup.forget();
      session.judge(this.#bus);
      this.#engine.commands.longest = this.#bus.longest ?? Number.POSITIVE_INFINITY;
      this.#transmitter.forget();
      await this.#bringUp.run().catch(async (error: unknown) => {
        await this.#bus.close();
        throw error;
      });
    } catch (error) {
      this.#pins?.off();
      this.#state = State.CLOSED;
      throw error;
    }
    host.carrier(session.carrier);
    this.#start();
    // Another receive mode may have been asked for meanwhile.
    this.#engine.run();
  }

  /** The chip is set up: from here on the engine has it. */
  #start(): void {
    this.#session.events = 0;
    this.#engine.commands.bankIsFirst();
    this.#transmitter.restart();
    this.#receiver.restart();
    this.#state = State.OPEN;
    this.#engine.active = true;
    this.#checkup.start();
    this.#attention.start();
  }

  async #suspend(): Promise<void> {
    this.#draining = true;
    for (let left = this.#drainTime; left > 0 && this.#state === State.OPEN && !this.#quiet; left--) await this.#waiter.sleep(1);
    this.#draining = false;
    if (this.#state !== State.OPEN) throw notOpen(this.description, "sleep");
    this.#state = State.SUSPENDED;
    this.#ignoreEvents();
    if (this.#engine.busy) await this.#waiter.sleep(CLOSE_LIMIT);
    this.#engine.busy = false;
    this.#release(DropReason.DEV_READY);
    await this.#power.down().catch((error: Error) => this.#repair(State.SUSPENDED, error));
  }

  async #wake(): Promise<void> {
    const session = this.#session;
    const before = session.carrier;
    await this.#power.up().catch((error: Error) => this.#repair(State.RESUMING, error));
    if (this.#state !== State.RESUMING) return;
    if (session.carrier !== before) session.host?.carrier(session.carrier);
    this.#start();
    // Packets may wait from before, and where ERDPT stands is not known.
    session.astray = true;
    this.#receiver.countDue = true;
    this.#attention.request();
    // A set-up that was lost asleep is found before the first frame leaves.
    this.#checkup.look();
  }

  /** Nothing is on its way to the wire or to the host. */
  get #quiet(): boolean {
    return this.#transmitter.idle && !this.#engine.busy && !this.#receiver.polling && !this.#receiver.holding;
  }

  /** Hands a chip that did not fall asleep or wake up to the repair. */
  #repair(from: State, error: Error): never {
    if (this.#state === from) {
      this.#state = State.OPEN;
      this.#disturbed(error);
    }
    throw error;
  }

  /** Remembers what close() has to wait for. */
  #inTransition(work: Promise<void>): Promise<void> {
    const transition = work.finally(() => {
      if (this.#transition === transition) this.#transition = null;
    });
    this.#transition = transition;
    return transition;
  }

  /**
   * The bus failed, or the chip makes no sense: what was under way is lost, and both are brought back.
   * @param found the chip was found to have lost its set-up
   */
  #disturbed(reason: Error, found = false): void {
    if (this.#state !== State.OPEN) return;
    this.#state = State.RECOVERING;
    this.#ignoreEvents();
    this.#release(DropReason.TX_ABORTED);
    this.#receiver.lose();
    const hard = this.#engine.disturbance !== null;
    this.#engine.disturbance = null;
    void this.#inTransition(this.#recover(reason, hard, found));
  }

  async #recover(reason: Error, hard: boolean, found: boolean): Promise<void> {
    const works = await this.#recovery.run(reason, hard, (error) => this.#fail(error));
    const failed = this.#state === State.FAILED;
    if (!works || (this.#state !== State.RECOVERING && !failed)) return;
    this.#engine.busy = false;
    this.#start();
    this.#transmitter.resumed();
    this.#engine.run();
    // The link told that the failure is over, if there is one.
    if (failed ? !this.#session.carrier : found) this.#session.host?.repaired?.(reason.message);
  }

  /** The chip may have been reset; the batch that is on the bus comes to its end first. */
  #pinsDisturbed(): void {
    this.#engine.disturbance = new Error("whoever holds the chip's pins restarted");
    if (!this.#engine.busy) this.#disturbed(this.#engine.disturbance);
  }

  /** Told once; the repair goes on. Frames are refused until it has helped. */
  #fail(error: Error): void {
    this.#state = State.FAILED;
    this.#transmitter.stop(DropReason.TX_ABORTED);
    this.#transmitter.resumed();
    this.#session.host?.failed(isSilent(error) ? lost(this.description) : busFailed(this.description, error));
  }

  #packetsWait(stray: boolean): void {
    if (this.#receiver.holding) return;
    this.#receiver.stray = stray;
    this.#receiver.countDue = true;
    this.#attention.request();
  }

  /** The engine ends with the batch that is on the bus. */
  #ignoreEvents(): void {
    this.#engine.active = false;
    this.#attention.stop();
    this.#checkup.stop();
    this.#link.stop();
  }

  /** Gives back every buffer, and ends the poll that may be under way. */
  #release(reason: DropReason): void {
    this.#transmitter.stop(reason);
    this.#receiver.stop();
  }

  #pollEnded(): void {
    const host = this.#session.host as ControllerHost;
    const { work, withinBudget } = this.#receiver;
    if (withinBudget && host.complete(work) && this.#state === State.OPEN) this.#attention.unmask();
    if (!this.#pending) return;
    this.#pending = false;
    host.polled(work);
  }
}
