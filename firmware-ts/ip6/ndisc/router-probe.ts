/**
 * Router reachability probing (RFC 4191 3.5; the kernel's CONFIG_IPV6_ROUTER_PREF): a host that looks a way up asks the routers among which
 * it chooses, and of which it knows no link address, whether they are there; each once in router_probe_interval. So it comes back to a
 * better router that did not answer for a while.
 */
import type { Clock, Timer } from "../../../hal/clock.ts";
import type { Ip6 } from "../../ip/ip6.ts";
import { awaitOnce } from "../../neigh/machine.ts";
import { Nud } from "../../neigh/states.ts";
import type { NeighTable } from "../../neigh/table.ts";
import type { NetDevice } from "../../net/device.ts";
import { solicitedNodeOf } from "../common/address-kind.ts";
import type { Fib6 } from "../routing/fib.ts";
import type { Ip6RouteEntry } from "../routing/route.ts";
import type { NdSender } from "./sender.ts";

const MS = 1000;

export class RouterProbe {
  readonly #clock: Clock;
  readonly #fib: Fib6;
  readonly #table: NeighTable;
  readonly #sender: NdSender;
  readonly #timer: Timer;
  /** The time of the next look-up that may ask somebody; Infinity while none waits. */
  #due = Number.POSITIVE_INFINITY;
  readonly #visit = (route: Ip6RouteEntry): void => {
    if (route.gateway !== null && route.device !== null) this.#consider(route, route.gateway, route.device);
  };

  constructor(clock: Clock, fib: Fib6, table: NeighTable, sender: NdSender) {
    this.#clock = clock;
    this.#fib = fib;
    this.#table = table;
    this.#sender = sender;
    this.#timer = clock.timer(() => {
      this.#due = Number.POSITIVE_INFINITY;
      // Ways that are in use are looked up again.
      fib.routes.refresh();
    });
  }

  /** Asks the routers among which the way to a destination was just chosen. A router itself asks none. */
  probe(destination: Ip6, device: NetDevice | null): void {
    if (this.#fib.conf.all.forwarding === 0) this.#fib.routes.visitCandidates(destination, device, this.#visit);
  }

  close(): void {
    this.#timer.cancel();
  }

  #consider(route: Ip6RouteEntry, gateway: Ip6, device: NetDevice): void {
    const { addresses, conf, interner, routes } = this.#fib;
    const entry = this.#table.find(gateway.d, device, gateway);
    if (entry?.valid) return;
    const now = this.#clock.now();
    const next = (entry ? entry.updated : route.probed) + conf.on(device).routerProbeInterval * MS;
    if (now <= next) {
      this.#lookAgain(next + 1);
      return;
    }
    routes.noteProbe(route, now);
    if (entry) {
      const failed = entry.nudState === Nud.FAILED;
      awaitOnce(entry);
      // It counts as alive until the question has failed, too.
      if (failed) routes.refresh();
    }
    const source = addresses.linkLocal(device);
    if (source !== null) this.#sender.solicit(device, gateway, solicitedNodeOf(interner, gateway), source);
  }

  #lookAgain(at: number): void {
    if (at >= this.#due) return;
    this.#due = at;
    this.#timer.armAt(at);
  }
}
