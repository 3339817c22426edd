/**
 * Questions only right behind a packet that leaves, when the node is awake anyway: no timer ever sends one for an entry whose address is
 * known. A proof holds for the reachable time, as in Linux. The first packet after that goes to the known address, one request to that
 * address behind it, and the answer finds the node awake. Without an answer the next packets ask again: twice the known address, then
 * everybody, then everybody behind each second, fourth … 64th packet. Packets go to the known address all the while.
 */
import type { Neighbour, StrategyReport } from "../entry.ts";
import { ask } from "../machine.ts";
import type { NeighPolicy } from "../profile.ts";
import { Nud } from "../states.ts";
import { PlainStrategy } from "./plain.ts";

/** Questions to the known address, and to everybody behind packets in a row. */
const ALONE = 2;
const IN_A_ROW = 4;
/** Most packets from one question to the next. */
const LONGEST = 64;

/** Questions that nobody has answered. */
interface Asking {
  asked: number;
  /** Packets that are still to pass before the next question. */
  pass: number;
}

export class PiggybackStrategy extends PlainStrategy {
  readonly name = "piggyback";
  /** Time alone, without a packet, starts nothing. */
  override readonly policy: Partial<NeighPolicy> = { eagerDelay: false };
  readonly #asking = new Map<Neighbour, Asking>();
  #frames = 0;
  #answered = 0;

  override trusts(): boolean {
    return true;
  }

  override sent(entry: Neighbour): void {
    if (entry.nudState !== Nud.STALE || entry.dead) return;
    let asking = this.#asking.get(entry);
    if (!asking) {
      asking = { asked: 0, pass: 0 };
      this.#asking.set(entry, asking);
    }
    if (asking.pass > 0) {
      asking.pass--;
      return;
    }
    asking.asked++;
    this.#frames++;
    const { asked } = asking;
    if (asked > IN_A_ROW) asking.pass = Math.min(2 ** (asked - IN_A_ROW), LONGEST) - 1;
    ask(entry, asked > ALONE);
    entry.probes = asked;
  }

  override updated(entry: Neighbour): void {
    if (entry.nudState !== Nud.STALE && this.#asking.delete(entry) && entry.nudState === Nud.REACHABLE) this.#answered++;
  }

  override forget(entry: Neighbour): void {
    this.#asking.delete(entry);
  }

  report(): StrategyReport {
    const counters: [string, number][] = [
      ["frames", this.#frames],
      ["answered", this.#answered],
    ];
    return { name: this.name, counters, budgetLeft: null, neighbours: [] };
  }
}
