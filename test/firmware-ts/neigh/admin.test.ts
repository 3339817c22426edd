/** Requests of an operator: the kernel's checks, words and side effects. */
import t from "tap";
import { refusalWords } from "../../../firmware-ts/control/iproute/refusals.ts";
import { NeighError, type NeighRequest, neighAdd, neighDelete, neighGet, neighGetProxy } from "../../../firmware-ts/neigh/admin.ts";
import { flagWords, NeighFlags } from "../../../firmware-ts/neigh/flags.ts";
import { Nud } from "../../../firmware-ts/neigh/states.ts";
import { mac, NeighBench } from "../../support/neigh-bench.ts";

const ADD = { create: true, exclusive: true, replace: false };
const CREATE = { create: true, exclusive: false, replace: false };
const CHANGE = { create: false, exclusive: false, replace: true };
const REPLACE = { create: true, exclusive: false, replace: true };
const { USE, MANAGED, EXT_LEARNED, EXT_VALIDATED, ROUTER, LOCKED, PROXY } = NeighFlags;

type Ask = Partial<NeighRequest>;

/** A refusal in the words of `ip`, as a control method passes it on. */
function words({ code, errno, message }: NeighError): string {
  return refusalWords({ code: "", errno, detail: code, message });
}

/** Asks; returns the words of a refusal, or "". */
function ask(bench: NeighBench, how: typeof ADD, request: Ask): string {
  return refused(() => neighAdd(bench.table, { key: 2, device: bench.device, state: Nud.PERMANENT, pid: 9, ...how, ...request }));
}

function refused(request: () => unknown): string {
  try {
    request();
    return "";
  } catch (error) {
    if (error instanceof NeighError) return words(error);
    throw error;
  }
}

t.test("refusals, in the kernel's words", async (t) => {
  const rows: [message: string, how: typeof ADD, request: Ask, from?: Nud][] = [
    ["RTNETLINK answers: File exists", ADD, { address: mac(2) }, Nud.STALE],
    ["RTNETLINK answers: No such file or directory", CHANGE, { address: mac(2) }],
    ["Error: No link layer address given.", ADD, {}],
    ["Error: No link layer address given.", ADD, { state: Nud.STALE }],
    ["Error: Invalid link address.", ADD, { address: Uint8Array.of(2, 0, 0, 0, 0) }],
    ["Error: Device not specified.", ADD, { device: null, address: mac(2) }],
    ["Error: reserved bit set.", ADD, { address: mac(2), flags: LOCKED }],
    ["Error: Invalid NTF_* flag for permanent entry.", ADD, { flags: MANAGED }],
    ["Error: Invalid NTF_* flag combination.", ADD, { proxy: true, flags: MANAGED }],
    ["Error: Invalid NTF_* flag combination.", ADD, { flags: PROXY | EXT_VALIDATED }],
    ["Error: Cannot create externally validated neighbor with an invalid state.", ADD, { state: Nud.NONE, flags: EXT_VALIDATED }],
    [
      "Error: Cannot create externally validated neighbor with an invalid state.",
      ADD,
      { state: Nud.STALE, flags: EXT_VALIDATED | USE },
    ],
    [
      "Error: Cannot mark neighbor as externally validated with an invalid state.",
      REPLACE,
      { state: Nud.FAILED, flags: EXT_VALIDATED },
      Nud.STALE,
    ],
    [
      "Error: Cannot mark neighbor as externally validated with an invalid state.",
      REPLACE,
      { flags: EXT_VALIDATED | USE },
      Nud.PERMANENT,
    ],
  ];
  for (const [message, how, request, from] of rows) {
    const bench = await NeighBench.open();
    if (from !== undefined) bench.make(from);
    t.equal(ask(bench, how, request), message);
  }
  const bench = await NeighBench.open();
  bench.refused = 2;
  t.equal(ask(bench, ADD, { address: mac(2) }), "RTNETLINK answers: Invalid argument");
  bench.table.gc.thresh3 = 0;
  t.equal(ask(bench, ADD, { key: 3, address: mac(2), state: Nud.STALE }), "RTNETLINK answers: No buffer space available");
  t.equal(ask(bench, ADD, { key: 3, address: mac(2) }), "", "a PERMANENT one goes in");
  t.equal(ask(bench, ADD, { key: 4, address: mac(2), state: Nud.STALE, flags: EXT_LEARNED }), "", "and an EXT_LEARNED one");
});

