/**
 * The common part of drivers for Linux's own interfaces: takes hold of the interface and lets go of it again, follows its link,
 * turns readiness of a descriptor into NAPI's interrupts, and counts. The driver itself reads and writes frames.
 */
import type { Clock, Timer } from "../../clock.ts";
import { DropReason } from "../../drop-reason.ts";
import { ControllerError, type ControllerHost, isStationAddress, LinkStatistics, MAC_BYTES } from "../../ethernet.ts";
import { isMulticast, ReceiveFilter } from "../../kit/receive-filter.ts";
import type { SkBuff } from "../../skbuff.ts";
import { type Libc, loadLibc, type Watch } from "./libc.ts";
import { type Link, LinkSocket, MAX_NAME } from "./link.ts";

/** No memory for a frame, or a full queue (ENOBUFS): there is no event for their end, so try again after this many ms. */
const RETRY_MS = 1;

export interface KernelInterfaceOptions {
  /** The driver's name in error messages and, in capitals, in their codes. */
  driver: string;
  /** The interface's name, as `ip link` shows it. */
  name: string;
  /** Characters that the name may not have. */
  forbidden: RegExp;
  /** Station address; undefined: the interface's own. */
  address: Uint8Array | undefined;
}

/** The driver's own part when the interface comes and goes; no member is called for each frame. */
export interface KernelDevice {
  /** Opens the device, with take() and raise() when it wants them; returns the descriptor to watch and the link as it is then. */
  attach(libc: Libc, links: LinkSocket): { fd: number; link: Link };
  /** Closes what attach() opened, which may have failed halfway, with lower() when the interface is to go down again. */
  release(): void;
  /** The descriptor has an error pending, and is watched again after arm() only. */
  failed(): void;
}

export class KernelInterface {
  readonly name: string;
  readonly address: Uint8Array = new Uint8Array(MAC_BYTES);
  readonly statistics: LinkStatistics = new LinkStatistics();
  readonly filter: ReceiveFilter = new ReceiveFilter(this.address);
  readonly #driver: string;
  /** The station address was given. */
  readonly #ownAddress: boolean;
  readonly #device: KernelDevice;
  readonly #retry: Timer;
  #host: ControllerHost | null = null;
  #libc: Libc | null = null;
  #links: LinkSocket | null = null;
  #watch: Watch | null = null;
  #linkWatch: Watch | null = null;
  #index = 0;
  /** The interface was down when we came, and goes down again when we leave. */
  #raised = false;
  #carrier = false;
  /** No interrupt until the poll is through. */
  #masked = false;
  #blocked = false;

  /** @throws ControllerError …_NAME, …_ADDRESS: the options make no sense */
  constructor(clock: Clock, options: KernelInterfaceOptions, device: KernelDevice) {
    const { driver, name, address } = options;
    this.#driver = driver;
    this.#device = device;
    this.name = name;
    if (name.length === 0 || name.length > MAX_NAME || options.forbidden.test(name))
      throw this.#error("NAME", `"${name}" is no interface name: 1 to ${MAX_NAME} characters, no blanks`);
    this.#ownAddress = address !== undefined;
    if (address) {
      if (!isStationAddress(address))
        throw this.#error("ADDRESS", "the station address must be 6 bytes of an individual (not group) address");
      this.address.set(address);
    }
    this.#retry = clock.timer(() => this.#unblock());
  }

  /** Gets the frames; null when closed. */
  get host(): ControllerHost | null {
    return this.#host;
  }

  get carrier(): boolean {
    return this.#carrier;
  }

  /** The kernel had no room for a frame; host.wake() comes when it may have. */
  get blocked(): boolean {
    return this.#blocked;
  }

  get index(): number {
    return this.#index;
  }

