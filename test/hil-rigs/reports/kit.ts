/** A run with a case of each status, on the stack in virtual time. */
import type { Bench } from "../../../hil-rigs/contract/bench.ts";
import type { Case, Expectation } from "../../../hil-rigs/contract/case.ts";
import type { DutKind } from "../../../hil-rigs/contract/dut.ts";
import { whohasSim } from "../../../hil-rigs/duts/whohas/sim.ts";
import type { RunFacts } from "../../../hil-rigs/reports/make-record.ts";
import { type CaseResult, runCases } from "../../../hil-rigs/run/runner.ts";
import { asks } from "../../../hil-rigs/stage/patterns.ts";
import { arpReply } from "../../../hil-rigs/wire/build.ts";
import { T1 } from "../../../hil-rigs/wire/hosts.ts";

/** A title and a reason that every format has to escape. */
export const ODD = "5 < 6 & \"7\" > '4' # not a directive \\ </script>";

function one(id: string, title: string, run: (bench: Bench) => Promise<void>, more: Partial<Case> = {}): Case {
  return { id, title, source: "RFC 826", run, ...more };
}

async function resolve(bench: Bench): Promise<void> {
  await bench.poke(T1.ip);
  await bench.hears("asks", asks(T1.ip));
  await bench.say(arpReply({ from: T1 }));
}

const CASES: readonly Case[] = [
  one("REP-A-01", "a host that answers is reachable", async (bench) => {
    await resolve(bench);
    await bench.expectState(T1.ip, "REACHABLE", T1.mac);
  }),
  one(`REP-A-02/${"x/y"}`, ODD, async (bench) => {
    await resolve(bench);
    await bench.expectState(T1.ip, "STALE", T1.mac);
    bench.expect(ODD, 1, 2);
  }),
  one("REP-B-01", "a difference that is wanted", async (bench) => bench.expect("colour", "red", "blue")),
  one("REP-B-02", "a case that cannot be played", resolve, { needs: ["e1"] }),
];

const EXPECTATIONS: readonly Expectation[] = [{ dut: "whohas-sim", case: "REP-B-01", kind: "wanted", reason: "we like red" }];

/** The simulated stack, with one cable only. */
const KIND: DutKind = {
  ...whohasSim,
  open: () => whohasSim.open(),
  can: new Set([...whohasSim.can].filter((need) => need !== "e1")),
};

export function played(): Promise<CaseResult[]> {
  return runCases(KIND, CASES, { expectations: EXPECTATIONS });
}

export const FACTS: RunFacts = {
  tool: "whohas-rig 0.0.0",
  words: ["run", "rep", "--dut", "whohas-sim"],
  started: Date.UTC(2026, 0, 2, 3, 4, 5),
  took: 1234.5,
  seed: 7,
  interrupted: false,
  kinds: [KIND],
};