t.test("what an accepted request makes", async (t) => {
  const rows: [what: string, from: Nud | null, how: typeof ADD, request: Ask, gives: string, log: string[]][] = [
    ["add", null, ADD, { address: mac(7) }, "PERMANENT 7", ["new 2 PERMANENT by 9"]],
    [
      "a longer address is cut",
      null,
      ADD,
      { address: Uint8Array.of(2, 0, 0, 0, 0, 7, 8, 9) },
      "PERMANENT 7",
      ["new 2 PERMANENT by 9"],
    ],
    [
      "add stale extern_learn",
      null,
      ADD,
      { address: mac(7), state: Nud.STALE, flags: EXT_LEARNED },
      "STALE 7 extern_learn",
      ["new 2 STALE by 9"],
    ],
    ["add router", null, ADD, { address: mac(7), flags: ROUTER }, "PERMANENT 7 router", ["new 2 PERMANENT by 9"]],
    [
      "add extern_valid",
      null,
      ADD,
      { address: mac(7), state: Nud.STALE, flags: EXT_VALIDATED },
      "STALE 7 extern_valid",
      ["new 2 STALE by 9"],
    ],
    ["add noarp", null, ADD, { address: mac(7), state: Nud.NOARP }, "NOARP 7", ["new 2 NOARP by 9"]],
    ["add incomplete", null, ADD, { state: Nud.INCOMPLETE }, "INCOMPLETE 0", []],
    [
      "use discards the address",
      null,
      ADD,
      { address: mac(7), state: Nud.STALE, flags: USE },
      "INCOMPLETE 0",
      ["ask 2 all nobody waits"],
    ],
    ["managed", null, ADD, { state: Nud.NONE, flags: MANAGED }, "INCOMPLETE 0 managed", ["ask 2 all nobody waits"]],
    ["create leaves another address", Nud.STALE, CREATE, { address: mac(7), state: Nud.STALE }, "STALE 2", []],
    [
      "create takes the same one",
      Nud.STALE,
      CREATE,
      { address: mac(2), state: Nud.REACHABLE },
      "REACHABLE 2",
      ["new 2 REACHABLE by 9"],
    ],
    ["replace", Nud.STALE, REPLACE, { address: mac(7) }, "PERMANENT 7", ["new 2 PERMANENT by 9"]],
    ["change", Nud.PERMANENT, CHANGE, { address: mac(7), state: Nud.REACHABLE }, "REACHABLE 7", ["new 2 REACHABLE by 9"]],
    ["use on PERMANENT", Nud.PERMANENT, REPLACE, { flags: USE }, "INCOMPLETE 2", ["ask 2 all nobody waits"]],
    [
      "managed on PERMANENT",
      Nud.PERMANENT,
      REPLACE,
      { flags: MANAGED },
      "INCOMPLETE 2 managed",
      ["new 2 NONE by 9", "ask 2 all nobody waits"],
    ],
    ["use on REACHABLE", Nud.REACHABLE, REPLACE, { state: Nud.NONE, flags: USE }, "REACHABLE 2", []],
    ["use on STALE", Nud.STALE, REPLACE, { state: Nud.NONE, flags: USE }, "DELAY 2", []],
    ["failed", Nud.STALE, REPLACE, { state: Nud.FAILED }, "FAILED 2", ["new 2 FAILED by 9"]],
  ];
  for (const [what, from, how, request, gives, log] of rows) {
    const bench = await NeighBench.open();
    if (from !== null) bench.make(from);
    t.equal(ask(bench, how, request), "", what);
    const entry = bench.entry();
    t.equal([bench.state(), entry.address[5], ...flagWords(entry.flags)].join(" "), gives, what);
    t.same(
      bench.take().map((line) => line.replace(/^0 | probes \d+$/g, "")),
      log,
      what,
    );
  }
});

