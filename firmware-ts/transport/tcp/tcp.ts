/** TCP (RFC 9293), over whatever IP layers there are. */
import { DropReason } from "../../../hal/drop-reason.ts";
import type { Random } from "../../../hal/random.ts";
import { Checksum, HEADROOM, type SkBuff } from "../../../hal/skbuff.ts";
import type { Clock, Task } from "../../../hal/time.ts";
import { INADDR_ANY, type IpAddress } from "../../ip/address.ts";
import { finish, sumPacket } from "../../ip/checksum.ts";
import { formatIp } from "../../ip/endpoint.ts";
import { InetError } from "../../ip/inet-error.ts";
import type { IcmpError, IpProtocol, Received } from "../../ip/layer.ts";
import { checkPort, type IpLayers, type ZonedAddress } from "../../ip/layers.ts";
import type { NetDevice } from "../../net/device.ts";
import { Lateness } from "../../net/lateness.ts";
import type { Network } from "../../net/network.ts";
import { TimerWheel } from "../../net/timer-wheel.ts";
import { RingMemory } from "./byte-ring.ts";
import { Connection } from "./connection.ts";
import type { TcpAcceptor, TcpConnection, TcpConnectOptions, TcpListener, TcpListenOptions, TcpUser } from "./contract.ts";
import { Cookies } from "./cookies.ts";
import { TcpCounters } from "./counters.ts";
import { sendReset } from "./emit.ts";
import { type Endpoints, FlowTable, isHeardBy, linkOf, wordOf } from "./flow.ts";
import type { PathUser } from "./ground.ts";
import { KeyedHash } from "./keyed-hash.ts";
import { Listener, type ListenerGround, type ListenerPlace } from "./listener.ts";
import { IPPROTO_TCP, Segment, TCP_SEQUENCE, TCP_SOURCE } from "./segment.ts";
import { TcpSettings } from "./settings.ts";

/** The range of ports for connections that ask for none (net.ipv4.ip_local_port_range). */
const FIRST_EPHEMERAL = 32_768;
const LAST_EPHEMERAL = 60_999;
/** Most handshakes under way at a listener that does not say. */
const BACKLOG = 511;
/** The place of a listener that names none. */
const ANYWHERE: ZonedAddress = { address: INADDR_ANY, zone: null };
/** Sequence numbers of new connections grow by one every 4 us (RFC 6528 3). */
const ISN_PER_MS = 250;

// Constants of this module's own: V8 reads an imported or exported one anew at each use (docs/datapath.md).
const { NONE: UNVERIFIED } = Checksum;
const { NONE } = DropReason;

export class Tcp implements IpProtocol, ListenerGround {
  readonly settings: TcpSettings = new TcpSettings();
  readonly counters: TcpCounters = new TcpCounters();
  readonly flows: FlowTable;
  readonly rings: RingMemory = new RingMemory();
  readonly room: number;
  readonly time: Float64Array = new Float64Array(1);
  readonly ticks: Int32Array = new Int32Array(2);
  orphans = 0;
  timeWaits = 0;
  readonly #network: Network;
  readonly #layers: IpLayers;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #hash: KeyedHash;
  readonly #segment = new Segment();
  /** The listeners of each port: one for any address, or several with an address each. */
  readonly #listeners = new Map<number, Listener[]>();
  readonly #shrunk: PathUser[] = [];
  // Made with the first flow: most stacks have none.
  #timers: TimerWheel | null = null;
  #cookies: Cookies | null = null;
  #look: Task | null = null;

  constructor(network: Network, random: Random, layers: IpLayers) {
    this.#network = network;
    this.#layers = layers;
    this.#clock = network.clock;
    this.#random = random;
    this.#hash = new KeyedHash(random);
    this.flows = new FlowTable(random.below(0x100000000) | 0);
    this.room = network.pool.slotBytes - HEADROOM;
    for (const layer of layers.list) layer.handle(IPPROTO_TCP, this);
  }

