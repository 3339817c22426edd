/**
 * Multicast listener discovery (RFC 3810, and RFC 2710 where a router speaks that): takes the messages of routers and of other listeners,
 * and writes those that tell routers the groups of our devices. All nodes, and groups that never leave the interface, are not told of.
 */
import { DropReason } from "../../../hal/drop-reason.ts";
import { PacketType, type SkBuff } from "../../../hal/skbuff.ts";
import type { Ip6 } from "../../ip/ip6.ts";
import { GroupListener, type GroupProtocol, type ListenerGround } from "../../ip/multicast/listener.ts";
import { decodeCode } from "../../ip/multicast/report.ts";
import type { GroupFilter } from "../../ip/source-filter.ts";
import type { NetDevice } from "../../net/device.ts";
import { AddressScope, isLinkLocal, isMulticast6, scopeOf } from "../common/address-kind.ts";
import { ICMP6_TYPE } from "../common/icmp6-types.ts";
import type { Ip6Received } from "../common/received.ts";
import { IP6_BYTES, IP6_HEADER, writeIp6 } from "../header/ip6-header.ts";
import type { NdSender } from "../ndisc/sender.ts";
import type { Fib6 } from "../routing/fib.ts";
import {
  ALERT_BYTES,
  ALERT_NEXT,
  hasRouterAlert,
  MLD_BYTES,
  MLD_DELAY,
  MLD_DONE,
  MLD_GROUP,
  MLD_HOPS,
  MLD_INTERVAL,
  MLD_REPORT,
  MLD_ROBUSTNESS,
  MLD_SOURCES,
  MLD2_QUERY_BYTES,
  MLD2_REPORT,
  pushAlert,
  writeVersion1,
} from "./wire.ts";

const { NONE, NOT_SPECIFIED, PKT_TOO_SMALL } = DropReason;

/** Bits of the mantissas of a delay's and an interval's code, and those of the robustness. */
const DELAY_MANTISSA = 12;
const INTERVAL_MANTISSA = 4;
const ROBUSTNESS_MASK = 7;
const SECOND = 1000;
/** The longest delay that is written as it is, in ms (RFC 3810 5.1.3). */
const LONGEST_PLAIN_DELAY = 0x7fff;
/** Reports of a change, the first one included (RFC 3810 9.1). */
const ROBUSTNESS = 2;

/** The parts of a stack that MLD needs. */
export interface MldGround extends ListenerGround {
  readonly fib: Fib6;
  readonly sender: NdSender;
  /** ff02::16, all routers that know version 2 (RFC 3810 5.2.14). */
  readonly reportTo: Ip6;
}

export class Mld implements GroupProtocol<Ip6> {
  readonly newest = 2;
  readonly firstOld = 0;
  readonly restartsVersions = true;
  readonly keepsAnswer = false;
  readonly robustness: number = ROBUSTNESS;
  readonly oldReports: number = ROBUSTNESS;
  readonly reportType: number = MLD2_REPORT;
  readonly addressBytes: number = IP6_BYTES;
  readonly #ground: MldGround;
  readonly #listeners = new Map<NetDevice, GroupListener<Ip6>>();

  constructor(ground: MldGround) {
    this.#ground = ground;
  }

