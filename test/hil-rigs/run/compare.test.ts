/** Differences that compare must find, though it overlooks those that come from a draw. */
import t from "tap";
import type { Case } from "../../../hil-rigs/contract/case.ts";
import type { Dut, DutKind, Timing } from "../../../hil-rigs/contract/dut.ts";
import { whohasSim } from "../../../hil-rigs/duts/whohas/sim.ts";
import { compareResults } from "../../../hil-rigs/run/compare.ts";
import { type CaseResult, runCases } from "../../../hil-rigs/run/runner.ts";
import { holdAgainst, type Versus, versusLine } from "../../../hil-rigs/run/versus.ts";
import type { StepKind } from "../../../hil-rigs/stage/trace.ts";
import { Trace } from "../../../hil-rigs/stage/trace.ts";

type Line = readonly [kind: StepKind, time: number, text: string];

const EXACT: Timing = { timers: "exact", slack: 0 };
const KERNEL: Timing = { timers: 250, slack: 40 };

function one(more: Partial<Case> = {}): Case {
  return { id: "X-1", title: "a case of this test", source: "here", run: async () => {}, ...more };
}

/** A frame `ms` after the beginning of a command that took `took` ms. */
function afterCommand(ms: number, took: number): CaseResult {
  const trace = new Trace();
  trace.add("command", 0, "ip neigh add", took);
  trace.add("frame", ms, "arp request");
  return { ...result([]), trace };
}

function result(lines: readonly Line[], more: Partial<Case> = {}, status: CaseResult["status"] = "passed"): CaseResult {
  const trace = new Trace();
  for (const [kind, time, text] of lines) trace.add(kind, time, text);
  return { case: one(more), dut: "", status, reason: "", again: "", trace, before: "", after: "", epoch: 0, took: 0 };
}

/** Differences between two records, by kind. */
function differing(a: readonly Line[], b: readonly Line[], more: Partial<Case> = {}, timing: Timing = EXACT): string[] {
  return compareResults(result(a, more), result(b, more), [timing, EXACT]).map(({ where }) => where);
}

const POKE: Line = ["command", 0, "udp send 1 to 10.0.0.2 -> ok"];
const frame = (time: number, text: string): Line => ["frame", time, text];
const event = (text: string, time = 1): Line => ["event", time, text];
const command = (text: string, time = 0): Line => ["command", time, text];

t.test("frames: each, and their order, unless the case says that it is drawn", async (t) => {
  const [a, b, c] = [frame(1, "a"), frame(1, "b"), frame(1, "c")];
  t.same(differing([a, b, c], [a, b, c]), []);
  t.same(differing([a, b, c], [b, a, c]), ["frames"], "a swapped pair");
  t.same(differing([a, b, c], [a, b]), ["frames"], "one missing at the end");
  t.same(differing([a, b], [a, b, b]), ["frames"], "one too many");

  const drawn = { shuffled: ["frames"], drawn: true } as const;
  t.same(differing([a, b, c], [c, a, b], drawn), []);
  t.same(differing([a, b, c], [c, a, a], drawn), ["frames"], "another one");
  t.same(differing([a, b, c], [c, a], drawn), ["frames"], "one missing");
  t.same(differing([a, event("new x")], [event("new y"), a], drawn), ["events"], "nothing but frames is shuffled");
});

t.test("only a port that was drawn is overlooked", async (t) => {
  const from = (port: number): Line => frame(0, `p0 a > b udp 10.0.0.1:${port} > 10.0.0.2:9 ttl 64 length 1 "x"`);
  t.same(differing([from(33_333)], [from(60_001)]), []);
  t.same(differing([from(4444)], [from(4445)]), ["frames"]);
});

t.test("of a TCP segment the drawn port and PSH are overlooked, and nothing else", async (t) => {
  const segment = (port: number, what: string): Line =>
    frame(0, `p0 a > b tcp 10.0.0.1:${port} > 10.0.0.2:80 ttl 64 ${what} seq 0 ack 0 length 1`);
  t.same(differing([segment(33_333, "A")], [segment(60_001, "PA")]), []);
  t.same(differing([segment(33_333, "FPA")], [segment(33_333, "FA")]), []);
  t.same(differing([segment(33_333, "FA")], [segment(33_333, "A")]), ["frames"]);
  t.same(differing([segment(4000, "A")], [segment(4001, "A")]), ["frames"]);
});

