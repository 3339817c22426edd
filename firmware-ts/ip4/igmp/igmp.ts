/**
 * The Internet group management protocol (RFC 3376; RFC 2236 and RFC 1112 where a router speaks those), as Linux has it: takes the messages
 * of routers and of other hosts, and writes those that tell routers the groups of our devices. The group of all hosts is not told of.
 *
 * A query counts wherever it comes from, with or without a router alert, as in Linux.
 */
import { DropReason } from "../../../hal/drop-reason.ts";
import type { Random } from "../../../hal/random.ts";
import { HEADROOM, PacketType, type SkBuff, type SkBuffPool } from "../../../hal/skbuff.ts";
import { INADDR_ANY, type Ip4, isMulticast, readIp4 } from "../../ip/address.ts";
import { finish, sumPacket } from "../../ip/checksum.ts";
import type { IpProtocol, Received } from "../../ip/layer.ts";
import { GroupListener, type GroupProtocol, type ListenerGround } from "../../ip/multicast/listener.ts";
import { decodeCode } from "../../ip/multicast/report.ts";
import type { GroupFilter } from "../../ip/source-filter.ts";
import type { NeighTable } from "../../neigh/table.ts";
import type { DeviceEvent, NetDevice } from "../../net/device.ts";
import type { Network } from "../../net/network.ts";
import { IP_HEADER } from "../header/ip-header.ts";
import { ALERT_BYTES } from "../header/options.ts";
import type { Devconfs } from "../routing/devconf.ts";
import { ALL_HOSTS } from "../routing/groups.ts";
import {
  IGMP_BYTES,
  IGMP_CHECKSUM,
  IGMP_CODE,
  IGMP_GROUP,
  IGMP_INTERVAL,
  IGMP_QUERY,
  IGMP_ROBUSTNESS,
  IGMP_SOURCES,
  IGMP1_REPORT,
  IGMP2_LEAVE,
  IGMP2_REPORT,
  IGMP3_QUERY_BYTES,
  IGMP3_REPORT,
} from "./wire.ts";

const { NONE, INVALID_PROTO, NOT_SPECIFIED, PKT_TOO_SMALL } = DropReason;

const ALL_ROUTERS: Ip4 = (0xe0000002 | 0) as Ip4;
/** 224.0.0.22, all routers that know version 3 (RFC 3376 4.2.14). */
const REPORT_TO: Ip4 = (0xe0000016 | 0) as Ip4;
/** 224.0.0.0/24: groups of the link itself. */
const LINK_GROUPS = 0xe00000;

const ADDRESS_BYTES = 4;
/** Codes count in tenths of a second, and intervals in seconds. */
const TENTH = 100;
const SECOND = 1000;
/** Milliseconds within which queries of version 1 are answered; they do not say. */
const VERSION1_DELAY = 10_000;
const MANTISSA = 4;
const ROBUSTNESS_MASK = 7;
/** Jiffies between a join and its first report, in versions 1 and 2. */
const FIRST_OLD = 2;

/** Settings of the namespace, as Ip4Settings has them. */
interface IgmpSettings {
  readonly igmpQrv: number;
  readonly igmpLinkLocalMcastReports: number;
}

/** The parts of IPv4 that IGMP needs. */
export interface IgmpLayer {
  readonly conf: Devconfs;
  readonly settings: IgmpSettings;
  /** Sends a message to a group of routers, with a router alert, by this device and from an address of it. */
  sendAlert(skb: SkBuff, device: NetDevice, destination: Ip4): void;
  isLocal(address: Ip4): boolean;
}

export class Igmp implements IpProtocol, GroupProtocol<Ip4> {
  readonly newest = 3;
  readonly firstOld: number;
  readonly restartsVersions = false;
  readonly keepsAnswer = true;
  readonly reportType: number = IGMP3_REPORT;
  readonly addressBytes: number = ADDRESS_BYTES;
  readonly #layer: IgmpLayer;
  readonly #pool: SkBuffPool;
  readonly #ground: ListenerGround;
  readonly #listeners = new Map<NetDevice, GroupListener<Ip4>>();

  constructor(layer: IgmpLayer, { clock, pool }: Network, random: Random, { timers, lateness: { jiffy } }: NeighTable) {
    this.#layer = layer;
    this.#pool = pool;
    this.#ground = { timers, random, jiffy, now: () => clock.now() };
    this.firstOld = FIRST_OLD * jiffy;
  }

