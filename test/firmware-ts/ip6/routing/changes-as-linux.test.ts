/**
 * A device's life: addresses and routes come and go, the device goes down and comes up. After each step the kernel and we have the same
 * addresses in the same order, the same routes in both tables, and are in the same groups as often.
 */
import t, { type Test } from "tap";
import { formatIpv6 } from "../../../../firmware-ts/ip/ip6-text.ts";
import { AddressFlags } from "../../../../firmware-ts/ip6/routing/addresses.ts";
import { type Ip6RouteEntry, Ip6RouteType } from "../../../../firmware-ts/ip6/routing/route.ts";
import type { Lab6 } from "../../../support/lab6.ts";
import { missingForNetns } from "../../../support/netns.ts";
import { realTime } from "../../../support/real-time.ts";
import { typedIn, untilKernelHasDone } from "../../../support/shell.ts";
import { Kernel6, openLab } from "../exchange.ts";

/** A step by the words of `ip`, where DEV is the device; and the same to our stack. */
type Step = readonly [words: string, ours: (lab: Lab6) => unknown];

/** An address or a route that is refused: the kernel's errno in the words of `ip`, and our code. */
type Refusal = readonly [words: string, complaint: RegExp, ours: (lab: Lab6) => unknown, code: string];

const add =
  (cidr: string, options: Parameters<Lab6["stack"]["addAddress"]>[2] = {}): Step[1] =>
  (lab) =>
    lab.stack.addAddress(lab.eth0, cidr, options);
const remove =
  (cidr: string): Step[1] =>
  (lab) =>
    lab.stack.removeAddress(lab.eth0, cidr);
type Route = Parameters<Lab6["stack"]["addRoute"]>[0];
const route =
  (to: string, more: Omit<Route, "to"> = {}): Step[1] =>
  (lab) =>
    lab.stack.addRoute({ to, family: 6, device: lab.eth0, ...more });
const unroute =
  (to: string, more: Omit<Route, "to"> = {}): Step[1] =>
  (lab) =>
    lab.stack.removeRoute({ to, family: 6, ...more });

const STEPS: readonly Step[] = [
  ["address add fd00:1::1/64 dev DEV nodad", add("fd00:1::1/64")],
  ["address add fd00:1::2/64 dev DEV nodad", add("fd00:1::2/64")],
  ["address add 2001:db8::5/128 dev DEV nodad", add("2001:db8::5")],
  ["address add fd00:2::1/64 dev DEV nodad noprefixroute", add("fd00:2::1/64", { noPrefixRoute: true })],
  ["address add fd00:3::ff:1/48 dev DEV nodad metric 77", add("fd00:3::ff:1/48", { metric: 77 })],
  ["address add fe80::99/64 dev DEV nodad", add("fe80::99/64")],
  ["address add fd00:4::1/64 dev DEV nodad preferred_lft 0", add("fd00:4::1/64", { lifetimes: { preferred: 0 } })],
  ["address del fd00:1::1/64 dev DEV", remove("fd00:1::1/64")],
  ["address del fd00:1::2/64 dev DEV", remove("fd00:1::2/64")],
  ["-6 route add default via fd00::9", route("default", { via: "fd00::9" })],
  ["-6 route add default via fe80::9 dev DEV metric 100", route("default", { via: "fe80::9", metric: 100 })],
  ["-6 route add fd50:1:2:3:4::/64 dev DEV", route("fd50:1:2:3:4::/64")],
  ["-6 route add fd51::/48 via fd00::9 src fd00:2::1", route("fd51::/48", { via: "fd00::9", source: "fd00:2::1" })],
  ["-6 route add unreachable fd52::/32", (lab) => lab.stack.addRoute({ to: "fd52::/32", type: Ip6RouteType.UNREACHABLE })],
  [
    "-6 route replace fd51::/48 via fd00::8 src fd00:2::1",
    route("fd51::/48", { via: "fd00::8", source: "fd00:2::1", replace: true }),
  ],
  ["address del fd00:2::1/64 dev DEV", remove("fd00:2::1/64")],
  ["-6 route del fd50:1:2:3::/64", unroute("fd50:1:2:3::/64")],
  ["-6 route del default via fd00::9", unroute("default", { via: "fd00::9" })],
  ["address del fe80::99/64 dev DEV", remove("fe80::99/64")],
  ["link set DEV down", (lab) => lab.eth0.close()],
  ["address add fd00:a::1/64 dev DEV nodad", add("fd00:a::1/64")],
  ["link set DEV up", (lab) => lab.eth0.open()],
  ["link set DEV mtu 1279", (lab) => lab.eth0.setMtu(1279)],
  ["link set DEV mtu 1500", (lab) => lab.eth0.setMtu(1500)],
];