  joined(device: NetDevice, group: Ip6, filter: GroupFilter<Ip6>): void {
    if (this.#isTold(device, group)) this.of(device).joined(group, filter);
  }

  changed(device: NetDevice, group: Ip6): void {
    if (this.#isTold(device, group)) this.of(device).changed(group);
  }

  left(device: NetDevice, group: Ip6): void {
    if (this.#isTold(device, group)) this.of(device).leaves(group);
  }

  /** The listener of a device. */
  of(device: NetDevice): GroupListener<Ip6> {
    let listener = this.#listeners.get(device);
    if (!listener) {
      listener = new GroupListener(device, this, this.#ground);
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
    const listener = this.of(device);
    // Among routers of version 1 each query is one of theirs, whatever stands behind (RFC 3810 8.2.1).
    const old = length === MLD_BYTES || (length > MLD_BYTES && listener.version < this.newest);
    if (!old && length < MLD2_QUERY_BYTES) return PKT_TOO_SMALL;
    // A query from beyond the link could silence or flood it (RFC 3810 6.2).
    if (!isLinkLocal(source) || ttl !== MLD_HOPS || !hasRouterAlert(view, skb.network)) return NOT_SPECIFIED;
    const { interner, known } = this.#ground.fib;
    const asked = interner.read(view, at + MLD_GROUP);
    const group = asked === known.unspecified ? null : asked;
    if (group !== null && !isMulticast6(group)) return NOT_SPECIFIED;
    const code = view.getUint16(at + MLD_DELAY);
    const { jiffy } = this.#ground;
    if (old) {
      if (this.forcedVersion(device) === this.newest) return NOT_SPECIFIED;
      if (length === MLD_BYTES) listener.queriedOld(1, group, Math.max(code, jiffy));
      // Its delay may be a code, which listeners of version 1 do not know: the longest that both mean the same by.
      else listener.questioned(group, Math.max(Math.min(code, LONGEST_PLAIN_DELAY), jiffy));
    } else {
      const delay = Math.max(decodeCode(code, DELAY_MANTISSA), jiffy);
      const interval = decodeCode(view.getUint8(at + MLD_INTERVAL), INTERVAL_MANTISSA) * SECOND;
      listener.learn(view.getUint8(at + MLD_ROBUSTNESS) & ROBUSTNESS_MASK, interval, delay);
      const count = view.getUint16(at + MLD_SOURCES);
      if (length < MLD2_QUERY_BYTES + count * IP6_BYTES) return PKT_TOO_SMALL;
      if (group !== null) listener.queriedFor(group, this.#sources(skb, count), delay);
      else if (count !== 0) return NOT_SPECIFIED;
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

  isReported(group: Ip6): boolean {
    return group !== this.#ground.fib.known.allNodes && scopeOf(group) >= AddressScope.LINK;
  }

  isReady(device: NetDevice): boolean {
    return device.hasCarrier && this.#ground.fib.isActive(device);
  }

  robustnessBy(router: number): number {
    return Math.max(ROBUSTNESS, router);
  }

  forcedVersion(device: NetDevice): number {
    return this.#ground.fib.conf.on(device).forceMldVersion;
  }

  repetition(device: NetDevice, old: boolean): number {
    const { mldv1UnsolicitedReportInterval, mldv2UnsolicitedReportInterval } = this.#ground.fib.conf.on(device);
    return old ? mldv1UnsolicitedReportInterval : mldv2UnsolicitedReportInterval;
  }

  writeAddress(view: DataView, at: number, address: Ip6): void {
    writeIp6(view, at, address);
  }

  reportRoom({ mtu }: NetDevice): number {
    return mtu - IP6_HEADER - ALERT_BYTES;
  }

  allocate(device: NetDevice): SkBuff | null {
    return this.#ground.sender.allocate(device);
  }

  sendReport(skb: SkBuff, device: NetDevice): void {
    this.#dispatch(skb, device, this.#ground.reportTo);
  }

  reportOld(device: NetDevice, _version: number, group: Ip6): void {
    this.#sendOld(device, MLD_REPORT, group, group);
  }

  endOld(device: NetDevice, _version: number, group: Ip6): void {
    this.#sendOld(device, MLD_DONE, group, this.#ground.fib.known.allRouters);
  }

  #isTold(device: NetDevice, group: Ip6): boolean {
    return this.isReported(group) && !device.loopback;
  }

  #sources({ view, data: at }: SkBuff, count: number): Ip6[] {
    const { interner } = this.#ground.fib;
    return Array.from({ length: count }, (_, one) => interner.read(view, at + MLD2_QUERY_BYTES + one * IP6_BYTES));
  }

  #sendOld(device: NetDevice, type: number, group: Ip6, destination: Ip6): void {
    const skb = this.allocate(device);
    if (skb === null) return;
    writeVersion1(skb, type, group);
    this.#dispatch(skb, device, destination);
  }

  /** Sends a message that is complete but for its checksum, from the device's link-local address if that is ours. */
  #dispatch(skb: SkBuff, device: NetDevice, destination: Ip6): void {
    const { fib, sender } = this.#ground;
    const source = fib.addresses.linkLocal(device) ?? fib.known.unspecified;
    const type = skb.view.getUint8(skb.data + ICMP6_TYPE);
    sender.seal(skb, destination, source);
    pushAlert(skb);
    sender.pass(skb, device, type, destination, source, ALERT_NEXT, MLD_HOPS);
  }
}
