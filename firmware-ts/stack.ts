/**
 * One network stack: devices, neighbours, IPv4, ICMP, UDP, TCP. Everything it needs is handed in; two stacks in one process do not know
 * of each other.
 *
 *     const clock = new VirtualClock();
 *     const stack = new Stack({ clock, random: new SeededRandom(7) });
 *     const eth0 = stack.addDevice("eth0", controller);
 *     await eth0.open();
 *     stack.addAddress(eth0, "192.168.10.10/24");
 *     stack.addRoute({ to: "default", via: "192.168.10.1" });
 *     stack.addNeighbour("192.168.10.1", "02:00:5e:10:00:fe", eth0);   // static: no ARP for it, ever
 *     const socket = stack.udp.open();
 *     const collector = socket.to("192.168.10.1", 8094);
 *     socket.send(payload, collector);                                 // { status: "sent", reason: "" }
 */
import type { Clock } from "../hal/clock.ts";
import type { EthernetController } from "../hal/ethernet.ts";
import type { Random } from "../hal/random.ts";
import { SkBuffPool, type SkBuffPoolOptions } from "../hal/skbuff.ts";
import { type Families, findFamily, makeFamilies, type NeighbourServices } from "./families.ts";
import { INADDR_ANY, type Ip4, type IpFamily, parseIpv4 } from "./ip/address.ts";
import type { Family } from "./ip/family.ts";
import { InetError } from "./ip/inet-error.ts";
import { type Ip6, Ip6Interner } from "./ip/ip6.ts";
import { IpLayers } from "./ip/layers.ts";
import { NameServers } from "./ip/name-servers.ts";
import { ClaimedAddress, type ClaimedAddressOptions, type ClaimedAddressUser } from "./ip4/claimed-address.ts";
import type { Icmp } from "./ip4/icmp.ts";
import type { Ipv4 } from "./ip4/ipv4.ts";
import type { AddressOptions, InterfaceAddress } from "./ip4/routing/addresses.ts";
import { type RouteEntry, RouteType, refuses } from "./ip4/routing/routes.ts";
import type { Ipv6 } from "./ip6/ipv6.ts";
import {
  addIp6Address,
  addIp6Neighbour,
  addIp6Route,
  type Ip6AddressRequest,
  ip6Address,
  isIp6Text,
  pinIp6Neighbour,
  removeIp6Address,
  removeIp6Route,
} from "./ip6/requests.ts";
import { type Ip6InterfaceAddress, isInQuestion } from "./ip6/routing/addresses.ts";
import type { Ip6RouteEntry } from "./ip6/routing/route.ts";
import type { Neighbour } from "./neigh/entry.ts";
import type { SleepTimers } from "./neigh/sleep.ts";
import { Nud } from "./neigh/states.ts";
import type { NeighTableOptions } from "./neigh/table.ts";
import { UpdateFlags, update } from "./neigh/update.ts";
import { ARPHRD_LOOPBACK, type DeviceOptions, Iff, type NetDevice } from "./net/device.ts";
import { parseMac } from "./net/ethernet.ts";
import { LoopbackController } from "./net/loopback.ts";
import { Network } from "./net/network.ts";
import type { NapiOptions } from "./net/softnet.ts";
import { parseSnapshot, type Snapshot } from "./snapshot/form.ts";
import { type Restored, type RestoreOptions, restoreSnapshot } from "./snapshot/restore.ts";
import { takeSnapshot } from "./snapshot/take.ts";
import { listCounters } from "./stack-counters.ts";
import { type SleepOptions, type SleepReport, StackPower } from "./stack-power.ts";
import { makeTransports, type Transports } from "./transport/index.ts";
import type { Ping } from "./transport/ping.ts";
import type { Tcp } from "./transport/tcp/tcp.ts";
import type { Udp } from "./transport/udp.ts";

export interface StackOptions {
  clock: Clock;
  random: Random;
  /** Its packet memory, or a pool that it shares with others. */
  pool?: SkBuffPoolOptions | SkBuffPool;
  napi?: NapiOptions;
  neighbours?: NeighbourOptions;
  /** The versions of IP that it has besides IPv4. Default: none. With 6 each device that comes up gets its link-local address. */
  families?: readonly IpFamily[];
  /**
   * IPv6 asks whether its addresses are free, looks for routers, believes them and tells them its groups, as the kernel does. Default true.
   * Without, it sends nothing unasked: its addresses are ours at once, and its routes are those that it is given.
   */
  ip6Automatic?: boolean;
  /** A device `lo` with 127.0.0.1/8, and ::1/128 where there is IPv6, up from the start, by which packets to ourselves go. Without it they take a short cut. */
  loopback?: boolean;
}

