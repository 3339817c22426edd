/** Prefixes of router advertisements: addresses made of them, and routes to the link (RFC 4862 5.5.3, RFC 4861 6.3.4). */
import type { Bench } from "../../../contract/bench.ts";
import type { Case } from "../../../contract/case.ts";
import { PLANS } from "../../../contract/plan.ts";
import { advertiseRouter, type PrefixFields, prefixOption } from "../../../wire/build-nd.ts";
import { withEui64 } from "../../../wire/hosts6.ts";
import { flagsOf } from "../kit/dad.ts";
import { overIpv6 } from "../kit/family.ts";
import { asks, asksGroup } from "../kit/patterns.ts";
import { R1, taken } from "../kit/routers.ts";

const PREFIX = "2001:db8:1::";
const MADE = withEui64(PREFIX, PLANS[6].dut.e0.mac);

/** ON-link and autonomous. */
const L = 0x80;
const A = 0x40;

interface Row {
  id: string;
  what: string;
  prefix?: string;
  fields: PrefixFields;
  address: boolean;
  route: boolean;
}

const ROWS: readonly Row[] = [
  { id: "both", what: "on-link and autonomous", fields: {}, address: true, route: true },
  { id: "on-link", what: "on-link alone", fields: { bits: L }, address: false, route: true },
  { id: "autonomous", what: "autonomous alone", fields: { bits: A }, address: true, route: false },
  { id: "neither", what: "neither", fields: { bits: 0 }, address: false, route: false },
  { id: "length-48", what: "48 bits long", fields: { length: 48 }, address: false, route: true },
  { id: "length-128", what: "128 bits long", fields: { length: 128 }, address: false, route: true },
  { id: "length-129", what: "129 bits long", fields: { length: 129 }, address: false, route: false },
  { id: "valid-0", what: "valid for 0 s", fields: { valid: 0, preferred: 0 }, address: false, route: false },
  {
    id: "preferred-longer",
    what: "preferred for longer than valid",
    fields: { valid: 100, preferred: 200 },
    address: false,
    route: false,
  },
  { id: "preferred-0", what: "not preferred", fields: { preferred: 0 }, address: true, route: true },
  { id: "for-ever", what: "valid for ever", fields: { valid: 0xffff_ffff, preferred: 0xffff_ffff }, address: true, route: true },
];

async function onLink(bench: Bench, prefix: string, length: number): Promise<boolean> {
  const shown = await bench.must(`-6 route show ${prefix}/${length} proto kernel`);
  const advertised = await bench.must(`-6 route show ${prefix}/${length} proto ra`);
  return shown !== "" || advertised !== "";
}

const rows: readonly Case[] = ROWS.map(({ id, what, fields, address, route }) => ({
  id: `ND-R-20/${id}`,
  title: `a prefix that is ${what}: ${address ? "an address" : "no address"}, ${route ? "a route to the link" : "no route"}`,
  source: "RFC 4861 6.3.4, RFC 4862 5.5.3; kernel: addrconf_prefix_rcv, measured",
  needs: ["route-admin"],
  async run(bench) {
    await bench.say(advertiseRouter({ from: R1, lifetime: 0, options: [prefixOption(PREFIX, fields)] }));
    await taken(bench);
    const deprecated = fields.preferred === 0;
    bench.expect("address", flagsOf(bench, MADE), address ? (deprecated ? "deprecated" : "") : "-");
    const length = Math.min(fields.length ?? 64, 128);
    bench.expect("route to the link", await onLink(bench, PREFIX, length), route);
  },
}));

/** The remaining valid time of the made address, in s; -1 for none. A second may have passed. */
async function validFor(bench: Bench): Promise<number> {
  const shown = await bench.must(`-6 -o address show dev e0 to ${MADE}/128`);
  return Number(/valid_lft (\d+)sec/.exec(shown)?.[1] ?? -1);
}

/** The lifetime of an address, after an advertisement of another lifetime: the rule of two hours (RFC 4862 5.5.3 e). */
const LIFETIMES: readonly (readonly [before: number, said: number, after: number, why: string])[] = [
  [3600, 10_000, 10_000, "more than two hours are taken"],
  [10_000, 9000, 9000, "more than two hours are taken"],
  [10_000, 100, 7200, "less become two hours"],
  [3600, 100, 3600, "less than two hours are left as they are"],
  [3600, 5000, 5000, "a longer time is taken"],
];

