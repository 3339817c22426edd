/**
 * An EthernetController on a Linux network interface, through AF_PACKET (packet(7)): frames come by a ring shared with the kernel
 * and go by send(2). The interface is the stack's alone and needs no address of its own.
 *
 *     const controller = new PacketController(new SystemClock(), { interface: "eth0" });
 *     await controller.open(host);
 *
 * The kernel leaves checksums unfilled and joins segments for a receiver that shares its memory. A vnet header in front of each
 * frame (struct virtio_net_hdr) says so, so that this driver need not know what an IP address is.
 */

import { Errno, type Libc, loadLibc, type Watch } from "../../hal/bridges/linux/libc.ts";
import { ARPHRD_ETHER, type Link, LinkSocket, MAX_NAME } from "../../hal/bridges/linux/link.ts";
import type { Clock, Timer } from "../../hal/clock.ts";
import { DropReason } from "../../hal/drop-reason.ts";
import {
  ControllerError,
  type ControllerHost,
  type EthernetController,
  LinkStatistics,
  MAC_BYTES,
  MAX_FRAME,
  MIN_FRAME,
  type ReceiveMode,
} from "../../hal/ethernet.ts";
import type { SkBuff } from "../../hal/skbuff.ts";
import { type ReceiveRing, SlotStatus } from "./ring.ts";
import { MSG_DONTWAIT, PACKET_OUTGOING, PacketSocket, VnetHeader } from "./socket.ts";

export interface PacketOptions {
  /** The interface's name, as `ip link` shows it. */
  interface: string;
  /** Station address. Default: the interface's own. Another one makes the interface promiscuous. */
  address?: Uint8Array;
  /** Frames that the receive ring holds, 2 KiB each, rounded up to a multiple of 32. Default 2048: 4 MiB, 5 ms at 400,000 frames/s. */
  ringFrames?: number;
}

const DEFAULT_RING_FRAMES = 2048;
/** A frame with an IEEE 802.1Q tag may be this much longer. */
const VLAN_TAG = 4;
/** TPID of a customer VLAN tag, when the kernel does not tell another (IEEE 802.1Q). */
const TPID_8021Q = 0x8100;
/** The kernel's queue was full (ENOBUFS): there is no event for room in it, so look again after this many ms. */
const RETRY_MS = 1;

export class PacketController implements EthernetController {
  readonly driver = "packet";
  readonly simulated = false;
  readonly address: Uint8Array = new Uint8Array(MAC_BYTES);
  readonly #name: string;
  readonly #ringFrames: number;
  readonly #ownAddress: boolean;
  readonly #statistics = new LinkStatistics();
  readonly #retry: Timer;
  readonly #mode: ReceiveMode = { promiscuous: false, allMulticast: false };
  #host: ControllerHost | null = null;
  #libc: Libc | null = null;
  #links: LinkSocket | null = null;
  #socket: PacketSocket | null = null;
  #ring: ReceiveRing | null = null;
  #watch: Watch | null = null;
  #linkWatch: Watch | null = null;
  #index = 0;
  /** The station address is not the interface's. */
  #foreign = false;
  /** The interface was down when we came, and goes down again when we leave. */
  #raised = false;
  #carrier = false;
  /** No interrupt until the poll is through. */
  #masked = false;
  /** send() had no room: an interrupt is wanted when it has. */
  #blocked = false;
  /** For a frame that has no room in front for the vnet header. */
  #bounce: Uint8Array | null = null;

