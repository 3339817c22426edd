/** A stack at 10.0.0.1 on any controller, with a station at the other end of the cable that judges what leaves, and the stack's books. */
import { writeSysctl } from "../../firmware-ts/control/sysctl.ts";
import type { Destination } from "../../firmware-ts/ip/destination.ts";
import type { ProfileName } from "../../firmware-ts/neigh/profile.ts";
import type { NetDevice } from "../../firmware-ts/net/device.ts";
import { Stack } from "../../firmware-ts/stack.ts";
import type { Pinger } from "../../firmware-ts/transport/ping.ts";
import type { UdpSocket } from "../../firmware-ts/transport/udp-socket.ts";
import { VirtualClock } from "../../hal/clock.ts";
import type { EthernetController } from "../../hal/ethernet.ts";
import { type Random, SeededRandom } from "../../hal/random.ts";
import { EthernetSegment, type SegmentPort } from "../../hal/simulated/segment.ts";
import type { SkBuffPoolOptions } from "../../hal/skbuff.ts";
import type { WireStation } from "../../hal/wire.ts";
import { oneIn, pick } from "./bytes.ts";
import { faultOf } from "./judge.ts";
import { Ledger, Thirst } from "./ledger.ts";
import { FuzzError, type Piece } from "./target.ts";

export const STATION: Uint8Array = Uint8Array.of(2, 0, 0, 0, 0, 1);

/** Settings that change the way of a frame, any of which a session may have. */
const SETTINGS: readonly (readonly [key: string, value: string])[] = [
  ["net.ipv4.ip_forward", "1"],
  ["net.ipv4.conf.eth0.proxy_arp", "1"],
  ["net.ipv4.conf.eth0.proxy_arp_pvlan", "1"],
  ["net.ipv4.conf.eth0.arp_accept", "1"],
  ["net.ipv4.conf.eth0.arp_ignore", "2"],
  ["net.ipv4.conf.eth0.arp_filter", "1"],
  ["net.ipv4.conf.eth0.rp_filter", "1"],
  ["net.ipv4.conf.eth0.route_localnet", "1"],
  ["net.ipv4.neigh.eth0.proxy_delay", "0"],
  ["net.ipv4.neigh.default.gc_thresh3", "8"],
  ["net.core.gro_normal_batch", "1"],
];
const SETTINGS6: typeof SETTINGS = [
  ["net.ipv6.conf.all.forwarding", "1"],
  ["net.ipv6.conf.all.proxy_ndp", "1"],
  ["net.ipv6.conf.eth0.accept_ra", "2"],
  ["net.ipv6.conf.eth0.accept_untracked_na", "1"],
  ["net.ipv6.conf.eth0.drop_unsolicited_na", "1"],
  ["net.ipv6.conf.eth0.force_tllao", "1"],
  ["net.ipv6.conf.eth0.suppress_frag_ndisc", "0"],
  ["net.ipv6.conf.eth0.use_tempaddr", "2"],
  ["net.ipv6.conf.eth0.accept_dad", "0"],
  ["net.ipv6.neigh.eth0.proxy_delay", "0"],
  ["net.ipv6.neigh.default.gc_thresh3", "8"],
];
const PROFILES: readonly ProfileName[] = ["linux", "linux", "strict", "lowpower"];
const PAYLOAD: Uint8Array = new Uint8Array(64).fill(0x42);
/** Most time for a device to come up or to go down, in ms; and the time between two looks. */
const PATIENCE = 120_000;
const POOL: SkBuffPoolOptions = { limit: 4096 };
/** max_addresses, each with a temporary one and those that are not counted; and all routes that routers may tell of. */
const MOST_ADDRESSES = 64;
const MOST_ROUTES = 5000;
const LOOK = 100;
/** Time for a chip's link, in ms. */
const LINK_TIME = 500;

