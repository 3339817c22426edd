/**
 * The door `whohas/rigs`: suites of cases, devices under test, and the runner that plays the one on the other.
 *
 *     import { DUTS, runCases, SUITES } from "whohas/rigs";
 *
 *     const [arp] = SUITES;
 *     const dut = DUTS.find(({ name }) => name === "whohas-sim");
 *     const [first] = await runCases(dut, arp.cases.slice(0, 1));
 *     console.log(first.status); // prints: passed
 */

export type { Case, Expectation, Suite } from "./contract/case.ts";
export type { Dut, DutKind, Need } from "./contract/dut.ts";
export { DUTS } from "./duts/index.ts";
export { type CaseResult, type RunOptions, runCases, type Status } from "./run/runner.ts";
export { SUITES } from "./suites/index.ts";
