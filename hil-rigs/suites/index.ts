/** The list of all suites: to add one, add its folder and a line here. Views give parts of them names of their own. */
import { patientLast, type Suite } from "../contract/case.ts";
import { acd } from "./acd/index.ts";
import { arp } from "./arp/index.ts";
import { dhcp } from "./dhcp/index.ts";
import { ip } from "./ip/index.ts";
import { ip6 } from "./ip6/index.ts";
import { multicast } from "./multicast/index.ts";
import { nd } from "./nd/index.ts";
import { strategies } from "./strategies/index.ts";
import { tcp } from "./tcp/index.ts";
import { telemetry } from "./telemetry/index.ts";

export const SUITES: readonly Suite[] = [arp, nd, ip, ip6, telemetry, multicast, tcp, dhcp, acd];

/** Suites that are measured, not played: hours of the DUT's time. */
export const MEASURED_ONLY: readonly Suite[] = [strategies];

/** Parts of suites by protocol, of both families where both have it. Their cases are the suites' own. */
export const VIEWS: readonly Suite[] = [
  view("ipv4", "IPv4 without ICMP and UDP: headers, options, fragments, protocols; of ip", "IP"),
  view("ipv6", "IPv6 without ICMPv6 and UDP: headers, extension headers, fragments; of ip6", "IP6"),
  view("icmp", "ICMP and ICMPv6; of ip and ip6", "ICMP", "ICMP6"),
  view("udp", "UDP over IPv4 and IPv6; of ip and ip6", "UDP", "UDP6"),
  // By the words of their titles, whatever protocol they are of.
  {
    name: "fragments",
    title: "fragments received and sent, in both families; of ip and ip6",
    cases: [...ip.cases, ...ip6.cases].filter(({ title }) => /fragment|longest echo request|a long echo request/.test(title)),
  },
];

/** @param areas what the ids of its cases begin with */
function view(name: string, title: string, ...areas: readonly string[]): Suite {
  const cases = [...ip.cases, ...ip6.cases].filter(({ id }) => areas.includes(id.slice(0, id.indexOf("-"))));
  return { name, title, cases: patientLast(cases) };
}
