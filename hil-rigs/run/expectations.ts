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
  ...ofLinux(
    "dhcpcd 9.4.1 takes a reply without a readable DHCP type for one of BOOTP and uses its address, as RFC 1534 2 lets a client do",
    "DHCP-10/cookie",
    "DHCP-10/type",
    "DHCP-10/over-end",
  ),
  ...ofLinux("dhcpcd 9.4.1 asks for an offer that names no server, which RFC 2131 table 3 does not allow", "DHCP-10/server"),
  ...ofLinux("dhcpcd 9.4.1 takes the ACK of a server that it has not asked, with another address (RFC 2131 3.1 4, 5)", "DHCP-07"),
  ...ofLinux("dhcpcd 9.4.1 begins anew a second after DECLINE; RFC 2131 3.1 5 has it wait ten", "DHCP-12"),
  ...ofLinux(
    "dhcpcd 9.4.1 does not hear a NAK to everybody while it renews, though servers send it so (RFC 2131 4.1); measured",
    "DHCP-23",
  ),
];
