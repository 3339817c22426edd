/** The options of a DHCP client in a rig. */
import type { OwnOptions } from "./own-options.ts";

/** Those by which servers know it. */
export interface IdentityConfig extends OwnOptions {
  /** Option 12. Without it the rig's name, where that can be one; empty for none. */
  readonly hostname?: string;
  /** Option 60; without it `whohas`. */
  readonly vendor?: string;
  /** Option 61: RFC 4361's identifier, or the link address, as older clients send it. */
  readonly identity: "duid" | "mac";
}

export interface DhcpConfig extends IdentityConfig {
  readonly device: string;
  /** Asks the link whether the address is free before it is used. Without it as the profile has it: `lowpower` asks nobody. */
  readonly probe?: "always" | "never";
  /** Gives the lease back at a clean stop. */
  readonly release: "yes" | "no";
  /** Longest wait before the first message, in ms: boards that start together do not ask together. */
  readonly delay: number;
  /** The address while no server answers. */
  readonly fallback: "none" | "link-local";
}

/** Values of options that are left out. */
export const DHCP_DEFAULTS: Pick<DhcpConfig, "identity" | "release" | "delay" | "fallback"> = {
  identity: "duid",
  release: "no",
  delay: 1000,
  fallback: "none",
};