t.test("of a case whose frames stacks choose only commands and the table are compared", async (t) => {
  const sized = { sized: true };
  const read = (bytes: number): Line => command(`tcp receive -> ${bytes} bytes`);
  t.same(differing([frame(1, "a"), event("new x"), read(10)], [frame(2, "b"), read(20)], sized), []);
  t.same(differing([read(10)], [read(20)]), ["commands"], "others are held to it");
  t.same(differing([command("tcp state -> CLOSE")], [command("tcp state -> LAST_ACK")], sized), ["commands"]);
});

t.test("events: those of one walk through the table in any order, but each entry's own in theirs", async (t) => {
  const flush = command("ip neigh flush dev e0 -> exit 0");
  const [one, two] = ["10.0.0.2 dev e0 lladdr 02:00:00:00:00:02", "10.0.0.3 dev e0 lladdr 02:00:00:00:00:03"];
  const a = [event(`new ${one} FAILED probes 0`), event(`deleted ${one} FAILED probes 0`)] as const;
  const b = [event(`new ${two} FAILED probes 0`), event(`deleted ${two} FAILED probes 0`)] as const;
  t.same(differing([flush, ...a, ...b], [flush, ...b, ...a]), []);
  t.same(differing([flush, ...a, ...b], [flush, b[0], a[0], a[1], b[1]]), []);
  t.same(differing([flush, ...a, ...b], [flush, a[1], a[0], ...b]), ["events"], "an entry's own, swapped");
  t.same(differing([flush, ...a, ...b], [flush, ...a, b[0]]), ["events"], "one missing");
  t.same(differing([...a, ...b], [...b, ...a]), ["events"], "no walk before them");

  const add = command("ip neigh add 10.0.0.9 dev e0 -> exit 0");
  t.same(differing([flush, add, ...a, ...b], [flush, add, ...b, ...a]), ["events"], "it was over by then");
  t.same(differing([flush, ...a, add, ...b], [flush, ...b, add, ...a]), ["events"], "they are not of the same walk");
  const sent: Line = ["sent", 0, "p0 arp request"];
  t.same(differing([flush, sent, ...a, ...b], [flush, sent, ...b, ...a]), ["events"], "frames came in between");

  for (const walk of [
    "ip link set e0 down -> exit 0",
    "pull p0",
    "ip address del 10.0.0.1/24 dev e0 -> exit 0",
    "ip -s n f dev e0 -> exit 0",
  ])
    t.same(differing([command(walk), ...a, ...b], [command(walk), ...b, ...a]), [], walk);
  t.same(differing([...a, ...b], [...b, ...a], { shuffled: ["events"] }), [], "as the case says");
  t.same(differing([...a, ...b], [...b, a[1], a[0]], { shuffled: ["events"] }), ["events"], "but not an entry's own");
});

t.test("printed: a dump in any order, all else in its own, and to the blank", async (t) => {
  const shown = (what: string, ...lines: string[]): Line[] => [command([`${what} -> exit 0`, ...lines].join("\n"))];
  const [a, b] = ["10.0.0.2 dev e0 lladdr 02:00:00:00:00:02 STALE ", "10.0.0.3 dev e0 FAILED "];
  for (const dump of ["ip neigh show", "ip -s n show", "ip -4 neighbour list"])
    t.same(differing(shown(dump, a, b), shown(dump, b, a)), [], dump);
  t.same(differing(shown("ip neigh show", a, b), shown("ip neigh show", a)), ["commands"]);
  t.same(differing(shown("ip neigh show", a), shown("ip neigh show", a.trimEnd())), ["commands"], "a blank at the end");
  for (const other of ["ip ntable show", "ip route show", "sysctl net.ipv4"])
    t.same(differing(shown(other, a, b), shown(other, b, a)), ["commands"], other);
  const proc = (...lines: string[]): Line[] => [command(["cat /proc/net/arp", ...lines].join("\n"))];
  t.same(differing(proc("IP address  HW", a, b), proc("IP address  HW", b, a)), []);
  t.same(differing(proc("IP address  HW", a), proc(a, "IP address  HW")), ["commands"], "the heading comes first");
  const json = (...rows: object[]): Line[] => shown("ip -j neigh show", `${JSON.stringify(rows)} `);
  t.same(differing(json({ dst: "a" }, { dst: "b" }), json({ dst: "b" }, { dst: "a" })), []);
  t.same(differing(json({ dst: "a" }), json({ dst: "c" })), ["commands"]);
});

