/**
 * An EthernetController at the far end of a TAP device: what the kernel sends through the interface is received here, what is sent
 * here the kernel receives on it. Nothing between the two but a cable.
 *
 *     const controller = new TapController(new SystemClock(), { interface: "tap0" });
 *     await controller.open(host);        // tap0 appears, up; it goes away with close()
 *
 * One read(2) or write(2) a frame, straight from and to packet memory; readiness comes from the event loop's own epoll set. The
 * station address is the interface's unless another is given: the two never mix up, for each hears the other only. Where the interface
 * is a bridge's port they would: a bridge keeps frames to its ports' addresses to itself, so give the station its own there.
 */
import { Errno, type Libc, loadLibc, type Watch } from "../../hal/bridges/linux/libc.ts";
import { type Link, LinkSocket, MAX_NAME } from "../../hal/bridges/linux/link.ts";
import type { Clock, Timer } from "../../hal/clock.ts";
import { DropReason } from "../../hal/drop-reason.ts";
import {
  ControllerError,
  type ControllerHost,
  ETHERNET_HEADER,
  type EthernetController,
  LinkStatistics,
  MAC_BYTES,
  MAX_FRAME,
  MIN_FRAME,
  type ReceiveMode,
} from "../../hal/ethernet.ts";
import { completeChecksum } from "../../hal/simulated/wire-frame.ts";
import { Checksum, HEADROOM, type SkBuff, SLOT_BYTES } from "../../hal/skbuff.ts";
import { TapDevice } from "./device.ts";

export interface TapOptions {
  /** The interface's name, as `ip link` shows it. */
  interface: string;
  /** Station address. Default: the interface's own. */
  address?: Uint8Array;
  /** The device is there already (`ip tuntap add dev NAME mode tap`) and stays when the controller is closed. Default false. */
  attach?: boolean;
}

/** A frame with an IEEE 802.1Q tag may be this much longer. */
const VLAN_TAG = 4;
const ROOM = SLOT_BYTES - HEADROOM;
/** The kernel had no memory for a frame: there is no event for its return, so try again after this many ms. */
const RETRY_MS = 1;

export class TapController implements EthernetController {
  readonly driver = "tap";
  readonly simulated = false;
  readonly address: Uint8Array = new Uint8Array(MAC_BYTES);
  readonly #name: string;
  readonly #attach: boolean;
  readonly #ownAddress: boolean;
  readonly #statistics = new LinkStatistics();
  readonly #mode: ReceiveMode = { promiscuous: false, allMulticast: false };
  readonly #retry: Timer;
  /** Where a frame goes that has no packet memory to go to. */
  readonly #scratch: Uint8Array = new Uint8Array(ROOM);
  #host: ControllerHost | null = null;
  #libc: Libc | null = null;
  #links: LinkSocket | null = null;
  #device: TapDevice | null = null;
  #watch: Watch | null = null;
  #linkWatch: Watch | null = null;
  #index = 0;
  /** The interface was down when we came, and goes down again when we leave. */
  #raised = false;
  #carrier = false;
  /** No interrupt until the poll is through. */
  #masked = false;
  /** write() had no room: an interrupt is wanted when it has. */
  #blocked = false;
  /** What the kernel had lost on the way to us when we looked last. */
  #txDropped = 0;

