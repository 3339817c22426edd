/** The host at the other end of a simulated wire: a stack of its own that answers ARP and ping and takes telemetry in silence. */
import type { Clock } from "../../hal/clock.ts";
import type { Random } from "../../hal/random.ts";
import type { SimulatedWire } from "../../hal/simulated/simulated-wire.ts";
import { WireNic } from "../../hal/simulated/wire-nic.ts";
import { formatIpv4, prefixMask } from "../ip/address.ts";
import { ipv4, Stack } from "../stack.ts";
import { endpointsOf } from "./apps.ts";
import type { Part } from "./kinds/part.ts";
import type { DeviceConfig, Rig } from "./rig/rig.ts";
import { type Cidr, formatCidr } from "./rig/units.ts";

/** The simulated gateway's station address, always the same, so that a rig's static entry can name it. */
export const GATEWAY_MAC: Uint8Array = Uint8Array.of(0x02, 0x00, 0x5e, 0x10, 0x00, 0xfe);

export class SimulatedGateway {
  readonly address: string;
  readonly stack: Stack;
  readonly #cidr: string;
  readonly #nic: WireNic;
  readonly #sinks: readonly number[];

  /**
   * @param cidr its address and the subnet's length, `192.168.10.1/24`
   * @param sinks UDP ports on which it takes datagrams without an answer
   */
  constructor(clock: Clock, random: Random, segment: SimulatedWire, cidr: string, sinks: readonly number[]) {
    this.#cidr = cidr;
    this.address = cidr.split("/")[0] as string;
    this.stack = new Stack({ clock, random, pool: { limit: 1024 } });
    this.#nic = new WireNic(clock, segment, "gateway", GATEWAY_MAC);
    this.#sinks = sinks;
  }

  async open(): Promise<void> {
    const device = this.stack.addDevice("eth0", this.#nic);
    await device.open();
    this.stack.addAddress(device, this.#cidr);
    for (const port of this.#sinks) this.stack.udp.open(port);
  }

  async close(): Promise<void> {
    await this.stack.close();
  }
}

/** The gateway at the far end of a device's wire: null where that is taken, or where the device has no address. */
export function gatewayFor(rig: Rig, config: DeviceConfig, part: Part, clock: Clock, random: Random): SimulatedGateway | null {
  const cidr = gatewayCidr(rig, config.addresses);
  if (!part.wantsGateway || !part.segment || !cidr) return null;
  const ports = endpointsOf(rig).flatMap(({ address, port }) => (address === cidr.address ? [port] : []));
  return new SimulatedGateway(clock, random.fork(`gateway/${config.name}`), part.segment, formatCidr(cidr), [...new Set(ports)]);
}

/** The host that the rig expects on the device's subnets: a route's next hop, else an app's destination, else the first host. */
function gatewayCidr(rig: Rig, addresses: readonly Cidr[]): Cidr | null {
  const expected = [...rig.routes.map((route) => route.via), ...endpointsOf(rig).map(({ address }) => address)];
  for (const address of expected) {
    const own = addresses.find((cidr) => address !== undefined && isNeighbour(ipv4(address), cidr));
    if (own && address !== undefined) return { ...own, address };
  }
  const [own] = addresses;
  return own ? { ...own, address: formatIpv4(firstNeighbour(own)) } : null;
}

/** True for the address of another host on the subnet. */
function isNeighbour(address: number, own: Cidr): boolean {
  const mask = prefixMask(own.prefix);
  const host = address & ~mask;
  if (((address ^ ipv4(own.address)) & mask) !== 0 || address === ipv4(own.address)) return false;
  return own.prefix >= 31 || (host !== 0 && host !== ~mask);
}

/** The first host of the subnet that is not `own`. A /31 has only one other (RFC 3021); a /32 has none, and the same formula is used. */
function firstNeighbour(own: Cidr): number {
  const address = ipv4(own.address);
  if (own.prefix >= 31) return address ^ 1;
  const first = (address & prefixMask(own.prefix)) + 1;
  return first === address ? first + 1 : first;
}
