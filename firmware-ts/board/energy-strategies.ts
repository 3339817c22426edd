/** The twin of a rig with each of the strategies by which a stack knows its neighbours. */
import { STRATEGY_NAMES, type StrategyName } from "../neigh/strategies/index.ts";
import { appDefaults, appKind, endpointsOf } from "./apps.ts";
import { energyDevice } from "./energy-twin.ts";
import { GATEWAY_MAC } from "./gateway.ts";
import type { AppConfig, Rig, StaticNeighbour } from "./rig/rig.ts";
import { holdsHost, isOfOneLink } from "./rig/units.ts";

/** The strategy that needs an app, its port by custom, and a key that both ends of a twin know. */
const REGISTRAR = "registrar";
const REGISTRAR_PORT = 7625;
const TWIN_KEY = "00".repeat(16);

/**
 * The rig's own settings of a strategy stay. Link addresses are given for `static` alone: everybody that the node sends to is known then.
 * @throws RangeError for a name that is none
 */
export function withStrategy(rig: Rig, name: StrategyName): Rig {
  if (!STRATEGY_NAMES.includes(name)) throw new RangeError(`${name}: no strategy; there are ${STRATEGY_NAMES.join(", ")}`);
  const neighbours = { ...rig.neighbours, strategy: name, static: name === "static" ? staticEntries(rig) : [] };
  const { apps = [] } = rig;
  const others = apps.filter(({ kind }) => kind !== REGISTRAR);
  if (name !== REGISTRAR) return { ...rig, neighbours, apps: others };
  return { ...rig, neighbours, apps: others.length < apps.length ? apps : [...apps, ...registrars(rig)] };
}

/** Both sides of the registrar, for a rig that has none: with the first host that the node sends to. */
function registrars(rig: Rig): AppConfig[] {
  const [gateway] = hostsOf(rig);
  if (gateway === undefined) return [];
  const to = { address: gateway, port: REGISTRAR_PORT };
  return [{ ...appDefaults(appKind({ kind: REGISTRAR })), kind: REGISTRAR, to, device: energyDevice(rig).name, key: TWIN_KEY }];
}

/** In a twin all of them are the simulated gateway. */
function staticEntries(rig: Rig): StaticNeighbour[] {
  return hostsOf(rig).map((ip) => ({ ip, lladdr: GATEWAY_MAC, dev: energyDevice(rig).name }));
}

/** Next hops, and destinations on the link. */
function hostsOf(rig: Rig): string[] {
  const device = energyDevice(rig);
  const hops = rig.routes.flatMap(({ via }) => (via === undefined ? [] : [via]));
  const near = endpointsOf(rig).flatMap(({ address }) => {
    const host = address.replace(/%.*$/, "");
    return isOfOneLink(host) || device.addresses.some((own) => holdsHost(own, host)) ? [host] : [];
  });
  const own = new Set(device.addresses.map(({ address }) => address));
  return [...new Set([...hops, ...near])].filter((host) => !own.has(host));
}
