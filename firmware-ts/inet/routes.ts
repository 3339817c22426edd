/** IPv4 routes: longest prefix first, then the smallest metric. */
import type { NetDevice } from "../net/device.ts";
import { formatIpv4, isLoopback, isZeronet, prefixMask } from "./address.ts";
import { InetError } from "./addresses.ts";

export interface Route {
  readonly destination: number;
  readonly prefixLength: number;
  readonly mask: number;
  /** 0: the destination is on the link. */
  readonly gateway: number;
  readonly device: NetDevice;
  /** Preferred source address, 0 for none. */
  readonly source: number;
  readonly metric: number;
  /** Who made it, as `ip route` prints it: `kernel` with an address, `static` by the operator. */
  readonly protocol: "kernel" | "static";
}

export interface NewRoute {
  destination: number;
  prefixLength: number;
  gateway?: number;
  device: NetDevice;
  source?: number;
  metric?: number;
  protocol?: "kernel" | "static";
}

export class Routes {
  readonly #list: Route[] = [];

  get list(): readonly Route[] {
    return this.#list;
  }

  /** @throws InetError ROUTE_INVALID (host bits set), ROUTE_EXISTS */
  add(route: NewRoute): Route {
    const { destination, prefixLength, gateway = 0, device, source = 0, metric = 0, protocol = "static" } = route;
    const mask = prefixMask(prefixLength);
    if (destination & ~mask) {
      const right = `${formatIpv4(destination & mask)}/${prefixLength}`;
      throw new InetError("ROUTE_INVALID", `${formatIpv4(destination)}/${prefixLength} has host bits set; say ${right}`);
    }
    const twin = (other: Route): boolean =>
      other.destination === destination && other.prefixLength === prefixLength && other.metric === metric;
    // Two devices may have addresses of one subnet: the kernel's own routes stand beside each other.
    if (protocol === "static" && this.#list.some(twin)) throw new InetError("ROUTE_EXISTS", "File exists");
    const made: Route = { destination, prefixLength, mask, gateway, device, source, metric, protocol };
    const later = (other: Route): boolean =>
      other.prefixLength < prefixLength || (other.prefixLength === prefixLength && other.metric > metric);
    const at = this.#list.findIndex(later);
    this.#list.splice(at < 0 ? this.#list.length : at, 0, made);
    return made;
  }

  /** The route for a destination; routes of devices that are down do not count. 0/8 and 127/8 never go out (RFC 1122 3.2.1.3). */
  lookup(destination: number): Route | null {
    if (isZeronet(destination) || isLoopback(destination)) return null;
    for (let at = 0; at < this.#list.length; at++) {
      const route = this.#list[at] as Route;
      if ((destination & route.mask) === route.destination && route.device.up) return route;
    }
    return null;
  }
}
