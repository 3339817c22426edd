/** Known and wanted differences between our stack and the cases. An entry that no longer holds is reported as stale. */
import type { Expectation } from "../contract/case.ts";

/** Our stack has the same differences on every wire. */
function ofOurs(kind: Expectation["kind"], reason: string, ...cases: readonly string[]): Expectation[] {
  return ["whohas-sim", "whohas-wire"].flatMap((dut) => cases.map((each): Expectation => ({ dut, case: each, kind, reason })));
}

export const EXPECTATIONS: readonly Expectation[] = [
  ...ofOurs(
    "known",
    "fragments are not put together yet",
    "IP-11/two",
    "IP-11/swapped",
    "IP-11/three",
    "IP-11/three-mixed",
    "IP-11/twice",
    "IP-11/again",
    "IP-11/ttl",
    "IP-13",
    "IP-14",
    "ICMP-11",
    "ICMP-14",
    "ICMP-14/65507",
    "UDP-21",
  ),
  ...ofOurs(
    "known",
    "long datagrams are refused instead of fragmented yet",
    "UDP-17/1473",
    "UDP6-17/1453",
    "ICMP6-13/1400",
    "ICMP6-13/1280",
  ),
  ...ofOurs("known", "packets that are longer than a frame are not put together yet", "IP6-44", "UDP6-21"),
  ...ofOurs("known", "there is no TCP yet", "TCP-01"),
  ...ofOurs("wanted", "UDP-Lite is a protocol like others that nobody here speaks", "ICMP-05/136"),
];
