/** Requests as they come from whoever can open the socket: each gets the right answer, and none of them an internal error. */
import fc from "fast-check";
import t from "tap";
import { stackMethods } from "../../../../firmware-ts/control/methods/index.ts";
import { LineReader, MAX_LINE } from "../../../../firmware-ts/control/rpc/line-reader.ts";
import type { Method, Methods } from "../../../../firmware-ts/control/rpc/protocol.ts";
import { answer } from "../../../../firmware-ts/control/rpc/server.ts";
import { outcome, TestSession } from "../../../support/control.ts";
import { Lab } from "../../../support/lab.ts";
import { T1 } from "../../../support/wire-format.ts";

const methods: Methods = new Map<string, Method>([
  ["echo", (params) => params],
  [
    "broken",
    () => {
      throw new TypeError("a fault of ours");
    },
  ],
]);

async function ask(line: string): Promise<unknown> {
  const reply = await answer(line, methods, new TestSession());
  return reply === null ? null : outcome(reply);
}

t.test("what is no request gets its code, without an id to go by", async (t) => {
  const request = { jsonrpc: "2.0", id: 1, method: "echo" };
  const rows: [string, number, string][] = [
    ["", -32_700, "PARSE_ERROR"],
    ["{", -32_700, "PARSE_ERROR"],
    ["GET / HTTP/1.1", -32_700, "PARSE_ERROR"],
    ['{"jsonrpc":"2.0","id":1,"method":"echo"}}', -32_700, "PARSE_ERROR"],
    ["\u0000", -32_700, "PARSE_ERROR"],
    ["null", -32_600, "INVALID_REQUEST"],
    ["7", -32_600, "INVALID_REQUEST"],
    ["{}", -32_600, "INVALID_REQUEST"],
    ["[]", -32_600, "INVALID_REQUEST"],
    [JSON.stringify([request]), -32_600, "INVALID_REQUEST"],
    [JSON.stringify({ ...request, jsonrpc: "1.0" }), -32_600, "INVALID_REQUEST"],
    [JSON.stringify({ ...request, jsonrpc: 2 }), -32_600, "INVALID_REQUEST"],
    [JSON.stringify({ ...request, method: 1 }), -32_600, "INVALID_REQUEST"],
    [JSON.stringify({ ...request, method: undefined }), -32_600, "INVALID_REQUEST"],
    [JSON.stringify({ ...request, id: {} }), -32_600, "INVALID_REQUEST"],
    [JSON.stringify({ ...request, id: [1] }), -32_600, "INVALID_REQUEST"],
    [JSON.stringify({ ...request, id: true }), -32_600, "INVALID_REQUEST"],
  ];
  for (const [line, rpcCode, code] of rows) {
    const reply = JSON.parse((await answer(line, methods, new TestSession())) as string);
    t.match(reply, { jsonrpc: "2.0", id: null, error: { code: rpcCode, data: { code } } }, line);
  }
});

t.test("a request gets its own id back, a notification nothing, and faults of ours say so", async (t) => {
  for (const id of [0, -1, 1.5, "", "a", null]) {
    const reply = await answer(JSON.stringify({ jsonrpc: "2.0", id, method: "echo" }), methods, new TestSession());
    t.same(JSON.parse(reply as string), { jsonrpc: "2.0", id, result: {} });
  }
  for (const method of ["echo", "broken", "none"]) t.equal(await ask(JSON.stringify({ jsonrpc: "2.0", method })), null);
  const to = (method: string, params?: unknown): Promise<unknown> => ask(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }));
  t.same(await to("broken"), [-32_603, "INTERNAL", "a fault of ours"]);
  t.same(await to("none"), [-32_601, "NO_METHOD", "no method none; there are echo, broken"]);
  t.same(await to("__proto__"), [-32_601, "NO_METHOD", "no method __proto__; there are echo, broken"]);
  for (const params of [[], "x", 1, false])
    t.same(await to("echo", params), [-32_602, "INVALID_PARAMS", "params is not an object"]);
  t.same(await to("echo", null), {});
});