/** Settings of the neighbour tables. */
export interface NeighbourOptions extends NeighTableOptions {
  /**
   * The stack whose tables this one shares, as one network namespace shares them with another; the settings are that stack's then. It is
   * closed after this one.
   */
  sharedWith?: Stack;
}

export interface RouteOptions {
  /** `default`, or a prefix such as 10.0.0.0/8 or fd00:1::/64. */
  to: string;
  /** The family of a `default`. Default that of `via`, else 4. */
  family?: IpFamily;
  /** The next hop; without it the destination is on the link of `device`. A route of IPv4 may have one of IPv6 (RFC 8950). */
  via?: string;
  /** Default: the device whose subnet holds `via`. */
  device?: NetDevice;
  /** One of our addresses, for packets whose sender names none (`src`). */
  source?: string;
  metric?: number;
  /** As `ip route` prints it; default `static`. */
  protocol?: string;
  /** Default UNICAST. UNREACHABLE, BLACKHOLE, PROHIBIT and THROW refuse packets, and have neither `via` nor `device`. */
  type?: RouteType;
  /** One of Scope; default global through a gateway, else link. */
  scope?: number;
  /** `via` is on the link, whatever the routes say. */
  onlink?: boolean;
  /** Longest packet, in bytes; default as long as the device carries. */
  mtu?: number;
  /** Routers may fragment, and are not believed about the length. */
  mtuLock?: boolean;
  /** Several next hops instead of `via` and `device`, each with its share of the flows by `weight` (1 to 256, default 1). */
  nexthops?: readonly { via?: string; device?: NetDevice; weight?: number; onlink?: boolean }[];
  /** Takes the place of a route with the same destination and metric. */
  replace?: boolean;
}

/** The options of an address. */
export interface StackAddressOptions extends AddressOptions {
  /** IPv6: nobody is asked whether the address is free; it is ours at once. */
  noDad?: boolean;
}

export class Stack {
  readonly clock: Clock;
  /** As it was handed in: draw from forks of it, under names of your own. */
  readonly random: Random;
  readonly network: Network;
  readonly ip: Ipv4;
  /** Null in a stack without it. */
  readonly ip6: Ipv6 | null;
  /** The families that the transports have. */
  readonly layers: IpLayers;
  readonly icmp: Icmp;
  /** All transports, by name. */
  readonly transports: Transports;
  readonly udp: Udp;
  readonly tcp: Tcp;
  readonly ping: Ping;
  /** Those that the stack was told of, by DHCP for example. */
  readonly nameServers: NameServers = new NameServers();
  /** The loopback device, if there is one. */
  readonly lo: NetDevice | null;
  readonly power: StackPower;
  readonly #families: Families;

