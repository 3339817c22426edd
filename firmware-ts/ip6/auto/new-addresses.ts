/**
 * Tells the routers of a link new addresses, for the profile that asks for it (RFC 9131 6.1.1): a router that knows them need not ask
 * when the first answer comes back. Three messages, retrans_time apart, do not replace what the router knows. Link-local addresses are
 * left out: nothing is handed on to them.
 */
import { WorkTimer } from "../../net/timer-wheel.ts";
import { isLinkLocal } from "../common/address-kind.ts";
import type { Ndisc } from "../ndisc/ndisc.ts";
import type { Ip6InterfaceAddress } from "../routing/addresses.ts";

/** MAX_NEIGHBOR_ADVERTISEMENT of RFC 4861 10. */
const MOST = 3;

class Telling {
  readonly timer: WorkTimer;
  left: number = MOST;

  constructor(tick: (telling: Telling) => void) {
    this.timer = new WorkTimer(() => tick(this));
  }
}

export class NewAddresses {
  readonly #ndisc: Ndisc;
  readonly #tellings = new Map<Ip6InterfaceAddress, Telling>();

  constructor(ndisc: Ndisc) {
    this.#ndisc = ndisc;
  }

  /** An address is ours from now on. */
  settled(address: Ip6InterfaceAddress): void {
    if (!this.#ndisc.table.policy.tellsRouters || isLinkLocal(address.local) || address.device.loopback) return;
    this.removed(address);
    const telling = new Telling((due) => this.#tell(address, due));
    this.#tellings.set(address, telling);
    this.#tell(address, telling);
  }

  /** An address is gone. */
  removed(address: Ip6InterfaceAddress): void {
    const telling = this.#tellings.get(address);
    if (telling === undefined) return;
    this.#ndisc.table.timers.cancel(telling.timer);
    this.#tellings.delete(address);
  }

  #tell(address: Ip6InterfaceAddress, telling: Telling): void {
    const { table } = this.#ndisc;
    telling.left--;
    if (!this.#ndisc.tellRouters(address) || telling.left === 0) this.#tellings.delete(address);
    else table.timers.arm(telling.timer, table.retransTime(address.device));
  }
}