  /** @throws ControllerError PACKET_NAME, PACKET_ADDRESS: the options make no sense */
  constructor(clock: Clock, options: PacketOptions) {
    this.#name = options.interface;
    if (this.#name.length === 0 || this.#name.length > MAX_NAME || /[/\s\0]/.test(this.#name))
      throw new ControllerError(
        "PACKET_NAME",
        `packet: "${this.#name}" is no interface name: 1 to ${MAX_NAME} characters, no blanks`,
      );
    this.#ringFrames = options.ringFrames ?? DEFAULT_RING_FRAMES;
    this.#ownAddress = options.address !== undefined;
    if (options.address) {
      if (options.address.length !== MAC_BYTES || (options.address[0]! & 1) === 1)
        throw new ControllerError(
          "PACKET_ADDRESS",
          "packet: the station address must be 6 bytes of an individual (not group) address",
        );
      this.address.set(options.address);
    }
    this.#retry = clock.timer(() => this.#unblock());
  }

  get description(): string {
    return `AF_PACKET on ${this.#name}`;
  }

  /** Frames lost for want of room in the ring are fetched from the kernel on reading. */
  get statistics(): LinkStatistics {
    this.#countRingDrops();
    return this.#statistics;
  }

  /**
   * @throws ControllerError PACKET_UNSUPPORTED, PACKET_NO_INTERFACE, PACKET_NO_PERMISSION, PACKET_NOT_ETHERNET, PACKET_OPEN (open
   * already, or closed meanwhile), PACKET_SYSTEM (any other refusal of the kernel's, with its errno)
   */
  async open(host: ControllerHost): Promise<void> {
    if (this.#host) throw new ControllerError("PACKET_OPEN", `packet: ${this.#name} is open already`);
    this.#host = host;
    try {
      const libc = this.#libc ?? (await loadLibc("packet"));
      if (this.#host !== host)
        throw new ControllerError("PACKET_OPEN", `packet: ${this.#name} was closed while it was being opened`);
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
    this.#host = null;
    this.#carrier = false;
    this.#retry.cancel();
    this.#watch?.close();
    this.#linkWatch?.close();
    this.#watch = null;
    this.#linkWatch = null;
    this.#countRingDrops();
    this.#ring?.close();
    this.#ring = null;
    this.#socket?.close();
    this.#socket = null;
    if (this.#raised) this.#links?.setUp(this.#index, false);
    this.#raised = false;
    this.#links?.close();
    this.#links = null;
  }

  setReceiveMode(mode: ReceiveMode): void {
    this.#mode.promiscuous = mode.promiscuous;
    this.#mode.allMulticast = mode.allMulticast;
    // A refusal here means that the interface is on its way out, which rtnetlink will tell.
    if (this.#socket) this.#applyReceiveMode(this.#socket);
  }

  transmit(skb: SkBuff): boolean {
    const host = this.#host;
    const socket = this.#socket;
    if (!host || !socket) {
      skb.drop(DropReason.DEV_READY);
      return true;
    }
    if (this.#blocked) return false;
    if (!this.#carrier) {
      this.#statistics.txCarrierErrors++;
      return this.#discard(host, skb, DropReason.TX_CARRIER);
    }
    const length = skb.length;
    const sent = this.#send(socket, skb);
    if (sent) {
      this.#statistics.txPackets++;
      this.#statistics.txBytes += length;
      skb.consume();
      return true;
    }
    switch (socket.errno) {
      case Errno.EAGAIN:
        this.#blocked = true;
        this.#arm();
        return false;
      case Errno.ENOBUFS:
        this.#blocked = true;
        this.#retry.arm(RETRY_MS);
        return false;
      case Errno.EMSGSIZE:
        return this.#discard(host, skb, DropReason.PKT_TOO_BIG);
      case Errno.ENETDOWN:
      case Errno.ENXIO:
        this.#statistics.txCarrierErrors++;
        return this.#discard(host, skb, DropReason.TX_CARRIER);
      default:
        this.#statistics.txAbortedErrors++;
        return this.#discard(host, skb, DropReason.TX_ABORTED);
    }
  }

  /** The budget counts slots looked at, so that a flood of frames for others cannot hold up the rest of the process. */
  poll(budget: number): number {
    const host = this.#host;
    const ring = this.#ring;
    if (!host || !ring) return 0;
    let work = 0;
    let losing = 0;
    while (work < budget) {
      const status = ring.status;
      if ((status & SlotStatus.USER) === 0) break;
      work++;
      losing |= status & SlotStatus.LOSING;
      const skb = this.#wanted(ring) ? this.#take(host, ring, status) : null;
      ring.release();
      if (skb) {
        host.receive(skb);
        // What the host did with the frame may have closed this controller, and the ring's memory is gone.
        if (this.#ring !== ring) return work;
      }
    }
    if (losing !== 0) this.#countRingDrops();
    if (work < budget && host.complete(work)) {
      this.#masked = false;
      this.#arm();
    }
    return work;
  }

  #bringUp(libc: Libc): Link {
    const links = new LinkSocket(libc, "packet");
    this.#links = links;
    let link = links.find(this.#name);
    if (!link)
      throw new ControllerError("PACKET_NO_INTERFACE", `packet: no interface ${this.#name} here; "ip link" lists what there is`);
    if (link.type !== ARPHRD_ETHER)
      throw new ControllerError(
        "PACKET_NOT_ETHERNET",
        `packet: ${this.#name} is not an Ethernet interface (its hardware type is ${link.type})`,
      );
    this.#index = link.index;
    if (!this.#ownAddress) this.address.set(link.address);
    const socket = new PacketSocket(libc, this.#name);
    this.#socket = socket;
    this.#ring = socket.receiveRing(this.#ringFrames);
    this.#foreign = this.#ownAddress && !link.address.every((byte, at) => byte === this.address[at]);
    const refused = this.#applyReceiveMode(socket);
    if (refused !== 0) throw socket.refusal("receive frames for another address", refused);
    if (!link.up) {
      const errno = links.setUp(link.index, true);
      if (errno !== 0) throw socket.refusal("set the interface up", errno);
      this.#raised = true;
      link = links.find(link.index) ?? link;
    }
    socket.bind(link.index);
    this.#watch = libc.watch(socket.fd, this.#onSocket);
    this.#linkWatch = libc.watch(links.fd, this.#onLink);
    return link;
  }

  /** Tells the event loop which interrupts are wanted. */
  #arm(): void {
    this.#watch?.want(!this.#masked, this.#blocked && !this.#retry.armed);
  }

  readonly #onSocket = (failed: boolean, readable: boolean, writable: boolean): void => {
    // Reading the error clears it. ENETDOWN is the usual one; what it means for the link comes by rtnetlink.
    if (failed) this.#socket?.takeError();
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
    if (link !== null || this.#host !== host) return;
    this.#raised = false;
    this.#watch?.want(false, false);
    this.#linkWatch?.want(false, false);
    host.failed(new ControllerError("PACKET_NO_INTERFACE", `packet: interface ${this.#name} was removed`));
  };

  #unblock(): void {
    if (!this.#blocked) return;
    this.#blocked = false;
    this.#host?.wake();
  }

  /** As a chip's address filter: our own, broadcast, and whatever the receive mode adds. */
  #wanted(ring: ReceiveRing): boolean {
    // Kernels before 4.20 do not know PACKET_IGNORE_OUTGOING and show us what others here send through the interface.
    if (ring.packetType === PACKET_OUTGOING) return false;
    if (this.#mode.promiscuous) return true;
    const bytes = ring.bytes;
    const at = ring.frame;
    if ((bytes[at]! & 1) === 1) return this.#mode.allMulticast || isBroadcast(bytes, at);
    for (let i = 0; i < MAC_BYTES; i++) if (bytes[at + i] !== this.address[i]) return false;
    return true;
  }

  /** Copies the frame out of the ring; null when it could not be used, and that is counted. */
  #take(host: ControllerHost, ring: ReceiveRing, status: number): SkBuff | null {
    const length = ring.length;
    const from = ring.frame;
    const bytes = ring.bytes;
    const tagged = (status & SlotStatus.VLAN_VALID) !== 0;
    // A longer one is a segment that the kernel joined from several (GSO), or the interface has a larger MTU than Ethernet's.
    if (length > MAX_FRAME + VLAN_TAG || ring.captured < length || VnetHeader.joined(bytes, from)) {
      host.drops.count(DropReason.PKT_TOO_BIG);
      return null;
    }
    const skb = host.pool.allocate();
    if (!skb) {
      host.drops.count(DropReason.NOMEM);
      return null;
    }
    ring.copyTo(skb.bytes, skb.data, length);
    skb.put(length);
    VnetHeader.toPacket(bytes, from, skb);
    if (tagged) this.#insertTag(skb, ring.vlanTci, (status & SlotStatus.VLAN_TPID_VALID) !== 0 ? ring.vlanTpid : TPID_8021Q);
    this.#statistics.rxPackets++;
    this.#statistics.rxBytes += skb.length;
    if ((skb.bytes[skb.data]! & 1) === 1 && !isBroadcast(skb.bytes, skb.data)) this.#statistics.rxMulticast++;
    return skb;
  }

  /** Puts a VLAN tag back where it was on the wire; the kernel keeps it apart. Without it VLANs would run together. */
  #insertTag(skb: SkBuff, tci: number, tpid: number): void {
    const from = skb.data;
    const to = skb.push(VLAN_TAG);
    skb.bytes.copyWithin(to, from, from + 2 * MAC_BYTES);
    skb.view.setUint16(to + 2 * MAC_BYTES, tpid);
    skb.view.setUint16(to + 2 * MAC_BYTES + 2, tci);
  }

  /** Sends the frame from where it lies: the vnet header goes in front of it, zeros up to MIN_FRAME behind. */
  #send(socket: PacketSocket, skb: SkBuff): boolean {
    const padded = skb.data + Math.max(skb.length, MIN_FRAME);
    if (skb.data >= VnetHeader.BYTES && padded <= skb.bytes.length) {
      const at = skb.data - VnetHeader.BYTES;
      if (padded > skb.tail) skb.bytes.fill(0, skb.tail, padded);
      VnetHeader.write(skb.view, at, skb);
      return socket.send(skb.bytes, at, padded - at, MSG_DONTWAIT);
    }
    this.#bounce ??= new Uint8Array(VnetHeader.BYTES + skb.bytes.length + MIN_FRAME);
    const bounce = this.#bounce.fill(0);
    bounce.set(skb.contents(), VnetHeader.BYTES);
    VnetHeader.write(new DataView(bounce.buffer), 0, skb);
    return socket.send(bounce, 0, VnetHeader.BYTES + padded - skb.data, MSG_DONTWAIT);
  }

  #discard(host: ControllerHost, skb: SkBuff, reason: DropReason): boolean {
    this.#statistics.txErrors++;
    host.drops.drop(skb, reason);
    return true;
  }

  /** 0 or an errno. */
  #applyReceiveMode(socket: PacketSocket): number {
    const errno = socket.promiscuous(this.#index, this.#foreign || this.#mode.promiscuous);
    return errno === 0 ? socket.allMulticast(this.#index, this.#mode.allMulticast) : errno;
  }

  #countRingDrops(): void {
    const lost = this.#socket?.takeDrops() ?? 0;
    this.#statistics.rxErrors += lost;
    this.#statistics.rxOverErrors += lost;
  }
}

function isBroadcast(bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < MAC_BYTES; i++) if (bytes[at + i] !== 0xff) return false;
  return true;
}
