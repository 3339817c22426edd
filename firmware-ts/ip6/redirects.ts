/**
 * Redirects (RFC 4861 8): a router tells a host of a better way on the host's own link; a host believes a router that it may use. RFC 4861
 * 8.1 has the one in use at the time; Linux takes any whose route leads there, as one of several default routers.
 *
 * A redirect that quotes a datagram is not believed, as Linux does not where the socket is not bound to a device; one that quotes an
 * ICMPv6 message, or nothing, is (measured on Linux 6.18).
 */
import { DropReason } from "../../hal/drop-reason.ts";
import { copyFrame } from "../../hal/kit/copy-frame.ts";
import type { SkBuff } from "../../hal/skbuff.ts";
import type { Ip6 } from "../ip/ip6.ts";
import { confirm } from "../neigh/machine.ts";
import { Nud } from "../neigh/states.ts";
import { UpdateFlags, update } from "../neigh/update.ts";
import type { NetDevice } from "../net/device.ts";
import { isLinkLocal, isMulticast6 } from "./common/address-kind.ts";
import { ICMP6_HEADER, ICMP6_REDIRECT, IPPROTO_ICMPV6, type Ip6Errors } from "./common/icmp6-types.ts";
import type { Ip6Received } from "./common/received.ts";
import { TransportPlace } from "./header/extension-headers.ts";
import { IP6_DESTINATION, IP6_HEADER, IP6_MIN_MTU, writeIp6 } from "./header/ip6-header.ts";
import type { Ndisc } from "./ndisc/ndisc.ts";
import { disbelieves } from "./ndisc/receive.ts";
import { LINK_OPTION, NdOptions, OPTION_CONTENTS, OPTION_REDIRECTED, OPTION_TARGET_LINK, OPTION_UNIT } from "./ndisc/wire.ts";
import type { Fib6 } from "./routing/fib.ts";
import type { Ip6Way } from "./routing/output-route.ts";
import type { Ip6Route } from "./routing/route.ts";

/** Offsets in the message, from the ICMPv6 header on: the better next hop, and the destination to which it leads. */
const TARGET = ICMP6_HEADER;
const DESTINATION: number = TARGET + 16;
const MESSAGE_BYTES: number = DESTINATION + 16;
/** Bytes in front of the packet that a redirected header option quotes. */
const QUOTE_HEADER = 8;
/** Milliseconds from one redirect to the next, for one destination and for one sender. */
const ONE_REDIRECT = 1000;

const { NONE, NOT_SPECIFIED, PKT_TOO_SMALL, IPV6_NDISC_BAD_OPTIONS } = DropReason;

/** The parts of IPv6 that redirects use. */
export interface RedirectGround6 {
  readonly fib: Fib6;
  readonly ndisc: Ndisc;
  readonly errors: Ip6Errors | null;
  wayOfAnswer(destination: Ip6, source: Ip6 | null, device: NetDevice): Ip6Way;
}

