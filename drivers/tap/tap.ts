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
import { type KernelDevice, KernelInterface } from "../../hal/bridges/linux/kernel-interface.ts";
import { Errno, type Libc } from "../../hal/bridges/linux/libc.ts";
import type { Link, LinkSocket } from "../../hal/bridges/linux/link.ts";
import type { Clock } from "../../hal/clock.ts";
import { DropReason } from "../../hal/drop-reason.ts";
import {
  type ControllerCapabilities,
  ControllerError,
  type ControllerHost,
  ETHERNET_HEADER,
  type EthernetController,
  type LinkStatistics,
  MAX_TAGGED_FRAME,
  type ReceiveMode,
} from "../../hal/ethernet.ts";
import { SOFTWARE_CAPABILITIES } from "../../hal/kit/capabilities.ts";
import { ensureChecksum, pad } from "../../hal/kit/outgoing.ts";
import { HEADROOM, type SkBuff, SLOT_BYTES } from "../../hal/skbuff.ts";
import { TapDevice } from "./device.ts";

export interface TapOptions {
  /** The interface's name, as `ip link` shows it. */
  interface: string;
  /** Station address. Default: the interface's own. */
  address?: Uint8Array;
  /** The device is there already (`ip tuntap add dev NAME mode tap`) and stays when the controller is closed. Default false. */
  attach?: boolean;
}

const ROOM = SLOT_BYTES - HEADROOM;

export class TapController implements EthernetController {
  readonly driver = "tap";
  readonly simulated = false;
  readonly capabilities: ControllerCapabilities = SOFTWARE_CAPABILITIES;
  readonly address: Uint8Array;
  readonly #interface: KernelInterface;
  readonly #attach: boolean;
  /** Memory for a frame for which the pool has none. */
  readonly #scratch: Uint8Array = new Uint8Array(ROOM);
  #device: TapDevice | null = null;
  /** Frames that the kernel had lost on the way to us at the last look. */
  #txDropped = 0;

  /** @throws ControllerError TAP_NAME, TAP_ADDRESS: the options make no sense */
  constructor(clock: Clock, options: TapOptions) {
    this.#attach = options.attach ?? false;
    const device: KernelDevice = {
      attach: (libc, links) => this.#bringUp(libc, links),
      release: () => this.#release(),
      // A device that was deleted has an error and nothing else, for ever: the link tells whether it is that.
      failed: () => this.#interface.checkLink(),
    };
    const { interface: name, address } = options;
    this.#interface = new KernelInterface(clock, { driver: "tap", name, forbidden: /[/\s\0%]/, address }, device);
    this.address = this.#interface.address;
  }

  get description(): string {
    return `TAP device ${this.#interface.name}`;
  }

  /** Frames that the kernel lost for want of room in the device's queue (`ip link set NAME txqueuelen`) are fetched on reading. */
  get statistics(): LinkStatistics {
    this.#countDrops();
    return this.#interface.statistics;
  }

  /**
   * @throws ControllerError TAP_UNSUPPORTED, TAP_NO_PERMISSION, TAP_BUSY, TAP_NO_INTERFACE (nothing to attach to), TAP_NOT_TAP,
   * TAP_OPEN (open already, or closed meanwhile), TAP_SYSTEM (any other refusal of the kernel's, with its errno)
   */
  open(host: ControllerHost): Promise<void> {
    return this.#interface.open(host);
  }

  async close(): Promise<void> {
    this.#countDrops();
    this.#interface.close();
  }

  /** The filter is here and not in the kernel (TUNSETTXFILTER), which counts a frame that it filtered out as dropped, like one lost. */
  setReceiveMode(mode: ReceiveMode): void {
    this.#interface.filter.set(mode);
  }

  transmit(skb: SkBuff): boolean {
    const kernel = this.#interface;
    const { host } = kernel;
    const device = this.#device;
    if (!host || !device) {
      skb.drop(DropReason.DEV_READY);
      return true;
    }
    if (kernel.blocked) return false;
    if (skb.length < ETHERNET_HEADER) return kernel.discard(host, skb, DropReason.PKT_TOO_SMALL);
    if (skb.length > MAX_TAGGED_FRAME) return kernel.discard(host, skb, DropReason.PKT_TOO_BIG);
    if (!kernel.carrier) return kernel.noCarrier(host, skb);
    if (!ensureChecksum(skb)) return kernel.aborted(host, skb);
    if (this.#write(device, skb)) return kernel.sent(skb);
    switch (device.errno) {
      case Errno.EAGAIN:
        return kernel.full();
      case Errno.ENOMEM:
      case Errno.ENOBUFS:
        return kernel.fullForNow();
      // The interface was set down, or is gone. What that means for the link comes by rtnetlink.
      case Errno.EIO:
      case Errno.EBADFD:
        return kernel.noCarrier(host, skb);
      default:
        return kernel.aborted(host, skb);
    }
  }

  /** The budget counts frames read, so that a flood of frames for others cannot hold up the rest of the process. */
  poll(budget: number): number {
    const { host } = this.#interface;
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
      // The host may have closed this controller because of the frame.
      if (this.#device !== device) return work;
    }
    if (work < budget && host.complete(work)) this.#interface.unmask();
    return work;
  }

  #bringUp(libc: Libc, links: LinkSocket): { fd: number; link: Link } {
    const { name } = this.#interface;
    if (this.#attach && !links.find(name))
      throw new ControllerError(
        "TAP_NO_INTERFACE",
        `tap: no interface ${name} to attach to; "ip tuntap add dev ${name} mode tap" makes one`,
      );
    const device = new TapDevice(libc, name, this.#attach);
    this.#device = device;
    const link = links.find(name);
    if (!link) throw new ControllerError("TAP_SYSTEM", `tap: ${name} went away as soon as it was there`);
    this.#interface.take(link);
    this.#txDropped = link.txDropped;
    return { fd: device.fd, link: this.#interface.raise(links, link, (errno) => notRaised(libc, name, errno)) };
  }

  #release(): void {
    // One that we made is gone with its device.
    if (this.#attach) this.#interface.lower();
    this.#device?.close();
    this.#device = null;
  }

  /** Takes a frame that was read, if it is for us; else drops it, and counts it when it was lost and not merely filtered. */
  #take(host: ControllerHost, skb: SkBuff, length: number): boolean {
    if (!this.#interface.filter.accepts(skb.bytes, skb.data)) {
      skb.consume();
      return false;
    }
    if (length > MAX_TAGGED_FRAME) {
      host.drops.drop(skb, DropReason.PKT_TOO_BIG);
      return false;
    }
    skb.put(length);
    this.#interface.countReceived(skb);
    return true;
  }

  /** Sends the frame from where it lies, with zeros behind it up to MIN_FRAME. */
  #write(device: TapDevice, skb: SkBuff): boolean {
    const length = pad(skb);
    return device.write(skb.bytes, skb.data, length);
  }

  #countDrops(): void {
    const link = this.#interface.look();
    if (!link) return;
    this.#interface.countLost(link.txDropped - this.#txDropped);
    this.#txDropped = link.txDropped;
  }
}

function notRaised(libc: Libc, name: string, errno: number): ControllerError {
  if (errno === Errno.EPERM || errno === Errno.EACCES)
    return new ControllerError(
      "TAP_NO_PERMISSION",
      `tap: not allowed to set ${name} up; run as root, or have it up before: ip link set ${name} up`,
    );
  return new ControllerError("TAP_SYSTEM", `tap: cannot set ${name} up: ${libc.errorName(errno)}`);
}
