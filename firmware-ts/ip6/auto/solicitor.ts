/**
 * Looks for routers (RFC 4861 6.3.7, RFC 7559): one question when the first link-local address is ours, others at growing intervals, until
 * a router is heard or the settings say that it is enough.
 */
import type { Random } from "../../../hal/random.ts";
import type { NetDevice } from "../../net/device.ts";
import { WorkTimer } from "../../net/timer-wheel.ts";
import { isSettled } from "../routing/addresses.ts";
import type { Effective6 } from "../routing/devconf.ts";
import type { AutoGround } from "./ground.ts";
import { writeRouterSolicitation } from "./messages.ts";

/** Intervals differ by up to a tenth of the first one, or of the longest, from what they would be (RFC 8415 15). */
const SPREAD = 0.1;
const SECOND = 1000;
/** accept_ra: a router believes others, too. */
const EVEN_IF_ROUTER = 2;

/** Routers are believed on a device with these settings. */
export function believesRouters({ acceptRa, forwarding }: Effective6): boolean {
  return forwarding === 0 ? acceptRa !== 0 : acceptRa === EVEN_IF_ROUTER;
}

/** The search on one device. */
class Search {
  readonly timer: WorkTimer;
  sent = 0;
  /** Milliseconds until the next question. */
  interval = 0;

  constructor(tick: (search: Search) => void) {
    this.timer = new WorkTimer(() => tick(this));
  }
}

export class RouterSolicitor {
  readonly #ground: AutoGround;
  readonly #random: Random;
  readonly #searches = new Map<NetDevice, Search>();

  constructor(ground: AutoGround) {
    this.#ground = ground;
    this.#random = ground.random.fork("rs");
  }

  /** The device has a link-local address that is ours: the search begins. */
  begin(device: NetDevice): void {
    const conf = this.#ground.fib.conf.on(device);
    if (device.loopback || conf.routerSolicitations === 0 || !believesRouters(conf)) return;
    this.end(device);
    const search = new Search((ticked) => this.#tick(device, ticked));
    this.#searches.set(device, search);
    search.interval = conf.routerSolicitationInterval * SECOND * this.#around(1);
    this.#ask(device, search);
  }

  /** A router was heard, or the device is down. */
  end(device: NetDevice): void {
    const search = this.#searches.get(device);
    if (!search) return;
    this.#ground.ndisc.table.timers.cancel(search.timer);
    this.#searches.delete(device);
  }

  #tick(device: NetDevice, search: Search): void {
    const conf = this.#ground.fib.conf.on(device);
    const { routerSolicitations: most, routerSolicitationMaxInterval, routerSolicitationDelay } = conf;
    if (!believesRouters(conf) || (most >= 0 && search.sent >= most)) {
      this.#searches.delete(device);
      return;
    }
    const longest = routerSolicitationMaxInterval * SECOND;
    const next = search.interval * this.#around(2);
    search.interval = longest > 0 && next > longest ? longest * this.#around(1) : next;
    // Behind the last question nothing is waited for but the end of the search.
    if (search.sent + 1 === most) search.interval = routerSolicitationDelay * SECOND;
    this.#ask(device, search);
  }

  #ask(device: NetDevice, search: Search): void {
    const { fib, ndisc } = this.#ground;
    search.sent++;
    ndisc.table.timers.arm(search.timer, search.interval);
    const source = fib.addresses.linkLocal(device);
    const skb = source === null ? null : ndisc.sender.allocate(device);
    if (source === null || skb === null) return;
    const own = fib.addresses.on(device, source);
    writeRouterSolicitation(skb, device, own !== null && isSettled(own));
    ndisc.sender.send(skb, device, fib.known.allRouters, source);
  }

  /** A factor of this size, give or take a tenth. */
  #around(factor: number): number {
    return factor + SPREAD * (2 * this.#random.next() - 1);
  }
}
