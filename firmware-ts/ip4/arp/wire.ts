/** The ARP packet (RFC 826 "Packet format"), its filters, and the sender that writes it. */
import { DropReason } from "../../../hal/drop-reason.ts";
import { ETHERNET_HEADER, MAC_BYTES } from "../../../hal/ethernet.ts";
import type { SkBuff, SkBuffPool } from "../../../hal/skbuff.ts";
import type { NetDevice } from "../../net/device.ts";
import { ETH_P_ARP, ETH_P_IP, pushHeader } from "../../net/ethernet.ts";

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

/** Hardware type of IEEE 802 networks (IANA "ARP parameters"). An Ethernet device takes such packets too. */
export const ARPHRD_IEEE802 = 6;

export const ARPOP_REQUEST = 1;
export const ARPOP_REPLY = 2;

// Constants of this module's own: V8 reads an imported or exported one anew at each use (docs/datapath.md).
const PROTOCOL = ETH_P_ARP;
const BYTES = ARP_BYTES;
const SHA = AR_SHA;
const SIP = AR_SIP;
const THA = AR_THA;
const TIP = AR_TIP;
const SECOND = AR_HLN;
const REPLY = ARPOP_REPLY;
/** The second word of the packet, but for the operation. */
const LENGTHS: number = (MAC_BYTES << 24) | (4 << 16);
const IPV4 = ETH_P_IP;
const TRUESIZE: number = ETHERNET_HEADER + ARP_BYTES;
const { NONE } = DropReason;

/** The link address of everybody, in two numbers as highOctets() and lowOctets() give them. */
const BROADCAST_HIGH = 0xffff;
const BROADCAST_LOW = -1;

/**
 * A filter of ARP packets, at the place of the kernel's arptables. Returns false to drop the packet. The packet begins with its ARP header,
 * and the filter neither keeps nor changes it.
 */
export type ArpHook = (packet: SkBuff, device: NetDevice) => boolean;

/** The filters of one direction, in the order of their addition. */
export class ArpHooks {
  #hooks: readonly ArpHook[] = [];

  /** There is no filter: every packet is accepted. */
  get none(): boolean {
    return this.#hooks.length === 0;
  }

  /** Adds a filter; the returned function removes it. */
  add(hook: ArpHook): () => void {
    this.#hooks = [...this.#hooks, hook];
    return () => {
      this.#hooks = this.#hooks.filter((other) => other !== hook);
    };
  }

  /** Returns true when no filter drops the packet. */
  accepts(packet: SkBuff, device: NetDevice): boolean {
    const hooks = this.#hooks;
    for (let at = 0; at < hooks.length; at++) if (!(hooks[at] as ArpHook)(packet, device)) return false;
    return true;
  }
}

/** Writes and sends ARP packets. Link addresses come in two numbers, as highOctets() and lowOctets() give them. */
export class ArpSender {
  readonly hooks: ArpHooks = new ArpHooks();
  readonly #pool: SkBuffPool;

  constructor(pool: SkBuffPool) {
    this.#pool = pool;
  }

  /** Sends a request to one station. Returns true when it was sent; a device without ARP sends none. */
  request(device: NetDevice, high: number, low: number, sip: number, tip: number): boolean {
    return this.send(device, ARPOP_REQUEST, high, low, sip, 0, 0, tip);
  }

  /** Sends a request to everybody on the link. Returns true when it was sent. */
  requestAll(device: NetDevice, sip: number, tip: number): boolean {
    return this.request(device, BROADCAST_HIGH, BROADCAST_LOW, sip, tip);
  }

  /** Sends a reply to the asker's hardware address, which is the target address in the packet too. Returns true when it was sent. */
  reply(device: NetDevice, high: number, low: number, sip: number, tip: number): boolean {
    return this.send(device, REPLY, high, low, sip, high, low, tip);
  }

  /**
   * Sends an ARP packet. Returns true when it was sent.
   * @param high and low: the station that it goes to
   * @param thaHigh and thaLow: the packet's target hardware address
   */
  send(
    device: NetDevice,
    op: number,
    high: number,
    low: number,
    sip: number,
    thaHigh: number,
    thaLow: number,
    tip: number,
  ): boolean {
    if (device.noArp) return false;
    const skb = this.#pool.allocate();
    if (skb === null) {
      device.drops.count(DropReason.NOMEM);
      return false;
    }
    const at = skb.put(BYTES);
    const { view } = skb;
    const own = device.addressView;
    // Seven words: whoever copies the packet reads them as words.
    view.setInt32(at, (device.type << 16) | IPV4);
    view.setInt32(at + SECOND, LENGTHS | op);
    view.setInt32(at + SHA, own.getInt32(0));
    view.setInt32(at + SHA + 4, (own.getUint16(4) << 16) | (sip >>> 16));
    view.setInt32(at + SIP + 2, (sip << 16) | thaHigh);
    view.setInt32(at + THA + 2, thaLow);
    view.setInt32(at + TIP, tip);
    skb.protocol = PROTOCOL;
    skb.truesize = TRUESIZE;
    if (!this.hooks.accepts(skb, device)) {
      device.drops.drop(skb, DropReason.NETFILTER_DROP);
      return false;
    }
    pushHeader(skb, high, low, own, PROTOCOL);
    return device.transmit(skb) === NONE;
  }
}
