/** Known and wanted differences between our stack and the cases. An entry that no longer holds is reported as stale. */
import type { Expectation } from "../contract/case.ts";

/** Our stack has the same differences on every wire. */
function ofOurs(kind: Expectation["kind"], reason: string, ...cases: readonly string[]): Expectation[] {
  return ["whohas-sim", "whohas-wire"].flatMap((dut) => cases.map((each): Expectation => ({ dut, case: each, kind, reason })));
}

/** The kernel differs from the standard that a case states, and our stack does not. */
function ofLinux(reason: string, ...cases: readonly string[]): Expectation[] {
  return cases.map((each): Expectation => ({ dut: "linux", case: each, kind: "wanted", reason }));
}

export const EXPECTATIONS: readonly Expectation[] = [
  ...ofOurs("wanted", "UDP-Lite is a protocol like others that nobody here speaks", "ICMP-05/136"),
  ...ofLinux(
    "Linux answers a SYN that crosses its own with every option that its own has; RFC 7323 2.2, 3.2 and RFC 2018 2 allow those that came",
    "TCP-21/syn-plain",
  ),
  ...ofLinux(
    "dhcpcd 9.4.1 holds another station's probe for its address to be a conflict; by RFC 5227 2.4 only packets from the address are",
    "ACD-05/probe",
  ),
];