  /**
   * Begins a connection. Its user is told by connected() or closed().
   * @param host an address, or its text, with a zone where it needs one: `fe80::2%eth0`
   * @throws InetError ADDRESS_INVALID, ADDRESS_IN_USE, ADDRESS_NOT_AVAILABLE, DEVICE_MISSING, FAMILY_UNSUPPORTED, PORT_INVALID,
   * NETWORK_UNREACHABLE, and HOST_UNREACHABLE or ACCESS_PROHIBITED for a route that refuses packets
   */
  connect(host: string | IpAddress, port: number, user: TcpUser, options: TcpConnectOptions = {}): TcpConnection {
    const { from = null, localPort = 0, device = null } = options;
    if (port === 0) throw new InetError("PORT_INVALID", "a connection cannot be made to port 0");
    const own = from === null ? null : this.#layers.own(from);
    const to = this.#layers.destination(host, port, own?.address ?? null, device ?? own?.zone ?? null);
    const { layer, way } = to;
    if (own !== null && own.zone !== null && own.zone !== to.device) {
      throw new InetError("ADDRESS_INVALID", `${formatIp(way.destination)} and ${formatIp(own.address)} are of different devices`);
    }
    layer.refresh(way);
    if (way.room < 0) throw noWay(way.failure, formatIp(way.destination));
    if (layer.canBind(way.destination) && !layer.isLocal(way.destination)) {
      throw new InetError("NETWORK_UNREACHABLE", `${formatIp(way.destination)} is no single host`);
    }
    if (!layer.isLocal(way.source)) {
      throw new InetError(
        "ADDRESS_NOT_AVAILABLE",
        `there is no address of ours from which ${formatIp(way.destination)} is reached`,
      );
    }
    // The way of a connection keeps its source, whatever routes and addresses come later.
    const fixed = layer.way(way.destination, way.source, to.device);
    const link = linkOf(layer, way.destination, way.source, to.device);
    const endpoints = { layer, localAddress: way.source, remoteAddress: way.destination, remotePort: port, device: link };
    const bound = checkPort(localPort) || this.#freePort(endpoints.localAddress, endpoints.remoteAddress, port);
    if (localPort !== 0 && this.flows.find(way.source, way.destination, (bound << 16) | port, link) !== null) {
      throw new InetError("ADDRESS_IN_USE", `TCP port ${bound} has this connection already`);
    }
    const connection = new Connection(this, { ...endpoints, localPort: bound }, fixed, user);
    connection.open();
    return connection;
  }

  /**
   * Takes connections to a port.
   * @param port 0 for any free one
   * @param host one of our addresses, with a zone where it needs one; null, 0.0.0.0 or :: for any, of both families
   * @throws InetError ADDRESS_INVALID, ADDRESS_IN_USE, ADDRESS_NOT_AVAILABLE, DEVICE_MISSING, FAMILY_UNSUPPORTED, PORT_INVALID
   */
  listen(port: number, host: string | IpAddress | null, accept: TcpAcceptor, options: TcpListenOptions = {}): TcpListener {
    const place = this.#bound(host);
    const bound = checkPort(port) || this.#freeListenerPort();
    const others = this.#listeners.get(bound) ?? [];
    if (others.some((other) => overlap(other, place))) throw new InetError("ADDRESS_IN_USE", `TCP port ${bound} is in use`);
    const listener = new Listener(this, { ...place, port: bound }, accept, options.backlog ?? BACKLOG);
    this.#listeners.set(bound, [...others, listener]);
    return listener;
  }

  /**
   * Lets go of every connection, as the kernel does when a process ends: FIN goes out behind what was written, RST where bytes were not
   * read.
   */
  closeAll(): void {
    for (const flow of this.flows.list()) if (flow instanceof Connection) flow.close();
  }

  /** Forgets everything, without a word to anybody: the stack goes away. */
  close(): void {
    for (const flow of this.flows.list()) {
      if (flow instanceof Connection) flow.finish(null);
      else this.timers.cancel(flow);
    }
  }

  get timers(): TimerWheel {
    this.#timers ??= new TimerWheel(this.#clock, new Lateness());
    return this.#timers;
  }

  get cookies(): Cookies {
    this.#cookies ??= new Cookies(this.#hash);
    return this.#cookies;
  }

  now(): number {
    const now = this.#clock.now();
    this.time[0] = now;
    this.ticks[0] = (now * 1000) | 0;
    this.ticks[1] = Math.floor(now) | 0;
    return now;
  }

  allocate(bytes: number): SkBuff | null {
    return this.#network.allocate(bytes);
  }

  initialSequence({ localAddress, remoteAddress, localPort, remotePort }: Endpoints): number {
    const hash = this.#hash.hash(wordOf(localAddress), wordOf(remoteAddress), (localPort << 16) | remotePort, 0, 3);
    return (hash + this.#clock.now() * ISN_PER_MS) | 0;
  }

  timestampOffset({ localAddress, remoteAddress }: Endpoints): number {
    return this.#hash.hash(wordOf(localAddress), wordOf(remoteAddress), 0, 0, 4);
  }

  lookAnew(connection: PathUser): void {
    this.#shrunk.push(connection);
    this.#look ??= this.#clock.task(() => {
      for (const one of this.#shrunk.splice(0)) one.pathChanged();
    });
    this.#look.schedule();
  }

