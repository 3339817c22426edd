/**
 * A network device: an Ethernet controller as the stack sees it. It is the controller's host (polls, link, queue wake-ups), keeps the
 * transmit queue for a controller that is busy, and counts what it drops.
 */
import type { Clock, Task } from "../../hal/clock.ts";
import { DropReason } from "../../hal/drop-reason.ts";
import {
  type ControllerHost,
  ETHERNET_HEADER,
  type EthernetController,
  isStationAddress,
  type LinkStatistics,
} from "../../hal/ethernet.ts";
import { Revival } from "../../hal/revival.ts";
import { DropCounters, type SkBuff, type SkBuffPool, SkBuffQueue } from "../../hal/skbuff.ts";
import { DeviceDescription } from "./device-description.ts";
import { DeviceHealth } from "./device-health.ts";
import { DevicePower } from "./device-power.ts";
import { DeviceError, type DeviceEvent, type DeviceOptions, Iff, MIN_MTU } from "./device-words.ts";
import { sameMac } from "./ethernet.ts";
import type { Generation } from "./generation.ts";
import { Napi, type NapiScheduler, type Pollable } from "./napi.ts";
import { type HandlerOn, ReceiveList } from "./receive-list.ts";
import { DeviceReceiveMode } from "./receive-mode.ts";

export * from "./device-words.ts";

/** A protocol above Ethernet. It owns the packets, whose data begins behind the Ethernet header. */
export type PacketHandler = HandlerOn<NetDevice>;

/** The stack around a device, as the device sees it. */
export interface DeviceUser {
  readonly clock: Clock;
  readonly pool: SkBuffPool;
  readonly napi: NapiScheduler;
  /** See Network.changes. */
  readonly changes: Generation;
  /** Shows a received frame to the taps and takes its Ethernet header off; null when nobody wants it, and it is dropped. */
  receiverOf(skb: SkBuff, device: NetDevice): PacketHandler | null;
  /** A frame on its way to the controller, its Ethernet header on; called while the device is tapped. */
  transmitted(device: NetDevice, skb: SkBuff): void;
  deviceEvent(device: NetDevice, event: DeviceEvent): void;
}

// Constants of this module's own: V8 reads an imported or exported one anew at each use (docs/datapath.md).
const { NONE } = DropReason;
const HEADER = ETHERNET_HEADER;
/** Frames that may wait for a busy controller (`qlen` of `ip link`). */
const TX_QUEUE_LENGTH = 1000;

export class NetDevice extends DeviceDescription implements ControllerHost, Pollable {
  readonly controller: EthernetController;
  /** Frames that may wait (`txqueuelen`). With 0 one may, as with the kernel's pfifo. */
  txQueueLength: number = TX_QUEUE_LENGTH;
  readonly drops: DropCounters = new DropCounters();
  /** The controller fills in a checksum that is left to it (ControllerCapabilities.txChecksum). */
  readonly txChecksum: boolean;
  /** Network.changes. */
  readonly changes: Generation;
  readonly health: DeviceHealth;
  readonly power: DevicePower;
  readonly #user: DeviceUser;
  readonly #napi: Napi;
  readonly #revival: Revival;
  readonly #goodbye: Task;
  readonly #queue = new SkBuffQueue();
  readonly #received: ReceiveList<NetDevice>;
  readonly #receiveMode: DeviceReceiveMode;
  readonly #maxMtu: number;
  #mtu: number;
  #up = false;
  #carrier = false;
  #tapped = false;
  /** Nothing but its length may keep a frame from the controller: the link is there, no frame waits, and nobody looks on. */
  #clear = false;

