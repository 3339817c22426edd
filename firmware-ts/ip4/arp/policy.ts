/** Applies the settings arp_ignore, arp_filter, arp_accept and arp_announce (Documentation/networking/ip-sysctl). */
import type { SkBuff } from "../../../hal/skbuff.ts";
import { AddressType, Scope } from "../../ip/address-type.ts";
import type { NetDevice } from "../../net/device.ts";
import { IP_SOURCE } from "../header/ip-header.ts";
import type { Fib } from "../routing/fib.ts";

export class ArpPolicy {
  /** Number of requests left without answer because packets to the asker would leave by another device (TcpExt ArpFilter). */
  filtered = 0;
  readonly #fib: Fib;

  constructor(fib: Fib) {
    this.#fib = fib;
  }

  /** arp_ignore: returns true when a request for our address `tip` that came in on the device gets no answer. */
  ignores(device: NetDevice, sip: number, tip: number): boolean {
    switch (this.#fib.conf.on(device).arpIgnore) {
      case 1:
        return !this.#fib.confirms(device, 0, tip, Scope.HOST);
      case 2:
        return !this.#fib.confirms(device, sip, tip, Scope.HOST);
      case 3:
        return !this.#fib.confirms(null, 0, tip, Scope.LINK);
      case 8:
        return true;
      default:
        return false;
    }
  }

  /** arp_filter: returns true when packets to the asker do not leave by the device, so that it may not answer. */
  filters(device: NetDevice, sip: number): boolean {
    if (!this.#fib.conf.on(device).arpFilter) return false;
    const out = this.#fib.routes.lookup(sip)?.device ?? null;
    if (out === device) return false;
    // Without a route there is no other device either, and Linux does not count it.
    if (out) this.filtered++;
    return true;
  }

  /** arp_accept: returns true when an unasked answer or announcement of `sip` may make an entry. */
  accepts(device: NetDevice, sip: number): boolean {
    const value = this.#fib.conf.on(device).arpAccept;
    return value === 1 || (value === 2 && this.#fib.confirms(device, sip, 0, Scope.LINK));
  }

  /**
   * arp_announce: returns the source address of a request for `target`, on behalf of the packet that waits for it (null: of none). It is
   * 0 when we have no address at all.
   */
  sourceFor(device: NetDevice, target: number, packet: SkBuff | null): number {
    const announce = this.#fib.conf.on(device).arpAnnounce;
    if (packet && announce !== 2) {
      const source = packet.view.getInt32(packet.network + IP_SOURCE);
      const usable = announce !== 1 || this.#fib.addresses.onLink(device, target, source);
      if (usable && this.#fib.addressType(source) === AddressType.LOCAL) return source;
    }
    return this.#fib.select(device, target, Scope.LINK);
  }
}