  constructor(options: StackOptions) {
    const { clock, random, pool } = options;
    this.clock = clock;
    this.random = random;
    this.network = new Network(clock, pool instanceof SkBuffPool ? pool : new SkBuffPool(pool), options.napi);
    const { sharedWith, ...settings } = options.neighbours ?? {};
    const { network } = this;
    const interner = new Ip6Interner(random.fork("ip6").below(0x100000000));
    this.#families = makeFamilies(options.families ?? [], (version) => ({
      network,
      random,
      interner,
      automatic: options.ip6Automatic ?? true,
      neighbours: sharedWith ? { table: sharedWith.neighbours(version).table } : settings,
    }));
    this.ip = this.#families[4].layer;
    this.ip6 = this.#families[6]?.layer ?? null;
    if (this.ip6) this.ip.borrow(this.ip6.ndisc);
    this.icmp = this.#families[4].echo;
    const families: readonly Family[] = Object.values(this.#families);
    this.layers = new IpLayers(
      families.map(({ layer }) => layer),
      interner,
      (name) => network.device(name),
    );
    this.transports = makeTransports({ network, random, layers: this.layers, echoes: families.map(({ echo }) => echo) });
    this.udp = this.transports.udp;
    this.tcp = this.transports.tcp;
    this.ping = this.transports.ping;
    this.lo = options.loopback ? this.#addLoopback() : null;
    const sleeps = families.map(({ neighbours }) => neighbours.table.sleep);
    this.power = new StackPower({ clock, devices: network.devices, sleeps });
    // An address that others are asked about is nobody's yet: the answer must be heard.
    this.power.keepAwake(() => this.ip6?.addresses.list.some(isInQuestion) ?? false);
  }

  #addLoopback(): NetDevice {
    const lo = this.network.addDevice("lo", new LoopbackController(this.network.backlog), {
      flags: Iff.LOOPBACK,
      type: ARPHRD_LOOPBACK,
    });
    this.ip.loopback = lo;
    if (this.ip6) this.ip6.loopback = lo;
    // Nothing is waited for: a loopback controller is open at once. Its address is there before anybody can look.
    void lo.open();
    this.ip.fib.addAddress(lo, ipv4("127.0.0.1"), 8);
    return lo;
  }

  /**
   * The neighbours of a family: entries, settings, counters.
   * @throws InetError FAMILY_UNSUPPORTED when the stack does not have the family
   */
  neighbours<V extends IpFamily>(version: V): NeighbourServices[V] {
    const family = findFamily(this.#families, version);
    if (!family) throw new InetError("FAMILY_UNSUPPORTED", `no IPv${version} in this stack`);
    return family.neighbours as NeighbourServices[V];
  }

  /** @throws InetError FAMILY_UNSUPPORTED */
  get #six(): Ipv6 {
    if (this.ip6) return this.ip6;
    throw new InetError("FAMILY_UNSUPPORTED", "no IPv6 in this stack");
  }

  get devices(): readonly NetDevice[] {
    return this.network.devices;
  }

  /** @throws RangeError when the name is taken */
  addDevice(name: string, controller: EthernetController, options?: DeviceOptions): NetDevice {
    return this.network.addDevice(name, controller, options);
  }

  /** Closes a device and takes it out, with its addresses, routes and neighbours; its controller may go to another stack. */
  removeDevice(device: NetDevice): Promise<void> {
    return this.network.removeDevice(device);
  }

  /**
   * Gives a device an address, `192.168.10.10/24` or `fd00::10/64`; without a length it is a host address (/32, /128).
   * @param options of them IPv6 takes metric, noPrefixRoute, lifetimes and noDad
   * @throws InetError ADDRESS_INVALID, ADDRESS_EXISTS, FAMILY_UNSUPPORTED, SCOPE_INVALID, LIFETIME_INVALID
   */
  addAddress(device: NetDevice, cidr: string, options: StackAddressOptions = {}): InterfaceAddress | Ip6InterfaceAddress {
    if (isIp6Text(cidr)) return addIp6Address(this.#six, device, cidr, ip6Options(options));
    const { address, length } = prefix(cidr);
    if (address === INADDR_ANY) throw new InetError("ADDRESS_INVALID", "0.0.0.0 is nobody's address");
    return this.ip.fib.addAddress(device, address, length, options);
  }

  /**
   * Gives a device an IPv4 address once it is known that no other station has it, and takes it back when one does (RFC 5227). Until
   * `user.claimed` is called, within some seconds, the address is not there.
   * @throws InetError ADDRESS_INVALID
   */
  claimAddress(device: NetDevice, cidr: string, user: ClaimedAddressUser, options: ClaimedAddressOptions = {}): ClaimedAddress {
    const { address, length } = prefix(cidr);
    if (address === INADDR_ANY) throw new InetError("ADDRESS_INVALID", "0.0.0.0 is nobody's address");
    return new ClaimedAddress(this.ip, device, address, length, user, options);
  }

  /**
   * Takes an address from a device; without a length the first one with this number. A primary address takes the secondary ones of its
   * subnet with it, unless promote_secondaries is set, the last one the device's routes and neighbours. An IPv6 address goes alone.
   * Returns all addresses that went.
   * @throws InetError ADDRESS_INVALID, ADDRESS_MISSING, FAMILY_UNSUPPORTED
   */
  removeAddress(device: NetDevice, cidr: string): (InterfaceAddress | Ip6InterfaceAddress)[] {
    if (isIp6Text(cidr)) return [removeIp6Address(this.#six, device, cidr)];
    const { address, length } = prefix(cidr);
    const exact = cidr.includes("/");
    const meant = (own: InterfaceAddress): boolean => own.local === address && (!exact || own.prefixLength === length);
    const own = this.ip.addresses.of(device).find(meant);
    if (!own) throw new InetError("ADDRESS_MISSING", `${device.name} has no address ${cidr}`);
    return this.ip.fib.removeAddress(own);
  }

  /**
   * Adds a route of either family. Of the options IPv6 knows no scope.
   * @throws InetError ADDRESS_INVALID, ROUTE_INVALID, ROUTE_EXISTS, ROUTE_UNREACHABLE, ROUTE_NO_GATEWAY, DEVICE_DOWN, DEVICE_MISSING,
   * FAMILY_UNSUPPORTED, SOURCE_INVALID
   */
  addRoute(options: RouteOptions): RouteEntry | Ip6RouteEntry {
    if (isIp6Route(options)) return addIp6Route(this.#six, options);
    const { address: destination, length: prefixLength } = destinationOf(options.to);
    const { to: _to, family: _family, via, device, source, replace = false, nexthops = [], ...rest } = options;
    const leads = !refuses(options.type ?? RouteType.UNICAST) && nexthops.length === 0;
    if (leads && !device && via === undefined) throw new InetError("ROUTE_UNREACHABLE", "a route needs via ADDRESS or a device");
    return this.ip.fib.addRoute({
      destination,
      prefixLength,
      ...this.#gateway(via),
      device,
      source: source === undefined ? source : ipv4(source),
      nexthops: nexthops.map(({ via: hop, ...leg }) => ({ ...leg, ...this.#gateway(hop) })),
      ...rest,
      how: replace ? "replace" : "add",
    });
  }

  /** A next hop of a route of IPv4: of its own family, or of IPv6. */
  #gateway(via: string | undefined): { gateway?: number; gateway6?: Ip6 } {
    if (via === undefined) return {};
    return isIp6Text(via) ? { gateway6: ip6Address(this.#six.fib, via) } : { gateway: ipv4(via) };
  }

  /**
   * Removes the first route that is as asked; what is left out may be anything.
   * @throws InetError ADDRESS_INVALID, FAMILY_UNSUPPORTED, ROUTE_MISSING
   */
  removeRoute(options: RouteOptions): RouteEntry | Ip6RouteEntry {
    if (isIp6Route(options)) return removeIp6Route(this.#six, options);
    const { address: destination, length: prefixLength } = destinationOf(options.to);
    const { via, device, source, metric, protocol, type, scope } = options;
    const route = this.ip.routes.remove({
      destination,
      prefixLength,
      ...this.#gateway(via),
      device,
      source: source === undefined ? source : ipv4(source),
      metric,
      protocol,
      type,
      scope,
    });
    if (!route) throw new InetError("ROUTE_MISSING", "there is no such route");
    return route;
  }

  /**
   * Makes or replaces a static (PERMANENT) neighbour entry: neither ARP nor ND is sent for it, and none changes it.
   * @throws InetError ADDRESS_INVALID, FAMILY_UNSUPPORTED, LLADDR_INVALID
   */
  addNeighbour(address: string, lladdr: string, device: NetDevice): Neighbour {
    const mac = macAddress(lladdr);
    if (isIp6Text(address)) return addIp6Neighbour(this.#six, address, mac, device);
    const entry = this.#entryOf(ipv4(address), device);
    update(entry, mac, 0, Nud.PERMANENT, UpdateFlags.OVERRIDE | UpdateFlags.ADMIN);
    return entry;
  }

  /**
   * Comes to rest and puts the controllers to sleep. When it resolves nothing waits, nobody is being asked, and the processor may sleep
   * (docs/sleep.md). The stack sends nothing until wake(); what is sent nevertheless is dropped with DEV_READY where the chip is down.
   * @throws StackError SLEEP_INVALID
   */
  sleep(options: SleepOptions = {}): Promise<SleepReport> {
    return this.power.sleep(options);
  }

  /**
   * Wakes from sleep(). Packets are taken from the call on; it resolves when every controller has its link or is known to have none.
   * @param elapsed length of the sleep in ms; without it, what the clock counted. A clock that stood still knows of none
   * @param timers what the sleep means for the neighbours' times; default `elapse` (neigh/sleep.ts)
   * @throws StackError SLEEP_INVALID
   */
  wake(elapsed?: number, timers: SleepTimers = "elapse"): Promise<void> {
    return this.power.wake(elapsed, timers);
  }

  /**
   * Has the stack's strategy look after a neighbour that is no route's next hop, or gives one its first link address: a pinned one is sent
   * to unasked, as a static one. Returns false, and has done nothing, when the stack has no strategy that does so.
   * @throws InetError ADDRESS_INVALID, FAMILY_UNSUPPORTED, LLADDR_INVALID
   */
  pinNeighbour(address: string, device: NetDevice, lladdr: string | null = null): boolean {
    const mac = lladdr === null ? null : macAddress(lladdr);
    if (isIp6Text(address)) return pinIp6Neighbour(this.#six, address, mac, device);
    const key = ipv4(address);
    const { strategy } = this.neighbours(4).table;
    if (strategy?.adopt({ key, rest: null, device }) !== true) return false;
    if (mac) strategy.pin(this.#entryOf(key, device), mac);
    return true;
  }

  #entryOf(key: number, device: NetDevice): Neighbour {
    const { table } = this.neighbours(4);
    return (table.find(key, device) ?? table.create(key, device, true)) as Neighbour;
  }

  /** Closes every device and stops every timer. */
  async close(): Promise<void> {
    this.tcp.close();
    for (const device of this.devices) await device.close();
    for (const { neighbours } of Object.values(this.#families)) neighbours.close();
  }

  /**
   * The counters of this stack as `nstat -az` would print them: names and values. Those of the neighbour table, which have no name in the
   * kernel, are the initial namespace's.
   */
  counters(): [name: string, value: number][] {
    return listCounters(this);
  }

  /**
   * Takes a snapshot: addresses, routes, neighbours, UDP sockets, counters. It is JSON, and outlives the process (docs/sleep.md). TCP
   * connections are not in it.
   */
  snapshot(): Snapshot {
    return takeSnapshot(this);
  }

  /**
   * Restores a snapshot, from JSON or as snapshot() returned it, to a stack whose devices are up. It is checked as what comes from
   * outside; what is refused changes nothing.
   * @throws SnapshotError SNAPSHOT_INVALID, SNAPSHOT_VERSION, SNAPSHOT_DEVICE, SNAPSHOT_CONFLICT
   */
  restore(snapshot: string | Snapshot, options: RestoreOptions = {}): Restored {
    return restoreSnapshot(this, typeof snapshot === "string" ? parseSnapshot(snapshot) : snapshot, options);
  }
}

/**
 * Reads a dotted quad into the stack's form of an address.
 * @throws InetError ADDRESS_INVALID
 */
export function ipv4(text: string): Ip4 {
  const address = parseIpv4(text);
  if (address === null) throw new InetError("ADDRESS_INVALID", `"${text}" is not an IPv4 address; say e.g. 192.168.10.1`);
  return address;
}

/**
 * Reads a station address, `02:00:5e:10:00:01` (also with `-`), as drivers and models take it. parseMac() returns null instead.
 * @throws InetError LLADDR_INVALID
 */
export function macAddress(text: string): Uint8Array {
  const address = parseMac(text);
  if (address === null) throw new InetError("LLADDR_INVALID", `"${text}" is not a link address; say e.g. 02:00:5e:10:00:fe`);
  return address;
}

/** The settings of an address that IPv6 takes. */
function ip6Options({ metric, noPrefixRoute, lifetimes, noDad }: StackAddressOptions): Ip6AddressRequest {
  return {
    ...(metric ? { metric } : {}),
    ...(noPrefixRoute ? { noPrefixRoute } : {}),
    ...(lifetimes ? { lifetimes } : {}),
    ...(noDad ? { noDad } : {}),
  };
}

function isIp6Route({ to, via, family }: RouteOptions): boolean {
  return isIp6Text(to) || (to === "default" && (family ?? (via !== undefined && isIp6Text(via) ? 6 : 4)) === 6);
}

function destinationOf(to: string): { address: number; length: number } {
  return to === "default" ? { address: 0, length: 0 } : prefix(to);
}

function prefix(text: string): { address: number; length: number } {
  const [address = "", length = "32", ...rest] = text.split("/");
  if (rest.length > 0 || !/^\d{1,2}$/.test(length) || Number(length) > 32) {
    throw new InetError("ADDRESS_INVALID", `"${text}" is not an IPv4 prefix; say e.g. 192.168.10.10/24`);
  }
  return { address: ipv4(address), length: Number(length) };
}
