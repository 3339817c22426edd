/** The addresses of hosts by their names. Whoever puts the board together hands it in: it asks the name servers that the board knows. */
import { parseIpv4 } from "../ip/address.ts";

/** The addresses of a name. */
export interface FoundHost {
  /** The best first; none with `code`. */
  readonly addresses: readonly string[];
  /** Seconds for which they are good. */
  readonly seconds: number;
  /** The reason that there are none: ENOTFOUND, EAI_AGAIN; null: there are. */
  readonly code: string | null;
}

export interface HostNames {
  /**
   * Looks a name up; `told` is called once, later, with what was found.
   * @param anew asks the servers, whatever is remembered
   */
  find(name: string, anew: boolean, told: (found: FoundHost) => void): void;
  /** Hears from now on that there are other servers. */
  onChange(listener: () => void): void;
}

/** A host's name, and no address. */
export function isHostName(host: string): boolean {
  return parseIpv4(host) === null && !host.includes(":");
}
