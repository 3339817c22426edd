/** Requests with any parameters, as they come from a client that may be anybody. */
import fc from "fast-check";
import t from "tap";
import * as v from "valibot";
import { METHODS, type MethodName, stackMethods } from "../../../../firmware-ts/control/methods/index.ts";
import { answer } from "../../../../firmware-ts/control/rpc/server.ts";
import { TestSession } from "../../../support/control.ts";
import { Lab } from "../../../support/lab.ts";
import { T1 } from "../../../support/wire-format.ts";

/** For each parameter values that are nearly or wholly right, else anything at all. */
const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom("", "x", "constructor", "__proto__", -1, -0, 1.5, 1e308, [], [["all"]], [{ toString: 1 }], { toString: 1 }, null),
);
function mostly(...values: unknown[]): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...values) }, { weight: 1, arbitrary: anything });
}
const hosts = [
  "10.0.0.2",
  "10.0.0.1",
  "10.0.0.255",
  "0.0.0.0",
  "224.0.0.1",
  "255.255.255.255",
  "127.0.0.1",
  "11.0.0.1",
  "256.1.1.1",
  "fd00::2",
  "fd00::1",
  "fe80::2",
  "ff02::1",
  "::",
  "::1",
  "2001:db8::1",
  "fd00:::1",
];
const states = ["permanent", "NONE", "reachable", "incomplete", "probe", "noarp", "failed", "all", "bad"];
const times = [0, 1, 2, 10, 86_400_000, 86_400_001];
const params = fc.record(
  {
    dst: mostly(...hosts),
    dev: mostly("eth0", "eth0", "eth1"),
    to: mostly(
      ...hosts,
      "10.0.0.2/24",
      "10.0.0.0/33",
      "10.0.0.5/",
      "0/0",
      "10.0.0.2:9",
      "10.0.0.1:5000",
      "10.0.0.3:0",
      "10.0.0.2:65536",
      "fd00::/64",
      "fd00::2/129",
      "::/0",
      "[fd00::2]:9",
      "[fd00::1]:5000",
      "[fe80::2%eth0]:9",
      "fe80::2%eth0",
      "fe80::2%eth1",
    ),
    lladdr: mostly(T1, "02:00", "02:00:00", "zz"),
    nud: mostly(...states, states, ["reachable"], ["bad"]),
    all: mostly(true, false),
    from: mostly("10.0.0.1", "10.0.0.1:5000", ":5000", "10.0.0.9", "fd00::1", "[fd00::1]:5000", "[fd00::9]:1"),
    bind: mostly("5000", "10.0.0.1:5000", "10.0.0.9:1", "0", "70000", "[fd00::1]:5000", "[ff02::7]:5000", "[::]:5000"),
    family: mostly("inet", "inet6", "link", "bogus"),
    pref: mostly("low", "high", "bogus"),
    expires: mostly(0, 1, 0xffffffff, -1),
    peer: mostly("fd00::7", "10.0.0.7/24", "fd00::7/64"),
    text: mostly("hi", "x".repeat(1472), "x".repeat(1473), "x".repeat(70_000)),
    count: mostly(1, 3, 1e9, 1e9 + 1, 0),
    interval: mostly(...times),
    timeout: mostly(...times),
    size: mostly(0, 56, 1472, 1473, 65_507, 65_508),
    confirm: mostly(true, false),
    ...Object.fromEntries(
      ["use", "managed", "proxy", "extern_valid", "unused", "up", "arp", "onlink", "ignore", "nodad", "optimistic", "home"].map(
        (key) => [key, mostly(true, false)],
      ),
    ),
    ...Object.fromEntries(
      ["protocol", "metric", "thresh3", "queue", "retrans", "mtu"].map((key) => [
        key,
        mostly(0, 68, 1500, 0xffffffff, 2 ** 32, -1),
      ]),
    ),
    ...Object.fromEntries(
      ["local", "via", "src", "broadcast"].map((key) => [
        key,
        mostly(...hosts, "10.0.0.9/24", "10.0.0.1/33", "+", "-", "fd00::9/64", "fd00::9/129"),
      ]),
    ),
    address: mostly(T1, "01:00:00:00:00:00", "02:00", "zz"),
    name: mostly("arp_cache", "ndisc_cache"),
    scope: mostly("global", "link", 253, 999),
    table: mostly("main", "local", "all", "constructor"),
    how: mostly("exact", "match", "root"),
    key: mostly(
      "net.ipv4.neigh.eth0.locktime",
      "net.ipv4.conf.all.arp_filter",
      "net/ipv4/neigh/default/gc_thresh3",
      "a.__proto__",
      "net.ipv6.neigh.eth0.locktime",
      "net.ipv6.conf.eth0.hop_limit",
    ),
    under: mostly("net.ipv4.neigh", "net.ipv6", "net", "", "constructor"),
    value: mostly("1", "-1", "x", "99999999999"),
    path: mostly(
      "/proc/net/arp",
      "/proc/net/if_inet6",
      "/proc/net/snmp6",
      "/proc/net/softnet_stat",
      "/proc/sys/net/ipv4/ip_forward",
      "/proc/sys/",
      "../../etc/passwd",
    ),
    patterns: mostly(["Ip*"], ["*?*", ""], [1]),
    transitions: mostly(true, false),
  },
  { requiredKeys: [], noNullPrototype: true },
);

/** Chance makes this one in some runs only: all but the link address is right. */
const RARE: [MethodName, object] = ["neigh.replace", { dst: "10.0.0.2", dev: "eth0", lladdr: "02:00:00" }];

for (const ip6 of [false, true]) {
  t.test(
    `any parameters${ip6 ? ", both families" : ""}: an answer by the schema, or a listed refusal; no harm to the stack`,
    async (t) => {
      const lab = await Lab.open({ ip6 });
      const all = stackMethods(lab.stack);
      const seen = new Set<unknown>();
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...(Object.keys(METHODS) as MethodName[])), params, async (method, given) => {
          const session = new TestSession();
          const line = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: given });
          const reply = answer(line, all, session);
          lab.run(10);
          session.close();
          const { result, error } = JSON.parse((await reply) as string) as { result?: unknown; error?: { data: { code: string } } };
          const { errors, result: schema } = METHODS[method];
          if (error === undefined) return v.is(schema, result);
          seen.add(error.data.code);
          return error.data.code === "INVALID_PARAMS" || errors.includes(error.data.code);
        }),
        { numRuns: 9000, seed: 9, examples: [RARE] },
      );
      lab.run(60_000);
      for (const code of [
        "INVALID_PARAMS",
        "NO_DEVICE",
        "NUD_INVALID",
        "LLADDR_INVALID",
        "NEIGH_MISSING",
        "SYSCTL_UNKNOWN",
        "FILE_UNKNOWN",
      ]) {
        t.ok(seen.has(code), `${code} was among the answers`);
      }
      t.equal(lab.stack.udp.open(5000).port, 5000, "every socket was given back");
      t.equal(lab.inUse, 0, "and every buffer");
    },
  );
}
