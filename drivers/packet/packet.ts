/**
 * An EthernetController on a Linux network interface, through AF_PACKET (packet(7)): frames come by a ring shared with the kernel
 * and go by send(2). The interface is the stack's alone and needs no address of its own.
 *
 *     const controller = new PacketController(new SystemClock(), { interface: "eth0" });
 *     await controller.open(host);
 *
 * The kernel leaves checksums unfilled and joins segments for a receiver that shares its memory. A vnet header in front of each
 * frame (struct virtio_net_hdr) says so, so that this driver need not know what an IP address is. Segments are joined at this end (GRO),
 * which is turned off meanwhile, or were never parted by a sender on this machine (GSO): those are parted here (LongFrame).
 */

import { type KernelDevice, KernelInterface } from "../../hal/bridges/linux/kernel-interface.ts";
import { Errno, type Libc } from "../../hal/bridges/linux/libc.ts";
import { ARPHRD_ETHER, type Link, type LinkSocket } from "../../hal/bridges/linux/link.ts";
import type { Clock } from "../../hal/clock.ts";
import { DropReason } from "../../hal/drop-reason.ts";
import {
  type ControllerCapabilities,
  ControllerError,
  type ControllerHost,
  type EthernetController,
  type LinkStatistics,
  MAC_BYTES,
  MAX_TAGGED_FRAME,
  MIN_FRAME,
  type ReceiveMode,
  VLAN_TAG,
} from "../../hal/ethernet.ts";
import { SOFTWARE_CAPABILITIES } from "../../hal/kit/capabilities.ts";
import type { SkBuff } from "../../hal/skbuff.ts";
import { LongFrame } from "./long-frame.ts";
import { ReceiveOffload } from "./receive-offload.ts";
import { type ReceiveRing, SlotStatus } from "./ring.ts";
import { MSG_DONTWAIT, PACKET_OUTGOING, PacketSocket } from "./socket.ts";
import { GsoType, VnetHeader } from "./vnet-header.ts";

export interface PacketOptions {
  /** The interface's name, as `ip link` shows it. */
  interface: string;
  /** Station address. Default: the interface's own. Another one makes the interface promiscuous. */
  address?: Uint8Array;
  /** Frames that the receive ring holds, 2 KiB each, rounded up to a multiple of 32. Default 2048: 4 MiB, 5 ms at 400,000 frames/s. */
  ringFrames?: number;
}

/**
 * The kernel takes frames whose checksum is left to the hardware. That is no capability of every interface: a veth hands such a frame
 * on as it is, and whoever captures at its far end sees a wrong checksum.
 */
const CAPABILITIES: ControllerCapabilities = { ...SOFTWARE_CAPABILITIES, rxChecksum: true };
const DEFAULT_RING_FRAMES = 2048;
/** TPID of a customer VLAN tag, when the kernel does not tell another (IEEE 802.1Q). */
const TPID_8021Q = 0x8100;

export class PacketController implements EthernetController {
  readonly driver = "packet";
  readonly simulated = false;
  readonly capabilities: ControllerCapabilities = CAPABILITIES;
  readonly address: Uint8Array;
  readonly #interface: KernelInterface;
  readonly #ringFrames: number;
  #socket: PacketSocket | null = null;
  #ring: ReceiveRing | null = null;
  #offload: ReceiveOffload | null = null;
  /** The frame that is being parted. Made with the first one. */
  #long: LongFrame | null = null;
  /** Its VLAN tag, TPID and TCI, which stood in its slot; 0 without. */
  #longTag = 0;
  #longFrames = 0;
  #pieces = 0;
  /** The station address is not the interface's. */
  #foreign = false;
  /** For a frame that has no room in front for the vnet header. */
  #bounce: Uint8Array | null = null;

  /** @throws ControllerError PACKET_NAME, PACKET_ADDRESS: the options make no sense */
  constructor(clock: Clock, options: PacketOptions) {
    this.#ringFrames = options.ringFrames ?? DEFAULT_RING_FRAMES;
    const device: KernelDevice = {
      attach: (libc, links) => this.#bringUp(libc, links),
      release: () => this.#release(),
      failed: () => this.#clearError(),
    };
    const { interface: name, address } = options;
    this.#interface = new KernelInterface(clock, { driver: "packet", name, forbidden: /[/\s\0]/, address }, device);
    this.address = this.#interface.address;
  }

