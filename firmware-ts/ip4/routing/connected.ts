/** The routes that an address brings: to itself, to the broadcast addresses of its subnet, and to the subnet or the peer. */

import { INADDR_BROADCAST, isMulticast, isZeronet } from "../../ip/address.ts";
import type { InterfaceAddress } from "./addresses.ts";
import { type NewRoute, RouteType } from "./routes.ts";

/** The primary address of each subnet that a device has addresses of. */
export type Primaries = ReadonlyMap<string, number>;

/** @param addresses all of one device, or all of some of its subnets */
export function primariesOf(addresses: readonly InterfaceAddress[]): Primaries {
  return new Map(addresses.filter(({ secondary }) => !secondary).map((own) => [subnetOf(own), own.local]));
}

/** Returns text that is the same for two addresses of a device exactly when they are of one subnet. */
export function subnetOf({ address, mask }: InterfaceAddress): string {
  return `${address & mask} ${mask}`;
}

/**
 * Returns the routes of an address among those of its device. A device that is down has only the one to the address itself. Their source
 * is the primary address of the subnet, so that they change when another one becomes it.
 */
export function routesOf(own: InterfaceAddress, primaries: Primaries): NewRoute[] {
  const { device, local, address, prefixLength, mask, broadcast, secondary, metric, noPrefixRoute } = own;
  const source = (secondary ? primaries.get(subnetOf(own)) : undefined) ?? local;
  const host = { prefixLength: 32, device, source, protocol: "kernel" };
  const routes: NewRoute[] = [{ ...host, destination: local, type: RouteType.LOCAL }];
  if (!device.up || !isSource(source)) return routes;
  const broadcasts: NewRoute = { ...host, destination: broadcast, type: RouteType.BROADCAST };
  if (broadcast !== 0 && broadcast !== INADDR_BROADCAST) routes.push(broadcasts);
  const destination = address & mask;
  if (secondary || isZeronet(destination) || (destination === local && prefixLength === 32)) return routes;
  const type = device.loopback ? RouteType.LOCAL : RouteType.UNICAST;
  if (!noPrefixRoute) routes.push({ ...host, destination, prefixLength, metric, type });
  const ofSubnet = address | ~mask;
  if (prefixLength < 31 && ofSubnet !== broadcast) routes.push({ ...broadcasts, destination: ofSubnet });
  return routes;
}

/** Returns true for an address that packets may come from. */
function isSource(address: number): boolean {
  return !isMulticast(address) && !isZeronet(address) && address !== INADDR_BROADCAST;
}

/** Returns text that is the same for two routes of a device exactly when they are one to the kernel. */
export function keyOf({ destination, prefixLength, type, source = 0, metric = 0 }: NewRoute): string {
  return `${type} ${destination}/${prefixLength} ${source} ${metric}`;
}
