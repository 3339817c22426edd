/**
 * Copies of our own packets to everybody on a link, and to groups that are joined there: our own listeners hear them as well. They come in
 * through the backlog (the kernel's dev_loopback_xmit), by the device that sends the packet.
 */
import { DropReason } from "../../hal/drop-reason.ts";
import { copyFrame } from "../../hal/kit/copy-frame.ts";
import { Checksum, type DropCounters, PacketType, type SkBuff } from "../../hal/skbuff.ts";
import type { BacklogTarget } from "../net/backlog.ts";
import type { NetDevice } from "../net/device.ts";
import type { Network } from "../net/network.ts";

/** Readies a packet of ours that comes back to ourselves: nobody's answer proves anything, and no wire can have damaged it. */
export function turnRound(skb: SkBuff): void {
  skb.confirm = false;
  skb.checksum = Checksum.UNNECESSARY;
  skb.packetType = PacketType.HOST;
}

export class OwnCopies implements BacklogTarget {
  readonly #network: Network;
  readonly #drops: DropCounters;
  readonly #deliver: (skb: SkBuff, device: NetDevice) => void;

  /**
   * @param drops counts copies that could not be made
   * @param deliver takes a copy whose turn has come
   */
  constructor(network: Network, drops: DropCounters, deliver: (skb: SkBuff, device: NetDevice) => void) {
    this.#network = network;
    this.#drops = drops;
    this.#deliver = deliver;
  }

  /** Copies a packet that begins with its IP header and is about to leave by the device. */
  loop(skb: SkBuff, device: NetDevice): void {
    const { length } = skb;
    const copy = this.#network.allocate(length);
    if (!copy) {
      this.#drops.count(DropReason.NOMEM);
      return;
    }
    const at = copy.put(length);
    copyFrame(copy.bytes, at, skb.bytes, skb.data, length);
    copy.network = at;
    copy.protocol = skb.protocol;
    copy.packetType = PacketType.BROADCAST;
    copy.checksum = Checksum.UNNECESSARY;
    copy.truesize = skb.truesize;
    copy.cookie = device.ifindex;
    if (!this.#network.backlog.enqueue(copy, this)) this.#drops.drop(copy, DropReason.CPU_BACKLOG);
  }

  backlogged(skb: SkBuff): void {
    const { devices } = this.#network;
    for (let at = 0; at < devices.length; at++) {
      const device = devices[at] as NetDevice;
      if (device.ifindex !== skb.cookie) continue;
      if (device.up) this.#deliver(skb, device);
      else device.drops.drop(skb, DropReason.DEV_READY);
      return;
    }
    this.#drops.drop(skb, DropReason.DEV_READY);
  }
}