  get description(): string {
    return `AF_PACKET on ${this.#interface.name}`;
  }

  /** Frames lost for want of room in the ring are fetched from the kernel on reading. */
  get statistics(): LinkStatistics {
    this.#countRingDrops();
    return this.#interface.statistics;
  }

  /** Frames that came unparted, and those that were made of them; the latter are among rxPackets. */
  driverStatistics(): readonly (readonly [name: string, value: number])[] {
    return [
      ["rx_gso_frames", this.#longFrames],
      ["rx_gso_segments", this.#pieces],
    ];
  }

  /**
   * @throws ControllerError PACKET_UNSUPPORTED, PACKET_NO_INTERFACE, PACKET_NO_PERMISSION, PACKET_NOT_ETHERNET, PACKET_OPEN (open
   * already, or closed meanwhile), PACKET_SYSTEM (any other refusal of the kernel's, with its errno)
   */
  open(host: ControllerHost): Promise<void> {
    return this.#interface.open(host);
  }

  async close(): Promise<void> {
    this.#interface.close();
  }

  setReceiveMode(mode: ReceiveMode): void {
    this.#interface.filter.set(mode);
    // A refusal here means that the interface is on its way out, which rtnetlink will tell.
    if (this.#socket) this.#applyReceiveMode(this.#socket);
  }

  transmit(skb: SkBuff): boolean {
    const kernel = this.#interface;
    const { host } = kernel;
    const socket = this.#socket;
    if (!host || !socket) {
      skb.drop(DropReason.DEV_READY);
      return true;
    }
    if (kernel.blocked) return false;
    if (!kernel.carrier) return kernel.noCarrier(host, skb);
    if (this.#send(socket, skb)) return kernel.sent(skb);
    switch (socket.errno) {
      case Errno.EAGAIN:
        return kernel.full();
      case Errno.ENOBUFS:
        return kernel.fullForNow();
      case Errno.EMSGSIZE:
        return kernel.discard(host, skb, DropReason.PKT_TOO_BIG);
      case Errno.ENETDOWN:
      case Errno.ENXIO:
        return kernel.noCarrier(host, skb);
      default:
        return kernel.aborted(host, skb);
    }
  }

  /** The budget counts slots looked at, so that a flood of frames for others cannot hold up the rest of the process. */
  poll(budget: number): number {
    const { host } = this.#interface;
    const ring = this.#ring;
    if (!host || !ring) return 0;
    let work = 0;
    let losing = 0;
    while (work < budget) {
      const long = this.#long;
      let skb: SkBuff | null;
      if (long?.pending === true) {
        work++;
        skb = this.#takePiece(host, long);
      } else {
        const status = ring.status;
        if ((status & SlotStatus.USER) === 0) break;
        work++;
        losing |= status & SlotStatus.LOSING;
        skb = this.#wanted(ring) ? this.#take(host, ring, status) : this.#passOver(status);
        ring.release();
      }
      if (skb) {
        host.receive(skb);
        // The host may have closed this controller because of the frame, and the ring's memory is gone.
        if (this.#ring !== ring) return work;
      }
    }
    if (losing !== 0) this.#countRingDrops();
    if (work < budget && host.complete(work)) this.#interface.unmask();
    return work;
  }

  #bringUp(libc: Libc, links: LinkSocket): { fd: number; link: Link } {
    const { name } = this.#interface;
    const link = links.find(name);
    if (!link) throw new ControllerError("PACKET_NO_INTERFACE", `packet: no interface ${name} here; "ip link" lists what there is`);
    if (link.type !== ARPHRD_ETHER)
      throw new ControllerError(
        "PACKET_NOT_ETHERNET",
        `packet: ${name} is not an Ethernet interface (its hardware type is ${link.type})`,
      );
    this.#interface.take(link);
    const socket = new PacketSocket(libc, name);
    this.#socket = socket;
    this.#ring = socket.receiveRing(this.#ringFrames);
    socket.keepLongFrames();
    this.#foreign = !link.address.every((byte, at) => byte === this.address[at]);
    const refused = this.#applyReceiveMode(socket);
    if (refused !== 0) throw socket.refusal("receive frames for another address", refused);
    this.#offload = new ReceiveOffload(libc, socket.fd, name);
    this.#offload.stop();
    const raised = this.#interface.raise(links, link, (errno) => socket.refusal("set the interface up", errno));
    socket.bind(link.index);
    return { fd: socket.fd, link: raised };
  }

  #release(): void {
    this.#countRingDrops();
    this.#ring?.close();
    this.#ring = null;
    this.#long = null;
    this.#offload?.restore();
    this.#offload = null;
    this.#socket?.close();
    this.#socket = null;
    this.#interface.lower();
  }

  /** Reading the error clears it. ENETDOWN is the usual one; what it means for the link comes by rtnetlink. */
  #clearError(): void {
    this.#socket?.takeError();
    this.#interface.arm();
  }

  #wanted(ring: ReceiveRing): boolean {
    // Kernels before 4.20 do not know PACKET_IGNORE_OUTGOING and show us what others here send through the interface.
    return ring.packetType !== PACKET_OUTGOING && this.#interface.filter.accepts(ring.bytes, ring.frame);
  }

  /** Copies the frame out of the ring; null when it could not be used, and that is counted. */
  #take(host: ControllerHost, ring: ReceiveRing, status: number): SkBuff | null {
    const length = ring.length;
    const from = ring.frame;
    const bytes = ring.bytes;
    if (length > MAX_TAGGED_FRAME || ring.captured < length || VnetHeader.gsoType(bytes, from) !== GsoType.NONE) {
      this.#begin(host, ring, status);
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
    if ((status & SlotStatus.VLAN_VALID) !== 0) insertTag(skb, tagOf(ring, status));
    this.#interface.countReceived(skb);
    return skb;
  }

  /** Takes a frame from beside the ring that nobody wants: the next slot's is behind it. */
  #passOver(status: number): null {
    if ((status & SlotStatus.COPY) !== 0) {
      this.#long ??= new LongFrame();
      this.#socket?.receive(this.#long.bytes);
    }
    return null;
  }

