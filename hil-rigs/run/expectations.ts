/** Known and wanted differences between our stack and the cases. An entry that no longer holds is reported as stale. */
import type { Expectation } from "../contract/case.ts";

/** Our stack has the same differences on every wire. */
function ofOurs(kind: Expectation["kind"], reason: string, ...cases: readonly string[]): Expectation[] {
  return ["whohas-sim", "whohas-wire"].flatMap((dut) => cases.map((each): Expectation => ({ dut, case: each, kind, reason })));
}

export const EXPECTATIONS: readonly Expectation[] = [
  ...ofOurs("known", "a socket is told of destination unreachable alone", "ICMP6-10/3-0", "ICMP6-10/4-1"),
  ...ofOurs(
    "known",
    "a proxy entry does not join its solicited-node group yet",
    "ND-P-01",
    "ND-P-02",
    "ND-P-03",
    "ND-P-06",
    "ND-P-07",
  ),
  ...ofOurs("known", "a router whose link-address option is malformed gets no entry", "ND-R-01/link-2"),
  ...ofOurs("known", "there is no TCP yet", "TCP-01"),
  ...ofOurs("known", "an error has to quote an address of ours", "ICMP-19"),
  ...ofOurs("wanted", "UDP-Lite is a protocol like others that nobody here speaks", "ICMP-05/136"),
];
