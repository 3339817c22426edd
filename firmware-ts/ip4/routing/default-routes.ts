/**
 * Default routes of one metric stand by for each other: a gateway that is known to be there, or not known at all, is taken before one
 * that does not answer (dead gateway detection of RFC 1122 3.3.1.4, as Linux has it; measured on 6.18).
 */
import type { Neighbour } from "../../neigh/entry.ts";
import { NUD_VALID, Nud } from "../../neigh/states.ts";
import { type Route, type RouteEntry, RouteType } from "./route.ts";

/** Finds the entry of a route's gateway; null when there is none. */
export type GatewayEntry = (route: RouteEntry) => Neighbour | null;

/** As `last` has it, when no gateway was taken. */
const NOBODY = -1;

export class DefaultRoutes {
  readonly #entryOf: GatewayEntry;
  /** The first of the routes that were chosen from, and the place of the one that was taken. */
  #first: RouteEntry | null = null;
  #last = NOBODY;

  constructor(entryOf: GatewayEntry) {
    this.#entryOf = entryOf;
  }

  /**
   * Chooses among default routes. The one that was taken last has to be reachable; a doubtful one takes turns with the others.
   * @param found the first of the table
   * @param others the default routes behind it, by their metrics
   */
  choose(found: Route, others: readonly RouteEntry[]): Route {
    if (others.length === 0 || others[0]!.metric !== found.metric || !isRival(found, found)) return found;
    if (this.#first !== found) this.#last = NOBODY;
    this.#first = found;
    const last = this.#last;
    let resort = found;
    this.#last = NOBODY;
    let place = 0;
    for (let at = -1; at < others.length; at++) {
      const route = at < 0 ? found : others[at]!;
      if (!isRival(route, found)) continue;
      const state = this.#entryOf(route)?.nudState ?? Nud.REACHABLE;
      const valid = (state & NUD_VALID) !== 0;
      if (state === Nud.REACHABLE || (valid && place !== last)) {
        this.#last = place;
        return route;
      }
      if (valid || (this.#last === NOBODY && place > last && state !== Nud.INCOMPLETE)) {
        this.#last = place;
        resort = route;
      }
      place++;
    }
    return resort;
  }

  /** The route's gateway was asked for and did not answer. */
  isLost(route: Route): boolean {
    return this.#entryOf(route)?.nudState === Nud.FAILED;
  }
}

function isRival(route: RouteEntry, found: Route): route is Route {
  const { type, metric, gateway, gateway6, device } = route;
  return type === RouteType.UNICAST && metric === found.metric && device !== null && (gateway !== 0 || gateway6 !== null);
}