  /** @throws ControllerError …_UNSUPPORTED, …_OPEN (open already, or closed meanwhile), …_SYSTEM, and what attach() throws */
  async open(host: ControllerHost): Promise<void> {
    if (this.#host) throw this.#error("OPEN", `${this.name} is open already`);
    this.#host = host;
    try {
      const libc = this.#libc ?? (await loadLibc(this.#driver));
      if (this.#host !== host) throw this.#error("OPEN", `${this.name} was closed while it was being opened`);
      this.#libc = libc;
      const links = new LinkSocket(libc, this.#driver);
      this.#links = links;
      const { fd, link } = this.#device.attach(libc, links);
      this.#watch = libc.watch(fd, this.#onDevice);
      this.#linkWatch = libc.watch(links.fd, this.#onLink);
      this.#masked = false;
      this.#blocked = false;
      this.arm();
      this.#linkWatch.want(true, false);
      this.#carrier = link.carrier;
      host.carrier(link.carrier);
    } catch (error) {
      if (this.#host === host) this.close();
      throw error;
    }
  }

  close(): void {
    this.#host = null;
    this.#carrier = false;
    this.#retry.cancel();
    this.#watch?.close();
    this.#linkWatch?.close();
    this.#watch = null;
    this.#linkWatch = null;
    this.#device.release();
    this.#raised = false;
    this.#links?.close();
    this.#links = null;
  }

  /** For attach(): this is the interface. */
  take(link: Link): void {
    this.#index = link.index;
    if (!this.#ownAddress) this.address.set(link.address);
  }

  /** For attach(): sets the interface up if it is not, and returns how it is then. `refusal` makes an error of an errno. */
  raise(links: LinkSocket, link: Link, refusal: (errno: number) => ControllerError): Link {
    if (link.up) return link;
    const errno = links.setUp(link.index, true);
    if (errno !== 0) throw refusal(errno);
    this.#raised = true;
    return links.find(link.index) ?? link;
  }

  /** For release(): sets the interface down if raise() set it up. */
  lower(): void {
    if (this.#raised) this.#links?.setUp(this.#index, false);
  }

  /** The interface as it is now; null when it is gone or not open. */
  look(): Link | null {
    return this.#links?.find(this.#index) ?? null;
  }

  /** Looks whether the interface is still there and has a carrier, and tells the host what is new. */
  readonly checkLink = (): void => this.#onLink(true);

  /** Tells the event loop which interrupts are wanted. */
  arm(): void {
    this.#watch?.want(!this.#masked, this.#blocked && !this.#retry.armed);
  }

  /** The poll is through. */
  unmask(): void {
    this.#masked = false;
    this.arm();
  }

  /** The kernel has no room for a frame, and the descriptor becomes writable when it has. @returns false, for transmit() */
  full(): false {
    this.#blocked = true;
    this.arm();
    return false;
  }

  /** The kernel has no room for a frame, and will not tell when it has. @returns false, for transmit() */
  fullForNow(): false {
    this.#blocked = true;
    this.#retry.arm(RETRY_MS);
    return false;
  }

  /** The frame is with the kernel. @returns true, for transmit() */
  sent(skb: SkBuff): true {
    this.statistics.txPackets++;
    this.statistics.txBytes += skb.length;
    skb.consume();
    return true;
  }

  /** @returns true, for transmit() */
  noCarrier(host: ControllerHost, skb: SkBuff): true {
    this.statistics.txCarrierErrors++;
    return this.discard(host, skb, DropReason.TX_CARRIER);
  }

  /** @returns true, for transmit() */
  aborted(host: ControllerHost, skb: SkBuff): true {
    this.statistics.txAbortedErrors++;
    return this.discard(host, skb, DropReason.TX_ABORTED);
  }

  /** @returns true, for transmit() */
  discard(host: ControllerHost, skb: SkBuff, reason: DropReason): true {
    this.statistics.txErrors++;
    host.drops.drop(skb, reason);
    return true;
  }

  countReceived(skb: SkBuff): void {
    const { statistics } = this;
    statistics.rxPackets++;
    statistics.rxBytes += skb.length;
    if (isMulticast(skb.bytes, skb.data)) statistics.rxMulticast++;
  }

  /** The kernel had frames for us and no room for them. */
  countLost(frames: number): void {
    this.statistics.rxErrors += frames;
    this.statistics.rxOverErrors += frames;
  }

  readonly #onDevice = (failed: boolean, readable: boolean, writable: boolean): void => {
    if (failed) {
      this.#device.failed();
      return;
    }
    if (readable && !this.#masked) {
      this.#masked = true;
      this.#host?.schedule();
    }
    if (writable) this.#unblock();
    this.arm();
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
      this.arm();
      return;
    }
    this.#raised = false;
    this.#watch?.want(false, false);
    this.#linkWatch?.want(false, false);
    host.failed(this.#error("NO_INTERFACE", `interface ${this.name} was removed`));
  };

  #unblock(): void {
    if (!this.#blocked) return;
    this.#blocked = false;
    this.#host?.wake();
  }

  #error(code: string, message: string): ControllerError {
    return new ControllerError(`${this.#driver.toUpperCase()}_${code}`, `${this.#driver}: ${message}`);
  }
}
