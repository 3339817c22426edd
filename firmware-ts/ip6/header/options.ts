/**
 * Options of hop-by-hop and destination options headers (RFC 8200 4.2): padding, the few that we know, and the action that the type of an
 * unknown one asks for.
 */
import type { SkBuff } from "../../../hal/skbuff.ts";
import { IP6_LENGTH, IP6_MOST_PAYLOAD } from "./ip6-header.ts";

const PAD1 = 0;
const PADN = 1;
/** RFC 2711. */
const ROUTER_ALERT = 5;
/** RFC 2675. No packet here is so long. */
const JUMBO = 0xc2;

/** Bytes in front of an option's data. */
const OPTION_HEADER = 2;
const ROUTER_ALERT_LENGTH = 2;
const JUMBO_LENGTH = 4;
/** A header has no more padding in one place: it aligns to eight octets. Longer padding hides something (RFC 4942 2.1.9.5). */
const MOST_PADDING = 7;
/** Options that a header may have, padding apart (max_hbh_opts_number, max_dst_opts_number). */
const MOST_OPTIONS = 8;

/** The upper two bits of an unknown option's type: skip it, drop the packet, tell the sender as well, tell unless it went to a group. */
const SKIP = 0;
const DISCARD = 1;
const REPORT = 2;

/** The finding about the options of a header: an offset from the IP header on where the sender is to be told of one. */
export const OPTIONS_FINE = 0;
export const OPTIONS_BROKEN = -1;

export class Ip6Options {
  /** The sender hears of a bad field and not of an unknown option. */
  badField = false;

  /**
   * Looks through the options of the header at bytes[at..end).
   * @param hopByHop they are for every router on the way, too
   * @param toMany the packet went to a group
   * @returns OPTIONS_FINE, OPTIONS_BROKEN where the packet is dropped in silence, or the offset for a parameter problem
   */
  check(skb: SkBuff, at: number, end: number, hopByHop: boolean, toMany: boolean): number {
    const { view } = skb;
    this.badField = false;
    let padding = 0;
    let options = 0;
    for (let next = at + OPTION_HEADER; next < end; ) {
      const type = view.getUint8(next);
      if (type !== PAD1 && next + OPTION_HEADER > end) return OPTIONS_BROKEN;
      const length = type === PAD1 ? 1 : OPTION_HEADER + view.getUint8(next + 1);
      if (next + length > end) return OPTIONS_BROKEN;
      if (type === PAD1 || type === PADN) {
        padding += length;
        if (padding > MOST_PADDING) return OPTIONS_BROKEN;
        for (let byte = next + OPTION_HEADER; byte < next + length; byte++) if (view.getUint8(byte) !== 0) return OPTIONS_BROKEN;
      } else {
        if (++options > MOST_OPTIONS) return OPTIONS_BROKEN;
        const finding = this.#option(skb, type, next, hopByHop, toMany);
        if (finding !== OPTIONS_FINE) return finding;
        padding = 0;
      }
      next += length;
    }
    return OPTIONS_FINE;
  }

  #option(skb: SkBuff, type: number, at: number, hopByHop: boolean, toMany: boolean): number {
    const { view, network } = skb;
    if (hopByHop && type === ROUTER_ALERT) return view.getUint8(at + 1) === ROUTER_ALERT_LENGTH ? OPTIONS_FINE : OPTIONS_BROKEN;
    if (hopByHop && type === JUMBO) return this.#jumbo(skb, at);
    const action = type >>> 6;
    if (action === SKIP) return OPTIONS_FINE;
    return action === DISCARD || (action !== REPORT && toMany) ? OPTIONS_BROKEN : at - network;
  }

  /** A packet that says so has to be longer than any that came in (RFC 2675 3). */
  #jumbo({ view, network }: SkBuff, at: number): number {
    if (view.getUint8(at + 1) !== JUMBO_LENGTH || ((at - network) & 3) !== 2) return OPTIONS_BROKEN;
    this.badField = true;
    if (view.getUint32(at + OPTION_HEADER) <= IP6_MOST_PAYLOAD) return at + OPTION_HEADER - network;
    return view.getUint16(network + IP6_LENGTH) === 0 ? OPTIONS_BROKEN : at - network;
  }
}
