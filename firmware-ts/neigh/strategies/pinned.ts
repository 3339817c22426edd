/**
 * Entries that are as silent as static ones, and heal. Such an entry stays REACHABLE without a timer of the machine's, until something
 * speaks against it. Then the known address is asked once, and everybody once if that is silent:
 *
 * | phase    | state     | event                                       | next                                                          |
 * |----------|-----------|---------------------------------------------|---------------------------------------------------------------|
 * | trusted  | REACHABLE | claim, ICMP error, silence, carrier, check  | asked: one request to the known address                       |
 * | asked    | PROBE     | the known address answers                   | trusted; a claim before was spoofing                          |
 * | asked    | PROBE     | R over                                      | searched: one request to everybody                            |
 * | searched | PROBE     | the known address answers                   | trusted, as above                                             |
 * | searched | PROBE     | R over, one other address has answered      | trusted, at that address                                      |
 * | searched | PROBE     | R over, else                                | doubted: packets go on to the known address                   |
 * | doubted  | STALE     | any of the first row, or 10 s, 20 s, 40 s … | asked                                                         |
 *
 * R is retrans_time. A claim alone moves nothing: as long as the known address answers, it stays. Two other addresses that both answer move
 * nothing either. Causes that anybody can feign are heeded once in 5 s, doubled up to an hour for as long as they turn out to be feigned,
 * and get no more than half of the budget.
 */
import type { Clock } from "../../../hal/clock.ts";
import { MAC_BYTES } from "../../../hal/ethernet.ts";
import type { NetDevice } from "../../net/device.ts";
import { highOctets, lowOctets } from "../../net/ethernet.ts";
import { type Cause, type DoubtCause, type Neighbour, type StrategyReport, SuspicionKind, writeOctets } from "../entry.ts";
import { NeighFlags } from "../flags.ts";
import { copyRest, type KeyRest, sameRest } from "../key.ts";
import { arm, ask, move, retransTime } from "../machine.ts";
import type { NeighPolicy } from "../profile.ts";
import { Nud } from "../states.ts";
import { UpdateFlags, update } from "../update.ts";
import { FrameBudget } from "./frame-budget.ts";
import { PlainStrategy } from "./plain.ts";

export interface PinnedOptions {
  /** Longest time in ms without a proof that the neighbour is there; Infinity: it is never asked without a reason. Default one hour. */
  readonly checkEvery?: number;
  /** Most requests in any 24 hours, of all neighbours and families together. Default 240. */
  readonly framesPerDay?: number;
}

/** In ms. */
const HOUR = 3_600_000;
export const PINNED_DEFAULTS: Readonly<Required<PinnedOptions>> = { checkEvery: HOUR, framesPerDay: 240 };

/** Neighbours that are looked after at most: routes may be anybody's word (RFC 4861 6.3.4). */
const MOST = 64;
/** The time between two looks when nobody answers, in ms: at first and at most. */
const PAUSE = 10_000;
const LONGEST_PAUSE = HOUR;
/** The same between a look that was answered and one for a cause that may be feigned. */
const HOLD = 5000;

/** Causes that anybody on the link, or off it, can make up. */
const FEIGNED: ReadonlySet<DoubtCause> = new Set<DoubtCause>(["claim", "icmp"]);
/** How a look that begins appears in the record of transitions. */
const TOLD_AS: Readonly<Record<DoubtCause, Cause>> = {
  claim: "frame",
  icmp: "frame",
  silence: "use",
  carrier: "device",
  check: "timer",
  again: "timer",
};

type Phase = "trusted" | "asked" | "searched" | "doubted";

/** All that is known of one neighbour that is looked after. */
class Watch {
  phase: Phase = "trusted";
  /** When it came, or got its present address. */
  since: number;
  /** It proved to be there when it came. */
  readonly proven: boolean;
  /** Another address was named since the look began. */
  claimed = false;
  /** Answers to the request to everybody that named another address: none, one address, or more. */
  answers: 0 | 1 | 2 = 0;
  high = 0;
  low = 0;
  /** How much of the budget this look may use up. */
  share = 0;
  /** When the look before began, how long causes are not heeded after it, and the cause that waits for that time to be over. */
  looked: number = Number.NEGATIVE_INFINITY;
  hold = 0;
  waiting: DoubtCause | null = null;
  /** The time until the next look, while it is doubted. */
  pause: number = PAUSE;

  constructor(since: number, proven: boolean) {
    this.since = since;
    this.proven = proven;
  }
}

interface Wanted {
  readonly key: number;
  readonly rest: KeyRest | null;
  readonly device: NetDevice;
}

export class PinnedStrategy extends PlainStrategy {
  readonly name: string;
  /** A frame of the neighbour to us alone proves that it is there; it does not prove less here than it does for `lowpower`. */
  override readonly policy: Partial<NeighPolicy> = { trafficConfirms: true };
  readonly checkEvery: number;
  readonly budget: FrameBudget;
  readonly #watches = new Map<Neighbour, Watch>();
  readonly #wanted: Wanted[] = [];
  /** The entry that gets the address which was found for it. */
  #moving: Neighbour | null = null;
  readonly #looks: Record<DoubtCause, number> = { claim: 0, icmp: 0, silence: 0, carrier: 0, check: 0, again: 0 };
  readonly #counts = { frames: 0, answered: 0, moved: 0, unanswered: 0, spoofing_alarms: 0, ambiguous: 0, held: 0, over_budget: 0 };
  #clock: Clock | null = null;

