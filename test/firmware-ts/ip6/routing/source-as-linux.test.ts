/** Source addresses and routes (RFC 6724, RFC 4191): for every kind of destination the kernel and we take the same ones. */
import t, { type Test } from "tap";
import { formatIpv6 } from "../../../../firmware-ts/ip/ip6-text.ts";
import type { Ip6Way } from "../../../../firmware-ts/ip6/routing/output-route.ts";
import { missingForNetns } from "../../../support/netns.ts";
import { realTime } from "../../../support/real-time.ts";
import { SecondLink, US1 } from "../../../support/second-link.ts";
import { Kernel6, openLab } from "../exchange.ts";

/** Device, address and whether it is deprecated; in the order of addition. */
const ADDRESSES: readonly (readonly [device: 0 | 1, cidr: string, deprecated?: true])[] = [
  [0, "2001:db8::1/64"],
  [0, "2001:db8:aaaa::1/64", true],
  [0, "2002:c000:204::1/48"],
  [0, "2001:0:1::1/64"],
  [0, "fec0::1/64"],
  [1, "fd00:1::1/64"],
  [1, "2001:db8:1::1/64"],
  [1, "2001:db8:8000::1/40"],
  // More bits in common with some destinations than its prefix has.
  [1, "2001:db9:ffff::1/20"],
  [1, "2001:db9::1/48"],
];

const ROUTES: readonly (readonly [to: string, via: string | null, device: 0 | 1, more?: { source?: string; metric?: number }])[] = [
  ["default", "fd00::9", 0],
  ["2001:db8:9::/48", "fe80::9", 1],
  ["fd77::/48", null, 1, { source: "fd00::1" }],
  ["fd78::/48", null, 0, { metric: 512 }],
  ["fd78::/48", null, 1, { metric: 256 }],
  ["fd79::/48", null, 0, { metric: 256 }],
  ["fd79::/64", null, 1, { metric: 1024 }],
];

const DESTINATIONS = [
  "fd00::2",
  "fd00:1::2",
  "fd55::1",
  "fd77::1",
  "fd78::1",
  "fd79::1",
  "fd79:0:0:1::1",
  "2001:db8::2",
  "2001:db8:aaaa::2",
  "2001:db8:1::2",
  "2001:db8:9::2",
  "2001:db8:8000::2",
  "2001:db8:80ff::2",
  "2001:4860::8",
  "2001:db9:ffff::9",
  "2002:c633:6401::1",
  "2001:0:2::1",
  "fec0::9",
  "::ffff:10.0.0.9",
  "2600::1",
  "ff0e::1",
  "ff05::1",
];

/** Devices and sources by `ip -6 route get`. */
async function kernels(t: Test): Promise<string[]> {
  const kernel = await Kernel6.open();
  t.teardown(() => kernel.close());
  const dev = kernel.veth.farName;
  const devices = [dev, "far1"] as const;
  kernel.ip("link", "add", "far1", "type", "veth", "peer", "name", "far2");
  kernel.ip("link", "set", "far2", "up");
  kernel.veth.far.run("sysctl", "-qw", "net.ipv6.conf.far1.disable_ipv6=0", "net.ipv6.conf.far1.accept_dad=0");
  kernel.ip("link", "set", "far1", "address", US1, "up");
  for (const [device, cidr, deprecated] of ADDRESSES) {
    kernel.ip("address", "add", cidr, "dev", devices[device], "nodad", ...(deprecated ? ["preferred_lft", "0"] : []));
  }
  for (const [to, via, device, { source, metric } = {}] of ROUTES) {
    const words = [...(via ? ["via", via] : []), "dev", devices[device], ...(source ? ["src", source] : [])];
    kernel.ip("-6", "route", "add", to, ...words, ...(metric ? ["metric", `${metric}`] : []));
  }
  return DESTINATIONS.map((destination) => {
    const text = kernel.ip("-6", "route", "get", destination);
    return `${destination} ${/ dev (\S+)/.exec(text)?.[1] === dev ? 0 : 1} ${/ src (\S+)/.exec(text)?.[1]}`;
  });
}

async function ours(): Promise<string[]> {
  const lab = await openLab();
  const devices = [lab.eth0, (await SecondLink.open(lab.lab)).eth1] as const;
  for (const [device, cidr, deprecated] of ADDRESSES) {
    lab.stack.addAddress(devices[device], cidr, deprecated ? { lifetimes: { preferred: 0 } } : {});
  }
  for (const [to, via, device, { source, metric } = {}] of ROUTES) {
    const more = { ...(via ? { via } : {}), ...(source ? { source } : {}), ...(metric ? { metric } : {}) };
    lab.stack.addRoute({ to, family: 6, device: devices[device], ...more });
  }
  return DESTINATIONS.map((destination) => {
    const way = lab.ip6.way(lab.address(destination), null) as Ip6Way;
    lab.ip6.refresh(way);
    return `${destination} ${way.route?.device === lab.eth0 ? 0 : 1} ${formatIpv6(way.source)}`;
  });
}

realTime(t, "the same device and source", { skip: missingForNetns() }, async (t) => {
  const [expected, found] = [await kernels(t), await ours()];
  for (const [at, line] of expected.entries()) t.equal(found[at], line, line);
});
