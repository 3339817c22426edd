/**
 * Intel 82540EM, the e1000: gigabit Ethernet with descriptor rings in memory that it shares with its driver.
 *
 *     const controller = new E1000(clock, bus);
 *     await controller.open(host);
 *
 * Frames come and go without an access to the chip: it writes descriptors, the driver reads them. Registers, which may cost 20 µs
 * each, are written once for a batch: RDT when 16 buffers were refilled, TDT at the end of a poll or of a turn of the event loop, and
 * a poll as a whole costs reading ICR, writing IMC and IMS. Everything is synchronous, and nothing is allocated for a frame.
 *
 * TXDW is enabled only while frames are on their way: answers that are sent within a poll are mostly done by the next one, and a chip
 * that sends within the write of TDT costs no interrupt at all.
 *
 * A look at some fifteen registers a second finds a chip that lost its set-up; the driver restores the set-up and gives the chip the
 * frames again that it had not sent. A chip that does not keep its set-up, or does not send, has failed.
 */
import type { Clock, Task } from "../../hal/clock.ts";
import { DropReason } from "../../hal/drop-reason.ts";
import {
  type ControllerError,
  type ControllerHost,
  ETHERNET_HEADER,
  type EthernetController,
  MAX_TAGGED_FRAME,
  type ReceiveMode,
} from "../../hal/ethernet.ts";
import { type MmioBus, NO_ANSWER } from "../../hal/mmio.ts";
import type { SkBuff, SkBuffPool } from "../../hal/skbuff.ts";
import type { Timer } from "../../hal/timer.ts";
import { bringUp } from "./bring-up.ts";
import { E1000Description } from "./description.ts";
import { beyondRepair, notOpen, openAlready, overtaken, silenced } from "./errors.ts";
import { AddressFilter } from "./filters.ts";
import type { Guard } from "./guard.ts";
import { InterruptMask } from "./interrupts.ts";
import { type E1000Options, type Settings, settingsOf } from "./options.ts";
import { makeParts } from "./parts.ts";
import { silent, steady } from "./reading.ts";
import type { Receiver } from "./receiver.ts";
import { Cause, Rctl, Register, Status } from "./registers.ts";
import type { DmaLayout } from "./rings.ts";
import { halt, probe, RESET_TIME, setUp } from "./setup.ts";
import { sleep } from "./sleep.ts";
import type { Transmitter } from "./transmitter.ts";

/** Between looks at the chip's set-up, its link and its counts, in ms. */
const WATCH = 1000;
/** Until the next look whether the stack has given buffers back, when the receive ring could not be filled, in ms. */
const STARVED = 5;
/** How long suspend() waits for frames on their way out, in ms. */
const DRAIN_TIME = 100;

export type { E1000Options } from "./options.ts";

const State = { CLOSED: 0, OPENING: 1, OPEN: 2, RESETTING: 3, CLOSING: 4, FAILED: 5, SUSPENDED: 6 } as const;
type State = (typeof State)[keyof typeof State];

// Constants of this module's own: V8 reads an imported or exported one anew at each use (docs/datapath.md).
const [SHORTEST, LONGEST] = [ETHERNET_HEADER, MAX_TAGGED_FRAME];

export class E1000 extends E1000Description implements EthernetController {
  readonly #clock: Clock;
  readonly #bus: MmioBus;
  readonly #settings: Settings;
  readonly #filter = new AddressFilter();
  readonly #interrupts: InterruptMask;
  readonly #doorbell: Task;
  readonly #linkCheck: Task;
  readonly #failTask: Task;
  readonly #watchdog: Timer;
  readonly #starved: Timer;
  readonly #resetTimer: Timer;
  readonly #onAssert = (): void => this.#interrupt();

  #state: State = State.CLOSED;
  #opening: Promise<void> | null = null;
  #failure: ControllerError | null = null;
  /** The last one that opened it: a poll that was due, and frames that come late, are still told of. */
  #host: ControllerHost | null = null;
  /** Made when the device's memory is first seen, and kept. */
  #layout: DmaLayout | null = null;
  #receiver!: Receiver;
  #transmitter!: Transmitter;
  #guard!: Guard;
  #polling = false;
  #carrier = false;
  /** The fault that the reset under way is to mend. */
  #repairing: string | null = null;

