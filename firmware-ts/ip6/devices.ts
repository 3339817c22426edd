/** What becomes of IPv6 on a device with the device's events and settings. */
import type { DeviceEvent, NetDevice } from "../net/device.ts";
import type { Network } from "../net/network.ts";
import type { Fragments } from "./fragments.ts";
import { IP6_MIN_MTU } from "./header/ip6-header.ts";
import type { Ndisc } from "./ndisc/ndisc.ts";
import type { Ip6DevconfName, Ip6Devconfs } from "./routing/devconf.ts";
import type { Fib6 } from "./routing/fib.ts";
import { RouterRole } from "./routing/router-role.ts";

/** The parts of IPv6 that hear of devices. */
interface DeviceGround6 {
  readonly fib: Fib6;
  readonly ndisc: Ndisc;
  readonly conf: Ip6Devconfs;
}

/** Has IPv6 follow the devices of a stack. */
export function watchDevices(network: Network, ground: DeviceGround6, fragments: Fragments): void {
  const watch = new DeviceWatch(ground, fragments);
  network.onDeviceEvent((device, event) => watch.event(device, event));
  ground.conf.watch((target, name) => {
    for (const device of network.devices) if (typeof target === "string" || target === device) watch.set(device, name);
    if (name === "forwarding" && target !== "default") watch.role.forgetDefaults();
  });
}

class DeviceWatch {
  readonly role: RouterRole;
  readonly #ground: DeviceGround6;
  readonly #fragments: Fragments;

  constructor(ground: DeviceGround6, fragments: Fragments) {
    this.#ground = ground;
    this.#fragments = fragments;
    this.role = new RouterRole(ground.fib);
  }

  event(device: NetDevice, event: DeviceEvent): void {
    const { fib, ndisc } = this.#ground;
    if (event === "register") {
      fib.register(device);
      this.role.follow(device);
    } else if (event === "up") fib.up(device);
    else if (event === "down") this.#down(device);
    else if (event === "mtu") this.#resized(device);
    // The addresses go first, so that nobody is told of the neighbours of one that is gone.
    ndisc.event(device, event);
    if (event !== "unregister") return;
    fib.unregister(device);
    this.role.forget(device);
  }

  /** A setting of a device has changed. */
  set(device: NetDevice, name: Ip6DevconfName): void {
    const { fib, ndisc, conf } = this.#ground;
    if (name === "forwarding") this.role.follow(device);
    if (name !== "disableIpv6" || !device.up) return;
    const off = conf.on(device).disableIpv6 !== 0;
    if (off !== fib.isActive(device)) return;
    if (!off) {
      fib.up(device);
      return;
    }
    this.#down(device);
    ndisc.table.ifdown(device, false);
  }

  /** A device carries other packets than before: too short ones for IPv6, or again long enough ones. The word of a router is forgotten. */
  #resized(device: NetDevice): void {
    const { fib, conf } = this.#ground;
    conf.write(device, "mtu", 0);
    if (device.mtu < IP6_MIN_MTU) this.#down(device);
    else if (device.up) fib.up(device);
  }

  #down(device: NetDevice): void {
    this.#ground.fib.down(device);
    this.#fragments.forget(device);
  }
}
