/** A listener: it takes handshakes to its port, many at a time and no more than it may (RFC 9293 3.10.7.2, RFC 4987). */
import { DropReason } from "../../../hal/drop-reason.ts";
import type { SkBuff } from "../../../hal/skbuff.ts";
import type { IpAddress } from "../../ip/address.ts";
import type { Received } from "../../ip/layer.ts";
import type { NetDevice } from "../../net/device.ts";
import type { Connection } from "./connection.ts";
import type { TcpAcceptor, TcpListener } from "./contract.ts";
import { type Cookies, readStamp, stampOptions } from "./cookies.ts";
import { sendReset } from "./emit.ts";
import { type Endpoints, linkOf } from "./flow.ts";
import type { TcpGround } from "./ground.ts";
import { accept, Request, type RequestUser, sendSynAck, settle } from "./request.ts";
import { Flag, type Segment } from "./segment.ts";

const { NONE } = DropReason;
const { FIN, SYN, RST, ACK } = Flag;

/** Cookies are looked for so long after one was sent, in ms. */
const COOKIES_LIVE = 120_000;

/** The parts of TCP that a listener needs besides those of all flows. */
export interface ListenerGround extends TcpGround {
  readonly cookies: Cookies;
  listenerClosed(listener: Listener): void;
}

/** The endpoint at which a listener takes connections. */
export type ListenerPlace = Pick<TcpListener, "address" | "device" | "port">;

export class Listener implements TcpListener, RequestUser {
  readonly address: IpAddress | null;
  readonly device: NetDevice | null;
  readonly port: number;
  readonly #tcp: ListenerGround;
  readonly #accept: TcpAcceptor;
  readonly #backlog: number;
  #pending = 0;
  #open = true;
  #lastCookie = Number.NEGATIVE_INFINITY;

  constructor(tcp: ListenerGround, { address, device, port }: ListenerPlace, accept: TcpAcceptor, backlog: number) {
    this.#tcp = tcp;
    this.address = address;
    this.device = device;
    this.port = port;
    this.#accept = accept;
    this.#backlog = backlog;
  }

  get pending(): number {
    return this.#pending;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#tcp.listenerClosed(this);
    for (const flow of this.#tcp.flows.list()) if (flow instanceof Request && flow.isOf(this)) flow.forget();
  }

  requestEnded(): void {
    this.#pending--;
  }

  adopt(connection: Connection): boolean {
    const user = this.#open ? this.#accept(connection) : null;
    if (user === null) return false;
    if (!connection.over && !connection.orphaned) connection.user = user;
    return true;
  }

  /** Takes a segment that belongs to no flow. @param iss our first number of what begins by it, where it is to be a certain one */
  receive(skb: SkBuff, segment: Segment, packet: Received, iss: number | null = null): DropReason {
    const { flags } = segment;
    if ((flags & RST) !== 0) return DropReason.TCP_RESET;
    if ((flags & ACK) !== 0) return this.#receiveAck(skb, segment, packet);
    if ((flags & SYN) === 0 || (flags & FIN) !== 0) return DropReason.TCP_FLAGS;
    const { counters, settings } = this.#tcp;
    const endpoints = endpointsOf(segment, packet);
    const full = this.#pending >= this.#backlog;
    if (full && settings.syncookies === 0) {
      counters.reqQFullDrop++;
      counters.listenDrops++;
      return DropReason.TCP_LISTEN_OVERFLOW;
    }
    if (full || settings.syncookies === 2) {
      if (full) counters.reqQFullDoCookies++;
      this.#answerByCookie(endpoints, segment, packet);
      return NONE;
    }
    this.#pending++;
    new Request(this.#tcp, this, endpoints, segment, packet, iss);
    return NONE;
  }

  #answerByCookie(endpoints: Endpoints, segment: Segment, packet: Received): void {
    const tcp = this.#tcp;
    const now = tcp.now();
    this.#lastCookie = now;
    tcp.counters.syncookiesSent++;
    const offered = settle(tcp, segment, tcp.cookies.make(endpoints, segment, now));
    // Options that no time stamp can say are not agreed on.
    const settled = offered.timestamps ? offered : { ...offered, windowScale: -1, sack: false };
    const stamp = settled.timestamps ? stampOptions((Math.floor(now) + tcp.timestampOffset(endpoints)) | 0, segment) : null;
    sendSynAck(tcp, endpoints, packet.layer.wayBack(packet), settled, stamp);
  }

  #receiveAck(skb: SkBuff, segment: Segment, packet: Received): DropReason {
    const tcp = this.#tcp;
    const now = tcp.now();
    const live = tcp.settings.syncookies !== 0 && now - this.#lastCookie < COOKIES_LIVE;
    if (live && (segment.flags & SYN) === 0) {
      const endpoints = endpointsOf(segment, packet);
      const iss = (segment.ack - 1) | 0;
      const irs = (segment.seq - 1) | 0;
      const mss = tcp.cookies.read(endpoints, iss, irs, now);
      if (mss !== 0) {
        tcp.counters.syncookiesRecv++;
        const { timestamps, tsVal: tsRecent } = segment;
        const { windowScale, sack } = timestamps ? readStamp(segment.tsEcr) : { windowScale: -1, sack: false };
        const way = packet.layer.way(packet.source, packet.destination, endpoints.device);
        const settled = { iss, irs, mss, windowScale, sack, timestamps, tsRecent, rtt: -1 };
        return accept(tcp, this, endpoints, way, settled, skb, segment, packet);
      }
      tcp.counters.syncookiesFailed++;
    }
    sendReset(tcp, segment, packet);
    return DropReason.NO_SOCKET;
  }
}

function endpointsOf({ sourcePort, destinationPort }: Segment, packet: Received): Endpoints {
  const { layer, source, destination } = packet;
  const device = linkOf(layer, source, destination, packet.device);
  return { layer, localAddress: destination, localPort: destinationPort, remoteAddress: source, remotePort: sourcePort, device };
}
