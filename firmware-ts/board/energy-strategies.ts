/** The twin of a rig with each of the strategies by which a stack knows its neighbours. */
import { STRATEGY_NAMES, type StrategyName } from "../neigh/strategies/index.ts";
import { endpointsOf } from "./apps.ts";
import { energyDevice } from "./energy-twin.ts";
import { GATEWAY_MAC } from "./gateway.ts";
import type { Rig, StaticNeighbour } from "./rig/rig.ts";
import { holdsHost, isOfOneLink } from "./rig/units.ts";

/**
 * The rig's own settings of a strategy stay. Link addresses are given for `static` alone: everybody that the node sends to is known then.
 * @throws RangeError for a name that is none
 */
export function withStrategy(rig: Rig, name: StrategyName): Rig {
  if (!STRATEGY_NAMES.includes(name)) throw new RangeError(`${name}: no strategy; there are ${STRATEGY_NAMES.join(", ")}`);
  return { ...rig, neighbours: { ...rig.neighbours, strategy: name, static: name === "static" ? staticEntries(rig) : [] } };
}

/** Next hops, and destinations on the link: in a twin all of them are the simulated gateway. */
function staticEntries(rig: Rig): StaticNeighbour[] {
  const device = energyDevice(rig);
  const hops = rig.routes.flatMap(({ via }) => (via === undefined ? [] : [via]));
  const near = endpointsOf(rig).flatMap(({ address }) => {
    const host = address.replace(/%.*$/, "");
    return isOfOneLink(host) || device.addresses.some((own) => holdsHost(own, host)) ? [host] : [];
  });
  const own = new Set(device.addresses.map(({ address }) => address));
  const hosts = [...new Set([...hops, ...near])].filter((host) => !own.has(host));
  return hosts.map((ip) => ({ ip, lladdr: GATEWAY_MAC, dev: device.name }));
}