  /** @throws ControllerError TAP_NAME, TAP_ADDRESS: the options make no sense */
  constructor(clock: Clock, options: TapOptions) {
    this.#name = options.interface;
    if (this.#name.length === 0 || this.#name.length > MAX_NAME || /[/\s\0%]/.test(this.#name))
      throw new ControllerError("TAP_NAME", `tap: "${this.#name}" is no interface name: 1 to ${MAX_NAME} characters, no blanks`);
    this.#attach = options.attach ?? false;
    this.#ownAddress = options.address !== undefined;
    if (options.address) {
      if (options.address.length !== MAC_BYTES || (options.address[0]! & 1) === 1)
        throw new ControllerError("TAP_ADDRESS", "tap: the station address must be 6 bytes of an individual (not group) address");
      this.address.set(options.address);
    }
    this.#retry = clock.timer(() => this.#unblock());
  }

  get description(): string {
    return `TAP device ${this.#name}`;
  }

  /** Frames that the kernel lost for want of room in the device's queue (`ip link set NAME txqueuelen`) are fetched on reading. */
  get statistics(): LinkStatistics {
    this.#countDrops();
    return this.#statistics;
  }

  /**
   * @throws ControllerError TAP_UNSUPPORTED, TAP_NO_PERMISSION, TAP_BUSY, TAP_NO_INTERFACE (nothing to attach to), TAP_NOT_TAP,
   * TAP_OPEN (open already, or closed meanwhile), TAP_SYSTEM (any other refusal of the kernel's, with its errno)
   */
  async open(host: ControllerHost): Promise<void> {
    if (this.#host) throw new ControllerError("TAP_OPEN", `tap: ${this.#name} is open already`);
    this.#host = host;
    try {
      const libc = this.#libc ?? (await loadLibc("tap"));
      if (this.#host !== host) throw new ControllerError("TAP_OPEN", `tap: ${this.#name} was closed while it was being opened`);
      this.#libc = libc;
      const link = this.#bringUp(libc);
      this.#masked = false;
      this.#blocked = false;
      this.#arm();
      this.#linkWatch?.want(true, false);
      this.#carrier = link.carrier;
      host.carrier(link.carrier);
    } catch (error) {
      if (this.#host === host) await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#countDrops();
    this.#host = null;
    this.#carrier = false;
    this.#retry.cancel();
    this.#watch?.close();
    this.#linkWatch?.close();
    this.#watch = null;
    this.#linkWatch = null;
    if (this.#raised && this.#attach) this.#links?.setUp(this.#index, false);
    this.#raised = false;
    this.#device?.close();
    this.#device = null;
    this.#links?.close();
    this.#links = null;
  }

  setReceiveMode(mode: ReceiveMode): void {
    this.#mode.promiscuous = mode.promiscuous;
    this.#mode.allMulticast = mode.allMulticast;
  }

  transmit(skb: SkBuff): boolean {
    const host = this.#host;
    const device = this.#device;
    if (!host || !device) {
      skb.drop(DropReason.DEV_READY);
      return true;
    }
    if (this.#blocked) return false;
    const { length } = skb;
    if (length < ETHERNET_HEADER) return this.#discard(host, skb, DropReason.PKT_TOO_SMALL);
    if (length > MAX_FRAME + VLAN_TAG) return this.#discard(host, skb, DropReason.PKT_TOO_BIG);
    if (!this.#carrier) {
      this.#statistics.txCarrierErrors++;
      return this.#discard(host, skb, DropReason.TX_CARRIER);
    }
    if (skb.checksum === Checksum.PARTIAL && !completeChecksum(skb)) {
      this.#statistics.txAbortedErrors++;
      return this.#discard(host, skb, DropReason.TX_ABORTED);
    }
    if (this.#write(device, skb)) {
      this.#statistics.txPackets++;
      this.#statistics.txBytes += length;
      skb.consume();
      return true;
    }
    switch (device.errno) {
      case Errno.EAGAIN:
        this.#blocked = true;
        this.#arm();
        return false;
      case Errno.ENOMEM:
      case Errno.ENOBUFS:
        this.#blocked = true;
        this.#retry.arm(RETRY_MS);
        return false;
      // The interface was set down, or is gone. What that means for the link comes by rtnetlink.
      case Errno.EIO:
      case Errno.EBADFD:
        this.#statistics.txCarrierErrors++;
        return this.#discard(host, skb, DropReason.TX_CARRIER);
      default:
        this.#statistics.txAbortedErrors++;
        return this.#discard(host, skb, DropReason.TX_ABORTED);
    }
  }

  /** The budget counts frames read, so that a flood of frames for others cannot hold up the rest of the process. */
  poll(budget: number): number {
    const host = this.#host;
    const device = this.#device;
    if (!host || !device) return 0;
    let work = 0;
    while (work < budget) {
      const skb = host.pool.allocate();
      const length = skb ? device.read(skb.bytes, skb.data, ROOM) : device.read(this.#scratch, 0, ROOM);
      if (length < 0) {
        skb?.consume();
        break;
      }
      work++;
      if (!skb) host.drops.count(DropReason.NOMEM);
      else if (this.#take(host, skb, length)) host.receive(skb);
      // What the host did with the frame may have closed this controller.
      if (this.#device !== device) return work;
    }
    if (work < budget && host.complete(work)) {
      this.#masked = false;
      this.#arm();
    }
    return work;
  }

  #bringUp(libc: Libc): Link {
    const links = new LinkSocket(libc, "tap");
    this.#links = links;
    if (this.#attach && !links.find(this.#name))
      throw new ControllerError(
        "TAP_NO_INTERFACE",
        `tap: no interface ${this.#name} to attach to; "ip tuntap add dev ${this.#name} mode tap" makes one`,
      );
    const device = new TapDevice(libc, this.#name, this.#attach);
    this.#device = device;
    let link = links.find(this.#name);
    if (!link) throw new ControllerError("TAP_SYSTEM", `tap: ${this.#name} went away as soon as it was there`);
    this.#index = link.index;
    this.#txDropped = link.txDropped;
    if (!this.#ownAddress) this.address.set(link.address);
    if (!link.up) {
      const errno = links.setUp(link.index, true);
      if (errno !== 0) throw this.#notRaised(libc, errno);
      this.#raised = true;
      link = links.find(link.index) ?? link;
    }
    this.#watch = libc.watch(device.fd, this.#onDevice);
    this.#linkWatch = libc.watch(links.fd, this.#onLink);
    return link;
  }

  #notRaised(libc: Libc, errno: number): ControllerError {
    if (errno === Errno.EPERM || errno === Errno.EACCES)
      return new ControllerError(
        "TAP_NO_PERMISSION",
        `tap: not allowed to set ${this.#name} up; run as root, or have it up before: ip link set ${this.#name} up`,
      );
    return new ControllerError("TAP_SYSTEM", `tap: cannot set ${this.#name} up: ${libc.errorName(errno)}`);
  }

  /** Tells the event loop which interrupts are wanted. */
  #arm(): void {
    this.#watch?.want(!this.#masked, this.#blocked && !this.#retry.armed);
  }

  readonly #onDevice = (failed: boolean, readable: boolean, writable: boolean): void => {
    // A device that was deleted has an error and nothing else, for ever: the link tells whether it is that.
    if (failed) {
      this.#onLink(true);
      return;
    }
    if (readable && !this.#masked) {
      this.#masked = true;
      this.#host?.schedule();
    }
    if (writable) this.#unblock();
    this.#arm();
  };

  readonly #onLink = (failed: boolean): void => {
    const host = this.#host;
    const links = this.#links;
    if (!host || !links) return;
    const link = failed ? links.find(this.#index) : links.news(this.#index);
    this.#linkWatch?.want(true, false);
    if (link === undefined) return;
    const carrier = link?.carrier ?? false;
    if (carrier !== this.#carrier) {
      this.#carrier = carrier;
      host.carrier(carrier);
    }
    if (this.#host !== host) return;
    if (link !== null) {
      this.#arm();
      return;
    }
    this.#raised = false;
    this.#watch?.want(false, false);
    this.#linkWatch?.want(false, false);
    host.failed(new ControllerError("TAP_NO_INTERFACE", `tap: interface ${this.#name} was removed`));
  };

  #unblock(): void {
    if (!this.#blocked) return;
    this.#blocked = false;
    this.#host?.wake();
  }

  /** Whether the frame that was read is for us; if not it is dropped, and counted where it was lost and not merely filtered out. */
  #take(host: ControllerHost, skb: SkBuff, length: number): boolean {
    if (!this.#wanted(skb.bytes, skb.data)) {
      skb.consume();
      return false;
    }
    const statistics = this.#statistics;
    if (length > MAX_FRAME + VLAN_TAG) {
      host.drops.drop(skb, DropReason.PKT_TOO_BIG);
      return false;
    }
    skb.put(length);
    statistics.rxPackets++;
    statistics.rxBytes += length;
    if ((skb.bytes[skb.data]! & 1) === 1 && !isBroadcast(skb.bytes, skb.data)) statistics.rxMulticast++;
    return true;
  }

  /** As a chip's address filter: our own, broadcast, and whatever the receive mode adds. */
  #wanted(bytes: Uint8Array, at: number): boolean {
    if (this.#mode.promiscuous) return true;
    if ((bytes[at]! & 1) === 1) return this.#mode.allMulticast || isBroadcast(bytes, at);
    for (let i = 0; i < MAC_BYTES; i++) if (bytes[at + i] !== this.address[i]) return false;
    return true;
  }

  /** Sends the frame from where it lies, with zeros behind it up to MIN_FRAME. */
  #write(device: TapDevice, skb: SkBuff): boolean {
    const length = Math.max(skb.length, MIN_FRAME);
    if (skb.data + length > skb.bytes.length) {
      // A short packet at the very end of its slot: there is room for padding further in front.
      skb.bytes.copyWithin(HEADROOM, skb.data, skb.tail);
      skb.tail = HEADROOM + skb.length;
      skb.data = HEADROOM;
    }
    const end = skb.data + length;
    if (end > skb.tail) skb.bytes.fill(0, skb.tail, end);
    return device.write(skb.bytes, skb.data, length);
  }

  #discard(host: ControllerHost, skb: SkBuff, reason: DropReason): boolean {
    this.#statistics.txErrors++;
    host.drops.drop(skb, reason);
    return true;
  }

  #countDrops(): void {
    const link = this.#links?.find(this.#index);
    if (!link) return;
    const lost = link.txDropped - this.#txDropped;
    this.#txDropped = link.txDropped;
    this.#statistics.rxErrors += lost;
    this.#statistics.rxOverErrors += lost;
  }
}

function isBroadcast(bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < MAC_BYTES; i++) if (bytes[at + i] !== 0xff) return false;
  return true;
}
