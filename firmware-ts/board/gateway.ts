/** The host at the other end of a simulated wire: a stack of its own that answers ARP and ping and takes telemetry in silence. */
import type { Clock } from "../../hal/clock.ts";
import type { Random } from "../../hal/random.ts";
import type { SimulatedWire } from "../../hal/simulated/simulated-wire.ts";
import { WireNic } from "../../hal/simulated/wire-nic.ts";
import { keyOf } from "../apps/registrar/message.ts";
import type { RegistrarConfig } from "../apps/registrar/registrar.ts";
import type { Registry } from "../apps/registrar/registry.ts";
import { formatIpv4, prefixMask } from "../ip/address.ts";
import { formatIpv6, ip6Words } from "../ip/ip6-text.ts";
import { wordMask } from "../ip6/common/address-kind.ts";
import { ipv4, Stack } from "../stack.ts";
import { automaticApps, deviceOfApp, endpointsOf } from "./apps.ts";
import { DhcpServer } from "./dhcp-server.ts";
import type { Part } from "./kinds/part.ts";
import { serveRegistry } from "./registry-on-stack.ts";
import type { DeviceConfig, Rig } from "./rig/rig.ts";
import { type Cidr, formatCidr, holdsHost, isOfIpv6, isOfOneLink } from "./rig/units.ts";

/** The simulated gateway's station address, always the same, so that a rig's static entry can name it. */
export const GATEWAY_MAC: Uint8Array = Uint8Array.of(0x02, 0x00, 0x5e, 0x10, 0x00, 0xfe);

/** A lease is renewed after half of it: often enough to be seen in a simulated hour. */
const LEASE_SECONDS = 600;
/** The subnet of a simulated wire whose device gets its address from the gateway, where the rig names nobody on it. */
const LEASED: Cidr = { address: "192.168.10.1", prefix: 24 };

export class SimulatedGateway {
  /** The first of its addresses. */
  readonly address: string;
  readonly stack: Stack;
  readonly #cidrs: readonly string[];
  readonly #nic: WireNic;
  readonly #sinks: readonly number[];
  readonly #leases: boolean;
  #server: DhcpServer | null = null;
  /** The keys of registrars, by the ports on which nodes register. */
  readonly #keys: ReadonlyMap<number, string>;
  readonly #registries: Registry[] = [];

  /**
   * @param cidr its address and the subnet's length, `192.168.10.1/24`
   * @param sinks UDP ports on which it takes datagrams without an answer
   * @param more other addresses that it has
   * @param leases it gives addresses away
   * @param keys of registrars, by the ports on which nodes register
   */
  constructor(
    clock: Clock,
    random: Random,
    segment: SimulatedWire,
    cidr: string,
    sinks: readonly number[],
    more: readonly string[] = [],
    leases = false,
    keys: ReadonlyMap<number, string> = new Map(),
  ) {
    this.#keys = keys;
    this.#cidrs = [cidr, ...more];
    this.address = cidr.split("/")[0] as string;
    const families = this.#cidrs.some(isOfIpv6) ? ([4, 6] as const) : ([4] as const);
    this.stack = new Stack({ clock, random, pool: { limit: 1024 }, families });
    this.#nic = new WireNic(clock, segment, "gateway", GATEWAY_MAC);
    this.#sinks = sinks;
    this.#leases = leases;
  }