  listenerClosed(listener: Listener): void {
    const left = (this.#listeners.get(listener.port) ?? []).filter((other) => other !== listener);
    if (left.length > 0) this.#listeners.set(listener.port, left);
    else this.#listeners.delete(listener.port);
  }

  receive(skb: SkBuff, packet: Received): DropReason {
    const { counters } = this;
    const segment = this.#segment;
    counters.inSegs++;
    if (!segment.read(skb)) {
      counters.inErrs++;
      return DropReason.PKT_TOO_SMALL;
    }
    if (skb.checksum === UNVERIFIED) {
      const { length } = skb;
      const pseudo = packet.layer.pseudoHeader(packet.source, packet.destination, IPPROTO_TCP, length);
      if (finish(sumPacket(skb, skb.data, length, pseudo)) !== 0) {
        counters.inErrs++;
        counters.inCsumErrors++;
        return DropReason.TCP_CSUM;
      }
    }
    if (!packet.toUsAlone) return DropReason.NO_SOCKET;
    this.now();
    const ports = (segment.destinationPort << 16) | segment.sourcePort;
    const flow = this.flows.find(packet.destination, packet.source, ports, packet.device);
    let reason: DropReason = NONE;
    try {
      reason = flow === null ? this.receiveWithoutFlow(skb, segment, packet) : flow.receive(skb, segment, packet);
    } finally {
      // Also when a user throws: what the segment had was taken by then.
      if (reason === NONE) skb.consume();
    }
    return reason;
  }

  receiveWithoutFlow(skb: SkBuff, segment: Segment, packet: Received, iss: number | null = null): DropReason {
    const listener = this.#listenerAt(segment.destinationPort, packet.destination, packet.device);
    if (listener !== null) return listener.receive(skb, segment, packet, iss);
    sendReset(this, segment, packet);
    return DropReason.NO_SOCKET;
  }

  error(skb: SkBuff, error: IcmpError): boolean {
    const { view } = skb;
    const { source, destination, transport } = error;
    const flow = this.flows.find(source, destination, view.getInt32(transport + TCP_SOURCE), null);
    if (flow !== null) return flow.icmp(error, view.getInt32(transport + TCP_SEQUENCE));
    error.layer.counters.icmp.inErrors++;
    return false;
  }

  #listenerAt(port: number, address: IpAddress, device: NetDevice): Listener | null {
    const listeners = this.#listeners.get(port);
    if (listeners === undefined) return null;
    for (let at = 0; at < listeners.length; at++) {
      const listener = listeners[at] as Listener;
      if (listener.address !== null && listener.address !== address) continue;
      if (listener.device === null || isHeardBy(listener.device, device)) return listener;
    }
    return null;
  }

  #bound(host: string | IpAddress | null): Omit<ListenerPlace, "port"> {
    const { address, zone: device } = host === null ? ANYWHERE : this.#layers.zoned(host);
    if (address === INADDR_ANY || address === this.#layers.of(address).unspecified) return { address: null, device };
    this.#layers.own(host ?? address);
    return { address, device };
  }

  /** Finds a port from which there is no connection to the peer: the next ones differ for each peer (RFC 6056 3.3.3). */
  #freePort(localAddress: IpAddress, remoteAddress: IpAddress, remotePort: number): number {
    const range = LAST_EPHEMERAL - FIRST_EPHEMERAL + 1;
    const offset = this.#hash.hash(wordOf(localAddress), wordOf(remoteAddress), remotePort, 0, 5) >>> 0;
    const start = offset + this.#random.below(range);
    for (let step = 0; step < range; step++) {
      const port = FIRST_EPHEMERAL + ((start + step) % range);
      if (this.#listeners.has(port)) continue;
      if (this.flows.find(localAddress, remoteAddress, (port << 16) | remotePort, null) === null) return port;
    }
    throw new InetError("ADDRESS_NOT_AVAILABLE", `every ephemeral TCP port has a connection to ${formatIp(remoteAddress)}`);
  }

  #freeListenerPort(): number {
    const range = LAST_EPHEMERAL - FIRST_EPHEMERAL + 1;
    const start = this.#random.below(range);
    for (let step = 0; step < range; step++) {
      const port = FIRST_EPHEMERAL + ((start + step) % range);
      if (!this.#listeners.has(port)) return port;
    }
    throw new InetError("ADDRESS_IN_USE", "every ephemeral TCP port is in use");
  }
}

/** Two listeners at these places would hear the same. */
function overlap(one: Omit<ListenerPlace, "port">, other: Omit<ListenerPlace, "port">): boolean {
  if (one.device !== null && other.device !== null && one.device !== other.device) return false;
  return one.address === other.address || one.address === null || other.address === null;
}

function noWay(failure: DropReason, host: string): InetError {
  if (failure === DropReason.RTN_UNREACHABLE)
    return new InetError("HOST_UNREACHABLE", `the route to ${host} says that it cannot be reached`);
  if (failure === DropReason.RTN_PROHIBIT)
    return new InetError("ACCESS_PROHIBITED", `the route to ${host} does not let packets through`);
  if (failure === DropReason.RTN_BLACKHOLE) return new InetError("ADDRESS_INVALID", `the route to ${host} swallows packets`);
  return new InetError("NETWORK_UNREACHABLE", `there is no route to ${host}`);
}