  /** @throws ControllerError E1000_RING, E1000_ADDRESS, E1000_INTERRUPT_RATE: the options make no sense */
  constructor(clock: Clock, bus: MmioBus, options: E1000Options = {}) {
    super(clock, bus);
    this.#settings = settingsOf(options);
    this.address.set(this.#settings.mac ?? []);
    this.#clock = clock;
    this.#bus = bus;
    this.#interrupts = new InterruptMask(bus);
    this.#doorbell = clock.task(() => this.#ring());
    this.#linkCheck = clock.task(() => this.#checkLink());
    this.#failTask = clock.task(() => this.#fail());
    this.#watchdog = clock.timer(() => this.#watch());
    this.#starved = clock.timer(() => this.#feed());
    this.#resetTimer = clock.timer(() => this.#restart());
  }

  /** Packet memory of received frames, which counts those out in the stack; null before the first open(). */
  get buffers(): SkBuffPool | null {
    return this.#layout?.pool ?? null;
  }

  /**
   * Takes some 20 ms. A device that failed may be opened again without being closed.
   * @throws ControllerError E1000_NOT_FOUND, E1000_RESET, E1000_EEPROM, E1000_PHY, DMA_NO_MEMORY, E1000_OPEN (open already, or
   * closed meanwhile), or what the bus throws
   */
  async open(host: ControllerHost): Promise<void> {
    if (this.#state === State.FAILED) await this.close();
    if (this.#state !== State.CLOSED) throw openAlready(this.description);
    this.#state = State.OPENING;
    this.#opening = this.#open(host).finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  async close(): Promise<void> {
    if (this.#state === State.CLOSED || this.#state === State.CLOSING) return;
    const before = this.#state;
    this.#state = State.CLOSING;
    if (before === State.OPENING) {
      // It sees that it was overtaken, and cleans up.
      await this.#opening?.catch(() => undefined);
      return;
    }
    if (before === State.OPEN) this.chip.harvest();
    this.#quiet();
    if (before !== State.FAILED) halt(this.#bus, this.health);
    this.#release(DropReason.QUEUE_PURGE);
    this.#carrier = false;
    await this.#bus.close();
    this.#state = State.CLOSED;
  }

  /** Takes no frame and no interrupt; the receiver is off. @throws ControllerError E1000_NOT_OPEN */
  async suspend(): Promise<void> {
    if (this.#state === State.SUSPENDED) return;
    if (this.#state !== State.OPEN) throw notOpen(this.description, "sleep");
    this.chip.harvest();
    this.#quiet();
    this.#interrupts.mask();
    this.#state = State.SUSPENDED;
    this.#bus.write32(Register.RCTL, this.#filter.rctl & ~Rctl.EN);
    if (this.#transmitter.unrung) this.#transmitter.ring();
    for (let left = DRAIN_TIME; left > 0 && this.#state === State.SUSPENDED && this.#transmitter.outstanding; left--) {
      await sleep(this.#clock, 1);
      this.#transmitter.clean(this.#host as ControllerHost);
    }
  }

  /** A set-up that the chip lost asleep is found at once. @throws ControllerError E1000_NOT_OPEN */
  async resume(): Promise<void> {
    if (this.#state === State.OPEN) return;
    if (this.#state !== State.SUSPENDED) throw notOpen(this.description, "wake");
    this.#filter.write(this.#bus, this.address);
    this.#listen();
    this.#feed();
    this.#unmask();
    this.#watch();
  }

  transmit(skb: SkBuff): boolean {
    const host = this.#host;
    const open = this.#state === State.OPEN || this.#state === State.RESETTING;
    const fits = skb.length >= SHORTEST && skb.length <= LONGEST;
    if (host === null || !open || this.#carrier === false || !fits) return this.#turnAway(skb);
    if (this.#transmitter.accept(skb, host)) {
      // Within a poll, its end rings; else the end of this turn of the event loop, for more may follow.
      if (this.#polling === false) this.#doorbell.schedule();
      return true;
    }
    if (this.#transmitter.unrung) this.#transmitter.ring();
    return false;
  }

  /** Drops a frame that cannot be sent now, or ever. @returns true, for transmit() */
  #turnAway(skb: SkBuff): true {
    const host = this.#host;
    if (host && (this.#state === State.OPEN || this.#state === State.RESETTING)) return this.#transmitter.misfit(host, skb);
    if (host) host.drops.drop(skb, DropReason.DEV_READY);
    else skb.drop(DropReason.DEV_READY);
    return true;
  }

  poll(budget: number): number {
    const host = this.#host;
    if (!host || this.#state !== State.OPEN) {
      if (budget > 0) host?.complete(0);
      return 0;
    }
    let work = 0;
    let complete = false;
    this.#polling = true;
    try {
      this.#transmitter.clean(host);
      work = this.#receiver.poll(host, budget);
      // Before the doorbell: it may hand up what the host has collected, and answers follow.
      if (work < budget && this.working) complete = host.complete(work);
    } finally {
      // A handler may have thrown, or closed this controller.
      this.#polling = false;
      if (this.working && this.#transmitter.unrung) {
        this.#transmitter.ring();
        // A chip that sends at once is done by now.
        this.#transmitter.clean(host);
      }
      this.#feed();
    }
    if (complete && this.working) this.#unmask();
    return work;
  }

  setReceiveMode(mode: ReceiveMode): void {
    const before = this.#filter.rctl;
    this.#filter.set(mode, this.working ? this.#bus : null);
    // Written only if it changes: after any write of RCTL QEMU's chip receives nothing for a second.
    if (this.working && this.#filter.rctl !== before) this.#bus.write32(Register.RCTL, this.#filter.rctl);
  }

  async #open(host: ControllerHost): Promise<void> {
    const bus = this.#bus;
    this.#host = host;
    this.#failure = null;
    try {
      await bus.open();
      bus.onFailed = (error) => this.#failed(error);
      try {
        this.#notClosed();
        probe(bus);
        if (!this.#layout) {
          const ground = { bus, filter: this.#filter, interrupts: this.#interrupts, chip: this.chip, link: this.link };
          const parts = makeParts({ ...ground, health: this.health }, this.#settings);
          ({ receiver: this.#receiver, transmitter: this.#transmitter, guard: this.#guard, layout: this.#layout } = parts);
        }
        // Nobody who was refused before close() waits for a wake() any more.
        this.#transmitter.forget();
        this.address.set(await bringUp(bus, this.#clock, this.#settings, this.health, () => this.#notClosed()));
      } catch (error) {
        bus.onFailed = null;
        await bus.close();
        throw this.#failure ?? error;
      }
    } catch (error) {
      this.#state = State.CLOSED;
      throw error;
    }
    this.chip.discard();
    this.#repairing = null;
    this.#guard.trust();
    const status = this.#start();
    this.health.provenAt = this.#clock.now();
    this.#carrier = status !== NO_ANSWER && (status & Status.LU) !== 0;
    host.carrier(this.#carrier);
  }

  #notClosed(): void {
    if (this.#failure) throw this.#failure;
    if (this.#state !== State.OPENING) throw overtaken(this.description);
  }

  /** After setUp(): rings, filters, and everything on. Returns STATUS. */
  #start(): number {
    const bus = this.#bus;
    this.#filter.write(bus, this.address);
    this.#receiver.setUp();
    this.#transmitter.setUp();
    this.#listen();
    this.#guard.begin(this.address);
    const status = steady(bus, Register.STATUS, this.health);
    this.#transmitter.negotiated(status);
    this.#feed();
    this.#unmask();
    return status;
  }

  #listen(): void {
    this.#state = State.OPEN;
    this.#bus.interrupt.onAssert = this.#onAssert;
    this.#watchdog.arm(WATCH);
    this.#bus.write32(Register.RCTL, this.#filter.rctl);
  }

  #interrupt(): void {
    if (this.#state !== State.OPEN || this.#interrupts.masked) return;
    const causes = this.#interrupts.take();
    // Another device's, on a line that is shared; or ours, and misread, which the ring knows.
    if (causes === 0 && !this.#receiver.ready) return;
    if (causes === NO_ANSWER && this.#gone()) return;
    if ((causes & (Cause.LSC | Cause.RXSEQ)) !== 0) this.#linkCheck.schedule();
    this.#schedulePoll();
  }

  #schedulePoll(): void {
    this.#interrupts.mask();
    this.#host?.schedule();
  }

  #unmask(): void {
    this.#interrupts.unmask(this.#transmitter.outstanding);
    // A frame that came after the last look at the ring shows on the interrupt line; if that fails, it shows in the ring.
    if (this.#interrupts.masked || this.#state !== State.OPEN) return;
    if (this.#receiver.ready) this.#schedulePoll();
    else if (this.#bus.interrupt.asserted) this.#interrupt();
  }

  #feed(): void {
    if (this.#state !== State.OPEN) return;
    this.#receiver.refill();
    if (this.#receiver.starving && !this.#starved.armed) this.#starved.arm(STARVED);
  }

  /** The doorbell task: frames that were sent outside of a poll. */
  #ring(): void {
    const host = this.#host;
    if (!host || this.#state !== State.OPEN) return;
    const transmitter = this.#transmitter;
    if (transmitter.unrung) transmitter.ring();
    transmitter.clean(host);
    if (transmitter.outstanding && this.working) this.#interrupts.hearSent();
  }

  #checkLink(): void {
    const host = this.#host;
    if (!host || this.#state !== State.OPEN) return;
    const status = steady(this.#bus, Register.STATUS, this.health);
    if (status === NO_ANSWER && this.#gone()) return;
    const up = (status & Status.LU) !== 0;
    if (up === this.#carrier || status === NO_ANSWER) return;
    // A chip that lost its set-up may show no link, which is there.
    if (up) this.#transmitter.negotiated(status);
    else if (!this.#sound()) return;
    this.#carrier = up;
    host.carrier(up);
    // The chip stops where it is; without this it would send stale frames when the link comes back.
    if (!up && this.#state === State.OPEN && this.#transmitter.outstanding) this.#reset(DropReason.TX_CARRIER);
  }

  #watch(): void {
    const host = this.#host;
    if (!host || this.#state !== State.OPEN) return;
    this.#watchdog.arm(WATCH);
    this.#transmitter.clean(host);
    if (!this.working || !this.#sound()) return;
    this.#checkLink();
    if (!this.working || this.#failure) return;
    // Both here and in clean() above: for an interrupt that was lost.
    if (this.#receiver.ready && !this.#interrupts.masked) this.#schedulePoll();
    if (this.#guard.hung()) this.#repair("it does not send", DropReason.TX_ABORTED);
  }

  /** The chip is as it ought to be; false: it is being repaired, or has failed. */
  #sound(): boolean {
    const wrong = this.#guard.check(this.#clock.now());
    if (wrong === null) return true;
    if (!this.#gone()) this.#repair(wrong, this.#carrier ? null : DropReason.TX_CARRIER);
    return false;
  }

  /** Sets a chip up anew of which `what` was found, or gives it up. What becomes of its frames, see #reset(). */
  #repair(what: string, reason: DropReason | null): void {
    this.#repairing = reason === DropReason.TX_ABORTED ? null : what;
    if (this.#guard.inVain) this.#failed(beyondRepair(this.description, what));
    else this.#reset(reason);
  }

  /** Takes the chip through a reset; frames in the transmit ring are dropped with `reason`, or sent after it (null); later ones wait. */
  #reset(reason: DropReason | null): void {
    this.chip.harvest();
    this.#state = State.RESETTING;
    this.#quiet();
    halt(this.#bus, this.health);
    this.#resetTimer.arm(RESET_TIME);
    this.#release(reason);
  }

  #restart(): void {
    const host = this.#host;
    if (!host || this.#state !== State.RESETTING) return;
    try {
      setUp(this.#bus, this.#settings.itr, this.health);
      this.#start();
    } catch (error) {
      this.#failed(error as ControllerError);
      return;
    }
    this.#checkLink();
    if (this.working) this.#transmitter.goOn(host);
    if (this.#repairing === null || !this.working) return;
    this.health.repairs++;
    host.repaired?.(this.#repairing);
    this.#repairing = null;
  }

  protected get working(): boolean {
    return this.#state === State.OPEN;
  }

  /** No interrupt, no timer. */
  #quiet(): void {
    this.#bus.interrupt.onAssert = null;
    this.#interrupts.masked = true;
    this.#watchdog.cancel();
    this.#starved.cancel();
    this.#resetTimer.cancel();
  }

  /** Gives back every buffer that the chip had. */
  #release(reason: DropReason | null): void {
    const host = this.#host;
    if (!host) return;
    this.#receiver.stop(host);
    this.#transmitter.stop(host, reason);
  }

  /** A register read all ones: whether it was the device, which has failed then, or the reading. */
  #gone(): boolean {
    if (silent(this.#bus)) this.#failed(silenced(this.description));
    return this.#failure !== null;
  }

  /** May be heard in the middle of anything that touches a register: what follows is done when that has ended. */
  #failed(error: ControllerError): void {
    if (this.#failure) return;
    this.#failure = error;
    this.#failTask.schedule();
  }

  #fail(): void {
    const error = this.#failure;
    if (!error || (this.#state !== State.OPEN && this.#state !== State.RESETTING)) return;
    const host = this.#host;
    this.#state = State.FAILED;
    this.#quiet();
    this.#release(DropReason.TX_ABORTED);
    if (this.#carrier) {
      this.#carrier = false;
      host?.carrier(false);
    }
    host?.failed(error);
  }
}
