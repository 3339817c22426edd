/** The records of a packet that came in and of an error about one of ours, with IPv4's addresses in them. */
import { INADDR_ANY, type Ip4 } from "../ip/address.ts";
import { Received, Unreachable } from "../ip/layer.ts";

export class Ip4Received extends Received {
  override source: Ip4 = INADDR_ANY;
  override destination: Ip4 = INADDR_ANY;
}

export class Ip4Unreachable extends Unreachable {
  override source: Ip4 = INADDR_ANY;
  override destination: Ip4 = INADDR_ANY;
}
