/** IPv4 as a family of a stack: its layer, its ICMP, and ARP. */
import type { Family, FamilyGround } from "../ip/family.ts";
import type { Arp } from "./arp/arp.ts";
import { Icmp } from "./icmp.ts";
import { Ipv4 } from "./ipv4.ts";

export class Ip4Family implements Family {
  readonly layer: Ipv4;
  readonly echo: Icmp;
  readonly neighbours: Arp;

  constructor({ network, random, neighbours }: FamilyGround) {
    this.layer = new Ipv4(network, random.fork("neigh"), neighbours);
    this.neighbours = this.layer.arp;
    this.echo = new Icmp(network, this.layer);
  }
}