  /** @throws RangeError when an option is out of its range */
  constructor(options: PinnedOptions = {}, name = "pinned") {
    super();
    const { checkEvery, framesPerDay } = { ...PINNED_DEFAULTS, ...options };
    if (!(checkEvery >= PAUSE)) throw new RangeError(`checkEvery is ${checkEvery} ms; it is 10 s or more`);
    this.name = name;
    this.checkEvery = checkEvery;
    this.budget = new FrameBudget(framesPerDay);
  }

  /** Next hops of routes need no word of an operator. */
  override adopt({ key, rest, device }: Wanted): boolean {
    const named = this.#isWanted({ key, rest, device });
    if (!named && this.#wanted.length < MOST) this.#wanted.push({ key, rest: copyRest(rest), device });
    return named || this.#isWanted({ key, rest, device });
  }

  /** It is used as a static one is, unasked. */
  override pin(entry: Neighbour, address: Uint8Array): void {
    // Somebody says again what is known.
    if (this.#watches.get(entry)?.phase === "trusted" && entry.sameAddress(address, 0)) return;
    update(entry, address, 0, Nud.REACHABLE, UpdateFlags.ADMIN | UpdateFlags.OVERRIDE | UpdateFlags.EXT_VALIDATED);
  }

  override guards(entry: Neighbour): boolean {
    return this.#watches.has(entry);
  }

  override updated(entry: Neighbour, byOperator: boolean): void {
    const reachable = entry.nudState === Nud.REACHABLE;
    if (byOperator) {
      this.#watches.delete(entry);
      if (reachable && entry.flags & NeighFlags.EXT_VALIDATED) this.#watch(entry, false);
      return;
    }
    if (!reachable) return;
    const watch = this.#watches.get(entry);
    if (!watch) {
      if (this.#isWanted(entry) || entry.on.family.isNextHop?.(entry) === true) this.#watch(entry, true);
      return;
    }
    if (watch.phase !== "trusted") this.#settle(entry, watch);
  }

  override forget(entry: Neighbour): void {
    this.#watches.delete(entry);
  }

  override disputes(entry: Neighbour, address: Uint8Array, at: number, wanted: Nud): boolean {
    const watch = this.#watches.get(entry);
    if (!watch || entry === this.#moving) return false;
    const { host, addressHigh, addressLow } = entry;
    host.suspect(entry, SuspicionKind.REFUSED, addressHigh, addressLow, address, at);
    watch.claimed = true;
    if (watch.phase === "searched" && wanted === Nud.REACHABLE) note(watch, highOctets(address, at), lowOctets(address, at));
    this.doubt(entry, "claim");
    return true;
  }

  override doubt(entry: Neighbour, cause: DoubtCause): void {
    const watch = this.#watches.get(entry);
    if (!watch || watch.phase === "asked" || watch.phase === "searched") return;
    const due = watch.looked + watch.hold;
    if (watch.phase === "trusted" && cause !== "carrier" && entry.host.now() < due) {
      this.#counts.held++;
      watch.waiting ??= cause;
      this.#rest(entry, watch);
    } else this.#look(entry, watch, cause);
  }

  override carrierReturned(device: NetDevice): void {
    for (const entry of [...this.#watches.keys()]) if (entry.device === device) this.doubt(entry, "carrier");
  }

  override trusts(entry: Neighbour): boolean {
    return this.#watches.has(entry);
  }

  override expired(entry: Neighbour): boolean {
    const watch = this.#watches.get(entry);
    if (!watch) return false;
    if (watch.phase === "trusted") {
      const now = entry.host.now();
      if (watch.waiting !== null && now >= watch.looked + watch.hold) this.#look(entry, watch, watch.waiting);
      else if (now >= this.#checkDue(entry, watch)) this.#look(entry, watch, "check");
      else this.#rest(entry, watch);
    } else if (watch.phase === "asked") this.#search(entry, watch);
    else if (watch.phase === "doubted") this.#look(entry, watch, "again");
    else if (watch.answers === 1) this.#moveTo(entry, watch);
    else this.#unanswered(entry, watch);
    return true;
  }

  /** Begins to look after an entry that is REACHABLE. @param proven by a frame; else by an operator's word */
  #watch(entry: Neighbour, proven: boolean): void {
    if (this.#watches.size >= MOST) return;
    const { host } = entry;
    this.#clock = host.clock;
    const watch = new Watch(host.now(), proven);
    this.#watches.set(entry, watch);
    // Neither collection nor a lost carrier takes it.
    entry.flags |= NeighFlags.EXT_VALIDATED;
    host.updateGcList(entry);
    this.#rest(entry, watch);
  }

  #isWanted({ key, rest, device }: Wanted): boolean {
    return this.#wanted.some((one) => one.key === key && one.device === device && sameRest(one.rest, rest));
  }

  /** Waits for the next thing that is due while nothing speaks against the entry. */
  #rest(entry: Neighbour, watch: Watch): void {
    const held = watch.waiting === null ? Number.POSITIVE_INFINITY : watch.looked + watch.hold;
    const due = Math.min(held, this.#checkDue(entry, watch));
    if (due === Number.POSITIVE_INFINITY) entry.host.timers.cancel(entry);
    else arm(entry, Math.max(due - entry.host.now(), entry.host.lateness.minRearm));
  }

  /** A look takes up to twice R: with it the time without a proof is no longer than checkEvery. */
  #checkDue(entry: Neighbour, watch: Watch): number {
    return Math.max(entry.confirmed, watch.since) + this.checkEvery - 2 * retransTime(entry);
  }

  #look(entry: Neighbour, watch: Watch, cause: DoubtCause): void {
    const { host } = entry;
    const now = host.now();
    watch.waiting = null;
    // Nobody hears a question without a link; its return is a reason of its own.
    if (!entry.device.hasCarrier) {
      arm(entry, LONGEST_PAUSE);
      return;
    }
    const { budget } = this;
    watch.share = FEIGNED.has(cause) ? Math.ceil(budget.perDay / 2) : budget.perDay;
    if (!budget.take(now, watch.share)) {
      this.#counts.over_budget++;
      watch.pause = LONGEST_PAUSE;
      arm(entry, LONGEST_PAUSE);
      return;
    }
    this.#looks[cause]++;
    if (cause !== "again") watch.pause = PAUSE;
    watch.phase = "asked";
    watch.claimed = cause === "claim";
    watch.answers = 0;
    // Those who feign go on, whatever the pace: a look long after the one before begins anew.
    watch.hold = now - watch.looked > 2 * watch.hold + HOLD ? HOLD : Math.min(2 * watch.hold, LONGEST_PAUSE);
    watch.looked = now;
    host.timers.cancel(entry);
    entry.updated = now;
    move(entry, Nud.PROBE, TOLD_AS[cause]);
    this.#ask(entry, false);
  }

  #search(entry: Neighbour, watch: Watch): void {
    if (!this.budget.take(entry.host.now(), watch.share)) {
      this.#counts.over_budget++;
      this.#unanswered(entry, watch);
      return;
    }
    watch.phase = "searched";
    this.#ask(entry, true);
  }

  #ask(entry: Neighbour, everybody: boolean): void {
    this.#counts.frames++;
    arm(entry, retransTime(entry));
    ask(entry, everybody);
    if (!everybody) entry.host.notify(entry, "new");
  }

  /** The known address has answered. */
  #settle(entry: Neighbour, watch: Watch): void {
    if (watch.phase !== "doubted") this.#counts.answered++;
    if (watch.claimed) this.#counts.spoofing_alarms++;
    watch.phase = "trusted";
    watch.claimed = false;
    watch.pause = PAUSE;
    this.#rest(entry, watch);
  }

  /** Another address has answered the request to everybody, and the known one has not. */
  #moveTo(entry: Neighbour, watch: Watch): void {
    const address = new Uint8Array(MAC_BYTES);
    writeOctets(watch.high, watch.low, address, 0);
    this.#counts.moved++;
    watch.claimed = false;
    watch.phase = "trusted";
    watch.since = entry.host.now();
    watch.hold = 0;
    this.#moving = entry;
    update(entry, address, 0, Nud.REACHABLE, UpdateFlags.OVERRIDE);
    this.#moving = null;
    // A listener to changes may have taken the entry away.
    if (this.#watches.get(entry) === watch) this.#rest(entry, watch);
  }

  #unanswered(entry: Neighbour, watch: Watch): void {
    this.#counts.unanswered++;
    if (watch.answers === 2) this.#counts.ambiguous++;
    watch.phase = "doubted";
    entry.updated = entry.host.now();
    arm(entry, watch.pause);
    watch.pause = Math.min(2 * watch.pause, LONGEST_PAUSE);
    move(entry, Nud.STALE, "timer");
    entry.host.notify(entry, "new");
  }

  override report(device?: NetDevice): StrategyReport {
    const now = this.#clock?.now() ?? 0;
    const watched = [...this.#watches].filter(([entry]) => device === undefined || entry.device === device);
    return {
      name: this.name,
      counters: [
        ...Object.entries(this.#looks).map(([cause, count]): [string, number] => [`looks_${cause}`, count]),
        ...Object.entries(this.#counts),
      ],
      budgetLeft: this.budget.left(now),
      neighbours: watched.map(([entry, { phase, proven, since }]) => ({
        entry,
        phase,
        proofAge: proven || entry.confirmed > since ? Math.max(0, now - entry.confirmed) : null,
      })),
    };
  }
}

/** Notes an address that answers for the neighbour. */
function note(watch: Watch, high: number, low: number): void {
  if (watch.answers === 0) {
    watch.answers = 1;
    watch.high = high;
    watch.low = low;
  } else if (watch.high !== high || watch.low !== low) watch.answers = 2;
}