/** A controller, its chip if it has one, and what the bench has to know of them. */
export interface Silicon {
  readonly controller: EthernetController;
  /** Frames that the controller or its chip kept for itself since it was made, by a rule or for want of room. */
  readonly kept: () => number;
  /** Virtual time in ms until a frame is through. */
  readonly settle: number;
  /** Frames come up in memory of the driver's own, which the stack's pool knows nothing of. */
  readonly ownBuffers: boolean;
  /** Does something to chip, bus or line. Where nothing is attacked but by frames, it is left out. */
  readonly attack?: (piece: Piece) => void;
  /** Nothing is attacked any more. */
  readonly calm?: () => void;
  /** Counters whose change is a behaviour, besides those of the stack. */
  readonly signs?: () => readonly number[];
}

export interface BenchOptions {
  readonly silicon: (clock: VirtualClock, segment: EthernetSegment, random: Random) => Silicon | Promise<Silicon>;
  readonly pool?: SkBuffPoolOptions;
  /** The stack has IPv6 besides IPv4. Default false. */
  readonly ipv6?: boolean;
}

/** Lets time pass until a promise is settled. Rejects with its error, or with a FuzzError when it never ends. */
export async function ended(clock: VirtualClock, promise: Promise<void>, what: string): Promise<void> {
  let over = false;
  const settled = (): void => {
    over = true;
  };
  void promise.then(settled, settled);
  for (let left = PATIENCE; !over; left -= LOOK) {
    if (left <= 0) throw new FuzzError("promise", `${what} does not end within ${PATIENCE / 1000} s`);
    await clock.advance(LOOK);
  }
  await promise;
}

export class StackBench implements WireStation {
  readonly clock: VirtualClock = new VirtualClock();
  readonly stack: Stack;
  readonly device: NetDevice;
  readonly port: SegmentPort;
  readonly silicon: Silicon;
  readonly ledger: Ledger;
  readonly thirst: Thirst;
  readonly socket: UdpSocket;
  readonly pinger: Pinger;
  /** Frames that the stack has sent since this was set to 0. */
  sent = 0;
  /** Echo replies that came from the stack. */
  replies = 0;
  /** Sends that were told NOMEM. */
  #refusedSends = 0;
  /** The first thing that was wrong with a frame, either way. */
  #fault: string | null = null;
  readonly #destinations = new Map<number, Destination>();

  private constructor(clock: VirtualClock, segment: EthernetSegment, silicon: Silicon, random: Random, options: BenchOptions) {
    const { pool = POOL, ipv6 = false } = options;
    this.clock = clock;
    this.silicon = silicon;
    this.port = segment.attach("tester", this);
    const choice = random.fork("settings");
    const neighbours = { profile: pick(choice, PROFILES) };
    this.stack = new Stack({ clock, random: random.fork("stack"), pool, neighbours, families: ipv6 ? [6] : [] });
    this.thirst = new Thirst(this.stack.network.pool);
    this.device = this.stack.addDevice("eth0", silicon.controller);
    const { device } = this;
    const receive = device.receive.bind(device);
    device.receive = (skb): void => {
      if (skb.tail > skb.bytes.length) this.#fault ??= `handed up a frame of ${skb.length} bytes, which end behind its buffer`;
      receive(skb);
    };
    // Everything comes up: a frame that a filter kept would be in no book.
    this.device.setPromiscuous(true);
    for (const [key, value] of ipv6 ? [...SETTINGS, ...SETTINGS6] : SETTINGS)
      if (oneIn(choice, 4)) writeSysctl(this.stack, key, value);
    this.socket = this.stack.udp.open(5000);
    this.pinger = this.stack.ping.open();
    this.ledger = new Ledger(this.stack, this.device);
  }

  static async open(seed: string, options: BenchOptions): Promise<StackBench> {
    const random = new SeededRandom(seed);
    const clock = new VirtualClock();
    const segment = new EthernetSegment(clock, random.fork("wire"));
    const silicon = await options.silicon(clock, segment, random.fork("silicon"));
    const bench = new StackBench(clock, segment, silicon, random, options);
    await ended(clock, bench.device.open(), "the opening of the device");
    await clock.advance(LINK_TIME);
    bench.stack.addAddress(bench.device, "10.0.0.1/24");
    bench.stack.addRoute({ to: "default", via: "10.0.0.2" });
    if (options.ipv6) bench.stack.addAddress(bench.device, "fd00::1/64");
    bench.run(silicon.settle);
    return bench;
  }

