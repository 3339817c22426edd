/** IGMP (RFC 2236, RFC 3376) as a host without it sees it: the messages of routers are for it, and nothing is answered. */
import { DropReason } from "../../hal/drop-reason.ts";
import type { IpProtocol } from "../ip/layer.ts";

/** IGMP's number in an IP header. */
export const IPPROTO_IGMP = 2;

/** Takes each message without a word: a router that asks for members is told of none. */
export class Igmp implements IpProtocol {
  receive(): DropReason {
    return DropReason.INVALID_PROTO;
  }
}
