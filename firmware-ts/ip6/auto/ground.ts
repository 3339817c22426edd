/** The parts of the stack by which addresses and routers come by themselves. */
import type { Random } from "../../../hal/random.ts";
import type { Network } from "../../net/network.ts";
import type { Ip6Counters } from "../common/counters.ts";
import type { Ip6Log } from "../common/log.ts";
import type { Ndisc } from "../ndisc/ndisc.ts";
import type { Fib6 } from "../routing/fib.ts";

export interface AutoGround {
  readonly network: Network;
  /** The stack's own; each part draws from a fork of it. */
  readonly random: Random;
  readonly fib: Fib6;
  readonly ndisc: Ndisc;
  readonly counters: Ip6Counters;
  readonly log: Ip6Log;
}
