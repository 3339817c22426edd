/** The runner: cases, checks, frames waited for, silence. */
import t from "tap";
import type { Bench } from "../../../hil-rigs/contract/bench.ts";
import type { Case } from "../../../hil-rigs/contract/case.ts";
import { whohasSim } from "../../../hil-rigs/duts/whohas/sim.ts";
import { compareResults } from "../../../hil-rigs/run/compare.ts";
import { EXPECTATIONS } from "../../../hil-rigs/run/expectations.ts";
import { type CaseResult, runCases, staleExpectations } from "../../../hil-rigs/run/runner.ts";
import { asks, datagram } from "../../../hil-rigs/stage/patterns.ts";
import { SUITES, VIEWS } from "../../../hil-rigs/suites/index.ts";
import { arpReply } from "../../../hil-rigs/wire/build.ts";
import { BROADCAST, T1 } from "../../../hil-rigs/wire/hosts.ts";

function one(body: (bench: Bench) => Promise<void>, more: Partial<Case> = {}): Case {
  return { id: "X-1", title: "a case of this test", source: "here", run: body, ...more };
}

async function result(body: (bench: Bench) => Promise<void>, more: Partial<Case> = {}): Promise<CaseResult> {
  const [only] = await runCases(whohasSim, [one(body, more)]);
  return only as CaseResult;
}

const EXACT = [whohasSim.timing, whohasSim.timing] as const;

const cases = SUITES.flatMap((suite) => suite.cases);

const everyCase = runCases(whohasSim, cases, { expectations: EXPECTATIONS });

t.test("every case of every suite holds for our stack, or is expected not to", async (t) => {
  const results = await everyCase;
  for (const { case: each, status, reason } of results) t.not(status, "failed", `${each.id} ${reason}`);
  t.same(staleExpectations(results, EXPECTATIONS), [], "no expectation is out of date");
  t.equal(new Set(cases.map((each) => each.id)).size, cases.length, "ids are unique");
});

t.test("each case of ip and ip6 is in one view of a protocol, and no other case is", async (t) => {
  const parts = SUITES.filter(({ name }) => name === "ip" || name === "ip6").flatMap((suite) => suite.cases);
  const ids = (list: typeof cases): string[] => list.map(({ id }) => id).sort();
  const protocols = VIEWS.filter(({ name }) => name !== "fragments");
  t.same(ids(protocols.flatMap((view) => view.cases)), ids(parts));
});

t.test("two runs in virtual time are the same to the bit", async (t) => {
  const lines = (results: readonly CaseResult[]): string[] =>
    results.flatMap((each) => each.trace?.steps.map(({ time, text }) => `${time} ${text}`) ?? []);
  const once = await everyCase;
  t.ok(lines(once).length > cases.length, "every case says what it did");
  const again = await runCases(whohasSim, cases);
  t.same(lines(again), lines(once));
  for (const [at, each] of once.entries()) {
    t.same(compareResults(each, again[at] as CaseResult, EXACT), [], `${each.case.id}: nothing to compare`);
  }
});

t.test("a check that does not hold fails the case, which goes on", async (t) => {
  const failed = await result(async (bench) => {
    await bench.poke(T1.ip);
    await bench.expectState(T1.ip, "REACHABLE");
    bench.expect("still here", 1, 1);
  });
  t.equal(failed.status, "failed");
  t.equal(failed.reason, "10.0.0.2 is REACHABLE: expected REACHABLE, got INCOMPLETE");
  t.same(
    failed.trace?.checks.map((check) => check.passed),
    [false, true, true],
  );
});

t.test("a frame that does not come ends the case, no sooner and no later than it was waited for", async (t) => {
  let waited = 0;
  const failed = await result(async (bench) => {
    const before = bench.now();
    await bench.hears("nothing", asks(T1.ip), { within: 70 }).finally(() => {
      waited = bench.now() - before;
    });
    bench.expect("never reached", 1, 1);
  });
  t.equal(failed.status, "failed");
  t.match(failed.reason, /nothing: expected arp op=1 tpa=10\.0\.0\.2 port=p0, got nothing like it within 70 ms/);
  t.ok(waited >= 70 && waited < 71, `waited ${waited} ms`);
  t.notOk(failed.trace?.checks.some((check) => check.name === "never reached"));
});

t.test("silence that is broken says by what", async (t) => {
  const failed = await result(async (bench) => {
    await bench.poke(T1.ip);
    await bench.silence("quiet");
  });
  t.match(failed.reason, /quiet: expected silence, got .*arp request/);
});

