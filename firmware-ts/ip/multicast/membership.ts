/** A group that a device has joined, and what routers are still to be told of it (RFC 3376 5.1, RFC 3810 6.1). */
import { WorkTimer } from "../../net/timer-wheel.ts";
import { FilterMode, type GroupFilter } from "../source-filter.ts";
import { RecordType, type Report } from "./report.ts";

const { EXCLUDE, INCLUDE } = FilterMode;

export class Membership<Address> {
  readonly group: Address;
  readonly filter: GroupFilter<Address>;
  /** Reports that are still to follow the first one, in an old version. */
  repeats = 0;
  /** We were the last of the link's hosts to report it in an old version (RFC 2236 3, RFC 2710 4). */
  reportedLast = false;
  /** Fires when the group is to be reported. */
  readonly timer: WorkTimer;
  /** Time at which that is due; meaningful while the timer is armed. */
  due = 0;
  /** The sources that a router asks about; null when it asks about the group. */
  asked: Set<Address> | null = null;
  /** Mode and sources as they were when routers were last to be told of them. */
  #mode: FilterMode = INCLUDE;
  #sources: ReadonlySet<Address> = new Set<Address>();
  /** Reports that are still to tell the mode. */
  #modeChanges = 0;
  /** Reports that are still to tell a source, the change of last behind the others. */
  #pending: Map<Address, number> = new Map<Address, number>();

  constructor(group: Address, filter: GroupFilter<Address>, fired: (membership: Membership<Address>) => void) {
    this.group = group;
    this.filter = filter;
    this.timer = new WorkTimer(() => fired(this));
  }

  /** Sources that were given up in an earlier membership, without a change of mode, are still to be told. */
  inherit(former: Membership<Address>): void {
    if (former.#mode === INCLUDE && this.filter.mode === INCLUDE) this.#pending = former.#pending;
  }

  /** Notes what has changed, to be told in so many reports, or in none. Returns true when something has. */
  update(times: number): boolean {
    return this.#become(this.filter.mode, this.filter.sources, times);
  }

  /** As update(), when the device has left the group. */
  end(times: number): boolean {
    return this.#become(INCLUDE, [], times);
  }

  /** Has everything told anew. */
  renew(times: number): void {
    this.#mode = INCLUDE;
    this.#sources = new Set();
    this.update(times);
  }

  /** Adds the changes that are still to be told to a report, and counts them as told. Returns true when it goes on. */
  tellChanges(report: Report<Address>): boolean {
    const { group } = this;
    const sources = [...this.#sources].filter((source) => this.#pending.has(source));
    const others = [...this.#pending.keys()].filter((source) => !this.#sources.has(source)).reverse();
    const [of, ofOthers] = this.#mode === EXCLUDE ? [RecordType.BLOCK, RecordType.ALLOW] : [RecordType.ALLOW, RecordType.BLOCK];
    if (sources.length > 0) report.add(of, group, sources);
    if (others.length > 0) report.add(ofOthers, group, others);
    for (const [source, times] of this.#pending) {
      if (times > 1) this.#pending.set(source, times - 1);
      else this.#pending.delete(source);
    }
    if (this.#modeChanges > 0) {
      report.add(this.#mode === EXCLUDE ? RecordType.TO_EXCLUDE : RecordType.TO_INCLUDE, group, [...this.#sources]);
      this.#modeChanges--;
    }
    return this.#modeChanges > 0 || this.#pending.size > 0;
  }

  /** Adds everything to a report, as if it were new. */
  tellAsNew(report: Report<Address>): void {
    const { group, filter } = this;
    report.add(filter.mode === EXCLUDE ? RecordType.TO_EXCLUDE : RecordType.ALLOW, group, filter.sources);
  }

  /** Adds the group's state to a report: the sources that were asked for, or all. */
  tellState(report: Report<Address>): void {
    const { group, filter, asked } = this;
    if (filter.mode === EXCLUDE) report.add(RecordType.IS_EXCLUDE, group, filter.sources);
    else {
      const named = asked === null ? filter.sources : filter.sources.filter((source) => asked.has(source));
      report.add(RecordType.IS_INCLUDE, group, named);
    }
  }

  /**
   * Notes the question of a router, about some sources or, without any, about the group.
   * @returns false when there is nothing to answer
   */
  question(sources: readonly Address[]): boolean {
    const { mode, sources: own } = this.filter;
    const about = sources.length > 0 && (!this.timer.timerArmed || this.asked !== null);
    if (!about) {
      this.asked = null;
      return true;
    }
    if (mode === EXCLUDE) {
      this.asked = null;
      return !sources.every((source) => own.includes(source));
    }
    const meant = sources.filter((source) => own.includes(source));
    if (meant.length > 0) this.asked = new Set([...(this.asked ?? []), ...meant]);
    return meant.length > 0;
  }

  #become(mode: FilterMode, sources: readonly Address[], times: number): boolean {
    const before = this.#sources;
    const after = new Set(sources);
    this.#sources = after;
    if (mode !== this.#mode) {
      this.#mode = mode;
      this.#modeChanges = times;
      this.#pending.clear();
      return true;
    }
    const changed = [...[...after].filter((source) => !before.has(source)), ...[...before].filter((source) => !after.has(source))];
    // A change of the mode that is still to be told names all sources (RFC 3376 5.1).
    if (this.#modeChanges > 0 && changed.length > 0) this.#modeChanges = times;
    else
      for (const source of changed) {
        this.#pending.delete(source);
        if (times > 0) this.#pending.set(source, times);
      }
    return changed.length > 0;
  }
}
