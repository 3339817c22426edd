/** IPv4 as ARP sees it. */
import type { SkBuff } from "../../hal/skbuff.ts";
import { INADDR_BROADCAST, isMulticast, isZeronet } from "../ip/address.ts";
import { AddressType, type Neighbour } from "../neigh/entry.ts";
import type { NetDevice } from "../net/device.ts";
import type { ArpInet, InputWay } from "./arp/inet.ts";
import { IP_SOURCE } from "./header/ip-header.ts";
import type { Devconfs } from "./routing/devconf.ts";
import type { Fib } from "./routing/fib.ts";
import type { InputRouter } from "./routing/input-route.ts";
import { RouteType } from "./routing/routes.ts";

/** What is left to IPv4 itself. */
export interface ArpSideUser {
  unreachable(packet: SkBuff, device: NetDevice): void;
}

export class ArpSide implements ArpInet {
  readonly conf: Devconfs;
  readonly #fib: Fib;
  readonly #router: InputRouter;
  readonly #user: ArpSideUser;

  constructor(fib: Fib, conf: Devconfs, router: InputRouter, user: ArpSideUser) {
    this.#fib = fib;
    this.conf = conf;
    this.#router = router;
    this.#user = user;
  }

  addressType(address: number): AddressType {
    if (isMulticast(address)) return AddressType.MULTICAST;
    if (isZeronet(address) || address === INADDR_BROADCAST) return AddressType.BROADCAST;
    const route = this.#fib.routes.lookupLocal(address);
    if (!route) return AddressType.UNICAST;
    return route.type === RouteType.BROADCAST ? AddressType.BROADCAST : AddressType.LOCAL;
  }

  inputWay(destination: number, source: number, device: NetDevice, ip: boolean): InputWay {
    return this.#router.way(destination, source, device, ip);
  }

  get forwardDevice(): NetDevice | null {
    return this.#router.route?.device ?? null;
  }

  outputDevice(destination: number, _source: number): NetDevice | null {
    return this.#fib.routes.lookup(destination)?.device ?? null;
  }

  confirms(device: NetDevice | null, peer: number, local: number, scope: number): boolean {
    return this.#fib.addresses.confirms(device, peer, local, scope, device !== null && this.#hostAsLink(device));
  }

  onLink(device: NetDevice, one: number, other: number): boolean {
    return this.#fib.addresses.onLink(device, one, other);
  }

  select(device: NetDevice, target: number, scope: number): number {
    return this.#fib.addresses.select(device, target, scope, this.#hostAsLink(device));
  }

  eachAddress(device: NetDevice, visit: (local: number) => void): void {
    for (const { local } of this.#fib.addresses.of(device)) visit(local);
  }

  sourceOf(packet: SkBuff): number {
    return packet.view.getInt32(packet.network + IP_SOURCE);
  }

  unreachable(entry: Neighbour, packet: SkBuff): void {
    this.#user.unreachable(packet, entry.device);
  }

  #hostAsLink(device: NetDevice): boolean {
    return this.conf.on(device).routeLocalnet;
  }
}
