/** The parts of the stack by which addresses and routers come by themselves. */
import type { DropReason } from "../../../hal/drop-reason.ts";
import type { Random } from "../../../hal/random.ts";
import type { SkBuff } from "../../../hal/skbuff.ts";
import type { Network } from "../../net/network.ts";
import type { Ip6Counters } from "../common/counters.ts";
import type { Ip6Log } from "../common/log.ts";
import type { Ip6Received } from "../common/received.ts";
import type { Ndisc } from "../ndisc/ndisc.ts";
import type { Fib6 } from "../routing/fib.ts";

/** Hands types of messages to those who know them; ICMPv6 does. */
export interface Icmp6Messages {
  /** @param handler returns NONE when it has consumed the buffer, else why it is dropped; the message begins at skb.data */
  handle(type: number, handler: (skb: SkBuff, packet: Ip6Received) => DropReason): void;
}

export interface AutoGround {
  readonly network: Network;
  /** The stack's own; each part draws from a fork of it. */
  readonly random: Random;
  readonly fib: Fib6;
  readonly ndisc: Ndisc;
  readonly counters: Ip6Counters;
  readonly log: Ip6Log;
  readonly icmp: Icmp6Messages;
}