  constructor(name: string, ifindex: number, controller: EthernetController, user: DeviceUser, options: DeviceOptions = {}) {
    super(name, ifindex, options);
    this.controller = controller;
    this.#maxMtu = controller.capabilities.maxFrame - ETHERNET_HEADER;
    this.#mtu = this.#maxMtu;
    this.txChecksum = controller.capabilities.txChecksum;
    this.address.set(controller.address);
    this.#user = user;
    this.changes = user.changes;
    this.#received = new ReceiveList<NetDevice>(this, user.napi.softnet);
    this.#receiveMode = new DeviceReceiveMode(controller);
    this.#napi = new Napi(user.napi, this);
    this.#revival = new Revival(
      user.clock,
      () => this.#reopen(),
      () => this.#recovered(),
    );
    this.#goodbye = user.clock.task(() => void controller.close());
    this.health = new DeviceHealth(user.clock, controller, () => this.#revival.attempts);
    this.power = new DevicePower(user.clock, this, this.#receiveMode, (event) => user.deviceEvent(this, event));
  }

  get pool(): SkBuffPool {
    return this.#user.pool;
  }

  /** Administratively up: IFF_UP. */
  get up(): boolean {
    return this.#up;
  }

  /** The reason for which the device does not work though it is up; null while it does. */
  get error(): Error | null {
    return this.health.error;
  }

  /** The link is there: IFF_LOWER_UP. */
  get hasCarrier(): boolean {
    return this.#carrier;
  }

  /** Sum of Iff. */
  get flags(): number {
    return this.#up ? this.kept | Iff.UP : this.kept;
  }

  /** Largest packet, in bytes, without the Ethernet header. */
  get mtu(): number {
    return this.#mtu;
  }

  get statistics(): LinkStatistics {
    return this.controller.statistics;
  }

  /** Frames waiting for the controller. */
  get queued(): number {
    return this.#queue.length;
  }

  /**
   * Sets the largest packet.
   * @throws DeviceError MTU_TOO_SMALL, MTU_TOO_LARGE
   */
  setMtu(mtu: number): void {
    if (!(mtu >= MIN_MTU)) throw new DeviceError("MTU_TOO_SMALL", `an mtu is ${MIN_MTU} or more`);
    if (mtu > this.#maxMtu) throw new DeviceError("MTU_TOO_LARGE", `the largest mtu of ${this.name} is ${this.#maxMtu}`);
    if (mtu === this.#mtu) return;
    this.#mtu = mtu;
    this.#user.deviceEvent(this, "mtu");
  }

  /**
   * Sets the station address. A controller that filters by the one it was made with is told to let everything through: what is not
   * for us is sorted out above it.
   * @param address six bytes, copied
   * @throws DeviceError ADDRESS_INVALID a group address, or all zeros
   */
  setAddress(address: Uint8Array): void {
    const wrong = !isStationAddress(address) || address.every((octet) => octet === 0);
    if (wrong) throw new DeviceError("ADDRESS_INVALID", "a station has neither a group address nor all zeros");
    this.address.set(address);
    this.#receiveMode.setForeign(!sameMac(address, 0, this.controller.address, 0));
    if (this.#up) this.#receiveMode.apply();
    this.#user.deviceEvent(this, "address");
  }

  /** `ip link set DEV arp on|off`. */
  setArp(on: boolean): void {
    if (on === !this.noArp) return;
    this.kept ^= Iff.NOARP;
    this.#user.deviceEvent(this, "arp");
  }

  /**
   * Opens the controller.
   * @throws ControllerError
   */
  async open(): Promise<void> {
    if (this.#up) return;
    this.health.recover();
    this.#up = true;
    this.#napi.enable();
    try {
      await this.controller.open(this);
    } catch (error) {
      this.#up = false;
      this.#carrier = false;
      this.#napi.disable();
      this.#purge();
      this.#look();
      throw error;
    }
    // Closed while it opened: it stays down.
    if (!this.#up) return;
    if (!this.#receiveMode.foreign) this.address.set(this.controller.address);
    this.#receiveMode.restore();
    this.#user.deviceEvent(this, "up");
  }

  async close(): Promise<void> {
    if (!this.#up) return;
    this.#up = false;
    this.#carrier = false;
    this.#look();
    this.#napi.disable();
    this.#purge();
    this.#received.purge(this.drops);
    this.power.closed();
    this.#user.deviceEvent(this, "down");
    const stopped = this.#revival.stop();
    // Ends an attempt that is under way; one that is between close and open finds the device down.
    await this.controller.close();
    await stopped;
  }

  /** Sends a complete frame, or keeps it for the controller. Returns NONE or why it was dropped; the buffer is gone either way. */
  transmit(skb: SkBuff): DropReason {
    if (this.#clear === false || skb.tail - skb.data > this.#mtu + HEADER) return this.#transmitOrWait(skb);
    if (this.controller.transmit(skb)) return NONE;
    this.#queue.enqueue(skb);
    this.#clear = false;
    return NONE;
  }

  #transmitOrWait(skb: SkBuff): DropReason {
    if (this.#carrier === false || this.#up === false)
      return this.#refuse(skb, this.#up ? DropReason.TX_CARRIER : DropReason.DEV_READY);
    if (skb.tail - skb.data > this.#mtu + HEADER) return this.#refuse(skb, DropReason.PKT_TOO_BIG);
    const queue = this.#queue;
    if (queue.length >= (this.txQueueLength || 1)) return this.#refuse(skb, DropReason.QDISC_DROP);
    if (this.#tapped) this.#user.transmitted(this, skb);
    if (queue.length === 0 && this.controller.transmit(skb)) return NONE;
    queue.enqueue(skb);
    this.#clear = false;
    return NONE;
  }

  /** Somebody looks at the frames that go out. Set by Network. */
  set tapped(tapped: boolean) {
    this.#tapped = tapped;
    this.#look();
  }

  #look(): void {
    this.#clear = this.#up && this.#carrier && !this.#tapped && this.#queue.length === 0;
  }

  /** Frames for others come up too (IFF_PROMISC); they are dropped as OTHERHOST, but taps see them. */
  get promiscuous(): boolean {
    return this.#receiveMode.promiscuous;
  }

  setPromiscuous(on: boolean): void {
    this.#receiveMode.setPromiscuous(on);
    if (this.#up) this.#receiveMode.apply();
  }

  /** The frames of every group come up (IFF_ALLMULTI). */
  get allMulticast(): boolean {
    return this.#receiveMode.allMulticast;
  }

  setAllMulticast(on: boolean): void {
    this.#receiveMode.setAllMulticast(on);
    if (this.#up) this.#receiveMode.apply();
  }

  /** Groups whose frames the controller is asked for, each once. */
  get groups(): readonly Uint8Array[] {
    return this.#receiveMode.groups;
  }

  /**
   * Joins a group: its frames come up from now on. Each join() wants a leave() (the kernel's dev_mc_add). The group stays joined when the
   * device goes down and up, and when its controller fails and comes back.
   * @param group six bytes, copied
   * @throws DeviceError GROUP_INVALID not a group's address
   */
  join(group: Uint8Array): void {
    if (this.#receiveMode.join(group) && this.#up) this.#receiveMode.apply();
  }

  /**
   * Ends one join(); with the last one the group's frames are filtered again, as far as the controller can (dev_mc_del).
   * @throws DeviceError GROUP_NOT_JOINED
   */
  leave(group: Uint8Array): void {
    if (this.#receiveMode.leave(group) && this.#up) this.#receiveMode.apply();
  }

  /** Polls in a row that may find nothing before the controller's interrupt is unmasked (napi_defer_hard_irqs). Default 0. */
  get deferHardIrqs(): number {
    return this.#napi.deferHardIrqs;
  }

  /** @throws RangeError when it is no whole number from 0 to 2^31-1 */
  set deferHardIrqs(count: number) {
    this.#napi.deferHardIrqs = count;
  }

  /** Milliseconds after which a controller that is kept masked is polled again (gro_flush_timeout, there in ns). Default 0: never kept. */
  get flushTimeout(): number {
    return this.#napi.flushTimeout;
  }

  /** @throws RangeError when it is no duration */
  set flushTimeout(timeout: number) {
    this.#napi.flushTimeout = timeout;
  }

  /**
   * Polls the controller from here and now, until `done` says so or `limit` milliseconds are over (SO_BUSY_POLL): an answer that is
   * waited for is taken in without the event loop's next turn, and nothing else runs meanwhile. 0 at once when the device is down or
   * a poll is under way: called from a receive handler, or where the bus waits. In virtual time it ends when nothing more is there.
   * @returns frames taken in
   */
  busyPoll(limit: number, done: () => boolean): number {
    return this.#napi.busyPoll(limit, done);
  }

  // Called by the scheduler.

  poll(budget: number): number {
    let work = 0;
    const received = this.#received;
    received.collecting = true;
    try {
      work = this.controller.poll(budget);
    } finally {
      received.collecting = false;
    }
    if (received.length > 0) received.deliver();
    return work;
  }

  // Called by the controller.

  schedule(): boolean {
    return this.#napi.schedule();
  }

  receive(skb: SkBuff): void {
    if (this.#up === false) {
      this.drops.drop(skb, DropReason.DEV_READY);
      return;
    }
    const handler = this.#user.receiverOf(skb, this);
    if (handler !== null) this.#received.add(skb, handler);
  }

  complete(work: number): boolean {
    if (this.#received.length > 0) this.#received.deliver();
    return this.#napi.complete(work);
  }

  polled(work: number): void {
    this.#napi.polled(work);
  }

  wake(): void {
    for (let skb = this.#queue.dequeue(); skb; skb = this.#queue.dequeue()) {
      if (!this.controller.transmit(skb)) {
        this.#queue.requeue(skb);
        return;
      }
    }
    this.#look();
  }

  carrier(up: boolean): void {
    if (up === this.#carrier || !this.#up) return;
    if (up) this.#recovered();
    this.#carrier = up;
    if (!up) this.#purge();
    this.#look();
    this.#user.deviceEvent(this, up ? "carrier-up" : "carrier-down");
  }

  failed(error: Error): void {
    if (!this.#up) return;
    const news = this.health.fail(error);
    this.carrier(false);
    if (news) this.#toldFailed();
    if (!this.health.retries) this.#goodbye.schedule();
    else if (!this.controller.heals) this.#revival.begin();
  }

  repaired(what: string): void {
    if (!this.#up) return;
    if (this.health.error) {
      this.#recovered();
      return;
    }
    this.health.repaired = what;
    this.#user.deviceEvent(this, "repaired");
  }

  /**
   * For the board: something that the controller depends on, and that heals by itself, stopped working, or works again (null): the
   * interface that is a simulated chip's wire. The controller sees no more of it than its link.
   */
  trouble(error: Error | null): void {
    if (!this.#up) return;
    if (error === null) this.#recovered();
    else if (this.health.fail(error)) this.#toldFailed();
  }

  #toldFailed(): void {
    // The attempts at the last failure do not count. A controller that heals by itself is not tried from here.
    this.#revival.attempts = 0;
    this.#user.deviceEvent(this, "failed");
  }

  /** An attempt to bring back a controller that has failed. */
  async #reopen(): Promise<void> {
    await this.controller.close().catch(() => undefined);
    this.#napi.disable();
    if (!this.#up) return;
    this.#napi.enable();
    try {
      await this.controller.open(this);
      if (this.#up) this.#receiveMode.restore();
    } catch (error) {
      // The failure was told already, unless the device seemed to work for a moment. The latest reason is kept for those who ask.
      this.failed(error as Error);
      throw error;
    }
  }

  #recovered(): void {
    if (!this.health.recover()) return;
    // An interface that was removed and made again has another address.
    if (!this.#receiveMode.foreign && !sameMac(this.address, 0, this.controller.address, 0)) {
      this.address.set(this.controller.address);
      this.#user.deviceEvent(this, "replaced");
    }
    this.#user.deviceEvent(this, "recovered");
  }

  #refuse(skb: SkBuff, reason: DropReason): DropReason {
    this.drops.drop(skb, reason);
    return reason;
  }

  #purge(): void {
    for (let skb = this.#queue.dequeue(); skb; skb = this.#queue.dequeue()) this.drops.drop(skb, DropReason.QUEUE_PURGE);
  }
}
