/** The devices of one stack, and the way of a received frame to the protocol that wants it. */
import type { Clock } from "../../hal/clock.ts";
import { DropReason } from "../../hal/drop-reason.ts";
import type { EthernetController } from "../../hal/ethernet.ts";
import { completeChecksum } from "../../hal/kit/outgoing.ts";
import { Checksum, HEADROOM, LONG_SLOT_BYTES, PacketType, type SkBuff, SkBuffPool } from "../../hal/skbuff.ts";
import { Backlog } from "./backlog.ts";
import { DeviceError, type DeviceEvent, type DeviceOptions, type DeviceUser, NetDevice, type PacketHandler } from "./device.ts";
import { pullHeader } from "./ethernet.ts";
import { Generation } from "./generation.ts";
import { NapiScheduler } from "./napi.ts";
import type { NapiOptions } from "./softnet.ts";

export type { PacketHandler } from "./device.ts";

/** Sees every frame, Ethernet header on, on its way in and out. The packet is not the tap's to keep or change. */
export type PacketTap = (skb: SkBuff, device: NetDevice, outgoing: boolean) => void;

/** Packets longer than a frame that may exist at a time: 4 MiB of them. */
const LONG_PACKETS = 64;

export type DeviceListener = (device: NetDevice, event: DeviceEvent) => void;

export class Network implements DeviceUser {
  readonly clock: Clock;
  readonly pool: SkBuffPool;
  /** Slots for packets longer than a frame, which are cut into fragments, or were put together from some. Made one by one. */
  readonly longPool: SkBuffPool = new SkBuffPool({ limit: LONG_PACKETS, chunk: 1, slotBytes: LONG_SLOT_BYTES });
  readonly napi: NapiScheduler;
  /** Counts all changes that the way of a packet of ours may depend on: those of routing, of neighbours and of devices. */
  readonly changes: Generation = new Generation();
  /** Packets to ourselves, waiting for their turn. */
  readonly backlog: Backlog;
  readonly #devices: NetDevice[] = [];
  readonly #handlers = new Map<number, PacketHandler>();
  /** The handler that was looked up last: most frames are for the one that the frame before them was for. */
  #lastType = -1;
  #lastHandler: PacketHandler | undefined;
  #listeners: readonly DeviceListener[] = [];
  /** A new list with each change: a frame is shown to all that were there when it came, whoever of them leaves meanwhile. */
  #taps: readonly PacketTap[] = [];
  #nextIndex = 1;

  constructor(clock: Clock, pool: SkBuffPool = new SkBuffPool(), napi: NapiOptions = {}) {
    this.clock = clock;
    this.pool = pool;
    this.napi = new NapiScheduler(clock, napi);
    this.backlog = new Backlog(this.napi);
  }

  /** Returns an empty packet with HEADROOM bytes in front and room for `bytes`; null when there is no memory: count it as NOMEM. */
  allocate(bytes: number): SkBuff | null {
    return HEADROOM + bytes <= this.pool.slotBytes ? this.pool.allocate() : this.longPool.allocate();
  }

  /** The packet may be kept for a while: its memory is the stack's, and no controller waits for it. */
  mayKeep(skb: SkBuff): boolean {
    return skb.isOf(this.pool) || skb.isOf(this.longPool);
  }

  /** The devices in the order in which they were added. */
  get devices(): readonly NetDevice[] {
    return this.#devices;
  }

  /** @throws RangeError when the name is taken */
  addDevice(name: string, controller: EthernetController, options: DeviceOptions = {}): NetDevice {
    if (this.device(name)) throw new RangeError(`a device named ${name} exists already`);
    const device = new NetDevice(name, this.#nextIndex++, controller, this, options);
    this.#devices.push(device);
    device.tapped = this.#taps.length > 0;
    this.deviceEvent(device, "register");
    return device;
  }

  /** Closes a device and takes it out; its controller may then be given to another stack. */
  async removeDevice(device: NetDevice): Promise<void> {
    await device.close();
    const at = this.#devices.indexOf(device);
    if (at < 0) return;
    this.#devices.splice(at, 1);
    this.deviceEvent(device, "unregister");
  }

  /** @throws DeviceError NAME_TAKEN, NAME_INVALID */
  rename(device: NetDevice, name: string): void {
    const holder = this.device(name);
    if (holder && holder !== device) throw new DeviceError("NAME_TAKEN", `a device named ${name} exists already`);
    if (!isDeviceName(name))
      throw new DeviceError("NAME_INVALID", "a name has 1 to 15 characters, no space, / or :, and is not . or ..");
    device.name = name;
  }

  device(name: string): NetDevice | undefined {
    return this.#devices.find((device) => device.name === name);
  }

  /** Registers the protocol for an EtherType. */
  handle(etherType: number, handler: PacketHandler): void {
    this.#handlers.set(etherType, handler);
    this.#lastType = -1;
  }

  /** Adds a listener for events of every device; the returned function removes it, also from within the listener. */
  onDeviceEvent(listener: DeviceListener): () => void {
    const own: DeviceListener = (device, event) => listener(device, event);
    this.#listeners = [...this.#listeners, own];
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== own);
    };
  }

  /** Adds a tap; the returned function removes it. */
  tap(tap: PacketTap): () => void {
    const own: PacketTap = (skb, device, outgoing) => tap(skb, device, outgoing);
    this.#taps = [...this.#taps, own];
    this.#tellTapped();
    return () => {
      this.#taps = this.#taps.filter((other) => other !== own);
      this.#tellTapped();
    };
  }

  receiverOf(skb: SkBuff, device: NetDevice): PacketHandler | null {
    this.napi.softnet.processed++;
    const taps = this.#taps;
    // A capture shows a frame as a wire brings it: its sender may have left the checksum to hardware that there is not.
    if (taps.length > 0 && skb.checksum === Checksum.PARTIAL) completeChecksum(skb);
    for (let at = 0; at < taps.length; at++) taps[at]!(skb, device, false);
    if (!pullHeader(skb, device.addressView)) {
      device.drops.drop(skb, DropReason.PKT_TOO_SMALL);
      return null;
    }
    if (skb.protocol !== this.#lastType) {
      this.#lastHandler = this.#handlers.get(skb.protocol);
      this.#lastType = skb.protocol;
    }
    const handler = this.#lastHandler;
    if (handler !== undefined) return handler;
    device.drops.drop(skb, skb.packetType === PacketType.OTHERHOST ? DropReason.OTHERHOST : DropReason.UNHANDLED_PROTO);
    return null;
  }

  #tellTapped(): void {
    for (const device of this.#devices) device.tapped = this.#taps.length > 0;
  }

  transmitted(device: NetDevice, skb: SkBuff): void {
    // A capture shows a frame as the wire gets it.
    if (skb.checksum === Checksum.PARTIAL) completeChecksum(skb);
    const taps = this.#taps;
    for (let at = 0; at < taps.length; at++) taps[at]!(skb, device, true);
  }

  deviceEvent(device: NetDevice, event: DeviceEvent): void {
    this.changes.next();
    for (const listener of this.#listeners) listener(device, event);
  }
}

/** The kernel's dev_valid_name(). */
function isDeviceName(name: string): boolean {
  return /^[^\s/:]{1,15}$/.test(name) && name !== "." && name !== "..";
}
