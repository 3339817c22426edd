/** The fragments of IPv4 (RFC 791 3.2, RFC 815): how those that come in are read, and the headers of those that go out. */
import type { SkBuff } from "../../hal/skbuff.ts";
import { readIp4 } from "../ip/address.ts";
import { FRAGMENT_UNIT, Fragment, Reassembly } from "../ip/reassembly.ts";
import type { NetDevice } from "../net/device.ts";
import {
  FRAGMENT_MORE,
  FRAGMENT_OFFSET,
  headerLengthOf,
  IP_DESTINATION,
  IP_FRAGMENT,
  IP_HEADER,
  IP_ID,
  IP_MOST,
  IP_PROTOCOL,
  IP_SOURCE,
  IP_TOS,
  IP_TOTAL_LENGTH,
  writeChecksum,
} from "./header/ip-header.ts";
import { keepCopiedOptions } from "./header/options.ts";

/** The ECN bits of the type of service, and their value for congestion met on the way (RFC 3168 5). */
const ECN = 3;

export class Fragments extends Reassembly {
  readonly #fragment = new Fragment();

  /**
   * Takes a fragment whose IP header, at skb.network, was checked.
   * @returns WAITS when it was taken in, COMPLETE when `whole` has the packet: both consume the buffer; else why it is dropped
   */
  take(skb: SkBuff, device: NetDevice): number {
    const { view, network: at } = skb;
    const field = view.getUint16(at + IP_FRAGMENT);
    const fragment = this.#fragment;
    fragment.source = readIp4(view, at + IP_SOURCE);
    fragment.destination = readIp4(view, at + IP_DESTINATION);
    fragment.id = view.getUint16(at + IP_ID);
    fragment.protocol = view.getUint8(at + IP_PROTOCOL);
    fragment.device = device;
    fragment.offset = (field & FRAGMENT_OFFSET) * FRAGMENT_UNIT;
    fragment.more = (field & FRAGMENT_MORE) !== 0;
    fragment.codepoint = view.getUint8(at + IP_TOS) & ECN;
    skb.data = at + headerLengthOf(view, at);
    // As in Linux, octets beyond the last whole unit of one that others follow are cut off.
    if (fragment.more) skb.trim(skb.length & -FRAGMENT_UNIT);
    return this.takeIn(skb, fragment);
  }

  protected override headerBytes({ view, network }: SkBuff, length: number): number {
    const headerLength = headerLengthOf(view, network);
    return headerLength + length > IP_MOST ? -1 : headerLength;
  }

  protected override finish({ view, data: at, length }: SkBuff, _first: SkBuff, congested: boolean): void {
    view.setUint16(at + IP_TOTAL_LENGTH, length);
    view.setUint16(at + IP_FRAGMENT, 0);
    if (congested) view.setUint8(at + IP_TOS, view.getUint8(at + IP_TOS) | ECN);
    writeChecksum(view, at, headerLengthOf(view, at));
  }
}

/**
 * Makes the header of a fragment its own. Its packet may be a fragment itself, with an offset of its own, and others behind it. Options
 * that are for the first fragment alone become padding in the others (RFC 791 3.1); a later fragment has none of them any more.
 */
export function adaptHeader4({ view, network: at, length }: SkBuff, headerBytes: number, offset: number, more: boolean): void {
  const before = view.getUint16(at + IP_FRAGMENT);
  const field = before + offset / FRAGMENT_UNIT;
  view.setUint16(at + IP_FRAGMENT, more ? field | FRAGMENT_MORE : field);
  view.setUint16(at + IP_TOTAL_LENGTH, length);
  if (headerBytes > IP_HEADER && offset > 0 && (before & FRAGMENT_OFFSET) === 0) keepCopiedOptions(view, at, at + headerBytes);
  writeChecksum(view, at, headerBytes);
}