t.test("ages may be a second apart, a reachable time is drawn from its range", async (t) => {
  const aged = (used: string): Line[] => [command(`ip -s neigh show -> exit 0\n10.0.0.2 dev e0 used ${used}probes 0 STALE `)];
  t.same(differing(aged("0/60/60"), aged("1/60/59")), []);
  t.same(differing(aged("0/60/60"), aged("2/60/60")), ["commands"]);
  t.same(differing(aged("0/60/60"), aged("0/0/60")), ["commands"]);
  const json = (age: number): Line[] => [command(`ip -j -s neigh show -> exit 0\n[{"dst":"10.0.0.2","used":${age},"probes":4}] `)];
  t.same(differing(json(4), json(5)), []);
  t.same(differing(json(4), json(9)), ["commands"]);
  const drawn = (ms: number): Line[] => [
    command(`ip ntable show -> exit 0\n refcnt 1 reachable ${ms} base_reachable 30000 retrans 1000 `),
  ];
  t.same(differing(drawn(15_000), drawn(44_999)), []);
  t.same(differing(drawn(20_000), drawn(45_000)), ["commands"], "out of its range");
  t.same(differing(drawn(20_000), drawn(14_000)), ["commands"], "out of its range");
});

t.test("times: late by what went before, by the frame before, or by the last like it", async (t) => {
  const [probe, datagram] = ["arp request", "udp datagram"];
  const timed = (a: readonly Line[], b: readonly Line[], more?: Partial<Case>): string[] => differing(a, b, more, KERNEL);
  t.same(timed([POKE, frame(1000, probe)], [POKE, frame(1030, probe)]), []);
  t.same(timed([POKE, frame(1000, probe)], [POKE, frame(1200, probe)]), ["times"], "even the first frame of all");
  t.same(timed([POKE, frame(1000, probe)], [POKE, frame(1200, probe)], { drawn: true }), []);
  const chain = (gap: number, poked: number): Line[] => [
    POKE,
    frame(0, probe),
    command("udp send 1 to 10.0.0.2 confirm -> ok", poked),
    frame(poked, datagram),
    frame(gap, probe),
  ];
  t.same(timed(chain(200, 2), chain(204, 95)), [], "the rig was late to poke");
  t.same(timed(chain(200, 2), chain(400, 95)), ["times"], "the probe itself was");
  const slow = (a: CaseResult, b: CaseResult): string[] => compareResults(a, b, [KERNEL, EXACT]).map(({ where }) => where);
  t.same(slow(afterCommand(0, 0), afterCommand(160, 150)), [], "what took effect late was late");
  t.same(slow(afterCommand(0, 0), afterCommand(160, 50)), ["times"], "but no later than at its end");
  t.same(slow(afterCommand(300, 0), afterCommand(160, 150)), ["times"], "nor before its beginning");
  t.same(timed([frame(0, probe), frame(200, probe)], [frame(0, probe), frame(300, probe)]), ["times"]);
});

