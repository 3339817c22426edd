/**
 * One network stack: devices, neighbours, IPv4, ICMP, UDP. Everything it needs is handed in; two stacks in one process do not know
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
 *     socket.send(payload, ipv4("192.168.10.1"), 8094);                // { status: "sent", reason: "" }
 */
import type { Clock } from "../hal/clock.ts";
import type { EthernetController } from "../hal/ethernet.ts";
import type { Random } from "../hal/random.ts";
import { SkBuffPool, type SkBuffPoolOptions } from "../hal/skbuff.ts";
import { parseIpv4 } from "./inet/address.ts";
import { InetError, type InterfaceAddress } from "./inet/addresses.ts";
import { Icmp } from "./inet/icmp.ts";
import { Ipv4 } from "./inet/ipv4.ts";
import { Ping } from "./inet/ping.ts";
import type { Route } from "./inet/routes.ts";
import { Udp } from "./inet/udp.ts";
import type { Arp } from "./neigh/arp.ts";
import type { Neighbour } from "./neigh/entry.ts";
import { Nud } from "./neigh/states.ts";
import { UpdateFlags, update } from "./neigh/update.ts";
import type { NetDevice } from "./net/device.ts";
import { parseMac } from "./net/ethernet.ts";
import type { NapiOptions } from "./net/napi.ts";
import { Network } from "./net/network.ts";

export interface StackOptions {
  clock: Clock;
  random: Random;
  pool?: SkBuffPoolOptions;
  napi?: NapiOptions;
}

export interface RouteOptions {
  /** `default`, or a prefix such as 10.0.0.0/8. */
  to: string;
  /** The next hop; without it the destination is on the link of `device`. */
  via?: string;
  /** Default: the device whose subnet holds `via`. */
  device?: NetDevice;
  metric?: number;
}

export class Stack {
  readonly clock: Clock;
  readonly network: Network;
  readonly ip: Ipv4;
  readonly icmp: Icmp;
  readonly udp: Udp;
  readonly ping: Ping;

  constructor(options: StackOptions) {
    const { clock, random } = options;
    this.clock = clock;
    this.network = new Network(clock, new SkBuffPool(options.pool), options.napi);
    this.ip = new Ipv4(this.network, random.fork("neigh"));
    this.icmp = new Icmp(this.network, this.ip);
    this.udp = new Udp(this.network, random.fork("udp"), this.ip, this.icmp);
    this.ping = new Ping(this.network, this.ip, this.icmp);
  }

  get arp(): Arp {
    return this.ip.arp;
  }

  get devices(): readonly NetDevice[] {
    return this.network.devices;
  }

  /** @throws RangeError when the name is taken */
  addDevice(name: string, controller: EthernetController): NetDevice {
    return this.network.addDevice(name, controller);
  }

  /**
   * Gives a device an address, `192.168.10.10/24`; without a length it is a host address (/32).
   * @throws InetError ADDRESS_INVALID, ADDRESS_EXISTS
   */
  addAddress(device: NetDevice, cidr: string): InterfaceAddress {
    const { address, length } = prefix(cidr);
    return this.ip.addAddress(device, address, length);
  }

  /** @throws InetError ADDRESS_INVALID, ROUTE_INVALID, ROUTE_EXISTS, ROUTE_UNREACHABLE */
  addRoute(options: RouteOptions): Route {
    const { address, length } = options.to === "default" ? { address: 0, length: 0 } : prefix(options.to);
    const gateway = options.via === undefined ? 0 : ipv4(options.via);
    const device = options.device ?? this.ip.addresses.list.find((own) => ((own.local ^ gateway) & own.mask) === 0)?.device;
    if (!device || (options.device === undefined && gateway === 0)) {
      const what =
        options.via === undefined ? "a route needs via ADDRESS or a device" : `no device has a subnet with ${options.via} in it`;
      throw new InetError("ROUTE_UNREACHABLE", what);
    }
    const metric = options.metric ?? 0;
    return this.ip.routes.add({ destination: address, prefixLength: length, gateway, device, metric });
  }

  /**
   * Makes or replaces a static (PERMANENT) neighbour entry: no ARP is sent for it and none changes it.
   * @throws InetError ADDRESS_INVALID, LLADDR_INVALID
   */
  addNeighbour(address: string, lladdr: string, device: NetDevice): Neighbour {
    const key = ipv4(address);
    const mac = parseMac(lladdr);
    if (!mac) throw new InetError("LLADDR_INVALID", `"${lladdr}" is not a link address; say e.g. 02:00:5e:10:00:fe`);
    const table = this.arp.table;
    const entry = (table.find(key, device) ?? table.create(key, device, true)) as Neighbour;
    update(entry, mac, 0, Nud.PERMANENT, UpdateFlags.OVERRIDE | UpdateFlags.ADMIN);
    return entry;
  }

  /** Closes every device and stops every timer. */
  async close(): Promise<void> {
    for (const device of this.devices) await device.close();
    this.arp.table.close();
  }
}

/**
 * Reads a dotted quad into the stack's form of an address.
 * @throws InetError ADDRESS_INVALID
 */
export function ipv4(text: string): number {
  const address = parseIpv4(text);
  if (address === null) throw new InetError("ADDRESS_INVALID", `"${text}" is not an IPv4 address; say e.g. 192.168.10.1`);
  return address;
}

function prefix(text: string): { address: number; length: number } {
  const [address = "", length = "32", ...rest] = text.split("/");
  if (rest.length > 0 || !/^\d{1,2}$/.test(length) || Number(length) > 32) {
    throw new InetError("ADDRESS_INVALID", `"${text}" is not an IPv4 prefix; say e.g. 192.168.10.10/24`);
  }
  return { address: ipv4(address), length: Number(length) };
}
