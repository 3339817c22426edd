/** ARP on the wire (RFC 826 "Packet format"), and the way of a packet of ours to it. */
import { DropReason } from "../../../hal/drop-reason.ts";
import { ETHERNET_HEADER, MAC_BYTES } from "../../../hal/ethernet.ts";
import type { SkBuff, SkBuffPool } from "../../../hal/skbuff.ts";
import type { NetDevice } from "../../net/device.ts";
import { copyMac, ETH_P_ARP, ETH_P_IP, pushHeader } from "../../net/ethernet.ts";

/** Offsets in the packet, for six-byte hardware and four-byte protocol addresses. */
export const AR_HRD = 0;
export const AR_PRO = 2;
export const AR_HLN = 4;
export const AR_PLN = 5;
export const AR_OP = 6;
export const AR_SHA = 8;
export const AR_SIP = 14;
export const AR_THA = 18;
export const AR_TIP = 24;
export const ARP_BYTES = 28;

/** IEEE 802 networks, whose packets an Ethernet takes too (IANA "ARP parameters"). */
export const ARPHRD_IEEE802 = 6;

export const ARPOP_REQUEST = 1;
export const ARPOP_REPLY = 2;

const ZERO_MAC = new Uint8Array(MAC_BYTES);

/**
 * A filter for ARP packets, where the kernel has its arptables. The packet begins with its ARP header and is not the filter's to keep
 * or change; false drops it.
 */
export type ArpHook = (packet: SkBuff, device: NetDevice) => boolean;

/** Filters in the order of their addition. */
export class ArpHooks {
  #hooks: readonly ArpHook[] = [];

  /** The returned function removes it. */
  add(hook: ArpHook): () => void {
    this.#hooks = [...this.#hooks, hook];
    return () => {
      this.#hooks = this.#hooks.filter((other) => other !== hook);
    };
  }

  accepts(packet: SkBuff, device: NetDevice): boolean {
    const hooks = this.#hooks;
    for (let at = 0; at < hooks.length; at++) if (!(hooks[at] as ArpHook)(packet, device)) return false;
    return true;
  }
}

export class ArpSender {
  readonly hooks: ArpHooks = new ArpHooks();
  readonly #pool: SkBuffPool;

  constructor(pool: SkBuffPool) {
    this.#pool = pool;
  }

  /**
   * Sends a request to the Ethernet address at to[toAt..toAt+6). A device without ARP sends none.
   * @returns whether it was sent
   */
  request(device: NetDevice, to: Uint8Array, toAt: number, sip: number, tip: number): boolean {
    return this.send(device, ARPOP_REQUEST, to, toAt, sip, ZERO_MAC, 0, tip);
  }

  /** Answers: to the hardware address asker[at..at+6), which is the target address in the packet too. */
  reply(device: NetDevice, asker: Uint8Array, at: number, sip: number, tip: number): boolean {
    return this.send(device, ARPOP_REPLY, asker, at, sip, asker, at, tip);
  }

  /** Sends any ARP packet of ours. @param tha target hardware address in it, at tha[thaAt..thaAt+6) */
  send(
    device: NetDevice,
    op: number,
    to: Uint8Array,
    toAt: number,
    sip: number,
    tha: Uint8Array,
    thaAt: number,
    tip: number,
  ): boolean {
    if (device.noArp) return false;
    const skb = this.#pool.allocate();
    if (!skb) {
      device.drops.count(DropReason.NOMEM);
      return false;
    }
    const at = skb.put(ARP_BYTES);
    const { bytes, view } = skb;
    // Word by word: hardware type and protocol, then their addresses' lengths and the operation.
    view.setInt32(at + AR_HRD, (device.type << 16) | ETH_P_IP);
    view.setInt32(at + AR_HLN, (MAC_BYTES << 24) | (4 << 16) | op);
    copyMac(bytes, at + AR_SHA, device.address, 0);
    view.setInt32(at + AR_SIP, sip);
    copyMac(bytes, at + AR_THA, tha, thaAt);
    view.setInt32(at + AR_TIP, tip);
    skb.protocol = ETH_P_ARP;
    skb.truesize = ETHERNET_HEADER + ARP_BYTES;
    if (!this.hooks.accepts(skb, device)) {
      device.drops.drop(skb, DropReason.NETFILTER_DROP);
      return false;
    }
    pushHeader(skb, to, toAt, device.address, ETH_P_ARP);
    return device.transmit(skb) === DropReason.NONE;
  }
}