t.test("refused for want of an address, the entry stays in no state: it exists, and the first packet resolves it", async (t) => {
  const bench = await NeighBench.open();
  ask(bench, ADD, {});
  t.equal(bench.state(), "NONE");
  t.equal(ask(bench, ADD, { address: mac(2) }), "RTNETLINK answers: File exists");
  bench.send();
  t.same([bench.state(), bench.take()], ["INCOMPLETE", ["0 ask 2 all"]]);
});

t.test("a change that does not say managed or extern_learn clears them, and tells", async (t) => {
  const bench = await NeighBench.open();
  ask(bench, ADD, { address: mac(2), state: Nud.STALE, flags: EXT_LEARNED });
  bench.take();
  ask(bench, REPLACE, { address: mac(2), state: Nud.STALE });
  t.same([flagWords(bench.entry().flags), bench.take()], [[], ["0 new 2 STALE by 9"]]);
});

t.test("protocol: kept unless another is named", async (t) => {
  const bench = await NeighBench.open();
  ask(bench, ADD, { address: mac(2), protocol: 186 });
  ask(bench, REPLACE, { address: mac(2) });
  t.equal(bench.entry().protocol, 186);
  ask(bench, REPLACE, { address: mac(2), protocol: 4 });
  t.equal(bench.entry().protocol, 4);
});

t.test("delete: what is told", async (t) => {
  const rows: [Nud, string[]][] = [
    [Nud.NONE, ["deleted 2 FAILED"]],
    [Nud.FAILED, ["deleted 2 FAILED"]],
    [Nud.STALE, ["new 2 FAILED by 9", "deleted 2 FAILED"]],
    [Nud.PERMANENT, ["new 2 FAILED by 9", "deleted 2 FAILED"]],
    [Nud.INCOMPLETE, ["new 2 FAILED by 9", "deleted 2 FAILED"]],
    [Nud.PROBE, ["new 2 FAILED by 9", "deleted 2 FAILED"]],
  ];
  for (const [state, log] of rows) {
    const bench = await NeighBench.open();
    bench.make(state);
    neighDelete(bench.table, { key: 2, device: bench.device, pid: 9 });
    t.same(
      bench.take(),
      log.map((line) => `0 ${line}`),
    );
    t.throws(() => neighDelete(bench.table, { key: 2, device: bench.device }), { code: "MISSING", errno: "ENOENT", detail: "" });
  }
  const bench = await NeighBench.open();
  t.equal(
    refused(() => neighDelete(bench.table, { key: 2, device: null })),
    "RTNETLINK answers: Invalid argument",
  );
});

t.test("get, and counted as look-ups", async (t) => {
  const bench = await NeighBench.open();
  const entry = bench.make(Nud.STALE);
  const { device, table } = bench;
  t.equal(neighGet(table, { key: 2, device }), entry);
  t.equal(
    refused(() => neighGet(table, { key: 3, device })),
    "Error: Neighbour entry not found.",
  );
  t.equal(
    refused(() => neighGet(table, { key: 2, device: null })),
    "Error: No device specified.",
  );
  t.same([table.statistics.lookups, table.statistics.hits], [2, 1]);
});

t.test("proxy entries", async (t) => {
  const bench = await NeighBench.open({}, 2);
  const { device, table } = bench;
  const other = bench.devices[1] as typeof device;
  t.equal(ask(bench, ADD, { proxy: true, flags: ROUTER }), "");
  t.equal(ask(bench, ADD, { proxy: true, protocol: 5 }), "", "there is no such thing as exclusive here");
  t.match(table.proxies.list(), [{ key: 2, device, flags: PROXY, protocol: 5, permanent: true }]);
  t.same(bench.take(), [], "nobody is told");
  t.equal(neighGetProxy(table, { key: 2, device }), table.proxies.list()[0]);
  t.equal(
    refused(() => neighGetProxy(table, { key: 2, device: other })),
    "Error: Proxy neighbour entry not found.",
  );
  t.throws(() => neighDelete(table, { key: 2, device: null, proxy: true }), { code: "MISSING" });
  neighDelete(table, { key: 2, device, proxy: true });
  t.equal(table.proxies.size, 0);
});
