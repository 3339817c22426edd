/** A program on the DUT that gives its device e0 an IPv4 address by itself. */

export interface AddressOptions {
  /**
   * `dhcp`: from a server. `link-local`: one of 169.254/16, chosen by chance. `static`: a given address, which is asked for before it is
   * used (RFC 5227).
   */
  by: "dhcp" | "link-local" | "static";
  /** With `static`: `10.0.0.50/24`. */
  address?: string;
  /** With `dhcp`: asks the link whether the address is free before it is used. Default false. */
  probes?: boolean;
  /** With `dhcp`: gives the lease back to its server at the end. Default false. */
  release?: boolean;
}

export interface AddressProgram {
  /** Ends it. What it has stored stays for the next one of the same DUT; the address may go or stay. */
  stop(): Promise<void>;
}
