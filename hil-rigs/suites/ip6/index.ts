/** IPv6, ICMPv6 and UDP: oddities of packets that come in, and what is sent because of them. A chapter is a file of cases. */
import { type Case, patientLast, type Suite } from "../../contract/case.ts";
import { extensions } from "./extensions.ts";
import { parts } from "./fragments.ts";
import { header } from "./header.ts";
import { icmps } from "./icmp.ts";
import { udps } from "./udp.ts";

const chapters: readonly (readonly Case[])[] = [header, extensions, parts, icmps, udps];

export const ip6: Suite = {
  name: "ip6",
  title: "IPv6, ICMPv6 and UDP: odd packets",
  cases: patientLast(chapters.flat().map((one): Case => ({ ...one, family: 6 }))),
};