const REFUSALS: readonly Refusal[] = [
  ["address add fd00::1/64 dev DEV", /already assigned/, add("fd00::1/64"), "ADDRESS_EXISTS"],
  ["address add fd00::1/128 dev DEV", /already assigned/, add("fd00::1/128"), "ADDRESS_EXISTS"],
  ["address add ff02::5/64 dev DEV", /Cannot assign multicast/, add("ff02::5/64"), "ADDRESS_INVALID"],
  ["address add ::/64 dev DEV", /Invalid address/, add("::/64"), "ADDRESS_INVALID"],
  ["address add ::1/128 dev DEV", /Cannot assign loopback/, add("::1/128"), "ADDRESS_INVALID"],
  ["address del fd44::1/64 dev DEV", /address not found/, remove("fd44::1/64"), "ADDRESS_MISSING"],
  ["address del fd00::1/65 dev DEV", /address not found/, remove("fd00::1/65"), "ADDRESS_MISSING"],
  ["-6 route add fd05::/64 via fd77::1", /No route to host/, route("fd05::/64", { via: "fd77::1" }), "ROUTE_NO_GATEWAY"],
  ["-6 route add fd05::/64 via fd00::1", /Gateway can not be a local/, route("fd05::/64", { via: "fd00::1" }), "ROUTE_INVALID"],
  ["-6 route add fd05::/64 via ff02::1 dev DEV", /Invalid gateway/, route("fd05::/64", { via: "ff02::1" }), "ROUTE_INVALID"],
  [
    "-6 route add fd05::/64 via fe80::9",
    /Egress device/,
    (lab) => lab.stack.addRoute({ to: "fd05::/64", via: "fe80::9" }),
    "DEVICE_MISSING",
  ],
  ["-6 route add fd00::/64 dev DEV metric 256", /File exists/, route("fd00::/64", { metric: 256 }), "ROUTE_EXISTS"],
  ["-6 route add fd05::/64 dev DEV src fd44::1", /Invalid source/, route("fd05::/64", { source: "fd44::1" }), "SOURCE_INVALID"],
  ["-6 route del fd07::/64", /No such process/, unroute("fd07::/64"), "ROUTE_MISSING"],
];

interface View {
  addresses: string[];
  main: string[];
  local: string[];
  groups: string[];
}

const NAMES: Readonly<Record<number, string>> = {
  1: "unicast",
  2: "local",
  5: "multicast",
  6: "blackhole",
  7: "unreachable",
  8: "prohibit",
};

/** The words that show a view. */
const SHOW: readonly string[] = [
  "-j -6 address show dev DEV",
  "-j -N -d -6 route show table main",
  "-j -N -d -6 route show table local",
  "-j -6 maddress show dev DEV",
];

