/** The fragments of IPv6 (RFC 8200 4.5, RFC 5722): how those that come in are read, and the headers of those that go out. */
import { copyPart } from "../../hal/kit/copy-frame.ts";
import type { SkBuff } from "../../hal/skbuff.ts";
import type { Ip6 } from "../ip/ip6.ts";
import { Fragment, Reassembly } from "../ip/reassembly.ts";
import type { NetDevice } from "../net/device.ts";
import { isLinkBound } from "./common/address-kind.ts";
import {
  EXTENSION_NEXT,
  FRAGMENT_HEADER,
  FRAGMENT_ID,
  FRAGMENT_MORE,
  FRAGMENT_OFFSET_FIELD,
  FRAGMENT_OFFSET_MASK,
  NextHeader,
} from "./header/extension-headers.ts";
import { IP6_HEADER, IP6_LENGTH, IP6_MOST_PAYLOAD, IP6_NEXT, trafficClassOf } from "./header/ip6-header.ts";

/** Congestion was met on the way (RFC 3168 5), in the second octet of an IPv6 header. */
const CONGESTED = 3 << 4;

export class Fragments extends Reassembly {
  readonly #fragment = new Fragment();

  /**
   * Takes a fragment whose header is at `at`; it ends at skb.tail, and its lengths were checked.
   * @returns WAITS when it was taken in, COMPLETE when `whole` has the packet: both consume the buffer; else why it is dropped
   */
  take(skb: SkBuff, at: number, source: Ip6, destination: Ip6, device: NetDevice): number {
    const { view } = skb;
    const field = view.getUint16(at + FRAGMENT_OFFSET_FIELD);
    const fragment = this.#fragment;
    fragment.source = source;
    fragment.destination = destination;
    fragment.id = view.getInt32(at + FRAGMENT_ID);
    fragment.device = device;
    fragment.bound = isLinkBound(destination);
    fragment.offset = field & FRAGMENT_OFFSET_MASK;
    fragment.more = (field & FRAGMENT_MORE) !== 0;
    fragment.codepoint = trafficClassOf(view, skb.network) & 3;
    skb.transport = at;
    skb.data = at + FRAGMENT_HEADER;
    return this.takeIn(skb, fragment);
  }

  protected override headerBytes(_first: SkBuff, length: number): number {
    return length > IP6_MOST_PAYLOAD ? -1 : IP6_HEADER;
  }

  /** The headers between the IP header and the fragment's were looked at when the first fragment came, and are left out. */
  protected override finish({ view, data: at, length }: SkBuff, first: SkBuff, congested: boolean): void {
    view.setUint16(at + IP6_LENGTH, length - IP6_HEADER);
    view.setUint8(at + IP6_NEXT, first.view.getUint8(first.transport + EXTENSION_NEXT));
    if (congested) view.setUint8(at + 1, view.getUint8(at + 1) | CONGESTED);
  }
}

/**
 * Turns the header of a packet of ours, at skb.data, into those that each of its fragments has.
 * @param id the identification
 * @returns bytes of them
 */
export function pushFragmentHeader(skb: SkBuff, id: number): number {
  const { view, data: old } = skb;
  const at = skb.push(FRAGMENT_HEADER);
  copyPart(view, at, view, old, IP6_HEADER);
  const header = at + IP6_HEADER;
  view.setInt32(header, view.getUint8(at + IP6_NEXT) << 24);
  view.setInt32(header + FRAGMENT_ID, id);
  view.setUint8(at + IP6_NEXT, NextHeader.FRAGMENT);
  return IP6_HEADER + FRAGMENT_HEADER;
}

/** Makes the headers of a fragment its own. */
export function adaptHeaders6({ view, network, length }: SkBuff, _headerBytes: number, offset: number, more: boolean): void {
  view.setUint16(network + IP6_LENGTH, length - IP6_HEADER);
  view.setUint16(network + IP6_HEADER + FRAGMENT_OFFSET_FIELD, more ? offset | FRAGMENT_MORE : offset);
}
