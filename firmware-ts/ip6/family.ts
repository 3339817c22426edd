/** IPv6 as a family of a stack: its layer, its ICMP, and neighbour discovery. */
import type { Family, FamilyGround } from "../ip/family.ts";
import { Automation } from "./auto/automation.ts";
import { Icmp6 } from "./icmp6.ts";
import { Ipv6 } from "./ipv6.ts";
import type { Ndisc } from "./ndisc/ndisc.ts";

export class Ip6Family implements Family {
  readonly layer: Ipv6;
  readonly echo: Icmp6;
  readonly neighbours: Ndisc;

  constructor({ network, random, interner, neighbours, automatic }: FamilyGround) {
    this.layer = new Ipv6(network, random.fork("neigh6"), interner, neighbours);
    this.neighbours = this.layer.ndisc;
    this.echo = new Icmp6(network, this.layer, interner);
    const { fib, ndisc, counters, log } = this.layer;
    if (automatic) new Automation({ network, random: random.fork("ip6-auto"), fib, ndisc, counters, log, icmp: this.echo });
  }
}
