/** The next hops that IPv6 lends to the routes of IPv4. */
import { InetError, type InetErrorCode } from "../ip/inet-error.ts";
import type { Ip6 } from "../ip/ip6.ts";
import type { NextHops6, Unreachable } from "../ip/next-hops.ts";
import type { Neighbour } from "../neigh/entry.ts";
import type { NetDevice } from "../net/device.ts";
import { StackError } from "../net/stack-error.ts";
import type { Ndisc } from "./ndisc/ndisc.ts";
import { deviceTowards } from "./routing/requested-route.ts";

export class Ip6NextHops implements NextHops6 {
  readonly #ndisc: Ndisc;

  constructor(ndisc: Ndisc) {
    this.#ndisc = ndisc;
  }

  get unreachable(): Unreachable | null {
    return this.#ndisc.unreachableOther;
  }

  set unreachable(tell: Unreachable | null) {
    this.#ndisc.unreachableOther = tell;
  }

  deviceOf(address: Ip6, device: NetDevice | null, onlink: boolean): NetDevice {
    try {
      return this.#deviceOf(address, device, onlink);
    } catch (error) {
      if (!(error instanceof StackError)) throw error;
      const { code, message, detail } = error;
      throw new InetError(code as InetErrorCode, message, `IP6_${detail || code}`);
    }
  }

  find(address: Ip6, device: NetDevice): Neighbour | null {
    return this.#ndisc.table.find(address.d, device, address);
  }

  create(address: Ip6, device: NetDevice): Neighbour | null {
    return this.#ndisc.table.create(address.d, device, false, 0, address);
  }

  #deviceOf(gateway: Ip6, device: NetDevice | null, onlink: boolean): NetDevice {
    const { fib } = this.#ndisc;
    const found = deviceTowards(fib, { gateway, device, onlink });
    if (found.loopback) throw new InetError("ROUTE_INVALID", `no next hop is reached by ${found.name}`, "EGRESS_LOOPBACK");
    if (fib.conf.on(found).disableIpv6 === 0) return found;
    throw new InetError("FAMILY_DISABLED", `IPv6 is disabled on ${found.name} (disable_ipv6)`);
  }
}