  /** Begins to part a frame. One that cannot be parted is dropped, and counted; so is one longer than Ethernet's, of a larger MTU. */
  #begin(host: ControllerHost, ring: ReceiveRing, status: number): void {
    this.#long ??= new LongFrame();
    const long = this.#long;
    let { length } = ring;
    if ((status & SlotStatus.COPY) !== 0) {
      length = (this.#socket?.receive(long.bytes) ?? 0) - VnetHeader.BYTES;
    } else if (ring.captured === length) {
      ring.copyWith(VnetHeader.BYTES, long.bytes, length);
    } else if (VnetHeader.gsoType(ring.bytes, ring.frame) !== GsoType.NONE) {
      // The kernel had no room for it beside the ring.
      this.#interface.countLost(1);
      return;
    }
    if (!long.begin(length)) {
      host.drops.count(DropReason.PKT_TOO_BIG);
      return;
    }
    this.#longFrames++;
    this.#longTag = (status & SlotStatus.VLAN_VALID) !== 0 ? tagOf(ring, status) : 0;
  }

  #takePiece(host: ControllerHost, long: LongFrame): SkBuff | null {
    this.#pieces++;
    const skb = host.pool.allocate();
    if (!skb) {
      host.drops.count(DropReason.NOMEM);
      long.skip();
      return null;
    }
    long.next(skb);
    if (this.#longTag !== 0) insertTag(skb, this.#longTag);
    this.#interface.countReceived(skb);
    return skb;
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

  /** 0 or an errno. */
  #applyReceiveMode(socket: PacketSocket): number {
    const { filter, index } = this.#interface;
    return (
      socket.promiscuous(index, this.#foreign || filter.promiscuous) ||
      socket.allMulticast(index, filter.allMulticast) ||
      socket.groups(index, filter.groups)
    );
  }

  #countRingDrops(): void {
    this.#interface.countLost(this.#socket?.takeDrops() ?? 0);
  }
}

/** The tag of the current slot's frame: TPID and TCI. */
function tagOf(ring: ReceiveRing, status: number): number {
  const tpid = (status & SlotStatus.VLAN_TPID_VALID) !== 0 ? ring.vlanTpid : TPID_8021Q;
  return (tpid << 16) | ring.vlanTci;
}

/** Puts a VLAN tag back where it was on the wire; the kernel keeps it apart. Without it VLANs would run together. */
function insertTag(skb: SkBuff, tag: number): void {
  const from = skb.data;
  const to = skb.push(VLAN_TAG);
  skb.bytes.copyWithin(to, from, from + 2 * MAC_BYTES);
  skb.view.setInt32(to + 2 * MAC_BYTES, tag);
}
