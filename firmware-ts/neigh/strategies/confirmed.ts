/**
 * Entries that live on proofs from above: an acknowledgement by CoAP, progress of TCP, a beacon of the collector (MSG_CONFIRM). A proof
 * holds for as long as the operator says, also one that comes when the entry is STALE already. The rest is Linux's way: a packet after that
 * time gives the neighbour five seconds for a new proof, and only then it is asked.
 */
import type { Neighbour, StrategyReport } from "../entry.ts";
import { arm, move } from "../machine.ts";
import type { NeighPolicy } from "../profile.ts";
import { Nud } from "../states.ts";
import { PlainStrategy } from "./plain.ts";

export interface ConfirmedOptions {
  /** The time in ms for which a proof holds. Default 30 minutes. */
  readonly within?: number;
}

/** In ms. */
const LEAST = 1000;
export const CONFIRMED_DEFAULTS: Readonly<Required<ConfirmedOptions>> = { within: 1_800_000 };

export class ConfirmedStrategy extends PlainStrategy {
  readonly name = "confirmed";
  /** Time alone, without a packet, starts nothing. */
  override readonly policy: Partial<NeighPolicy> = { eagerDelay: false };
  readonly within: number;
  #revived = 0;

  /** @throws RangeError when `within` is less than a second or no number */
  constructor({ within = CONFIRMED_DEFAULTS.within }: ConfirmedOptions = {}) {
    super();
    if (!(within >= LEAST && within < Number.POSITIVE_INFINITY)) throw new RangeError(`within is ${within} ms; it is 1 s or more`);
    this.within = within;
  }

  override reachableTime(): number {
    return this.within;
  }

  override trusts(entry: Neighbour): boolean {
    const { host } = entry;
    const now = host.now();
    const left = entry.confirmed + this.within - now;
    if (left <= 0) return false;
    this.#revived++;
    entry.updated = now;
    arm(entry, left);
    move(entry, Nud.REACHABLE, "packet");
    host.notify(entry, "new");
    return true;
  }

  report(): StrategyReport {
    return { name: this.name, counters: [["revived", this.#revived]], budgetLeft: null, neighbours: [] };
  }
}