  joined(device: NetDevice, group: Ip4, filter: GroupFilter<Ip4>): void {
    if (this.#isTold(device, group)) this.of(device).joined(group, filter);
  }

  changed(device: NetDevice, group: Ip4): void {
    if (this.#isTold(device, group)) this.of(device).changed(group);
  }

  left(device: NetDevice, group: Ip4): void {
    if (this.#isTold(device, group)) this.of(device).leaves(group);
  }

  /** The listener of a device. */
  of(device: NetDevice): GroupListener<Ip4> {
    let listener = this.#listeners.get(device);
    if (!listener) {
      listener = new GroupListener(device, this, this.#ground);
      this.#listeners.set(device, listener);
    }
    return listener;
  }

  event(device: NetDevice, event: DeviceEvent): void {
    if (event === "up") this.of(device).restart();
    else if (event === "down") this.#listeners.get(device)?.stop();
    else if (event === "unregister") {
      this.#listeners.get(device)?.stop();
      this.#listeners.delete(device);
    }
  }

  receive(skb: SkBuff, packet: Received): DropReason {
    const { view, data: at, length } = skb;
    if (length < IGMP_BYTES) return PKT_TOO_SMALL;
    if (finish(sumPacket(skb, at, length)) !== 0) return NOT_SPECIFIED;
    const type = view.getUint8(at);
    if (type === IGMP_QUERY) return this.#query(skb, packet.device);
    if (type !== IGMP1_REPORT && type !== IGMP2_REPORT) return INVALID_PROTO;
    // Our own report comes back where we are in its group.
    if (skb.packetType === PacketType.HOST || this.#layer.isLocal(packet.source as Ip4)) return NOT_SPECIFIED;
    this.of(packet.device).heard(readIp4(view, at + IGMP_GROUP));
    skb.consume();
    return NONE;
  }

  get robustness(): number {
    return this.#layer.settings.igmpQrv;
  }

  robustnessBy(router: number): number {
    return router || this.robustness;
  }

  get oldReports(): number {
    return this.robustness;
  }

  isReported(group: Ip4): boolean {
    return group !== ALL_HOSTS && (group >>> 8 !== LINK_GROUPS || this.#layer.settings.igmpLinkLocalMcastReports !== 0);
  }

  isReady(device: NetDevice): boolean {
    return device.up;
  }

  forcedVersion(device: NetDevice): number {
    return this.#layer.conf.on(device).forceIgmpVersion;
  }

  repetition(device: NetDevice, old: boolean): number {
    const { igmpv2UnsolicitedReportInterval, igmpv3UnsolicitedReportInterval } = this.#layer.conf.on(device);
    return old ? igmpv2UnsolicitedReportInterval : igmpv3UnsolicitedReportInterval;
  }

  writeAddress(view: DataView, at: number, address: Ip4): void {
    view.setInt32(at, address);
  }

  reportRoom({ mtu }: NetDevice): number {
    return Math.min(mtu, this.#pool.slotBytes - HEADROOM) - IP_HEADER - ALERT_BYTES;
  }

  allocate(device: NetDevice): SkBuff | null {
    const skb = this.#pool.allocate();
    if (skb === null) device.drops.count(DropReason.NOMEM);
    return skb;
  }

  sendReport(skb: SkBuff, device: NetDevice): void {
    this.#seal(skb, device, REPORT_TO);
  }

  reportOld(device: NetDevice, version: number, group: Ip4): void {
    this.#sendOld(device, version === 1 ? IGMP1_REPORT : IGMP2_REPORT, group, group);
  }

  /** Version 1 has no such message. */
  endOld(device: NetDevice, version: number, group: Ip4): void {
    if (version > 1) this.#sendOld(device, IGMP2_LEAVE, group, ALL_ROUTERS);
  }

  /** Takes a query at skb.data, whose version is told by its length and its code (RFC 3376 7.1). */
  #query(skb: SkBuff, device: NetDevice): DropReason {
    const { view, data: at, length } = skb;
    if (length > IGMP_BYTES && length < IGMP3_QUERY_BYTES) return PKT_TOO_SMALL;
    const group = readIp4(view, at + IGMP_GROUP);
    const asked = group === INADDR_ANY ? null : group;
    if (asked !== null && !isMulticast(group)) return NOT_SPECIFIED;
    const code = view.getUint8(at + IGMP_CODE);
    const listener = this.of(device);
    if (length === IGMP_BYTES) {
      if (code === 0) listener.queriedOld(1, null, VERSION1_DELAY);
      else listener.queriedOld(2, asked, code * TENTH);
    } else {
      const { version } = listener;
      if (version === 1) listener.questioned(null, VERSION1_DELAY);
      else if (version === 2) listener.questioned(asked, this.#delay(code));
      else return this.#query3(skb, listener, asked, this.#delay(code));
    }
    skb.consume();
    return NONE;
  }

  #query3(skb: SkBuff, listener: GroupListener<Ip4>, group: Ip4 | null, delay: number): DropReason {
    const { view, data: at, length } = skb;
    const count = view.getUint16(at + IGMP_SOURCES);
    if (length < IGMP3_QUERY_BYTES + count * ADDRESS_BYTES) return PKT_TOO_SMALL;
    const interval = decodeCode(view.getUint8(at + IGMP_INTERVAL), MANTISSA) * SECOND;
    listener.learn(view.getUint8(at + IGMP_ROBUSTNESS) & ROBUSTNESS_MASK, interval, delay);
    if (group === null && count !== 0) return NOT_SPECIFIED;
    if (group === null) listener.queried(delay);
    else listener.queriedFor(group, sourcesOf(view, at, count), delay);
    skb.consume();
    return NONE;
  }

  #delay(code: number): number {
    return Math.max(decodeCode(code, MANTISSA) * TENTH, this.#ground.jiffy);
  }

  #isTold(device: NetDevice, group: Ip4): boolean {
    return group !== ALL_HOSTS && !device.loopback;
  }

  #sendOld(device: NetDevice, type: number, group: Ip4, destination: Ip4): void {
    if (!this.isReported(group)) return;
    const skb = this.allocate(device);
    if (skb === null) return;
    const at = skb.put(IGMP_BYTES);
    skb.view.setInt32(at, type << 24);
    skb.view.setInt32(at + IGMP_GROUP, group);
    this.#seal(skb, device, destination);
  }

  #seal(skb: SkBuff, device: NetDevice, destination: Ip4): void {
    const { view, data: at, length } = skb;
    view.setUint16(at + IGMP_CHECKSUM, finish(sumPacket(skb, at, length)));
    this.#layer.sendAlert(skb, device, destination);
  }
}

function sourcesOf(view: DataView, at: number, count: number): Ip4[] {
  return Array.from({ length: count }, (_, one) => readIp4(view, at + IGMP3_QUERY_BYTES + one * ADDRESS_BYTES));
}
