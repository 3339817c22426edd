/**
 * The addresses, routes, static neighbours and name servers of a rig, put on its devices. Where a device gets its address by itself, what rests on
 * the address follows when it comes, and comes back with it: with the last address of a device, its routes and neighbours go.
 */
import { InetError } from "../ip/inet-error.ts";
import type { NetDevice } from "../net/device.ts";
import { formatMac } from "../net/ethernet.ts";
import { ipv4, type RouteOptions, type Stack } from "../stack.ts";
import { asksFirst, endpointsOf } from "./apps.ts";
import type { Rig, StaticNeighbour } from "./rig/rig.ts";
import { type Cidr, formatCidr, holdsHost, isOfIpv6 } from "./rig/units.ts";

/** A device and the stack that it is in. */
export interface Placed {
  readonly stack: Stack;
  readonly device: NetDevice;
}

export class RigNetwork {
  readonly #rig: Rig;
  readonly #initial: Stack;
  readonly #find: (name: string) => Placed;
  /** Routes that wait for an address. */
  #pending: (() => void)[] = [];

  /** @param find finds a device of the rig, whose references were checked */
  constructor(rig: Rig, initial: Stack, find: (name: string) => Placed) {
    this.#rig = rig;
    this.#initial = initial;
    this.#find = find;
    // Before any lease tells of others.
    const servers = (rig.dns ?? []).map((server) => initial.layers.address(server));
    if (servers.length > 0) initial.nameServers.tell("rig", { servers });
  }

  /** Gives a device the addresses that are not asked for first. @throws InetError */
  addAddresses({ stack, device }: Placed, addresses: readonly Cidr[]): void {
    for (const cidr of addresses) {
      if (!asksFirst(this.#rig) || isOfIpv6(cidr.address)) stack.addAddress(device, formatCidr(cidr));
    }
  }

  /**
   * Makes the routes. One whose next hop is on no link yet waits, where an address may still come.
   * @throws InetError
   */
  addRoutes(mayWait: boolean): void {
    for (const { to, via, dev } of this.#rig.routes) {
      const { stack, device } = dev === undefined ? { stack: this.#initial } : this.#find(dev);
      const destination = to === "default" ? to : formatCidr(to);
      const route: RouteOptions = { to: destination, ...(via === undefined ? {} : { via }), ...(device ? { device } : {}) };
      const add = (): void => {
        stack.addRoute(route);
      };
      if (!mayWait) add();
      else this.#pending.push(add);
    }
    this.#tryRoutes();
  }

  /** Makes the static neighbours, and names the strategy the hosts on the link that apps send to: they are no route's next hops. */
  addNeighbours(): void {
    for (const { address } of endpointsOf(this.#rig)) {
      for (const { name, addresses } of this.#rig.devices) {
        const { stack, device } = this.#find(name);
        if (addresses.some((subnet) => holdsHost(subnet, address))) stack.pinNeighbour(address, device);
      }
    }
    for (const neighbour of this.#rig.neighbours.static) this.#addNeighbour(neighbour);
  }

  /** An address has come: makes what rests on it, or went with the one before. */
  addressed(): void {
    this.#tryRoutes();
    for (const neighbour of this.#rig.neighbours.static) {
      const { stack, device } = this.#find(neighbour.dev);
      if (isOfIpv6(neighbour.ip)) continue;
      if (!stack.neighbours(4).table.find(ipv4(neighbour.ip), device)) this.#addNeighbour(neighbour);
    }
  }

  #addNeighbour({ ip, lladdr, dev }: StaticNeighbour): void {
    const { stack, device } = this.#find(dev);
    const mac = formatMac(lladdr);
    if (!stack.pinNeighbour(ip, device, mac)) stack.addNeighbour(ip, mac, device);
  }

  /** A route that was made may have gone with its address, so that each is tried each time; the one that is there stays as it is. */
  #tryRoutes(): void {
    for (const add of this.#pending) {
      try {
        add();
      } catch (error) {
        if (!(error instanceof InetError)) throw error;
      }
    }
  }
}
