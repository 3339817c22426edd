/** The records of a packet that came in and of an error about one of ours, with IPv6's addresses in them. */
import type { Ip6 } from "../../ip/ip6.ts";
import { IcmpError, type IpLayer, Received } from "../../ip/layer.ts";

export class Ip6Received extends Received {
  declare source: Ip6;
  declare destination: Ip6;
  /** It came in fragments. */
  fragmented = false;

  constructor(layer: IpLayer, nobody: Ip6) {
    super(layer);
    this.source = nobody;
    this.destination = nobody;
  }
}

export class Ip6IcmpError extends IcmpError {
  declare reporter: Ip6;
  declare source: Ip6;
  declare destination: Ip6;

  constructor(layer: IpLayer, nobody: Ip6) {
    super(layer);
    this.reporter = nobody;
    this.source = nobody;
    this.destination = nobody;
  }
}