/** @param shown what each line of `SHOW` printed */
function kernelView(shown: readonly string[]): View {
  const [own, main, local, joined] = shown.map((text) => JSON.parse(text || "[]") as Record<string, unknown>[]);
  const [link] = own as { addr_info?: Record<string, unknown>[] }[];
  const flags = ["deprecated", "tentative", "noprefixroute"];
  const addresses = (link?.addr_info ?? []).map((own) =>
    [
      `${own["local"]}/${own["prefixlen"]}`,
      own["scope"],
      ...flags.filter((flag) => own[flag]),
      ...(own["metric"] ? [own["metric"]] : []),
    ].join(" "),
  );
  const routes = (table: Record<string, unknown>[] = []): string[] =>
    table
      .filter((one) => one["dev"] !== "lo" || one["type"] !== "2")
      .map((one) => {
        const type = NAMES[Number(one["type"])] ?? one["type"];
        const to = `${one["dst"]}`.replace(/\/128$/, "");
        return [
          type,
          to,
          one["gateway"] ?? "-",
          one["prefsrc"] ?? "-",
          one["metric"],
          one["protocol"] === "2" ? "kernel" : "-",
        ].join(" ");
      });
  const groups = joined as { maddr?: { address: string; users?: number }[] }[];
  return {
    addresses,
    main: routes(main).sort(),
    local: routes(local).sort(),
    groups: (groups[0]?.maddr ?? []).map(({ address, users = 1 }) => `${address} ${users}`).sort(),
  };
}

function ourView(lab: Lab6): View {
  const { addresses, routes, fib } = lab.ip6;
  const named = (flags: number): string[] => [
    ...(flags & AddressFlags.DEPRECATED ? ["deprecated"] : []),
    ...(flags & AddressFlags.TENTATIVE ? ["tentative"] : []),
    ...(flags & AddressFlags.NOPREFIXROUTE ? ["noprefixroute"] : []),
  ];
  const line = ({ type, destination, prefixLength, gateway, source, metric, protocol }: Ip6RouteEntry): string => {
    const to = prefixLength === 0 ? "default" : `${formatIpv6(destination)}${prefixLength === 128 ? "" : `/${prefixLength}`}`;
    const words = [NAMES[type], to, gateway ? formatIpv6(gateway) : "-", source ? formatIpv6(source) : "-", metric];
    return [...words, protocol === "kernel" ? "kernel" : "-"].join(" ");
  };
  return {
    addresses: addresses.of(lab.eth0).map((own) => {
      const scope = own.scope === 0 ? "global" : "link";
      const metric = own.metric ? [own.metric] : [];
      return [`${formatIpv6(own.local)}/${own.prefixLength}`, scope, ...named(addresses.shownFlags(own)), ...metric].join(" ");
    }),
    main: routes.list.map(line).sort(),
    local: routes.localList.map(line).sort(),
    groups: fib.groups
      .of(lab.eth0)
      .map(([group, { users }]) => `${formatIpv6(group)} ${users}`)
      .sort(),
  };
}

async function kernels(t: Test): Promise<View[]> {
  const kernel = await Kernel6.open({ known: false });
  t.teardown(() => kernel.close());
  const steps = STEPS.map(([text]) => text);
  const typed = [...REFUSALS.map(([text]) => text), ...SHOW, ...steps.flatMap((text) => [text, ...SHOW])];
  const words = typed.map((text) => ["ip", ...text.replace("DEV", kernel.veth.farName).split(" ")]);
  const printed = await typedIn(kernel.veth.far, words, untilKernelHasDone(kernel.veth.farName));
  for (const [text, complaint] of REFUSALS) t.match(printed.shift(), { stderr: complaint, code: 2 }, `kernel: ${text}`);
  const view = (): View => kernelView(printed.splice(0, SHOW.length).map(({ stdout }) => stdout));
  const views = [view()];
  for (const text of steps) {
    t.equal(printed.shift()?.stderr, "", `kernel: ${text}`);
    views.push(view());
  }
  return views;
}

realTime(t, "step by step", { skip: missingForNetns() }, async (t) => {
  const expected = await kernels(t);
  const lab = await openLab({ known: false });
  for (const [text, , ours, code] of REFUSALS) t.throws(() => ours(lab), { code }, `ours: ${text}`);
  t.same(ourView(lab), expected[0], "at first");
  for (const [at, [text, ours]] of STEPS.entries()) {
    await ours(lab);
    t.same(ourView(lab), expected[at + 1], text);
  }
});
