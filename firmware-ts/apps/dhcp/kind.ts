/**
 * Addresses from a DHCP server (RFC 2131), as an app of a rig:
 *
 *     apps: [{ kind: dhcp, device: eth0, hostname: node-7, fallback: link-local }]
 *
 * `addresses: [dhcp]` of a device is the short form, and `addresses: [dhcp, link-local]` that with the fallback.
 */
import type { AppKind } from "../app.ts";
import type { OptionShapes } from "../options.ts";
import { Dhcp } from "./dhcp.ts";

export interface DhcpConfig {
  readonly device: string;
  /** Option 12. Without it the rig's name, where that can be one; empty for none. */
  readonly hostname?: string;
  /** Option 60; without it `whohas`. */
  readonly vendor?: string;
  /** Option 61: RFC 4361's identifier, or the link address, as older clients send it. */
  readonly identity: "duid" | "mac";
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
export const DHCP_DEFAULTS: Omit<DhcpConfig, "device"> = { identity: "duid", release: "no", delay: 1000, fallback: "none" };

const options: OptionShapes<DhcpConfig> = {
  device: { is: "device", example: "eth0", needed: true },
  hostname: { is: "name", example: "node-7" },
  vendor: { is: "name", example: "whohas" },
  identity: { is: "word", words: ["duid", "mac"], otherwise: DHCP_DEFAULTS.identity },
  probe: { is: "word", words: ["always", "never"] },
  release: { is: "word", words: ["yes", "no"], otherwise: DHCP_DEFAULTS.release },
  delay: { is: "duration", example: "1s", min: 0, max: 60_000, otherwise: DHCP_DEFAULTS.delay },
  fallback: { is: "word", words: ["none", "link-local"], otherwise: DHCP_DEFAULTS.fallback },
};

export const dhcp: AppKind<DhcpConfig> = {
  kind: "dhcp",
  role: "addresses",
  options,
  describe: ({ device, fallback, release }) => {
    const how = ["from a DHCP server"];
    if (fallback === "link-local") how.push("link-local until one answers");
    if (release === "yes") how.push("given back at the end");
    return [["address", device, how.join(", ")]];
  },
  make: (config, context) => new Dhcp(context.on(config.device), config, context),
};
