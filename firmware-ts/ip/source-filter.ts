/**
 * Source filters (RFC 3376 2, 3; RFC 3810 4): those of sockets, and what they come to for a group on a device. The names of modes are
 * those of the kernel's options.
 */
import type { IpAddress } from "./address.ts";

/** Packets of the sources alone are wanted, or those of all but the sources. */
export const FilterMode = { EXCLUDE: 0, INCLUDE: 1 } as const;
export type FilterMode = (typeof FilterMode)[keyof typeof FilterMode];

const { EXCLUDE, INCLUDE } = FilterMode;

/** The filter of one socket for one group. */
export interface SourceFilter<Address = IpAddress> {
  readonly mode: FilterMode;
  /** Each of them once. */
  readonly sources: readonly Address[];
}

/** Everybody's packets. */
export const ANY_SOURCE: SourceFilter<never> = { mode: EXCLUDE, sources: [] };

/** Tells whether a socket with this filter hears a source. */
export function admits({ mode, sources }: SourceFilter, source: IpAddress): boolean {
  return sources.includes(source) === (mode === INCLUDE);
}

/** Users of a source by the mode of their filter. */
interface SourceUsers {
  include: number;
  exclude: number;
}

/** The filters of all users of a group on a device, taken together. */
export class GroupFilter<Address> {
  users = 0;
  #excluders = 0;
  readonly #sources = new Map<Address, SourceUsers>();

  /** EXCLUDE as soon as one of the users has it (RFC 3376 3.2). */
  get mode(): FilterMode {
    return this.#excluders > 0 ? EXCLUDE : INCLUDE;
  }

  /** The sources that are included, or excluded by everybody, in the order in which they were named first. */
  get sources(): Address[] {
    return Array.from(this.#sources.keys()).filter((source) => this.#holds(source));
  }

  /** Each source that somebody names, with the number of filters that include it and of those that exclude it. */
  get named(): readonly (readonly [source: Address, include: number, exclude: number])[] {
    return Array.from(this.#sources, ([source, { include, exclude }]) => [source, include, exclude]);
  }

  /** Tells whether any user wants packets of the source. */
  hears(source: Address): boolean {
    if (this.#sources.size === 0) return this.#excluders > 0;
    const users = this.#sources.get(source);
    if (users === undefined) return this.#excluders > 0;
    return users.include > 0 || users.exclude !== this.#excluders;
  }

  add(filter: SourceFilter<Address>): void {
    this.#count(filter, 1);
  }

  remove(filter: SourceFilter<Address>): void {
    this.#count(filter, -1);
  }

  #holds(source: Address): boolean {
    const { include, exclude } = this.#sources.get(source) as SourceUsers;
    return this.#excluders > 0 ? include === 0 && exclude === this.#excluders : include > 0;
  }

  #count({ mode, sources }: SourceFilter<Address>, step: number): void {
    if (mode === EXCLUDE) this.#excluders += step;
    for (const source of sources) {
      const users = this.#sources.get(source) ?? { include: 0, exclude: 0 };
      if (mode === EXCLUDE) users.exclude += step;
      else users.include += step;
      if (users.include + users.exclude > 0) this.#sources.set(source, users);
      else this.#sources.delete(source);
    }
  }
}
