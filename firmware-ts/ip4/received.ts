/** The records of a packet that came in and of an error about one of ours, with IPv4's addresses in them. */
import { INADDR_ANY, type Ip4 } from "../ip/address.ts";
import { IcmpError, Received } from "../ip/layer.ts";

export class Ip4Received extends Received {
  override source: Ip4 = INADDR_ANY;
  override destination: Ip4 = INADDR_ANY;
}

export class Ip4IcmpError extends IcmpError {
  override reporter: Ip4 = INADDR_ANY;
  override source: Ip4 = INADDR_ANY;
  override destination: Ip4 = INADDR_ANY;
}
