/** Multicast listener discovery of all devices: takes the messages of routers and of other listeners (RFC 3810 6, RFC 2710 4). */
import { DropReason } from "../../../hal/drop-reason.ts";
import { PacketType, type SkBuff } from "../../../hal/skbuff.ts";
import type { Ip6 } from "../../ip/ip6.ts";
import type { NetDevice } from "../../net/device.ts";
import { AddressScope, isLinkLocal, isMulticast6, scopeOf } from "../common/address-kind.ts";
import type { Ip6Received } from "../common/received.ts";
import { type ListenerGround, MldListener } from "./listener.ts";
import {
  decodeCode,
  hasRouterAlert,
  MLD_BYTES,
  MLD_DELAY,
  MLD_GROUP,
  MLD_HOPS,
  MLD_INTERVAL,
  MLD_ROBUSTNESS,
  MLD_SOURCES,
  MLD2_QUERY_BYTES,
} from "./wire.ts";

const { NONE, NOT_SPECIFIED, PKT_TOO_SMALL } = DropReason;

/** Bits of the mantissas of a delay's and an interval's code, and those of the robustness. */
const DELAY_MANTISSA = 12;
const INTERVAL_MANTISSA = 4;
const ROBUSTNESS_MASK = 7;
const SECOND = 1000;

export class Mld {
  readonly #ground: ListenerGround;
  readonly #listeners = new Map<NetDevice, MldListener>();

  constructor(ground: ListenerGround) {
    this.#ground = ground;
  }

  /** A device has joined a group, or has left it. */
  changed(device: NetDevice, group: Ip6, joined: boolean): void {
    if (!this.#isReported(group) || device.loopback) return;
    if (joined) this.of(device).joined(group);
    else this.of(device).leaves(group);
  }

  /** The listener of a device. */
  of(device: NetDevice): MldListener {
    let listener = this.#listeners.get(device);
    if (!listener) {
      listener = new MldListener(device, this.#ground);
      this.#listeners.set(device, listener);
    }
    return listener;
  }

  /** A device is gone. */
  forget(device: NetDevice): void {
    this.#listeners.get(device)?.stop();
    this.#listeners.delete(device);
  }

  /** Takes a query at skb.data. Returns NONE when the buffer was consumed. */
  query(skb: SkBuff, { source, ttl, device }: Ip6Received): DropReason {
    const { view, data: at, length } = skb;
    if (length < MLD_BYTES || (length > MLD_BYTES && length < MLD2_QUERY_BYTES)) return PKT_TOO_SMALL;
    // A query from beyond the link could silence or flood it (RFC 3810 6.2).
    if (!isLinkLocal(source) || ttl !== MLD_HOPS || !hasRouterAlert(view, skb.network)) return NOT_SPECIFIED;
    const { interner, known } = this.#ground.fib;
    const asked = interner.read(view, at + MLD_GROUP);
    const group = asked === known.unspecified ? null : asked;
    if (group !== null && !isMulticast6(group)) return NOT_SPECIFIED;
    const listener = this.of(device);
    const code = view.getUint16(at + MLD_DELAY);
    const { jiffy } = this.#ground;
    if (length === MLD_BYTES) listener.queried1(group, Math.max(code, jiffy));
    else {
      if (listener.speaksVersion1) return NOT_SPECIFIED;
      const delay = Math.max(decodeCode(code, DELAY_MANTISSA), jiffy);
      const interval = decodeCode(view.getUint8(at + MLD_INTERVAL), INTERVAL_MANTISSA) * SECOND;
      listener.learn(view.getUint8(at + MLD_ROBUSTNESS) & ROBUSTNESS_MASK, interval);
      if (group !== null) listener.queriedFor(group, delay);
      else if (view.getUint16(at + MLD_SOURCES) !== 0) return NOT_SPECIFIED;
      else listener.queried(delay);
    }
    skb.consume();
    return NONE;
  }

  /** Takes the report of another listener, of version 1. */
  report(skb: SkBuff, { source, device }: Ip6Received): DropReason {
    const { view, data: at, length, packetType } = skb;
    if (length < MLD_BYTES) return PKT_TOO_SMALL;
    const { interner, known } = this.#ground.fib;
    if (packetType !== PacketType.MULTICAST || (source !== known.unspecified && !isLinkLocal(source))) return NOT_SPECIFIED;
    this.of(device).heard(interner.read(view, at + MLD_GROUP));
    skb.consume();
    return NONE;
  }

  #isReported(group: Ip6): boolean {
    return group !== this.#ground.fib.known.allNodes && scopeOf(group) >= AddressScope.LINK;
  }
}
