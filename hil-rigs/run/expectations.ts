/** Known and wanted differences between our stack and the cases. An entry that no longer holds is reported as stale. */
import type { Expectation } from "../contract/case.ts";

/** Our stack has the same differences on every wire. */
function ofOurs(kind: Expectation["kind"], reason: string, ...cases: readonly string[]): Expectation[] {
  return ["whohas-sim", "whohas-wire"].flatMap((dut) => cases.map((each): Expectation => ({ dut, case: each, kind, reason })));
}

export const EXPECTATIONS: readonly Expectation[] = [
  ...ofOurs("wanted", "UDP-Lite is a protocol like others that nobody here speaks", "ICMP-05/136"),
];
