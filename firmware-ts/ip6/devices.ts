/** IPv6 follows its devices: their events and their settings. */
import type { Network } from "../net/network.ts";
import type { Fragments } from "./fragments.ts";
import type { Ndisc } from "./ndisc/ndisc.ts";
import type { Ip6Devconfs } from "./routing/devconf.ts";
import type { Fib6 } from "./routing/fib.ts";

/** accept_ra: a router believes others, too. */
const EVEN_IF_ROUTER = 2;

/** The parts of IPv6 that hear of devices. */
interface DeviceGround6 {
  readonly fib: Fib6;
  readonly ndisc: Ndisc;
  readonly conf: Ip6Devconfs;
}

/** Has IPv6 follow the devices of a stack. */
export function watchDevices(network: Network, ground: DeviceGround6, fragments: Fragments): void {
  const { fib, ndisc, conf } = ground;
  network.onDeviceEvent((device, event) => {
    if (event === "register") fib.register(device);
    else if (event === "up") fib.up(device);
    else if (event === "mtu") {
      // The word of a router about the length is forgotten.
      conf.write(device, "mtu", 0);
      fib.resized(device);
    } else if (event === "down") {
      fib.down(device);
      fragments.forget(device);
    }
    // The addresses go first, so that nobody is told of the neighbours of one that is gone.
    ndisc.event(device, event);
    if (event === "unregister") fib.unregister(device);
  });
  conf.watch((target, name) => {
    if (name === "forwarding" && target !== "default") forgetDefaults(fib);
    for (const device of network.devices) {
      if (name === "forwarding") fib.routerChanged(device);
      if (name === "addrGenMode" && !device.loopback) fib.makeLinkLocal(device);
      if (name !== "disableIpv6") continue;
      const was = fib.isActive(device);
      fib.resized(device);
      if (was && !fib.isActive(device)) ndisc.table.ifdown(device, false);
    }
  });
}

/** A router takes no default route by another's word, unless it is told to. */
function forgetDefaults({ routes, conf }: Fib6): void {
  routes.removeAll(({ learned, prefixLength, device, gateway }) => {
    if (!learned || prefixLength !== 0 || gateway === null || device === null) return false;
    const { forwarding, acceptRa } = conf.on(device);
    return forwarding !== 0 && acceptRa !== EVEN_IF_ROUTER;
  });
}