const lifetimes: readonly Case[] = LIFETIMES.map(([before, said, after, why]) => ({
  id: `ND-R-21/${before}-${said}`,
  title: `an address that is valid for ${before} s, and an advertisement that says ${said}: ${after}, because ${why}`,
  source: "RFC 4862 5.5.3; kernel, measured",
  needs: ["address-admin"],
  async run(bench) {
    const say = (valid: number): Promise<void> =>
      bench.say(advertiseRouter({ from: R1, lifetime: 0, options: [prefixOption(PREFIX, { valid, preferred: 50 })] }));
    await say(before);
    await taken(bench);
    await say(said);
    await taken(bench);
    const valid = await validFor(bench);
    bench.expect(`valid for ${after} s, or a moment less`, valid <= after && valid >= after - 3 ? "so" : valid, "so");
  },
}));

const others: readonly Case[] = [
  {
    id: "ND-R-22/pinfo",
    title: "accept_ra_pinfo 0: its prefixes are nothing to us",
    source: "kernel: accept_ra_pinfo",
    async run(bench) {
      bench.conf("accept_ra_pinfo", 0);
      await bench.say(advertiseRouter({ from: R1, options: [prefixOption(PREFIX)] }));
      await taken(bench);
      bench.expect("no address", flagsOf(bench, MADE), "-");
    },
  },
  {
    id: "ND-R-22/autoconf",
    title: "autoconf 0: a route, and no address",
    source: "kernel: autoconf",
    needs: ["route-admin"],
    async run(bench) {
      bench.conf("autoconf", 0);
      await bench.say(advertiseRouter({ from: R1, options: [prefixOption(PREFIX)] }));
      await taken(bench);
      bench.expect("no address", flagsOf(bench, MADE), "-");
      bench.expect("a route", await onLink(bench, PREFIX, 64), true);
    },
  },
  {
    id: "ND-R-23/link-local",
    title: "the link-local prefix is ignored",
    source: "RFC 4862 5.5.3 b",
    needs: ["route-admin"],
    async run(bench) {
      const before = await bench.must("-6 route show dev e0");
      await bench.say(advertiseRouter({ from: R1, lifetime: 0, options: [prefixOption("fe80::")] }));
      await taken(bench);
      bench.expect("routes as before", await bench.must("-6 route show dev e0"), before);
    },
  },
  {
    id: "ND-R-24",
    title: "the address that is made of a prefix is tried first",
    source: "RFC 4862 5.5.3 d, 5.4",
    async run(bench) {
      bench.conf("accept_dad", 1);
      bench.conf("router_solicitation_delay", 0);
      await bench.say(advertiseRouter({ from: R1, options: [prefixOption(PREFIX)] }));
      await bench.hears("asks whether anybody has it", asks(MADE, { source: "::" }), { within: 300 });
    },
  },
  {
    id: "ND-R-25",
    title: "hosts of a prefix on the link are asked for themselves, of one that is not are reached by the router",
    source: "RFC 4861 5.2; v6LC.2.1.3, 2.1.4",
    async run(bench) {
      const off = "2001:db8:2::";
      const options = [prefixOption(PREFIX, { bits: L }), prefixOption(off, { bits: A })];
      await bench.say(advertiseRouter({ from: R1, options }));
      await taken(bench);
      await bench.poke(`${PREFIX}77`);
      await bench.hears("asks for the host", asksGroup(`${PREFIX}77`));
      await bench.poke(`${off}77`);
      await bench.hears("sends by the router", { kind: "udp", destination: `${off}77`, dst: R1.mac });
    },
  },
  {
    id: "ND-R-26",
    title: "of many prefixes so many addresses are made that there are max_addresses",
    source: "kernel: max_addresses 16",
    async run(bench) {
      for (let n = 0; n < 24; n++)
        await bench.say(
          advertiseRouter({ from: R1, options: [prefixOption(`2001:db8:${(n + 0x100).toString(16)}::`, { bits: A })] }),
        );
      await bench.sleep(50);
      const rows = bench.dut.cat("/proc/net/if_inet6").split("\n");
      bench.expect("addresses of e0", rows.filter((row) => row.endsWith("e0")).length, 16);
    },
  },
];

export const prefixes: readonly Case[] = overIpv6([...rows, ...lifetimes, ...others]);
