/** IPv4, ICMP and UDP: oddities of packets that come in, and what is sent because of them. A chapter is a file of cases. */
import { type Case, patientLast, type Suite } from "../../contract/case.ts";
import { parts } from "./fragments.ts";
import { header } from "./header.ts";
import { icmps } from "./icmp.ts";
import { options } from "./options.ts";
import { protocols } from "./protocols.ts";
import { udps } from "./udp.ts";

const chapters: readonly (readonly Case[])[] = [header, options, parts, protocols, icmps, udps];

export const ip: Suite = {
  name: "ip",
  title: "IPv4, ICMP and UDP: odd packets",
  cases: patientLast(chapters.flat()),
};
