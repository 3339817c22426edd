/** The families of IP that a rig needs: IPv4, and IPv6 where anything in the rig is of it. */
import type { IpFamily } from "../ip/address.ts";
import { endpointsOf } from "./apps.ts";
import type { Rig } from "./rig/rig.ts";
import { isOfIpv6 } from "./rig/units.ts";

export function familiesOf(rig: Rig): readonly IpFamily[] {
  const { devices, routes, neighbours, sysctl, dns = [] } = rig;
  const addresses = [
    ...devices.flatMap((device) => device.addresses.map(({ address }) => address)),
    ...routes.flatMap(({ to, via = "" }) => [to === "default" ? "" : to.address, via]),
    ...neighbours.static.map(({ ip }) => ip),
    ...dns,
    ...endpointsOf(rig).map(({ address }) => address),
  ];
  const wanted = addresses.some(isOfIpv6) || Object.keys(sysctl).some((key) => key.startsWith("net.ipv6."));
  return wanted ? [4, 6] : [4];
}