t.test("frames passed over do not come again", async (t) => {
  const passed = await result(async (bench) => {
    await bench.poke(T1.ip);
    await bench.say(arpReply({ from: T1 }));
    await bench.hears("the datagram, past the request", datagram(T1.ip));
    await bench.silence("the request lies behind", 10);
  });
  t.equal(passed.reason, "");
});

t.test("times are held against the DUT's clock", async (t) => {
  const failed = await result(async (bench) => {
    await bench.poke(T1.ip);
    const first = await bench.hears("asks", asks(T1.ip, { dst: BROADCAST }));
    const second = await bench.hears("again", asks(T1.ip));
    bench.expectTime("right", second.time - first.time, 100);
    bench.expectTime("wrong", second.time - first.time, 101);
  });
  t.match(failed.reason, /^wrong/);
});

t.test("what goes wrong besides checks is a failure too", async (t) => {
  t.match((await result(async () => Promise.reject(new TypeError("oops")))).reason, /the case runs.*oops/);
  const endless = await result(
    async (bench) => {
      for (;;) await bench.sleep(10);
    },
    { limit: 200 },
  );
  t.match(endless.reason, /the case ends: expected within 200 ms/);
  t.match((await result(async (bench) => bench.param("no_such_key", 1))).reason, /no_such_key=1: expected accepted/);
  t.match((await result(async (bench) => void (await bench.must("neigh del 10.0.0.9 dev e0")))).reason, /No such file/);
});

t.test("a need that a DUT has not skips the case, by name", async (t) => {
  const bare = { ...whohasSim, can: new Set<never>() };
  const [skipped] = await runCases(bare, [one(async () => {}, { needs: ["forwarding", "ntable"] })]);
  t.match(skipped, { status: "skipped", reason: "whohas-sim has no forwarding, ntable", trace: null });
  const curable = { ...bare, remedies: { ntable: "a table" } };
  const [told] = await runCases(curable, [one(async () => {}, { needs: ["ntable", "proc"] })]);
  t.equal(told?.reason, "whohas-sim has no ntable: it needs a table, proc", "with what would help");
});

t.test("a case of a family that a DUT has not is skipped", async (t) => {
  const bare = { ...whohasSim, families: new Set([4] as const) };
  const [skipped] = await runCases(bare, [one(async () => {}, { family: 6, needs: ["proc"] })]);
  t.match(skipped, { status: "skipped", reason: "whohas-sim has no IPv6 yet", trace: null });
});

t.test("expectations excuse the check they name and no other, and are told when they are stale", async (t) => {
  const failing = one(async (bench) => {
    bench.expect("colour", "red", "green");
  });
  const both = one(async (bench) => {
    bench.expect("colour", "red", "green");
    bench.expect("size", 1, 2);
  });
  const expectation = { dut: "whohas-sim", case: "X-*", check: "colour", kind: "wanted", reason: "we like red" } as const;
  const status = async (each: Case): Promise<string> =>
    (await runCases(whohasSim, [each], { expectations: [expectation] })).map((r) => `${r.status} ${r.reason}`).join();
  t.equal(await status(failing), "expected we like red");
  t.match(await status(both), /^failed size/);
  const fine = await runCases(whohasSim, [one(async () => {})], { expectations: [expectation] });
  t.same(staleExpectations(fine, [expectation]), [expectation]);
});

t.test("compare finds no difference where there is none, and each kind where there is", async (t) => {
  const resolve = async (bench: Bench): Promise<void> => {
    await bench.poke(T1.ip);
    await bench.hears("asks", asks(T1.ip));
    await bench.hears("again", asks(T1.ip), { within: 300 });
    await bench.state(T1.ip);
  };
  const plain = await result(resolve);
  t.same(compareResults(plain, await result(resolve), EXACT), []);

  const slower = await result(async (bench) => {
    // Kept in jiffies of 4 ms: 112.
    bench.dut.sysctl("net.ipv4.neigh.e0.retrans_time_ms", "110");
    await resolve(bench);
  });
  t.match(compareResults(plain, slower, EXACT), [{ where: "times", left: /^100\.0 ms after/, right: /^112\.0 ms after/ }]);

  const known = await result(async (bench) => {
    await bench.dut.ip(["neigh", "add", T1.ip, "lladdr", T1.mac, "dev", "e0"]);
    await bench.poke(T1.ip);
    await bench.state(T1.ip);
  });
  const where = compareResults(plain, known, EXACT).map((difference) => difference.where);
  t.same(where, ["frames", "table", "events"]);
});