t.test("lines are put together from any pieces, and one that is too long ends it", async (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[a-z{}" é😀]{0,9}$/u)),
      fc.infiniteStream(fc.integer({ min: 1, max: 7 })),
      (lines, sizes) => {
        const text = lines.map((line) => `${line}\n`).join("");
        const got: string[] = [];
        const reader = new LineReader((line) => got.push(line));
        for (let at = 0; at < text.length; ) {
          const size = sizes.next().value as number;
          reader.push(text.slice(at, at + size));
          at += size;
        }
        t.strictSame(
          got,
          lines.filter((line) => line.trim() !== ""),
        );
      },
    ),
    { numRuns: 50, seed: 1 },
  );
  for (const piece of [1, 1000, 1 << 16, 1 << 22]) {
    let got = 0;
    const reader = new LineReader((line) => {
      got = line.length;
    });
    const longest = `${"x".repeat(MAX_LINE)}\n`;
    for (let at = 0; at < longest.length; at += piece) reader.push(longest.slice(at, at + piece));
    t.equal(got, MAX_LINE, `a longest line in pieces of ${piece}`);
    reader.push("y\n");
    t.equal(got, 1);
    const tooLong = `${"x".repeat(MAX_LINE + 1)}\n`;
    t.throws(
      () => {
        for (let at = 0; at < tooLong.length; at += piece) reader.push(tooLong.slice(at, at + piece));
      },
      { code: "LINE_TOO_LONG", rpcCode: -32_600 },
    );
    t.equal(got, 1);
  }
});

/** What somebody might send: for each parameter what is nearly or wholly right, else anything at all. */
const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom("", "x", "constructor", "__proto__", -1, -0, 1.5, 1e308, [], [["all"]], [{ toString: 1 }], { toString: 1 }, null),
);
function mostly(...values: unknown[]): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...values) }, { weight: 1, arbitrary: anything });
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
    ),
    lladdr: mostly(T1, T1, "02:00", "zz"),
    nud: mostly(...states, states, ["reachable"], ["bad"]),
    all: mostly(true, false),
    from: mostly("10.0.0.1", "10.0.0.1:5000", ":5000", "10.0.0.9"),
    bind: mostly("5000", "10.0.0.1:5000", "10.0.0.9:1", "0", "70000"),
    text: mostly("hi", "x".repeat(1472), "x".repeat(1473), "x".repeat(70_000)),
    count: mostly(1, 3, 1e9, 1e9 + 1, 0),
    interval: mostly(...times),
    timeout: mostly(...times),
    size: mostly(0, 56, 1472, 1473, 65_507, 65_508),
    confirm: mostly(true, false),
    ...Object.fromEntries(
      ["use", "managed", "proxy", "extern_valid", "unused", "up", "arp", "onlink", "ignore"].map((key) => [
        key,
        mostly(true, false),
      ]),
    ),
    ...Object.fromEntries(
      ["protocol", "metric", "thresh3", "queue", "retrans", "mtu"].map((key) => [
        key,
        mostly(0, 68, 1500, 0xffffffff, 2 ** 32, -1),
      ]),
    ),
    ...Object.fromEntries(
      ["local", "via", "src", "broadcast"].map((key) => [key, mostly(...hosts, "10.0.0.9/24", "10.0.0.1/33", "+", "-")]),
    ),
    address: mostly(T1, "01:00:00:00:00:00", "02:00", "zz"),
    name: mostly("arp_cache", "ndisc_cache"),
    scope: mostly("global", "link", 253, 999),
    table: mostly("main", "local", "all", "constructor"),
    how: mostly("exact", "match", "root"),
    key: mostly("net.ipv4.neigh.eth0.locktime", "net.ipv4.conf.all.arp_filter", "net/ipv4/neigh/default/gc_thresh3", "a.__proto__"),
    under: mostly("net.ipv4.neigh", "net", "", "constructor"),
    value: mostly("1", "-1", "x", "99999999999"),
    path: mostly("/proc/net/arp", "/proc/net/softnet_stat", "/proc/sys/net/ipv4/ip_forward", "/proc/sys/", "../../etc/passwd"),
    patterns: mostly(["Ip*"], ["*?*", ""], [1]),
    transitions: mostly(true, false),
  },
  { requiredKeys: [], noNullPrototype: true },
);

t.test("no parameters, however wrong, make an internal error or harm the stack", async (t) => {
  const lab = await Lab.open();
  const all = stackMethods(lab.stack);
  const seen = new Set<unknown>();
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...all.keys()), params, async (method, given) => {
      const session = new TestSession();
      const line = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: given });
      const reply = answer(line, all, session);
      lab.run(10);
      session.close();
      const result = outcome((await reply) as string);
      if (Array.isArray(result) && typeof result[0] === "number") seen.add(result[1]);
      return !(Array.isArray(result) && result[0] === -32_603);
    }),
    { numRuns: 6000, seed: 7 },
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
});
