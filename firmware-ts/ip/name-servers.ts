/** The name servers that a stack was told of: by whom, and in which order to ask them (RFC 2132 3.8, RFC 8106). */
import type { IpAddress } from "./address.ts";

/** The word of one teller. */
export interface NameServerList {
  readonly servers: readonly IpAddress[];
  /** The domain of names that have none. */
  readonly domain?: string;
}

export class NameServers {
  readonly #lists = new Map<string, NameServerList>();
  readonly #listeners: (() => void)[] = [];

  /** All servers, each once, in the order of who told first. */
  get list(): readonly IpAddress[] {
    return [...new Set([...this.#lists.values()].flatMap(({ servers }) => servers))];
  }

  /** The domain of names that have none; undefined where nobody told of one. */
  get domain(): string | undefined {
    for (const { domain } of this.#lists.values()) if (domain !== undefined) return domain;
    return undefined;
  }

  /**
   * Takes the list of one teller, instead of what it told before.
   * @param teller any name of its own: `dhcp/eth0`
   * @param list null: it has none any more
   */
  tell(teller: string, list: NameServerList | null): void {
    if (list === null) {
      if (!this.#lists.delete(teller)) return;
    } else this.#lists.set(teller, list);
    for (const listener of this.#listeners) listener();
  }

  /** Hears of every change from now on. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }
}