  run(ms: number): void {
    this.clock.advanceSync(ms);
  }

  wireFrame(bytes: Uint8Array, length: number): void {
    this.sent++;
    const fault = faultOf(bytes, length, this.stack.ip6?.conf.all.forwarding === 1);
    if (fault === null && bytes[12] === 8 && bytes[13] === 0 && bytes[23] === 1 && bytes[34] === 0) this.replies++;
    // A frame that is damaged on its way to the chip is sent as it is then.
    if (fault !== null && !this.silicon.attack)
      this.#fault ??= `sent ${fault}: ${Buffer.from(bytes.subarray(0, length)).toString("hex")}`;
  }

  wireLink(): void {}

  send(host: number): void {
    const destination = this.#destinations.get(host) ?? this.socket.to(`10.0.0.${host}`, 9);
    this.#destinations.set(host, destination);
    this.#told(this.socket.send(PAYLOAD, destination, host).reason);
  }

  ping(host: number): void {
    this.#told(this.pinger.send(this.stack.ping.to(`10.0.0.${host}`), host, 8).reason);
  }

  #told(reason: string): void {
    if (reason === "NOMEM") this.#refusedSends++;
  }

  /** @throws FuzzError when something that was sent is malformed, or a want of memory was not counted */
  check(): void {
    if (this.#fault !== null) throw new FuzzError("promise", this.#fault);
    const { refusals } = this.thirst;
    const counted = this.ledger.nomem + this.#refusedSends;
    // Fragments beyond their share of the pool are counted in the same way, with no buffer asked for.
    const { ip, ip6 } = this.stack;
    const refused = ip.counters.ip.reasmFails + (ip6?.counters.ip.reasmFails ?? 0);
    if (refusals <= counted && counted <= refusals + refused) return;
    throw new FuzzError("unaccounted", `the pool had nothing ${refusals} times, and NOMEM was counted ${counted} times`);
  }

  /** Buffers that are out wait in an entry or for their proxied answer, and tables are within their bounds. @throws FuzzError */
  checkBounds(): void {
    const { pool } = this.stack.network;
    const tables = (this.stack.ip6 ? ([4, 6] as const) : ([4] as const)).map((family) => this.stack.neighbours(family).table);
    const entries = tables.flatMap((table) => table.list());
    const proxied = tables.reduce((sum, table) => sum + table.proxyQueue.length, 0);
    const fragments = this.stack.ip.fragments.length + (this.stack.ip6?.fragments.length ?? 0);
    const queued = this.device.queued + entries.reduce((sum, entry) => sum + entry.queued, 0) + proxied + fragments;
    // A packet of the driver's own memory may wait as well.
    const wrong = pool.inUse > queued || (pool.inUse < queued && !this.silicon.ownBuffers);
    if (wrong) throw new FuzzError("promise", `${pool.inUse} packet buffers are out and ${queued} wait somewhere`);
    if (pool.size > pool.limit) throw new FuzzError("promise", `${pool.size} packet buffers, with a limit of ${pool.limit}`);
    for (const { gc } of tables) {
      if (gc.entries > gc.thresh3)
        throw new FuzzError("promise", `${gc.entries} neighbour entries, with a gc_thresh3 of ${gc.thresh3}`);
    }
    this.#checkSix();
  }

  /** Addresses by the word of routers are bounded, and so are the routes. */
  #checkSix(): void {
    const { ip6 } = this.stack;
    if (!ip6) return;
    const [addresses, routes] = [ip6.addresses.list.length, ip6.routes.list.length];
    if (addresses > MOST_ADDRESSES) throw new FuzzError("promise", `${addresses} IPv6 addresses`);
    if (routes > MOST_ROUTES) throw new FuzzError("promise", `${routes} IPv6 routes`);
  }

  /** Closes the device. @throws FuzzError when a buffer is out then */
  async close(): Promise<void> {
    await ended(this.clock, this.device.close(), "the closing of the device");
    this.check();
    const { inUse } = this.stack.network.pool;
    if (inUse !== 0) throw new FuzzError("promise", `${inUse} packet buffers are out though the device is closed`);
  }
}
