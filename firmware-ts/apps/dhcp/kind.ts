/**
 * Addresses from a DHCP server (RFC 2131), as an app of a rig:
 *
 *     apps: [{ kind: dhcp, device: eth0, hostname: node-7, fallback: link-local }]
 *
 * `addresses: [dhcp]` of a device is the short form, and `addresses: [dhcp, link-local]` that with the fallback.
 */
import type { AppKind } from "../app.ts";
import type { OptionShapes } from "../options.ts";
import { DHCP_DEFAULTS, type DhcpConfig } from "./config.ts";
import { Dhcp } from "./dhcp.ts";
import { checkOwnOptions, OWN_SHAPES } from "./own-options.ts";

const options: OptionShapes<DhcpConfig> = {
  device: { is: "device", example: "eth0", needed: true },
  hostname: { is: "name", example: "node-7" },
  vendor: { is: "name", example: "whohas" },
  identity: { is: "word", words: ["duid", "mac"], otherwise: DHCP_DEFAULTS.identity },
  ...OWN_SHAPES,
  probe: { is: "word", words: ["always", "never"] },
  release: { is: "word", words: ["yes", "no"], otherwise: DHCP_DEFAULTS.release },
  delay: { is: "duration", example: "1s", min: 0, max: 60_000, otherwise: DHCP_DEFAULTS.delay },
  fallback: { is: "word", words: ["none", "link-local"], otherwise: DHCP_DEFAULTS.fallback },
};

export const dhcp: AppKind<DhcpConfig> = {
  kind: "dhcp",
  role: "addresses",
  options,
  check: checkOwnOptions,
  describe: ({ device, fallback, release }) => {
    const how = ["from a DHCP server"];
    if (fallback === "link-local") how.push("link-local until one answers");
    if (release === "yes") how.push("given back at the end");
    return [["address", device, how.join(", ")]];
  },
  make: (config, context) => new Dhcp(context.on(config.device), config, context),
};
