/**
 * The part of a router on devices that hand packets on (`forwarding`): it is among all routers, answers for the subnets' own addresses,
 * and takes no default route from others.
 */
import type { Ip6 } from "../../ip/ip6.ts";
import type { NetDevice } from "../../net/device.ts";
import { isUnspecified, prefixOf, solicitedNodeOf } from "../common/address-kind.ts";
import { type Ip6InterfaceAddress, isUsable } from "./addresses.ts";
import type { Fib6, Ip6FibUser } from "./fib.ts";

/** From this length on a prefix has no address to spare for all routers (RFC 6164). */
const POINT_TO_POINT = 127;
/** accept_ra: a router believes others, too. */
const EVEN_IF_ROUTER = 2;

export class RouterRole implements Ip6FibUser {
  readonly #fib: Fib6;
  readonly #routers = new Set<NetDevice>();
  /** The subnets' addresses, by those that brought them. */
  readonly #subnets = new Map<Ip6InterfaceAddress, Ip6>();

  constructor(fib: Fib6) {
    this.#fib = fib;
    fib.watch(this);
  }

  /** Takes up the part, or gives it up, as the device's setting says. */
  follow(device: NetDevice): void {
    const router = this.#fib.conf.on(device).forwarding !== 0;
    if (device.loopback || router === this.#routers.has(device)) return;
    const { groups, known, addresses } = this.#fib;
    const all = [known.allRouters, known.interfaceRouters, known.siteRouters];
    if (router) {
      this.#routers.add(device);
      for (const group of all) groups.join(device, group);
      for (const address of addresses.of(device)) if (isUsable(address)) this.settled(address);
    } else {
      this.#routers.delete(device);
      for (const address of addresses.of(device)) this.removed(address);
      for (const group of all) groups.leave(device, group);
    }
  }

  /** A router needs no default route by another's word. */
  forgetDefaults(): void {
    const { routes, conf } = this.#fib;
    routes.removeAll(({ learned, prefixLength, device, gateway }) => {
      return learned && prefixLength === 0 && gateway !== null && device !== null && conf.on(device).acceptRa !== EVEN_IF_ROUTER;
    });
  }

  forget(device: NetDevice): void {
    this.#routers.delete(device);
  }

  adding(): void {}

  settled(address: Ip6InterfaceAddress): void {
    const { device, local, prefixLength } = address;
    if (!this.#routers.has(device) || this.#subnets.has(address) || prefixLength >= POINT_TO_POINT) return;
    const { interner, anycast, groups } = this.#fib;
    const subnet = prefixOf(interner, local, prefixLength);
    if (isUnspecified(subnet)) return;
    this.#subnets.set(address, subnet);
    if (anycast.join(device, subnet)) groups.join(device, solicitedNodeOf(interner, subnet));
  }

  removed(address: Ip6InterfaceAddress): void {
    const subnet = this.#subnets.get(address);
    if (!subnet) return;
    const { interner, anycast, groups } = this.#fib;
    this.#subnets.delete(address);
    if (anycast.leave(address.device, subnet)) groups.leave(address.device, solicitedNodeOf(interner, subnet));
  }
}