  async open(): Promise<void> {
    const device = this.stack.addDevice("eth0", this.#nic);
    await device.open();
    for (const cidr of this.#cidrs) this.stack.addAddress(device, cidr);
    for (const port of this.#sinks) if (!this.#keys.has(port)) this.stack.udp.open(port);
    for (const [port, key] of this.#keys) this.#registries.push(serveRegistry(this.stack, device, port, keyOf(key)));
    const [own] = this.stack.ip.addresses.of(device);
    if (this.#leases && own) {
      const { local: address, prefixLength } = own;
      this.#server = new DhcpServer(this.stack, device, { address, prefixLength, seconds: LEASE_SECONDS });
    }
  }

  /** Its DHCP server; null for none, and before it is open. */
  get dhcp(): DhcpServer | null {
    return this.#server;
  }

  async close(): Promise<void> {
    for (const registry of this.#registries) registry.close();
    await this.stack.close();
  }
}

/** The gateway at the far end of a device's wire: null where that is taken, or where the device has no address. */
export function gatewayFor(rig: Rig, config: DeviceConfig, part: Part, clock: Clock, random: Random): SimulatedGateway | null {
  const leases =
    automaticApps(config).some(({ kind }) => kind === "dhcp") ||
    ["dhcp", "dhcp-inform"].some((kind) => appOf(rig, config.name, kind));
  const cidrs = [...[false, true].flatMap((six) => gatewayCidrs(rig, config, six))];
  if (leases && !cidrs.some(({ address }) => !isOfIpv6(address))) cidrs.unshift(leasedCidr(rig));
  const [first, ...more] = cidrs;
  if (!part.wantsGateway || !part.segment || !first) return null;
  const ports = endpointsOf(rig).flatMap(({ address, port }) => (cidrs.some((cidr) => cidr.address === address) ? [port] : []));
  const forked = random.fork(`gateway/${config.name}`);
  const keys = registrarKeys(rig, cidrs);
  return new SimulatedGateway(
    clock,
    forked,
    part.segment,
    formatCidr(first),
    [...new Set(ports)],
    more.map(formatCidr),
    leases,
    keys,
  );
}

/** The keys with which the rig's nodes register at one of these addresses, by port. */
function registrarKeys({ apps = [] }: Rig, cidrs: readonly Cidr[]): ReadonlyMap<number, string> {
  const keys = new Map<number, string>();
  for (const app of apps) {
    if (app.kind !== "registrar") continue;
    const { to, key } = app as unknown as RegistrarConfig;
    if (cidrs.some(({ address }) => address === to.address)) keys.set(to.port, key);
  }
  return keys;
}

/** The rig's list has an app of a kind for the device. */
function appOf({ apps = [] }: Rig, device: string, kind: string): boolean {
  return apps.some((app) => app.kind === kind && deviceOfApp(app) === device);
}

/** The gateway of a device that is given its address: the first host of IPv4 that the rig expects somewhere. */
function leasedCidr(rig: Rig): Cidr {
  const expected = [...rig.routes.map(({ via }) => via), ...endpointsOf(rig).map(({ address }) => address)];
  const address = expected.find((text) => text !== undefined && !isOfIpv6(text));
  return address === undefined ? LEASED : { ...LEASED, address };
}

/**
 * The host that the rig expects on the device's subnets, in one family: a route's next hop, else an app's destination, else the first
 * host. A next hop with a link-local address is the same host.
 */
function gatewayCidrs(rig: Rig, { name, addresses }: DeviceConfig, six: boolean): Cidr[] {
  const own = addresses.filter(({ address }) => isOfIpv6(address) === six);
  const expected = [...rig.routes.map(({ via }) => via), ...endpointsOf(rig).map(({ address }) => address)];
  const hops = rig.routes.flatMap(({ via, dev }) => (six && dev === name && via !== undefined && isOfOneLink(via) ? [via] : []));
  const linkLocal = [...new Set(hops)].map((address) => ({ address, prefix: 64 }));
  for (const address of expected) {
    const subnet = own.find((cidr) => address !== undefined && isNeighbour(address, cidr));
    if (subnet && address !== undefined) return [{ ...subnet, address }, ...linkLocal];
  }
  const [first] = own;
  return first ? [{ ...first, address: firstNeighbour(first) }, ...linkLocal] : linkLocal;
}

/** True for the address of another host on the subnet. */
function isNeighbour(text: string, own: Cidr): boolean {
  if (!holdsHost(own, text) || text === own.address) return false;
  if (isOfIpv6(text)) return true;
  const mask = prefixMask(own.prefix);
  const host = ipv4(text) & ~mask;
  return own.prefix >= 31 || (host !== 0 && host !== ~mask);
}

/**
 * The first host of the subnet that is not `own`. A /31 has only one other (RFC 3021), as a /127 has (RFC 6164); a /32 and a /128 have
 * none, and the same formula is used.
 */
function firstNeighbour(own: Cidr): string {
  const words = ip6Words(own.address);
  if (words) {
    if (own.prefix >= 127) return formatIpv6({ ...words, d: words.d ^ 1 });
    const { a, b, c, d } = words;
    const mask = (word: number, at: number): number => word & wordMask(own.prefix - at);
    const first = { a: mask(a, 0), b: mask(b, 32), c: mask(c, 64), d: mask(d, 96) + 1 };
    const text = formatIpv6(first);
    return text === own.address ? formatIpv6({ ...first, d: first.d + 1 }) : text;
  }
  const address = ipv4(own.address);
  if (own.prefix >= 31) return formatIpv4(address ^ 1);
  const first = (address & prefixMask(own.prefix)) + 1;
  return formatIpv4(first === address ? first + 1 : first);
}
