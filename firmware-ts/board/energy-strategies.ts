/** The strategies by which a node knows its neighbours, as `whohas energy` compares them. A new one is a line here. */
import { endpointsOf } from "./apps.ts";
import { energyDevice } from "./energy-twin.ts";
import { GATEWAY_MAC } from "./gateway.ts";
import type { Rig, StaticNeighbour } from "./rig/rig.ts";
import { holdsHost, isOfOneLink } from "./rig/units.ts";

/** Turns the twin of a rig into one with the strategy. */
type Strategy = (rig: Rig) => Rig;

const STRATEGIES: Readonly<Record<string, Strategy>> = {
  /** Linux's: neighbours are asked for, and asked again. */
  dynamic: (rig) => ({ ...rig, neighbours: { ...rig.neighbours, static: [] } }),
  /** Entries that never change, for everybody that the node sends to. */
  static: (rig) => ({ ...rig, neighbours: { ...rig.neighbours, static: staticEntries(rig) } }),
};

export const STRATEGY_NAMES: readonly string[] = Object.keys(STRATEGIES);

/** @param name one of STRATEGY_NAMES */
export function withStrategy(rig: Rig, name: string): Rig {
  const strategy = Object.hasOwn(STRATEGIES, name) ? STRATEGIES[name] : undefined;
  if (!strategy) throw new RangeError(`${name}: no strategy; there are ${STRATEGY_NAMES.join(", ")}`);
  return strategy(rig);
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