export class Redirects6 {
  readonly #ground: RedirectGround6;
  readonly #options = new NdOptions();
  readonly #place = new TransportPlace();
  readonly #isBy = (destination: Ip6, route: Ip6Route, gateway: Ip6): boolean =>
    route.gateway === gateway || (route.gateway !== null && this.#ground.fib.paths.find(destination, route)?.gateway === gateway);

  constructor(ground: RedirectGround6) {
    this.#ground = ground;
  }

  /**
   * Tells the sender of a packet, which came by the device and leaves by it, of the next hop. Sends nothing where the sender is no neighbour,
   * where the next hop has no link-local address, and where the limits forbid it.
   * @param skb skb.network is at its IP header; the packet stays the caller's
   */
  send(skb: SkBuff, device: NetDevice, source: Ip6, destination: Ip6, nextHop: Ip6): void {
    const { fib, ndisc, errors } = this.#ground;
    const own = fib.addresses.linkLocal(device);
    if (errors?.takeToken(destination, ONE_REDIRECT) !== true || own === null) return;
    if (nextHop !== destination && !isLinkLocal(nextHop)) return;
    const { route } = this.#ground.wayOfAnswer(source, null, device);
    if (!route || route.gateway !== null || !errors.takeToken(source, ONE_REDIRECT)) return;
    const redirect = ndisc.sender.allocate(device);
    if (redirect === null) return;
    const { view, bytes } = redirect;
    const entry = ndisc.table.find(nextHop.d, device, nextHop);
    const known = entry?.valid === true;
    const link = redirect.data + MESSAGE_BYTES;
    const quote = known ? link + LINK_OPTION : link;
    const most = IP6_MIN_MTU - IP6_HEADER - (quote - redirect.data);
    const length = Math.min(most, skb.tail - skb.network + QUOTE_HEADER) & -OPTION_UNIT;
    const at = redirect.put(quote - redirect.data + length);
    // First the copy: it may overwrite the rest of the buffer.
    copyFrame(bytes, quote + QUOTE_HEADER, skb.bytes, skb.network, length - QUOTE_HEADER);
    view.setInt32(at, ICMP6_REDIRECT << 24);
    view.setInt32(at + 4, 0);
    writeIp6(view, at + TARGET, nextHop);
    writeIp6(view, at + DESTINATION, destination);
    if (known) {
      view.setUint16(link, (OPTION_TARGET_LINK << 8) | 1);
      view.setUint16(link + OPTION_CONTENTS, entry.addressHigh);
      view.setInt32(link + OPTION_CONTENTS + 2, entry.addressLow);
    }
    view.setInt32(quote, (OPTION_REDIRECTED << 24) | ((length / OPTION_UNIT) << 16));
    view.setInt32(quote + 4, 0);
    ndisc.sender.send(redirect, device, source, own);
  }

  /** Takes a redirect at skb.data. Returns NONE when the buffer was consumed. */
  take(skb: SkBuff, { source, device }: Ip6Received): DropReason {
    const { view, data: at, tail } = skb;
    const { fib, ndisc } = this.#ground;
    if (!isLinkLocal(source)) return NOT_SPECIFIED;
    if (tail - at < MESSAGE_BYTES) return PKT_TOO_SMALL;
    const options = this.#options;
    if (!options.parse(view, at + MESSAGE_BYTES, tail)) return IPV6_NDISC_BAD_OPTIONS;
    const target = fib.interner.read(view, at + TARGET);
    const destination = fib.interner.read(view, at + DESTINATION);
    const direct = target === destination;
    const { forwarding, acceptRedirects } = fib.conf.on(device);
    if (isMulticast6(destination) || (!direct && !isLinkLocal(target)) || forwarding !== 0 || acceptRedirects === 0)
      return NOT_SPECIFIED;
    const link = options.linkAddress(OPTION_TARGET_LINK);
    if (link < 0 || (link > 0 && disbelieves(ndisc.table, skb, link, device)) || !this.#quotes(skb, destination))
      return NOT_SPECIFIED;
    const route = fib.routes.lookupBy(destination, device, source, this.#isBy);
    if (route === null) return NOT_SPECIFIED;
    const { table } = ndisc;
    const from = table.find(source.d, device, source);
    if (from) confirm(from);
    const entry = table.lookup(target.d, device, target) ?? table.create(target.d, device, false, 0, target);
    if (entry) {
      const router = direct ? 0 : UpdateFlags.OVERRIDE_ISROUTER | UpdateFlags.ISROUTER;
      const how = UpdateFlags.WEAK_OVERRIDE | UpdateFlags.OVERRIDE | router;
      update(entry, link > 0 ? skb.bytes : null, link, Nud.STALE, how);
      fib.paths.redirect(destination, route, target);
    }
    skb.consume();
    return NONE;
  }

  /** The redirect quotes no packet, or an ICMPv6 message of ours to the destination. */
  #quotes({ view }: SkBuff, destination: Ip6): boolean {
    const quote = this.#options.find(OPTION_REDIRECTED);
    if (quote === 0) return true;
    const at = quote + QUOTE_HEADER;
    const end = quote + this.#options.lengthAt(quote);
    const place = this.#place;
    if (at + IP6_HEADER > end || !place.find(view, at, end)) return false;
    return place.protocol === IPPROTO_ICMPV6 && this.#ground.fib.interner.read(view, at + IP6_DESTINATION) === destination;
  }
}
