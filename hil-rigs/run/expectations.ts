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