t.test("hosts of a crowd are left out, and nobody else", async (t) => {
  const crowd = { crowd: ["10.8."] } as const;
  const asks = (ip: string): Line => frame(0, `p0 a > ff:ff:ff:ff:ff:ff arp request sender 10.0.0.1 a target ${ip} 0`);
  const gone = (ip: string): Line => event(`deleted ${ip} dev e0 FAILED probes 0`);
  t.same(differing([asks("10.8.0.1"), gone("10.8.0.1")], [gone("10.8.200.9")], crowd), []);
  t.same(differing([asks("10.0.0.8"), gone("10.0.0.8")], [], crowd), ["frames", "events"]);
  t.same(differing([gone("110.8.0.1")], [], crowd), ["events"]);
  const sent = (ip: string, result: string): Line => command(`udp send 1 bytes to ${ip}:9 -> ${result}`);
  t.same(differing([sent("10.8.0.1", "ok")], [sent("10.8.0.1", "ENOBUFS")], crowd), [], "there is room for so many");
  t.same(differing([sent("10.0.0.8", "ok")], [sent("10.0.0.8", "ENOBUFS")], crowd), ["commands"]);
  t.same(differing([command("ip neigh add 10.8.0.1 -> exit 0")], [], crowd), ["commands"]);
  t.same(differing([asks("10.8.0.1")], []), ["frames"], "unless the case names them");
});

/** A DUT that is said to be of real time, and pings so many times, each run of a case taking the next number. */
function pinger(name: string, pings: readonly number[]): DutKind {
  let run = 0;
  return {
    ...whohasSim,
    name,
    realTime: true,
    async open() {
      const bench = await whohasSim.open();
      return {
        close: () => bench.close(),
        create: (): Dut => Object.assign(bench.create(), { count: pings[Math.min(run++, pings.length - 1)] }),
      };
    },
  };
}

const ping: Case = one({
  async run(bench) {
    await bench.poke("10.0.0.2", { count: (bench.dut as Dut & { count: number }).count });
    await bench.must("neigh replace 10.0.0.2 lladdr 02:00:00:00:00:02 dev e0");
  },
});

async function held(kinds: readonly [DutKind, DutKind], each: Case = ping): Promise<Versus> {
  const options = { seed: 1, expectations: [] };
  const [left, right] = [await runCases(kinds[0], [each], options), await runCases(kinds[1], [each], options)];
  const [only] = await holdAgainst(kinds, [left, right], options);
  return only as Versus;
}

t.test("a difference is repeated: gone twice, the machine was late; seen again, it is one", async (t) => {
  t.equal((await held([pinger("a", [1]), pinger("b", [1])])).outcome, "same");
  const once = await held([pinger("a", [1]), pinger("b", [2, 1])]);
  t.equal(once.outcome, "unsteady");
  t.equal(once.differences[0]?.where, "frames", "what it was is kept");
  t.equal((await held([pinger("a", [1]), pinger("b", [2, 1, 2, 1])])).outcome, "unsteady", "two of three");
  t.equal((await held([pinger("a", [1]), pinger("b", [2, 1, 2, 2])])).outcome, "different", "one of three");
  t.equal((await held([pinger("a", [1]), pinger("b", [2])])).outcome, "different");
});

t.test("in virtual time nothing is excused as unsteady", async (t) => {
  const still = (kind: DutKind): DutKind => ({ ...kind, realTime: false });
  t.equal((await held([still(pinger("a", [1])), still(pinger("b", [2, 1]))])).outcome, "different");
});

t.test("what is expected or skipped is neither the same nor different, and the last line counts it", async (t) => {
  const [kind, bare] = [pinger("a", [1]), { ...pinger("b", [2]), can: new Set<never>() }];
  const skipped = await held([kind, bare], { ...ping, needs: ["proc"] });
  t.match(skipped, { outcome: "skipped", reason: "b has no proc" });
  const two = [result([frame(0, "a")]), result([frame(0, "b")], {}, "expected")] as const;
  const options = { seed: 1, expectations: [] };
  const [expected] = await holdAgainst([kind, kind], [[two[0]], [two[1]]], options);
  t.equal(expected?.outcome, "expected");
  const same = await held([kind, kind]);
  const different = await held([kind, pinger("c", [2])]);
  const unsteady = await held([kind, pinger("d", [2, 1])]);
  t.equal(
    versusLine([same, same, different, unsteady, skipped, expected as Versus]),
    "5 cases compared, 1 differences, 1 repeated as unsteady, 1 as expected, 1 not compared",
  );
});
